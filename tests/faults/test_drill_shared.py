"""A drill that three processes share on one PostgreSQL: one is killed, one freezes and wakes."""

from collections import Counter
from pathlib import Path

from bot.slack.drill_messages import DESK
from tests.faults.drills import desks, opened, played, recorded, scenario
from tests.faults.nights import PEOPLE, whole
from tests.faults.test_several import PATIENCE, fresh, ward

#: One before the kill, one before the frost, one during it, one after it.
INJECTS = 4
#: Seconds between two looks at what is due: each plays one inject.
TICK = 3.0


async def test_a_drill_goes_on_when_one_is_killed_and_one_freezes(
    tmp_path: Path, postgresql_url: str
) -> None:
    """Its holder killed as an inject is recorded, the heir frozen as the next is: each told once.

    The cell writes in its channel meanwhile; who wakes finds the injects played, and plays none.
    """
    async with ward(scenario(tmp_path, INJECTS), postgresql_url, tick=TICK) as night:
        double, people = night.double, list(PEOPLE.values())
        await opened(double)
        await recorded(night.house, 1)
        drill = fresh(night.house).crises()[0]
        killed, channel = await night.held(drill.id), drill.channel
        await killed.kill()
        night.processes.remove(killed)
        await night.type(people[:3], channel, 2, "avant")
        await recorded(night.house, 2)

        heir = await night.held(drill.id, but=[killed])
        heir.freeze()
        double.socket.ack_deadline = 1.0
        await night.type(people[:3], channel, 2, "gel")
        await recorded(night.house, 3)
        heir.wake()
        double.socket.ack_deadline = 3.0
        await night.type(people[:3], channel, 2, "après")
        await recorded(night.house, INJECTS)
        await whole(double, night.house, PATIENCE)
        await double.wait(lambda one: "Joués\N{NO-BREAK SPACE}: 4 sur 4" in one.text(), PATIENCE)
        assert "Aucune pour ce qui a été joué" in double.text()

        assert played(night.house) == Counter(f"e{one}" for one in range(INJECTS))
        assert desks(double) == [f"{DESK}U01CLAIRE"]
        night.counted()
        assert all(one.acked for text, one in night.sent.items() if text.startswith("après"))
