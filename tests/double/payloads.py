"""What the bot receives when people act: the payloads of commands and interactions."""

from typing import Any

from tests.double import state
from tests.double.blocks import inner
from tests.double.rules import Json
from tests.double.state import Impossible
from tests.double.world import APP, TEAM, Channel, User, World


def escaped(world: World, text: str) -> str:
    """Return what somebody typed as Slack passes it on.

    `&`, `<` and `>` become entities; `@handle` and `#channel` become references when they exist.
    References that are already written as such (`<@U…>`, `<#C…>`) are kept.
    """
    kept: dict[str, str] = {f"<@{user.id}>": f"<@{user.id}>" for user in world.users.values()}
    kept |= {f"<#{c.id}>": f"<#{c.id}|{c.name}>" for c in world.channels.values()}
    kept |= {f"@{user.name}": f"<@{user.id}>" for user in world.users.values()}
    kept |= {f"#{c.name}": f"<#{c.id}|{c.name}>" for c in world.channels.values() if c.name}
    for number, written in enumerate(sorted(kept, key=len, reverse=True)):
        text = text.replace(written, f"\0{number}\0")
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for number, written in enumerate(sorted(kept, key=len, reverse=True)):
        text = text.replace(f"\0{number}\0", kept[written])
    return text


def rich(world: World, text: str) -> list[Json]:
    """Return the rich text block that a client adds to what somebody writes."""
    leaf = {"type": "text", "text": text}
    section = {"type": "rich_text_section", "elements": [leaf]}
    return [{"type": "rich_text", "block_id": world.new_id("b"), "elements": [section]}]


def _common(kind: str, user: User, trigger: str) -> Json:
    return {
        "type": kind,
        "token": "verification",
        "api_app_id": APP,
        "team": {"id": TEAM, "domain": "chu-test"},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": TEAM},
        "trigger_id": trigger,
    }


def _named(channel: Channel) -> Json:
    name = "directmessage" if channel.is_im else channel.name
    return {"id": channel.id, "name": "privategroup" if channel.channel_type == "group" else name}


def command(
    user: User, channel: Channel, word: str, text: str, trigger: str, response_url: str
) -> Json:
    """Return the payload of a slash command."""
    return {
        "token": "verification",
        "team_id": TEAM,
        "team_domain": "chu-test",
        "channel_id": channel.id,
        "channel_name": _named(channel)["name"],
        "user_id": user.id,
        "user_name": user.name,
        "command": word,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }


def message_action(
    user: User, channel: Channel, shown: Json, action: Json, trigger: str, response_url: str
) -> Json:
    """Return the payload of a click in a message; `shown` is the message, or an ephemeral's ts."""
    ephemeral = "type" not in shown
    container = {"type": "message", "message_ts": shown["ts"], "channel_id": channel.id}
    payload = _common("block_actions", user, trigger) | {
        "container": container | {"is_ephemeral": ephemeral},
        "channel": _named(channel),
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action],
    }
    if not ephemeral:
        payload["message"] = shown
        values = state.values(shown.get("blocks", []), {})
        chosen = values.get(action["block_id"], {}).get(action["action_id"])
        if chosen:
            chosen |= {key: value for key, value in action.items() if key in chosen}
        payload["state"] = {"values": values}
    return payload


def view_action(user: User, view: Json, action: Json, trigger: str) -> Json:
    """Return the payload of a click in a modal or on the Home tab."""
    return _common("block_actions", user, trigger) | {
        "container": {"type": "view", "view_id": view["id"]},
        "view": view,
        "actions": [action],
    }


def view_submission(user: User, view: Json, trigger: str) -> Json:
    """Return the payload of a submitted modal."""
    return _common("view_submission", user, trigger) | {"view": view, "response_urls": []}


def view_closed(user: User, view: Json, cleared: bool) -> Json:
    """Return the payload of a modal that was left."""
    payload = _common("view_closed", user, "") | {"view": view, "is_cleared": cleared}
    del payload["trigger_id"]
    return payload


def shortcut(user: User, callback_id: str, trigger: str, ts: str) -> Json:
    """Return the payload of a global shortcut."""
    return _common("shortcut", user, trigger) | {"callback_id": callback_id, "action_ts": ts}


def message_shortcut(
    user: User, channel: Channel, message: Json, callback_id: str, trigger: str, url: str
) -> Json:
    """Return the payload of a shortcut taken from a message's menu."""
    return _common("message_action", user, trigger) | {
        "callback_id": callback_id,
        "action_ts": message["ts"],
        "message_ts": message["ts"],
        "channel": _named(channel),
        "message": message,
        "response_url": url,
    }


def find(blocks: list[Json], what: str) -> tuple[Json, Json]:
    """Find what to touch: by action id, by the words on a button, or by a button's value."""
    every = [(block, element) for block in blocks for element in inner(block)]
    every = [(block, element) for block, element in every if "action_id" in element]
    for key in ("action_id", "text", "value"):
        for block, element in every:
            seen = element.get(key)
            if what == (seen.get("text") if isinstance(seen, dict) else seen):
                return block, element
    known = [
        f"{element['action_id']} ({element.get('text', {}).get('text', element['type'])})"
        for _, element in every
    ]
    raise Impossible(f"nothing to touch called {what!r}; there are: {', '.join(known)}")


def action(block: Json, element: Json, value: Any, ts: str) -> Json:
    """Return the action by which a payload tells what was touched."""
    out = {"action_id": element["action_id"], "block_id": block["block_id"], "action_ts": ts}
    if element["type"] == "button":
        copied = {k: element[k] for k in ("text", "value", "style", "url") if k in element}
        return out | {"type": "button"} | copied
    return out | state.coerce(element, value)
