"""The only place that builds and joins the parts, the clock included.

Here: what every way of running needs, the journal, its key, the playbooks, the library.  The Slack
side is joined in ``bot.wiring.bot``, whose libraries are imported only by the ways of running that
need them.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.core.playbook import ErasureBasis, Person, Plan
from bot.journal.keys import KeyRing
from bot.journal.seal import Signer
from bot.journal.sealer import Sealer
from bot.journal.store import Store
from bot.library.documents import DocumentShelf
from bot.library.drills import ScenarioShelf
from bot.library.playbooks import PlanShelf
from bot.service import Service

if TYPE_CHECKING:
    from bot.library.shelves import Shelves


def clock() -> datetime:
    """The wall clock (UTC): the only reading of it in the house."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds since the machine started, those included in which it slept or we were frozen."""
    since_boot = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(since_boot)


def salt() -> bytes:
    """Thirty-two random bytes for a body."""
    return secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class House:
    """The parts that every way of running Tocsin needs."""

    settings: Settings
    store: Store
    service: Service
    shelf: PlanShelf
    sealer: Sealer
    documents: DocumentShelf
    scenarios: ScenarioShelf

    @property
    def signer(self) -> Signer:
        """The key that signs now."""
        return self.sealer.keys.current

    @property
    def plans(self) -> Mapping[str, Plan]:
        """The plans as they stand on the shelf."""
        return self.shelf.plans

    def erasure_bases(self) -> Sequence[ErasureBasis]:
        """The legal bases of an erasure, as the files put them today."""
        plan = next(iter(self.plans.values()), None)
        return plan.obligations.erasure_bases if plan else ()

    def people(self) -> Sequence[Person]:
        """The people of the establishment's file."""
        plan = next(iter(self.plans.values()), None)
        return plan.establishment.people if plan else ()


def build(settings: Settings, now: Callable[[], datetime] = clock) -> House:
    """Open the journal, its key and the playbooks."""
    store = Store(settings.database)
    sealer = Sealer(KeyRing(settings.key_file, settings.tocsin_key_name))
    shelf = PlanShelf(settings.tocsin_playbooks_dir)
    return House(
        settings,
        store,
        Service(store, now, salt, sealer),
        shelf,
        sealer,
        DocumentShelf(settings.tocsin_playbooks_dir, lambda: shelf.held),
        ScenarioShelf(settings.tocsin_playbooks_dir, lambda: shelf.held),
    )


def shelves(settings: Settings) -> "Shelves":
    """The library, not yet read."""
    from bot.library.shelves import Places, Shelves

    return Shelves(
        Places(
            settings.tocsin_playbooks_dir,
            settings.tocsin_knowledge_dir,
            settings.tocsin_data_dir,
            settings.tocsin_embeddings,
            settings.tocsin_model,
            settings.tocsin_model_url,
            settings.tocsin_model_key,
            settings.tocsin_model_seconds,
            settings.tocsin_embeddings_url,
            settings.tocsin_embeddings_key,
            settings.chroma_url,
        ),
        lambda: clock().date(),
    )
