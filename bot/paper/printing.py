"""Lay out a template of this package with its data: a PDF/UA with embedded fonts."""

import json
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from types import MappingProxyType
from typing import Any, Final

from bot.exports.glyphs import printable_data

HERE: Final = Path(__file__).parent
"""Where the templates of this package are."""


def laid_out(
    template: str,
    data: Mapping[str, Any],
    made: datetime,
    templates: Path = HERE,
    files: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """The PDF of ``template`` (a file of ``templates``) filled with ``data``, dated ``made``.

    ``files`` are texts that it reads beside its data, by name.  The same data and date give the
    same bytes.
    """
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data.json").write_text(json.dumps(printable_data(data)), encoding="utf-8")
        copyfile(templates / template, folder / template)
        for beside, text in files.items():
            (folder / beside).write_text(text, encoding="utf-8")
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
