"""What an export says of the crisis besides its entries."""

from bot.core.crisis import Crisis
from bot.core.files import unread
from bot.core.french import full_clock, plural
from bot.exports.jsonl import CrisisSummary


def summary(crisis: Crisis) -> CrisisSummary:
    """Title, establishment, whether it was an exercise, what is known to be missing."""
    return {
        "title": f"{crisis.title} ({crisis.id})",
        "exercise": crisis.exercise,
        "establishment": crisis.plan.establishment.name,
        "missing": missing(crisis),
    }


def missing(crisis: Crisis) -> str:
    """What the journal knows that it has not: spans without messages, files that were not read."""
    spans = [
        f"du {full_clock(since, crisis.zone)} au {full_clock(until, crisis.zone)}"
        for since, until in crisis.gaps
    ]
    said = f" Messages du canal peut-être manquants\u00a0: {', '.join(spans)}." if spans else ""
    files = len(unread(crisis))
    if files:
        said += f" Sans empreinte, faute d'avoir pu être lus\u00a0: {plural(files, 'fichier')}."
    return said.strip()
