"""The drawn graph of a playbook: every step has its place, and no line hides one."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.playbook import Phase, Plan, Step
from bot.library.playbooks import load_plans
from bot.preview.boxes import PADDING, SIZES, WIDTH, measured, wrapped
from bot.preview.layout import Box, Layout, lay_out
from tests.core.plans import MIN, PLAN, PLAYBOOKS

#: On a machine that does ten things at once, only the answer counts.
UNHURRIED = settings(
    deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), max_examples=60
)
PLANS = load_plans(PLAYBOOKS).plans


@st.composite
def drawn_plans(draw: st.DrawFn) -> Plan:
    """Plans of up to five phases whose steps wait for any earlier steps."""
    sizes = draw(st.lists(st.integers(1, 7), min_size=1, max_size=5))
    names: list[str] = []
    phases = []
    for p, size in enumerate(sizes):
        steps = []
        for n in range(size):
            name = f"etape-{p}-{n}"
            known = st.sets(st.integers(0, len(names)), max_size=4)
            after = tuple(names[one] for one in sorted(draw(known)) if one < len(names))
            title = draw(st.text("aMi \u00a0é", min_size=1, max_size=60))
            steps.append(Step(name, title, "rssi", "Faites.", within=n * MIN, after=after))
            names.append(name)
        phases.append(Phase(f"phase-{p}", f"Phase {p}", tuple(steps)))
    return replace(PLAN, playbook=replace(PLAN.playbook, phases=tuple(phases)))


def inside(piece: tuple[float, float, float, float], box: Box) -> bool:
    """Whether a straight piece enters a box, beyond touching its border."""
    x1, y1, x2, y2 = piece
    level = min(x1, x2) < box.x + WIDTH - 0.5 and max(x1, x2) > box.x + 0.5
    upright = min(y1, y2) < box.bottom - 0.5 and max(y1, y2) > box.y + 0.5
    return level and upright


def hidden(layout: Layout) -> Iterator[str]:
    """Boxes that a line crosses, or that lie on another box."""
    pieces = [(wire.source, piece) for wire in layout.wires for piece in wire.pieces]
    for (source, piece), box in product(pieces, layout.boxes):
        if inside(piece, box):
            yield f"{source} over {box.card.step.id}"
    for one, other in combinations(layout.boxes, 2):
        apart = abs(one.x - other.x) >= WIDTH or one.bottom <= other.y or other.bottom <= one.y
        if not apart:
            yield f"{one.card.step.id} on {other.card.step.id}"


def confused(layout: Layout) -> Iterator[str]:
    """Pieces of two wires that run on the same line: nobody could tell them apart."""
    for one, other in combinations(layout.wires, 2):
        if any(overlapping(a, b) for a, b in product(one.pieces, other.pieces)):
            yield f"{one.source} along {other.source}"


def overlapping(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """Whether two pieces share more than a point."""
    for along, across in ((0, 1), (1, 0)):
        same = a[across] == a[across + 2] == b[across] == b[across + 2]
        start = max(min(a[along], a[along + 2]), min(b[along], b[along + 2]))
        end = min(max(a[along], a[along + 2]), max(b[along], b[along + 2]))
        if same and end - start > 0.5:
            return True
    return False


def pointed(layout: Layout) -> dict[str, list[str]]:
    """For each step, the steps whose line points at its upper border, in order."""
    found: dict[str, list[str]] = {box.card.step.id: [] for box in layout.boxes}
    for wire in layout.wires:
        for x, y in wire.tips:
            (box,) = [b for b in layout.boxes if b.y == y and b.x <= x <= b.x + WIDTH]
            found[box.card.step.id].append(wire.source)
    return {name: sorted(sources) for name, sources in found.items()}


def agrees(plan: Plan) -> Layout:
    """The layout of a plan, after every rule of the drawing was held against it."""
    layout = lay_out(plan)
    steps = plan.playbook.steps
    assert {box.card.step.id for box in layout.boxes} == {step.id for step in steps}
    assert pointed(layout) == {step.id: sorted(step.after) for step in steps}
    assert not list(hidden(layout))
    assert not list(confused(layout))
    bands = {step.id: band for band in layout.bands for step in band.phase.steps}
    for box in layout.boxes:
        band = bands[box.card.step.id]
        assert band.top < box.y < box.bottom <= band.bottom
        assert box.x + WIDTH < layout.width
    return layout


@pytest.mark.parametrize("name", PLANS)
def test_each_playbook_is_drawn_without_a_hidden_step(name: str) -> None:
    """Each step has a box in its phase, each « après » an arrow, and nothing covers anything."""
    layout = agrees(PLANS[name])

    assert all(
        measured(line.text, SIZES[line.style]) <= WIDTH - 2 * PADDING
        for box in layout.boxes
        for line in box.card.lines
    )


@settings(UNHURRIED, max_examples=60)
@given(drawn_plans())
def test_any_playbook_is_drawn_so(plan: Plan) -> None:
    """The same for whatever waits for whatever."""
    agrees(plan)


def test_a_step_may_wait_for_one_of_a_later_phase() -> None:
    """An arrow may go up: the line passes by the lanes like any other."""
    first = Step("un", "Un", "rssi", "Faites.", after=("deux",))
    phases = (Phase("a", "A", (first,)), Phase("b", "B", (Step("deux", "Deux", "rssi", "Fait."),)))

    agrees(replace(PLAN, playbook=replace(PLAN.playbook, phases=phases)))


def test_printed_slices_hold_the_whole_graph_and_cut_no_step() -> None:
    """Sixty steps are cut between phases, and every height is in one slice."""
    layout = lay_out(PLANS["rancongiciel"])
    slices = layout.slices(1400)

    assert slices[0][0] == 0
    assert slices[-1][1] == layout.height
    assert all(one[1] == other[0] for one, other in pairwise(slices))
    for box in layout.boxes:
        assert any(top <= box.y and box.bottom <= bottom for top, bottom in slices)


@UNHURRIED
@given(st.text(max_size=120))
def test_wrapping_loses_no_letter_and_passes_no_border(text: str) -> None:
    """Whatever the text, its letters are all there and each line fits."""
    lines = list(wrapped(text, 12.5, 100.0))

    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(measured(line, 12.5) <= 100.0 for line in lines)
