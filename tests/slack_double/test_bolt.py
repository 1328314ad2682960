"""A real Bolt app, on the real SDK, works against the double from command to edited message."""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.double import Double, Impossible, mentions

MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "declaration",
    "title": {"type": "plain_text", "text": "Déclarer une crise"},
    "submit": {"type": "plain_text", "text": "Ouvrir"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "titre",
            "label": {"type": "plain_text", "text": "Titre"},
            "element": {"type": "plain_text_input", "action_id": "texte"},
        },
        {
            "type": "input",
            "block_id": "gravite",
            "label": {"type": "plain_text", "text": "Gravité"},
            "element": {
                "type": "static_select",
                "action_id": "choix",
                "initial_option": {"text": {"type": "plain_text", "text": "Haute"}, "value": "3"},
                "options": [
                    {"text": {"type": "plain_text", "text": "Basse"}, "value": "1"},
                    {"text": {"type": "plain_text", "text": "Haute"}, "value": "3"},
                ],
            },
        },
    ],
}


def board(text: str) -> list[dict[str, Any]]:
    """Return a message with one button."""
    button = {
        "type": "button",
        "action_id": "prendre",
        "text": {"type": "plain_text", "text": "Prendre"},
        "value": "prendre dsi",
    }
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        {"type": "actions", "elements": [button]},
    ]


class SmallBot:
    """Enough of a bot to go through every kind of envelope."""

    def __init__(self, double: Double, session: aiohttp.ClientSession, sockets: int) -> None:
        """Build the app on the double's address; `start` connects it."""
        client = AsyncWebClient(token=double.bot_token, base_url=double.api_url, session=session)
        self.client = client
        self.app = AsyncApp(client=client, logger=logging.getLogger("small-bot"))
        self.handlers = [
            AsyncSocketModeHandler(self.app, double.app_token, ping_interval=1)
            for _ in range(sockets)
        ]
        self.events: list[dict[str, Any]] = []
        self.submitted: list[dict[str, Any]] = []
        self.closed: list[dict[str, Any]] = []
        self.actions: list[dict[str, Any]] = []
        self.retries: list[str] = []
        self.opened: asyncio.Queue[str] = asyncio.Queue()
        self._listen()

    async def start(self) -> None:
        """Open the sockets."""
        for handler in self.handlers:
            await handler.connect_async()  # type: ignore[no-untyped-call]

    async def stop(self) -> None:
        """Close the sockets."""
        for handler in self.handlers:
            await handler.close_async()  # type: ignore[no-untyped-call]

    def _listen(self) -> None:
        self.app.command("/crise")(self.on_command)
        self.app.view("declaration")(self.on_submit)
        self.app.view_closed("declaration")(self.on_closed)
        self.app.action("prendre")(self.on_take)
        self.app.event(re.compile(".*"))(self.on_event)

    async def on_command(self, ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Answer help at once, stay mute on demand, or open the modal."""
        if body["text"] == "muette":
            await asyncio.sleep(1)
        elif body["text"] == "aide":
            await ack("Tapez /crise déclarer")
        else:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
            await self.opened.put(body["trigger_id"])

    async def on_submit(self, ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Refuse a short title; open the channel and its board."""
        values = body["view"]["state"]["values"]
        title = values["titre"]["texte"]["value"]
        if title == "court":
            await ack(response_action="errors", errors={"titre": "Précisez, svp."})
            return
        await ack()
        self.submitted.append(values)
        made = await client.conversations_create(name="crise-1", is_private=True)
        channel = made["channel"]["id"]
        await client.conversations_invite(channel=channel, users=[body["user"]["id"], "U0BRUNO"])
        await client.chat_postMessage(channel=channel, text=title, blocks=board(title))

    async def on_closed(self, ack: Any, body: dict[str, Any]) -> None:
        """Remember a modal that was left."""
        self.closed.append(body)
        await ack()

    async def on_take(
        self, ack: Any, body: dict[str, Any], client: AsyncWebClient, respond: Any
    ) -> None:
        """Write on the board who took it, and thank that person alone."""
        await ack()
        self.actions.append(body)
        text = f"Pris par {body['user']['name']}"
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text=text, blocks=board(text)
        )
        await respond(text="C’est noté.")

    async def on_event(self, body: dict[str, Any], request: Any) -> None:
        """Remember an event, and which attempt brought it."""
        self.retries += request.headers.get("x-slack-retry-num", [])
        self.events.append(body["event"])


