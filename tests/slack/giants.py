"""Things at their largest: dataclasses filled to the brim, and a crisis on an enormous plan.

``grown`` fills a dataclass from its types: texts of 3,000 hostile characters, lists of thirty, ids
at the longest that the files may hold.
"""

import itertools
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from bot.core.crisis import Actor
from bot.core.opening import OpenCrisis
from bot.core.people import GiveRole, Join
from bot.core.playbook import Named, Outcome, Person, Plan, Question, Role
from bot.library.checks import LONGEST_ANSWER, LONGEST_ID
from tests.core.plans import START, Room, real_plan

#: What a name, a text or a title may hold at the worst.
LONG = ("<!channel> & <b> *_~` 👩🏽\u200d⚕️ 🇫🇷 e\u0301\u0323 <@U01CLAIRE> " * 90)[:3_000]
MANY = 9
WHEN = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
#: Fields that hold an id, whatever dataclass they are of.
_IDS = {
    "id", "step", "duty", "role", "to", "playbook", "inject", "passage_id", "prepared_by", "signer",
    "document", "instant", "question", "sha256", "hash", "head",
}  # fmt: skip
#: Fields that hold a channel, by Slack id: those of the settings.
_PLACES = {"channel", "wider", "where"}
_T = TypeVar("_T")
_COUNT = itertools.count()


def an_id() -> str:
    """An id of its own, as long as the files allow."""
    return f"i{next(_COUNT):x}".ljust(LONGEST_ID, "z")


def answers(count: int) -> tuple[str, ...]:
    """So many answers, told apart, as long as the files allow."""
    return tuple(f"{n} {LONG}"[: LONGEST_ANSWER - 1] for n in range(count))


def grown(cls: type[_T], **fixed: Any) -> _T:
    """An instance with every field at its largest, but those given."""
    hints = get_type_hints(cls)
    made = {
        one.name: _value(one.name, hints[one.name])
        for one in fields(cls)  # type: ignore[arg-type]
        if one.name not in fixed and one.init
    }
    return cls(**made, **fixed)


_PLAIN: Mapping[Any, Any] = {
    str: LONG,
    int: 987_654,
    float: 0.5,
    bool: True,
    date: WHEN.date(),
    datetime: WHEN,
    timedelta: timedelta(hours=5),
    Path: Path("x"),
}


def _value(name: str, kind: Any) -> Any:
    if kind is str and name in _IDS:
        return an_id()
    if kind is str and name in _PLACES:
        return "C0WIDER"
    return _PLAIN[kind] if kind in _PLAIN else _of_kind(name, kind)


def _of_kind(name: str, kind: Any) -> Any:
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return inside[0]
    if origin in (Union, types.UnionType):
        return _value(name, inside[0])
    if origin in (dict, Mapping):
        return {}
    return _several(name, inside) if origin in (tuple, Sequence) else _of_class(kind)


def _several(name: str, inside: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(inside) == 2 and inside[1] is not Ellipsis:
        return tuple(_value(name, one) for one in inside)
    return tuple(_value(name, inside[0]) for _ in range(MANY))


def _of_class(kind: Any) -> Any:
    if is_dataclass(kind):
        return grown(kind)  # type: ignore[arg-type]
    raise TypeError(f"{kind} has no largest value")


def enormous(name: str = "rancongiciel") -> Plan:
    """A plan with everything that the files let somebody write, as long and as many as they do."""
    plan = real_plan(name)
    first = plan.playbook.phases[0]
    roles = tuple(Role(an_id(), f"{n} {LONG}", "cyber", LONG) for n in range(120))
    one = replace(
        first.steps[0],
        id=an_id(),
        title=LONG,
        text=f"{LONG}\n" * 8,
        role=roles[0].id,
        never=LONG * 2,
        if_impossible=LONG * 2,
        evidence=(LONG,) * 9,
        outcomes=tuple(Outcome(each) for each in answers(130)),
        after=(),
        when={},
        sources=tuple(each.id for each in plan.sources[:40]),
    )
    many = [replace(one, id=an_id(), ref=f"E{n}", outcomes=(), text=LONG) for n in range(110)]
    steps = (one, *many)
    questions = tuple(Question(an_id(), f"{n} {LONG}", answers(40), help=LONG) for n in range(40))
    book = replace(
        plan.playbook,
        title=LONG,
        phases=(replace(first, title=LONG, aim=LONG, steps=steps),),
        questions=questions,
    )
    people = tuple(Person(f"{n} {LONG}", f"U{n:04}", (roles[n % 120].id,)) for n in range(110))
    house = replace(
        plan.establishment,
        people=people,
        sites=tuple(Named(an_id(), f"{n} {LONG}") for n in range(110)),
    )
    table = replace(
        plan.obligations,
        duties=tuple(
            replace(one, title=LONG, recipient=LONG, legal_basis=LONG, wording=LONG)
            for one in plan.obligations.duties
        ),
    )
    cell = replace(plan.cell, roles=(*plan.cell.roles, *roles))
    return Plan(book, table, cell, house, plan.sources)


def giant() -> Room:
    """A crisis on it, with a hundred people in its seats."""
    plan = enormous()
    room = Room()
    room.does(OpenCrisis(LONG[:150], plan, START, noticed_how=LONG))
    for n, role in enumerate(plan.cell.roles[-105:]):
        room.does(GiveRole(role.id, Actor(f"U{n:04}", f"{n} {LONG}"[:200])))
    for n in range(110):
        room.does(Join(Actor(f"U{n:04}", f"{n} {LONG}"[:200])))
    return room
