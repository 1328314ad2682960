"""Who comes later is welcomed in private, once, whatever happens to the bot meanwhile."""

from datetime import timedelta
from pathlib import Path

from tests.double import Double
from tests.double.world import Message
from tests.slack.conftest import Night, awake, read
from tests.slack.test_reminders import Hands

LATE = timedelta(minutes=20)
WELCOME = "Vous rejoignez la cellule"


def letters(double: Double, person: str) -> list[Message]:
    """What was said in private to a person by way of welcome."""
    found = [one for one in double.world.channels.values() if one.is_im and person in one.members]
    posts = [one for channel in found for one in double.posts(channel.id)]
    return [one for one in posts if WELCOME in read(one)]


async def enters(night: Night, person: str) -> None:
    """A person enters the channel of the crisis, and the journal has it."""
    night.double.world.join(night.double.channel(night.channel), person)
    await night.double.wait(lambda _: person in night.crisis.members, 30)


async def test_who_comes_later_is_welcomed_once(slack: Double, tmp_path: Path) -> None:
    """The letter tells all in a minute; neither a return nor a restart sends it again."""
    hands = Hands()
    slack.world.add_user("zoe", id="U09ZOE")
    async with awake(slack, tmp_path, hands) as night:
        channel = await night.opened(site0=["site-pont-aubre"])
        await night.say("claire", "décision Couper Internet")
        hands.ahead = LATE
        await enters(night, "U09ZOE")
        await slack.wait(lambda double: letters(double, "U09ZOE"), 30)
        (letter,) = letters(slack, "U09ZOE")
        text = read(letter)
        for words in ("Ce qui se passe", "Où nous en sommes", "Ce qui vous est demandé"):
            assert f"*{words}*" in text
        assert "1 décision consignée" in text
        assert "Touchés : Centre de consultations" in text
        assert "Aucun rôle à votre nom" in text
        assert f"<#{channel}>" in text
        assert not any(letters(slack, person) for person in ("U01CLAIRE", "U02BRUNO"))

        slack.world.leave(slack.channel(channel), "U09ZOE")
        await slack.wait(lambda _: "U09ZOE" not in night.crisis.members, 30)
        await enters(night, "U09ZOE")
        slack.world.leave(slack.channel(channel), "U02BRUNO")
        await slack.wait(lambda _: "U02BRUNO" not in night.crisis.members, 30)
    async with awake(slack, tmp_path, hands) as night:
        await enters(night, "U02BRUNO")
        await slack.wait(lambda double: letters(double, "U02BRUNO"), 30)
        assert "*Sécurité du système d'information*" in read(letters(slack, "U02BRUNO")[0])
        assert len(letters(slack, "U09ZOE")) == 1


async def test_a_letter_whose_end_was_not_seen_is_not_sent_twice(
    slack: Double, tmp_path: Path
) -> None:
    """A post that went out although the connection broke is found again, not repeated."""
    hands = Hands()
    slack.world.add_user("zoe", id="U09ZOE")
    async with awake(slack, tmp_path, hands) as night:
        await night.opened()
        await slack.calm(0.3)
        hands.ahead = LATE
        slack.fault("chat.postMessage", "reset_applied", times=3)
        await enters(night, "U09ZOE")
        await slack.wait(lambda double: letters(double, "U09ZOE"), 30)
        await night.say("claire", "note suite")
        await slack.calm(0.5)
        assert len(letters(slack, "U09ZOE")) == 1
