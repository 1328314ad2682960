"""Keep the data of a release for the releases to come: run with the code of that release.

In a checkout of the release, with a night that its own tests have left behind::

    pytest tests/slack/test_scenario.py --basetemp=/tmp/night
    PYTHONPATH=. python -P PATH/TO/tests/journal/era.py NAME /tmp/night/*0/data OUT

``OUT/NAME.sql.xz`` is the SQLite database as SQL, with the seed of that night's key (of no use
elsewhere) on the first line, and ``NAME.postgresql.sql.xz`` the same rows as ``pg_dump`` writes
them.  ``NAME.jsonl.xz`` holds one line of every kind that the release writes, every field of it
filled.  Only what all releases have is imported from the product.
"""

import lzma
import sqlite3
import subprocess
import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import psycopg
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import make_url

from bot.core.crisis import Actor
from bot.core.facts import FACTS
from bot.journal.codec import encode
from bot.journal.entry import GENESIS, export_line, seal
from bot.journal.store import Store
from bot.slack.posted import Posted

START = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)
WHO = Actor("U04HUGO", "Hugo Fictif", "DSI")
_PLAIN: Mapping[Any, Any] = {
    str: "texte fictif",
    int: 3,
    bool: True,
    datetime: START,
    date: START.date(),
    timedelta: timedelta(minutes=45),
    types.NoneType: None,
    Mapping[str, Any]: {"champ": "valeur fictive"},
}


def main(name: str, data: Path, out: Path) -> None:
    """Write the files of one release."""
    key: Any = load_pem_private_key((data / "keys" / "tocsin.pem").read_bytes(), None)
    seed = key.private_bytes_raw().hex()
    with closing(sqlite3.connect(data / "tocsin.db")) as database:
        dumped = "\n".join(database.iterdump())
    keep(out / f"{name}.sql.xz", f"-- {seed}\n{dumped}\n")
    keep(out / f"{name}.jsonl.xz", "".join(f"{line}\n" for line in every_kind()))
    with _server().running_server() as server:
        keep(out / f"{name}.postgresql.sql.xz", f"-- {seed}\n{moved(data, server)}")


def keep(path: Path, text: str) -> None:
    """Write a text, small."""
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def every_kind() -> Iterator[str]:
    """One line of each kind, each field filled, chained and signed by nobody."""
    head = GENESIS
    for seq, (kind, fact) in enumerate(sorted(FACTS.items()), start=1):
        entry = seal(
            crisis="2026-0001",
            seq=seq,
            kind=kind,
            event_time=START,
            record_time=START + timedelta(seconds=seq),
            slack_ts=None,
            prev=head,
            body=encode(filled(fact), WHO, "C0FICTIF"),
            salt=sha256(kind.encode()).digest(),
            delivery=None,
        )
        head = entry.hash
        yield export_line(entry)


def filled(hint: Any) -> Any:
    """A value of a type as the facts declare it: nothing is left out that may be there."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin is Literal:
        return inner[-1]
    if origin in (Union, types.UnionType):
        return filled(next(one for one in inner if one is not types.NoneType))
    if origin is tuple:
        return tuple(filled(one) for one in inner if one is not Ellipsis)
    return {filled(inner[0]): filled(inner[1])} if origin else _made(hint)


def _made(hint: Any) -> Any:
    if not is_dataclass(hint) or not isinstance(hint, type):
        raise TypeError(f"no sample of {hint}")
    hints = get_type_hints(hint)
    return hint(**{one.name: filled(hints[one.name]) for one in fields(hint)})


def moved(data: Path, server: str) -> str:
    """The same rows in a PostgreSQL that this release has set up, as its own dump."""
    url = _server().new_database(server)
    store = Store(url)
    Posted(store.engine)
    store.close()
    plain = make_url(url)
    reach = {"host": str(plain.query["host"]), "user": "postgres", "dbname": plain.database}
    with (
        closing(sqlite3.connect(data / "tocsin.db")) as source,
        psycopg.connect(**reach) as target,  # type: ignore[arg-type]
    ):
        for table in ("entry", "body", "erased", "scrubbed", "posted"):
            known = source.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,))
            if known.fetchone() is None:
                continue
            rows = source.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - named here
            if rows:
                marks = ", ".join(["%s"] * len(rows[0]))
                into = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - named here
                target.cursor().executemany(into.encode(), rows)
    dump = _server()._programs(Path(server)) / "pg_dump"
    asked = ["--inserts", "--no-owner", "--no-privileges", "-h", server, "-U", "postgres"]
    told = subprocess.run([dump, *asked, plain.database or ""], capture_output=True, check=True)
    # Lines that begin with a backslash are for psql, not for the server.
    kept = [line for line in told.stdout.decode().splitlines() if not line.startswith("\\")]
    return "\n".join(kept) + "\n"


@cache
def _server() -> Any:
    """The server of the tests as it is beside this file, whatever the release has."""
    spec = spec_from_file_location("server", Path(__file__).with_name("postgresql.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
