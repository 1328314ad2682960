"""Two tables of obligations, told in words."""

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.core.comparing_duties import compare_duties
from bot.core.playbook import Condition, Duty, ErasureBasis, Instant, Obligations, Span, Start
from tests.core.plans import H, real_plan

PLAN = real_plan()
OLD = PLAN.obligations
CNIL = next(one for one in OLD.duties if one.id == "cnil-initiale")
KNOWN = next(one for one in OLD.instants if one.id == "t_dp")
NAME = f"{CNIL.ref} « {CNIL.title} »"


def with_duty(**changes: Any) -> Obligations:
    """The table in which the notification to the data protection authority is otherwise."""
    changed = replace(CNIL, **changes)
    return replace(OLD, duties=tuple(changed if one.id == CNIL.id else one for one in OLD.duties))


def texts(new: Obligations, old: Obligations = OLD) -> list[str]:
    """The sentences, with plain spaces."""
    return [one.text.replace("\u00a0", " ") for one in compare_duties(old, new, PLAN)]


@pytest.mark.parametrize(
    ("new", "told"),
    [
        pytest.param(
            with_duty(within=Span(hours=48)),
            [f"Obligation {NAME}, délai : 72 heures devient 48 heures."],
            id="deadline",
        ),
        pytest.param(
            with_duty(within=None),
            [f"Obligation {NAME}, délai retiré : 72 heures."],
            id="no figure",
        ),
        pytest.param(
            with_duty(disabled=True), [f"Obligation {NAME}, en sommeil : oui."], id="asleep"
        ),
        pytest.param(
            with_duty(watch=(2 * H,)), [f"Obligation {NAME}, rappel ajouté : 2 h."], id="reminder"
        ),
        pytest.param(
            with_duty(checked=date(2026, 12, 1)),
            [
                f"Obligation {NAME}, dernière vérification : {CNIL.checked:%d/%m/%Y} devient "
                "01/12/2026."
            ],
            id="checked",
        ),
        pytest.param(
            replace(OLD, duties=tuple(one for one in OLD.duties if one.id != CNIL.id)),
            [f"Obligation retirée : {NAME}."],
            id="removed",
        ),
        pytest.param(
            replace(OLD, instants=(*OLD.instants, replace(KNOWN, id="neuf", title="Neuf"))),
            ["Instant ajouté : « Neuf »."],
            id="instant",
        ),
        pytest.param(OLD, [], id="nothing"),
    ],
)
def test_each_change_is_told_in_one_sentence(new: Obligations, told: list[str]) -> None:
    """A deadline, a date, a duty that came or went: under the names that people know."""
    assert texts(new) == told


def test_a_start_is_told_by_the_instant_and_a_role_by_its_title() -> None:
    """Ids are for files; a cell reads titles."""
    other = next(one for one in OLD.instants if one.id == "t_stad")
    (said,) = texts(with_duty(starts=Start(instant="t_stad")))
    assert f"« {other.title} »" in said
    (said,) = texts(with_duty(role="dsi"))
    titles = {role.id: role.title for role in PLAN.cell.roles}
    assert said.endswith(f"« {titles['dsi']} ».")


def test_the_table_that_a_crisis_keeps_is_the_same_but_for_its_ways_of_asking() -> None:
    """A crisis keeps its plan without them: that is no difference."""
    assert compare_duties(PLAN.bare().obligations, OLD) == ()


BASIS = ErasureBasis("x", "Motif", "Loi fictive, art. 1")
FULL = Obligations(
    date(2026, 1, 1), (replace(KNOWN, asks=("quand",)),), (replace(CNIL, asks=("qui",)),), (BASIS,)
)
OTHERS: dict[str, Any] = {
    "within": Span(months=1),
    "starts": None,
    "watch": (timedelta(hours=9),),
    "not_due_when": (Condition("y", "Autre cas"),),
    "in_force_from": date(2027, 1, 1),
    "checked": date(2027, 1, 1),
    "confidence": "low",
    "nature": "contract",
    "kind": "event",
    "opens": "autre",
}
EVERY_FIELD = [
    pytest.param(owner, place, field.name, id=f"{owner.__name__}.{field.name}")
    for owner, place in ((Duty, "duties"), (Instant, "instants"), (ErasureBasis, "erasure_bases"))
    for field in fields(owner)
    if field.name != "id"
]


@pytest.mark.parametrize(("owner", "place", "field"), EVERY_FIELD)
def test_no_field_changes_in_silence(owner: type[Any], place: str, field: str) -> None:
    """Whatever the table can say, another value of it is a difference of that field."""
    (one,) = getattr(FULL, place)
    value = getattr(one, field)
    other = OTHERS.get(field)
    if field not in OTHERS:
        other = not value if isinstance(value, bool) else f"{value} autre"
        other = ("autre",) if isinstance(value, tuple) else other
    changed: dict[str, Any] = {place: (replace(one, **{field: other}),)}
    new = replace(FULL, **changed)

    assert isinstance(one, owner)
    assert {each.field for each in compare_duties(FULL, new)} == {field}
