"""What was said while the bot was away: found again, marked late, or told as a gap."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.core.evidence import QuestionAsked
from bot.core.files import FileRead
from bot.core.notes import NoteAdded
from bot.core.people import MemberJoined, MemberLeft
from bot.core.transcript import (
    GapFilled,
    GapFound,
    MessageDeleted,
    MessageEdited,
    MessageHeard,
)
from bot.exports.jsonl import Progress
from bot.exports.rows import rows
from tests.double import Double
from tests.double.world import BOT_USER, Message
from tests.slack.conftest import Night, any_text, awake

HISTORY = "conversations.history"


def heard(night: Night) -> list[tuple[str, str, bool]]:
    """What the journal has of the words of the channel: who, what, whether late."""
    return [
        (stamp.actor.name, fact.text, fact.late)
        for fact, stamp in night.facts()
        if isinstance(fact, MessageHeard | MessageEdited)
    ]


async def refused(slack: Double, times: int) -> None:
    """Wait until Slack has refused so many times to let the channel be read."""
    await slack.wait(lambda double: sum(not one.ok for one in double.called(HISTORY)) == times)


async def test_what_was_said_during_an_absence_is_late(slack: Double, tmp_path: Path) -> None:
    """Messages, replies and edits missed are entries once, by their authors, at their own time."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
        first = await slack.message("eva", channel, "Serveur A coupé")
        assert heard(night) == [("Éva Maquette", "Serveur A coupé", False)]

    missed = await slack.message("bruno.t", channel, "<B> coupé", files=[("b.png", b"png")])
    reply = await slack.message("diane", channel, "Et la paie ?", thread_ts=first.ts)
    await slack.edit_message("eva", channel, first.ts, "Serveur A isolé")

    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: len(heard(night)) == 4)
        assert sorted(heard(night)[1:]) == [
            ("Bruno Modèle", "&lt;B&gt; coupé", True),
            ("Diane Fictive", "Et la paie ?", True),
            ("Éva Maquette", "Serveur A isolé", True),
        ]
        found = {f.ts: (f, s) for f, s in night.facts() if isinstance(f, MessageHeard)}
        assert [one.name for one in found[missed.ts][0].files] == ["b.png"]
        assert found[reply.ts][0].thread_ts == first.ts
        assert found[first.ts][0].thread_ts == ""
        stamp = found[missed.ts][1]
        assert abs(stamp.at.timestamp() - float(missed.ts)) < 0.001
        assert stamp.recorded > stamp.at
        assert "[relevé après coup]" in await night.say("claire", "journal")

        await slack.wait(lambda _: any(isinstance(one, FileRead) for one, _ in night.facts()))
        count = night.count
        assert (await slack.redeliver(missed)).acked
        assert night.count == count

    async with awake(slack, tmp_path) as night:
        calls = len(slack.called(HISTORY))
        await slack.message("eva", channel, "Serveur C coupé")
        await slack.calm(0.3)
        assert heard(night)[4:] == [("Éva Maquette", "Serveur C coupé", False)]
        assert len(slack.called(HISTORY)) <= calls + 1


async def test_a_long_absence_is_read_page_after_page(slack: Double, tmp_path: Path) -> None:
    """What lies under more than a page of our own messages is found; ours are not recorded."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
    await slack.message("eva", channel, "Plus de réseau")
    for number in range(210):
        ours = Message(slack.world.ts(), BOT_USER, f"Rappel {number}", bot=True)
        slack.world.add_message(slack.world.channel(channel), ours)
    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: heard(night))
        assert heard(night) == [("Éva Maquette", "Plus de réseau", True)]


async def test_a_channel_that_cannot_be_read_is_a_gap(slack: Double, tmp_path: Path) -> None:
    """The gap is recorded once, with its bounds; board and exports show it until it is filled."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
        last = await slack.message("eva", channel, "Serveur A coupé")
    missed = await slack.message("eva", channel, "Serveur B coupé")

    slack.fault(HISTORY, "error:missing_scope", times=2)
    for number in (1, 2):
        async with awake(slack, tmp_path) as night:
            await refused(slack, number)
            await slack.calm(0.1)
            await night.shown("Main courante : messages manquants de ")
            (gap,) = [fact for fact, _ in night.facts() if isinstance(fact, GapFound)]
            assert abs(gap.since.timestamp() - float(last.ts)) < 0.001
            assert gap.until.timestamp() > float(missed.ts)
            assert gap.reason == "Slack refuse (missing_scope)"
    assert not slack.api.faults.pick(HISTORY)

    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: isinstance(night.last()[0], GapFilled))
        await slack.wait(lambda double: not any_text(double.posts(channel), "messages manquants"))
        assert heard(night)[-1] == ("Éva Maquette", "Serveur B coupé", True)
        view = list(rows(night.house.service.entries(night.crisis.id), Progress()))
        texts = {one.kind_title: one.text for one in view}
        assert texts["Messages manquants"].startswith("Messages du canal peut-être manquants, de ")
        assert texts["Messages retrouvés"].startswith("Canal relu : il ne manque plus de messages")
        assert texts["Message"] == "Serveur B coupé [relevé après coup]"


