"""What is said in the channel: heard, changed, removed, pinned, by whom; who comes and goes."""

from pathlib import Path
from typing import Any

from bot.core.files import FileRead
from bot.core.notes import NoteAdded
from bot.core.people import MemberJoined, MemberLeft
from bot.core.transcript import MessageDeleted, MessageEdited, MessageHeard
from tests.double.world import Message
from tests.slack.conftest import Night, house_on_slack


async def test_all_that_is_said_is_heard(night: Night) -> None:
    """Messages, replies, files, edits and deletions are entries with Slack's own stamps."""
    channel = await night.opened()
    said = await night.double.message("eva", channel, "R&D <touchée> vu avec @bruno.t")
    fact, stamp = night.last()
    assert isinstance(fact, MessageHeard)
    assert fact.text == "R&amp;D &lt;touchée&gt; vu avec <@U02BRUNO>"
    assert (fact.ts, stamp.actor.name) == (said.ts, "Éva Maquette")
    assert "R&amp;D &lt;touchée&gt; vu avec @Bruno Modèle" in await night.say("claire", "journal")

    reply = await night.double.message("diane", channel, "Et la paie ?", thread_ts=said.ts)
    fact, _ = night.last()
    assert isinstance(fact, MessageHeard)
    assert (fact.thread_ts, fact.ts) == (said.ts, reply.ts)

    await night.double.message("eva", channel, "photo", files=[("ecran.png", b"png")])
    fact, _ = night.last()
    assert isinstance(fact, MessageHeard)
    assert [one.name for one in fact.files] == ["ecran.png"]
    await night.double.wait(lambda _: isinstance(night.last()[0], FileRead))

    await night.double.edit_message("eva", channel, said.ts, "R&D intacte")
    fact, _ = night.last()
    assert isinstance(fact, MessageEdited)
    assert (fact.text, fact.before[:9]) == ("R&amp;D intacte", "R&amp;D &")

    await night.double.delete_message("diane", channel, reply.ts)
    fact, _ = night.last()
    assert isinstance(fact, MessageDeleted)
    assert (fact.of, fact.before) == (reply.ts, "Et la paie ?")
    assert "Il disait : Et la paie ?" in await night.say("claire", "journal")


async def test_what_applications_and_slack_say_is_heard(night: Night) -> None:
    """Alerts of other applications by their own name, calls, a topic; not what Slack repeats."""
    channel = night.double.channel(await night.opened())
    world = night.double.world
    alert = {
        "bot_id": "B0SONDE",
        "username": "Sonde <réseau>",
        "attachments": [{"fallback": "secours", "title": "Lien coupé", "text": "Site nord"}],
    }
    card = {"bot_id": "B0AGENDA", "bot_profile": {"name": "Agenda"}}
    text = {"type": "mrkdwn", "text": "Réunion à 4 h"}
    said = (
        Message(world.ts(), "", subtype="bot_message", more={**alert, "user": ""}),
        Message(world.ts(), "U0AGENDA", blocks=[{"type": "section", "text": text}], more=card),
        Message(world.ts(), "U07EVA", subtype="huddle_thread", more={"room": {"id": "R1"}}),
        Message(world.ts(), "U07EVA", "rentre", subtype="me_message"),
        Message(world.ts(), "U07EVA", "<@U07EVA> a choisi un sujet", subtype="channel_topic"),
    )
    for one in said:
        world.add_message(channel, one)
    await night.double.wait(lambda _: {one.ts for one in said} <= set(night.crisis.messages))
    heard = [(s.actor.name, f.text) for f, s in night.facts() if isinstance(f, MessageHeard)]
    assert sorted(heard) == [
        ("Agenda", "Réunion à 4 h"),
        ("Sonde <réseau>", "Lien coupé\nSite nord"),
        ("Éva Maquette", "(appel d'équipe ouvert dans le canal)"),
        ("Éva Maquette", "<@U07EVA> a choisi un sujet"),
        ("Éva Maquette", "rentre"),
    ]
    count = night.count
    world.edit(channel, said[3], "U07EVA", more={"attachments": [{"title": "aperçu"}]})
    world.edit(channel, said[2], "U07EVA", more={"room": {"id": "R1", "participants": ["U1"]}})
    await night.double.calm(0.3)
    assert night.count == count
    assert not [one for one in night.double.called("users.info") if "B0SONDE" in str(one.args)]


