"""Every payload shape that Slack documents, through the real Bolt: taken, or acknowledged and left.

Keys and nesting are those of Slack's reference, values are invented.  Each row is delivered as it
would be; it must be acknowledged, raise nothing, and record only what the row says.
"""

import logging
from typing import Any

import pytest

from tests.double import Delivery
from tests.double.world import APP, TEAM
from tests.slack.conftest import Night

Shape = dict[str, Any]
WHO = "U02BRUNO"
TEXT = {"type": "plain_text", "text": "Faire", "emoji": True}
OPTION = {"text": TEXT, "value": "v"}
RICH = {"type": "rich_text", "elements": [
    {"type": "rich_text_section", "elements": [{"type": "text", "text": "Bonjour"}]}]}  # fmt: skip
FILE = {
    "id": "F01", "created": 1795225800, "name": "capture.png", "title": "Capture", "size": 2048,
    "mimetype": "image/png", "filetype": "png", "user": WHO, "mode": "hosted",
    "url_private": "https://files.example/F01", "is_external": False, "file_access": "visible",
}  # fmt: skip
VIEW: Shape = {
    "id": "V01", "team_id": TEAM, "type": "modal", "callback_id": "autre", "hash": "1.h",
    "title": TEXT, "close": None, "submit": None, "blocks": [], "private_metadata": "",
    "state": {"values": {}}, "clear_on_close": False, "notify_on_close": False,
    "root_view_id": "V01", "previous_view_id": None, "app_id": APP, "external_id": "",
    "app_installed_team_id": TEAM, "bot_id": "B01",
}  # fmt: skip

#: Messages of a channel: the shape, and whether something is recorded of it.
MESSAGES: dict[str, tuple[Shape, bool]] = {
    "plain": ({"text": "Bonjour", "user": WHO}, True),
    "rich": ({"text": "Bonjour", "user": WHO, "blocks": [RICH], "client_msg_id": "c"}, True),
    "reply": ({"text": "Oui", "user": WHO, "thread_ts": "1795225800.000100",
               "parent_user_id": WHO}, True),
    "thread_broadcast": ({"subtype": "thread_broadcast", "text": "Oui", "user": WHO, "root": {},
                          "thread_ts": "1795225800.000100"}, True),
    "me_message": ({"subtype": "me_message", "text": "arrive", "user": WHO}, True),
    "file_share": ({"subtype": "file_share", "text": "", "user": WHO, "files": [FILE],
                    "upload": True, "display_as_bot": False}, True),
    "file not seen": ({"subtype": "file_share", "text": "x", "user": WHO,
                       "files": [{"id": "F02", "file_access": "check_file_info"}]}, True),
    "bot_message": ({"subtype": "bot_message", "text": "Alerte", "bot_id": "B99",
                     "username": "sonde", "icons": {"emoji": ":zap:"}}, True),
    "of an application": ({"text": "", "user": "U0SONDE", "bot_id": "B99", "app_id": "A99",
                           "bot_profile": {"id": "B99", "name": "sonde"}, "attachments": [
                               {"id": 1, "fallback": "Alerte", "color": "red"}]}, True),
    "huddle": ({"subtype": "huddle_thread", "text": "", "user": WHO, "room": {"id": "R1"}}, True),
    "unfurled": ({"text": "<https://a.example>", "user": WHO, "attachments": [
        {"from_url": "https://a.example", "service_name": "x", "id": 1}]}, True),
    "channel_join": ({"subtype": "channel_join", "text": "x", "user": WHO, "inviter": WHO}, False),
    "channel_leave": ({"subtype": "channel_leave", "text": "x", "user": WHO}, False),
    "channel_topic": ({"subtype": "channel_topic", "text": "x", "user": WHO, "topic": "t"}, True),
    "channel_purpose": ({"subtype": "channel_purpose", "user": WHO, "purpose": "p"}, True),
    "channel_name": ({"subtype": "channel_name", "user": WHO, "old_name": "a", "name": "b"}, True),
    "group_topic": ({"subtype": "group_topic", "text": "x", "user": WHO, "topic": "t"}, True),
    "pinned_item": ({"subtype": "pinned_item", "text": "x", "user": WHO, "item": {}}, True),
    "bot_add": ({"subtype": "bot_add", "text": "x", "user": WHO, "bot_id": "B9"}, True),
    "reminder_add": ({"subtype": "reminder_add", "text": "x", "user": WHO}, True),
    "message_replied": ({"subtype": "message_replied", "hidden": True, "message": {
        "user": WHO, "text": "x", "ts": "1.1", "reply_count": 1, "replies": []}}, False),
    "message_changed": ({"subtype": "message_changed", "hidden": True, "message": {
        "type": "message", "user": WHO, "text": "après", "ts": "1795225800.000900",
        "edited": {"user": WHO, "ts": "1795225801.000000"}}, "previous_message": {
            "type": "message", "user": WHO, "text": "avant", "ts": "1795225800.000900"}}, True),
    "message_deleted": ({"subtype": "message_deleted", "hidden": True,
                         "deleted_ts": "1795225800.000901", "previous_message": {
                             "type": "message", "user": WHO, "text": "avant",
                             "ts": "1795225800.000901"}}, True),
}  # fmt: skip

