"""Web API: what hangs on channels and messages: pins, bookmarks, reactions, files."""

import mimetypes
import re

from tests.double.calls import Args, Context, joined, known, method, seen
from tests.double.rules import BOOKMARKS_MAX, PINS_MAX, ApiError, Json
from tests.double.world import BOT_USER, Channel, Message


def pin(ctx_ts: str, channel: Channel, message: Message, user: str, verb: str) -> Json:
    """Return the event by which a pin is told."""
    item = {"type": "message", "channel": channel.id, "message": message.json()}
    event = {"type": f"pin_{verb}", "user": user, "channel_id": channel.id, "item": item}
    return event | {"event_ts": ctx_ts}


def reaction(
    ctx_ts: str, channel: Channel, message: Message, user: str, name: str, verb: str
) -> Json:
    """Return the event by which a reaction is told."""
    item = {"type": "message", "channel": channel.id, "ts": message.ts}
    event = {"type": f"reaction_{verb}", "user": user, "reaction": name, "item": item}
    return event | {"item_user": message.user, "event_ts": ctx_ts}


@method("pins.add")
def pins_add(ctx: Context, args: Args) -> Json:
    """Pin a message."""
    channel = joined(ctx, args)
    if not args.text("timestamp"):
        raise ApiError("no_item_specified")
    message = known(channel, args["timestamp"])
    if message.ts in channel.pins:
        raise ApiError("already_pinned")
    if len(channel.pins) >= PINS_MAX:
        raise ApiError("too_many_pins")
    channel.pins.append(message.ts)
    ctx.world.emit(pin(ctx.world.ts(), channel, message, BOT_USER, "added"))
    ctx.world.say(channel, "pinned_item", BOT_USER, "")
    return {}


@method("pins.remove")
def pins_remove(ctx: Context, args: Args) -> Json:
    """Take a pin away."""
    channel = joined(ctx, args)
    message = known(channel, args.text("timestamp"))
    if message.ts not in channel.pins:
        raise ApiError("no_pin")
    channel.pins.remove(message.ts)
    ctx.world.emit(pin(ctx.world.ts(), channel, message, BOT_USER, "removed"))
    return {}


@method("pins.list")
def pins_list(ctx: Context, args: Args) -> Json:
    """List what is pinned."""
    channel = seen(ctx, args.need("channel")[0])
    pinned = [channel.messages[ts] for ts in channel.pins if ts in channel.messages]
    items = [{"type": "message", "channel": channel.id, "message": m.json()} for m in pinned]
    return {"items": items}


@method("bookmarks.add")
def bookmarks_add(ctx: Context, args: Args) -> Json:
    """Put a link at the top of a channel."""
    channel = joined(ctx, args, "channel_id")
    title, kind = args.need("title", "type")
    if kind != "link":
        raise ApiError("invalid_bookmark_type")
    _link(args.text("link"))
    if len(channel.bookmarks) >= BOOKMARKS_MAX:
        raise ApiError("too_many_bookmarks")
    bookmark = {
        "id": ctx.world.new_id("Bk"),
        "channel_id": channel.id,
        "title": title,
        "link": args["link"],
        "emoji": args.text("emoji"),
        "type": "link",
    }
    channel.bookmarks.append(bookmark)
    return {"bookmark": bookmark}


@method("bookmarks.edit")
def bookmarks_edit(ctx: Context, args: Args) -> Json:
    """Change a bookmark."""
    bookmark = _bookmark(joined(ctx, args, "channel_id"), args)
    if args.text("link"):
        _link(args["link"])
    bookmark |= {key: args[key] for key in ("title", "link", "emoji") if args.get(key) is not None}
    return {"bookmark": bookmark}


@method("bookmarks.remove")
def bookmarks_remove(ctx: Context, args: Args) -> Json:
    """Take a bookmark away."""
    channel = joined(ctx, args, "channel_id")
    channel.bookmarks.remove(_bookmark(channel, args))
    return {}


@method("bookmarks.list")
def bookmarks_list(ctx: Context, args: Args) -> Json:
    """List a channel's bookmarks."""
    return {"bookmarks": joined(ctx, args, "channel_id").bookmarks}


def _bookmark(channel: Channel, args: Args) -> Json:
    (id,) = args.need("bookmark_id")
    for bookmark in channel.bookmarks:
        if bookmark["id"] == id:
            return bookmark
    raise ApiError("not_found")


def _link(link: str) -> None:
    if not re.match(r"https?://", link) or len(link) > 2_048:
        raise ApiError("invalid_link")