async def test_slack_may_be_away_when_we_are_back(slack: Double, tmp_path: Path) -> None:
    """A failure of Slack's is no gap: the channel is read once it answers."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
    await slack.message("eva", channel, "Serveur A coupé")
    slack.fault(HISTORY, "500", times=9)
    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: heard(night))
        assert heard(night) == [("Éva Maquette", "Serveur A coupé", True)]
        assert not night.crisis.gaps
        assert not slack.api.faults.pick(HISTORY)


async def test_a_connection_lost_is_an_absence_only_without_another(
    slack: Double, tmp_path: Path
) -> None:
    """One connection renewed while the other lasts is nothing; all of them lost is caught up."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
        await slack.message("eva", channel, "Serveur A coupé")
        await slack.calm(1.5)
        calls = len(slack.called(HISTORY))
        old = slack.socket.connections[0]
        await old.ws.send_json({"type": "disconnect", "reason": "refresh_requested"})
        await slack.wait(lambda double: old not in double.socket.connections)
        await slack.connected(2)
        await slack.calm(2.2)
        assert len(slack.called(HISTORY)) == calls

        slack.drop_sockets()
        missed = await slack.message("eva", channel, "Serveur B coupé")
        assert not missed.acked
        await slack.wait(lambda _: len(heard(night)) == 2, 15)
        assert heard(night)[-1] == ("Éva Maquette", "Serveur B coupé", True)


async def test_a_cell_that_records_only_what_it_raises_misses_nothing(
    slack: Double, tmp_path: Path
) -> None:
    """With the capture of flagged messages only, the channel is not read again."""
    async with awake(slack, tmp_path, tocsin_capture="consignes") as night:
        channel = await night.opened()
    await slack.message("eva", channel, "des nouvelles ?")
    calls = len(slack.called(HISTORY))
    async with awake(slack, tmp_path, tocsin_capture="consignes") as night:
        await slack.calm(0.5)
        assert heard(night) == []
        assert len(slack.called(HISTORY)) == calls


def deleted(night: Night) -> list[tuple[str, str, bool, str]]:
    """What the journal has of messages that are gone: which, what it said, late, told by whom."""
    return [
        (fact.of, fact.before, fact.late, stamp.actor.id)
        for fact, stamp in night.facts()
        if isinstance(fact, MessageDeleted)
    ]


async def caught_up(slack: Double, night: Night) -> None:
    """Wait until the members of the channel have been compared: the last thing that is read."""
    before = len(slack.called("conversations.members"))
    slack.drop_sockets()
    await slack.wait(lambda double: len(double.called("conversations.members")) > before, 20)
    await slack.calm(0.3)
    assert night.crisis.gaps == ()


async def test_what_was_deleted_during_an_absence_is_found(slack: Double, tmp_path: Path) -> None:
    """A message, a reply, a root: each once, marked, without saying by whom; replies stay known."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
        plain = await slack.message("eva", channel, "Serveur A coupé")
        root = await slack.message("eva", channel, "Serveur B coupé")
        kept = await slack.message("hugo", channel, "vu", thread_ts=root.ts)
        other = await slack.message("eva", channel, "Serveur C coupé")
        reply = await slack.message("hugo", channel, "je regrette", thread_ts=other.ts)

    await slack.delete_message("eva", channel, plain.ts)
    await slack.delete_message("eva", channel, root.ts)
    await slack.delete_message("hugo", channel, reply.ts)
    unseen = await slack.message("eva", channel, "dit puis effacé")
    await slack.message("hugo", channel, "dessous", thread_ts=unseen.ts)
    await slack.delete_message("eva", channel, unseen.ts)

    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: len(deleted(night)) == 4)
        assert sorted(deleted(night)) == [
            (plain.ts, "Serveur A coupé", True, "tocsin"),
            (root.ts, "Serveur B coupé", True, "tocsin"),
            (reply.ts, "je regrette", True, "tocsin"),
            (unseen.ts, "", True, "tocsin"),
        ]
        assert {kept.ts, other.ts} <= set(night.crisis.messages)
        said = await night.say("claire", "journal")
        assert "supprimé du canal (constaté après coup). Il disait : je regrette" in said
        await caught_up(slack, night)
        assert len(deleted(night)) == 4
        # What Slack sends again of a message that is gone does not bring it back.
        assert (await slack.redeliver(unseen)).acked
        assert unseen.ts not in night.crisis.messages


async def test_what_slack_only_hides_is_not_deleted(slack: Double, tmp_path: Path) -> None:
    """On a plan that hides what is old, only what would be shown is found missing."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
        await slack.message("eva", channel, "ancien")
        mark = await slack.message("eva", channel, "Serveur A coupé")
        gone = await slack.message("eva", channel, "Serveur B coupé")
        slack.channel(channel).hidden_before = mark.ts
        await slack.message("eva", channel, "Serveur C coupé")
    await slack.delete_message("eva", channel, gone.ts)
    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: deleted(night))
        await slack.calm(0.3)
        assert [one[0] for one in deleted(night)] == [gone.ts]


