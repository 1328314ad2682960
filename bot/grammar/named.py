"""What a line is read against, and how what people name is found in it.

A duty, an instant or a question has an identifier that nobody knows at three in the morning: its
number, or a word of its title, finds it as well when no other could be meant.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.crisis import Actor, Crisis
from bot.core.deadlines import deadlines
from bot.core.playbook import Question
from bot.errors import Refused

_WORD = re.compile(r"[a-z0-9]+")
#: Shorter words (« le », « sur ») tell nothing apart.
_LONG = 4


@dataclass(frozen=True, slots=True)
class Context:
    """What a line is read against: the crisis, who speaks, when (UTC), and who is who.

    ``name`` gives the display name of a Slack id, or nothing for somebody unknown.
    """

    crisis: Crisis
    actor: Actor
    now: datetime
    name: Callable[[str], str] = field(default=lambda person: person)


def fold(text: str) -> str:
    """Lower case without accents: how words are compared."""
    plain = unicodedata.normalize("NFKD", text.replace("\u2019", "'").casefold())
    return "".join(one for one in plain if not unicodedata.combining(one))


def head(rest: str) -> tuple[str, str]:
    """The first word and what follows it, whatever stands between them."""
    parts = rest.split(maxsplit=1)
    return (parts[0] if parts else ""), (parts[1].strip() if len(parts) > 1 else "")


def duty_of(name: str, context: Context, *, settled: bool = False) -> str:
    """The id of the duty of that id, number or word of its title; refused with those that run.

    Where a word suits several, the one that runs is meant or, if ``settled``, has its outcome.
    """
    duties = context.crisis.plan.obligations.duties
    known = {fold(text): one.id for one in duties for text in (one.ref, one.id)}
    if fold(name) in known:
        return known[fold(name)]
    found = _like(name, {one.id: f"{one.id} {one.title}" for one in duties})
    clocks = deadlines(context.crisis, context.now)
    running = {one.duty.id: one.duty.title for one in clocks if one.started and not one.settled}
    outcome = {one.duty.id: one.duty.title for one in clocks if one.settled}
    meant = [one for one in found if one in (outcome if settled else running)] or found
    if len(meant) == 1:
        return meant[0]
    raise Refused(
        f"Obligation inconnue : « {name[:60]} ». {_listed(outcome if settled else running)}"
    )


def instant_of(name: str, context: Context) -> str:
    """The id of the instant of that id, with or without its prefix, or of a word of its title."""
    instants = context.crisis.plan.obligations.instants
    known = {fold(one.id): one.id for one in instants} | {
        fold(one.id.removeprefix("t_")): one.id for one in instants
    }
    wanted = known.get(fold(name).replace("-", "_"))
    found = [wanted] if wanted else _like(name, {one.id: one.title for one in instants})
    if len(found) == 1:
        return found[0]
    raise Refused(
        f"Instant inconnu : « {name[:40]} ». Pour choisir dans une liste : « /crise constat ». "
        f"Instants : {_told({one.id: one.title for one in instants})}."
    )


def question_of(name: str, context: Context) -> Question:
    """The question of that id, or of a word that only it asks."""
    questions = {one.id: one for one in context.crisis.plan.playbook.questions}
    known = {fold(one): one for one in questions}
    exact = known.get(fold(name))
    found = [exact] if exact else _like(name, {one.id: one.id for one in questions.values()})
    if len(found) == 1:
        return questions[found[0]]
    listed = ", ".join(f"« {one} »" for one in questions)
    raise Refused(
        f"Question inconnue : « {name[:60]} ». Les boutons sont sous « Questions à trancher », "
        f"dans le canal. Questions : {listed}."
    )


def _like(name: str, texts: Mapping[str, str]) -> list[str]:
    """The keys whose text has a word that begins like this one."""
    wanted = fold(name)
    if len(wanted) < _LONG:
        return []
    return [key for key, text in texts.items() if _begins(wanted, _WORD.findall(fold(text)))]


def _begins(wanted: str, words: Iterable[str]) -> bool:
    return any(one.startswith(wanted) for one in words)


def _listed(duties: Mapping[str, str]) -> str:
    named = f"Écrivez l'un de ces noms : {_told(duties)}."
    return named if duties else "Voyez « /crise échéances »."


def _told(names: Mapping[str, str]) -> str:
    return ", ".join(f"{key} ({title})" for key, title in names.items())
