"""Who posts when: never too many in a minute, the quietest channel first, people in between."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.gateway import USUAL, Gateway, Tempo
from bot.slack.lanes import POSTS, Lanes
from tests.double import Double
from tests.double.faults import Minute
from tests.double.rules import POSTS_PER_MINUTE
from tests.double.world import BOT_USER
from tests.slack.conftest import QUICK
from tests.slack.skipping import skipping

POST, WHISPER, FILE = "chat.postMessage", "chat.postEphemeral", "files.completeUploadExternal"
PACE, BURST = USUAL.lanes[POSTS]
IN_CHANNEL = USUAL.lanes[POST]


@dataclass(frozen=True, slots=True)
class Went:
    """A call that went: its name, its channel, the loop's instant."""

    name: str
    channel: str
    at: float


@dataclass(slots=True)
class Road:
    """Lanes, and what went through them in order."""

    lanes: Lanes = field(default_factory=lambda: Lanes(USUAL.lanes, USUAL.other))
    went: list[Went] = field(default_factory=list)
    numbers: Any = field(default_factory=count)

    async def go(
        self, channel: str, name: str = "", method: str = POST, *, awaited: bool = False
    ) -> float:
        """Wait for a turn; the instant at which it came."""
        await self.lanes.turn(method, channel, awaited=awaited)
        now = asyncio.get_running_loop().time()
        self.went.append(Went(name, channel, now))
        return now

    def start(self, channel: str, name: str = "", **how: Any) -> "asyncio.Task[float]":
        """Have a call wait for its turn; those started first came first."""
        return asyncio.create_task(self.go(channel, name, **how))

    def names(self) -> list[str]:
        """What went, in order."""
        return [one.name for one in self.went]

    async def used_up(self) -> None:
        """Spend what was saved up, in channels that nobody else uses."""
        await asyncio.gather(*(self.go(f"spent{number}") for number in range(BURST)))
        self.went.clear()


def all_pass(went: Sequence[Went], most: int = POSTS_PER_MINUTE) -> bool:
    """Whether a Slack that takes so many posts in any minute took them all."""
    minute = Minute(most)
    return all(minute.wait(one.at) == 0 for one in went)


def spread(went: Sequence[Went], channel: str) -> list[float]:
    """The instants of the posts of this channel."""
    return [one.at for one in went if one.channel == channel]


# -- the ceiling ----------------------------------------------------------------------------------


def test_what_is_usual_stays_under_several_hundred_a_minute() -> None:
    """The burst and a minute of the pace together are under what the strict Slack takes."""
    assert BURST + 60 / PACE <= POSTS_PER_MINUTE


def test_sixty_channels_at_once_never_pass_the_ceiling() -> None:
    """Six hundred posts in sixty channels: no minute has too many, and no time is wasted."""

    async def night() -> Road:
        road = Road()
        await asyncio.gather(*(road.go(f"C{number % 60}") for number in range(600)))
        return road

    went = skipping(night()).went
    assert len(went) == 600
    assert all_pass(went)
    assert not all_pass(went, 200), "what is counted would be seen"
    assert abs(went[-1].at - went[0].at - (600 - BURST) * PACE) < 1.0


def test_a_channel_keeps_its_own_pace() -> None:
    """In one channel alone: a small burst, then about one a second, though the rest is free."""

    async def night() -> list[float]:
        road = Road()
        await asyncio.gather(*(road.go("C1") for _ in range(30)))
        return [one.at - road.went[0].at for one in road.went]

    found = skipping(night())
    pace, burst = IN_CHANNEL
    assert found[burst - 1] == 0
    assert all(
        later - sooner >= pace * burst - 1e-6
        for sooner, later in zip(found, found[burst:], strict=False)
    )


def test_whatever_appears_is_counted() -> None:
    """Files and words for one person take a place among the posts; files in their channel too."""

    async def night() -> tuple[list[float], float]:
        road = Road()
        await road.used_up()
        asked = [road.start("C1", method=FILE) for _ in range(3)]
        asked += [road.start("C1", method=WHISPER) for _ in range(3)]
        began = asyncio.get_running_loop().time()
        told = sorted([at - began for at in await asyncio.gather(*asked)])
        alone = Road()
        files = [await alone.go("C2", method=FILE) for _ in range(IN_CHANNEL[1] + 1)]
        return told, files[-1] - files[0]

    told, last = skipping(night())
    assert [round(at / PACE) for at in told] == [1, 2, 3, 4, 5, 6]
    assert last > IN_CHANNEL[0], "the seventh file waits for its channel"


