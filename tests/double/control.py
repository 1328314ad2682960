"""The double driven from another process: JSON over `/_control`.

`POST /_control/VERB` with the verb's arguments as an object does what the method of that name does
and answers with the delivery; `GET /_control/state` and `GET /_control/calls` tell the rest.
"""

from dataclasses import asdict

from aiohttp import web

from tests.double.rules import Json
from tests.double.server import Double
from tests.double.socket_mode import Delivery
from tests.double.state import Impossible

VERBS = frozenset(
    """command shortcut click message dm mention edit_message delete_message delete_file react pin
    join leave submit close_view click_view click_home open_home""".split()
)
SWITCHES = frozenset({"fault", "drop_sockets", "lose_acks", "advance", "fill"})


class ControlledDouble(Double):
    """A double with a door for other processes."""

    def extend(self, app: web.Application) -> None:
        """Add the control's routes."""
        app.router.add_get("/_control/state", self._state)
        app.router.add_get("/_control/calls", self._calls)
        app.router.add_post("/_control/{verb}", self._do)

    async def _state(self, request: web.Request) -> web.Response:
        return web.json_response(self.state())

    async def _calls(self, request: web.Request) -> web.Response:
        return web.json_response([asdict(call) for call in self.calls])

    async def _do(self, request: web.Request) -> web.Response:
        verb = request.match_info["verb"]
        arguments = await request.json() if request.can_read_body else {}
        try:
            if verb in SWITCHES:
                getattr(self, verb)(**arguments)
                return web.json_response({"ok": True})
            if verb not in VERBS:
                return web.json_response({"ok": False, "error": "unknown verb"}, status=404)
            return web.json_response(fate(await getattr(self, verb)(**arguments)))
        except (Impossible, TypeError, ValueError) as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)


def fate(delivery: Delivery) -> Json:
    """Return what became of a delivery, as JSON."""
    keys = ("kind", "ts", "sent", "acked", "late", "latency", "response", "error", "errors")
    return {"ok": True} | {key: getattr(delivery, key) for key in keys}
