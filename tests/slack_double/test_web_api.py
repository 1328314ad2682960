"""The Web API refuses what Slack refuses, with Slack's own words."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.double import Double
from tests.double.faults import Limits
from tests.double.rules import POSTS_PER_MINUTE, SCOPES

HOME: dict[str, Any] = {"type": "home", "blocks": [{"type": "divider"}]}


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Give a quick double."""
    async with Double(delay=0) as running:
        yield running


@pytest.fixture
async def client(double: Double) -> AsyncIterator[AsyncWebClient]:
    """Give the real client, on one session, without retries."""
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(
            token=double.bot_token, base_url=double.api_url, session=session, retry_handlers=[]
        )


@pytest.fixture
async def crisis(double: Double, client: AsyncWebClient) -> str:
    """Create a private channel as the bot."""
    made = await client.conversations_create(name="crise-7", is_private=True)
    return str(made["channel"]["id"])


async def error_of(call: Any) -> str:
    """Return the error with which a call is refused."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_tokens_and_methods(double: Double) -> None:
    """No token, a wrong one, the other one, an unknown method: each has its error."""
    cases = [
        ("", "users.list", "not_authed"),
        ("xoxb-autre", "users.list", "invalid_auth"),
        (double.app_token, "users.list", "not_allowed_token_type"),
        (double.bot_token, "apps.connections.open", "not_allowed_token_type"),
        (double.bot_token, "users.fly", "unknown_method"),
    ]
    for token, method, error in cases:
        client = AsyncWebClient(token=token, base_url=double.api_url)
        assert await error_of(client.api_call(method)) == error


async def test_a_missing_scope_is_named() -> None:
    """Without groups:write a private channel is refused, and the answer says what lacks."""
    async with Double(delay=0, scopes=SCOPES - {"groups:write"}) as double:
        client = AsyncWebClient(token=double.bot_token, base_url=double.api_url)
        with pytest.raises(SlackApiError) as refused:
            await client.conversations_create(name="prive", is_private=True)
        assert refused.value.response["error"] == "missing_scope"
        assert refused.value.response["needed"] == "groups:write"
        assert (await client.conversations_create(name="public"))["ok"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "invalid_name_required"),
        ("Crise", "invalid_name_specials"),
        ("crise été", "invalid_name_specials"),
        ("c" * 81, "invalid_name_maxlength"),
        ("--", "invalid_name_punctuation"),
        ("general", "name_taken"),
    ],
)
async def test_names(client: AsyncWebClient, name: str, error: str) -> None:
    """A channel's name follows Slack's rules."""
    assert await error_of(client.conversations_create(name=name)) == error


async def test_an_archived_channel_is_closed(client: AsyncWebClient, crisis: str) -> None:
    """Nothing is written in an archived channel, and it keeps its name."""
    ts = (await client.chat_postMessage(channel=crisis, text="avant"))["ts"]
    await client.conversations_archive(channel=crisis)
    assert await error_of(client.chat_postMessage(channel=crisis, text="x")) == "is_archived"
    assert await error_of(client.chat_update(channel=crisis, ts=ts, text="x")) == "is_inactive"
    assert await error_of(client.conversations_setTopic(channel=crisis, topic="x")) == "is_archived"
    assert await error_of(client.conversations_archive(channel=crisis)) == "already_archived"
    assert await error_of(client.conversations_create(name="crise-7")) == "name_taken"


async def test_membership(double: Double, client: AsyncWebClient) -> None:
    """A private channel of others does not exist for the bot; a public one can be written in."""
    double.world.add_channel("prive", ["alice"], private=True, id="C0PRIVE")
    assert await error_of(client.chat_postMessage(channel="C0PRIVE", text="x")) == (
        "channel_not_found"
    )
    assert (await client.chat_postMessage(channel="C0GENERAL", text="x"))["ok"]
    assert await error_of(client.conversations_history(channel="C0GENERAL")) == "not_in_channel"
    assert await error_of(client.pins_add(channel="C0GENERAL", timestamp="1.0")) == (
        "not_in_channel"
    )


async def test_lengths(client: AsyncWebClient, crisis: str) -> None:
    """A text may be longer in a post than in an update."""
    long = "x" * 4_001
    ts = (await client.chat_postMessage(channel=crisis, text=long))["ts"]
    assert await error_of(client.chat_update(channel=crisis, ts=ts, text=long)) == "msg_too_long"
    assert await error_of(client.chat_postMessage(channel=crisis, text="x" * 40_001)) == (
        "msg_too_long"
    )
    wide = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_000}}] * 5
    assert await error_of(client.chat_postMessage(channel=crisis, text="x", blocks=wide)) == (
        "msg_blocks_too_long"
    )
    assert await error_of(client.conversations_setTopic(channel=crisis, topic="x" * 251)) == (
        "too_long"
    )


async def test_invalid_blocks_are_explained(client: AsyncWebClient, crisis: str) -> None:
    """The answer says what is wrong and where."""
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(
            channel=crisis, text="x", blocks=[{"type": "actions", "elements": []}]
        )
    assert refused.value.response["error"] == "invalid_blocks"
    (message,) = refused.value.response["response_metadata"]["messages"]
    assert "/blocks/0/elements" in message


async def test_invitations_say_who_cannot_come(
    double: Double, client: AsyncWebClient, crisis: str
) -> None:
    """Without force one refusal keeps all out; with it the others come."""
    gone = double.world.add_user("partie", deleted=True)
    guest = double.world.add_user("stagiaire", is_ultra_restricted=True)
    double.world.add_channel("stage", [guest.id])
    people = ["U0ALICE", gone.id, guest.id, "U0TOCSIN"]
    with pytest.raises(SlackApiError) as refused:
        await client.conversations_invite(channel=crisis, users=people)
    assert [e["error"] for e in refused.value.response["errors"]] == [
        "user_not_found",
        "ura_max_channels",
        "cant_invite_self",
    ]
    assert double.channel("crise-7").members == ["U0TOCSIN"]
    await client.conversations_invite(channel=crisis, users=people, force=True)
    assert double.channel("crise-7").members == ["U0TOCSIN", "U0ALICE"]
    assert await error_of(client.conversations_invite(channel=crisis, users="U0ALICE")) == (
        "already_in_channel"
    )


async def test_metadata_is_shown_on_demand_only(client: AsyncWebClient, crisis: str) -> None:
    """History gives metadata when asked for it."""
    metadata = {"event_type": "tocsin", "event_payload": {"key": "board"}}
    await client.chat_postMessage(channel=crisis, text="x", metadata=metadata)
    without = await client.conversations_history(channel=crisis)
    asked = await client.conversations_history(channel=crisis, include_all_metadata=True)
    assert "metadata" not in without["messages"][0]
    assert asked["messages"][0]["metadata"] == metadata
    odd = {"event_type": "x"}
    assert await error_of(client.chat_postMessage(channel=crisis, text="x", metadata=odd)) == (
        "invalid_metadata_format"
    )


async def test_history_comes_in_pages(client: AsyncWebClient, crisis: str) -> None:
    """Newest first, threads apart, one page at a time."""
    roots = [(await client.chat_postMessage(channel=crisis, text=str(i)))["ts"] for i in range(5)]
    await client.chat_postMessage(channel=crisis, text="réponse", thread_ts=roots[0])
    pages = await client.conversations_history(channel=crisis, limit=2)
    seen = [m["text"] async for page in pages for m in page["messages"]]
    assert seen[:5] == ["4", "3", "2", "1", "0"]
    assert len(seen) == 6, "the line by which Slack says that the bot joined comes last"
    thread = await client.conversations_replies(channel=crisis, ts=roots[0])
    assert [m["text"] for m in thread["messages"]] == ["0", "réponse"]
    assert await error_of(client.chat_postMessage(channel=crisis, text="x", thread_ts="1.0")) == (
        "thread_not_found"
    )


async def test_an_update_keeps_what_is_not_given(
    double: Double, client: AsyncWebClient, crisis: str
) -> None:
    """Blocks and metadata stay; only an update of text alone is marked as edited."""
    blocks = [{"type": "divider"}]
    metadata = {"event_type": "tocsin", "event_payload": {}}
    ts = (
        await client.chat_postMessage(channel=crisis, text="a", blocks=blocks, metadata=metadata)
    )["ts"]
    await client.chat_update(channel=crisis, ts=ts, text="b", blocks=blocks)
    message = double.channel("crise-7").messages[ts]
    assert message.edited is None
    await client.chat_update(channel=crisis, ts=ts, text="c")
    assert message.edited
    assert message.blocks[0]["type"] == "divider"
    assert message.metadata == metadata
    assert [version["text"] for version in message.versions] == ["a", "b"]


async def test_pins_and_bookmarks(double: Double, client: AsyncWebClient, crisis: str) -> None:
    """A message is pinned once; a bookmark needs a link."""
    ts = (await client.chat_postMessage(channel=crisis, text="x"))["ts"]
    await client.pins_add(channel=crisis, timestamp=ts)
    assert await error_of(client.pins_add(channel=crisis, timestamp=ts)) == "already_pinned"
    assert double.channel("crise-7").pins == [ts]
    added = client.bookmarks_add(channel_id=crisis, title="Plan", type="link", link="plan")
    assert await error_of(added) == "invalid_link"
    good = await client.bookmarks_add(
        channel_id=crisis, title="Plan", type="link", link="https://plan.example"
    )
    await client.bookmarks_edit(
        channel_id=crisis, bookmark_id=good["bookmark"]["id"], title="Plan blanc"
    )
    listed = await client.bookmarks_list(channel_id=crisis)
    assert [bookmark["title"] for bookmark in listed["bookmarks"]] == ["Plan blanc"]


async def test_an_ephemeral_is_not_stored(
    double: Double, client: AsyncWebClient, crisis: str
) -> None:
    """One person sees it, history does not have it, strangers to the channel are refused."""
    await client.conversations_invite(channel=crisis, users="U0ALICE")
    await client.chat_postEphemeral(channel=crisis, user="U0ALICE", text="pour vous")
    assert [e.text for e in double.ephemerals("alice")] == ["pour vous"]
    assert "pour vous" not in double.channel_text("crise-7")
    refused = client.chat_postEphemeral(channel=crisis, user="U0BRUNO", text="x")
    assert await error_of(refused) == "user_not_in_channel"


async def test_a_scheduled_message_with_metadata_never_posts(
    double: Double, client: AsyncWebClient, crisis: str
) -> None:
    """Slack's clock posts one and silently forgets the other."""
    at = int(time.time()) + 60
    metadata = {"event_type": "tocsin", "event_payload": {}}
    await client.chat_scheduleMessage(channel=crisis, post_at=at, text="rappel")
    await client.chat_scheduleMessage(channel=crisis, post_at=at, text="perdu", metadata=metadata)
    assert await error_of(
        client.chat_scheduleMessage(channel=crisis, post_at=at - 120, text="x")
    ) == ("time_in_past")
    double.advance(120)
    assert [message.text for message in double.posts("crise-7")] == ["rappel"]
    assert double.world.scheduled == {}


