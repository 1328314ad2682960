"""What an export says of the crisis besides its entries."""

from bot.core.crisis import Crisis
from bot.exports.jsonl import CrisisSummary


def summary(crisis: Crisis) -> CrisisSummary:
    """Title, establishment, and whether it was an exercise."""
    return {
        "title": f"{crisis.title} ({crisis.id})",
        "exercise": crisis.exercise,
        "establishment": crisis.plan.establishment.name,
    }