def moves(night: Night, person: str) -> list[tuple[str, bool]]:
    """How a person came and went: the kind of each entry, and whether it is late."""
    return [
        (fact.name, fact.late)
        for fact, _ in night.facts()
        if isinstance(fact, MemberJoined | MemberLeft) and fact.person.id == person
    ]


async def test_who_came_and_went_during_an_absence(slack: Double, tmp_path: Path) -> None:
    """Arrivals and departures missed are entries at their own time, once, also both at once."""
    slack.world.add_user("zoe", "Zoé Renfort", id="U99ZOE")
    slack.world.add_user("yann", "Yann Passage", id="U98YANN")
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
    await slack.join("zoe", channel)
    await slack.join("yann", channel)
    await slack.leave("yann", channel)
    await slack.leave("eva", channel)
    slack.channel(channel).members.remove("U04HUGO")  # without a word in the channel

    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: moves(night, "U04HUGO")[1:] and moves(night, "U07EVA")[1:])
        assert moves(night, "U99ZOE") == [("member_joined", True)]
        assert moves(night, "U98YANN") == [("member_joined", True), ("member_left", True)]
        assert moves(night, "U07EVA") == [("member_joined", False), ("member_left", True)]
        assert moves(night, "U04HUGO") == [("member_joined", False), ("member_left", True)]
        assert night.crisis.members.isdisjoint({"U98YANN", "U07EVA", "U04HUGO"})
        joined = [one for one in night.facts() if "U99ZOE" in str(one[0])]
        assert joined[0][1].at < joined[0][1].recorded
        assert joined[0][1].actor.name == "Zoé Renfort"
        before = night.acts()
        await caught_up(slack, night)
        assert night.acts() == before


def answers(slack: Double, channel: str, ts: str) -> list[Message]:
    """Our messages in the thread of that one."""
    return [one for one in slack.posts(channel) if one.thread_ts == ts]


async def test_pins_and_questions_of_an_absence(slack: Double, tmp_path: Path) -> None:
    """A 📌 raises its message late; a fresh question gets its answer, once; an old one does not."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
        pinned = await slack.message("eva", channel, "Serveur A coupé")
    await slack.react("hugo", channel, pinned.ts, "pushpin")
    asked = await slack.message("nadia", channel, f"<@{BOT_USER}> que faire des sauvegardes ?")

    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: answers(slack, channel, asked.ts), 20)
        assert sum(isinstance(one, QuestionAsked) for one, _ in night.facts()) == 1
        await slack.calm(0.3)
        notes = [(f, s) for f, s in night.facts() if isinstance(f, NoteAdded)]
        assert [(f.text, f.source_ts, f.late) for f, _ in notes] == [
            ("Serveur A coupé", pinned.ts, True)
        ]
        assert notes[0][1].actor.id == "U04HUGO"
        replies = answers(slack, channel, asked.ts)
        assert len(replies) == 1
        count = night.count
        await caught_up(slack, night)
        assert night.count == count
        assert answers(slack, channel, asked.ts) == replies

    late = await slack.message("nadia", channel, f"<@{BOT_USER}> qui prévient la CNIL ?")
    later = timedelta(minutes=20)
    async with awake(slack, tmp_path, lambda: datetime.now(UTC) + later) as night:
        await slack.wait(lambda _: late.ts in night.crisis.messages)
        await slack.calm(0.5)
        assert answers(slack, channel, late.ts) == []


async def test_files_that_came_and_went_during_an_absence(slack: Double, tmp_path: Path) -> None:
    """A file taken out of a known message is an edit of it, late; one that came is read."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
        said = await slack.message(
            "eva", channel, "photos", files=[("a.png", b"a"), ("b.png", b"b")]
        )
        await slack.wait(lambda _: sum(isinstance(f, FileRead) for f, _ in night.facts()) == 2)
    first = slack.channel(channel).messages[said.ts].files[0]["id"]
    await slack.delete_file("eva", channel, said.ts, first)
    await slack.message("eva", channel, "", files=[("c.png", b"c")])
    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: sum(isinstance(f, FileRead) for f, _ in night.facts()) == 3)
        (edit,) = [f for f, _ in night.facts() if isinstance(f, MessageEdited)]
        assert (edit.text, edit.before, edit.late) == ("photos", "photos", True)
        assert [one.name for one in edit.gone] == ["a.png"]
        assert night.crisis.files[first].removed
        assert "[fichier retiré : a.png]" in await night.say("claire", "journal")
