"""Where everything stands in the graph of a playbook: boxes in rows, lines in corridors.

- Each phase is a band; in it, a step stands below those of its band that it waits for.
- Lines run between rows and in lanes at the left, never through a box, so that sixty steps stay
  readable.  A step has one line out, which forks; where several lines share a corridor, each has
  its own track.

Nothing here knows how it is drawn: all is in units, downwards from the top left corner.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from bot.core.playbook import Phase, Plan
from bot.preview.boxes import WIDTH, Card, card, marks_of, questions_of

COLUMNS: Final = 4
GAP: Final = 20.0
"""Between two boxes of a row."""
TITLE: Final = 26.0
"""Height of the title of a band."""
_TRACK: Final = 7.0
_LANE: Final = 9.0
_MARGIN: Final = 10.0
_BETWEEN: Final = 14.0
"""Between two bands."""
_ROOM: Final = 8.0
"""Between a box and the nearest track."""
_SHIFTS: Final = tuple(sign * 12.0 * n for n in range(1, 8) for sign in (-1, 1))
"""Where lines enter a box, from its middle: never in the middle, where one goes out."""

Corridor: TypeAlias = tuple[int, bool]
"""The room above a row (``True``), or below the last row of a band."""


@dataclass(slots=True)
class Box:
    """A step with its place: set row by row, then in units once lanes and tracks are known."""

    card: Card
    row: int
    column: int
    x: float = 0.0
    y: float = 0.0

    @property
    def bottom(self) -> float:
        """Where the box ends."""
        return self.y + self.card.height

    @property
    def middle(self) -> float:
        """Where its line goes out."""
        return self.x + WIDTH / 2


@dataclass(frozen=True, slots=True)
class Band:
    """A phase with its place."""

    phase: Phase
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Wire:
    """The line out of one step: straight pieces, and where it points."""

    source: str
    pieces: tuple[tuple[float, float, float, float], ...]
    """``x1, y1, x2, y2``, each upright or level."""
    tips: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole graph."""

    left: float
    """Where boxes and titles begin, right of the lanes."""
    width: float
    boxes: tuple[Box, ...]
    bands: tuple[Band, ...]
    wires: tuple[Wire, ...]

    @property
    def height(self) -> float:
        """The whole height."""
        return self.bands[-1].bottom + _MARGIN if self.bands else 0.0

    def slices(self, most: float) -> tuple[tuple[float, float], ...]:
        """Heights ``(from, to)`` that cut it between bands, none above ``most`` where it can."""
        cuts = [0.0]
        for band, following in zip(self.bands, self.bands[1:], strict=False):
            if following.bottom + _BETWEEN / 2 - cuts[-1] > most:
                cuts.append(band.bottom + _BETWEEN / 2)
        return tuple(zip(cuts, [*cuts[1:], self.height], strict=True))


@dataclass(slots=True)
class _Net:
    """The line out of one step while its way is being found."""

    source: Box
    out: Corridor
    entries: list[tuple[Box, float]] = field(default_factory=list)
    """Each step that it leads to, and how far from the middle it enters."""
    lane: int | None = None
    tracks: dict[Corridor, int] = field(default_factory=dict)

    def direct(self, box: Box) -> bool:
        """Whether that step is just below, in the same band: no lane is needed."""
        return self.out == (box.row, True)

    @property
    def far(self) -> list[Box]:
        """The steps that it reaches by its lane."""
        return [box for box, _ in self.entries if not self.direct(box)]


def lay_out(plan: Plan) -> Layout:
    """The graph of the plan's playbook."""
    rows, homes = _rows(plan)
    nets = _nets([box for row in rows for box in row], homes)
    left = 2 * _MARGIN + _give_lanes(nets) * _LANE
    for row in rows:
        for box in row:
            box.x = left + _ROOM + box.column * (WIDTH + GAP)
    used = _give_tracks(nets, left)
    bands, corridors = _give_heights(plan, rows, homes, used)
    return Layout(
        left,
        left + 2 * _ROOM + COLUMNS * WIDTH + (COLUMNS - 1) * GAP + _MARGIN,
        tuple(box for row in rows for box in row),
        tuple(bands),
        tuple(_wire(net, left, corridors) for net in nets),
    )


def _rows(plan: Plan) -> tuple[list[list[Box]], list[int]]:
    """Steps in rows, and the band of each row."""
    marks, asked = marks_of(plan), questions_of(plan)
    rows: list[list[Box]] = []
    homes: list[int] = []
    for band, phase in enumerate(plan.playbook.phases):
        cards = {step.id: card(step, plan, marks, asked) for step in phase.steps}
        columns: dict[str, int] = {}
        for level in _levels(cards):
            ordered = sorted(level, key=lambda one: _pull(one, columns))
            for first in range(0, len(ordered), COLUMNS):
                some = ordered[first : first + COLUMNS]
                columns |= {one.step.id: n for n, one in enumerate(some)}
                rows.append([Box(one, len(rows), n) for n, one in enumerate(some)])
                homes.append(band)
    return rows, homes


def _levels(cards: Mapping[str, Card]) -> list[list[Card]]:
    """The steps of a band, each below all those of the band that it waits for."""
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            before = [one for one in cards[name].step.after if one in cards]
            depths[name] = 1 + max(map(depth, before), default=-1)
        return depths[name]

    levels: list[list[Card]] = [[] for _ in range(1 + max(map(depth, cards), default=-1))]
    for name, one in cards.items():
        levels[depth(name)].append(one)
    return levels


