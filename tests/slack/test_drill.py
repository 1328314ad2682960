"""A drill as its people live it: chosen, opened, conducted in private, played, ended, reported."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import clockwork
from bot.core.crisis import TOCSIN
from bot.core.drill import InjectPlayed, running
from bot.core.opening import OpenCrisis
from bot.service import Ask
from bot.slack.drill_messages import DESK
from bot.slack.posted import Posted
from bot.wiring import build, clock
from tests.double import Double
from tests.double.world import Message
from tests.slack.conftest import (
    Night,
    any_text,
    awake,
    house_on_slack,
    read,
    settings,
    words,
)

SCENARIO = "panne-du-lundi"
MIN = timedelta(minutes=1)
#: A slow machine beside others.
PATIENCE = 30.0


class Hands:
    """A clock that a test may set forward."""

    def __init__(self) -> None:
        """Start at the present."""
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        """Return the present, moved."""
        return clock() + self.ahead


def private(double: Double, user: str) -> list[Message]:
    """What stands in the direct conversation with a person."""
    person = next(one for one in double.world.users.values() if one.name == user)
    return [
        one
        for channel in double.world.channels.values()
        if channel.id.startswith("D") and person.id in channel.members
        for one in double.posts(channel.id)
    ]


def desk(night: Night, user: str) -> Message:
    """The desk of a person, which is the one message of its kind."""
    found = [one for one in private(night.double, user) if "EXERCICE" in read(one) and one.blocks]
    assert len(found) == 1, "a desk is one message, updated in place"
    return found[0]


def reports(double: Double, user: str) -> list[str]:
    """Names of the files in the direct conversation with a person."""
    return [file["name"] for one in private(double, user) for file in one.files]


async def shown(night: Night, user: str, told: str) -> Message:
    """Wait until the desk of a person says this."""
    await night.double.wait(lambda one: any_text(private(one, user), told), PATIENCE)
    return desk(night, user)


async def press(night: Night, user: str, action: str, value: str | None = None) -> None:
    """Press a button of one's desk, or choose in a list of it."""
    message = desk(night, user)
    channel = next(
        one.id
        for one in night.double.world.channels.values()
        if one.id.startswith("D") and message in night.double.posts(one.id)
    )
    delivery = await night.double.click(user, channel, message.ts, action, value)
    assert delivery.acked, delivery.error


async def start(night: Night, **fields: object) -> None:
    """Open a drill as a person does, and wait until its channel shows that it began."""
    await night.double.command("claire", "general", "/crise", f"exercice {SCENARIO}")
    await night.double.wait(lambda one: one.view("claire") is not None, PATIENCE)
    await night.double.submit("claire", {"watch0": ["U03DIANE"]} | fields)
    await night.double.close_view("claire")
    await night.double.wait(lambda _: night.crisis.channel != "", PATIENCE)
    await night.double.wait(lambda one: any_text(one.posts(night.channel), "DEBEX"), PATIENCE)


async def look(night: Night) -> None:
    """What the loop does at each tick."""
    await clockwork.play_due(night.house.service)


def injects(night: Night) -> list[str]:
    """The injects that the journal says were played."""
    return [fact.inject for fact, _ in night.facts() if isinstance(fact, InjectPlayed)]


async def choose(night: Night) -> None:
    """The bare word shows every scenario, then one is opened at four times the speed."""
    await night.double.command("claire", "general", "/crise", "exercice")
    await night.double.wait(lambda one: one.view("claire") is not None, PATIENCE)
    listed = words(night.double.view("claire"))
    for scenario in night.house.scenarios.held.scenarios.values():
        assert scenario.title in listed
    await night.double.close_view("claire")
    await start(night, speed="4")
    started = await night.shown("DEBEX")
    assert "N'appelez et n'écrivez à personne dehors" in started
    assert "vont 4 fois plus vite" in started
    panel = await shown(night, "claire", "vitesse ×4")
    assert "T + 5 min : Files d'attente aux admissions" in read(panel)
    observed = await shown(night, "diane", "EXERCICE — observation")
    assert "Terminer" not in read(observed)


async def conduct(night: Night, hands: Hands) -> None:
    """Play what is due, pause, resume, play the next one, leave one out."""
    hands.ahead = 2 * MIN
    await look(night)
    await look(night)
    assert injects(night) == ["admissions-bloquees"]
    told = await night.shown("EXERCICE — Files d'attente aux admissions")
    assert "<@U08PAUL>" in told, "who holds the role, or is expected to, is called"
    assert "rien de réel" in told
    await press(night, "claire", "say:drill:pause")
    await shown(night, "claire", "en pause")
    hands.ahead = 30 * MIN
    await look(night)
    assert injects(night) == ["admissions-bloquees"]
    await press(night, "claire", "say:drill:resume")
    await press(night, "claire", "say:drill:next")
    await night.shown("EXERCICE — Quelqu'un redémarre un serveur")
    line = f"exercice {night.crisis.id} écarter rumeur"
    await press(night, "claire", "say:drill:skip", line)
    await shown(night, "claire", "écartés : 1")