async def test_a_file_goes_up_in_three_steps_and_comes_down_with_a_token(
    double: Double, client: AsyncWebClient, crisis: str
) -> None:
    """The SDK's upload works, and only the bot's token reads the bytes back."""
    await client.files_upload_v2(
        channel=crisis, content=b"journal", filename="journal.jsonl", initial_comment="Export"
    )
    (message,) = [m for m in double.posts("crise-7") if m.files]
    assert message.text == "Export"
    url = message.files[0]["url_private"]
    headers = {"Authorization": f"Bearer {double.bot_token}"}
    async with aiohttp.ClientSession() as session:
        async with session.get(url, headers=headers) as answer:
            assert await answer.read() == b"journal"
        async with session.get(url) as answer:
            assert b"Sign in" in await answer.read()


async def test_home_is_published_with_its_hash(double: Double, client: AsyncWebClient) -> None:
    """A stale hash is a conflict; without the tab in the manifest nothing is published."""
    first = await client.views_publish(user_id="U0ALICE", view=HOME)
    await client.views_publish(user_id="U0ALICE", view=HOME, hash=first["view"]["hash"])
    stale = client.views_publish(user_id="U0ALICE", view=HOME, hash=first["view"]["hash"])
    assert await error_of(stale) == "hash_conflict"
    double.home_tab = False
    assert await error_of(client.views_publish(user_id="U0ALICE", view=HOME)) == "not_enabled"


