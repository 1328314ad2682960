"""The database, the key that signs, and whether what is written holds."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.doctor.finding import Finding, Look, note, right, wrong
from bot.errors import TocsinError
from bot.journal.codec import refold
from bot.journal.keys import KeyRing
from bot.journal.schema import told
from bot.journal.seal import VerifierKey
from bot.journal.sound import verified
from bot.journal.store import Store

_NO_DATABASE = "pas encore de main courante"


def database(look: Look) -> Sequence[Finding]:
    """Whether the database opens, is durable and takes writing; nothing is written."""
    file = look.settings.database_file
    if file is not None and not file.exists():
        return [note("Base", f"{_NO_DATABASE} ({file})", "La première crise la créera.")]
    store = Store(look.settings.database)
    try:
        _try_to_write(store)
        name = f"SQLite, {file}" if file is not None else "PostgreSQL"
        count = len(store.crises())
    except (DBAPIError, sqlite3.Error) as error:
        raise told(getattr(error, "orig", None) or error) from error
    finally:
        store.close()
    many = "s" if count > 1 else ""
    return [right("Base", f"{name}, {count} main{many} courante{many}, écriture possible")]


def _try_to_write(store: Store) -> None:
    """Ask for the right to write, and leave it unused."""
    with store.engine.begin() as connection:
        if store.engine.dialect.name == "sqlite":
            return  # the transaction that began here took the lock for writing
        may = connection.scalar(
            text("SELECT NOT pg_is_in_recovery() AND has_table_privilege('entry', 'INSERT')")
        )
    if not may:
        raise told(PermissionError("read-only"))


def key(look: Look) -> Sequence[Finding]:
    """Whether the key can be used, and whether it is the one that the journals name."""
    path = look.settings.key_file
    if not path.exists():
        if _is_new(look):
            return [note("Clé", f"{path} n'existe pas encore", "Le robot la créera.")]
        todo = "Remettez-la depuis sa copie. Perdue : « tocsin key --rotate --lost »."
        return [wrong("Clé", f"{path} est introuvable", todo)]
    ring = KeyRing(path, look.settings.tocsin_key_name)
    ours = ring.current.verifier
    strangers = [crisis for crisis, named in _keys_named(look) if ring.signer(named) is None]
    if strangers:
        listed = ", ".join(strangers[-3:])
        todo = f"Remettez la clé d'avant en place, dans {path}, avant d'écrire."
        return [wrong("Clé", f"{ours.id} n'est pas celle de {listed}", todo)]
    return [right("Clé", f"{path}, {ours.id}, celle des mains courantes")]


def sound(look: Look) -> Sequence[Finding]:
    """Whether the journals verify: the last one, or all of them."""
    if _is_new(look):
        return [right("Main courante", "aucune crise encore")]
    keys = _public(look)
    store = Store(look.settings.database)
    try:
        rows = store.crises()
        asked = rows if look.every_journal else rows[-1:]
        found = [(row.crisis, verified(store, row.crisis, keys)) for row in asked]
    finally:
        store.close()
    bad = [(crisis, report.fault) for crisis, report in found if report.fault is not None]
    if bad:
        todo = "N'y touchez pas : copiez la base à l'abri et prévenez le RSSI."
        return [
            wrong("Main courante", f"{crisis}, {fault.message.rstrip('.')}", todo)
            for crisis, fault in bad
        ]
    if not found:
        return [right("Main courante", "aucune crise encore")]
    lines = sum(report.entries for _, report in found)
    names = ", ".join(one for one, _ in found[-5:])
    return [right("Main courante", f"{names}, {lines} lignes vérifiées")]


def _is_new(look: Look) -> bool:
    file: Path | None = look.settings.database_file
    return file is not None and not file.exists()


def _public(look: Look) -> list[VerifierKey]:
    """The public halves of the keys that sign or signed here, as far as they can be read."""
    path = look.settings.key_file
    if not path.exists():
        return []
    try:
        ring = KeyRing(path, look.settings.tocsin_key_name)
    except TocsinError:
        return []  # the point on the key says so
    return [ring.current.verifier, *(VerifierKey.parse(one) for one in ring.retired)]


def _keys_named(look: Look) -> list[tuple[str, str]]:
    """For the last crises, the key that each names to sign what comes next."""
    from bot.core.crisis import Crisis

    if _is_new(look):
        return []
    store = Store(look.settings.database)
    try:
        crises = [refold(Crisis(row.crisis), store.read(row.crisis)) for row in store.crises()[-5:]]
    finally:
        store.close()
    return [(one.id, one.key) for one in crises if one.key]
