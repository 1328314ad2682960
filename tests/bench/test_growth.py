"""The table and the plot of what it costs as the work grows, held against their points."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench import growth
from bench.growth import Point

_DOCS = Path(__file__).resolve().parents[2] / "docs"


def _page(folder: Path) -> str:
    (folder / "images").mkdir()
    page = f"# Page\n\n{growth.BEGIN}\n{growth.END}\n\nAfter.\n"
    (folder / growth.PAGE).write_text(page, encoding="utf-8")
    return page


def test_what_is_shown_is_made_of_the_points() -> None:
    """The page and the plot that are kept are those that the points give."""
    points = growth.load(_DOCS)
    page = (_DOCS / growth.PAGE).read_text(encoding="utf-8")
    assert points
    assert growth.filled(page, points) == page
    assert growth.plot(points) == (_DOCS / growth.PLOT).read_text(encoding="utf-8")


def test_a_new_point_takes_the_place_of_the_old_one_alone(tmp_path: Path) -> None:
    """Taking one size again changes its points and leaves the others as they stand."""
    _page(tmp_path)
    growth.write(
        tmp_path,
        [Point("passages", 500, "index", 2.0, "s"), Point("passages", 5_000, "index", 20.0, "s")],
    )
    growth.write(tmp_path, [Point("passages", 500, "index", 1.234567, "s")])
    assert growth.load(tmp_path) == [
        Point("passages", 500, "index", 1.235, "s"),
        Point("passages", 5_000, "index", 20.0, "s"),
    ]
    page = (tmp_path / growth.PAGE).read_text(encoding="utf-8")
    assert "| index from nothing (s) | 1.24 | 20.0 | 4.17 ms |" in page
    assert page.endswith(f"{growth.END}\n\nAfter.\n")
    assert page.startswith("# Page\n")


@pytest.mark.parametrize(
    ("values", "each"),
    [
        ([(1_000, 1.0), (1_000_000, 31.0)], "30.0 µs"),
        ([(1_000, 1.0), (1_000_000, 1.05)], "—"),
        ([(1_000, 1.0)], ""),
    ],
    ids=["grows", "does not grow", "one size"],
)
def test_what_one_more_costs(values: list[tuple[int, float]], each: str) -> None:
    """The slope is told in a unit that can be read; what does not grow is a dash."""
    points = [Point("entries", size, "read", value, "s") for size, value in values]
    line = next(one for one in growth.tables(points).splitlines() if "read back whole" in one)
    assert line.endswith(f"| {each} |")


def test_the_plot_is_a_picture_whose_axes_hold_every_point() -> None:
    """It is well-formed, names what it shows, and no point falls outside of it."""
    points = [
        Point("entries", size, measure, size / 1_000, "s")
        for size in (1_000, 1_000_000)
        for measure in ("read", "action")
    ]
    root = ET.fromstring(growth.plot(points))  # noqa: S314 - our own text
    name = "{http://www.w3.org/2000/svg}"
    dots = root.findall(f".//{name}circle")
    assert len(dots) == 4
    assert all(0 < float(one.get("cx", "0")) < 960 for one in dots)
    assert all(30 < float(one.get("cy", "0")) < 230 for one in dots)
    texts = {one.text for one in root.findall(f".//{name}text")}
    assert {"read back whole (s)", "1k", "1M", "entries"} <= texts
