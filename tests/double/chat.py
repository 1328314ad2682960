"""Web API: messages (`chat.*`).

What Slack refuses before it stores anything is in `content`: text, blocks, metadata.
"""

import copy
import json
from typing import Any

from tests.double import state
from tests.double.blocks import too_long, validate
from tests.double.calls import Args, Context, joined, known, method, seen
from tests.double.rules import (
    METADATA_BYTES,
    SCHEDULE_MAX_DAYS,
    TEXT_MAX,
    UPDATE_TEXT_MAX,
    ApiError,
    Json,
    invalid,
)
from tests.double.world import BOT_USER, Channel, Ephemeral, Message


def content(ctx: Context, args: Args, longest: int = TEXT_MAX) -> tuple[str, list[Json]]:
    """Return the text and blocks of a message, or refuse them."""
    text, blocks = args.text("text"), args.json("blocks", "invalid_blocks_format")
    if args.text("markdown_text"):
        if text or blocks:
            raise ApiError("markdown_text_conflict")
        text = args.text("markdown_text")
    if not text and not blocks:
        raise ApiError("no_text")
    if len(text) > longest:
        raise ApiError("msg_too_long")
    return text, checked(ctx, blocks or [])


def checked(ctx: Context, blocks: list[Json]) -> list[Json]:
    """Return blocks as Slack stores them, or refuse them with what is wrong."""
    problems = validate(blocks, "message")
    if problems:
        raise invalid("invalid_blocks", problems)
    if too_long(blocks):
        raise ApiError("msg_blocks_too_long")
    return state.identify(copy.deepcopy(blocks), ctx.world.new_id("b"))


def metadata(args: Args) -> Json | None:
    """Return the metadata of a message, or refuse it."""
    value: Any = args.json("metadata", "invalid_metadata_format")
    if not value:
        return None
    if not isinstance(value, dict) or set(value) != {"event_type", "event_payload"}:
        raise ApiError("invalid_metadata_format")
    if not isinstance(value["event_payload"], dict):
        raise ApiError("invalid_metadata_schema")
    if len(json.dumps(value)) > METADATA_BYTES:
        raise ApiError("metadata_too_large")
    return value


def target(ctx: Context, args: Args) -> Channel:
    """Return where a post goes: a channel, or a person's conversation with the bot."""
    (where,) = args.need("channel")
    if where in ctx.world.users:
        return ctx.world.conversation([where])
    channel = seen(ctx, where)
    if channel.archived:
        raise ApiError("is_archived")
    open_to_all = not channel.private and "chat:write.public" in ctx.scopes
    if BOT_USER not in channel.members and not open_to_all:
        raise ApiError("not_in_channel")
    return channel


@method("chat.postMessage")
def post_message(ctx: Context, args: Args) -> Json:
    """Post in a channel or a thread."""
    channel = target(ctx, args)
    text, blocks = content(ctx, args)
    thread = args.text("thread_ts") or None
    if thread and thread not in channel.messages:
        raise ApiError("thread_not_found")
    message = Message(ctx.world.ts(), BOT_USER, text, blocks, thread, bot=True)
    message.metadata = metadata(args)
    if thread and args.flag("reply_broadcast"):
        message.broadcast, message.subtype = True, "thread_broadcast"
    ctx.world.add_message(channel, message)
    return {"channel": channel.id, "ts": message.ts, "message": message.json()}


@method("chat.update")
def update(ctx: Context, args: Args) -> Json:
    """Change one of the bot's own messages; what is not given is kept."""
    channel_id, ts = args.need("channel", "ts")
    channel = seen(ctx, channel_id)
    if channel.archived:
        raise ApiError("is_inactive")
    message = known(channel, ts)
    if message.user != BOT_USER or message.subtype not in (None, "thread_broadcast", "file_share"):
        raise ApiError("cant_update_message")
    text, blocks = content(ctx, args, UPDATE_TEXT_MAX)
    changes: Json = {"text": text}
    if args.json("blocks") is not None:
        changes["blocks"] = blocks
    else:
        changes["edited"] = {"user": BOT_USER, "ts": ctx.world.ts()}
    if args.json("metadata") is not None:
        changes["metadata"] = metadata(args)
    ctx.world.edit(channel, message, BOT_USER, **changes)
    return {"channel": channel.id, "ts": ts, "text": text, "message": message.json()}


