"""One short night of the fault campaign; ``make faults`` plays as many as one likes."""

from tests.faults.campaign import play

#: This seed kills the process twice, cuts its sockets and breaks its calls, around a declaration.
SEED, ACTS = 36, 8


async def test_a_night_on_which_everything_breaks_ends_whole() -> None:
    """Killed, cut, locked and lied to: nothing lost, nothing doubled, a word for each."""
    assert len(await play(SEED, acts=ACTS)) == ACTS