@contextlib.asynccontextmanager
async def small_bot(double: Double, sockets: int = 1) -> AsyncIterator[SmallBot]:
    """Run a small bot on the double for the time of a test."""
    async with aiohttp.ClientSession() as session:
        bot = SmallBot(double, session, sockets)
        await bot.start()
        await double.connected(sockets)
        try:
            yield bot
        finally:
            await bot.stop()


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Give a quick double."""
    async with Double(delay=0, ack_deadline=0.4, retry_delays=(0.1, 0.1)) as running:
        yield running


async def opened_crisis(double: Double, bot: SmallBot) -> str:
    """Go through the modal, and return the board's ts."""
    await double.command("alice", "general", "/crise", "déclarer")
    await double.wait(lambda d: d.view("alice"))
    await bot.opened.get()
    await double.submit("alice", {"titre": "Chiffrement <!channel>"})
    await double.wait(lambda d: d.posts("crise-1"))
    return next(m.ts for m in double.posts("crise-1") if m.blocks)


async def test_from_command_to_edited_message(double: Double) -> None:
    """Command, modal, submission, channel, post, click and update all go through."""
    async with small_bot(double) as bot:
        ts = await opened_crisis(double, bot)
        assert double.view("alice") is None
        assert bot.submitted[0]["gravite"]["choix"]["selected_option"]["value"] == "3"
        clicked = await double.click("bruno", "crise-1", ts, "Prendre")
        await double.calm(0.1)
        assert clicked.acked
        assert clicked.latency is not None
        assert bot.actions[0]["actions"][0]["value"] == "prendre dsi"
        assert bot.actions[0]["channel"]["name"] == "privategroup"
        assert "Pris par bruno" in double.channel_text("crise-1")
        assert [e.text for e in double.ephemerals("bruno")] == ["C’est noté."]
        assert double.ephemerals("alice") == []
        assert not double.user_saw_error


async def test_a_ping_typed_by_somebody_is_seen(double: Double) -> None:
    """A text that nobody escaped is found by `mentions`."""
    async with small_bot(double) as bot:
        ts = await opened_crisis(double, bot)
        message = double.channel("crise-1").messages[ts]
        assert mentions(message) == ["<!channel>", "<!channel>"]


async def test_an_answer_in_the_acknowledgement_is_for_one_person(double: Double) -> None:
    """Help given with `ack` is an ephemeral, and the channel stays as it was."""
    async with small_bot(double):
        sent = await double.command("alice", "general", "/crise", "aide")
        assert sent.response == {"text": "Tapez /crise déclarer"}
        assert [e.text for e in double.ephemerals("alice")] == ["Tapez /crise déclarer"]
        assert double.messages("general") == []


async def test_a_late_acknowledgement_is_an_error_on_a_screen(double: Double) -> None:
    """Past the deadline the person saw an error and the command is not sent again."""
    async with small_bot(double):
        sent = await double.command("alice", "general", "/crise", "muette")
        assert not sent.acked
        assert "operation_timeout" in sent.error
        assert double.user_saw_error == [sent]
        assert sent.attempts == 1


async def test_a_submission_may_be_refused_by_the_client_then_by_the_bot(double: Double) -> None:
    """A missing title is not sent; a short one comes back with an error under its field."""
    async with small_bot(double) as bot:
        await double.command("alice", "general", "/crise", "déclarer")
        await double.wait(lambda d: d.view("alice"))
        await bot.opened.get()
        empty = await double.submit("alice")
        assert (empty.sent, set(empty.errors)) == (False, {"titre"})
        short = await double.submit("alice", {"titre": "court"})
        assert short.response_action == "errors"
        assert short.errors == {"titre": "Précisez, svp."}
        assert double.view("alice") is not None
        with pytest.raises(Impossible, match="no option"):
            await double.submit("alice", {"titre": "long", "gravite": "9"})
        await double.close_view("alice")
        assert bot.closed[0]["is_cleared"] is False
        assert double.view("alice") is None


async def test_a_trigger_serves_once_and_expires(double: Double) -> None:
    """A used trigger is `exchanged`, an old one `expired`, an invented one `invalid`."""
    async with small_bot(double) as bot:
        await double.command("alice", "general", "/crise", "déclarer")
        used = await bot.opened.get()
        fresh = double.views.trigger("U0ALICE")
        double.advance(4)
        for trigger, error in (
            (used, "exchanged_trigger_id"),
            (fresh, "expired_trigger_id"),
            ("1.2.3", "invalid_trigger_id"),
        ):
            with pytest.raises(SlackApiError) as refused:
                await bot.client.views_open(trigger_id=trigger, view=MODAL)
            assert refused.value.response["error"] == error


