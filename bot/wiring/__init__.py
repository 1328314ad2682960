"""The only place that builds and joins the parts, the clock included.

Here: what every way of running needs, the journal, its key, the playbooks, the library.  The Slack
side is joined in ``bot.wiring.bot``, whose libraries are imported only by the ways of running that
need them.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.core.playbook import Person, Plan
from bot.journal.seal import Signer, load_or_create
from bot.journal.store import Store
from bot.library.playbooks import PlanShelf
from bot.service import Service

if TYPE_CHECKING:
    from bot.library.shelves import Shelves


def clock() -> datetime:
    """The wall clock (UTC): the only reading of it in the house."""
    return datetime.now(UTC)


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
    signer: Signer

    @property
    def plans(self) -> Mapping[str, Plan]:
        """The plans as they stand on the shelf."""
        return self.shelf.plans

    def people(self) -> Sequence[Person]:
        """The people of the establishment's file."""
        plan = next(iter(self.plans.values()), None)
        return plan.establishment.people if plan else ()


def build(settings: Settings, now: Callable[[], datetime] = clock) -> House:
    """Open the journal, its key and the playbooks."""
    store = Store(settings.database)
    signer = load_or_create(settings.key_file, settings.tocsin_key_name)
    return House(
        settings,
        store,
        Service(store, now, salt, signer.entry),
        PlanShelf(settings.tocsin_playbooks_dir),
        signer,
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
        )
    )
