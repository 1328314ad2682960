"""Sockets that are cut, refreshed or dead: noticed and replaced, whatever the new one costs."""

import asyncio
import time
from pathlib import Path

from tests.double import Double
from tests.faults.nights import bot, few_pages, slack
from tests.faults.processes import Process
from tests.faults.wire import wired

PATIENCE = 40.0


def live(double: Double) -> int:
    """How many connections Slack would send something to."""
    return sum(not one.draining for one in double.socket.connections)


async def test_a_socket_is_replaced_even_when_asking_for_one_fails(tmp_path: Path) -> None:
    """After a refresh or a cut, with each kind of failure on the way to a new connection."""
    async with slack() as double, bot(double, few_pages(tmp_path)):
        for kind, cut in (("500", False), ("502_html", False), ("reset", False), ("500", True)):
            double.fault("apps.connections.open", kind, times=2)
            if cut:
                double.drop_sockets()
            else:
                await double.disconnect("refresh_requested")
            await double.wait(lambda one: live(one) == 2, PATIENCE)
            heard = await double.command("claire", "general", "/crise", "aide")
            assert heard.acked, (kind, cut)
            double.api.faults.planned.clear()


async def test_a_cut_socket_burns_no_core(tmp_path: Path) -> None:
    """While it waits for a new connection the process sleeps."""
    async with slack() as double, bot(double, few_pages(tmp_path)):
        double.fault("apps.connections.open", "500", times=100_000)
        await double.calm()
        double.drop_sockets()
        before, began = time.process_time(), time.monotonic()
        await asyncio.sleep(6)
        spent = (time.process_time() - before) / (time.monotonic() - began)
        double.api.faults.planned.clear()
        await double.wait(lambda one: live(one) == 2, PATIENCE)
        assert spent < 0.5, f"{spent:.0%} of a core"


async def test_a_path_that_is_dead_while_open_is_found_dead_and_replaced(tmp_path: Path) -> None:
    """Nothing passes and nobody is told: new sockets, a rested core, everybody is heard."""
    async with slack(0.02) as double, wired(double) as wire:
        process = Process(double, few_pages(tmp_path))
        await process.start()
        try:
            await process.idle()
            before, began = process.spent(), time.monotonic()
            old = list(double.socket.connections)
            assert wire.dead() >= len(old)
            await double.wait(lambda one: len(one.socket.connections) == 4, PATIENCE)
            spent, passed = process.spent() - before, time.monotonic() - began
            assert spent < 0.5 + passed / 10, f"{spent:.1f} s of a core in {passed:.1f} s"
            wire.bury()
            await double.wait(lambda one: len(one.socket.connections) == 2, PATIENCE)
            assert not set(old) & set(double.socket.connections)
            heard = await double.command("claire", "general", "/crise", "aide")
            assert heard.acked, heard.error
        finally:
            await process.kill()


async def test_a_refusal_of_slack_does_not_end_the_watch(tmp_path: Path) -> None:
    """Slack will have no new connection for a while: both sockets come back and stay watched."""
    async with slack() as double, bot(double, few_pages(tmp_path)):
        double.fault("apps.connections.open", "error:team_added_to_org", times=100_000)
        refused = len(double.called("apps.connections.open")) + 4
        double.drop_sockets()
        await double.wait(lambda one: len(one.called("apps.connections.open")) >= refused, PATIENCE)
        double.api.faults.planned.clear()
        await double.wait(lambda one: live(one) == 2, PATIENCE)
        watching = [one for one in asyncio.all_tasks() if one.get_name() == "pulse"]
        assert len(watching) == 2
        heard = await double.command("claire", "general", "/crise", "aide")
        assert heard.acked