async def test_faults(double: Double, client: AsyncWebClient, crisis: str) -> None:
    """Each fault is seen as such, and those that are `applied` did their work."""
    for kind, applied in (
        ("429", False),
        ("500", False),
        ("500_applied", True),
        ("502_html", False),
        ("error:restricted_action", False),
        ("reset", False),
        ("reset_applied", True),
    ):
        double.fault("chat.postMessage", kind)
        with pytest.raises((SlackApiError, aiohttp.ClientError)):
            await client.chat_postMessage(channel=crisis, text=kind)
        assert (kind in double.channel_text("crise-7").split()) == applied, kind
    assert (await client.chat_postMessage(channel=crisis, text="enfin"))["ok"]


async def test_a_fault_waits_for_its_turn(
    double: Double, client: AsyncWebClient, crisis: str
) -> None:
    """`after` lets calls through, `times` says how many meet it, `slow` delays."""
    double.fault("chat.postMessage", "slow:2", after=1)
    started = time.monotonic()
    await client.chat_postMessage(channel=crisis, text="1")
    assert time.monotonic() - started < 2
    await client.chat_postMessage(channel=crisis, text="2")
    assert time.monotonic() - started >= 2
    assert [call.ok for call in double.called("chat.postMessage")] == [True, True]


async def test_a_silence_is_kept_whether_it_was_done_or_not(
    double: Double, client: AsyncWebClient, crisis: str
) -> None:
    """`silent` applies at once and answers late, `mute` applies nothing and drops the line."""
    for kind, applied in (("silent:20", True), ("mute:20", False)):
        double.fault("chat.postMessage", kind)
        before = len(double.messages(crisis))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await client.chat_postMessage(channel=crisis, text=kind)
        assert len(double.messages(crisis)) - before == applied, kind
    double.fault("chat.postMessage", "mute:0")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=crisis, text="rien")


