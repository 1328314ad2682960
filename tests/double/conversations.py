"""Web API: channels and who is in them (`conversations.*`)."""

from typing import Any

from tests.double.calls import Args, Context, joined, known, method, page, seen
from tests.double.rules import INVITES_MAX, TOPIC_MAX, ApiError, Json, name_error
from tests.double.world import BOT_USER, Channel, User


def kinds(args: Args) -> set[str]:
    """Return the kinds of channel that a listing asks for, in the words of scopes."""
    types = args.text("types") or "public_channel"
    words = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
    if not set(types.split(",")) <= set(words):
        raise ApiError("invalid_types")
    return {words[name] for name in types.split(",")}


def free_name(ctx: Context, name: str) -> str:
    """Return a channel name if Slack would take it; archived channels keep theirs."""
    error = name_error(name)
    if error:
        raise ApiError(error)
    if any(channel.name == name for channel in ctx.world.channels.values()):
        raise ApiError("name_taken")
    return name


@method("conversations.create")
def create(ctx: Context, args: Args) -> Json:
    """Create a channel with the bot in it."""
    name = free_name(ctx, args.text("name"))
    channel = ctx.world.add_channel(name, private=args.flag("is_private"))
    channel.creator = BOT_USER
    ctx.world.join(channel, BOT_USER)
    return {"channel": channel.json()}


@method("conversations.list")
def list_all(ctx: Context, args: Args) -> Json:
    """List the channels that the bot can see."""
    wanted = kinds(args)
    visible = [
        channel
        for channel in ctx.world.channels.values()
        if channel.scope in wanted
        and (not channel.private or BOT_USER in channel.members)
        and not (args.flag("exclude_archived") and channel.archived)
    ]
    items, metadata = page(visible, args)
    return {"channels": [channel.json() for channel in items], "response_metadata": metadata}


@method("users.conversations")
def of_user(ctx: Context, args: Args) -> Json:
    """List the channels of one person, those that the bot can see."""
    user = args.text("user") or BOT_USER
    wanted = kinds(args)
    theirs = [
        channel
        for channel in ctx.world.channels.values()
        if channel.scope in wanted
        and user in channel.members
        and (not channel.private or BOT_USER in channel.members)
        and not (args.flag("exclude_archived") and channel.archived)
    ]
    items, metadata = page(theirs, args)
    return {"channels": [channel.json() for channel in items], "response_metadata": metadata}


@method("conversations.info")
def info(ctx: Context, args: Args) -> Json:
    """Describe one channel."""
    channel = seen(ctx, args.need("channel")[0])
    more = {"num_members": len(channel.members)} if args.flag("include_num_members") else {}
    return {"channel": channel.json() | more}


@method("conversations.members")
def members(ctx: Context, args: Args) -> Json:
    """List who is in a channel."""
    items, metadata = page(seen(ctx, args.need("channel")[0]).members, args)
    return {"members": items, "response_metadata": metadata}


@method("conversations.history")
def history(ctx: Context, args: Args) -> Json:
    """Return a channel's messages, newest first, replies left in their threads."""
    channel = _readable(ctx, args)
    shown = [m for m in channel.messages.values() if not m.thread_ts or m.broadcast]
    wanted = [m for m in reversed(shown) if _between(m.ts, args) and m.ts >= channel.hidden_before]
    items, metadata = page(wanted, args)
    with_metadata = args.flag("include_all_metadata")
    limited = {"is_limited": True} if channel.hidden_before else {}
    return limited | {
        "messages": [m.json(metadata=with_metadata) for m in items],
        "has_more": bool(metadata["next_cursor"]),
        "pin_count": len(channel.pins),
        "response_metadata": metadata,
    }


@method("conversations.replies")
def replies(ctx: Context, args: Args) -> Json:
    """Return a thread, oldest first, its root included."""
    channel = _readable(ctx, args)
    if args.need("ts")[0] not in channel.messages:
        raise ApiError("thread_not_found")
    asked = channel.messages[args["ts"]]
    root = known(channel, asked.thread_ts) if asked.thread_ts else asked
    thread = [root, *(channel.messages[ts] for ts in root.replies if ts in channel.messages)]
    items, metadata = page([m for m in thread if m is root or _between(m.ts, args)], args)
    with_metadata = args.flag("include_all_metadata")
    return {
        "messages": [m.json(metadata=with_metadata) for m in items],
        "has_more": bool(metadata["next_cursor"]),
        "response_metadata": metadata,
    }


def _readable(ctx: Context, args: Args) -> Channel:
    channel = seen(ctx, args.need("channel")[0])
    if BOT_USER not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _between(ts: str, args: Args) -> bool:
    oldest, latest = args.text("oldest") or "0", args.text("latest") or "9999999999"
    if args.flag("inclusive") and float(ts) in (float(oldest), float(latest)):
        return True
    return float(oldest) < float(ts) < float(latest)


@method("conversations.open")
def open_direct(ctx: Context, args: Args) -> Json:
    """Open a direct conversation with one person or several."""
    users = args.ids("users")
    if not users:
        raise ApiError("users_list_not_supplied")
    for user in users:
        if ctx.world.users.get(user) is None:
            raise ApiError("user_not_found")
        if ctx.world.users[user].flags.get("deleted"):
            raise ApiError("user_disabled")
    channel = ctx.world.conversation(users)
    return {"channel": channel.json() if args.flag("return_im") else {"id": channel.id}}


