"""A strict Slack for tests, in this process: what Slack refuses, the double refuses.

    async with Double(delay=0) as double:
        client = AsyncWebClient(token=double.bot_token, base_url=double.api_url)
        …                                               # start the real bot on that client
        await double.connected()                        # its Socket Mode connection is open
        sent = await double.command("alice", "general", "/crise", "déclarer")
        assert sent.acked and sent.latency < 1
        await double.wait(lambda d: d.view("alice"))    # a modal is open in front of Alice
        await double.submit("alice", {"titre": "Chiffrement à la pharmacie"})
        await double.calm()                             # the bot has nothing left to say
        board = double.posts("crise-1")[0]
        await double.click("bruno", "crise-1", board.ts, "Prendre le rôle")
        assert "Bruno" in double.channel_text("crise-1")
        assert not double.user_saw_error

The world.  A workspace with Alice, Bruno, Chloé and a guest (`invite`) in #general; the bot is
not in it.  `double.world.add_user(name, real_name, is_ultra_restricted=True…)` and
`double.world.add_channel(name, members, private=True)` make more.  People and channels are named
by id, handle or channel name.  Everything can be looked at: `double.channel("general").pins`,
`.bookmarks`, `.topic`, `.members`; `double.messages(channel)`, `double.posts(channel)` (the bot's),
`double.ephemerals(user)`, `double.view(user)`, `double.home(user)`, `double.calls`,
`double.deliveries`; `channel_text` is the plain rendering; `mentions(message)` lists what pings.

What people do, each returning a `Delivery` (acked, latency, response, error): `command`, `click`,
`submit`, `fill`, `close_view`, `click_view`, `click_home`, `open_home`, `shortcut`, `message`,
`edit_message`, `delete_message`, `delete_file`, `dm`, `mention`, `react`, `pin`, `join`, `leave`.
What nobody could do on a screen raises `Impossible`.  `redeliver(delivery)` sends the same envelope
again.  `double.downloads` has every request for a file.

What is strict.  Tokens, scopes, membership, names, lengths and counts of blocks, views and texts
(`validate`); a trigger lives 3 s and serves once; an envelope goes to one connection and must be
acknowledged in 3 s, else somebody saw an error (`user_saw_error`) or the event comes again;
ephemerals are not stored; a scheduled message with metadata never posts.  `limits=True` adds
Slack's rate limits.

What goes wrong on demand: `double.fault("chat.postMessage", "500_applied")`, `drop_sockets()`,
`lose_acks()`, `disconnect("refresh_requested")`, `double.delay = 1.5`; durations are arguments of
`Double`.  `double.advance(3600)` moves Slack's clock.

What it does not do: HTTP mode, Slack Connect, Enterprise Grid, streaming, lists, canvases, options
loaded by the app for menus, and the blocks that are still being rolled out (they are refused).

Modules: `rules` and `blocks` (what is refused), `world` (what is), `views` and `state` (screens and
fields), `chat`, `conversations`, `directory`, `extras` (the methods), `web_api`, `faults`,
`socket_mode`, `answers`, `downloads` (the transport), `people` and `modals` (the verbs), `reading`
(the eyes).
"""

from tests.double.blocks import validate, validate_view
from tests.double.reading import channel_text, mentions, message_text
from tests.double.server import APP_TOKEN, BOT_TOKEN, Double
from tests.double.socket_mode import Delivery
from tests.double.state import Impossible

__all__ = [
    "APP_TOKEN",
    "BOT_TOKEN",
    "Delivery",
    "Double",
    "Impossible",
    "channel_text",
    "mentions",
    "message_text",
    "validate",
    "validate_view",
]
