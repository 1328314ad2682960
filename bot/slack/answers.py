"""Ask the library on behalf of the cell, record what was asked, show what answers.

The passages are shown at once.  A model, when one is set, may then add to what was shown: ``More``
is that addition, followed by whoever posted the answer.  In a reply that can be updated it grows
sentence by sentence; where it cannot, it comes once, whole.  The reply is updated rather than
streamed by Slack's own methods: those append only, and a sentence may have to be taken back.

What only some may read is found by them alone, and only where nobody else reads the answer: never
in a channel.  The journal, which all may read, then says that something was consulted, not what.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from bot.core.board import Board, board
from bot.core.crisis import TOCSIN, Actor, Crisis
from bot.core.evidence import RecordQuestion, RecordWording
from bot.core.identifiers import find, strip
from bot.errors import Refused, TocsinError
from bot.library.answer import Answer
from bot.library.compose import Wording
from bot.library.ratings import Ratings
from bot.library.summary import LogLine
from bot.service import Ask, Service
from bot.slack import ratings
from bot.slack.blocks import Block, section
from bot.slack.quotes import answer_blocks, wording_blocks

log = logging.getLogger(__name__)

#: ``(question, playbook of the running crisis or None, ids of who asks, title of the phase under
#: way or nothing) -> answer``.
Asker = Callable[[str, str | None, frozenset[str], str], Answer]
#: Words an answer with a model, telling the wording as it grows; takes seconds.
Worder = Callable[[Answer, Callable[[Wording], None]], Answer]
#: Words lines of the log, by number; nothing without a model; takes seconds.
Summariser = Callable[[Mapping[int, LogLine]], Wording | None]
#: Puts blocks where the answer was shown.
Show = Callable[[list[Block]], Awaitable[None]]

_RESERVED = "fiche confidentielle"
#: Models asked at once: the others wait, their passages being shown.
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class More:
    """What a model may still add to an answer that was shown."""

    live: Callable[[Show], Awaitable[None]]
    """Show the whole answer again each time that it grows, and at its end."""
    once: Callable[[Show], Awaitable[None]]
    """Show only what was added, at the end; nothing when nothing was."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it is shown at once, and what may still come."""

    blocks: list[Block]
    more: More | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """An answer, where it was asked, and the buttons that rate it."""

    found: Answer
    shown: Board | None
    rating: Block
    seq: int = 0
    """Entry of the question, in a crisis."""

    @property
    def crisis(self) -> Crisis | None:
        """The crisis it was asked in."""
        return self.shown.crisis if self.shown else None

    def blocks(self, found: Answer | None = None, *, to_come: bool = False) -> list[Block]:
        """The answer, or what became of it, with its rating."""
        return [*answer_blocks(found or self.found, self.shown, to_come=to_come), self.rating]