#: Other events, none of which records anything here: those asked for, and foreign ones.
EVENTS: dict[str, Shape] = {
    "message of a private conversation, by an application": {
        "type": "message", "channel_type": "im", "bot_id": "B9", "text": "x", "channel": "D1"},
    "app_home_opened, first": {"type": "app_home_opened", "user": WHO, "tab": "home"},
    "app_home_opened, with view": {"type": "app_home_opened", "user": WHO, "tab": "home",
                                   "view": {**VIEW, "type": "home"}},
    "app_home_opened, messages": {"type": "app_home_opened", "user": WHO, "tab": "messages"},
    "reaction on a file": {"type": "reaction_added", "user": WHO, "reaction": "pushpin",
                           "item": {"type": "file", "file": "F01"}, "item_user": WHO},
    "reaction on a comment": {"type": "reaction_added", "user": WHO, "reaction": "+1", "item": {
        "type": "file_comment", "file": "F01", "file_comment": "Fc1"}},
    "reaction without author": {"type": "reaction_added", "user": WHO, "reaction": "eyes",
                                "item": {"type": "message", "channel": "C9", "ts": "1.1"}},
    "member elsewhere": {"type": "member_joined_channel", "user": WHO, "channel": "C9",
                         "channel_type": "C", "team": TEAM, "inviter": WHO},
    "member left elsewhere": {"type": "member_left_channel", "user": WHO, "channel": "C9",
                              "channel_type": "G", "team": TEAM},
    **{name: {"type": name, "user": {"id": WHO}, "channel": {"id": "C9", "name": "x"}} for name in (
        "team_join user_change user_status_changed channel_created channel_rename group_rename "
        "channel_id_changed channel_shared").split()},
    **{name: {"type": name, "channel": "C9", "user": WHO} for name in (
        "channel_archive channel_unarchive channel_deleted group_archive group_left im_open "
        "channel_left link_shared file_shared file_deleted file_change pin_added pin_removed "
        "reaction_removed emoji_changed star_added dnd_updated_user email_domain_changed "
        "subteam_created subteam_members_changed team_rename call_rejected resources_added "
        "message_metadata_posted shared_channel_invite_received invite_requested "
        "assistant_thread_started assistant_thread_context_changed function_executed "
        "workflow_step_execute workflow_published app_requested scope_granted tokens_revoked "
        "app_uninstalled grid_migration_started user_huddle_changed entity_details_requested "
        "something_of_tomorrow").split()},
}  # fmt: skip

