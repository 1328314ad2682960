"""The database of the journal: opened so that it is durable, brought to its tables, understood.

``entry`` holds the sealed lines, ``body`` what may be personal, and ``erased`` says which bodies
went with which entry.  Triggers refuse every change and every removal but that of a body whose
erasure is recorded: a guard rail against accidents, since whoever holds the file can drop them; the
chain is what finds him.  The steps from one schema to the next are Alembic's, in
``migrations``; Alembic itself is imported only when there is a step to take.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import OperationalError
from time import sleep
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Engine,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from bot.errors import Conflict, SettingError, StoreUnavailable

HEAD: Final = "0002"
"""The revision that this version of the code reads and writes."""
BUSY_MS: Final = 5_000
"""How long SQLite waits for another writer before it says that it is locked."""

_READS: Final = "tocsin_reads"

_NUMBER = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

entry = Table(
    "entry",
    metadata,
    Column("crisis", Text, primary_key=True),
    Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    Column("line", Text, nullable=False),
    Column("sig", Text),
    Column("delivery", Text),
    UniqueConstraint("delivery", name="entry_delivery"),
    sqlite_with_rowid=False,
)

body = Table(
    "body",
    metadata,
    Column("crisis", Text, primary_key=True),
    Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
    ForeignKeyConstraint(["crisis", "seq"], ["entry.crisis", "entry.seq"], name="body_entry"),
    sqlite_with_rowid=False,
)

erased = Table(
    "erased",
    metadata,
    Column("crisis", Text, primary_key=True),
    Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    Column("by_seq", _NUMBER, nullable=False),
    ForeignKeyConstraint(["crisis", "seq"], ["entry.crisis", "entry.seq"], name="erased_entry"),
    ForeignKeyConstraint(["crisis", "by_seq"], ["entry.crisis", "entry.seq"], name="erased_by"),
    CheckConstraint("by_seq > seq", name="erased_before"),
    sqlite_with_rowid=False,
)

scrubbed = Table(
    "scrubbed",
    metadata,
    Column("bodies", _NUMBER, primary_key=True, autoincrement=False),
)
"""After how many erased bodies the files were rebuilt without them."""

_WAL: Final = "journal_mode = WAL"
_PRAGMAS: Final = (
    f"busy_timeout = {BUSY_MS}",
    _WAL,
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",
    "secure_delete = ON",
)
_FULL: Final = 2
"""What ``PRAGMA synchronous`` answers for FULL; with less, a power cut loses acknowledged lines."""
_TRIES: Final = 100
_AGAIN_S: Final = 0.02
"""How often, and after how long, one tries again while another process makes the same new file."""
POOL_S: Final = 5.0
"""Seconds for which one waits for a connection while others use them all."""
IDLE_MS: Final = 3_000
"""How long a process may stand still in a transaction: one that is frozen must not hold a lock."""
_LIMITS: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""Seconds, and milliseconds for the last, before a server that went silent is given up."""
_UPGRADE_LOCK: Final = 7_020_250
"""Any number serves, as long as every process takes the same."""
_TRY_AGAIN: Final = frozenset(("40001", "40P01"))
"""SQLSTATE of PostgreSQL for a serialisation failure and for a deadlock."""

_PAPER: Final = "Notez sur papier en attendant."
_FULL_DISK: Final = f"Le disque de la main courante est plein. Libérez de la place. {_PAPER}"
_READ_ONLY: Final = (
    f"La main courante est en lecture seule. Rétablissez le droit d'y écrire. {_PAPER}"
)
_SENTENCES: Final = (
    ("is full", _FULL_DISK),
    ("could not extend", _FULL_DISK),
    ("readonly", _READ_ONLY),
    ("read-only", _READ_ONLY),
    ("locked", f"Un autre programme bloque la main courante. Fermez-le. {_PAPER}"),
    ("unable to open", f"La main courante ne s'ouvre pas. Vérifiez son dossier. {_PAPER}"),
    ("disk I/O", f"Le disque de la main courante ne répond pas bien. Vérifiez-le. {_PAPER}"),
    ("malformed", "Le fichier de la main courante est abîmé. Copiez-le à l'abri, puis restaurez."),
    ("not a database", "Ce fichier n'est pas une main courante. Vérifiez le réglage de la base."),
    ("connect", f"La base de la main courante ne répond pas. Vérifiez le serveur. {_PAPER}"),
)


