"""The editor's check: statements have sources, refused words are refused, old notes are flagged."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.library.editing import edit as read_as_editor
from bot.library.faults import Fault
from bot.library.inspection import inspect
from bot.library.statements import statements
from bot.library.wording import Rule, load_wording

Edit = Callable[[str, str, str], int]

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 21)
PLAYBOOK = "playbooks/rancongiciel.yaml"
NOTE = "knowledge/reperes/papier.md"
INCIDENT = "knowledge/incidents/valmont-2024.md"
RULES = """\
own_sources: [guide]
incident_sections: [En bref, Leçons]
dated_sections: [En bref]
told_sections: [Leçons]
silence: [non communiqué*]
words:
  - id: acss
    words: [ACSS, cellule ACSS]
    why: ce nom n'existe plus
    write: CERT Santé
    unless: [ancien nom]
    files: [knowledge/reperes/anciens.md]
  - id: heures
    words: [72 h]
    near: [CERT Santé]
    why: aucun délai en heures
    write: sans délai
"""


@pytest.fixture
def ruled(knowledge: Path) -> Path:
    """The small hospital's knowledge, with rules of its own."""
    (knowledge / "redaction.yaml").write_text(RULES, encoding="utf-8")
    return knowledge


def remarks(playbooks: Path, knowledge: Path, today: date = TODAY) -> list[Fault]:
    """Everything that the editor says of the two folders, in order."""
    return sorted(read_as_editor(playbooks, knowledge, today))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("texte de loi", "Signalez selon l'article 33 du texte."),
        ("texte de loi", "Voir L1111-8-2."),
        ("texte de loi", "Le RGPD le demande."),
        ("texte de loi", "La loi 2018-133 le dit."),
        ("texte de loi", "C'est puni par le code pénal."),
        ("numéro d'appel", "Appelez le 01 99 00 00 07."),
        ("numéro d'appel", "Appelez le 3218."),
        ("montant", "Une amende de 75 000 € menace."),
        ("montant", "Ils demandent 10 millions de dollars."),
        ("pourcentage", "Activité à 60 % après un mois."),
        ("année", "C'était à Dax, en 2021."),
        ("délai", "Le délai de plainte est de 72 heures."),
        ("délai", "Notifiez la CNIL sous 3 jours."),
    ],
)
def test_what_needs_a_source_is_recognised(kind: str, text: str) -> None:
    """Law, numbers to call, amounts, shares, years and legal delays, each by its kind."""
    assert kind in {found for found, _ in statements(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Donnez-vous trente minutes, debout s'il le faut.",
        "Relève toutes les 8 heures, repas compris.",
        "Photographiez l'écran, heure visible.",
        "Gardez deux comptes neufs sur un poste sain.",
        "Les 3 tournées partent à heure fixe.",
    ],
)
def test_an_instruction_is_not_a_statement(text: str) -> None:
    """What to do needs no source, even with a number in it."""
    assert list(statements(text)) == []


def test_a_sound_hospital_leaves_nothing_to_say(playbooks: Path, ruled: Path) -> None:
    """Sourced, dated, well-worded files get no remark."""
    (ruled / "incidents/valmont-2024.md").unlink()

    assert remarks(playbooks, ruled) == []


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        pytest.param("", "une source, ou retirez-le", id="none"),
        pytest.param("        sources: [guide]\n", "pas un choix maison", id="own choice"),
        pytest.param("        sources: [loi]\n", None, id="sourced"),
    ],
)
def test_a_step_that_states_the_law_needs_a_source(
    playbooks: Path, ruled: Path, edit: Edit, sources: str, told: str | None
) -> None:
    """Without one, or with a choice of the house only, its line is told; with one, nothing is."""
    (ruled / "incidents/valmont-2024.md").unlink()
    old = "        text: Préparez la notification.\n"
    line = edit(PLAYBOOK, old, f"        text: Notifiez sous 72 heures la CNIL.\n{sources}")

    found = remarks(playbooks, ruled)

    assert [(one.path, one.line) for one in found] == ([(PLAYBOOK, line)] if told else [])
    assert all(told is not None and told in one.message for one in found)


