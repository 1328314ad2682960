"""The pages for who watches the bot, when the settings ask for them."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from bot import logs
from bot.errors import SettingError, TocsinError
from bot.health import Health, Vitals
from bot.wiring import House


@contextlib.asynccontextmanager
async def surveyed(
    house: House,
    sockets: Callable[[], Awaitable[int]],
    library: Callable[[], bool],
) -> AsyncIterator[None]:
    """Serve the pages inside the block; ``SettingError`` when the port is taken.

    ``sockets`` counts the connections to Slack, ``library`` says whether questions are answered.
    """
    port = house.settings.tocsin_health_port
    if not port:
        yield
        return
    health = Health(Vitals(house.service, sockets, library, _told(house), logs.counts), port)
    try:
        await health.start()
    except OSError as error:
        raise SettingError(
            f"Le port {port} de TOCSIN_HEALTH_PORT est déjà pris. Choisissez-en un autre.",
            detail=str(error),
        ) from error
    try:
        yield
    finally:
        await health.stop()


def _told(house: House) -> Callable[[], Mapping[str, int]]:
    """Up to which entry each channel was told; nothing while the database is away."""
    from bot.slack.posted import Posted

    posted = Posted(house.store.engine)

    def told() -> Mapping[str, int]:
        try:
            return posted.cursors()
        except TocsinError:
            return {}

    return told
