"""Ask the library on behalf of the cell, and record what was asked and what answered."""

import asyncio
from collections.abc import Callable

from bot.core.crisis import Actor, Crisis
from bot.core.evidence import RecordQuestion
from bot.core.french import typography
from bot.errors import Refused
from bot.library.answer import Answer
from bot.service import Ask, Service
from bot.slack.blocks import Block, section
from bot.slack.texts import answer_blocks

#: ``(question, playbook of the running crisis or None) -> answer``; may take its time.
Asker = Callable[[str, str | None], Answer]


class Answers:
    """Questions to the library; ``asker`` is absent while the library is still being read."""

    def __init__(self, service: Service) -> None:
        """Start without a library: it is read after the socket is connected."""
        self._service = service
        self.asker: Asker | None = None

    async def answer(
        self, question: str, crisis: Crisis | None, actor: Actor, delivery: str
    ) -> list[Block] | None:
        """Blocks of the answer, recorded in the crisis; ``None`` when this was answered already."""
        asked = question.strip()
        if not asked:
            raise Refused("Il manque votre question : « /crise question <votre question> ».")
        if self.asker is None:
            return [section("Je lis encore les playbooks. Reposez votre question dans un instant.")]
        playbook = crisis.plan.playbook.id if crisis else None
        found = await asyncio.to_thread(self.asker, asked[:1000], playbook)
        if crisis is not None:
            sources = tuple(f"{one.path} › {one.section}" for one in found.sources)
            command = RecordQuestion(asked, found.confidence, sources)
            done = await self._service.handle(Ask(crisis.id, actor, command, delivery))
            if done.repeated:
                return None
        return answer_blocks(asked, found.confidence, typography(found.text), found.sources, crisis)
