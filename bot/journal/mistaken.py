"""What an auditor may hand over in place of a journal: a view of it, made to be read.

A view proves nothing, and told as a broken journal it would alarm for nothing.  This only looks at
how a file begins: a file that is taken for a view here is not verified, and nobody says that it is.
"""

import zipfile
from pathlib import Path
from typing import Final

_START: Final = 64 * 1024
"""Bytes in which a view says that it is one."""
_SAYS: Final = b"Ceci est une vue de la main courante"
_JOURNAL: Final = b'{"body":'
"""How each line of a journal begins."""
_OFFICE: Final = "[Content_Types].xml"
"""What a workbook or a text document has, and no bundle."""

_PDF: Final = (
    "un PDF se lit, il ne se vérifie pas. Donnez le lot .zip, ou journal.jsonl, que le rapport "
    "complet porte en pièce jointe"
)
_VIEW: Final = "c'est une vue, faite pour être lue. Donnez le lot .zip, ou journal.jsonl"


def mistaken(path: Path) -> str:
    """Why this file is no journal although nothing is wrong, in French; nothing when it may be one.

    ``OSError`` when it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(_START)
    if start.startswith(b"%PDF-"):
        return _PDF
    office = start.startswith(b"PK") and _is_office(path)
    return _VIEW if office or (_SAYS in start and not start.startswith(_JOURNAL)) else ""


def _is_office(path: Path) -> bool:
    """Whether a zip is a workbook or a text document."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _OFFICE in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, OverflowError, RuntimeError):
        return False
