"""The write-up of a crisis: drafted from the log, without a name, fit to join the knowledge."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.authoring.joining import Faulty, Incidents
from bot.authoring.retex import write_up
from bot.authoring.versions import Author
from bot.core.crisis import Actor
from bot.core.hospital import CountUp
from bot.core.notes import AddNote, TakeDecision
from bot.core.opening import CloseCrisis, OpenCrisis
from bot.core.steps import AnswerQuestion, BlockStep, CompleteStep, SkipStep
from bot.errors import Refused
from bot.library.writeups import load_write_ups
from tests.core.plans import MIN, PLAYBOOKS, START, H, Room, real_plan, says

KNOWLEDGE = PLAYBOOKS.parent / "knowledge"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
AUTHOR = Author("U02BRUNO", "Bruno Modèle")
ZOE = Actor("U9", "Zoé Prestataire", "Éditeur du laboratoire")


def lived(*, exercise: bool = False) -> Room:
    """A night with a decision that names people, a step late, one blocked, one set aside."""
    room = Room()
    room.does(OpenCrisis("Écrans de rançon", real_plan(), START, exercise=exercise))
    room.wait(20 * MIN).does(
        CompleteStep("prendre-appel", "appel noté"),
        TakeDecision("Couper Internet avec Bruno Modèle et le Dr Imaginaire [urgent]"),
        AddNote("Vu avec Diane Fictive"),
        AnswerQuestion("soins-touches", "oui"),
        by=ZOE,
    )
    room.does(BlockStep("alerter-cellule", "Clé introuvable, dit @Zoé Prestataire"), by=ZOE)
    room.does(SkipStep("pas-de-paiement", "Aucune demande"))
    room.does(TakeDecision("Patient né le 3 mars 1961, NIR 2 85 05 78 006 084 91, transféré"))
    room.wait(3 * H).does(CloseCrisis("reprise"))
    return room


def drafted(room: Room) -> str:
    """The draft of its write-up."""
    return write_up(room.crisis, room.recorded, room.now, "ab" * 32).text


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    """The rules of the editor and one incident, so that the check is quick."""
    folder = tmp_path / "knowledge"
    (folder / "incidents").mkdir(parents=True)
    shutil.copyfile(KNOWLEDGE / "redaction.yaml", folder / "redaction.yaml")
    shutil.copyfile(KNOWLEDGE / "incidents/chsf-2022.md", folder / "incidents/chsf-2022.md")
    return folder


@pytest.fixture
def incidents(knowledge: Path) -> Incidents:
    """The folder of write-ups, beside the plan of the house."""
    return Incidents(PLAYBOOKS, knowledge, {"rancongiciel": real_plan()})


def test_the_draft_tells_what_happened_and_what_to_change() -> None:
    """Timeline with days, what held, what stuck and why, proposals, what nobody knows."""
    text = drafted(lived()).replace("\u00a0", " ")

    says(text, "## Chronologie", "21 novembre 2026, 03 h 10 : Crise ouverte", "Durée : 3 h 20")
    says(text, "**R01 Prendre l'appel et ouvrir la main courante** : faite 20 min")
    says(text, "tenable plutôt en 30 min", "**R04", "bloquée (Clé introuvable", "recours")
    says(text, "écartée (Aucune demande)", "Sans réponse :", "Jamais daté :")
    says(text, "« Les soins sont-ils perturbés, ou risquent-ils de l'être ? » : oui")


def test_the_draft_names_nobody() -> None:
    """Names become roles, a patient's number and birth go, and nothing reads as a source."""
    text = drafted(lived())

    for name in ("Bruno", "Modèle", "Imaginaire", "Zoé", "Prestataire", "2 85 05", "1961"):
        assert name not in text, name
    says(text, "Sécurité du système d'information", "Éditeur du laboratoire", "(urgent)")
    assert "Diane" not in text


def test_what_the_cell_counted_is_told() -> None:
    """Counters are numbers only, and belong to the consequences."""
    room = Room()
    room.does(OpenCrisis("Test", real_plan(), START), CountUp("transferts", 4, by=False))

    found = next(iter(room.crisis.hospital.counters.values())).label
    assert f"{found}\u00a0: 4 [MC]" in drafted(room)


def test_the_draft_passes_the_check_and_joins_the_knowledge(
    incidents: Incidents, knowledge: Path
) -> None:
    """As it is, it has no fault; written, the library reads it as an incident like the others."""
    done = incidents.join(drafted(lived()), AUTHOR, NOW)

    assert (done.path, done.trouble) == ("knowledge/incidents/retex-2026-0001.md", "")
    found = load_write_ups(knowledge, {}, frozenset({"rancongiciel"}))
    cards = {one.id: one for one in found.incidents}
    assert cards["retex-2026-0001"].playbooks == ("rancongiciel",)
    assert not [one for one in found.faults if "retex" in one.path]
    with pytest.raises(Refused, match="existe déjà"):
        incidents.join(drafted(lived()), AUTHOR, NOW)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("## Leçons", "## Enseignements", ("sections d'un incident", "Leçons")),
        ("- Durée", "- Bruno Modèle a tenu. Durée", ("nom d'une personne", "Bruno Modèle")),
        ("- Durée", "- NIR 2 85 05 78 006 084 91. Durée", ("patient",)),
        ("- Durée", "- L'ACSS a répondu. Durée", ("CERT Santé",)),
        ("[MC]", "[XX]", ("source inconnue",)),
        ('id: "retex-2026-0001"', "id: ../../etc", ("minuscules",)),
        ("---\nid", "id", ("en-tête",)),
    ],
)
def test_a_write_up_with_a_fault_is_not_let_in(
    incidents: Incidents, knowledge: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    """Names, patients, words, sections, sources: told with the line, and nothing is written."""
    text = drafted(lived()).replace(old, new)
    with pytest.raises(Faulty) as faulty:
        incidents.join(text, AUTHOR, NOW)

    says(" ".join(one.message for one in faulty.value.faults), *words)
    assert [one.name for one in knowledge.rglob("*.md")] == ["chsf-2022.md"]


def test_an_exercise_never_joins(incidents: Incidents) -> None:
    """Its draft can be read; the knowledge holds what really happened."""
    room = lived(exercise=True)
    crisis = replace(room.crisis, id="EX-2026-0001")
    text = write_up(crisis, room.recorded, room.now, "ab" * 32).text

    says(text, 'title: "EXERCICE')
    with pytest.raises(Refused, match="exercice"):
        incidents.join(text, AUTHOR, NOW)
