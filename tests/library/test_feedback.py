"""What the library answers badly: from journals and ratings, by question and by file."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from bot.core.crisis import Actor, Fact, Stamp
from bot.core.evidence import AnswerRated, QuestionAsked
from bot.library.corpus import Passage
from bot.library.feedback import Consultation, Feedback, Opinion, of_journal, of_ratings, report
from bot.library.ratings import Rated

AT = datetime(2026, 11, 21, 3, 10, tzinfo=UTC)
TODAY = AT.date()
ANNE, BRUNO = Actor("U1", "Anne Exemple"), Actor("U2", "Bruno Fictif")


def passage(path: str, anchor: str, section: str = "En bref") -> Passage:
    """A passage of a small library."""
    return Passage(f"{path}#{anchor}", "repere", path.upper(), section, path, (1, 2), "Texte.")


LIBRARY = (
    passage("cnil.md", "bref"),
    passage("cnil.md", "compter", "Compter"),
    passage("plainte.md", "bref"),
    passage("paie.md", "bref"),
)


def journal(*facts: Fact | tuple[Fact, Actor]) -> list[tuple[Fact, Stamp]]:
    """Facts in order from entry 1, Anne's unless said otherwise."""
    told = [one if isinstance(one, tuple) else (one, ANNE) for one in facts]
    return [(fact, Stamp(n, actor, AT, AT)) for n, (fact, actor) in enumerate(told, start=1)]


def asked(question: str, confidence: str = "nette", *shown: str) -> QuestionAsked:
    """A question as the journal holds it."""
    return QuestionAsked(question, confidence, (), shown)


def told(*consultations: Consultation, passages: Sequence[Passage] = LIBRARY) -> Feedback:
    """The report on these."""
    return report(consultations, passages, TODAY)


def test_a_rating_is_tied_to_its_question_and_counts_once_a_person() -> None:
    """The last word of each person is kept, on the entry that they rated."""
    found = of_journal(
        journal(
            asked("cnil ?", "nette", "cnil.md#bref"),
            asked("plainte ?", "nette", "plainte.md#bref"),
            AnswerRated(1, False, "trop long"),
            (AnswerRated(1, False, "hors sujet"), BRUNO),
            AnswerRated(1, True),
            AnswerRated(3, True),
        ),
        LIBRARY,
    )
    assert [one.opinions for one in found] == [(Opinion(True), Opinion(False, "hors sujet")), ()]


def test_questions_are_grouped_whatever_their_accents_and_counted() -> None:
    """One question typed three ways is one line; who asked is nowhere."""
    found = told(
        *of_journal(
            journal(
                asked("Où sont les clés ?", "aucune"),
                asked("ou sont les cles", "aucune"),
                asked("et la cantine", "aucune"),
                (asked("OÙ SONT, les clés !", "aucune"), BRUNO),
            ),
            LIBRARY,
        )
    )
    assert [(one.question, one.times) for one in found.nothing] == [
        ("OÙ SONT, les clés !", 3),
        ("et la cantine", 1),
    ]
    assert found.confidences == {"aucune": 4}
    assert not any(who in str(found) for who in ("U1", "U2", "Anne", "Bruno"))


def test_what_has_been_mended_since_is_no_longer_told() -> None:
    """A question is told by its last answer: one that is now found leaves the list."""
    found = told(
        Consultation("cnil ?", "aucune"),
        Consultation("cnil", "nette", ("cnil.md#bref",)),
        Consultation("paie", "a-verifier", ("paie.md#bref",)),
    )
    assert found.nothing == ()
    assert [one.question for one in found.unsure] == ["paie"]


def test_marked_answers_come_with_reasons_and_what_they_showed() -> None:
    """The most marked first, each reason once, patients taken out."""
    wrong = Opinion(False, "il manque l'adresse")
    born = Opinion(False, "Mme Fictive née le 12/03/1951 n'y est pas")
    found = told(
        Consultation("plainte ?", "nette", ("plainte.md#bref",), (born,)),
        Consultation("cnil ?", "nette", ("cnil.md#compter",), (wrong, wrong, Opinion(True))),
    )
    first, second = found.marked
    assert (first.question, first.wrong, first.useful) == ("cnil ?", 2, 1)
    assert (first.reasons, first.shown) == (("il manque l'adresse",), ("cnil.md#compter",))
    assert "1951" not in second.reasons[0]
    assert (found.useful, found.wrong) == (1, 3)


def test_files_say_how_they_served_and_what_nobody_finds() -> None:
    """Shown, shown first, marked, never found: per file, the one that served most first."""
    found = told(
        Consultation("a", "nette", ("cnil.md#bref", "plainte.md#bref"), (Opinion(True),)),
        Consultation("b", "nette", ("cnil.md#bref", "gone.md#bref"), (Opinion(False),)),
    )
    cnil, plainte = found.uses[0], found.uses[2]
    assert [one.path for one in found.uses] == ["cnil.md", "plainte.md", "paie.md"]
    assert (cnil.times, cnil.first, cnil.useful, cnil.wrong) == (2, 2, 1, 1)
    assert (cnil.passages, cnil.unfound) == (2, ("cnil.md#compter",))
    assert (found.uses[1].times, found.uses[1].first, found.uses[1].useful) == (1, 0, 0)
    assert (plainte.times, plainte.unfound) == (0, ("paie.md#bref",))


def test_lines_of_before_name_their_passages_by_place() -> None:
    """A question recorded without ids still says which passages it showed."""
    old = QuestionAsked("cnil", "nette", ("cnil.md › Compter", "gone.md › Rien"))
    (found,) = of_journal(journal(old), LIBRARY)
    assert found.shown == ("cnil.md#compter",)


def test_ratings_given_outside_a_crisis_count_like_the_others() -> None:
    """Each rating is a consultation with one opinion."""
    rated = (
        Rated("paie ?", "aucune", (), False, "rien"),
        Rated("cnil ?", "nette", ("cnil.md#bref",), True),
    )
    found = told(*of_ratings(rated))
    assert [one.question for one in found.nothing] == ["paie ?"]
    assert (found.useful, found.wrong, found.uses[0].useful) == (1, 1, 1)


def test_the_day_of_the_report_is_given() -> None:
    """A date of birth is told from another date by the day of the report, which is passed in."""
    text = "patient vu le 20/11/2026"
    assert (
        report([Consultation(text, "aucune")], (), date(2026, 11, 21)).nothing[0].question == text
    )