def test_processes_share_the_ceiling() -> None:
    """Two processes that know of each other post together what one may post alone."""

    async def night() -> list[Went]:
        roads = [Road(Lanes(USUAL.lanes, USUAL.other, lambda: 2)) for _ in range(2)]
        await asyncio.gather(
            *(road.go(f"C{number % 40}") for road in roads for number in range(300))
        )
        return sorted((one for road in roads for one in road.went), key=lambda one: one.at)

    went = skipping(night())
    assert len(went) == 600
    assert all_pass(went)
    assert sum(one.at - went[0].at < PACE / 2 for one in went) == BURST
    assert abs(went[-1].at - went[0].at - (600 - BURST) * PACE) < 2.0


def test_without_a_pace_nobody_waits() -> None:
    """Lanes without paces hold nothing back: a thousand posts go at the same instant."""

    async def night() -> set[float]:
        road = Road(Lanes(QUICK.lanes, QUICK.other))
        await asyncio.gather(*(road.go(f"C{number % 7}") for number in range(1_000)))
        return {one.at for one in road.went}

    assert len(skipping(night())) == 1


# -- the order ------------------------------------------------------------------------------------


def test_a_new_channel_goes_before_a_chatty_one() -> None:
    """A hundred posts wait for a channel: the first of a new channel goes with the very next."""

    async def night() -> list[str]:
        road = Road(Lanes({POSTS: (PACE, BURST)}, (0.0, 1)))
        chatty = [road.start("C1", "chatty") for _ in range(100)]
        await asyncio.sleep(10.5 * PACE)
        new = road.start("C2", "new")
        await asyncio.gather(new, *chatty)
        return road.names()

    names = skipping(night())
    assert names.index("new") == BURST + 10
    assert names.count("chatty") == 100


def test_a_declaration_beside_fifty_busy_crises_is_told_at_once() -> None:
    """Fifty channels have ten posts each to go: a new one has its first three at once."""

    async def night() -> tuple[list[float], Road]:
        road = Road()

        async def busy(channel: str) -> None:
            for _ in range(10):
                await road.go(channel)

        crowd = [asyncio.create_task(busy(f"C{number}")) for number in range(50)]
        await asyncio.sleep(70)
        began = asyncio.get_running_loop().time()
        first = [await road.go("new") - began for _ in range(3)]
        await asyncio.gather(*crowd)
        return first, road

    first, road = skipping(night())
    assert all(at <= number * PACE + 1e-6 for number, at in enumerate(first, start=1)), first
    lengths = {len(spread(road.went, f"C{number}")) for number in range(50)}
    assert lengths == {10}, "and the others are told to the end"


def test_channels_have_their_turns() -> None:
    """Three channels that all have much to tell are told one after the other."""

    async def night() -> list[str]:
        road = Road(Lanes({POSTS: (PACE, 1)}, (0.0, 1)))
        await road.go("spent")
        tasks = [road.start(name, name) for name in "AAAABBBBCCCC"]
        await asyncio.gather(*tasks)
        return road.names()[1:]

    found = skipping(night())
    assert [set(found[at : at + 3]) for at in range(0, 12, 3)] == [{"A", "B", "C"}] * 4


def test_what_is_awaited_has_seven_places_of_eight() -> None:
    """Answers wait behind one post at most, and posts behind seven answers."""

    async def night() -> list[str]:
        road = Road()
        await road.used_up()
        told = [road.start(f"C{number}", "told") for number in range(20)]
        asked = [road.start(f"C{number}", "asked", awaited=True) for number in range(5)]
        asked += [road.start(f"C{number}", "asked", method=FILE) for number in range(5, 10)]
        asked += [road.start("C0", "asked", method=WHISPER) for _ in range(5)]
        await asyncio.gather(*told, *asked)
        return road.names()

    assert skipping(night()) == [*[*["asked"] * 7, "told"] * 2, "asked", *["told"] * 18]


def test_who_waits_longest_is_answered_first() -> None:
    """What is awaited in a channel that was told much goes before what was asked for later."""

    async def night() -> list[str]:
        road = Road(Lanes({POSTS: (PACE, BURST)}, (0.0, 1)))
        await asyncio.gather(*(road.go("busy") for _ in range(BURST)))
        road.went.clear()
        asked = [road.start("busy", "first", awaited=True)]
        asked += [road.start(f"C{number}", "later", awaited=True) for number in range(3)]
        await asyncio.gather(*asked)
        return road.names()

    assert skipping(night()) == ["first", "later", "later", "later"]


def test_a_method_serves_who_came_first() -> None:
    """What is no post keeps to its own lane, in order, whatever is posted meanwhile."""

    async def night() -> tuple[list[str], list[float]]:
        road = Road()
        await road.used_up()
        began = asyncio.get_running_loop().time()
        tasks = [road.start("", str(n), method="chat.update") for n in range(30)]
        found = [at - began for at in await asyncio.gather(*tasks)]
        return road.names(), found

    names, found = skipping(night())
    pace, burst = USUAL.lanes["chat.update"]
    assert names == [str(n) for n in range(30)]
    assert found[burst - 1] == 0
    assert found[burst] >= pace * burst - 1e-6


# -- what is given up and what is refused ---------------------------------------------------------


