"""The situation worded from lines of the log: what stands, what falls, what is never sent."""

from datetime import date

from bot.library.models import chat_model
from bot.library.summary import LogLine, summarise
from tests.double_model import ModelDouble

TODAY = date(2026, 11, 21)
LINES = {
    12: LogLine("Ligne 12, 03 h 10, Claire Exemple", "Décision : Couper la liaison avec le GHT"),
    15: LogLine("Ligne 15, 03 h 20, Éva Maquette", "Étape « R01 Prendre l'appel » faite"),
    19: LogLine("Ligne 19, 03 h 30, Nadia Démo", "Note : patient 2 85 07 75 123 456 55 transféré"),
}


def test_only_what_the_lines_say_stands_and_no_patient_is_sent() -> None:
    """A faithful sentence is kept with its line; an invented one falls; a patient stays here."""
    with ModelDouble() as double:
        double.say(
            {"text": "Couper la liaison avec le GHT a été la décision.", "sources": [12]},
            {"text": "L'étape « R01 Prendre l'appel » est faite.", "sources": [15]},
            {"text": "La rançon de 300 000 euros a été payée.", "sources": [12]},
            {"text": "Un patient a été transféré.", "sources": [19]},
        )
        model = chat_model("openai:essai", double.url, "", 5.0)
        assert model is not None
        told = summarise(model, LINES, 5.0, TODAY)
        (asked,) = double.asked
    assert [one.cited for one in told.sentences] == [(12,), (15,)]
    assert told.dropped == 2
    said = repr(asked)
    assert "main courante" in said
    assert "Couper la liaison" in said
    assert "123 456" not in said
    assert "transféré" not in said
