"""Passages: what can be quoted, from where, and what is wrong in the write-ups."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.library.glossary import load_glossary
from bot.library.passages import load_passages
from bot.library.scope import load_scope
from bot.library.similarity import similar_incidents

Edit = Callable[[str, str, str], int]

INCIDENT = "knowledge/incidents/valmont-2024.md"
REPERE = "knowledge/reperes/papier.md"


def test_a_step_is_quoted_whole_with_its_place(playbooks: Path, knowledge: Path) -> None:
    """Text, what never to do, who, target; the file, the lines and the sources."""
    found = load_passages(playbooks, knowledge).by_id()["playbooks/rancongiciel.yaml#isoler"]

    rows = (playbooks / "rancongiciel.yaml").read_text(encoding="utf-8").splitlines()
    first, last = found.lines
    assert rows[first - 1].strip() == "- id: isoler"
    assert rows[last - 1].strip() == "sources: [guide]"
    assert found.heading == "Rançongiciel › Contenir › Isoler les postes"
    assert "Laissez le poste allumé." in found.text
    assert "À ne jamais faire\u00a0: Ne redémarrez pas." in found.text
    assert "Qui\u00a0: Direction informatique" in found.text
    assert "30\u00a0min après l'ouverture (objectif interne)" in found.text
    assert found.sources == ("Guide (Agence fictive, 2026)",)
    assert (found.step, found.playbook) == ("isoler", "rancongiciel")


def test_a_duty_says_its_deadline_and_its_doubts(playbooks: Path, knowledge: Path) -> None:
    """Deadline, start and recipient in one passage; what is to be known in the next."""
    found = load_passages(playbooks, knowledge).by_id()

    duty = found["playbooks/obligations.yaml#cnil"]
    assert "Échéance\u00a0: 72 heures au plus tard" in duty.text
    assert "Point de départ\u00a0: Violation connue" in duty.text
    assert duty.sources == ("Loi (État fictif, 2025, à vérifier)",)
    caveats = found["playbooks/obligations.yaml#cnil-a-savoir-1"]
    assert caveats.text == "Les nuits et les jours fériés comptent. Un envoi tardif reste dû."
    assert caveats.duty == "cnil"
    assert caveats.lines[1] - caveats.lines[0] == 1


def test_everything_that_is_written_can_be_found(playbooks: Path, knowledge: Path) -> None:
    """Steps, questions, duties, instants, roles, levels, contacts and write-ups are passages."""
    found = {passage.id for passage in load_passages(playbooks, knowledge).passages}

    assert found == {
        "playbooks/rancongiciel.yaml#rancongiciel",
        "playbooks/rancongiciel.yaml#isoler",
        "playbooks/rancongiciel.yaml#notifier",
        "playbooks/rancongiciel.yaml#question-reseau",
        "playbooks/obligations.yaml#cnil",
        "playbooks/obligations.yaml#cnil-a-savoir-1",
        "playbooks/obligations.yaml#t_dp",
        "playbooks/cellule.yaml#dsi",
        "playbooks/cellule.yaml#dpo",
        "playbooks/cellule.yaml#niveaux",
        "playbooks/etablissement.yaml#garde",
        f"{INCIDENT}#en-bref",
        f"{INCIDENT}#lecons",
        f"{REPERE}#en-bref",
    }


def test_people_are_never_passages(playbooks: Path, knowledge: Path) -> None:
    """Names and Slack ids of the establishment stay out of the search."""
    text = "\n".join(one.indexed for one in load_passages(playbooks, knowledge).passages)

    assert "Zébulon" not in text
    assert "U0ZEBULON" not in text


def test_a_section_of_an_incident_is_one_passage(playbooks: Path, knowledge: Path) -> None:
    """Each section has its lines and the sources that it cites, and is never mixed with another."""
    found = load_passages(playbooks, knowledge).by_id()

    second = found[f"{INCIDENT}#lecons"]
    rows = (knowledge / "incidents/valmont-2024.md").read_text(encoding="utf-8").splitlines()
    assert second.text.splitlines() == rows[second.lines[0] - 1 : second.lines[1]]
    assert second.text.count("- ") == 2
    assert second.section == "Leçons"
    assert second.sources == ("Un article (Journal fictif, 2024)", "Guide (Agence fictive, 2026)")
    assert found[f"{INCIDENT}#en-bref"].asks == ("que s'est-il passé à valmont",)
    assert second.asks == ()


def test_short_neighbours_of_a_note_are_read_together(playbooks: Path, knowledge: Path) -> None:
    """Two short paragraphs of one section make one passage."""
    note = load_passages(playbooks, knowledge).by_id()[f"{REPERE}#en-bref"]

    assert note.text.count("[guide]") == 2


def test_short_sections_of_a_note_are_read_together(
    playbooks: Path, knowledge: Path, edit: Edit
) -> None:
    """A note is one subject: its next section follows under its own title, as far as it fits."""
    last = "Numérotez chaque feuille [guide].\n"
    edit(REPERE, last, f"{last}\n## Ensuite\n\nRecopiez tout [guide].\n")

    note = load_passages(playbooks, knowledge).by_id()[f"{REPERE}#en-bref"]

    assert note.section == "En bref · Ensuite"
    assert note.text.endswith("**Ensuite**\nRecopiez tout [guide].")


def test_a_long_paragraph_is_cut_between_sentences(
    playbooks: Path, knowledge: Path, edit: Edit
) -> None:
    """Nothing that is quoted is longer than a phone can show."""
    edit(REPERE, "Numérotez chaque feuille [guide].", "Notez tout ce qui se passe [guide]. " * 80)

    found = load_passages(playbooks, knowledge).passages

    pieces = [one for one in found if one.path == REPERE]
    assert len(pieces) >= 4
    assert all(len(one.text) <= 900 and one.text.endswith("[guide].") for one in pieces)


def test_sound_folders_have_no_fault(playbooks: Path, knowledge: Path) -> None:
    """The small hospital of these tests is sound."""
    assert load_passages(playbooks, knowledge).faults == ()


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        pytest.param(INCIDENT, "[P1].\n\n##", "[P9].\n\n##", "source inconnue [P9]", id="mark"),
        pytest.param(INCIDENT, "- {ref: guide}", "- {ref: guise}", "Vouliez-vous", id="reference"),
        pytest.param(
            REPERE,
            "- {ref: guide}",
            USED := "- {ref: guide}\n  - {ref: loi}",
            "jamais",
            id="unused",
        ),
        pytest.param(INCIDENT, "2024-03\n", "mars 2024\n", "date illisible", id="bad date"),
        pytest.param(INCIDENT, "2024-03\n", "2024-13\n", "date illisible", id="no such month"),
        pytest.param(INCIDENT, "verified: 2026-11-21", "verified: hier", "une date", id="verified"),
        pytest.param(INCIDENT, "playbooks: [ran", "playbooks: [rn", "Vouliez-vous", id="playbook"),
        pytest.param(INCIDENT, "attack:", "atack:", "Vouliez-vous", id="unknown key"),
        pytest.param(INCIDENT, "kind: incident", "kind: repere", "dans ce dossier", id="kind"),
        pytest.param(REPERE, "title: Tra", "titel: Tra", "pas de titre", id="no title"),
    ],
)
def test_a_mistake_in_a_write_up_is_told_with_its_line(
    playbooks: Path, knowledge: Path, edit: Edit, file: str, old: str, new: str, told: str
) -> None:
    """File, line and what to do, for whatever cannot be trusted."""
    line = edit(file, old, new) + (1 if new == USED else 0)

    faults = load_passages(playbooks, knowledge).faults

    fitting = [fault for fault in faults if told in fault.message]
    assert fitting, [str(fault) for fault in faults]
    assert fitting[0].path == file
    assert fitting[0].line in {line, 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("verified: 2026-11-21", "verified: 30/02/2026"),
        ("attack:", "atack:"),
        ("kind: incident", "kind: accident"),
        ("playbooks: [ran", "playbooks: ran #"),
        ("asks: [que", "asks: que #"),
        ("- {ref: guide}", "- {red: guide}"),
    ],
)
def test_one_cause_gives_one_message_and_the_sources_stay(
    playbooks: Path, knowledge: Path, edit: Edit, old: str, new: str
) -> None:
    """A refused key is told once; what the rest of the front matter says still holds."""
    before = load_passages(playbooks, knowledge).by_id()[f"{INCIDENT}#en-bref"]
    edit(INCIDENT, old, new)

    found = load_passages(playbooks, knowledge)

    causes = 2 if old == "attack:" else 1  # an unknown key leaves a missing one behind
    assert len(found.faults) == causes, [str(one) for one in found.faults]
    after = found.by_id()[f"{INCIDENT}#en-bref"]
    assert after.text == before.text
    assert after.sources == (() if "ref" in old else before.sources)


def test_a_missing_key_of_an_incident_is_told(playbooks: Path, knowledge: Path, edit: Edit) -> None:
    """An incident without its lesson makes no card, but its text is still quoted."""
    edit(INCIDENT, "lesson: Testez les sauvegardes [P1].\n", "")

    corpus = load_passages(playbooks, knowledge)

    assert "il manque «\u00a0lesson\u00a0»" in corpus.faults[0].message
    assert corpus.incidents == ()
    assert f"{INCIDENT}#en-bref" in corpus.by_id()


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"Bonjour\n", "il manque l'en-t\u00eate"),
        (b"---\nid: x\n", "n'est pas referm\u00e9"),
        ("---\nid: é\n---\n".encode("latin-1"), "UTF-8"),
    ],
)
def test_an_unreadable_write_up_is_left_out(
    playbooks: Path, knowledge: Path, raw: bytes, told: str
) -> None:
    """The others are served."""
    (knowledge / "reperes" / "abime.md").write_bytes(raw)

    corpus = load_passages(playbooks, knowledge)

    assert [(fault.path, told in fault.message) for fault in corpus.faults] == [
        ("knowledge/reperes/abime.md", True)
    ]
    assert f"{REPERE}#en-bref" in corpus.by_id()


def test_similar_incidents_say_why(playbooks: Path, knowledge: Path) -> None:
    """The kind of crisis and what was hit bring an incident up, with the reason."""
    incidents = load_passages(playbooks, knowledge).incidents

    found = similar_incidents(incidents, "rancongiciel", "la messagerie ne répond plus")

    assert [(card.id, why) for card, why in found] == [
        ("valmont-2024", "Même type de crise\u00a0; aussi touché\u00a0: messagerie.")
    ]
    assert found[0][0].lesson == "Testez les sauvegardes."
    assert similar_incidents(incidents, "panne", "un ascenseur bloqué") == []
    assert similar_incidents(incidents, "panne", "comme à Valmont")[0][1] == (
        "Nommé dans la description."
    )


def test_a_fault_of_the_glossary_is_told(knowledge: Path, edit: Edit) -> None:
    """A glossary that cannot be used is empty and says so."""
    line = edit("knowledge/glossaire.yaml", "variants: [dépôt de plainte]", "varaints: [x]")

    glossary, faults = load_glossary(knowledge)

    assert glossary.groups == ()
    assert (faults[0].line, "Vouliez-vous" in faults[0].message) == (line, True)


def test_refused_subjects_are_read_word_for_word(knowledge: Path) -> None:
    """A refused phrase must stand as it is, and may be made acceptable by another word."""
    scope, faults = load_scope(knowledge)

    assert faults == ()
    assert scope.refusal("Quelle est la POSOLOGIE ?") is scope.subjects[0]
    assert scope.refusal("posologies en cas de panne") is None
    assert scope.refusal("une dose, quelle horreur") is None