def open_engine(url: str) -> Engine:
    """An engine for this SQLAlchemy URL, whose every connection is set up to be durable."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            _create_private(parsed.database)
            engine = create_engine(parsed, pool_timeout=POOL_S)
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        if parsed.get_backend_name() == "postgresql":
            from bot.journal.silence import connect

            limits = {name: value for name, value in _LIMITS.items() if name not in parsed.query}
            engine = create_engine(
                parsed,
                isolation_level="READ COMMITTED",
                pool_pre_ping=True,
                pool_timeout=POOL_S,
                connect_args=limits,
            )
            event.listen(engine, "do_connect", connect)
            event.listen(engine, "connect", _set_up_postgresql)
            return engine
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise SettingError(
            "L'adresse de la base est incorrecte, ou son pilote n'est pas installé. "
            "Vérifiez le réglage de la base.",
            detail=str(error),
        ) from error
    raise SettingError(
        "Cette base n'est pas prise en charge. Choisissez SQLite ou PostgreSQL.",
        detail=parsed.get_backend_name(),
    )


def reader(engine: Engine) -> Engine:
    """The same database for who only reads: in a file, its transactions wait for no writer."""
    return engine.execution_options(**{_READS: True})


def assert_durable(engine: Engine) -> None:
    """Refuse a database that would acknowledge what a power cut can take back."""
    with reader(engine).connect() as connection:
        if engine.dialect.name == "sqlite":
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
            durable = (mode, level) == ("wal", _FULL)
        else:
            mode = connection.exec_driver_sql("SHOW fsync").scalar()
            level = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
            durable = mode == "on" and level != "off"
    if not durable:
        raise StoreUnavailable(
            "La base peut perdre des lignes en cas de coupure de courant. "
            "Placez-la sur un disque local, ou rétablissez fsync et synchronous_commit.",
            detail=f"{mode}, {level}",
        )


def bring_to_head(engine: Engine) -> None:
    """Create or upgrade the tables; nothing but one question when they are as they should be."""
    with reader(engine).connect() as connection:
        known = inspect(connection).has_table("alembic_version")
        found = connection.scalar(text("SELECT version_num FROM alembic_version")) if known else ""
    if found == HEAD:
        return
    if found > HEAD:
        raise StoreUnavailable(
            "La base vient d'une version plus récente. Mettez tocsin à jour.",
            detail=f"database at revision {found}, code at {HEAD}",
        )
    _upgrade(engine)


def told(error: BaseException) -> StoreUnavailable | Conflict:
    """The error of ours behind an error of the driver: try again, or what to do about it."""
    message = str(error)
    if getattr(error, "sqlstate", None) in _TRY_AGAIN:
        return Conflict(detail=message)
    sentence = next((sentence for sign, sentence in _SENTENCES if sign in message), "")
    return StoreUnavailable(sentence, detail=message)


def _upgrade(engine: Engine) -> None:
    """Take the missing steps in one transaction; a second process waits, then finds them taken."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection, unhurried(connection):
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def unhurried(connection: Connection) -> Iterator[None]:
    """Inside the block a server may take its time: what is asked of it may last for minutes."""
    driver: Any = connection.connection.driver_connection
    usual = getattr(driver, "patience", None)
    if usual is None:
        yield
        return
    driver.patience = None
    try:
        yield
    finally:
        driver.patience = usual


def _create_private(database: str | None) -> None:
    """Make folder and file readable by their owner alone; what exists keeps its rights."""
    if not database or database == ":memory:":
        raise SettingError(
            "La main courante doit être dans un fichier. Vérifiez le réglage de la base."
        )
    path = Path(database)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreUnavailable(
            "Le dossier de la main courante ne peut pas être créé. Vérifiez ses droits.",
            detail=str(error),
        ) from error


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """Leave transactions to us, then set what makes the file durable and append-only."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        if pragma == _WAL:
            _make_wal(connection)
        connection.execute(f"PRAGMA {pragma}").close()


def _make_wal(connection: Any) -> None:
    """Give a new file its kind of log; while another process does, SQLite waits for nobody."""
    for _ in range(_TRIES):
        if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        try:
            connection.execute(f"PRAGMA {_WAL}").close()
        except OperationalError:
            sleep(_AGAIN_S)


def _set_up_postgresql(connection: Any, _record: object) -> None:
    """Have the server end a transaction in which nothing happens any more."""
    connection.autocommit = True
    connection.execute(f"SET idle_in_transaction_session_timeout = {IDLE_MS}")
    connection.autocommit = False


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once, so that no transaction fails half-way for want of it.

    Who only reads takes none.
    """
    reads = connection.get_execution_options().get(_READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
