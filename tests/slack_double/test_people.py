"""What people do reaches the bot as Slack sends it: a bare socket reads the envelopes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.double import Delivery, Double, Impossible, mentions, message_text
from tests.double.rules import CONNECTIONS_MAX

HOME: dict[str, Any] = {
    "type": "home",
    "blocks": [
        {
            "type": "actions",
            "elements": [
                {
                    "type": "static_select",
                    "action_id": "choisir",
                    "options": [
                        {"text": {"type": "plain_text", "text": "Une"}, "value": "1"},
                        {"text": {"type": "plain_text", "text": "Deux"}, "value": "2"},
                    ],
                }
            ],
        }
    ],
}


class Socket:
    """A bare connection which acknowledges everything and keeps what it read."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        """Take an open connection."""
        self.ws = ws
        self.frames: list[dict[str, Any]] = []

    async def read(self) -> None:
        """Acknowledge each envelope until the connection closes."""
        async for frame in self.ws:
            self.frames.append(frame.json())
            if "envelope_id" in self.frames[-1]:
                await self.ws.send_json({"envelope_id": self.frames[-1]["envelope_id"]})

    @property
    def payloads(self) -> list[dict[str, Any]]:
        """Return what came in envelopes."""
        return [frame["payload"] for frame in self.frames if "envelope_id" in frame]


@contextlib.asynccontextmanager
async def socket(double: Double) -> AsyncIterator[Socket]:
    """Open one bare socket for the time of a block."""
    client = AsyncWebClient(token=double.app_token, base_url=double.api_url)
    url = (await client.apps_connections_open(app_token=double.app_token))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        bare = Socket(ws)
        reading = asyncio.create_task(bare.read())
        await double.wait(lambda _: bare.frames)
        yield bare
        await ws.close()
        await reading


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Give a quick double with the bot in #general."""
    async with Double(delay=0, ack_deadline=0.5, retry_delays=()) as running:
        running.world.channels["C0GENERAL"].members.append("U0TOCSIN")
        yield running


@pytest.fixture
def client(double: Double) -> AsyncWebClient:
    """Give the real client."""
    return AsyncWebClient(token=double.bot_token, base_url=double.api_url)


async def test_a_command_is_as_slack_sends_it(double: Double) -> None:
    """Names become references, and what is not a reference is escaped."""
    async with socket(double) as bare:
        sent = await double.command("alice", "general", "/crise", "prévenir @bruno & <!here>")
        assert sent.acked
        (payload,) = bare.payloads
        assert payload["text"] == "prévenir <@U0BRUNO> &amp; &lt;!here&gt;"
        assert payload["is_enterprise_install"] == "false"
        assert payload["user_id"] == "U0ALICE"


async def test_shortcuts(double: Double) -> None:
    """A global shortcut has no channel; a message's shortcut carries the message."""
    async with socket(double) as bare:
        sent = await double.message("alice", "general", "Serveur éteint à 14 h")
        await double.shortcut("bruno", "general", sent.ts, "consigner")
        await double.shortcut("bruno", callback_id="ouvrir")
        on_message, everywhere = bare.payloads[-2:]
        assert on_message["type"] == "message_action"
        assert on_message["message"]["text"] == "Serveur éteint à 14 h"
        assert everywhere["type"] == "shortcut"
        assert "channel" not in everywhere


async def test_files_reactions_pins_and_membership(double: Double) -> None:
    """Each of these is an event, in order."""
    async with socket(double) as bare:
        sent = await double.message("alice", "general", "photo", files=[("baie.jpg", b"jpeg")])
        await double.react("bruno", "general", sent.ts, "pushpin")
        await double.pin("bruno", "general", sent.ts)
        await double.leave("chloe", "general")
        types = [payload["event"]["type"] for payload in bare.payloads]
        assert types == [
            "message",
            "file_shared",
            "reaction_added",
            "pin_added",
            "message",
            "member_left_channel",
        ]
        assert bare.payloads[0]["event"]["files"][0]["name"] == "baie.jpg"
        with pytest.raises(Impossible, match="already reacted"):
            await double.react("bruno", "general", sent.ts, "pushpin")


async def test_the_home_tab(double: Double, client: AsyncWebClient) -> None:
    """Opening it tells the bot, with the view once there is one; a choice is an action."""
    async with socket(double) as bare:
        await double.open_home("alice")
        await client.views_publish(user_id="U0ALICE", view=HOME)
        await double.open_home("alice")
        first, second = (payload["event"] for payload in bare.payloads)
        assert "view" not in first
        assert second["view"]["type"] == "home"
        await double.click_home("alice", "choisir", "Deux")
        chosen = bare.payloads[-1]
        assert chosen["actions"][0]["selected_option"]["value"] == "2"
        assert chosen["container"]["type"] == "view"


