"""What breaks on a night of the campaign: each trouble takes seconds and is over when it returns.

Slack and the way to it, the processes and their clock, the database and the disk, the index, the
model, the files that people edit.
"""

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import sleep

import psycopg

from tests.double.faults import KINDS
from tests.faults.deeds import Act
from tests.faults.stage import Night
from tests.journal.postgresql import restart

#: Seconds without a word.
SILENCE = 30
_METHODS = ("chat.postMessage", "chat.update", "pins.add", "chat.postEphemeral", "*")


def put(file: Path, text: str) -> None:
    """Write a file that another process reads at any instant."""
    aside = file.with_name(f".{file.name}.new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(file)


# -- processes ---------------------------------------------------------------------------------


async def kill(night: Night) -> None:
    """One process is killed at some instant, and started again."""
    await asyncio.sleep(night.chance.uniform(0, 0.3))
    await night.chance.choice(night.processes).restart()


async def freeze(night: Night) -> None:
    """One process stands still for a while, then goes on."""
    one = night.chance.choice(night.processes)
    one.freeze()
    await asyncio.sleep(night.chance.uniform(0.5, 4.5))
    one.wake()


async def step_clock(night: Night) -> None:
    """The clock of the machine jumps, forward or back."""
    put(night.folder / "offset", str(night.chance.choice((-3600, -5, 5, 7200))))


# -- Slack and the way to it -------------------------------------------------------------------


async def break_calls(night: Night) -> None:
    """Some of the next calls to Slack fail, each in its way."""
    lasting = ["slow:2", f"silent:{SILENCE}", f"mute:{SILENCE}"]
    for _ in range(4):
        kind = night.chance.choice([*KINDS, *lasting])
        times = 1 if kind == "429" or kind in lasting else night.chance.randint(1, 3)
        method = night.chance.choice(_METHODS)
        night.double.fault(method, kind, times, after=night.chance.randrange(6))


async def cut(night: Night) -> None:
    """Every socket is cut, without a word or after one; or acknowledgements get lost."""
    how = night.chance.randrange(4)
    if how == 0:
        night.double.drop_sockets()
    elif how == 1:
        await night.double.disconnect("refresh_requested")
    elif how == 2:
        await night.double.disconnect("warning")
    else:
        night.double.lose_acks(2)


async def refuse(night: Night) -> None:
    """Slack refuses connections, and those that were open are reset."""
    night.wire.refuse()
    await asyncio.sleep(night.chance.uniform(1, 6))
    await night.wire.accept()


async def deaden(night: Night) -> None:
    """Nothing passes any more on what is open, and nobody is told; Slack notices later."""
    night.wire.dead()
    await asyncio.sleep(night.chance.uniform(2, 9))
    night.wire.bury()


async def silence(night: Night) -> None:
    """Slack says nothing at all, on any connection, for half a minute."""
    night.wire.silence()
    await asyncio.sleep(SILENCE)
    night.wire.speak()


async def late(night: Night) -> None:
    """Events come two hours late by the clock of the machine, and in another order."""
    night.double.socket.hold()
    await asyncio.sleep(2)
    put(night.folder / "offset", str(timedelta(hours=2).total_seconds()))
    night.double.socket.release(night.chance.shuffle)


# -- the database and the disk -----------------------------------------------------------------


async def lock(night: Night) -> None:
    """Another program holds the database, for a second."""
    await asyncio.to_thread(_hold, night, 1.0)


async def slow(night: Night) -> None:
    """Another program holds the database nearly all the time: each write waits its turn."""
    for _ in range(4):
        await asyncio.to_thread(_hold, night, 0.7)
        await asyncio.sleep(0.2)


def _hold(night: Night, seconds: float) -> None:
    if night.outside.host:
        with _database(night) as connection, connection.transaction():
            connection.execute("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE")
            sleep(seconds)
        return
    file = night.data / "tocsin.db"
    with closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        sleep(seconds)
        other.execute("ROLLBACK")


async def disk_full(night: Night) -> None:
    """No page is left for the database."""
    await _ill(night, "full")


async def read_only(night: Night) -> None:
    """The database may not be written."""
    await _ill(night, "read-only")


async def _ill(night: Night, how: str) -> None:
    put(night.folder / "disk", how)
    await asyncio.sleep(night.chance.uniform(1, 5))
    (night.folder / "disk").unlink()


def _database(night: Night) -> psycopg.Connection[tuple[object, ...]]:
    url = night.house.settings.database_url
    return psycopg.connect(url, autocommit=True)


def _maintenance(night: Night) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(host=night.outside.host, user="postgres", autocommit=True)


def _name(night: Night) -> str:
    return str(night.house.store.engine.url.database)


async def sever(night: Night) -> None:
    """The server drops every connection."""
    await asyncio.to_thread(_sever, night)


def _sever(night: Night) -> None:
    with _maintenance(night) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (_name(night),),
        )