def test_the_line_told_is_the_line_of_the_words(playbooks: Path, ruled: Path, edit: Edit) -> None:
    """In a text of several lines, the fault points at the one to correct."""
    line = edit(PLAYBOOK, "          Laissez le poste allumé.\n", "          Appelez le 3218.\n")

    found = [one for one in remarks(playbooks, ruled) if one.path == PLAYBOOK]

    assert [(one.line, "numéro d'appel" in one.message) for one in found] == [(line, True)]


def test_a_note_cites_a_source_for_each_figure(playbooks: Path, ruled: Path, edit: Edit) -> None:
    """A paragraph with a year and no mark is told; its neighbour with a mark is not."""
    line = edit(NOTE, "Numérotez chaque feuille [guide].", "En 2021, 40 % du papier a manqué.")

    found = [one for one in remarks(playbooks, ruled) if one.path == NOTE]

    assert [(one.line, "sans source" in one.message) for one in found] == [(line, True)]


def test_the_directory_is_its_own_source(playbooks: Path, ruled: Path, edit: Edit) -> None:
    """A number of the establishment's own directory needs no other source."""
    edit("playbooks/etablissement.yaml", "01 99 00 00 01", "01 99 00 00 02")

    assert [one for one in remarks(playbooks, ruled) if "etablissement" in one.path] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        pytest.param(
            "playbooks/sources.yaml", "title: Guide", 'title: ""', "son titre", id="title"
        ),
        pytest.param(
            "playbooks/sources.yaml", "publisher: Agence fictive", 'publisher: ""',
            "qui la publie", id="publisher",
        ),
        pytest.param(
            "playbooks/sources.yaml", "where: art. 1", 'where: ""', "où la trouver", id="where"
        ),
        pytest.param(
            "playbooks/sources.yaml", 'date: "2025"', "date: l'an dernier", "pas de date", id="date"
        ),
        pytest.param(
            INCIDENT, "publisher: Journal fictif", 'publisher: ""', "qui la publie", id="note"
        ),
        pytest.param(INCIDENT, 'date: "2024"', "date: naguère", "pas de date", id="note date"),
    ],
)  # fmt: skip
def test_a_source_says_what_it_is_and_where(
    playbooks: Path, ruled: Path, edit: Edit, file: str, old: str, new: str, told: str
) -> None:
    """Title, publisher, date and place: what is missing is told at the source's line."""
    line = edit(file, old, new)

    found = [one for one in remarks(playbooks, ruled) if told in one.message]

    assert [(one.path, one.line) for one in found] == [(file, line)]


def test_a_source_may_admit_that_it_has_no_date(playbooks: Path, ruled: Path, edit: Edit) -> None:
    """« Sans date » is an answer."""
    edit("playbooks/sources.yaml", 'date: "2025"', "date: sans date")

    assert not [one for one in remarks(playbooks, ruled) if "pas de date" in one.message]


def test_a_refused_word_is_told_with_its_reason_and_replacement(
    playbooks: Path, ruled: Path, edit: Edit
) -> None:
    """File, line, word, why, and what to write instead."""
    line = edit(PLAYBOOK, "Préparez la notification.", "Prévenez l'acss.")

    (found,) = [one for one in remarks(playbooks, ruled) if one.path == PLAYBOOK]

    assert found.line == line
    assert "«\u00a0acss\u00a0»" in found.message
    assert "ce nom n'existe plus. Écrivez plutôt\u00a0: CERT Santé." in found.message
    assert not found.warning


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("Prévenez l'ACSS.", True),
        ("L'ACSS, ancien nom du service.", False),
        ("Signalez au CERT Santé sous 72 h.", True),
        ("Le CERT Santé répond. La CNIL attend 72 h.", False),
        ("Accessoirement, notez tout.", False),
    ],
)
def test_context_decides(
    playbooks: Path, ruled: Path, edit: Edit, text: str, refused: bool
) -> None:
    """``near`` and ``unless`` are looked for in the same sentence, and words are whole words."""
    edit(PLAYBOOK, "Préparez la notification.", text)

    told = [one for one in remarks(playbooks, ruled) if "à ne pas écrire" in one.message]

    assert bool(told) is refused


