"""What follows a word becomes a command: one function a word.

Each takes the rest of the line and the context; what is missing or unknown is refused with the
line that should have been typed.
"""

import re
from collections.abc import Callable

from bot.core import steps
from bot.core.absence import SayAway, SayBack
from bot.core.crisis import Actor, Command, require_text
from bot.core.duties import ExplainDelay, GiveOpinion, ReopenDuty, SettleDuty
from bot.core.evidence import RateAnswer
from bot.core.handover import DropHandover, ProposeHandover, TakeHandover
from bot.core.instants import RecordInstant
from bot.core.notes import AddNote, AddPaper, CorrectLine, PaperLine, TakeDecision
from bot.core.opening import ChangeLevel, CloseCrisis, ReopenCrisis
from bot.core.people import GiveRole, ReleaseRole
from bot.core.playbook import Role, Settlement, Step
from bot.core.when import read_past, read_when
from bot.errors import Refused
from bot.grammar.named import Context, duty_of, fold, head, instant_of, question_of

_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|([^>]*))?>")
#: Longest number of a line that is read.
_DIGITS = 9
_PAPER = re.compile(r"[Pp]-?\d{1,4}")
_STEP_NUMBER = re.compile(r"([a-z])(\d{1,3})(\.\d{1,2})?")
_RATED = {"utile": True, "bon": True, "faux": False, "fausse": False, "inutile": False}
#: « 12 », « 12-15 », « 12 à 15 », once folded and with one space between words; what else may
#: stand between numbers.
_RANGE = re.compile(r"n?[#°o]? ?(\d{1,9})(?: ?(?:-|\u2013|\ba\b) ?(\d{1,9}))?")
_AROUND_NUMBERS = frozenset(("ligne", "lignes", "la", "les", "et", ",", ";", ".", ":"))
_LONGEST_RANGE = 200
_SETTLEMENTS: dict[str, Settlement] = {
    "envoyee": "sent",
    "envoye": "sent",
    "faite": "sent",
    "nondue": "not_due",
    "remplacee": "replaced",
}


def take(rest: str, context: Context) -> Command:
    """``prendre <étape>``."""
    return steps.TakeStep(step_of(head(rest)[0], context).id)


def complete(rest: str, context: Context) -> Command:
    """``fait <étape> [issue] [preuve]``: the longest outcome that the text begins with."""
    step_name, evidence = head(rest)
    step = step_of(step_name, context)
    for one in sorted(step.outcomes, key=lambda one: len(one.label), reverse=True):
        left = evidence[len(one.label) :]
        if fold(evidence[: len(one.label)]) == fold(one.label) and not left[:1].isalnum():
            return steps.CompleteStep(step.id, left.lstrip(" :,;-"), one.label)
    return steps.CompleteStep(step.id, evidence)


def skip(rest: str, context: Context) -> Command:
    """``écarter <étape> <raison>``."""
    step_name, reason = head(rest)
    return steps.SkipStep(step_of(step_name, context).id, reason)


def block(rest: str, context: Context) -> Command:
    """``bloquer <étape> <raison>``."""
    step_name, reason = head(rest)
    return steps.BlockStep(step_of(step_name, context).id, reason)


def reopen_step(rest: str, context: Context) -> Command:
    """``refaire <étape> [raison]``."""
    step_name, reason = head(rest)
    return steps.ReopenStep(step_of(step_name, context).id, reason)


def assign(rest: str, context: Context) -> Command:
    """``confier <étape> @personne``."""
    step_name, person = head(rest)
    return steps.AssignStep(step_of(step_name, context).id, _person(person, context))


def answer(rest: str, context: Context) -> Command:
    """``réponse <question> <réponse>``."""
    question, answer = head(rest)
    if not answer.strip():
        raise Refused("Indiquez la question et la réponse : « réponse <question> oui ».")
    found = question_of(question, context)
    choices = {fold(choice): choice for choice in found.choices}
    wanted = fold(answer.strip())
    return steps.AnswerQuestion(found.id, choices.get(wanted, answer.strip()))


def settle(rest: str, context: Context) -> Command:
    """``issue <obligation> envoyée|non-due|remplacée <preuve>``."""
    duty, tail = head(rest)
    how, proof = head(tail)
    if fold(how) == "non" and fold(proof).startswith("due"):
        how, proof = "nondue", proof[3:].strip()
    settlement = _SETTLEMENTS.get(fold(how).replace("-", ""))
    if settlement is None:
        raise Refused(
            "Précisez l'issue : « issue <obligation> envoyée <preuve> », « non-due <raison> » "
            "ou « remplacée <par quoi> »."
        )
    return SettleDuty(duty_of(duty, context), settlement, proof)


