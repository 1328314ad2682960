"""The preview as a page and as a PDF: whole, closed to the network, deaf to what texts attempt."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO

import pikepdf
import pytest

from bot.core.playbook import Plan
from bot.library.playbooks import load_plans
from bot.preview.data import preview_data
from bot.preview.page import page
from bot.preview.printing import printed
from tests.core.plans import PLAYBOOKS

PLANS = load_plans(PLAYBOOKS).plans
MADE = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> ![photo](http://example.invalid/x.png) "
    '[lien](javascript:alert(1)) <http://example.invalid> "><svg onload=alert(1)> & 🚨'
)
TAGS = set(
    "html head meta title style body p h1 h2 h3 h4 div span strong em code br hr ul ol li dl dt dd "
    "table tr th td svg rect path text a blockquote pre".split()
)


class Reader(HTMLParser):
    """What a browser would find in the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag and its attributes."""
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.words.append(data)


def read(text: str) -> Reader:
    """The page, read."""
    reader = Reader()
    reader.feed(text)
    return reader


def hostile() -> Plan:
    """The ransomware plan in which every text of a step tries something."""
    plan = PLANS["rancongiciel"]
    phases = tuple(
        replace(
            phase,
            title=HOSTILE,
            aim=HOSTILE,
            steps=tuple(
                replace(
                    step, title=HOSTILE, text=HOSTILE, ref=HOSTILE[:20], never=HOSTILE, sources=()
                )
                for step in phase.steps
            ),
        )
        for phase in plan.playbook.phases
    )
    book = replace(plan.playbook, title=HOSTILE, summary=HOSTILE, version=HOSTILE, phases=phases)
    return replace(plan, playbook=book)


@pytest.mark.parametrize("name", PLANS)
def test_a_page_says_everything_and_fetches_nothing(name: str) -> None:
    """Steps, roles, duties, sources are there; tags are known, links stay in the page."""
    plan = PLANS[name]
    reader = read(page(plan, "ce matin"))
    said = " ".join("".join(reader.words).split())

    assert reader.tags <= TAGS
    assert {value[:1] for attribute, value in reader.attributes if attribute == "href"} == {"#"}
    assert not {attribute for attribute, _ in reader.attributes} & {"src", "srcset", "action"}
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in reader.attributes
    told = {one.strip() for one in said.replace("\u00a0", " ").split("Les étapes en entier")}
    assert len(told) == 2
    for step in plan.playbook.steps:
        assert ("id", f"etape-{step.id}") in reader.attributes
        assert ("href", f"#etape-{step.id}") in reader.attributes
    for duty in preview_data(plan)["duties"]:
        assert f"{duty['ref']} {duty['title']}".replace("\u00a0", " ") in said.replace(
            "\u00a0", " "
        )


def test_texts_of_a_playbook_are_data() -> None:
    """No tag, no attribute, no address of a hostile text becomes one of the page."""
    reader = read(page(hostile(), "ce matin"))

    assert reader.tags <= TAGS
    assert not {name for name, _ in reader.attributes if name.startswith("on")}
    assert {value[:1] for name, value in reader.attributes if name == "href"} == {"#"}
    assert "<script>alert(1)</script>" in "".join(reader.words)


def test_who_does_what_when_is_in_order() -> None:
    """Each role has all its steps and no other, the shortest target first."""
    plan = PLANS["rancongiciel"]
    data = preview_data(plan)
    titles = {role.title: role.id for role in plan.cell.roles}
    steps = {one.ref: one for one in plan.playbook.steps}
    for role in data["roles"]:
        mine = [steps[mark] for _, mark, _ in role["steps"]]
        assert {one.role for one in mine} == {titles[role["title"]]}
        targets = [one.within for one in mine if one.within is not None]
        assert targets == sorted(targets)
    assert sum(len(role["steps"]) for role in data["roles"]) == len(plan.playbook.steps)


def test_duties_that_no_step_carries_are_shown() -> None:
    """An author who forgets a step sees which duty of the establishment is left over."""
    plan = PLANS["rancongiciel"]
    duty = next(one for one in plan.obligations.duties if one.id == "cnil-initiale")
    (carrier,) = [one for one in plan.playbook.steps if one.duty == duty.id]
    phases = tuple(
        replace(one, steps=tuple(step for step in one.steps if step != carrier))
        for one in plan.playbook.phases
    )
    less = replace(plan, playbook=replace(plan.playbook, phases=phases))

    assert f"{duty.ref} {duty.title}" in preview_data(less)["left"]
    assert f"{duty.ref} {duty.title}" not in preview_data(plan)["left"]


@pytest.mark.parametrize("plan", [PLANS["panne-majeure"], hostile()], ids=["plain", "hostile"])
def test_the_pdf_is_accessible_and_always_the_same(plan: Plan) -> None:
    """Tagged for screen readers, drawn graph with its words, same bytes for the same date."""
    made = printed(plan, MADE)

    assert printed(plan, MADE) == made
    with pikepdf.open(BytesIO(made)) as pdf:
        assert len(pdf.pages) > 5
        assert b"pdfuaid:part" in bytes(pdf.Root.Metadata.read_bytes())
        assert str(pdf.Root.Lang) == "fr-FR"


def test_data_holds_only_texts() -> None:
    """What the template receives is plain JSON: nothing of the program leaks into a file."""
    for plan in PLANS.values():
        assert json.loads(json.dumps(preview_data(plan))) == preview_data(plan)
