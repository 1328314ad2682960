"""Who may knock: requests of other workspaces and of shared channels stop here.

- A request that comes from a workspace other than ours, or those that the settings allow, is
  acknowledged and does nothing; who typed a command is told why.
- In a channel shared with another organisation no question is answered and no reaction is obeyed,
  unless the settings allow it.  What is said there is still recorded: the log keeps what was said,
  whoever said it.

People who are guests, or of elsewhere in a channel of ours, are the directory's business: that is
known of the person, not of the request.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import Any, Final

from slack_bolt import BoltResponse

from bot.core.french import typography

log = logging.getLogger(__name__)

_FOREIGN: Final = typography(
    "Cet espace de travail n'est pas celui de la cellule : rien n'a été fait. "
    "Utilisez celui de l'établissement."
)
#: Events that ask something of us, where the others only tell what happened.
_ASKING: Final = frozenset({"app_mention", "reaction_added"})


class Door:
    """Let in what comes from our workspace; the rest is acknowledged and left."""

    def __init__(self, home: Mapping[str, Any], teams: Collection[str], *, shared: bool) -> None:
        """``home`` is Slack's answer on who we are; ``shared`` allows shared channels."""
        self._teams = frozenset({str(home.get("team_id") or ""), *teams}) - {""}
        self._enterprise = str(home.get("enterprise_id") or "")
        self._shared = shared

    async def keep(
        self,
        body: dict[str, Any],
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt passes it by this name
    ) -> BoltResponse:
        """The middleware: go on, or stop here."""
        if self.lets_in(body):
            return await next()
        log.warning("a request from elsewhere was left: %s", body.get("type") or "command")
        if "command" not in body:
            return BoltResponse(status=200)
        told = json.dumps({"response_type": "ephemeral", "text": _FOREIGN})
        return BoltResponse(
            status=200, body=told, headers={"Content-Type": "application/json; charset=utf-8"}
        )

    def lets_in(self, body: Mapping[str, Any]) -> bool:
        """Whether this request is for us to look at."""
        if self._enterprise and self._enterprise in _enterprises(body):
            return True
        if any(team not in self._teams for team in _teams(body)):
            return False
        asking = (body.get("event") or {}).get("type") in _ASKING
        return self._shared or not (asking and body.get("is_ext_shared_channel"))


def _teams(body: Mapping[str, Any]) -> Iterator[str]:
    """The workspaces that a request names: where it was made, and where who made it is from."""
    for named in (body.get("team_id"), _of(body, "team", "id"), _of(body, "user", "team_id")):
        if named:
            yield str(named)


def _enterprises(body: Mapping[str, Any]) -> Iterator[str]:
    """The organisations that a request names."""
    for named in (
        body.get("enterprise_id"),
        _of(body, "enterprise", "id"),
        _of(body, "team", "enterprise_id"),
    ):
        if named:
            yield str(named)


def _of(body: Mapping[str, Any], name: str, key: str) -> Any:
    found = body.get(name)
    return found.get(key) if isinstance(found, Mapping) else None
