"""The « point de situation »: at its hour, on demand, and passed on outside once confirmed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from bot import clockwork
from bot.core.rhythm import BriefingShared
from bot.wiring.letters import commands
from tests.double import Double
from tests.double_model import ModelDouble, first_sentence
from tests.slack.conftest import Night, any_text, awake, house_on_slack, read, words
from tests.slack.test_erasure import asks, confirms
from tests.slack.test_reminders import Hands

WIDER = "C0WIDER"


def wider(slack: Double, *, joined: bool = True) -> None:
    """A private channel of the hospital, in which Tocsin is or is not."""
    channel = slack.world.add_channel("information-crise", private=True, id=WIDER)
    channel.members.extend(["U01CLAIRE", *(["U0TOCSIN"] if joined else [])])


async def raised(night: Night) -> int:
    """Raise what is due, as the loop does; the number of briefings of the journal."""
    due = commands(night.house.settings)
    await clockwork.raise_due(night.house.service, commands=due)
    return len(night.crisis.briefings)


async def shares(night: Night) -> None:
    """Press « Diffuser », read again, add a line, confirm: it is recorded, then posted."""
    view = await night.form("claire", f"open:share:{night.crisis.briefings[0].seq}")
    assert f"<#{WIDER}>" in words(view)
    typed = view["blocks"][1]["element"]["initial_value"]
    assert "Couper Internet" not in typed
    await night.double.submit("claire", {"text": f"{typed}\nConsultations maintenues."})
    fact, _ = night.last()
    assert isinstance(fact, BriefingShared)
    await night.double.wait(lambda double: double.posts(WIDER), 30)
    (post,) = night.double.posts(WIDER)
    assert "Consultations maintenues." in read(post)
    await night.shown("*Diffusé* dans")


async def test_at_its_hour_and_passed_on_once(slack: Double, tmp_path: Path) -> None:
    """One message a slot; « Diffuser » shows what leaves, records it, and posts it once."""
    hands = Hands()
    wider(slack)
    async with awake(slack, tmp_path, hands, tocsin_wider_channel=WIDER) as night:
        channel = await night.opened()
        await night.say("claire", "décision Couper Internet")
        assert "Couper Internet" in await night.say("eva", "point")
        assert await raised(night) == 0
        hands.ahead = timedelta(hours=3, minutes=1)
        assert await raised(night) == 1
        assert await raised(night) == 1
        shown = await night.shown("# Point de situation")
        assert "Couper Internet" in shown
        assert "[Diffuser]" in shown

        await shares(night)
    async with awake(slack, tmp_path, hands, tocsin_wider_channel=WIDER) as night:
        await night.say("claire", "note suite", channel)
        await slack.calm(0.5)
        assert len(slack.posts(WIDER)) == 1
        told = [one for one in slack.posts(channel) if "# Point de situation" in read(one)]
        assert len(told) == 1


async def test_an_erasure_reaches_what_was_told(slack: Double, tmp_path: Path) -> None:
    """A briefing that quoted an erased text is withdrawn, and what was passed on is emptied."""
    hands = Hands()
    wider(slack)
    async with awake(slack, tmp_path, hands, tocsin_wider_channel=WIDER) as night:
        await night.opened()
        await night.say("claire", "décision Appeler Madame Inventée")
        line = night.last()[1].seq
        hands.ahead = timedelta(hours=3, minutes=1)
        await raised(night)
        await night.shown("# Point de situation")
        await night.form("claire", f"open:share:{night.crisis.briefings[0].seq}")
        await night.double.submit("claire", {"text": "Madame Inventée est prévenue."})
        await slack.wait(lambda double: any_text(double.posts(WIDER), "Inventée"), 30)
        shared = next(seq for seq in night.crisis.shared)

        asked = await asks(night, "claire", f"{line} {shared}")
        await confirms(night, "diane", asked)
        await slack.wait(lambda _: line in night.crisis.erased, 30)
        await night.shown("Retiré : ce message citait un texte effacé")
        await slack.wait(lambda double: not any_text(double.posts(WIDER), "Inventée"), 30)
        assert not any_text(slack.posts(night.channel), "Inventée")


async def test_a_channel_that_refuses_is_told_to_who_asked(slack: Double, tmp_path: Path) -> None:
    """Where Tocsin was not invited nothing is posted, and the person learns what to do."""
    wider(slack, joined=False)
    async with awake(slack, tmp_path, tocsin_wider_channel=WIDER) as night:
        await night.opened()
        answer = await night.say("claire", "point")
        assert "[Diffuser]" in answer
        shown = slack.ephemerals("claire")[-1]
        button = f"open:share:{night.crisis.id}"
        delivery = await slack.click("claire", night.channel, shown.ts, button)
        assert delivery.acked
        await slack.wait(lambda double: double.view("claire") is not None)
        await slack.submit("claire", {})
        await slack.wait(lambda _: night.crisis.shared, 30)
        await slack.wait(lambda double: "Slack refuse d'écrire dans" in double.text(), 30)
        assert slack.posts(WIDER) == []


async def test_without_a_wider_channel_nothing_offers_to_leave(night: Night) -> None:
    """No setting, no button."""
    await night.opened()
    assert "[Diffuser]" not in await night.say("claire", "point")


async def worded(night: Night) -> str:
    """What the model adds to the briefing, asked for until the model is ready."""
    for _ in range(240):
        assert "Couper la liaison" in await night.say("eva", "point")
        await night.double.calm(0.5)
        if any_text(night.double.ephemerals("eva"), "En quelques phrases"):
            break
    return await night.told("eva", "En quelques phrases")


async def test_a_model_that_may_read_the_log_words_it_line_by_line(tmp_path: Path) -> None:
    """Its sentences come after the briefing by rule, each with its line; what is invented falls."""
    (tmp_path / "knowledge").mkdir()
    with ModelDouble() as model:
        model.reply(
            lambda lines: [
                {"text": first_sentence(lines[-1]), "sources": [lines[-1]["numero"]]},
                {"text": "Le GHT a payé 40 000 euros.", "sources": [lines[-1]["numero"]]},
            ]
        )
        more: dict[str, Any] = {
            "tocsin_knowledge_dir": tmp_path / "knowledge",
            "tocsin_model": "openai:essai",
            "tocsin_model_url": model.url,
            "tocsin_model_reads_log": "oui",
        }
        async with house_on_slack(tmp_path, **more) as night:
            await night.opened()
            await night.say("claire", "décision Couper la liaison avec le GHT")
            line = night.last()[1].seq
            told = await worded(night)
            assert f"(ligne {line})" in told
            assert "40 000" not in told
            assert "Écartées : 1" in told