#: What an element gives when it is touched, by its type.
TOUCHED: dict[str, Shape] = {
    "button": {"value": "x", "text": TEXT}, "workflow_button": {"text": TEXT},
    "overflow": {"selected_option": OPTION}, "static_select": {"selected_option": OPTION},
    "external_select": {"selected_option": OPTION, "initial_option": OPTION},
    "multi_static_select": {"selected_options": [OPTION]},
    "multi_users_select": {"selected_users": [WHO]}, "users_select": {"selected_user": WHO},
    "channels_select": {"selected_channel": "C9"},
    "conversations_select": {"selected_conversation": "C9"},
    "checkboxes": {"selected_options": []}, "radio_buttons": {"selected_option": None},
    "datepicker": {"selected_date": "2026-11-21"}, "timepicker": {"selected_time": "03:10"},
    "datetimepicker": {"selected_date_time": 1795225800},
    "plain_text_input": {"value": None}, "number_input": {"value": "3"},
    "email_text_input": {"value": "a@b.example"}, "url_text_input": {"value": "https://a.example"},
    "rich_text_input": {"rich_text_value": RICH}, "file_input": {"files": [FILE]},
    "feedback_buttons": {"value": "positive"}, "icon_button": {"value": "x"},
}  # fmt: skip
CONTAINERS: dict[str, Shape] = {
    "message": {"container": {"type": "message", "message_ts": "1.1", "channel_id": "C9",
                              "is_ephemeral": False}, "channel": {"id": "C9", "name": "x"},
                "message": {"ts": "1.1", "text": "x", "bot_id": "B01"}},
    "ephemeral": {"container": {"type": "message", "message_ts": "1.1", "channel_id": "C9",
                                "is_ephemeral": True}, "channel": {"id": "C9", "name": "x"}},
    "attachment": {"container": {"type": "message_attachment", "message_ts": "1.1",
                                 "attachment_id": 1, "channel_id": "C9", "is_app_unfurl": True},
                   "channel": {"id": "C9"}, "app_unfurl": {}},
    "modal": {"container": {"type": "view", "view_id": "V01"}, "view": VIEW},
    "home": {"container": {"type": "view", "view_id": "V01"}, "view": {**VIEW, "type": "home"}},
}  # fmt: skip

#: The other interactions, ours and those of features that we do not have.
INTERACTIONS: dict[str, Shape] = {
    "view_submission": {"type": "view_submission", "view": VIEW, "response_urls": []},
    "view_submission of another time": {"type": "view_submission", "response_urls": [
        {"block_id": "b", "action_id": "a", "channel_id": "C9", "response_url": "https://x"}],
        "view": {**VIEW, "callback_id": "done", "private_metadata": "{"}},
    "view_closed": {"type": "view_closed", "view": VIEW, "is_cleared": False},
    "view_closed, all": {"type": "view_closed", "view": VIEW, "is_cleared": True},
    "shortcut of another": {"type": "shortcut", "callback_id": "autre", "action_ts": "1.1"},
    "message_action of another": {"type": "message_action", "callback_id": "autre",
                                  "message_ts": "1.1", "channel": {"id": "C9"},
                                  "message": {"ts": "1.1", "text": "x", "user": WHO}},
    "block_suggestion": {"type": "block_suggestion", "action_id": "a", "block_id": "b",
                         "value": "x", "container": {"type": "view", "view_id": "V01"}},
    "interactive_message": {"type": "interactive_message", "callback_id": "c", "actions": [
        {"name": "n", "type": "button", "value": "x"}], "message_ts": "1.1", "attachment_id": "1",
        "channel": {"id": "C9"}, "original_message": {}},
    "dialog_submission": {"type": "dialog_submission", "callback_id": "c", "submission": {"a": "b"},
                          "state": "", "channel": {"id": "C9"}, "action_ts": "1.1"},
    "dialog_cancellation": {"type": "dialog_cancellation", "callback_id": "c", "state": "",
                            "channel": {"id": "C9"}, "action_ts": "1.1"},
    "workflow_step_edit": {"type": "workflow_step_edit", "callback_id": "c",
                           "workflow_step": {"workflow_id": "1", "step_id": "2"}},
}  # fmt: skip