def test_who_gives_up_holds_nobody_back() -> None:
    """Two hundred waiting posts and updates are cancelled: the next goes as if they never were."""

    async def night() -> list[float]:
        road = Road()
        await road.used_up()
        loop = asyncio.get_running_loop()
        for _ in range(USUAL.lanes["chat.update"][1] - 1):
            await road.go("", method="chat.update")
        waiting: list[asyncio.Task[float]] = []
        for number in range(100):
            waiting.append(road.start(f"C{number}"))
            waiting.append(road.start("", method="chat.update"))
        await asyncio.sleep(0)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        began = loop.time()
        return [
            await road.go("C1") - began,
            await road.go("", method="chat.update") - began,
        ]

    post, update = skipping(night())
    pace, burst = USUAL.lanes["chat.update"]
    assert post <= PACE + 1e-6
    assert update <= pace * burst + 1e-6


def test_a_refused_channel_stops_alone_and_two_stop_all() -> None:
    """One refusal may be about its channel; two at the same time are about the workspace."""

    async def night() -> list[float]:
        road = Road()
        began = asyncio.get_running_loop().time()
        road.lanes.hold(POST, "C1", 5.0)
        road.lanes.hold(POST, "C1", 10.0)
        other = await road.go("C3") - began
        same = road.start("C1")
        road.lanes.hold(POST, "C2", 20.0)
        third = road.start("C4")
        return [other, await third - began, await same - began]

    other, third, same = skipping(night())
    assert other == 0
    assert third >= 20 - 1e-6
    assert same >= 20 - 1e-6


def test_a_refused_method_stops_alone() -> None:
    """An update that Slack refuses for a while keeps the other methods going."""

    async def night() -> list[float]:
        road = Road()
        for _ in range(USUAL.lanes["chat.update"][1]):
            await road.go("C1", method="chat.update")
        began = asyncio.get_running_loop().time()
        road.lanes.hold("chat.update", "C1", 30.0)
        post = await road.go("C1") - began
        update = await road.go("C2", method="chat.update") - began
        return [post, update]

    post, update = skipping(night())
    assert post == 0
    assert update >= 30 - 1e-6


# -- anything at all ------------------------------------------------------------------------------

deeds = st.lists(
    st.tuples(
        st.sampled_from([POST, POST, POST, WHISPER, FILE, "refused", "given up"]),
        st.integers(0, 8),
        st.floats(0, 3.0),
        st.booleans(),
    ),
    max_size=120,
)


@given(deeds)
@settings(max_examples=40, deadline=None)
def test_whatever_happens_the_limits_hold_and_all_go(
    done: Sequence[tuple[str, int, float, bool]],
) -> None:
    """Posts, refusals and cancellations in any order: no limit is passed, nobody waits for ever."""

    async def night() -> tuple[Road, int]:
        road = Road(Lanes({**USUAL.lanes, POSTS: (0.6, 4)}, USUAL.other))
        tasks: list[asyncio.Task[float]] = []
        for kind, channel, pause, awaited in done:
            if kind == "refused":
                road.lanes.hold(POST, f"C{channel}", pause)
            elif kind == "given up":
                [one.cancel() for one in tasks[-channel:] if not one.done()]
            else:
                tasks.append(road.start(f"C{channel}", kind, method=kind, awaited=awaited))
            await asyncio.sleep(pause if awaited else 0)
        await asyncio.gather(*tasks, return_exceptions=True)
        return road, sum(not one.cancelled() for one in tasks)

    road, meant = skipping(night())
    assert len(road.went) == meant
    assert all_pass(road.went, 4 + round(60 / 0.6))
    pace, burst = IN_CHANNEL
    for number in range(9):
        seen = [one.at for one in road.went if one.channel == f"C{number}" and one.name != WHISPER]
        assert all(
            later - sooner >= pace * burst - 1e-6
            for sooner, later in zip(seen, seen[burst:], strict=False)
        )


# -- at Slack's door ------------------------------------------------------------------------------


async def test_the_gateway_posts_in_one_lane() -> None:
    """Once the workspace's posts are used up, no channel posts, and everything else goes on."""
    tempo = Tempo(lanes={POSTS: (3_600.0, 2)}, other=(0.0, 1))
    async with Double(delay=0) as double:
        client = AsyncWebClient(double.bot_token, double.api_url, retry_handlers=[])
        gateway = Gateway(client, tempo)
        channels = [double.world.add_channel(f"essai-{n}", [BOT_USER]).id for n in range(4)]

        async def post(channel: str) -> Awaitable[Any] | dict[str, Any]:
            return await gateway.call(POST, channel=channel, text="Bonjour.")

        tasks = [asyncio.create_task(post(channel)) for channel in channels]
        await double.wait(lambda one: len(one.called(POST)) == 2)
        await gateway.call("conversations.info", channel=channels[3])
        assert len(double.called(POST)) == 2
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
