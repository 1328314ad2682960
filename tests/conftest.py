"""What holds for every test: a busy machine is slow, and slowness is no failure."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

#: Folders whose files take longest, a few tests each: begun last, one of them would end alone.
FIRST = ("faults", "browser", "demo", "cli", "slack", "exports")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first, each still whole; ``--no-loadscope-reorder`` keeps this order."""
    ranks = {name: rank for rank, name in enumerate(FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.parent.name, len(FIRST)))
