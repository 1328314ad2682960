"""What an erasure takes from each kind of entry, and which entries belong together.

``ERASABLE`` names the free texts of a kind, what people typed or said; ``LASTING`` says, for every
other kind, why it stays.  Together they cover every kind of fact.  A blanked fact keeps all else,
so that a step that was done stays done once its proof has been erased: only the texts go, and the
person behind them is reduced to a role.

One message of Slack gives several entries: the message, each of its edits, its deletion, the note
raised from it.  They hold the same text and are erased together.

Not here: who may erase, and the removal itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from itertools import pairwise
from typing import Any, Final, cast

from bot.core.crisis import ERASED, Actor, Fact, Stamp

Recorded = tuple[Fact, Stamp]

ERASABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "level_changed": ("reason",),
    "crisis_closed": ("reason",),
    "crisis_reopened": ("reason",),
    "instant_recorded": ("known_by", "evidence"),
    "step_agreed": ("evidence",),
    "step_completed": ("evidence",),
    "step_skipped": ("reason",),
    "step_blocked": ("reason",),
    "step_reopened": ("reason",),
    "step_added": ("title", "text"),
    "step_split": ("parts.title",),
    "step_entrusted": ("to", "text"),
    "state_told": ("label", "said_by"),
    "counter_set": ("label",),
    "ultimatum_recorded": ("text",),
    "ultimatum_lifted": ("text",),
    "duty_settled": ("proof", "condition", "decided_by", "receipts.name"),
    "opinion_given": ("text",),
    "delay_explained": ("text",),
    "duty_reopened": ("reason",),
    "briefing_shared": ("text",),
    "note_added": ("text",),
    "decision_taken": ("text",),
    "line_corrected": ("text",),
    "message": ("text", "files.name"),
    "message_edited": ("text", "before", "files.name", "gone.name"),
    "message_deleted": ("before",),
    "file_read": ("filename",),
    "file_unread": ("filename",),
    "question_asked": ("question",),
    "answer_worded": ("text",),
    "answer_rated": ("text",),
    "field_filled": ("value",),
    "document_drafted": ("changed",),
    "drill_observed": ("text",),
    "drill_ended": ("reason",),
}
"""Kind -> its free texts; ``files.name`` is the name of each file of ``files``."""

_PROOF = "elle fait partie de la preuve"
NO_TEXT: Final = "elle ne porte aucun texte libre"
_SEAT = "elle dit qui était là et à quelle fonction, sans texte libre"
_TRACE = "elle garde la trace d'un effacement"
LASTING: Final[Mapping[str, str]] = {
    "crisis_opened": "elle porte le plan de la crise, dont tout le reste dépend",
    "plan_adopted": "elle porte la version du plan que la crise suit",
    "channel_opened": NO_TEXT,
    "role_given": _SEAT,
    "role_released": _SEAT,
    "holder_away": _SEAT,
    "holder_back": _SEAT,
    "handover_proposed": _SEAT,
    "handover_taken": _SEAT,
    "handover_dropped": _SEAT,
    "member_joined": _SEAT,
    "member_left": _SEAT,
    "step_taken": NO_TEXT,
    "step_assigned": NO_TEXT,
    "question_answered": NO_TEXT,
    "drill_started": "elle porte le scénario de l'exercice, dont tout le reste dépend",
    "drill_paced": NO_TEXT,
    "inject_played": "elle dit ce que le scénario a joué, sans rien de réel",
    "inject_skipped": NO_TEXT,
    "reminder_raised": NO_TEXT,
    "briefing_raised": NO_TEXT,
    "gap_found": _PROOF,
    "gap_filled": _PROOF,
    "export_made": _PROOF,
    "journal_consulted": _PROOF,
    "verification_made": _PROOF,
    "checkpoint_sealed": _PROOF,
    "anchor_received": _PROOF,
    "anchor_delayed": _PROOF,
    "anchor_dropped": _PROOF,
    "key_rotated": _PROOF,
    "clock_behind": _PROOF,
    "erasure_asked": _TRACE,
    "erasure_refused": _TRACE,
    "lines_erased": _TRACE,
}
"""Kind -> why it stays, as the end of a sentence on « la ligne »."""

_ABOUT: Final[Mapping[str, str]] = {
    "message": "ts",
    "message_edited": "of",
    "message_deleted": "of",
    "file_read": "of",
    "file_unread": "of",
    "note_added": "source_ts",
}
"""Kind -> the field that names the Slack message which it speaks of."""

#: Words, numbers of some length (spaces within them too), and how many words in a row are a sign.
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_NUMBER: Final = re.compile(r"\d(?: ?\d){4,}")
_RUN: Final = 4
#: A text of fewer characters that lies in another one is no sign that both say the same.
_LONG_ENOUGH: Final = 12


def about(fact: Fact) -> str:
    """The ``ts`` of the Slack message that this entry speaks of; empty when it is of none."""
    field = _ABOUT.get(fact.name)
    return str(getattr(fact, field)) if field else ""


def texts(fact: Fact) -> tuple[str, ...]:
    """The free texts of a fact that are not empty; none for a kind that stays."""
    found = (one for path in ERASABLE.get(fact.name, ()) for one in _at(fact, path))
    return tuple(one for one in found if one.strip())


def _at(value: object, path: str) -> Iterator[str]:
    name, _, rest = path.partition(".")
    held = getattr(value, name)
    if not rest:
        yield held
    for one in held if rest else ():
        yield from _at(one, rest)


def blanked(fact: Fact) -> Fact:
    """The fact without its free texts, the people in it reduced to their roles."""
    return cast(Fact, _blank(fact, ERASABLE[fact.name]))


def kept(fact: Fact) -> dict[str, Any]:
    """The fields of the blanked fact: what its erasure records of it."""
    return asdict(cast(Any, blanked(fact)))


def _blank(value: Any, paths: tuple[str, ...]) -> Any:
    """The value with the texts at these paths blanked; an empty text stays empty."""
    changes: dict[str, Any] = {
        one.name: Actor("", ERASED, held.role)
        for one in fields(value)
        if isinstance(held := getattr(value, one.name), Actor)
    }
    for path in paths:
        name, _, rest = path.partition(".")
        held = getattr(value, name)
        if rest:
            changes[name] = tuple(_blank(one, (rest,)) for one in held)
        elif held.strip():
            changes[name] = ERASED
    return replace(value, **changes)


def together(history: Iterable[Recorded], lines: Iterable[int]) -> tuple[Recorded, ...]:
    """The entries of these numbers with all that came from the same Slack messages, in order.

    So does the reading of a file that came with a form.  What was erased already is left out.
    """
    whole = [one for one in history if not one[1].erased_by]
    wanted = set(lines)
    messages = {about(fact) for fact, stamp in whole if stamp.seq in wanted} - {""}
    receipts = {one for fact, stamp in whole if stamp.seq in wanted for one in _receipts(fact)}
    return tuple(
        (fact, stamp)
        for fact, stamp in whole
        if stamp.seq in wanted
        or (about(fact) in messages and fact.name in ERASABLE)
        or (getattr(fact, "file", "") in receipts and not about(fact))
    )


def _receipts(fact: Fact) -> Iterator[str]:
    """Slack ids of the files that came with a form."""
    return (one.id for one in getattr(fact, "receipts", ()))


def related(history: Iterable[Recorded], chosen: Iterable[Recorded]) -> tuple[Recorded, ...]:
    """Other entries that may hold the same: what points at these, or repeats a name of theirs, a
    number or a few words in a row.

    Also among the kinds that stay, so that nobody believes them gone.
    """
    chosen = tuple(chosen)
    numbers = {stamp.seq for _, stamp in chosen}
    signs = {sign for fact, _ in chosen for text in texts(fact) for sign in _signs(text)}
    return tuple(
        (fact, stamp)
        for fact, stamp in history
        if stamp.seq not in numbers
        and not stamp.erased_by
        and (
            _is_about(fact, numbers)
            or any(not signs.isdisjoint(_signs(one)) for one in texts(fact) or _strings(fact))
        )
    )


def quotes(text: str, chosen: Iterable[Recorded]) -> bool:
    """Whether a text holds one of the texts of these entries."""
    said = (_plain(one) for fact, _ in chosen for one in texts(fact))
    return any(one == _plain(text) or _lies(one, _plain(text)) for one in said)


def _signs(text: str) -> set[str]:
    """What tells a text among others: itself, its names, long numbers and runs of words."""
    words = _WORD.findall(text)
    names = {
        f"{one} {two}" for one, two in pairwise(words) if one[0].isupper() and two[0].isupper()
    }
    runs = {" ".join(run) for run in zip(*(words[start:] for start in range(_RUN)), strict=False)}
    numbers = {one.replace(" ", "") for one in _NUMBER.findall(text)}
    return {one.casefold() for one in ({_plain(text)} | names | runs | numbers) if one}


def _is_about(fact: Fact, numbers: set[int]) -> bool:
    """Whether it corrects one of these lines, words the answer to it or judges that."""
    return getattr(fact, "of", 0) in numbers


def _strings(fact: Fact) -> list[str]:
    """Every text that stands directly in a fact of a kind that stays."""
    if fact.name in ERASABLE or not is_dataclass(fact):
        return []
    values = (getattr(fact, one.name) for one in fields(fact))
    return [one for one in values if isinstance(one, str) and one]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _lies(one: str, other: str) -> bool:
    return len(one) >= _LONG_ENOUGH and one in other