async def test_a_deleted_message_that_had_replies_is_a_deletion(night: Night) -> None:
    """What Slack leaves in the place of such a message is no edit by its author."""
    channel = await night.opened()
    said = await night.double.message("eva", channel, "serveur B")
    gone = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": said.ts}
    before = {"type": "message", "user": "U07EVA", "ts": said.ts, "text": "serveur B"}
    night.double.world.emit(
        {
            "type": "message",
            "subtype": "message_changed",
            "channel": channel,
            "channel_type": "group",
            "ts": night.double.world.ts(),
            "message": gone | {"text": "This message was deleted."},
            "previous_message": before,
        }
    )
    await night.double.wait(lambda _: isinstance(night.last()[0], MessageDeleted))
    fact, stamp = night.last()
    assert isinstance(fact, MessageDeleted)
    assert (fact.before, stamp.actor.id) == ("serveur B", "U07EVA")


async def test_a_message_is_raised_to_the_log(night: Night) -> None:
    """By 📌 or by the shortcut: a note of its author, told privately; twice is refused kindly."""
    channel = await night.opened()
    first = await night.double.message("eva", channel, "Serveur <B> coupé")
    await night.double.react("hugo", channel, first.ts, "pushpin")
    fact, stamp = night.last()
    assert isinstance(fact, NoteAdded)
    assert (fact.text, fact.source_ts) == ("Serveur <B> coupé", first.ts)
    assert fact.author is not None
    assert (fact.author.id, stamp.actor.id) == ("U07EVA", "U04HUGO")
    await night.told("hugo", f"ligne {stamp.seq} de la main courante")

    again = await night.double.shortcut("diane", channel, first.ts, "consigner")
    assert again.acked
    await night.told("diane", "déjà consigné")
    second = await night.double.message("eva", channel, "Serveur C coupé")
    await night.double.shortcut("diane", channel, second.ts, "consigner")
    await night.told("diane", "Note : Serveur C coupé")
    third = await night.double.message("eva", channel, "merci")
    count = night.count
    await night.double.react("hugo", channel, third.ts, "tada")
    assert night.count == count

    elsewhere = await night.double.message("eva", "general", "à table")
    refused = await night.double.shortcut("diane", "general", elsewhere.ts, "consigner")
    assert refused.acked
    await night.double.wait(lambda double: "Seuls les messages" in double.text())
    assert night.count == count


async def test_people_come_and_go_and_strangers_have_names(night: Night) -> None:
    """Who enters or leaves is an entry, and somebody outside the file is asked of Slack once."""
    channel = await night.opened()
    night.double.world.add_user("zoe", "Zoé Renfort", id="U99ZOE")
    await night.double.join("zoe", channel)
    fact, _ = night.last()
    assert isinstance(fact, MemberJoined)
    assert fact.person.name == "Zoé Renfort"
    await night.double.message("zoe", channel, "bonjour")
    await night.say("zoe", "prendre R01")
    assert night.last()[1].actor.name == "Zoé Renfort"
    assert len(night.double.called("users.info")) == 1
    await night.say("claire", "confier R06 @zoe")
    await night.shown("confiée à Zoé Renfort")
    await night.double.leave("zoe", channel)
    assert isinstance(night.last()[0], MemberLeft)


async def test_a_cell_may_record_only_what_it_raises(tmp_path: Path) -> None:
    """With the capture of flagged messages only, a reply is found in Slack when it is raised."""
    (tmp_path / "knowledge").mkdir()
    more: dict[str, Any] = {
        "tocsin_knowledge_dir": tmp_path / "knowledge",
        "tocsin_capture": "consignes",
    }
    async with house_on_slack(tmp_path, **more) as night:
        channel = await night.opened()
        count = night.count
        root = await night.double.message("eva", channel, "des nouvelles ?")
        reply = await night.double.message("bruno.t", channel, "B coupé", thread_ts=root.ts)
        assert night.count == count
        await night.double.react("hugo", channel, reply.ts, "pushpin")
        fact, _ = night.last()
        assert isinstance(fact, NoteAdded)
        assert (fact.text, fact.author and fact.author.id) == ("B coupé", "U02BRUNO")
