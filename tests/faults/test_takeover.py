"""An upgrade in the middle of the night: a new process beside the old one, which then leaves."""

import asyncio
from collections import Counter
from pathlib import Path

from bot.core.steps import StepTaken
from bot.core.transcript import MessageHeard
from tests.faults.nights import PEOPLE, declared, few_pages, whole
from tests.faults.processes import Process
from tests.faults.test_several import PATIENCE, Ward, fresh, ward
from tests.service.numbers import FIRST

#: What an old process says to who comes too late: nobody must hear it.
STOPPING = "s'arrête"
#: Who holds a closing socket may be cut off once on each: Slack then says to press again.
SOCKETS = 2
WHO = tuple(PEOPLE.values())[:4]
STEPS = ("prendre-appel", "confirmer-rancongiciel", "alerter-cellule")


class Cell:
    """People who press, decide and talk without a pause, until told to rest."""

    def __init__(self, night: Ward, channel: str) -> None:
        """Begin at once."""
        self._night = night
        self._channel = channel
        self._resting = False
        self.said: Counter[str] = Counter()
        self._tasks = [asyncio.create_task(self._act(one)) for one in WHO]
        self._tasks.append(asyncio.create_task(self._talk("hugo")))

    async def rest(self) -> None:
        """Let everybody finish what they are at."""
        self._resting = True
        await asyncio.gather(*self._tasks)

    async def _act(self, person: str) -> None:
        """Decide, and press a step, again and again; an error is seen, and one goes on."""
        double, number = self._night.double, 0
        while not self._resting:
            number += 1
            text = f"relève {person} {number}"
            lines = {text: f"décision {text}", f"{text}!": f"prendre {STEPS[number % 3]}"}
            for key, line in lines.items():
                sent = await double.command(person, self._channel, "/crise", line)
                assert STOPPING not in str(sent.response), sent.response
                assert not sent.acked or sent.response, f"{line}: no word"
                if key == text:
                    self._night.sent[text] = sent

    async def _talk(self, person: str) -> None:
        """Say things in the channel; Slack sends again what was not taken."""
        while not self._resting:
            text = f"propos {self.said.total() + 1}"
            self.said[text] += 1
            await self._night.double.message(person, self._channel, text)
            await asyncio.sleep(0.1)


def once(night: Ward, cell: Cell) -> None:
    """Check that what was acknowledged is there, once, and that Slack said « again » rarely."""
    night.counted()
    refused = Counter(one.user for one in night.double.user_saw_error)
    assert max(refused.values(), default=0) <= SOCKETS, refused
    facts = [fact for fact, _ in fresh(night.house).facts(FIRST)]
    heard = Counter(one.text for one in facts if isinstance(one, MessageHeard))
    assert {text: heard[text] for text in cell.said} == dict(cell.said)
    taken = Counter(one.step for one in facts if isinstance(one, StepTaken))
    assert taken == dict.fromkeys(STEPS, 1)


async def test_an_upgrade_loses_no_click_and_doubles_nothing(
    tmp_path: Path, postgresql_url: str
) -> None:
    """The new one starts, the old one stops, people go on: each act once, no late refusal."""
    async with ward(few_pages(tmp_path), postgresql_url, 1) as night:
        double, (old,) = night.double, night.processes
        double.socket.retry_delays = (0.0, 1.0)
        await declared(double)
        await whole(double, night.house, PATIENCE)
        new = Process(double, tmp_path, postgresql_url)
        try:
            await new.start()
            cell = Cell(night, fresh(night.house).crises()[0].channel)
            await double.wait(lambda _: len(night.sent) > 2 * len(WHO), PATIENCE)
            night.processes[:] = [new]
            double.socket.ack_deadline = 5.0
            await old.stop()
            assert await night.held(FIRST) is new
            reached = len(night.sent) + 2 * len(WHO)
            await double.wait(lambda _: len(night.sent) >= reached, PATIENCE)
            await cell.rest()
            await whole(double, night.house, PATIENCE)
        finally:
            await new.kill()
        once(night, cell)
