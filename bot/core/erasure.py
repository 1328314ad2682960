"""Erase a text from the log, at two persons: one asks, another confirms or refuses.

Who may: people named by the settings, and the seats of the plan that carry ``may_erase``; a seat
counts when the establishment's file expects the person there or when somebody else gave it, since
anybody in the cell may sit down by themselves.

The entry stays, with its time and the role of its author; what goes with the erasure is its body.
``LinesErased`` keeps of each line all that is no free text, so that the crisis stays what it was.
Closed crises too: a person's data does not wait for a reopening.  All three facts last for ever, so
the reason must not repeat what is to be erased.

Not here: the removal from the database (``bot.journal.store``) and from Slack.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Literal

from bot.core.crisis import (
    ERASED,
    Actor,
    Command,
    Crisis,
    Erasure,
    Fact,
    Stamp,
    require_text,
)
from bot.core.erasable import (
    ERASABLE,
    LASTING,
    NO_TEXT,
    Recorded,
    about,
    kept,
    quotes,
    texts,
    together,
)
from bot.core.french import joined
from bot.core.identifiers import find, told
from bot.core.playbook import ErasureBasis
from bot.errors import Refused

#: Lines that one request may name: more is no mistake of typing any more.
MOST = 50

Article = Literal["", "la", "de la"]
_ARTICLES: Mapping[Article, tuple[str, str]] = {
    "": ("", ""),
    "la": ("la", "les"),
    "de la": ("de la", "des"),
}
_ROW = 3


@dataclass(frozen=True, slots=True)
class ErasureAsked:
    """Somebody asks to erase these lines, for this reason, on this legal basis."""

    name: ClassVar[str] = "erasure_asked"
    lines: tuple[int, ...]
    reason: str
    basis: str
    """Id of the basis in the establishment's files."""
    legal_basis: str
    """The basis as those files put it on that day."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the request waiting for a second person."""
        asked = Erasure(
            stamp.seq, self.lines, self.reason, self.legal_basis, stamp.actor, stamp.recorded
        )
        return replace(crisis, erasures={**crisis.erasures, stamp.seq: asked}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class ErasureRefused:
    """A request was refused, or withdrawn by who had made it."""

    name: ClassVar[str] = "erasure_refused"
    asked: int
    reason: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the request settled."""
        return replace(_settled(crisis, self.asked, stamp, done=False), seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class ErasedLine:
    """One line whose body goes: its kind, its author's role, what is kept of its fact."""

    seq: int
    kind: str
    role: str
    kept: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ErasedMessage:
    """A Slack message whose text goes, and the thread in which it stands, if any."""

    ts: str
    thread_ts: str = ""


@dataclass(frozen=True, slots=True)
class LinesErased:
    """A second person confirmed: the bodies of these lines are removed with this entry."""

    name: ClassVar[str] = "lines_erased"
    asked: int
    lines: tuple[ErasedLine, ...]
    messages: tuple[ErasedMessage, ...] = ()

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the request done, the messages and their files blank.

        What else the state held of the texts goes when the entries are folded again, which the
        writer does as soon as they are gone.
        """
        gone = {one.ts: one.thread_ts for one in self.messages}
        shown = {ts: ERASED if ts in gone else text for ts, text in crisis.messages.items()}
        lines = {one.seq: stamp.seq for one in self.lines}
        files = {
            key: replace(one, name=ERASED, erased=True)
            if one.of in gone or one.seq in lines or one.read_seq in lines
            else one
            for key, one in crisis.files.items()
        }
        return replace(
            _settled(crisis, self.asked, stamp, done=True),
            erased={**crisis.erased, **lines},
            erased_messages={**crisis.erased_messages, **gone},
            messages=shown,
            files=files,
            seq=stamp.seq,
        )


def _settled(crisis: Crisis, asked: int, stamp: Stamp, *, done: bool) -> Crisis:
    """The crisis with that request settled by who acts now."""
    known = crisis.erasures.get(asked)
    if known is None:
        return crisis
    settled = replace(
        known,
        settled="done" if done else "refused",
        settled_by=stamp.actor,
        settled_seq=stamp.seq,
    )
    return replace(crisis, erasures={**crisis.erasures, asked: settled})


# -- who may ----------------------------------------------------------------------------------


def may_erase(crisis: Crisis, person: str, named: Collection[str] = ()) -> bool:
    """Whether that person (Slack id) may ask, confirm or refuse; ``named`` are the settings'."""
    if person in named:
        return True
    seats = {role.id for role in crisis.plan.cell.roles if role.may_erase}
    people = crisis.plan.establishment.people
    expected = any(one.slack == person and seats.intersection(one.roles) for one in people)
    return expected or any(
        (seat, person) in crisis.vouched for seat in seats.intersection(crisis.roles_of(person))
    )


def erasers(crisis: Crisis, named: Collection[str] = ()) -> tuple[str, ...]:
    """Slack ids of everybody who may, the settings' first."""
    people = [one.slack for one in crisis.plan.establishment.people]
    people += [one.id for held in crisis.roles.values() for one in held]
    found = dict.fromkeys((*sorted(named), *people))
    return tuple(one for one in found if may_erase(crisis, one, named))


def require_eraser(crisis: Crisis, person: str, named: Collection[str]) -> None:
    """Guard of everything that concerns an erasure; ``Refused`` names who may."""
    if crisis.opened is None:
        raise Refused("Cette crise n'existe pas.")
    if may_erase(crisis, person, named):
        return
    seats = [f"« {role.title} »" for role in crisis.plan.cell.roles if role.may_erase]
    whom = joined(seats, "ou") or "votre administrateur"
    raise Refused(
        f"L'effacement est réservé. Adressez-vous à {whom}. Une fonction que l'on prend soi-même "
        "ne suffit pas : quelqu'un d'autre doit vous l'avoir confiée."
    )


# -- what is asked ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskErasure:
    """Ask to erase these lines, and all that came from the same Slack messages."""

    lines: tuple[int, ...]
    reason: str
    basis: ErasureBasis
    named: frozenset[str] = frozenset()
    """Slack ids that the settings allow."""
    history: tuple[Recorded, ...] = field(default=(), repr=False)

    def seeing(self, history: Iterable[Recorded]) -> Command:
        """Return the command, knowing what was recorded."""
        return replace(self, history=tuple(history))

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the request; refuse who may not, a line that stays or that is already gone."""
        require_eraser(crisis, actor.id, self.named)
        chosen = choice(crisis, self.history, self.lines)
        reason = _lasting(require_text(self.reason, "la raison"), now)
        if quotes(reason, chosen):
            raise Refused(
                "La raison reprend le texte à effacer, et elle reste dans la main courante. "
                "Décrivez-le sans le citer."
            )
        lines = tuple(stamp.seq for _, stamp in chosen)
        for one in crisis.erasures.values():
            if not one.settled and set(lines) <= set(one.lines):
                raise Refused(
                    f"C'est déjà demandé, ligne {one.seq}, par {one.by.name}. "
                    "Il manque la confirmation d'une deuxième personne."
                )
        basis = f"{self.basis.title} — {self.basis.legal_basis}"
        return (ErasureAsked(lines, reason, self.basis.id, basis),)


@dataclass(frozen=True, slots=True)
class ConfirmErasure:
    """Confirm a request (entry number) of somebody else: the texts go."""

    asked: int
    named: frozenset[str] = frozenset()
    history: tuple[Recorded, ...] = field(default=(), repr=False)

    def seeing(self, history: Iterable[Recorded]) -> Command:
        """Return the command, knowing what was recorded."""
        return replace(self, history=tuple(history))

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the erasure; refuse one's own request and what is already settled.

        An edit or a deletion that came since the request goes with its message.
        """
        require_eraser(crisis, actor.id, self.named)
        asked = waiting(crisis, self.asked)
        if asked.by.id == actor.id:
            raise Refused("Vous avez fait cette demande : une deuxième personne doit confirmer.")
        chosen = together(self.history, asked.lines)
        if not chosen:
            raise Refused(f"Le texte {numbered(asked.lines, 'de la')} est déjà effacé.")
        lines = tuple(
            ErasedLine(stamp.seq, fact.name, stamp.actor.role, kept(fact)) for fact, stamp in chosen
        )
        return (LinesErased(self.asked, lines, _messages(chosen)),)


@dataclass(frozen=True, slots=True)
class RefuseErasure:
    """Refuse a request (entry number), or withdraw one's own."""

    asked: int
    reason: str = ""
    named: frozenset[str] = frozenset()

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the refusal; nothing is erased."""
        require_eraser(crisis, actor.id, self.named)
        waiting(crisis, self.asked)
        return (ErasureRefused(self.asked, _lasting(self.reason.strip()[:3000], now)),)


def choice(
    crisis: Crisis, history: Iterable[Recorded], lines: Collection[int]
) -> tuple[Recorded, ...]:
    """The entries that a request for these lines erases, in order; ``Refused`` if one cannot be."""
    if not lines:
        raise Refused("Indiquez les lignes à effacer : « /crise effacer 12 13 ».")
    history = tuple(history)
    known = {stamp.seq: fact for fact, stamp in history}
    for line in sorted(set(lines)):
        if line in crisis.erased:
            raise Refused(
                f"Le texte de la ligne {line} est déjà effacé, par la ligne {crisis.erased[line]}."
            )
        if line not in known:
            raise Refused(f"La ligne {line} n'existe pas : le journal va de 1 à {crisis.seq}.")
        why = _lasts(known[line])
        if why:
            raise Refused(f"La ligne {line} ne s'efface pas : {why}.")
    chosen = together(history, lines)
    if len(chosen) > MOST:
        raise Refused(f"{len(chosen)} lignes d'un coup, c'est trop : {MOST} au plus par demande.")
    return chosen


def _lasting(reason: str, now: datetime) -> str:
    """A reason that can stay for ever; ``Refused`` when it identifies somebody."""
    found = find(reason, now.date())
    if found:
        raise Refused(
            f"La raison contient {told(found)}, et elle reste dans la main courante. "
            "Écrivez-la sans cela."
        )
    return reason


def _lasts(fact: Fact) -> str:
    """Why nothing of this fact can be erased; empty when something can."""
    if fact.name not in ERASABLE:
        return LASTING.get(fact.name, "cette version ne sait pas la lire")
    return "" if texts(fact) else NO_TEXT


def waiting(crisis: Crisis, asked: int) -> Erasure:
    """The request of that entry number, while nobody has settled it; else ``Refused``."""
    known = crisis.erasures.get(asked)
    if known is None:
        pending = [one.seq for one in crisis.erasures.values() if not one.settled]
        hint = f" En attente : {numbered(pending)}." if pending else " Aucune n'est en attente."
        raise Refused(f"La ligne {asked} n'est pas une demande d'effacement.{hint}")
    if known.settled:
        by = known.settled_by.name if known.settled_by else "quelqu'un"
        word = "faite" if known.settled == "done" else "refusée"
        raise Refused(f"Cette demande est déjà {word}, par {by}, ligne {known.settled_seq}.")
    return known


def numbered(lines: Iterable[int], article: Article = "") -> str:
    """« ligne 12 », « lignes 12 et 20 à 25 »; with « la » or « de la » in front when asked."""
    spans: list[list[int]] = []
    for line in sorted(set(lines)):
        if spans and spans[-1][-1] == line - 1:
            spans[-1].append(line)
        else:
            spans.append([line])
    several = sum(map(len, spans)) > 1
    found = [one for span in spans for one in _span(span)]
    word = f"{'lignes' if several else 'ligne'} {joined(found)}"
    return f"{_ARTICLES[article][several]} {word}".lstrip()


def _span(span: Sequence[int]) -> list[str]:
    """Three numbers in a row or more are a span."""
    if len(span) < _ROW:
        return [str(one) for one in span]
    return [f"{span[0]} à {span[-1]}"]


def _messages(chosen: Iterable[Recorded]) -> tuple[ErasedMessage, ...]:
    """The Slack messages whose text goes, each once, with the thread of each where it is known."""
    threads: dict[str, str] = {}
    for fact, _ in chosen:
        if about(fact):
            thread = str(getattr(fact, "thread_ts", ""))
            threads[about(fact)] = threads.get(about(fact), "") or thread
    return tuple(ErasedMessage(ts, thread) for ts, thread in threads.items())
