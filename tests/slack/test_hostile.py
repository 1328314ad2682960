"""Hostile texts wherever somebody can type: nothing pings, nothing breaks, nothing is lost."""

import pytest

from bot.core.notes import DecisionTaken, NoteAdded
from bot.core.opening import CrisisOpened
from bot.core.transcript import MessageHeard
from tests.double import mentions
from tests.slack.conftest import PEOPLE, Night, words

HOSTILE = (
    "<!channel> <!here> <@U01CLAIRE> <#C01> <http://evil.example|CNIL> @here @channel "
    "*_~`gras`~_* ``` > • & &amp; <b> \u202eretourné\u202c \u2066isolé\u2069 a\u200bb "
    "e\u0301\u0301\u0301 👩🏽\u200d⚕️ https://evil.example \\ {} % \u0000fin"
)
LONG = "é&<>*_" * 1_700
#: What the bot itself may call: the people of the cell, by their own ids.
OURS = {f"<@{person}>" for person in PEOPLE} | {"<@U0TOCSIN>"}


def pings(night: Night) -> set[str]:
    """All that the bot's posts, private words and topic would ping or link."""
    found = [one for post in night.double.posts(night.channel) for one in mentions(post)]
    for name in PEOPLE.values():
        found += [one for shown in night.double.ephemerals(name) for one in mentions(shown)]
    return set(found) - OURS


async def test_hostile_words_everywhere(night: Night) -> None:
    """A title, notes, decisions, reasons, answers and messages of hostile text ping nobody."""
    channel = await night.opened(title=f"Rançon {HOSTILE}"[:150], how=HOSTILE)
    fact = night.facts()[0][0]
    assert isinstance(fact, CrisisOpened)
    assert "<!channel>" in fact.title
    said = HOSTILE.replace("\u0000", "")
    for line in (
        f"note {HOSTILE}",
        f"décision {HOSTILE}",
        f"bloquer R06 {HOSTILE}",
        f"niveau 2 {HOSTILE}",
        f"corriger 1 {HOSTILE}",
        f"issue cnil-initiale envoyée {HOSTILE}",
        f"constat t_dp maintenant {HOSTILE}",
        f"question {HOSTILE}",
        HOSTILE,
        f"prendre {HOSTILE}",
        f"niveau {HOSTILE}",
        f"rôle {HOSTILE}",
        f"réponse {HOSTILE}",
        f"issue {HOSTILE}",
    ):
        await night.say("bruno.t", line)
    noted = next(fact for fact, _ in night.facts() if isinstance(fact, NoteAdded))
    assert noted.text.startswith("<!channel> <!here> @Claire Exemple ")
    assert "\u0000" not in noted.text
    await night.double.message("eva", channel, said)
    heard = night.last()[0]
    assert isinstance(heard, MessageHeard)
    assert heard.text.startswith("&lt;!channel&gt; ")
    for line in ("journal", "point", "étapes", "échéances", "rôles"):
        await night.say("diane", line)
    view = await night.form("diane", "open:step:proteger-sauvegardes")
    assert "&lt;!channel&gt;" in words(view)
    await night.double.close_view("diane")
    await night.form("hugo", "say:note")
    await night.double.submit("hugo", {"text": said})
    await night.shown("Note : &lt;!channel&gt;")
    await night.double.calm(0.3)
    assert pings(night) == set()
    shown = repr([post.blocks for post in night.double.posts(channel)])
    assert not {"\u202e", "\u2066"} & set(shown)


@pytest.mark.parametrize("line", ["note", "décision", "bloquer R06", "question"])
async def test_ten_thousand_characters_in_a_command(night: Night, line: str) -> None:
    """Too much for a line is refused with its length, and the text is given back whole."""
    await night.opened()
    count = night.count
    answer = await night.say("bruno.t", f"{line} {LONG}")
    if line == "question":
        assert "é&amp;" in answer
        return
    assert "Texte trop long : 10200 caractères, 3000 au plus" in answer
    assert answer.count("é&amp;&lt;&gt;*_") == 1_700
    assert night.count == count


async def test_ten_thousand_characters_elsewhere(night: Night) -> None:
    """A message of any length is heard whole; a form takes what Slack lets through."""
    channel = await night.opened()
    await night.double.message("eva", channel, LONG)
    heard = night.last()[0]
    assert isinstance(heard, MessageHeard)
    assert heard.text.count("é") == 1_700
    await night.double.mention("eva", channel, LONG)
    await night.double.react("eva", channel, heard.ts, "pushpin")
    await night.double.wait(lambda _: isinstance(night.last()[0], NoteAdded))
    await night.form("hugo", "say:note")
    await night.double.submit("hugo", {"kind": "decision", "text": LONG[:3_000]})
    decision = night.last()[0]
    assert isinstance(decision, DecisionTaken)
    assert decision.text == LONG[:3_000]
    for line in ("journal", "point"):
        assert "é" in await night.say("diane", line)
    await night.shown("Décision : é")
    assert pings(night) == set()