async def test_rate_limits() -> None:
    """A burst passes, the next post is told when to come back, and another channel is free."""
    async with Double(delay=0, limits=True) as double:
        client = AsyncWebClient(token=double.bot_token, base_url=double.api_url)
        for name in ("crise-a", "crise-b"):
            await client.conversations_create(name=name)
        a, b = double.channel("crise-a").id, double.channel("crise-b").id
        for number in range(5):
            await client.chat_postMessage(channel=a, text=str(number))
        with pytest.raises(SlackApiError) as refused:
            await client.chat_postMessage(channel=a, text="6")
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"] == "1"
        assert (await client.chat_postMessage(channel=b, text="1"))["ok"]
        double.advance(1.5)
        assert (await client.chat_postMessage(channel=a, text="6"))["ok"]


def test_posts_of_the_whole_workspace_are_counted_by_the_minute() -> None:
    """Whatever the channels and the way, one post too many in a minute waits for the first."""
    seconds = [0.0]
    limits = Limits(lambda: seconds[0])
    ways = ("chat.postMessage", "files.completeUploadExternal", "chat.postEphemeral")
    for number in range(POSTS_PER_MINUTE):
        seconds[0] = number / 10
        assert limits.wait(ways[number % 3], f"C{number}") == 0
    assert limits.wait("chat.postMessage", "C0") == 37
    assert limits.wait("chat.postEphemeral", "C0") == 37
    assert limits.wait("chat.update", "C0") == 0
    seconds[0] = 60.0
    assert limits.wait("chat.postMessage", "C0") == 0
    assert limits.wait("chat.postMessage", "C1") == 1
