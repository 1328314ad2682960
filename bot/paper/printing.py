"""Lay out a template of this package with its data: a PDF/UA with embedded fonts."""

import json
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from typing import Any

from bot.exports.glyphs import printable_data


def laid_out(template: str, data: Mapping[str, Any], made: datetime) -> bytes:
    """The PDF of ``template`` (a file of this package) filled with ``data``, dated ``made``.

    The same data and date give the same bytes.
    """
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data.json").write_text(json.dumps(printable_data(data)), encoding="utf-8")
        copyfile(Path(__file__).with_name(template), folder / template)
        document = typst.compile(
            folder / template,
            root=folder,
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=int(made.timestamp()),
        )
    if not isinstance(document, bytes):
        raise TypeError("one document was asked for")
    return document