async def cut_off(night: Night) -> None:
    """The server drops every connection, and takes none for a while."""
    await asyncio.to_thread(_allow, night, "false")
    try:
        await asyncio.to_thread(_sever, night)
        await asyncio.sleep(night.chance.uniform(1, 5))
    finally:
        await asyncio.to_thread(_allow, night, "true")


def _allow(night: Night, yes: str) -> None:
    with _maintenance(night) as connection:
        connection.execute(f"ALTER DATABASE {_name(night)} ALLOW_CONNECTIONS {yes}".encode())


async def restart_database(night: Night) -> None:
    """The server of the database loses power, and comes back."""
    await asyncio.to_thread(restart, night.outside.host)


# -- the index, the model, the files -----------------------------------------------------------


async def spoil_index(night: Night) -> None:
    """The folder of the index is gone, or each of its files is nonsense."""
    folder = night.data / "library"
    if night.chance.random() < 0.5:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        if file.name != "lock":
            file.write_bytes(os.urandom(min(file.stat().st_size, 4096)))


async def lose_chroma(night: Night) -> None:
    """The Chroma server is killed, and started again."""
    chroma = night.outside.chroma
    if chroma is not None:
        chroma.stop()
        await asyncio.sleep(night.chance.uniform(0.5, 4))
        await asyncio.to_thread(chroma.start)


async def confuse_model(night: Night) -> None:
    """The model is slow, fails, breaks off, falls silent, or says what nobody asked."""
    model = night.outside.model
    if model is None:
        return
    model.pause = night.chance.choice((0.0, 0.5, 5.0))
    model.write(night.chance.choice(("", "Payez la rançon <!channel>.", '{"text": 1}\n[[', "\x00")))
    how = night.chance.randrange(4)
    if how == 0:
        model.fail(night.chance.choice((401, 429, 500, 503)))
    elif how == 1:
        model.drop(after=1)
    elif how == 2:
        model.stall(after=1)


async def edit_playbook(night: Night) -> None:
    """Somebody edits the playbook of the crises under way: well, badly, by halves, or takes it."""
    book = night.book
    versions = (
        book.replace("title:", "title: Nouveau —", 3),
        book + "\nphases: [",
        book[: len(book) // 2],
    )
    which = night.chance.randrange(len(versions) + 1)
    if which == len(versions):
        night.playbook.unlink(missing_ok=True)
    else:
        night.playbook.write_text(versions[which], encoding="utf-8")


_ANYWHERE: tuple[Act, ...] = (
    *(kill, freeze, step_clock),
    *(break_calls, break_calls, cut, refuse, deaden, silence, late),
    edit_playbook,
)
_ON_FILES: tuple[Act, ...] = (lock, slow, disk_full, read_only, spoil_index)
_ON_SERVERS: tuple[Act, ...] = (lock, slow, sever, cut_off, restart_database, lose_chroma)


def troubles(seed: int) -> tuple[Act, ...]:
    """What may break on the night of this seed."""
    model = (confuse_model, confuse_model) if seed % 4 in (2, 3) else ()
    return (*_ANYWHERE, *(_ON_SERVERS if seed % 2 else _ON_FILES), *model)