def test_words_that_people_say_are_left_alone(playbooks: Path, ruled: Path, edit: Edit) -> None:
    """A way of asking, a hint or a glossary row may use an old name."""
    edit(PLAYBOOK, "asks: [on eteint les pc ?]", "asks: [on appelle l'ACSS ?]")
    edit("knowledge/glossaire.yaml", "variants: [backup, ", "variants: [ACSS, ")

    assert not [one for one in remarks(playbooks, ruled) if "à ne pas écrire" in one.message]


def test_a_file_may_be_allowed_to_write_a_word(playbooks: Path, ruled: Path) -> None:
    """The note about old names names them; any other note may not."""
    note = (ruled / "reperes/papier.md").read_text(encoding="utf-8")
    text = note.replace("Numérotez chaque feuille", "ACSS")
    for name in ("anciens", "autres"):
        (ruled / f"reperes/{name}.md").write_text(text, encoding="utf-8")

    told = [one.path for one in remarks(playbooks, ruled) if "à ne pas écrire" in one.message]

    assert told == ["knowledge/reperes/autres.md"]


@pytest.mark.parametrize(
    ("today", "flagged"),
    [
        pytest.param(date(2027, 5, 21), False, id="six months to the day"),
        pytest.param(date(2027, 5, 22), True, id="the day after"),
    ],
)
def test_what_was_last_seen_long_ago_is_flagged(
    playbooks: Path, ruled: Path, today: date, flagged: bool
) -> None:
    """Notes, duties and incidents past six months get a warning, which is never an error."""
    told = [one for one in remarks(playbooks, ruled, today) if one.warning]

    assert {one.path for one in told} == (
        {INCIDENT, NOTE, "playbooks/obligations.yaml"} if flagged else set()
    )
    assert all("à revérifier" in one.message for one in told)


def test_six_months_after_the_end_of_a_long_month(playbooks: Path, ruled: Path, edit: Edit) -> None:
    """The 31st of August leads to the last day of February."""
    edit(NOTE, "verified: 2026-11-21", "verified: 2026-08-31")

    before = remarks(playbooks, ruled, date(2027, 2, 28))
    after = remarks(playbooks, ruled, date(2027, 3, 1))

    assert NOTE not in {one.path for one in before if one.warning}
    assert NOTE in {one.path for one in after if one.warning}


def test_an_incident_says_when(playbooks: Path, ruled: Path, edit: Edit) -> None:
    """A section that must be dated is told paragraph by paragraph; a dated source may be enough."""
    found = [one for one in remarks(playbooks, ruled) if "dites quand" in one.message]
    assert [(one.path, one.line) for one in found] == [(INCIDENT, 22)]

    edit(INCIDENT, "est restée coupée", "est restée coupée, en mars 2024,")

    assert not [one for one in remarks(playbooks, ruled) if "dites quand" in one.message]


def test_silence_is_a_date_of_its_own(playbooks: Path, ruled: Path, edit: Edit) -> None:
    """« Non communiqué » needs no date."""
    edit(INCIDENT, "est restée coupée onze jours", "est revenue à une date non communiquée")

    assert not [one for one in remarks(playbooks, ruled) if "dites quand" in one.message]


def test_an_incident_has_its_sections_in_order(playbooks: Path, ruled: Path, edit: Edit) -> None:
    """A missing section is named."""
    edit(INCIDENT, "## Leçons\n", "## Morale\n")

    (found,) = [one for one in remarks(playbooks, ruled) if "sections" in one.message]

    assert (found.path, "«\u00a0Leçons\u00a0»" in found.message) == (INCIDENT, True)


