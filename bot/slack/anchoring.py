"""The notice of a checkpoint, in the thread of the board: a second clock that twenty people see.

It is a notice and no proof: who holds the bot's token can change it.  It goes out like any message
of the projection, once; where it went is recorded as a receipt.
"""

from datetime import datetime, timedelta

from bot.core.anchoring import due, slack_place
from bot.core.crisis import EPOCH, Crisis
from bot.core.french import clock, plural
from bot.core.sealing import RecordAnchor
from bot.slack.blocks import context, ours, section
from bot.slack.channel import Rows
from bot.slack.render import Message

_HOW = (
    "Recopiez-le sur papier ou hors d'ici : il servira à vérifier la main courante plus tard. "
    "Ce message seul est un avis, pas une preuve."
)


def notice_of(crisis: Crisis, now: datetime) -> Message | None:
    """The notice that is due now, if any."""
    newest = crisis.checkpoint
    if newest is None or not crisis.channel or not due(crisis, slack_place(crisis), now):
        return None
    start = "EXERCICE — " if crisis.exercise else ""
    lines = plural(newest.size, "ligne")
    blocks = [
        section(
            f"🔏 {start}*Point de contrôle signé* : {lines} à {clock(newest.at, crisis.zone)}\n"
            f"`{newest.size}:{newest.head}`"
        ),
        context(_HOW),
    ]
    fallback = ours(f"{start}Point de contrôle : {lines}, {newest.size}:{newest.head}")
    return Message(_key(newest.size), fallback, blocks, thread="board")


def receipt(crisis: Crisis, rows: Rows, now: datetime) -> RecordAnchor | None:
    """What to record of the notice of the newest checkpoint, once it is posted."""
    newest, place = crisis.checkpoint, slack_place(crisis)
    row = rows.get(_key(newest.size)) if newest else None
    if newest is None or row is None or row.pending:
        return None
    if crisis.anchors.get(place, 0) >= newest.size:
        return None
    delay = max(int((now - newest.at).total_seconds()), 0)
    stamped = _instant(row.ts)
    return RecordAnchor(*place, newest.size, newest.head, row.ts, stamped, delay)


def _key(size: int) -> str:
    return f"anchor:{size}"


def _instant(ts: str) -> datetime:
    """The instant that Slack's ``ts`` says (UTC): seconds, a dot, microseconds."""
    seconds, _, micros = ts.partition(".")
    return EPOCH + timedelta(seconds=int(seconds), microseconds=int(micros or 0))