def _pull(one: Card, columns: Mapping[str, int]) -> float:
    """Where those that it waits for stand, on average: it would rather be below them."""
    places = [columns[name] for name in one.step.after if name in columns]
    return sum(places) / len(places) if places else 0.0


def _nets(boxes: Sequence[Box], homes: Sequence[int]) -> list[_Net]:
    """One net for each step that others wait for, in the order of the graph."""
    nets = {box.card.step.id: _Net(box, _below(box.row, homes)) for box in boxes}
    arrived: Counter[str] = Counter()
    for box in boxes:
        for name in box.card.step.after:
            shift = _SHIFTS[arrived[box.card.step.id] % len(_SHIFTS)]
            arrived[box.card.step.id] += 1
            nets[name].entries.append((box, shift))
    return [net for net in nets.values() if net.entries]


def _below(row: int, homes: Sequence[int]) -> Corridor:
    """The corridor under a row: that above the next one, when the band goes on."""
    goes_on = row + 1 < len(homes) and homes[row + 1] == homes[row]
    return (row + 1, True) if goes_on else (row, False)


def _give_lanes(nets: Iterable[_Net]) -> int:
    """Give each net that goes far a lane of its own along its way; how many lanes there are."""
    taken: list[list[tuple[float, float]]] = []
    for net in sorted((one for one in nets if one.far), key=_way):
        way = _way(net)
        net.lane = _first_free(taken, way)
    return len(taken)


def _way(net: _Net) -> tuple[float, float]:
    """From which row to which a net runs along the lanes (half a row up for the room above)."""
    ends = [net.source.row + 0.5, *(box.row - 0.5 for box in net.far)]
    return min(ends), max(ends)


def _first_free(taken: list[list[tuple[float, float]]], span: tuple[float, float]) -> int:
    """The first track on which nothing is in the way, taken from now on."""
    for number, spans in enumerate(taken):
        if all(span[1] < start or end < span[0] for start, end in spans):
            spans.append(span)
            return number
    taken.append([span])
    return len(taken) - 1


def _lane_x(net: _Net, left: float) -> list[float]:
    """Where the lane of a net is, if it has one."""
    return [] if net.lane is None else [left - _MARGIN - net.lane * _LANE]


def _stops(net: _Net, left: float) -> dict[Corridor, list[float]]:
    """In each corridor that a net uses, the places between which it runs."""
    stops = {net.out: [net.source.middle, *_lane_x(net, left)]}
    for box, shift in net.entries:
        corridor = (box.row, True)
        if corridor not in stops:
            stops[corridor] = _lane_x(net, left)
        stops[corridor].append(box.middle + shift)
    return stops


def _give_tracks(nets: Iterable[_Net], left: float) -> dict[Corridor, int]:
    """Give each net its track in each corridor; how many tracks each corridor has."""
    taken: dict[Corridor, list[list[tuple[float, float]]]] = {}
    for net in nets:
        for corridor, stops in _stops(net, left).items():
            way = (min(stops) - 2.0, max(stops) + 2.0)
            net.tracks[corridor] = _first_free(taken.setdefault(corridor, []), way)
    return {corridor: len(tracks) for corridor, tracks in taken.items()}


def _give_heights(
    plan: Plan, rows: Sequence[Sequence[Box]], homes: Sequence[int], used: Mapping[Corridor, int]
) -> tuple[list[Band], dict[Corridor, float]]:
    """Give each box its height in the graph; the bands, and where each corridor's tracks begin."""
    corridors: dict[Corridor, float] = {}
    bands: list[Band] = []
    y = _MARGIN
    for number, phase in enumerate(plan.playbook.phases):
        top, y = y, y + TITLE
        for row in (n for n, home in enumerate(homes) if home == number):
            corridors[(row, True)] = y + _ROOM
            y += 2 * _ROOM + used.get((row, True), 0) * _TRACK
            for box in rows[row]:
                box.y = y
            y = max(box.bottom for box in rows[row])
            corridors[(row, False)] = y + _ROOM
            y += _ROOM + used.get((row, False), 0) * _TRACK
        bands.append(Band(phase, top, y))
        y += _BETWEEN
    return bands, corridors


def _wire(net: _Net, left: float, corridors: Mapping[Corridor, float]) -> Wire:
    """The net as pieces, now that everything has its place."""
    stops = _stops(net, left)
    levels = {one: corridors[one] + net.tracks[one] * _TRACK for one in stops}
    source = net.source
    pieces = [(source.middle, source.bottom, source.middle, levels[net.out])]
    pieces += [(min(xs), levels[one], max(xs), levels[one]) for one, xs in stops.items()]
    tips = [(box.middle + shift, box.y) for box, shift in net.entries]
    starts = [levels[(box.row, True)] for box, _ in net.entries]
    pieces += [(x, start, x, y) for (x, y), start in zip(tips, starts, strict=True)]
    for x in _lane_x(net, left):
        far = [levels[net.out], *(levels[(box.row, True)] for box in net.far)]
        pieces.append((x, min(far), x, max(far)))
    return Wire(source.card.step.id, tuple(_real(pieces)), tuple(tips))


def _real(
    pieces: Iterable[tuple[float, float, float, float]],
) -> Iterator[tuple[float, float, float, float]]:
    """The pieces that have some length."""
    return (one for one in pieces if one[:2] != one[2:])
