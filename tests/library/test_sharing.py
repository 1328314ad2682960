"""Ways of asking go to the piece of a document that answers them; words of every day tell less."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.library.corpus import Corpus, Passage
from bot.library.glossary import Glossary
from bot.library.lexical import Lexical
from bot.library.passages import load_passages
from bot.library.search import Library
from bot.library.sharing import asked_everywhere, document

Edit = Callable[[str, str, str], int]
REPERE = "knowledge/reperes/papier.md"


def _piece(section: str, text: str, *asks: str) -> Passage:
    name = section.lower()
    return Passage(f"n.md#{name}", "repere", "Note", section, "n.md", (1, 1), text, asks=asks)


NOTE = (
    _piece("Principe", "Numérotez chaque feuille.", "numéroter les feuilles", "qui court ?"),
    _piece("Coursiers", "Qui court porter les tubes au laboratoire ?"),
    _piece("Archives", "Rangez tout au sous-sol."),
)


def test_a_way_of_asking_also_goes_to_the_piece_that_says_it() -> None:
    """The first piece keeps all of them; one that says no more than the first gets none."""
    first, second, third = asked_everywhere(NOTE)

    assert first == NOTE[0]
    assert second.asks == ("qui court ?",)
    assert third == NOTE[2]


def test_pieces_of_a_duty_are_one_document_and_steps_stand_alone() -> None:
    """What is to be known of a duty goes with it; two steps of a playbook share nothing."""
    duty = replace(NOTE[0], kind="playbook", duty="cnil")
    step = replace(NOTE[1], kind="playbook", step="isoler")

    assert document(NOTE[0]) == "n.md"
    assert document(duty) == "n.md#cnil"
    assert document(step) == ""
    assert asked_everywhere((step, replace(step, id="n.md#other"))) == [
        step,
        replace(step, id="n.md#other"),
    ]


def test_a_section_has_ways_of_asking_of_its_own(
    playbooks: Path, knowledge: Path, edit: Edit
) -> None:
    """By its title, whatever its words; a title that does not stand in the text is told."""
    last = "Numérotez chaque feuille [guide].\n"
    edit(REPERE, last, f"{last}\n## Ensuite\n\n{'Recopiez tout, ligne à ligne. ' * 40}[guide].\n")
    edit(REPERE, "title:", 'section_asks: {"Ensuite": [et le lendemain ?]}\ntitle:')

    corpus = load_passages(playbooks, knowledge)

    assert corpus.faults == ()
    assert corpus.by_id()[f"{REPERE}#ensuite"].asks == ("et le lendemain ?",)
    assert "et le lendemain ?" not in corpus.by_id()[f"{REPERE}#en-bref"].asks


def test_a_section_that_does_not_exist_is_told(
    playbooks: Path, knowledge: Path, edit: Edit
) -> None:
    """With its line, and the title that was meant."""
    line = edit(REPERE, "title:", 'section_asks: {"En bre": [koi]}\ntitle:')

    (fault,) = load_passages(playbooks, knowledge).faults

    assert (fault.path, fault.line) == (REPERE, line)
    assert "section inconnue «\u00a0En bre\u00a0»" in fault.message
    assert "En bref" in fault.message


def test_a_word_of_every_day_tells_less_than_a_word_of_the_trade() -> None:
    """As rare as one another in the files, they do not weigh the same in a question."""
    evening = _piece("Soir", "Le soir, passez dans les étages.")
    backups = _piece("Copies", "Les sauvegardes, passez les voir.")
    glossary = Glossary(common=("soir",))

    lexical = Lexical((evening, backups), glossary)
    found = Library(Corpus((evening, backups)), glossary).search("les sauvegardes ce soir")

    assert lexical.idf("soir") < lexical.idf("sauvegard")
    assert found.hits[0].passage == backups
