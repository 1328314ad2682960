"""Exports: one table from the name of a format to the function that writes it.

Every writer takes the entries, an output that it only writes to, and what to say of the crisis; it
never reads or writes the journal, and never checks it: what is stored is what is exported, and
``tocsin verify`` judges.  The bundle and the journal alone are the evidence; the others are views
of it.  All but the PDF work in constant memory, in one reading.
"""

from collections.abc import Mapping
from typing import Final

from bot.exports.bundle import bundle
from bot.exports.jsonl import write_journal
from bot.exports.views import VIEWS, Format, Writer

__all__ = ["FORMATS", "VIEWS", "Format", "Writer"]

FORMATS: Final[Mapping[str, Format]] = {
    "lot": Format(
        "Lot de preuve\u00a0: journal, manifeste et mode d'emploi",
        ".zip",
        "application/zip",
        bundle,
        "main-courante.zip",
        evidence=True,
    ),
    "jsonl": Format(
        "Journal seul, une ligne par entrée",
        ".jsonl",
        "application/jsonl",
        write_journal,
        "journal.jsonl",
        evidence=True,
    ),
    **VIEWS,
}