def test_a_rule_with_a_mistake_is_told(playbooks: Path, ruled: Path, edit: Edit) -> None:
    """An unknown key of the rules is a fault of their file, and no rule is applied."""
    line = edit("knowledge/redaction.yaml", "    write: sans délai", "    writ: sans délai")

    found = [one for one in remarks(playbooks, ruled) if "redaction" in one.path]

    assert (line, True) in [(one.line, "Vouliez-vous" in one.message) for one in found]


def test_one_file_is_checked_among_its_neighbours(playbooks: Path, ruled: Path, edit: Edit) -> None:
    """Asked of one file, the editor answers for that one only, under the name given."""
    line = edit(PLAYBOOK, "Préparez la notification.", "Prévenez l'ACSS.")
    edit(NOTE, "Numérotez chaque feuille", "ACSS")
    file = playbooks / "rancongiciel.yaml"

    found = inspect([file], playbooks, ruled, TODAY)

    assert [(one.path, one.line) for one in found] == [(str(file), line)]


def test_a_draft_elsewhere_is_held_to_the_same_words(
    playbooks: Path, ruled: Path, tmp_path: Path
) -> None:
    """A playbook written outside the house is read with the house's rules."""
    draft = tmp_path / "brouillon" / "essai.yaml"
    draft.parent.mkdir()
    text = (playbooks / "rancongiciel.yaml").read_text(encoding="utf-8")
    draft.write_text(text.replace("Préparez la", "Prévenez l'ACSS de la"), encoding="utf-8")

    found = inspect([draft], playbooks, ruled, TODAY)

    assert [(one.path, "CERT Santé" in one.message) for one in found] == [(str(draft), True)]


# ---- As shipped ------------------------------------------------------------------------------

SHIPPED = load_wording(ROOT / "knowledge")[0]


def test_the_shipped_files_pass_the_editor() -> None:
    """Nothing to correct and, on the day of the last verification, nothing to look at again."""
    found = inspect([], ROOT / "playbooks", ROOT / "knowledge", TODAY)

    assert [str(one) for one in found] == []


def test_the_shipped_files_are_flagged_later() -> None:
    """A year on, every note, incident and duty asks to be verified again, and nothing fails."""
    found = inspect([], ROOT / "playbooks", ROOT / "knowledge", date(2027, 11, 21))

    notes = {str(file) for file in (ROOT / "knowledge").glob("*/*.md")}
    assert notes <= {one.path for one in found}
    assert all(one.warning for one in found)


@pytest.mark.parametrize("rule", SHIPPED.words, ids=lambda rule: rule.id)
def test_each_shipped_rule_bites(rule: Rule) -> None:
    """Each of its words is refused where it bites, and accepted where it says it is."""
    for words in rule.words:
        sentence = f"On lit {words.rstrip('*')} {rule.near[0] if rule.near else ''} ici."
        assert rule.broken_by(sentence) is not None, sentence
        for excuse in rule.unless:
            assert rule.broken_by(f"{sentence} {excuse.rstrip('*')}") is None, excuse
    assert rule.why
    assert rule.write


@pytest.mark.parametrize(
    "sentence",
    [
        "L'enquête a été confiée à l'OCLCTIC.",
        "Signalez l'incident à l'ASIP Santé.",
        "Vous avez 96 h pour la CNIL.",
        "Ce fut la première mort causée par un rançongiciel.",
        "La loi interdit aux hôpitaux publics de payer.",
        "Les fichiers sont cryptés.",
        "NIS 2 impose 24 heures.",
        "Éteignez tout immédiatement.",
        "Aucune donnée n'a été volée.",
    ],
)
def test_known_mistakes_are_refused_as_shipped(sentence: str) -> None:
    """The mistakes that articles make are refused when somebody writes them again."""
    assert list(SHIPPED.refused("knowledge/reperes/x.md", sentence))