async def test_events_are_sent_again_until_acknowledged(double: Double) -> None:
    """An event whose acknowledgement is late comes again, with its number and the same id."""
    async with small_bot(double) as bot:
        double.world.join(double.channel("general"), "U0TOCSIN")
        await double.calm(0.1)
        bot.events.clear()
        double.socket.retry_delays = (0.05, 0.05)
        await double.message("alice", "general", "Les écrans sont noirs & rouges")
        assert bot.events[0]["text"] == "Les écrans sont noirs &amp; rouges"
        first = double.deliveries[-1]
        assert first.acked
        again = await double.redeliver(first)
        assert again.acked
        assert double.deliveries[-1].envelope == first.envelope
        await bot.stop()
        await double.wait(lambda d: not d.socket.connections)
        lost = await double.message("alice", "general", "Perdu ?")
        assert not lost.acked
        await lost.done.wait()
        assert lost.attempts == 3


async def test_retry_numbers_reach_the_bot(double: Double) -> None:
    """A retry carries its number, which Bolt shows as a header."""
    async with small_bot(double) as bot:
        double.world.channels["C0GENERAL"].members.append("U0TOCSIN")
        double.lose_acks()
        told = await double.message("alice", "general", "Deux fois")
        await told.done.wait()
        assert told.acked
        assert told.attempts == 2
        assert bot.retries == ["0", "1"]


async def test_events_may_be_kept_and_come_in_another_order(double: Double) -> None:
    """What is held comes when it is released, the last first; a command is never held."""
    async with small_bot(double) as bot:
        double.world.channels["C0GENERAL"].members.append("U0TOCSIN")
        double.socket.hold()
        said = [
            asyncio.create_task(double.message("alice", "general", text))
            for text in ("un", "deux", "trois")
        ]
        assert (await double.command("alice", "general", "/crise", "aide")).acked
        assert not bot.events
        assert double.socket.release(list.reverse) == 3
        assert all(one.acked for one in await asyncio.gather(*said))
        assert [event["text"] for event in bot.events] == ["trois", "deux", "un"]


async def test_messages_edited_and_deleted_come_with_what_they_said(double: Double) -> None:
    """An edit and a deletion carry the previous message."""
    async with small_bot(double) as bot:
        double.world.channels["C0GENERAL"].members.append("U0TOCSIN")
        sent = await double.message("alice", "general", "14 h")
        await double.edit_message("alice", "general", sent.ts, "15 h")
        await double.delete_message("alice", "general", sent.ts)
        kinds = [event.get("subtype") for event in bot.events]
        assert kinds == [None, "message_changed", "message_deleted"]
        assert bot.events[1]["previous_message"]["text"] == "14 h"
        assert bot.events[2]["previous_message"]["text"] == "15 h"


async def test_two_sockets_share_the_envelopes_and_survive_a_drop(double: Double) -> None:
    """Each envelope goes to one socket, and cut sockets come back by themselves."""
    async with small_bot(double, sockets=2) as bot:
        double.world.channels["C0GENERAL"].members.append("U0TOCSIN")
        for number in range(4):
            await double.message("alice", "general", f"message {number}")
        assert len(bot.events) == 4
        double.drop_sockets()
        assert not double.socket.connections
        await double.connected(2, timeout=10)
        assert (await double.command("alice", "general", "/crise", "aide")).acked


async def test_a_refresh_makes_the_bot_connect_anew(double: Double) -> None:
    """After `refresh_requested` the old socket gets nothing and a new one serves."""
    async with small_bot(double):
        old = double.socket.connections[0]
        await double.disconnect("refresh_requested")
        await double.wait(
            lambda d: [c for c in d.socket.connections if not c.draining and c is not old]
        )
        assert (await double.command("alice", "general", "/crise", "aide")).acked


async def test_a_mention_and_a_private_word_reach_the_bot(double: Double) -> None:
    """`mention` gives app_mention beside the message; `dm` gives a message of type im."""
    async with small_bot(double) as bot:
        double.world.channels["C0GENERAL"].members.append("U0TOCSIN")
        mention = await double.mention("alice", "general", "qui prévenir ?")
        assert mention.event["type"] == "app_mention"
        await double.dm("bruno", "qui prévenir ?")
        assert {event["type"] for event in bot.events} == {"message", "app_mention"}
        assert bot.events[-1]["channel_type"] == "im"
