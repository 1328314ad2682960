"""What the benches compute by themselves: waits from the instant, what is missing, busy minutes."""

import asyncio
from collections import Counter

from bench.crowd import busiest
from bench.rhythm import Fired, Sent, fire, missing, numbers, text_of


async def test_a_wait_counts_from_the_instant_that_was_meant() -> None:
    """When the sender is kept from its work, what it sends late has waited since its instant."""

    async def act(number: int) -> bool:
        if number == 0:
            # The whole loop stands still, as a busy machine would have it.
            until = asyncio.get_running_loop().time() + 0.3
            while asyncio.get_running_loop().time() < until:
                pass
        return number != 4

    fired = await fire(rate=100, seconds=0.1, act=act)
    assert len(fired.sent) == 10
    assert fired.lag >= 0.15
    assert fired.sent[1].waited is not None
    assert fired.sent[1].waited >= 0.15, "the delay of the sender was left out"
    assert fired.sent[4].waited is None
    assert 4 not in fired.acknowledged


def test_late_and_lost_are_told_apart() -> None:
    """What came after the deadline was acknowledged, and is not in time."""
    fired = Fired([Sent(0, 0.1), Sent(1, 3.5), Sent(2, None)], 0.0, 1.0)
    assert fired.in_time == 1
    assert fired.acknowledged == {0, 1}
    assert fired.told() == "p50 100.0 / p99 3500.0 / worst 3500 ms"
    assert Fired([Sent(0, None)], 0.0, 1.0).told() == "nothing acknowledged"


def test_what_is_missing_and_what_stands_twice_are_found() -> None:
    """An action is found by its number, once in a text; the check counts both faults."""
    found = numbers([text_of(1), f"{text_of(2)} {text_of(2)}", text_of(3), text_of(3), "rien"])
    assert found == Counter({1: 1, 2: 1, 3: 2})
    assert missing(frozenset({1, 2, 3}), found) == (0, 1)
    assert missing(frozenset({1, 7, 8}), found) == (2, 1)


def test_the_busiest_minute_is_any_minute() -> None:
    """A burst across the turn of a minute counts whole; what is a minute apart does not."""
    assert busiest([]) == 0
    assert busiest([55.0, 59.0, 61.0, 100.0]) == 4
    assert busiest([0.0, 60.0, 120.0]) == 1
    assert busiest([200.0, 0.0, 59.9]) == 2
