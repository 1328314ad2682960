"""The people of the demo: what they type, press, fill in and edit in the local Slack.

Through its control API and, for forms, the socket of its own page.  Nothing here knows the bot:
what it does is seen as a person sees it, in the messages and in the forms.
"""

import asyncio
import contextlib
import json
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any

import aiohttp

from bot.errors import OutsideService

Message = Mapping[str, Any]
View = Mapping[str, Any]
Values = Mapping[str, str | Sequence[str]]

_PATIENCE = 60.0
_LOOK_EVERY = 0.1


class People:
    """Act as anybody of the workspace."""

    def __init__(self, page: str, session: aiohttp.ClientSession) -> None:
        """Speak to the local Slack of this page; ``people`` makes one that is connected."""
        self._control = f"{page}_control/"
        self._session = session
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._views: list[View] = []
        self._errors: Mapping[str, str] = {}
        self._seen = 0

    async def connect(self, page: str) -> None:
        """Open the socket that carries the forms."""
        self._socket = await self._session.ws_connect(f"{page}ui")

    async def listen(self) -> None:
        """Follow the forms that the bot opens, for as long as the socket lives."""
        if self._socket is None:
            return
        async for frame in self._socket:
            told = json.loads(frame.data)
            if told.get("t") in ("view", "view_errors"):
                self._seen += 1
            if told.get("t") == "view":
                self._views = told.get("stack") or []
                self._errors = {}
            elif told.get("t") == "view_errors":
                self._errors = told.get("errors") or {}

    # -- looking ----------------------------------------------------------------------------

    async def channels(self) -> list[Mapping[str, Any]]:
        """Every channel, in the order in which they were made."""
        found: list[Mapping[str, Any]] = (await self._call("GET", "state"))["channels"]
        return found

    async def messages(self, channel: str) -> list[Message]:
        """What the channel shows, oldest first."""
        found: list[Message] = (await self._call("GET", f"messages/{channel}"))["messages"]
        return found

    async def crisis_channel(self, before: Collection[str] = ()) -> str:
        """The channel of a crisis that was not there before, waiting for it."""

        async def look() -> str | None:
            starts = ("crise-", "exercice-")
            found = (one for one in await self.channels() if one["name"].startswith(starts))
            return next((one["id"] for one in found if one["id"] not in before), None)

        return str(await self._until(look, "aucun canal de crise"))

    # -- acting -----------------------------------------------------------------------------

    async def command(self, who: str, channel: str, text: str) -> None:
        """Type ``/crise`` and what follows."""
        body = {"channel": channel, "user": who, "command": "/crise", "text": text}
        await self._call("POST", "command", body)

    async def write(self, who: str, channel: str, text: str) -> str:
        """Say something; returns the ``ts`` of the message."""
        body = {"channel": channel, "user": who, "text": text}
        told = await self._call("POST", "message", body)
        return str(told["message"]["ts"])

    async def edit(self, who: str, channel: str, ts: str, text: str) -> None:
        """Edit what one wrote."""
        body = {"channel": channel, "user": who, "ts": ts, "text": text}
        await self._call("POST", "edit-message", body)

    async def react(self, who: str, channel: str, ts: str, name: str) -> None:
        """React to a message."""
        body = {"channel": channel, "user": who, "ts": ts, "name": name, "present": True}
        await self._call("POST", "reaction", body)

    async def press(self, who: str, channel: str, action: str) -> None:
        """Press the newest button with this action id, waiting for it to be shown."""

        async def look() -> tuple[str, Mapping[str, Any]] | None:
            return button(await self.messages(channel), action)

        ts, found = await self._until(look, f"aucun bouton « {action} »")
        body = {"channel": channel, "messageTs": ts, "user": who, "action": found}
        await self._call("POST", "interact", body)

    async def fill(self, who: str, callback: str, values: Values) -> Mapping[str, str]:
        """Fill the form that the bot has opened and send it; returns the errors shown in it."""

        async def shown() -> View | None:
            top = self._views[-1] if self._views else None
            return top if top and top.get("callback_id") == callback else None

        view = await self._until(shown, f"aucun formulaire « {callback} »")
        before = self._seen
        await self._send({"t": "view_submit", "user": who, "values": filled(view, values)})

        async def answered() -> bool | None:
            return self._seen > before or None

        await self._until(answered, "formulaire sans réponse")
        errors = self._errors
        if self._views:
            await self._send({"t": "view_close", "user": who})
        return errors

    # -- plumbing ---------------------------------------------------------------------------

    async def _send(self, frame: Mapping[str, Any]) -> None:
        if self._socket is None:
            raise OutsideService("Slack local", "La page du Slack local n'est pas ouverte.")
        await self._socket.send_json(frame)

    async def _call(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            async with self._session.request(verb, self._control + path, json=body) as answer:
                told = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise OutsideService("Slack local", detail=f"{path}: {error}") from error
        if told.get("error"):
            raise OutsideService("Slack local", detail=f"{path}: {told['error']}")
        return told

    async def _until(self, look: Callable[[], Awaitable[Any]], missing: str) -> Any:
        """What ``look`` finds, as soon as it finds something."""
        for _ in range(int(_PATIENCE / _LOOK_EVERY)):
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(_LOOK_EVERY)
        raise OutsideService("Slack local", f"La démonstration attendait, et rien : {missing}.")


@contextlib.asynccontextmanager
async def people(page: str) -> AsyncIterator[People]:
    """People connected to the local Slack of this page, inside the block."""
    async with aiohttp.ClientSession() as session:
        found = People(page, session)
        await found.connect(page)
        listening = asyncio.create_task(found.listen(), name="demo-people")
        try:
            yield found
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def button(messages: Sequence[Message], action: str) -> tuple[str, Mapping[str, Any]] | None:
    """The newest button with this action id: the ``ts`` of its message, and the button."""
    for message in reversed(messages):
        for pressed in _buttons(message):
            if pressed.get("action_id") == action:
                return str(message["ts"]), pressed
    return None


def _buttons(message: Message) -> Iterator[Mapping[str, Any]]:
    """What can be pressed in a message, each with its block."""
    for block in message.get("blocks") or ():
        place = block.get("block_id", "")
        for element in (*(block.get("elements") or ()), block.get("accessory") or {}):
            yield {**element, "block_id": place}


def filled(view: View, values: Values) -> dict[str, dict[str, Any]]:
    """The state of a form: what is given here, else what was proposed, as Slack would send it."""
    state: dict[str, dict[str, Any]] = {}
    for block in view.get("blocks") or ():
        if block.get("type") != "input":
            continue
        name, element = str(block["block_id"]), block["element"]
        state[name] = {element["action_id"]: _state(element, values.get(name))}
    return state


def _state(element: Mapping[str, Any], given: str | Sequence[str] | None) -> dict[str, Any]:
    kind = element["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": given or element.get("initial_value")}
    options = element.get("options") or ()
    if kind == "checkboxes":
        chosen = [one for one in options if _is(one, given or ())]
        return {"type": kind, "selected_options": chosen}
    wanted = [given] if isinstance(given, str) else given or ()
    found = next((one for one in options if _is(one, wanted)), element.get("initial_option"))
    return {"type": kind, "selected_option": found}


def _is(option: Mapping[str, Any], wanted: str | Sequence[str]) -> bool:
    """Whether this option is meant, by its value or by its label."""
    return option["value"] in wanted or option["text"]["text"] in wanted