@method("chat.delete")
def delete(ctx: Context, args: Args) -> Json:
    """Delete one of the bot's own messages."""
    channel_id, ts = args.need("channel", "ts")
    channel = seen(ctx, channel_id)
    message = known(channel, ts)
    if message.user != BOT_USER:
        raise ApiError("cant_delete_message")
    ctx.world.delete(channel, message)
    return {"channel": channel.id, "ts": ts}


@method("chat.postEphemeral")
def post_ephemeral(ctx: Context, args: Args) -> Json:
    """Show something to one person; nothing is stored."""
    channel = joined(ctx, args)
    (user,) = args.need("user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    text, blocks = content(ctx, args)
    thread = args.text("thread_ts") or None
    shown = Ephemeral(ctx.world.ts(), channel.id, user, text, blocks, thread)
    ctx.world.ephemerals.setdefault(user, []).append(shown)
    return {"message_ts": shown.ts}


@method("chat.getPermalink")
def permalink(ctx: Context, args: Args) -> Json:
    """Return a message's address."""
    channel_id, ts = args.need("channel", "message_ts")
    known(seen(ctx, channel_id), ts)
    link = f"https://chu-test.slack.com/archives/{channel_id}/p{ts.replace('.', '')}"
    return {"channel": channel_id, "permalink": link}


@method("chat.scheduleMessage")
def schedule(ctx: Context, args: Args) -> Json:
    """Keep a message for later, on Slack's clock."""
    channel = target(ctx, args)
    text, blocks = content(ctx, args)
    (at,) = args.need("post_at")
    if not at.isdecimal():
        raise ApiError("invalid_time")
    if int(at) <= ctx.world.now():
        raise ApiError("time_in_past")
    if int(at) > ctx.world.now() + SCHEDULE_MAX_DAYS * 86_400:
        raise ApiError("time_too_far")
    near = [
        s
        for s in ctx.world.scheduled.values()
        if s["channel_id"] == channel.id and s["post_at"] // 300 == int(at) // 300
    ]
    if len(near) >= 30:
        raise ApiError("restricted_too_many")
    id = ctx.world.new_id("Q0")
    ctx.world.scheduled[id] = {
        "id": id,
        "channel_id": channel.id,
        "post_at": int(at),
        "text": text,
        "blocks": blocks,
        "thread_ts": args.text("thread_ts") or None,
        "metadata": metadata(args),
    }
    return {"channel": channel.id, "scheduled_message_id": id, "post_at": int(at)}


@method("chat.deleteScheduledMessage")
def delete_scheduled(ctx: Context, args: Args) -> Json:
    """Forget a scheduled message."""
    _, id = args.need("channel", "scheduled_message_id")
    if ctx.world.scheduled.pop(id, None) is None:
        raise ApiError("invalid_scheduled_message_id")
    return {}


@method("chat.scheduledMessages.list")
def list_scheduled(ctx: Context, args: Args) -> Json:
    """List what waits for its time."""
    wanted = args.text("channel")
    every = [s for s in ctx.world.scheduled.values() if wanted in ("", s["channel_id"])]
    keys = ("id", "channel_id", "post_at", "text")
    return {"scheduled_messages": [{key: item[key] for key in keys} for item in every]}


def post_due(ctx: Context) -> None:
    """Post what is due; a message that carries metadata never appears (a fault of Slack's own)."""
    for id, item in list(ctx.world.scheduled.items()):
        if item["post_at"] <= ctx.world.now():
            del ctx.world.scheduled[id]
            channel = ctx.world.channels[item["channel_id"]]
            if not item["metadata"] and not channel.archived:
                message = Message(ctx.world.ts(), BOT_USER, item["text"], item["blocks"], bot=True)
                message.thread_ts = item["thread_ts"]
                ctx.world.add_message(channel, message)
