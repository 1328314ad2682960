"""Who we are to Slack: the client on the shared session, our identity, what Bolt asks of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bot.config import Settings
from bot.errors import SettingError

if TYPE_CHECKING:
    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.slack.gateway import Gateway


def client(settings: Settings, token: str, session: "aiohttp.ClientSession") -> "AsyncWebClient":
    """A Web API client on the shared session, its own retries off: the gateway has its own."""
    from slack_sdk.web.async_client import AsyncWebClient

    base = settings.slack_api_url.rstrip("/") + "/"
    return AsyncWebClient(token=token, base_url=base, session=session, retry_handlers=[])


def authorization(who: dict[str, Any], token: str) -> Callable[..., Any]:
    """Bolt asks for each payload who we are: it was asked of Slack once, at the start."""
    from slack_bolt.authorization import AuthorizeResult

    result = AuthorizeResult(
        enterprise_id=who.get("enterprise_id"),
        team_id=who.get("team_id"),
        bot_user_id=who.get("user_id"),
        bot_id=who.get("bot_id"),
        bot_token=token,
    )

    async def authorize(**_: object) -> AuthorizeResult:
        return result

    return authorize


async def identity(gateway: "Gateway") -> dict[str, Any]:
    """Who we are to Slack; a refused token is told as a setting."""
    from bot.slack.gateway import Rejected

    try:
        return await gateway.call("auth.test")
    except Rejected as refused:
        raise SettingError(
            f"Slack refuse SLACK_BOT_TOKEN ({refused.error}). Reprenez le jeton « xoxb- » sur la "
            "page « OAuth & Permissions » de l'application, puis relancez."
        ) from refused
