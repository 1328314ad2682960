"""The columns that a spreadsheet shows of a row, the same in CSV and XLSX."""

from bot.exports.jsonl import CrisisSummary
from bot.exports.rows import EXERCISE, PRECISIONS, Row, local, utc
from bot.exports.text import cell

HEADERS = (
    "N°",
    "Empreinte (SHA-256)",
    "Heure du fait (UTC)",
    "Heure du fait (locale)",
    "Heure d'enregistrement (UTC)",
    "Heure d'enregistrement (locale)",
    "Nature",
    "Code",
    "Auteur",
    "Identifiant",
    "Rôle",
    "Texte",
    "Horodatage Slack",
    "Décision ou démarche",
    "Exercice",
    "Précision de l'heure du fait",
)
WIDTHS = (7, 20, 27, 30, 27, 30, 20, 18, 24, 14, 22, 90, 19, 12, 11, 16)
"""Widths of the columns in a workbook, in characters."""


def cells(row: Row, summary: CrisisSummary) -> tuple[str, ...]:
    """The texts of a row, one per column, each fit for a cell; the number comes first."""
    stamp = row.stamp
    return (
        str(row.seq),
        row.hash,
        "" if row.unknown else utc(stamp.at),
        "" if row.unknown else local(stamp.at, row.zone),
        utc(stamp.recorded),
        local(stamp.recorded, row.zone),
        row.kind_title,
        cell(row.kind),
        cell(stamp.actor.name),
        cell(stamp.actor.id),
        cell(stamp.actor.role),
        cell(row.text),
        cell(row.slack_ts),
        "oui" if row.ruling else "non",
        EXERCISE if summary["exercise"] else "",
        PRECISIONS[row.precision],
    )
