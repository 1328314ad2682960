"""The manifest against the code: events, shortcuts, commands and scopes, none missing or unused."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from bot.slack.listeners import register
from tests.double.rules import METHOD_SCOPES

ROOT = Path(__file__).resolve().parents[2]
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "slack-manifest.yaml").read_text("utf-8"))
SCOPES = set(MANIFEST["oauth_config"]["scopes"]["bot"])
EVENTS = set(MANIFEST["settings"]["event_subscriptions"]["bot_events"])
#: Methods that the SDK calls for one of its own, and methods that need no scope.
WRAPPED = {"files_upload_v2": ("files.getUploadURLExternal", "files.completeUploadExternal")}
#: What an event or a feature needs: from Slack's reference of events.
NEEDS = {
    "app_mention": {"app_mentions:read"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "reaction_added": {"reactions:read"},
    "member_joined_channel": {"groups:read"},
    "member_left_channel": {"groups:read"},
    "app_home_opened": set(),
}


def called() -> set[str]:
    """Every Web API method that the code names."""
    found: set[str] = set()
    for path in (ROOT / "bot" / "slack").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(WRAPPED.get(node.value, (node.value,)))
    return {one for one in found if one in METHOD_SCOPES}


def needed() -> set[str]:
    """The scopes without which something that the code does would be refused."""
    kind = "groups"  # the channel of a crisis is private
    scopes = {"commands", "im:write"}  # the latter to write first to somebody, by their id
    for method in called():
        options = [one.format(kind=kind) for one in METHOD_SCOPES[method]]
        scopes.add(next((one for one in options if one in SCOPES), options[0]))
    return scopes.union(*(NEEDS[event] for event in EVENTS))


def test_events_are_those_that_are_taken() -> None:
    """Slack sends what the code looks at, and nothing else."""
    code = (ROOT / "bot" / "slack" / "events.py").read_text("utf-8")
    assert set(NEEDS) == EVENTS
    for event in EVENTS:
        assert f'"{event.split(".")[0]}"' in code, event


def test_no_scope_is_missing_or_unused() -> None:
    """Each scope is needed by a call or an event, and each call and event has its own."""
    assert "chat.postMessage" in called()
    assert needed() == SCOPES


def test_commands_and_shortcuts_have_their_listener() -> None:
    """What the manifest puts on people's screens is what the code answers to."""

    class App:
        """Takes what is hung on it."""

        _async_listeners: tuple[Any, ...] = ()

        def __init__(self) -> None:
            self.names: set[str] = set()

        def __getattr__(self, kind: str) -> Any:
            def hang(name: Any = None) -> Any:
                if isinstance(name, str):
                    self.names.add(f"{kind} {name}")
                return lambda function: function

            return hang

    app = App()
    register(app, SimpleNamespace(), *([None] * 2))  # type: ignore[arg-type]
    features = MANIFEST["features"]
    wanted = {f"command {one['command']}" for one in features["slash_commands"]}
    wanted |= {f"shortcut {one['callback_id']}" for one in features["shortcuts"]}
    assert app.names == wanted
    assert all(one["should_escape"] for one in features["slash_commands"])


def test_what_people_read_in_the_manifest_fits() -> None:
    """Slack's limits on names, and the first-person help of the command in French."""
    assert len(MANIFEST["display_information"]["name"]) <= 35
    assert len(MANIFEST["display_information"]["description"]) <= 140
    for one in MANIFEST["features"]["shortcuts"]:
        assert len(one["name"]) <= 24
    assert re.search("déclarer", MANIFEST["features"]["slash_commands"][0]["usage_hint"])