@method("conversations.join")
def join(ctx: Context, args: Args) -> Json:
    """Enter a public channel."""
    channel = seen(ctx, args.need("channel")[0])
    if channel.private:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.archived:
        raise ApiError("is_archived")
    if BOT_USER in channel.members:
        return {"channel": channel.json(), "warning": "already_in_channel"}
    ctx.world.join(channel, BOT_USER)
    return {"channel": channel.json()}


@method("conversations.leave")
def leave(ctx: Context, args: Args) -> Json:
    """Leave a channel."""
    channel = seen(ctx, args.need("channel")[0])
    if BOT_USER not in channel.members:
        return {"not_in_channel": True}
    ctx.world.leave(channel, BOT_USER)
    return {}


def _invitee_error(ctx: Context, channel: Channel, user_id: str) -> str | None:
    """Say why somebody cannot be invited, or None."""
    user = ctx.world.users.get(user_id)
    if user is None or user.flags.get("deleted"):
        return "user_not_found"
    if user_id == BOT_USER:
        return "cant_invite_self"
    if user_id in channel.members:
        return "already_in_channel"
    if user.flags.get("is_stranger"):
        return "no_external_invite_permission"
    return _guest_error(ctx, user)


def _guest_error(ctx: Context, user: User) -> str | None:
    """Hold single-channel guests to their one channel."""
    if not user.flags.get("is_ultra_restricted"):
        return None
    elsewhere = any(
        user.id in channel.members and channel.kind == "channel"
        for channel in ctx.world.channels.values()
    )
    return "ura_max_channels" if elsewhere else None


@method("conversations.invite")
def invite(ctx: Context, args: Args) -> Json:
    """Bring people in; without `force`, one who cannot come keeps all of them out."""
    channel = joined(ctx, args)
    users = args.ids("users")
    if not users:
        raise ApiError("no_user")
    if len(users) > INVITES_MAX:
        raise ApiError("too_many_users")
    refused: list[dict[str, Any]] = []
    for user in users:
        error = _invitee_error(ctx, channel, user)
        if error:
            refused.append({"user": user, "ok": False, "error": error})
    if refused and (not args.flag("force") or len(refused) == len(users)):
        raise ApiError(refused[0]["error"], errors=refused)
    left_out = {item["user"] for item in refused}
    for user in users:
        if user not in left_out:
            ctx.world.join(channel, user, BOT_USER)
    return {"channel": channel.json()} | ({"errors": refused} if refused else {})


@method("conversations.kick")
def kick(ctx: Context, args: Args) -> Json:
    """Take somebody out of a channel."""
    channel = joined(ctx, args)
    (user,) = args.need("user")
    if user == BOT_USER:
        raise ApiError("cant_kick_self")
    if user not in channel.members:
        raise ApiError("not_in_channel")
    ctx.world.leave(channel, user)
    return {}


@method("conversations.archive")
def archive(ctx: Context, args: Args) -> Json:
    """Close a channel to all writing."""
    channel = seen(ctx, args.need("channel")[0])
    if channel.archived:
        raise ApiError("already_archived")
    joined(ctx, args)
    ctx.world.say(channel, "channel_archive", BOT_USER, "")
    channel.archived = True
    _tell(ctx, channel, "archive")
    return {}


@method("conversations.unarchive")
def unarchive(ctx: Context, args: Args) -> Json:
    """Open an archived channel again."""
    channel = seen(ctx, args.need("channel")[0])
    if not channel.archived:
        raise ApiError("not_archived")
    channel.archived = False
    _tell(ctx, channel, "unarchive")
    return {}


@method("conversations.rename")
def rename(ctx: Context, args: Args) -> Json:
    """Give a channel another name."""
    channel = joined(ctx, args)
    channel.name = free_name(ctx, args.text("name"))
    kind = "group" if channel.private else "channel"
    renamed = {"id": channel.id, "name": channel.name, "is_channel": True, "created": 0}
    ctx.world.emit({"type": f"{kind}_rename", "channel": renamed, "event_ts": ctx.world.ts()})
    return {"channel": channel.json()}


def _tell(ctx: Context, channel: Channel, verb: str) -> None:
    kind = "group" if channel.private else "channel"
    event = {"type": f"{kind}_{verb}", "channel": channel.id, "user": BOT_USER}
    ctx.world.emit(event | {"event_ts": ctx.world.ts()})


@method("conversations.setTopic")
def set_topic(ctx: Context, args: Args) -> Json:
    """Write a channel's topic."""
    channel = joined(ctx, args)
    channel.topic = _short(args.text("topic"))
    ctx.world.say(channel, "channel_topic", BOT_USER, channel.topic)
    return {"channel": channel.json()}


@method("conversations.setPurpose")
def set_purpose(ctx: Context, args: Args) -> Json:
    """Write a channel's purpose."""
    channel = joined(ctx, args)
    channel.purpose = _short(args.text("purpose"))
    ctx.world.say(channel, "channel_purpose", BOT_USER, channel.purpose)
    return {"channel": channel.json(), "purpose": channel.purpose}


def _short(text: str) -> str:
    if len(text) > TOPIC_MAX:
        raise ApiError("too_long")
    return text