class Answers:
    """Questions to the library; ``asker`` is absent while the library is still being read."""

    def __init__(self, service: Service, rated: Ratings) -> None:
        """Start without a library: it is read after the socket is connected."""
        self._service = service
        self._rated = rated
        self.asker: Asker | None = None
        self.worder: Worder | None = None
        """Absent when no model is set."""
        self.summariser: Summariser | None = None
        """Absent unless a model is set that may read the log."""
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def answer(
        self,
        question: str,
        crisis: Crisis | None,
        actor: Actor,
        delivery: str,
        *,
        private: bool,
        live: bool,
    ) -> Given | None:
        """The answer, recorded in the crisis; ``None`` when this was answered already.

        ``private``: nobody but who asks reads it; ``live``: it can be shown again as it grows.
        """
        asked = question.strip()
        if not asked:
            raise Refused("Il manque votre question : « /crise question <votre question> ».")
        if self.asker is None:
            return Given(
                [section("Je lis encore les playbooks. Reposez votre question dans un instant.")]
            )
        playbook = crisis.plan.playbook.id if crisis else None
        under_way = board(crisis, self._service.now()).under_way if crisis else None
        phase = under_way.title if under_way else ""
        reader = self._reader(actor.id) if private else frozenset()
        found = await asyncio.to_thread(self.asker, asked[:1000], playbook, reader, phase)
        told = await self._recorded(found, crisis, actor, delivery)
        if told is None:
            return None
        worder = self.worder if found.wordable else None
        return Given(
            told.blocks(to_come=worder is not None and live),
            More(
                live=lambda show: self._live(told, worder, delivery, show),
                once=lambda show: self._once(told, worder, delivery, show),
            )
            if worder is not None
            else None,
        )

    def _reader(self, person: str) -> frozenset[str]:
        """The ids by which somebody may read what is reserved: their own, those of their roles.

        A role taken in an exercise opens nothing.
        """
        real = (one for one in self._service.known() if one.is_open and not one.exercise)
        return frozenset((person, *(role for one in real for role in one.roles_of(person))))

    async def _recorded(
        self, found: Answer, crisis: Crisis | None, actor: Actor, delivery: str
    ) -> _Asked | None:
        """The answer once its question is in the journal; ``None`` when it was there before."""
        open_to_all = tuple(one for one in found.sources if one.readers is None)
        passages = tuple(one.passage_id for one in open_to_all)
        if crisis is None:
            rating = ratings.under_elsewhere(found.question, found.confidence, passages)
            return _Asked(found, None, rating)
        sources = tuple(f"{one.path} › {one.section}" for one in open_to_all)
        if found.reserved:
            sources = (*sources, _RESERVED)
        command = RecordQuestion(found.question, found.confidence, sources, passages)
        done = await self._service.handle(Ask(crisis.id, actor, command, delivery))
        if done.repeated:
            return None
        seq = done.facts[0][1].seq
        shown = board(done.crisis, self._service.now())
        return _Asked(found, shown, ratings.under(seq), seq)

    # -- what a model adds --------------------------------------------------------------------

    async def _live(self, told: _Asked, worder: Worder, delivery: str, show: Show) -> None:
        async def grown(wording: Wording) -> None:
            if wording.enough:
                blocks = told.blocks(replace(told.found, wording=wording), to_come=True)
                # What could not be shown now is shown with the next sentence.
                await follow(lambda show: show(blocks), show)

        await show(told.blocks(await self._worded(told, worder, delivery, grown)))

    async def _once(self, told: _Asked, worder: Worder, delivery: str, show: Show) -> None:
        async def grown(wording: Wording) -> None:
            """Nothing is shown before the end."""

        found = await self._worded(told, worder, delivery, grown)
        blocks = wording_blocks(found, told.crisis)
        if blocks:
            await show(blocks)

    async def _worded(
        self,
        told: _Asked,
        worder: Worder,
        delivery: str,
        grown: Callable[[Wording], Awaitable[None]],
    ) -> Answer:
        """The answer at its end, recorded; ``grown`` is told the latest wording meanwhile."""
        loop = asyncio.get_running_loop()
        news = asyncio.Event()
        latest: list[Wording] = []

        def heard(wording: Wording) -> None:
            latest[:] = [wording]
            loop.call_soon_threadsafe(news.set)

        async with self._turns:
            work = asyncio.ensure_future(asyncio.to_thread(worder, told.found, heard))
            work.add_done_callback(lambda _: news.set())
            while not work.done():
                await news.wait()
                news.clear()
                if latest and not work.done():
                    await grown(latest.pop())
            found = work.result()
        await self._record(told, found, delivery)
        return found

    async def _record(self, told: _Asked, found: Answer, delivery: str) -> None:
        """Keep what the model wrote and people were shown, before its end is shown."""
        wording = found.wording
        if told.crisis is None or wording is None or not wording.sentences:
            return
        text = "\n".join(one.marked for one in wording.sentences)
        command = RecordWording(told.seq, text, wording.dropped, wording.enough)
        await self._service.handle(Ask(told.crisis.id, TOCSIN, command, f"{delivery}:worded"))

    # -- ratings --------------------------------------------------------------------------------

    async def rate(self, person: str, about: str, *, useful: bool, reason: str = "") -> None:
        """Keep a rating given outside a crisis; ``about`` is what its button carried."""
        rated = ratings.read(about, useful=useful, reason=self._anonymous(reason))
        await asyncio.to_thread(self._rated.keep, person, rated)

    def _anonymous(self, text: str) -> str:
        """The text without what identifies a patient: what is kept elsewhere has no need of it."""
        return strip(text, find(text, self._service.now().date()))


async def follow(more: Callable[[Show], Awaitable[None]], show: Show) -> None:
    """Show what a model adds to an answer; a failure is logged, the passages being shown."""
    try:
        await more(show)
    except TocsinError as failed:
        log.warning("what a model added was not shown: %s", failed)
