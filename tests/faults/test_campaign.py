"""One short night of the fault campaign, and the proof that a bad one would be found.

``make faults`` plays as many nights as one likes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.duties import ReminderRaised
from bot.core.steps import StepTaken
from tests.double import Delivery
from tests.faults.campaign import happen, play, reported, schedule, settle
from tests.faults.invariants import hold, once, written
from tests.faults.nights import key_of, verified, whole
from tests.faults.stage import Night, Outside, night
from tests.faults.troubles import troubles

#: This seed refuses connections, has the playbook edited and kills the process, people going on.
SEED, ACTS = 104, 6
#: Seconds to find what was planted: it is there at once.
SOON = 0.1


async def test_a_night_on_which_everything_breaks_ends_whole() -> None:
    """Refused, edited, killed: nothing lost, nothing doubled, a word for each."""
    told = await play(SEED, acts=ACTS)
    assert len(told.story) == ACTS
    assert told.actions >= told.acknowledged > 0


def test_a_seed_is_a_schedule() -> None:
    """The same seed breaks the same things again; in a hundred nights everything breaks."""
    assert schedule(SEED, 40) == schedule(SEED, 40) != schedule(SEED + 1, 40)
    broken = {together[0] for seed in range(100) for together in schedule(seed, 14)[1::2]}
    assert broken == {one for seed in range(4) for one in troubles(seed)}


async def test_what_is_planted_is_found(tmp_path: Path) -> None:
    """A message doubled, missing, changed, a line lost or unsaid, a forged journal: each found."""
    async with night(0, tmp_path, Outside()) as one:
        await happen(one, 1)
        await settle(one)
        hold(one)
        await one.processes[0].kill()
        for plant, complaint in (
            (_doubled, "board stands 2 times"),
            (_missing, "orders is missing"),
            (_changed, "board is out of date"),
        ):
            with plant(one), pytest.raises(AssertionError, match=complaint):
                await whole(one.double, one.house, SOON)
        for plant, complaint in (
            (_lost, "lost: "),
            (_unsaid, "refused, no word"),
            (_unanswered, "no answer to"),
            (_unheard, "said in"),
        ):
            with plant(one), pytest.raises(AssertionError, match=complaint):
                hold(one)
        hold(one)
        await whole(one.double, one.house)
        with (
            _lost(one),
            pytest.raises(AssertionError, match=r"^seed 0: .*lost(.|\n)*\n0: repeat at "),
            reported(one),
        ):
            hold(one)
        _forge(one.data / "tocsin.db")
        with pytest.raises(AssertionError):
            verified(one.house.store)


def test_what_stands_twice_is_found() -> None:
    """A line, a reminder, a step taken: twice is once too often."""
    with pytest.raises(AssertionError, match="stands twice"):
        written({"a": _acknowledged("Enregistré, ligne 7.")}, {"a": 2})
    reminder = ReminderRaised("cnil-1", "cnil", datetime(2026, 11, 21, tzinfo=UTC))
    with pytest.raises(AssertionError, match="reminders"):
        once([reminder, reminder])
    with pytest.raises(AssertionError, match="steps"):
        once([StepTaken("prendre-appel"), StepTaken("prendre-appel")])


def _acknowledged(text: str) -> Delivery:
    response = {"text": text} if text else {}
    return Delivery("slash_commands", {}, "U01CLAIRE", acked=True, response=response)


@contextmanager
def _doubled(night: Night) -> Iterator[None]:
    """The board is posted twice."""
    channel = night.double.channel(night.channels[0])
    twin = deepcopy(next(one for one in channel.messages.values() if key_of(one) == "board"))
    twin.ts = night.double.world.ts()
    channel.messages[twin.ts] = twin
    yield
    del channel.messages[twin.ts]


@contextmanager
def _missing(night: Night) -> Iterator[None]:
    """A message is not there."""
    messages = night.double.channel(night.channels[0]).messages
    kept = dict(messages)
    del messages[next(ts for ts, one in kept.items() if key_of(one) == "orders")]
    yield
    messages.clear()
    messages.update(kept)


@contextmanager
def _changed(night: Night) -> Iterator[None]:
    """The board says something else."""
    messages = night.double.channel(night.channels[0]).messages
    board = next(one for one in messages.values() if key_of(one) == "board")
    kept, board.blocks, text, board.text = board.blocks, [], board.text, "Tout va bien."
    yield
    board.blocks, board.text = kept, text


@contextmanager
def _lost(night: Night) -> Iterator[None]:
    """What was told as written is not in the journal."""
    night.sent["Décision perdue"] = _acknowledged("Enregistré, ligne 99.")
    yield
    del night.sent["Décision perdue"]


@contextmanager
def _unsaid(night: Night) -> Iterator[None]:
    """A refusal without a sentence."""
    night.sent["Décision tue"] = _acknowledged("Non.")
    yield
    del night.sent["Décision tue"]


@contextmanager
def _unanswered(night: Night) -> Iterator[None]:
    """A press that nothing answered."""
    night.answered.append(_acknowledged(""))
    yield
    night.answered.pop()


@contextmanager
def _unheard(night: Night) -> Iterator[None]:
    """Something said that the journal does not know."""
    channel = night.double.channel(night.channels[0])
    said = night.double.world.say(channel, "", "U04HUGO", "Personne n'écoute")
    yield
    del channel.messages[said.ts]


def _forge(database: Path) -> None:
    """Change one body behind the back of the journal, its guards taken away."""
    with closing(sqlite3.connect(database)) as other:
        guards = other.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in guards:
            other.execute(f"DROP TRIGGER {name}")
        other.execute("UPDATE body SET body = replace(body, 'claire', 'hugo') WHERE seq = 1")
        other.execute("UPDATE body SET salt = zeroblob(32) WHERE seq = 1")
        other.commit()
