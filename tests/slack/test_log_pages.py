"""What the room is shown cut can be read whole, by its number."""

from tests.slack.conftest import Night


async def test_a_long_decision_is_read_whole_by_its_number(night: Night) -> None:
    """The notice is cut and says how to read on; the word gives all of it, in order."""
    await night.opened()
    text = " ".join(f"mot{n}" for n in range(420)) + " &<fin>"
    await night.form("hugo", "say:note")
    await night.double.submit("hugo", {"kind": "decision", "text": text})
    seq = night.last()[1].seq

    shown = await night.shown(f"en entier : `/crise journal {seq}`")
    assert "mot100" in shown
    assert "mot419" not in shown
    whole = await night.say("diane", f"journal {seq}")
    assert "mot0" in whole
    assert "mot419 &amp;&lt;fin&gt;" in whole
    assert "mot419" not in await night.say("diane", "journal")

    assert "n'est pas à lire ici" in await night.say("diane", "journal 9999")