async def test_outside_a_channel_the_bot_hears_nothing(double: Double) -> None:
    """A message where the bot is not, or an event without subscription, is not sent."""
    async with socket(double) as bare:
        double.world.add_channel("prive", ["alice"], private=True)
        unheard = await double.message("alice", "prive", "entre nous")
        double.socket.subscriptions = frozenset({"app_home_opened"})
        unsubscribed = await double.message("alice", "general", "bonjour")
        assert not unheard.sent
        assert not unsubscribed.sent
        assert bare.payloads == []


async def test_without_a_bot_a_command_fails_at_once(double: Double) -> None:
    """With no socket open the person sees an error."""
    sent = await double.command("alice", "general", "/crise")
    assert "not connected" in sent.error
    assert double.user_saw_error == [sent]


async def test_each_envelope_goes_to_one_socket(double: Double) -> None:
    """Two sockets share the work, and none is told twice."""
    async with socket(double) as one, socket(double) as two:
        for number in range(6):
            await double.message("alice", "general", str(number))
        assert len(one.payloads) == len(two.payloads) == 3
        said = {payload["event"]["text"] for payload in one.payloads + two.payloads}
        assert said == set("012345")


async def test_an_eleventh_socket_is_turned_away(double: Double) -> None:
    """Past ten connections Slack says too_many_websockets; an address serves once."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(CONNECTIONS_MAX):
            await stack.enter_async_context(socket(double))
        extra = await stack.enter_async_context(socket(double))
        assert extra.frames == [{"type": "disconnect", "reason": "too_many_websockets"}]
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(f"{double.base}/link?ticket=used".replace("http", "ws"))


async def test_a_response_url_serves_five_times(double: Double, client: AsyncWebClient) -> None:
    """The sixth answer is refused, and so is one past thirty minutes."""
    button = {
        "type": "button",
        "action_id": "a",
        "text": {"type": "plain_text", "text": "Faire"},
    }
    blocks = [{"type": "actions", "elements": [button]}]
    ts = (await client.chat_postMessage(channel="C0GENERAL", text="x", blocks=blocks))["ts"]
    async with socket(double) as bare, aiohttp.ClientSession() as session:
        await double.click("alice", "general", ts, "Faire")
        url = bare.payloads[-1]["response_url"]
        statuses = []
        for _ in range(6):
            async with session.post(url, json={"text": "vu"}) as answer:
                statuses.append(answer.status)
        assert statuses == [200] * 5 + [404]
        await double.click("alice", "general", ts, "Faire")
        url = bare.payloads[-1]["response_url"]
        async with session.post(url, json={"text": "fait", "replace_original": True}) as answer:
            assert answer.status == 200
        assert double.channel("general").messages[ts].text == "fait"
        double.advance(1_801)
        async with session.post(url, json={"text": "trop tard"}) as answer:
            assert answer.status == 404
    assert len(double.ephemerals("alice")) == 5


def test_mentions_reads_only_what_slack_interprets() -> None:
    """Plain text pings nobody; text, mrkdwn and rich text do."""
    plain = {"type": "header", "text": {"type": "plain_text", "text": "<!channel>"}}
    quoted = {"type": "section", "text": {"type": "mrkdwn", "text": "&lt;!here&gt;"}}
    assert mentions({"text": "&lt;@U0ALICE&gt;", "blocks": [plain, quoted]}) == []
    loud = {"type": "section", "text": {"type": "mrkdwn", "text": "<!here> <https://x.example|x>"}}
    people = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "user"}]}],
    }
    assert mentions({"text": "<@U0ALICE>", "blocks": [loud, people]}) == [
        "<@U0ALICE>",
        "<!here>",
        "<https://x.example|x>",
        "user",
    ]


def test_a_message_is_read_by_its_blocks() -> None:
    """Blocks are what people see; text only stands in for them."""
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Crise"}},
        {"type": "divider"},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*DSI*"}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "à 14 h"}]},
    ]
    assert message_text({"text": "repli", "blocks": blocks}) == "# Crise\n---\n*DSI*\nà 14 h"
    assert message_text({"text": "repli"}) == "repli"


async def test_the_same_envelope_can_come_twice(double: Double) -> None:
    """A redelivery carries the same envelope id."""
    async with socket(double) as bare:
        sent = await double.command("alice", "general", "/crise")
        again = await double.redeliver(sent)
        assert isinstance(again, Delivery)
        assert again.acked
        first, second = (f["envelope_id"] for f in bare.frames if "envelope_id" in f)
        assert first == second
