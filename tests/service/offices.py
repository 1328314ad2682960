"""A service over a real file, with the clock in hand and a store that can be made to fail."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from sqlalchemy import event

from bot.core.crisis import Actor, Command, Crisis
from bot.core.opening import OpenCrisis
from bot.journal.entry import Entry
from bot.journal.keys import KeyRing
from bot.journal.sealer import Sealer
from bot.journal.store import Removal, Store
from bot.service import Ask, Done, Service
from tests.core.plans import PLAN

START = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)
CLAIRE = Actor("U1", "Claire Exemple", "Direction de crise")
BRUNO = Actor("U2", "Bruno Fictif", "")


class CountingStore(Store):
    """The real store, which also counts its transactions."""

    transactions = 0

    def append(self, entries: Sequence[Entry], removals: Sequence[Removal] = ()) -> None:
        """Append, and count."""
        self.transactions += 1
        super().append(entries, removals)


class Office:
    """A service at work, and the verbs with which the tests speak to it."""

    def __init__(self, folder: Path, number: int = 0, keys: KeyRing | None = None) -> None:
        """Open the journal in this folder; several offices may share it.

        Without keys nothing is signed, and so nothing sealed.
        """
        self.path = folder / "data" / "tocsin.db"
        self.store = CountingStore(f"sqlite:///{self.path}")
        self.now = START
        self.woken: list[str] = []
        self.sealer = Sealer(keys) if keys else None
        salts = itertools.count(1)
        self.service = Service(
            self.store,
            lambda: self.now,
            lambda: sha256(f"{number}/{next(salts)}".encode()).digest(),
            self.sealer,
        )
        self.service.listen(self.woken.append)

    async def __aenter__(self) -> Self:
        """Start the writer."""
        self.service.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop it and close the file."""
        await self.service.stop()
        self.store.close()

    def wait(self, delay: timedelta) -> None:
        """Move the clock, back too."""
        self.now += delay

    async def does(
        self, command: Command, crisis: str = "2026-0001", by: Actor = CLAIRE, delivery: str = ""
    ) -> Done:
        """Ask for this and wait until it is durable."""
        return await self.service.handle(Ask(crisis, by, command, delivery or None))

    async def opens(self, title: str = "Écrans noirs", delivery: str = "", **more: Any) -> Crisis:
        """Open a crisis on the small plan."""
        command = replace(OpenCrisis(title, PLAN, self.now), **more)
        return (await self.does(command, "", delivery=delivery)).crisis

    def kinds(self, crisis: str = "2026-0001") -> list[str]:
        """Kinds of the entries of a crisis, as they stand in the file."""
        return [entry.kind for entry in self.store.read(crisis)]

    @contextmanager
    def struck(self, pragma: str) -> Iterator[None]:
        """Inside the block, every connection to the file has this setting."""

        def strike(connection: Any, _record: object) -> None:
            connection.execute(f"PRAGMA {pragma}").close()

        self.store.engine.dispose()
        event.listen(self.store.engine, "connect", strike)
        try:
            yield
        finally:
            event.remove(self.store.engine, "connect", strike)
            self.store.engine.dispose()