COMMANDS: dict[str, Shape] = {
    "in a channel": {"text": "aide", "channel_id": "C9", "channel_name": "privategroup"},
    "in private": {"text": "aide", "channel_id": "D9", "channel_name": "directmessage"},
    "of an organisation": {"text": "aide", "channel_id": "C9", "enterprise_id": None,
                           "is_enterprise_install": "false"},
    "without text": {"channel_id": "C9"},
    "another": {"command": "/autre", "text": "x", "channel_id": "C9"},
}  # fmt: skip


def common(body: Shape, number: int) -> Shape:
    """An interaction with what all have."""
    return {
        "token": "verification", "api_app_id": APP, "team": {"id": TEAM, "domain": "chu-test"},
        "enterprise": None, "is_enterprise_install": False, "trigger_id": f"13.{number}",
        "user": {"id": WHO, "username": "bruno.t", "name": "bruno.t", "team_id": TEAM}, **body,
    }  # fmt: skip


def callback(event: Shape, number: int) -> Shape:
    """An event in its envelope, with properties of tomorrow."""
    return {
        "token": "verification", "team_id": TEAM, "api_app_id": APP, "type": "event_callback",
        "event_id": f"Ev{number}", "event_time": 1795225800, "context_team_id": TEAM,
        "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": "U0TOCSIN",
                            "is_bot": True, "is_enterprise_install": False}],
        "is_ext_shared_channel": False, "event_context": "4-x", "tomorrow": {"new": [1]},
        "event": {"event_ts": "1795225800.000001", **event},
    }  # fmt: skip


def _places(name: str, number: int) -> list[tuple[str, Shape]]:
    """Where it is touched: a button everywhere, the others in turn."""
    every = list(CONTAINERS.items())
    return every if name == "button" else [every[number % len(every)]]


async def delivered(night: Night, kind: str, body: Shape, name: str) -> Delivery:
    """Deliver one payload and wait until it is acknowledged."""
    delivery = night.double.socket.send(Delivery(kind, body, WHO))
    await night.double.wait(lambda _: delivery.tried.is_set())
    assert delivery.acked, name
    return delivery


async def test_every_documented_shape(night: Night, caplog: pytest.LogCaptureFixture) -> None:
    """All are acknowledged, none raises, and only what was said in the channel is recorded."""
    channel = await night.opened()
    with caplog.at_level(logging.ERROR):
        for number, (name, (event, recorded)) in enumerate(MESSAGES.items()):
            before = night.count
            ts = f"1795225900.{number:06}"
            shape = {"type": "message", "channel": channel, "channel_type": "group", "ts": ts}
            await delivered(night, "events_api", callback({**shape, **event}, number), name)
            assert (night.count > before) is recorded, name
        before = night.count
        for number, (name, event) in enumerate(EVENTS.items(), 100):
            await delivered(night, "events_api", callback(event, number), name)
        for number, (name, touched) in enumerate(TOUCHED.items(), 300):
            for where, container in _places(name, number):
                action = {"type": name, "action_id": "autre", "block_id": "b", "action_ts": "1.1"}
                body = {"type": "block_actions", "actions": [action | touched], **container}
                await delivered(night, "interactive", common(body, number), f"{name} {where}")
        for number, (name, body) in enumerate(INTERACTIONS.items(), 400):
            await delivered(night, "interactive", common(body, number), name)
        for number, (name, body) in enumerate(COMMANDS.items(), 500):
            shape = {"command": "/crise", "user_id": WHO, "user_name": "bruno.t", "team_id": TEAM,
                     "trigger_id": f"13.{number}", "response_url": "https://x"}  # fmt: skip
            await delivered(night, "slash_commands", {**shape, **body}, name)
        assert night.count == before
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []
