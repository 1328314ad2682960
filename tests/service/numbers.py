"""The numbers of the crises that are opened while the tests run, whatever the year."""

from datetime import UTC, datetime

_YEAR = datetime.now(UTC).year
FIRST, SECOND, THIRD = (f"{_YEAR}-{number:04}" for number in (1, 2, 3))
