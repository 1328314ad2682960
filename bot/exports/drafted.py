"""A draft as files: a PDF to sign (PDF/A-3a and PDF/UA-1), a DOCX to edit, its text to compare.

The same blocks give the three.  Files are kept under their SHA-256, written whole or not at all, so
that each version can be handed over again; beside the text, a JSON says what each value was.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import Any, Final

from bot.core.documents import DocumentDrafted
from bot.drafts.blocks import Block, Runs
from bot.drafts.changes import Shown, changes
from bot.drafts.draft import Draft
from bot.errors import StoreUnavailable, reason
from bot.exports.glyphs import printable, printable_data
from bot.exports.word import shares, write_docx

_TEMPLATE: Final = Path(__file__).with_name("drafted.typ")


@dataclass(frozen=True, slots=True)
class Made:
    """The bytes of a version."""

    pdf: bytes
    docx: bytes
    md: bytes

    @property
    def hashes(self) -> tuple[str, str, str]:
        """SHA-256 of the DOCX, of the PDF and of the text, in hexadecimal."""
        docx, pdf, md = (sha256(one).hexdigest() for one in (self.docx, self.pdf, self.md))
        return docx, pdf, md


def make(draft: Draft, now: datetime) -> Made:
    """Lay a draft out; ``now`` (UTC) is the date of the PDF."""
    return Made(write_pdf(draft, now), write_docx(draft, now), draft.md.encode())


def produced(
    draft: Draft, cabinet: "Cabinet", now: datetime, changed: Sequence[str], warned: int
) -> DocumentDrafted:
    """Lay a draft out and keep its files; what is then to be recorded."""
    docx, pdf, md = cabinet.keep(draft.crisis.id, make(draft, now), draft.shown)
    return DocumentDrafted(
        document=draft.template.id,
        title=draft.title,
        version=draft.version,
        docx=docx,
        pdf=pdf,
        md=md,
        template=draft.template.hash,
        left=draft.left,
        warned=warned,
        changed=" ; ".join(changed),
    )


def changed_since(draft: Draft, cabinet: "Cabinet") -> list[str]:
    """What differs from the version before, in words; nothing for a first one."""
    versions = draft.crisis.documents.get(draft.template.id, ())
    if not versions:
        return []
    before = cabinet.shown(draft.crisis.id, versions[-1].md)
    if before is None:
        return ["version précédente introuvable sur le serveur, à comparer à la main"]
    return changes(before, draft.shown)


# -- PDF ------------------------------------------------------------------------------------------


def write_pdf(draft: Draft, now: datetime) -> bytes:
    """The PDF of a draft."""
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data.json").write_text(json.dumps(_data(draft)), encoding="utf-8")
        copyfile(_TEMPLATE, folder / _TEMPLATE.name)
        made = typst.compile(
            folder / _TEMPLATE.name,
            root=folder,
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards=["a-3a", "ua-1"],
            timestamp=int(now.timestamp()),
        )
    if not isinstance(made, bytes):
        raise TypeError("one document was asked for")
    return made


def _data(draft: Draft) -> dict[str, Any]:
    house = draft.crisis.plan.establishment.name
    start = "EXERCICE — " if draft.crisis.exercise else ""
    data: dict[str, Any] = printable_data(
        {
            "title": f"{start}{draft.title}",
            "author": house,
            "description": f"{draft.foot[0]}. {draft.foot[1]}.",
            "exercise": draft.crisis.exercise,
            "foot": list(draft.foot),
        }
    )
    return data | {"blocks": [_block(one) for one in draft.blocks]}


def _block(block: Block) -> dict[str, Any]:
    return {
        "kind": block.kind,
        "level": block.level,
        "mark": block.mark,
        "runs": _runs(block.runs),
        "rows": [[_runs(cell) for cell in row] for row in block.rows],
        "columns": shares(block),
    }


def _runs(runs: Runs) -> list[dict[str, Any]]:
    """The runs, each as its letters can be drawn; an empty cell holds a no-break space."""
    found = [
        {
            "text": printable(one.text),
            "bold": one.bold,
            "italic": one.italic,
            "missing": one.missing,
        }
        for one in runs
    ]
    return found or [{"text": "\u00a0", "bold": False, "italic": False, "missing": False}]


# -- kept -----------------------------------------------------------------------------------------


class Cabinet:
    """The files of every version, under ``documents/<crisis>/`` of the data folder."""

    def __init__(self, data: Path) -> None:
        """Keep them under this folder."""
        self._folder = data / "documents"

    def keep(self, crisis: str, made: Made, shown: Shown) -> tuple[str, str, str]:
        """Write the files of a version, durably; their hashes: DOCX, PDF, text.

        Raises ``StoreUnavailable`` when the disk will not have them.
        """
        docx, pdf, md = made.hashes
        folder = self._folder / crisis
        files = {
            f"{docx}.docx": made.docx,
            f"{pdf}.pdf": made.pdf,
            f"{md}.md": made.md,
            f"{md}.json": shown.dump().encode(),
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                _write(folder / name, content)
        except OSError as error:
            raise StoreUnavailable(
                f"Le document ne peut pas être gardé sur le serveur ({reason(error)}). La main "
                "courante continue\u00a0; prévenez la DSI, puis recommencez.",
                detail=str(folder),
            ) from error
        return docx, pdf, md

    def path(self, crisis: str, digest: str, ending: str) -> Path | None:
        """Where a file is; ``None`` when it is not there or no longer what it was."""
        path = self._folder / crisis / f"{digest}.{ending}"
        if not path.is_file() or sha256(path.read_bytes()).hexdigest() != digest:
            return None
        return path

    def shown(self, crisis: str, digest: str) -> Shown | None:
        """What a version showed, by the hash of its text; ``None`` when it is lost."""
        path = self._folder / crisis / f"{digest}.json"
        try:
            return Shown.load(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _write(path: Path, content: bytes) -> None:
    """Write a file under another name, then give it its own: it is whole or absent."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as draft:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
