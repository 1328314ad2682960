"""Break each Web API call of something in turn, and check that it is whole every time."""

from collections.abc import Awaitable, Callable, Sequence

from bot.wiring import House
from tests.double import Delivery, Double
from tests.faults.nights import whole

#: A method, and how many calls of it come before.
Call = tuple[str, int]
#: Do the thing once more; its number, from 1.
Act = Callable[[int], Awaitable[Delivery]]


async def swept(
    double: Double, house: House, calls: Sequence[Call], kind: str, act: Act, times: int = 1
) -> None:
    """Do it once for each of its calls, with that one broken so often; each time it is whole."""
    for number, (method, after) in enumerate(calls, 1):
        double.fault(method, kind, times, after=after)
        delivery = await act(number)
        await whole(double, house)
        told = f"{kind} at call {after} of {method}: {delivery.error} {delivery.response}"
        assert delivery.acked, told
        assert not any(one.times for one in double.api.faults.planned), f"never met: {told}"
        double.api.faults.planned.clear()
