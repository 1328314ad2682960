"""What Slack refuses, as data: scopes, tiers, lengths and names.

Every figure is one that Slack documents (method reference, Block Kit reference) unless a comment
says that it is only reported by third parties.  This module holds no state and does no work
beyond saying yes or no; who asks and what happens next is for the others.
"""

import re
from typing import Any

Json = dict[str, Any]

#: Bot scopes of a Tocsin manifest: what `Double` grants unless a test grants less.
SCOPES = frozenset(
    """commands chat:write chat:write.public channels:read channels:manage channels:join
    channels:history groups:read groups:write groups:history im:write im:history mpim:read
    users:read users:read.email usergroups:read files:read files:write pins:read pins:write
    bookmarks:read bookmarks:write reactions:read reactions:write app_mentions:read
    team:read""".split()
)

#: Events of a Tocsin manifest.  `message` stands for message.channels, .groups and .im.
EVENTS = frozenset(
    """app_home_opened app_mention member_joined_channel member_left_channel channel_archive
    channel_unarchive channel_rename group_archive group_unarchive group_rename message
    reaction_added reaction_removed pin_added pin_removed user_change file_shared""".split()
)

#: Method -> scopes of which one is enough.  `{kind}` is channels, groups, im or mpim.
METHOD_SCOPES: dict[str, tuple[str, ...]] = {
    "chat.postMessage": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.scheduleMessage": ("chat:write",),
    "chat.deleteScheduledMessage": ("chat:write",),
    "conversations.info": ("{kind}:read",),
    "conversations.members": ("{kind}:read",),
    "conversations.history": ("{kind}:history",),
    "conversations.replies": ("{kind}:history",),
    "conversations.join": ("channels:join",),
    "conversations.invite": ("{kind}:manage", "{kind}:write", "{kind}:write.invites"),
    "conversations.kick": ("{kind}:manage", "{kind}:write"),
    "conversations.archive": ("{kind}:manage", "{kind}:write"),
    "conversations.unarchive": ("{kind}:manage", "{kind}:write"),
    "conversations.rename": ("{kind}:manage", "{kind}:write"),
    "conversations.leave": ("{kind}:manage", "{kind}:write"),
    "conversations.setTopic": ("{kind}:manage", "{kind}:write", "{kind}:write.topic"),
    "conversations.setPurpose": ("{kind}:manage", "{kind}:write", "{kind}:write.topic"),
    "conversations.open": ("im:write",),
    "users.info": ("users:read",),
    "users.list": ("users:read",),
    "users.conversations": ("{kind}:read",),
    "conversations.list": ("{kind}:read",),
    "conversations.create": ("{kind}:manage", "{kind}:write"),
    "users.lookupByEmail": ("users:read.email",),
    "bots.info": ("users:read",),
    "team.info": ("team:read",),
    "pins.add": ("pins:write",),
    "pins.remove": ("pins:write",),
    "pins.list": ("pins:read",),
    "bookmarks.add": ("bookmarks:write",),
    "bookmarks.edit": ("bookmarks:write",),
    "bookmarks.remove": ("bookmarks:write",),
    "bookmarks.list": ("bookmarks:read",),
    "reactions.add": ("reactions:write",),
    "reactions.remove": ("reactions:write",),
    "reactions.get": ("reactions:read",),
    "files.getUploadURLExternal": ("files:write",),
    "files.completeUploadExternal": ("files:write",),
    "files.info": ("files:read",),
    "usergroups.list": ("usergroups:read",),
    "usergroups.users.list": ("usergroups:read",),
    "emoji.list": ("emoji:read",),
    "apps.connections.open": ("connections:write",),
}

_TIER_2 = """conversations.create conversations.archive conversations.unarchive
    conversations.rename conversations.setTopic conversations.setPurpose conversations.list
    users.list pins.add pins.remove pins.list bookmarks.add bookmarks.edit usergroups.list
    usergroups.users.list reactions.remove emoji.list"""
_TIER_4 = """chat.postEphemeral conversations.members views.open views.push views.update
    views.publish files.getUploadURLExternal files.completeUploadExternal users.info files.info"""
#: Calls per minute, per method and workspace; what is not listed is tier 3.
TIERS: dict[str, int] = dict.fromkeys(_TIER_2.split(), 20) | dict.fromkeys(_TIER_4.split(), 100)
TIER_3 = 50
#: Burst that the double tolerates before it holds posts in one channel to one a second.
POST_BURST = 5
#: Posts in any minute in the whole workspace: « several hundred », taken at its lowest.
POSTS_PER_MINUTE = 240
#: What appears in a channel counts there and in the workspace; what one person sees, in the latter.
SEEN_POSTS = frozenset({"chat.postMessage", "files.completeUploadExternal"})
WHISPERS = frozenset({"chat.postEphemeral"})

TEXT_MAX = 40_000
UPDATE_TEXT_MAX = 4_000
#: Reported, not documented: the text of all blocks of a message together.
BLOCKS_TEXT_MAX = 13_200
MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
VIEW_BYTES = 250_000
METADATA_BYTES = 16_000
TOPIC_MAX = 250
STACK_MAX = 3
CONNECTIONS_MAX = 10
SCHEDULE_MAX_DAYS = 120
PINS_MAX = 100
BOOKMARKS_MAX = 100
INVITES_MAX = 100
RESPONSE_URL_USES, RESPONSE_URL_LIFE = 5, 1800.0


class ApiError(Exception):
    """Slack's answer `ok: false`, with the extra fields that some errors carry."""

    def __init__(self, error: str, **extra: Any) -> None:
        """Keep the error's name and whatever Slack adds beside it."""
        super().__init__(error)
        self.error = error
        self.extra = extra

    def body(self) -> Json:
        """Return the JSON that the caller reads."""
        return {"ok": False, "error": self.error, **self.extra}


def invalid(error: str, problems: list[str]) -> ApiError:
    """Return an error which lists problems as Slack does: twice, the second time as messages."""
    messages = [f"[ERROR] {problem}" for problem in problems]
    return ApiError(error, errors=problems, response_metadata={"messages": messages})


def name_error(name: str) -> str | None:
    """Say why a channel cannot bear this name, or None."""
    if not name:
        return "invalid_name_required"
    if len(name) > 80:
        return "invalid_name_maxlength"
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        return "invalid_name_specials"
    if not re.search(r"[a-z0-9]", name):
        return "invalid_name_punctuation"
    return None


def missing_scopes(method: str, kind: str, granted: frozenset[str]) -> tuple[str, ...]:
    """Return the scopes of which one is needed, or nothing when the caller has one."""
    options = tuple(scope.format(kind=kind) for scope in METHOD_SCOPES.get(method, ()))
    if not options or granted.intersection(options):
        return ()
    return tuple(s for s in options if s.split(":")[1] != "manage" or kind == "channels")