@method("reactions.add")
def reactions_add(ctx: Context, args: Args) -> Json:
    """React to a message."""
    channel, message, name = _reacted(ctx, args)
    users = message.reactions.setdefault(name, [])
    if BOT_USER in users:
        raise ApiError("already_reacted")
    users.append(BOT_USER)
    ctx.world.emit(reaction(ctx.world.ts(), channel, message, BOT_USER, name, "added"))
    return {}


@method("reactions.remove")
def reactions_remove(ctx: Context, args: Args) -> Json:
    """Take a reaction back."""
    channel, message, name = _reacted(ctx, args)
    users = message.reactions.get(name, [])
    if BOT_USER not in users:
        raise ApiError("no_reaction")
    users.remove(BOT_USER)
    ctx.world.emit(reaction(ctx.world.ts(), channel, message, BOT_USER, name, "removed"))
    return {}


@method("reactions.get")
def reactions_get(ctx: Context, args: Args) -> Json:
    """Return a message with its reactions."""
    channel = seen(ctx, args.need("channel")[0])
    message = known(channel, args.text("timestamp"))
    return {"type": "message", "channel": channel.id, "message": message.json()}


def _reacted(ctx: Context, args: Args) -> tuple[Channel, Message, str]:
    channel = joined(ctx, args)
    (name,) = args.need("name")
    if not re.fullmatch(r"[a-z0-9_+'-]+", name):
        raise ApiError("invalid_name")
    return channel, known(channel, args.text("timestamp")), name


@method("files.getUploadURLExternal")
def upload_url(ctx: Context, args: Args) -> Json:
    """Give an address to which the bytes of one file go."""
    name, length = args.need("filename", "length")
    if not length.isdecimal() or int(length) == 0:
        raise ApiError("invalid_arguments")
    id = ctx.world.new_id("F0")
    ctx.world.uploads[id] = {"id": id, "name": name, "length": int(length), "content": None}
    return {"upload_url": f"{ctx.base}/upload/{id}", "file_id": id}


@method("files.completeUploadExternal")
def complete_upload(ctx: Context, args: Args) -> Json:
    """Share files whose bytes have arrived; the message comes with the event, not the answer."""
    wanted = args.json("files") or []
    for item in wanted:
        if (ctx.world.uploads.get(item.get("id")) or {}).get("content") is None:
            raise ApiError("file_not_found")
    where = args.text("channel_id") or next(iter(args.ids("channels")), "")
    channel = joined(ctx, Args(channel=where)) if where else None
    files = [keep_file(ctx, item, BOT_USER) for item in wanted]
    if channel:
        message = Message(ctx.world.ts(), BOT_USER, args.text("initial_comment"), bot=True)
        message.thread_ts = args.text("thread_ts") or None
        share(ctx, channel, message, files)
    return {"files": [{"id": file["id"], "title": file["title"]} for file in files]}


def keep_file(ctx: Context, item: Json, user: str) -> Json:
    """Turn an upload into a file that can be downloaded with a token."""
    upload = ctx.world.uploads.pop(item["id"])
    plain = re.sub(r"[^a-z0-9.-]+", "_", upload["name"].lower()) or "_"
    url = f"{ctx.base}/files/{upload['id']}/{plain}"
    file = {
        "id": upload["id"],
        "name": upload["name"],
        "title": item.get("title") or upload["name"],
        "mimetype": mimetypes.guess_type(upload["name"])[0] or "application/octet-stream",
        "size": upload["length"],
        "user": user,
        "mode": "hosted",
        "url_private": url,
        "url_private_download": url,
    }
    ctx.world.files[file["id"]] = {"file": file, "content": upload["content"]}
    return file


def share(ctx: Context, channel: Channel, message: Message, files: list[Json]) -> None:
    """Post the message that carries files, and tell that they are shared."""
    message.files, message.subtype = files, "file_share"
    ctx.world.add_message(channel, message)
    for file in files:
        event = {"type": "file_shared", "file_id": file["id"], "user_id": message.user}
        event |= {"channel_id": channel.id, "file": {"id": file["id"]}}
        ctx.world.emit(event | {"event_ts": message.ts})


@method("files.info")
def files_info(ctx: Context, args: Args) -> Json:
    """Describe a file."""
    (id,) = args.need("file")
    if id in ctx.world.deleted_files:
        raise ApiError("file_deleted")
    stored = ctx.world.files.get(id)
    if stored is None:
        raise ApiError("file_not_found")
    return {"file": stored["file"]}


def take_out(ctx: Context, channel: Channel, message: Message, file: str, user: str) -> None:
    """Delete a file: what is left of it in its message is a stone without a name."""
    del ctx.world.files[file]
    ctx.world.deleted_files.add(file)
    left = [{"id": file, "mode": "tombstone"} if f["id"] == file else f for f in message.files]
    ctx.world.edit(channel, message, user, files=left)
