"""Bolt's side: every payload is acknowledged, once it is durable, whatever happens.

The one edge of Slack: errors of ours become a sentence for the person, anything else becomes a
reference number that is found again in the log.  Texts of messages are never logged.  After a few
seconds Slack would tell the person that it failed although it may yet succeed; so a slow record is
acknowledged in time, and its end is told when it comes.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from math import ceil
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.core.french import typography
from bot.core.transcript import spoken
from bot.errors import OutsideService, Refused, TocsinError
from bot.meters import METERS
from bot.slack import inbound
from bot.slack.answers import follow
from bot.slack.blocks import Block, cut, escape, section, seen
from bot.slack.choices import again
from bot.slack.events import Events
from bot.slack.face import Face
from bot.slack.fitting import fit_view, pages
from bot.slack.gateway import USUAL, Gateway, Tempo
from bot.slack.inbound import Touch
from bot.slack.modals import shown
from bot.slack.reply import Reply
from bot.slack.values import Values, WrongField

log = logging.getLogger(__name__)

_NOT_YET = typography(
    "Pas encore enregistré : la base met du temps. Je vous écris dès que c'est fait."
)
#: What a form says while it is late: a title, and blocks; most wait for the journal.
_RECORDING = ("Pas encore enregistré", [section(_NOT_YET)])
_WAITING = {
    "playbook": ("Un instant", [section("Je vérifie votre brouillon. Il est gardé.")]),
}
ANY = re.compile(".*")
_FIELD = "text"
#: From this length a refused line is given back to who typed it, up to what one text may hold.
_LONG, _GIVEN = 60, 38_000


def register(
    app: AsyncApp, face: Face, events: Events, gateway: Gateway, tempo: Tempo = USUAL
) -> None:
    """Hang every listener on the app; the catch-alls come last."""
    edge = _Edge(face, events, gateway, tempo.patience)
    face.whisper = edge.tell
    app.middleware(edge.event)
    app.command("/crise")(edge.command)
    app.action(re.compile("^say:"))(edge.say)
    app.action(re.compile("^open:"))(edge.open)
    app.action(re.compile("^rate:"))(edge.rate)
    app.view(ANY)(edge.submit)
    app.view_closed(ANY)(edge.nothing)
    app.shortcut("consigner")(edge.flag)
    app.shortcut("declarer")(edge.declare)
    app.command(ANY)(edge.nothing)
    app.action(ANY)(edge.nothing)
    app.shortcut(ANY)(edge.nothing)
    app.options(ANY)(edge.nothing)
    for one in app._async_listeners:
        # Bolt lets an answer drop after three seconds of its own, whatever ours are.
        one.ack_timeout = max(one.ack_timeout, ceil(tempo.patience) + 1)


class _Edge:
    """Where exceptions end: a sentence for the person, a trace for the log."""

    def __init__(self, face: Face, events: Events, gateway: Gateway, patience: float) -> None:
        self._face = face
        self._events = events
        self._gateway = gateway
        self._patience = patience
        self._late: set[asyncio.Task[None]] = set()

    async def command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """``/crise …``: the answer rides on the acknowledgement."""
        touch = inbound.command(body)
        reply = await self._within(
            self._face.say(touch), ack, touch, text=_NOT_YET, response_type="ephemeral"
        )
        if reply is None:
            return
        if reply.form is not None:
            await ack()
            await self._open(reply, touch)
        else:
            text = reply.text + _given_back(reply, touch.text)
            first, *rest = pages(reply.blocks)
            await ack(text=_private(text), blocks=first or None, response_type="ephemeral")
            self._later(self._continue(reply.text, rest, touch))
            self._add(reply, touch)

    async def say(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A button that carries a line: silence when it worked, the channel shows it."""
        touch = inbound.click(body)
        reply = await self._within(self._face.say(touch), ack, touch)
        if reply is not None:
            await ack()
            if reply.form is not None:
                await self._open(reply, touch)
            elif reply.blocks or reply.errors or not _shown_by_channel(touch):
                await self._whisper(reply, touch)
                self._add(reply, touch)

    async def open(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A button that opens a form."""
        touch = inbound.click(body)
        reply = await self._within(self._face.open(touch), ack, touch)
        if reply is not None:
            await ack()
            await self._open(reply, touch)

    async def rate(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A button under an answer that no journal holds: thanked in private."""
        touch = inbound.click(body)
        reply = await self._within(self._face.rate(touch), ack, touch)
        if reply is not None:
            await ack()
            await self._whisper(reply, touch)

    async def submit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A form: errors under the field, or closed once it is durable."""
        touch = inbound.submission(body)
        state = ((body.get("view") or {}).get("state") or {}).get("values") or {}
        work = self._submitted(touch, Values(state), body)
        waiting = shown(*_WAITING.get(touch.action.partition(":")[0], _RECORDING))
        reply = await self._within(
            work, ack, touch, response_action="update", view=fit_view(waiting)
        )
        if reply is None:
            return
        field = _input(body)
        if reply.errors and not field:
            told = shown("Impossible", [section(next(iter(reply.errors.values())))])
            await ack(response_action="update", view=fit_view(told))
        elif reply.errors:
            errors = {name or field: cut(text, 1900) for name, text in reply.errors.items()}
            await ack(response_action="errors", errors=errors)
        elif reply.instead is not None:
            await ack(response_action="update", view=fit_view(reply.instead))
            self._refresh(reply, body)
        elif reply.form is not None:
            await ack(response_action="push", view=fit_view(reply.form))
        else:
            await ack()

    async def _submitted(self, touch: Touch, values: Values, body: dict[str, Any]) -> Reply:
        try:
            return await self._face.submit(touch, values)
        except WrongField as wrong:
            return Reply(errors={wrong.block: typography(wrong.for_people())})
        except TocsinError as refused:
            METERS.refused += isinstance(refused, Refused)
            sentence = typography(refused.for_people())
            typed = values.text("text") or values.text("title")
            return Reply(sentence + _returned(typed), errors={_input(body): sentence})

    async def flag(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """The message shortcut « Consigner »."""
        touch = inbound.shortcut(body)
        message = body.get("message") or {}
        author = str(message.get("user") or message.get("bot_id") or "")
        reply = await self._within(
            self._face.flag(touch, str(message.get("text") or ""), author), ack, touch
        )
        if reply is not None:
            await ack()
            await self._whisper(reply, touch)

    async def declare(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """The global shortcut « Déclarer une crise »."""
        await ack()
        touch = inbound.shortcut(body)
        reply = await self._guard(self._declaration(touch))
        await self._open(reply, touch)

    async def _declaration(self, touch: Touch) -> Reply:
        return Reply(form=self._face.declaration(touch, ""))

    async def event(
        self,
        body: dict[str, Any],
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt passes it by this name
    ) -> BoltResponse:
        """Events, as a middleware: Bolt acknowledges those of a listener before they are recorded.

        What could not be recorded is answered with 500, so that Slack sends it again.
        """
        if body.get("type") != "event_callback":
            return await next()
        if self._events.asks(body):
            self._later(self._event(body))
            return BoltResponse(status=200)
        reply = await self._guard(self._events.take(body))
        if reply.failed:
            log.warning("event %s not taken: %s", body.get("event_id"), reply.text)
            return BoltResponse(status=500)
        self._later(self._whisper(reply, inbound.event(body)))
        return BoltResponse(status=200)

    async def _event(self, body: dict[str, Any]) -> None:
        """Answer a question, however long that takes; a failure is told to who asked."""
        reply = await self._guard(self._events.take(body))
        await self._whisper(reply, inbound.event(body))

    async def nothing(self, ack: AsyncAck) -> None:
        """Acknowledge what is not for us: an old button, a link, a foreign event."""
        await ack()

    def tell(self, touch: Touch, text: str) -> None:
        """Whisper something more to who acted, once they were acknowledged."""
        if text:
            self._later(self._whisper(Reply(text=text), touch))

    # -- the edge itself --------------------------------------------------------------------

    async def _within(
        self, work: Awaitable[Reply], ack: AsyncAck, touch: Touch, **meanwhile: Any
    ) -> Reply | None:
        """The reply, or ``None`` when time ran out: its end is told later.

        ``meanwhile`` is what the acknowledgement then says: that nothing is recorded yet.
        """
        task = asyncio.ensure_future(self._guard(work))
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        if done:
            return task.result()
        await ack(**meanwhile)
        self._later(self._tell_later(task, touch))
        return None

    def _add(self, reply: Reply, touch: Touch) -> None:
        """Whisper what a model adds to an answer that was whispered, once it is whole."""
        if reply.more is not None:
            said = reply.text
            more = reply.more.once
            self._later(
                follow(more, lambda blocks: self._whisper(Reply(said, blocks=blocks), touch))
            )

    def _refresh(self, reply: Reply, body: dict[str, Any]) -> None:
        """Show in an open form what a model adds to the answer that it shows."""
        if reply.more is None or reply.instead is None:
            return
        view, view_id = reply.instead, str((body.get("view") or {}).get("id") or "")

        async def show(blocks: list[Block]) -> None:
            grown = again(view, blocks)
            await self._gateway.call("views.update", view_id=view_id, view=grown)

        self._later(follow(reply.more.live, show))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something after the acknowledgement."""
        task = asyncio.create_task(work)
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _tell_later(self, task: "asyncio.Future[Reply]", touch: Touch) -> None:
        reply = await task
        text = reply.text or next(iter(reply.errors.values()), "") or "C'est enregistré."
        if touch.delivery.startswith("command:"):
            text += _given_back(reply, touch.text)
        if reply.form is not None and not reply.text:
            text = "Le formulaire a mis trop de temps à s'ouvrir. Recommencez."
        if reply.instead is not None and not await self._outside(self._turn(touch, reply.instead)):
            text = reply.text  # Otherwise the screen says it.
        await self._whisper(Reply(text=text, blocks=reply.blocks), touch)
        self._add(reply, touch)

    async def _turn(self, touch: Touch, view: Block) -> None:
        """Put another screen in the place of the one in hand."""
        await self._gateway.call("views.update", view_id=touch.view, view=view)

    async def _guard(self, work: Awaitable[Reply]) -> Reply:
        try:
            return await work
        except TocsinError as refused:
            METERS.refused += isinstance(refused, Refused)
            sentence = refused.for_people()
            return Reply(sentence, errors={"": sentence}, failed=not isinstance(refused, Refused))
        except Exception:
            METERS.unexpected += 1
            reference = secrets.token_hex(4)
            log.exception("unexpected error, reference %s", reference)
            sentence = typography(
                "Erreur inattendue : rien n'est perdu de ce qui était confirmé. "
                f"Donnez cette référence à votre informatique : {reference}."
            )
            return Reply(text=sentence, errors={"": sentence}, failed=True)

    async def _open(self, reply: Reply, touch: Touch) -> None:
        if reply.form is None:
            await self._whisper(reply, touch)
            return
        call = self._gateway.call(
            "views.open", within=self._patience, trigger_id=touch.trigger, view=reply.form
        )
        failed = await self._outside(call)
        if failed:
            text = "Le formulaire n'a pas pu s'ouvrir. Appuyez de nouveau."
            await self._whisper(Reply(text=text), touch)

    async def _continue(self, text: str, rest: list[list[Block]], touch: Touch) -> None:
        """What did not fit in the first message, in order."""
        for one in rest:
            await self._whisper(Reply(text, blocks=one), touch)

    async def _whisper(self, reply: Reply, touch: Touch) -> None:
        """Tell one person, in the channel where they are, else in a direct message."""
        text = _private(reply.text)
        if not (text or reply.blocks) or not touch.person:
            return
        first, *rest = pages(reply.blocks)
        await self._send(text, first or None, touch)
        await self._continue(reply.text, rest, touch)

    async def _send(self, text: str, blocks: list[Block] | None, touch: Touch) -> None:
        if touch.channel:
            call = self._gateway.call(
                "chat.postEphemeral",
                channel=touch.channel,
                user=touch.person,
                text=text,
                blocks=blocks,
            )
            if not await self._outside(call):
                return
        await self._outside(
            self._gateway.call("chat.postMessage", channel=touch.person, text=text, blocks=blocks)
        )

    async def _outside(self, call: Awaitable[Any]) -> bool:
        """Whether Slack failed us; what it said goes to the log, and nothing else depends on it."""
        try:
            await call
        except OutsideService as away:
            log.warning("not told: %s", away)
            return True
        return False


def _shown_by_channel(touch: Touch) -> bool:
    """Whether the channel itself shows what the button did."""
    return touch.action.startswith(("say:take", "say:answer", "say:drill"))


def _private(text: str) -> str:
    """A sentence for one person: what they typed in it can neither ping nor forge a link."""
    return cut(escape(seen(typography(text))), _GIVEN)


def _given_back(reply: Reply, typed: str) -> str:
    """What was typed in vain, when it is long: Slack does not keep it for the person."""
    if not reply.errors or len(typed) < _LONG:
        return ""
    return _returned(spoken(typed, lambda _: ""))


def _returned(typed: str) -> str:
    return f"\n\nVotre texte, à reprendre :\n{cut(typed, _GIVEN)}" if typed else ""


def _input(body: dict[str, Any]) -> str:
    """Block under which a refusal that concerns the whole form is shown; none without a field."""
    blocks = (body.get("view") or {}).get("blocks") or []
    inputs = [str(one["block_id"]) for one in blocks if one.get("type") == "input"]
    return _FIELD if _FIELD in inputs else next(iter(inputs), "")
