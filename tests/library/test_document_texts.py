"""What the product may say outside: every template, every screen, against the words refused."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from bot.core.crisis import Crisis
from bot.core.deadlines import binds
from bot.core.playbook import Status
from bot.drafts.template import Template
from bot.library.documents import Documents, load_documents
from bot.library.playbooks import Plans, load_plans
from bot.library.wording import Wording, load_wording

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
#: One sentence for each trap that a document or a screen could fall into.
TRAPS = {
    "nis 2 in force": "La directive NIS 2 est en vigueur en France et s'impose à l'hôpital.",
    "figure for the health report": "Signalez au CERT Santé sous 72 heures.",
    "persons in 72 hours": "Informez les personnes concernées sous 72 heures.",
    "processor in 72 hours": "Le sous-traitant doit notifier la CNIL sous 72 heures.",
    "complaint from the attack": "Le délai de plainte court à compter de la date de l'attaque.",
    "complaint for all": "Le dépôt de plainte est obligatoire pour tous.",
    "a chat is a complaint": "La pré-plainte suffit.",
    "pushed to Monday": "Le délai est reporté au lundi suivant.",
    "the portal is the CNIL": "Le signalement sur le portail vaut notification à la CNIL.",
    "96 hours": "La notification se fait dans les 96 heures.",
    "the DPO decides": "Le DPO décide de notifier.",
    "old bodies": "Appelez l'ACSS ou l'ASIP Santé.",
    "power everything off": "Éteignez tout immédiatement.",
    "liability": "Nous reconnaissons notre responsabilité.",
}


@cache
def plans() -> Plans:
    """The real playbooks."""
    return load_plans(ROOT / "playbooks")


@cache
def documents() -> Documents:
    """The real templates."""
    return load_documents(ROOT / "playbooks", plans())


@cache
def wording() -> Wording:
    """The words that nobody writes."""
    return load_wording(ROOT / "knowledge")[0]


def test_the_templates_load_without_a_fault() -> None:
    """Every name, source, role and field of every template exists."""
    assert documents().faults == ()
    assert len(documents().templates) >= 29


def test_every_document_that_a_step_asks_for_exists() -> None:
    """A button that opens nothing would be worse than none."""
    asked = {
        step.document
        for plan in plans().plans.values()
        for phase in plan.playbook.phases
        for step in phase.steps
        if step.document
    }
    assert asked - set(documents().templates) == set()
    assert len(asked) >= 12


@pytest.mark.parametrize("template", documents().templates.values(), ids=lambda one: one.id)
def test_a_template_says_nothing_that_is_refused(template: Template) -> None:
    """Neither its text, nor its fields, nor its caveats."""
    head = template.head
    said = [template.text, head.title, head.channel, head.recipient, *head.caveats, *head.annexes]
    said += [f"{one.label}. {one.help}" for one in head.fields]
    found = [one for text in said for one in wording().refused(template.path, text)]
    assert found == []


def test_no_screen_says_what_is_refused() -> None:
    """Every French sentence of the code, under the same rules."""
    found = [
        (path.name, word)
        for path in (ROOT / "bot").rglob("*.py")
        for sentence in _sentences(path)
        for word, _ in wording().refused("", sentence)
    ]
    assert found == []


@pytest.mark.parametrize("sentence", TRAPS.values(), ids=TRAPS.keys())
def test_a_planted_trap_is_caught(sentence: str) -> None:
    """Each of these would be refused wherever it were written."""
    words = [word for word, _ in wording().refused("playbooks/documents/essai.md", sentence)]
    cautions = [one.id for one in documents().cautions.cautions if one.broken_by(sentence)]
    assert words or cautions


@pytest.mark.parametrize(
    ("status", "there", "absent"),
    [
        ("eps", {"courrier-procureur", "plainte", "notification-cnil"}, set()),
        ("espic", {"plainte", "notification-cnil"}, {"courrier-procureur"}),
        ("clinique", {"plainte", "notification-cnil"}, {"courrier-procureur"}),
    ],
)
def test_three_establishments_three_sets(status: Status, there: set[str], absent: set[str]) -> None:
    """A public hospital, a non-profit and a private clinic have the documents of their duties."""
    plan = plans().plans["rancongiciel"]
    flags = {"ose": False, "oiv": False, "cyber_insurance": False}
    here = replace(plan.establishment, status=status, flags=flags)
    crisis = Crisis("2026-0001", replace(plan, establishment=here))
    owed = {one.id for one in plan.obligations.duties if binds(one, crisis, NOW)}
    usable = {
        one.id
        for one in documents().templates.values()
        if status in one.head.bound and all(flags.get(flag) for flag in one.head.only_if)
    }
    assert there <= usable
    assert not absent & usable
    assert not usable & {"declaration-ose", "rappel-oiv", "avis-assureur"}
    assert ("procureur" in owed) is (status == "eps")
    for one in documents().templates.values():
        duty = plan.duty(one.head.duty) if one.head.duty else None
        assert one.head.duty is None or duty is not None, one.id
        if duty is not None and one.id in usable and not set(duty.only_if):
            assert duty.id in owed, one.id


@pytest.mark.parametrize("template", documents().templates.values(), ids=lambda one: one.id)
def test_a_template_asks_for_no_patient(template: Template) -> None:
    """No field asks for the identity of a patient, and those that could get one say so."""
    asked = " ".join(one.label.casefold() for one in template.head.fields)
    assert not re.search(r"nom d[ue]s? patients?|identité du patient", asked)
    for one in template.head.fields:
        if one.id in ("faits_resume", "effets_soins", "eigs_circonstances", "dm_evenement"):
            assert one.sensitive_hint, one.id


def _sentences(path: Path) -> Iterator[str]:
    """The literal texts of a module that are French: an accent or a French quotation mark.

    Texts that stand alone are docstrings: nobody is shown those.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in alone:
            continue
        if isinstance(node.value, str) and re.search(r"[éèàùçêô«]", node.value):
            yield node.value