async def watch(night: Night) -> None:
    """An observer writes, which the players do not read; a player conducts nothing."""
    await press(night, "diane", "open:exercice:observe")
    await night.double.wait(lambda one: one.view("diane") is not None, PATIENCE)
    await night.double.submit("diane", {"text": "Le papier est sorti en six minutes"})
    assert "six minutes" not in await night.say("paul", "journal")
    assert "Seule l'animation" in await night.say("paul", "exercice fin")
    assert "Seule l'animation" in await night.say("paul", "exercice")


async def finish(night: Night) -> None:
    """The end is told to all, the report in private: to who animated, to an observer who asks."""
    await night.say("claire", "décision Passer au papier partout")
    await press(night, "claire", "open:exercice:end")
    await night.double.wait(lambda one: one.view("claire") is not None, PATIENCE)
    await night.double.submit("claire", {"text": "Merci à tous"})
    await night.shown("FINEX, fin de l'exercice. Merci à tous")
    await shown(night, "claire", "Terminé")
    name = f"EXERCICE-compte-rendu-{night.crisis.id}.pdf"
    await night.double.wait(lambda one: reports(one, "claire") == [name], PATIENCE)
    await press(night, "diane", "say:drill:report")
    await night.double.wait(lambda one: reports(one, "diane") == [name], PATIENCE)
    await night.double.open_home("claire")
    await night.double.wait(
        lambda one: "Recevoir le compte rendu" in str(one.home("claire")), PATIENCE
    )
    home = words(night.double.home("claire"))
    assert "EXERCICE — Panne du réseau un lundi matin" in home
    assert "objectif" in home


async def test_a_drill_from_the_word_to_the_report(tmp_path: Path) -> None:
    """List, form, channel, injects, private controls, observation, end, report; all EXERCICE."""
    hands, folder = Hands(), tmp_path / "knowledge"
    folder.mkdir()
    async with house_on_slack(tmp_path, hands, tocsin_knowledge_dir=folder) as night:
        await choose(night)
        await conduct(night, hands)
        await watch(night)
        await finish(night)
        for one in night.double.posts(night.channel):
            assert "EXERCICE" in read(one) or one.thread_ts, read(one)[:200]


async def test_a_drill_goes_on_after_a_stop_and_plays_nothing_twice(
    slack: Double, tmp_path: Path
) -> None:
    """Stopped after an inject and started later: what came due meanwhile comes one by one."""
    hands = Hands()
    async with awake(slack, tmp_path, hands) as night:
        await start(night)
        hands.ahead = 5 * MIN
        await look(night)
        await night.shown("EXERCICE — Files d'attente aux admissions")
        await shown(night, "claire", "Joués : 1 sur 7")
    hands.ahead = 26 * MIN
    async with awake(slack, tmp_path, hands) as night:
        for _ in range(4):
            await look(night)
        assert injects(night) == ["admissions-bloquees", "relance-sauvage", "resultat-urgent"]
        await night.shown("EXERCICE — Un résultat critique qui ne part pas")
        await shown(night, "claire", "Joués : 3 sur 7")
        told = [read(one) for one in slack.posts(night.channel)]
        assert sum("EXERCICE — Files d'attente" in one for one in told) == 1

        plan = night.house.plans["rancongiciel"]
        real = OpenCrisis("Vraie panne", plan, night.house.service.now())
        drill = night.crisis.id
        await night.house.service.handle(Ask("", TOCSIN, real))
        await look(night)
        await slack.wait(
            lambda one: any_text(private(one, "claire"), "en pause"),
            PATIENCE,
        )
        assert running(night.house.service.crisis(drill)) is not None


async def test_a_report_whose_end_was_not_seen_is_not_sent_twice(
    slack: Double, tmp_path: Path
) -> None:
    """Killed between the report and its memory: the file is found where it went."""
    hands = Hands()
    async with awake(slack, tmp_path, hands) as night:
        await start(night)
        await shown(night, "claire", "vitesse ×1")
        await night.say("claire", "exercice terminer")
        await slack.wait(lambda one: len(reports(one, "claire")) == 1, PATIENCE)
        number, closed = night.crisis.id, night.crisis.closed
        assert closed is not None
    house = build(settings(slack, tmp_path))
    posted, key = Posted(house.store.engine), f"drill:report:{closed.seq}"
    place = posted.rows(f"{number}/drill")[f"{DESK}U01CLAIRE"].channel
    posted.begin(f"{number}/drill", key, place)
    async with awake(slack, tmp_path, hands):
        await slack.wait(lambda _: not posted.rows(f"{number}/drill")[key].pending, PATIENCE)
    house.store.close()
    assert len(reports(slack, "claire")) == 1


async def test_what_cannot_be_done_says_what_to_do(night: Night) -> None:
    """A wrong name, a real crisis under way, a word for an exercise without scenario."""
    said = await night.say("claire", "exercice tempete", "general")
    assert "Scénario inconnu" in said
    assert "rancon-de-nuit" in said
    await night.opened()
    assert "sèmerait la confusion" in await night.say("claire", "exercice", "general")
    assert "depuis un autre canal" in await night.say("claire", "exercice")
    number = night.crisis.id
    assert "Vous êtes dans le canal" in await night.say("claire", f"exercice {number} pause")
    with pytest.raises(AssertionError):
        desk(night, "claire")