def opinion(rest: str, context: Context) -> Command:
    """``opinion <obligation> <avis>``."""
    duty, text = head(rest)
    return GiveOpinion(duty_of(duty, context), text)


def late(rest: str, context: Context) -> Command:
    """``retard <obligation> <raisons>``."""
    duty, reasons = head(rest)
    return ExplainDelay(duty_of(duty, context), reasons)


def reopen_duty(rest: str, context: Context) -> Command:
    """``reprendre <obligation> <raison>``."""
    duty, reason = head(rest)
    return ReopenDuty(duty_of(duty, context, settled=True), reason)


def instant(rest: str, context: Context) -> Command:
    """``constat <instant> <heure> [preuve]``."""
    name, tail = head(rest)
    wanted = instant_of(name, context)
    when = read_when(tail, context.now, context.crisis.zone)
    if when is None:
        raise Refused("Indiquez l'heure : « constat t_dp 03:10 <preuve> », ou « maintenant ».")
    at, precision, evidence = when
    return RecordInstant(wanted, at, precision, evidence=evidence)


def note(rest: str, context: Context) -> Command:
    """``note [heure] <texte>``."""
    at, precision, text = read_past(rest, context.now, context.crisis.zone)
    return AddNote(text, at, precision)


def paper(rest: str, context: Context) -> Command:
    """``papier P-001 03:10 <texte>``, one line of paper a line; « ; P- » also separates them."""
    lines = []
    for typed in filter(None, map(str.strip, re.split(r"\n|;\s*(?=[Pp]-?\d)", rest))):
        number, said = head(typed)
        if not _PAPER.fullmatch(number) or not said:
            raise Refused(
                f"Ligne de papier non comprise : « {typed[:60]} ». "
                "Exemple : « papier P-012 03:10 Appel du SAMU ». Rien n'a été enregistré."
            )
        at, precision, text = read_past(said, context.now, context.crisis.zone)
        lines.append(PaperLine(number.upper(), text, at, precision))
    return AddPaper(tuple(lines))


def decision(rest: str, context: Context) -> Command:
    """``décision [heure] <texte>``."""
    at, precision, text = read_past(rest, context.now, context.crisis.zone)
    return TakeDecision(text, at, precision)


def correct(rest: str, context: Context) -> Command:
    """``corriger <numéro> <texte>``."""
    number, text = head(rest.removeprefix("ligne "))
    number = number.lstrip("#n°N")
    if not number.isdecimal() or len(number) > _DIGITS:
        raise Refused("Indiquez le numéro de la ligne : « corriger 12 <nouveau texte> ».")
    return CorrectLine(int(number), text)


def rating(rest: str, context: Context) -> Command:
    """``avis <ligne> utile|faux [raison]``."""
    number, said = head(rest.removeprefix("ligne "))
    verdict, reason = head(said)
    number, useful = number.lstrip("#n°N"), _RATED.get(fold(verdict).rstrip(":,;."))
    if not number.isdecimal() or len(number) > _DIGITS or useful is None:
        raise Refused(
            "Indiquez la ligne de la question et votre avis : « avis 12 utile », "
            "ou « avis 12 faux <raison> »."
        )
    return RateAnswer(int(number), useful, reason.removeprefix(":").lstrip())


def level(rest: str, context: Context) -> Command:
    """``niveau <niveau> [raison]``."""
    level, reason = head(rest)
    levels = context.crisis.plan.cell.levels
    if not level:
        titles = ", ".join(f"« {one.title} »" for one in levels)
        raise Refused(f"Indiquez le niveau : « niveau <numéro> <raison> ». Niveaux : {titles}.")
    known = {fold(one.id): one.id for one in levels}
    return ChangeLevel(known.get(fold(level), level[:60]), reason)


def role(rest: str, context: Context) -> Command:
    """``rôle <rôle> [@personne]``, ``rôle quitter <rôle>``."""
    first, left = head(rest)
    if fold(first) == "quitter":
        left = require_text(left, "le rôle : « rôle quitter <rôle> »")
        return ReleaseRole(_seat(left, context), context.actor)
    role = _MENTION.sub(" ", rest).strip()
    require_text(role, "le rôle : « rôle <rôle> », « rôle <rôle> @personne »")
    to = _person(rest, context) if _MENTION.search(rest) else context.actor
    return GiveRole(_seat(role, context), to)


