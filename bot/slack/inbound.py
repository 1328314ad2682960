"""Slack payloads as plain data: who, where, on which delivery, saying what.

Every shape that Slack documents for what we receive is read here and nowhere else.  The delivery
id is what makes a retry count once: the event id for events, the trigger for a command, the view
for a form, the moment and the button for a click.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.core.files import SharedFile

Payload = Mapping[str, Any]

#: Characters kept of the name of a file, and of the blocks of an application.
_LONGEST_NAME, _LONGEST_TEXT = 255, 12_000
#: What Slack leaves in the place of a file that somebody took out of a message.
_TAKEN_OUT = ("tombstone",)
#: Where the parts of a block that hold text stand, and those of an attachment.
_INNER = ("text", "fields", "elements", "title", "label", "accessory", "rows")
_ATTACHED = ("pretext", "title", "text", "footer")
_HUDDLE = "(appel d'équipe ouvert dans le canal)"


@dataclass(frozen=True, slots=True)
class Touch:
    """A person did something: typed, pressed, submitted."""

    person: str
    name: str
    channel: str
    delivery: str
    trigger: str
    text: str = ""
    """What was typed, the value of the button, or the callback of the form."""
    action: str = ""
    message_ts: str = ""
    inside: str = ""
    """What the form or view in which it happened carries."""
    view: str = ""
    """Id of the form or view in which it happened."""


def command(body: Payload) -> Touch:
    """A slash command."""
    return Touch(
        person=str(body.get("user_id", "")),
        name=str(body.get("user_name", "")),
        channel=str(body.get("channel_id", "")),
        delivery=f"command:{body.get('trigger_id', '')}",
        trigger=str(body.get("trigger_id", "")),
        text=clean(body.get("text")),
    )


def click(body: Payload) -> Touch:
    """A button or a list, in a message, a form or the Home."""
    action = (body.get("actions") or [{}])[0]
    chosen = action.get("selected_option") or {}
    container = body.get("container") or {}
    view = body.get("view") or {}
    person = _person(body)
    moment = action.get("action_ts") or body.get("trigger_id") or ""
    return Touch(
        person=person[0],
        name=person[1],
        channel=str((body.get("channel") or {}).get("id") or container.get("channel_id") or ""),
        delivery=f"click:{person[0]}:{moment}:{action.get('action_id', '')}",
        trigger=str(body.get("trigger_id", "")),
        text=str(action.get("value") or chosen.get("value") or ""),
        action=str(action.get("action_id", "")),
        message_ts=str(container.get("message_ts") or ""),
        inside=str(view.get("private_metadata") or ""),
        view=str(view.get("id") or ""),
    )


def submission(body: Payload) -> Touch:
    """A form that was sent."""
    view = body.get("view") or {}
    person = _person(body)
    return Touch(
        person=person[0],
        name=person[1],
        channel="",
        delivery=f"view:{view.get('id', '')}",
        trigger=str(body.get("trigger_id", "")),
        text=str(view.get("private_metadata") or ""),
        action=str(view.get("callback_id", "")),
        view=str(view.get("id") or ""),
    )


def shortcut(body: Payload) -> Touch:
    """A shortcut, global or on a message."""
    person = _person(body)
    return Touch(
        person=person[0],
        name=person[1],
        channel=str((body.get("channel") or {}).get("id") or ""),
        delivery=f"shortcut:{body.get('trigger_id', '')}",
        trigger=str(body.get("trigger_id", "")),
        action=str(body.get("callback_id", "")),
        message_ts=str((body.get("message") or {}).get("ts") or ""),
    )


def event(body: Payload) -> Touch:
    """What somebody did in a channel without a form: whom to answer, and where."""
    told = body.get("event") or {}
    item = told.get("item") or {}
    edited = (told.get("message") or {}).get("user")
    return Touch(
        person=str(told.get("user") or edited or ""),
        name="",
        channel=str(told.get("channel") or item.get("channel") or ""),
        delivery=f"event:{body.get('event_id', '')}",
        trigger="",
    )


def whole(text: object) -> str:
    """What was said, as a text that can be kept: no half character, no zero byte."""
    kept = str(text or "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return kept.replace("\x00", "")


def clean(text: object) -> str:
    """What was typed for us: the same, without the characters that have no width."""
    return whole(text).replace("\u200b", "").replace("\ufeff", "")


def _person(body: Payload) -> tuple[str, str]:
    user = body.get("user") or {}
    if isinstance(user, str):
        return user, ""
    return str(user.get("id", "")), str(user.get("name") or user.get("username") or "")


def moment(ts: object) -> datetime | None:
    """A Slack ``ts`` as a UTC instant; ``None`` when it is not one."""
    try:
        seconds = Decimal(str(ts))
        return datetime.fromtimestamp(float(seconds), tz=UTC)
    except (InvalidOperation, ValueError, OverflowError, OSError):
        return None


def files(message: Payload) -> tuple[SharedFile, ...]:
    """What a message says of its files; those taken out of it are left out."""
    return tuple(
        SharedFile(
            whole(one.get("id")),
            whole(one.get("name") or one.get("title"))[:_LONGEST_NAME],
            whole(one.get("mimetype"))[:_LONGEST_NAME],
            count(one.get("size")),
        )
        for one in message.get("files") or ()
        if isinstance(one, Mapping) and one.get("mode") not in _TAKEN_OUT
    )


def count(number: object) -> int:
    """A number of bytes; 0 for what is none."""
    return number if isinstance(number, int) and number >= 0 else 0


def said(message: Payload) -> str:
    """What a message says; an application may say it in its blocks or its attachments only."""
    text = whole(message.get("text"))
    if text:
        return text
    if message.get("subtype") == "huddle_thread":
        return _HUDDLE
    parts = [*_words(message.get("blocks")), *_attached(message.get("attachments"))]
    return whole("\n".join(parts))[:_LONGEST_TEXT]


def _words(blocks: object) -> Iterator[str]:
    """Every text of some blocks, in order, however deep."""
    if isinstance(blocks, Mapping):
        text = blocks.get("text")
        if isinstance(text, str):
            yield text
        yield from _words([inner for key, inner in blocks.items() if key in _INNER])
    elif isinstance(blocks, list):
        for one in blocks:
            yield from _words(one)


def _attached(attachments: object) -> Iterator[str]:
    """The text of each attachment, the way older applications write."""
    for one in attachments if isinstance(attachments, list) else ():
        if isinstance(one, Mapping):
            kept = [str(one[key]) for key in _ATTACHED if one.get(key)]
            yield from kept or [str(one.get("fallback") or "")]