def handover(rest: str, context: Context) -> Command:
    """``relève @personne``, ``relève prendre <numéro>``, ``relève annuler <numéro>``."""
    verb, number = head(rest)
    answers: dict[str, Callable[[int], Command]] = {
        "prendre": TakeHandover,
        "annuler": DropHandover,
    }
    number = number.lstrip("#n°N")
    if fold(verb) in answers and number.isdecimal() and len(number) <= _DIGITS:
        return answers[fold(verb)](int(number))
    to, more = _person(rest, context), _MENTION.sub(" ", rest).strip(" ,.;:")
    if more and fold(more) != "a":
        raise Refused(
            "Écrivez « relève @prénom », seul. Une consigne se consigne : « /crise note … »."
        )
    return ProposeHandover(to)


def away(rest: str, context: Context) -> Command:
    """``absent``, ``absent @personne``."""
    return SayAway(_person(rest, context) if rest else context.actor)


def back(rest: str, context: Context) -> Command:
    """``présent``, ``présent @personne``."""
    return SayBack(_person(rest, context) if rest else context.actor)


def _seat(name: str, context: Context) -> str:
    """The id of a role named by id or title, accents aside; else as typed, for the rule to say."""
    known = {fold(text): one.id for one in context.crisis.plan.cell.roles for text in _names(one)}
    return known.get(fold(name.strip()), name)


def _names(role: Role) -> tuple[str, str]:
    return role.id, role.title


def numbers(text: str) -> tuple[int, ...]:
    """« 12 13 », « lignes 12, 14 et 20 à 25 »: the numbers of lines, in order, each once."""
    said = " ".join(fold(text).split())
    left = [word for word in _RANGE.sub(" ", said).split() if word not in _AROUND_NUMBERS]
    if left:
        raise Refused(f"Je ne lis pas « {left[0][:40]} ». Écrivez les numéros : « 12 13 20-25 ».")
    found: set[int] = set()
    for first, last in _RANGE.findall(said):
        span = range(int(first), int(last or first) + 1)
        if len(span) > _LONGEST_RANGE:
            raise Refused(f"De {first} à {last}, c'est trop de lignes d'un coup.")
        found.update(span)
    return tuple(sorted(found))


def close(rest: str, context: Context) -> Command:
    """``clore [raison]``."""
    return CloseCrisis(rest)


def reopen(rest: str, context: Context) -> Command:
    """``rouvrir <raison>``."""
    return ReopenCrisis(rest)


def step_of(name: str, context: Context) -> Step:
    """The step of that id or number, accents and leading zeros aside, or ``Refused``."""
    wanted = require_text(
        name, "l'étape : son nom ou son numéro. Par exemple « R05 » ; « /crise étapes » les montre"
    )
    if wanted.isdecimal():
        raise Refused(_lettered(wanted, context))
    key = _key(wanted)
    known = {_key(one.ref): one.ref for one in context.crisis.plan.playbook.steps if one.ref}
    return steps.find(context.crisis, known.get(key, wanted))


def _key(ref: str) -> str:
    """The number of a step without the zeros that people leave out."""
    number = _STEP_NUMBER.fullmatch(fold(ref))
    return f"{number[1]}{int(number[2])}{number[3] or ''}" if number else fold(ref)


def _lettered(number: str, context: Context) -> str:
    """What to write instead of a number alone, which may be that of several steps."""
    refs = [one.ref for one in context.crisis.plan.playbook.steps if one.ref]
    meant = [one for one in refs if one[1:].isdecimal() and int(one[1:]) == int(number[:_DIGITS])]
    if not meant:
        return f"Étape inconnue : « {number[:_DIGITS]} ». Voyez « /crise étapes »."
    listed = " ou ".join(f"« {one} »" for one in meant)
    return f"Écrivez l'étape avec sa lettre : {listed}."


def _person(text: str, context: Context) -> Actor:
    found = _MENTION.search(text)
    if found is None:
        raise Refused("Indiquez la personne par sa mention : @prénom.")
    name = context.name(found[1])
    if not name:
        raise Refused("Cette personne est inconnue de Slack. Reprenez sa mention : @prénom.")
    return Actor(found[1], name)
