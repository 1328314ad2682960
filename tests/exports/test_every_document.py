"""A night of ransomware gives every document of the house, filled, as PDF and as DOCX."""

import io
from functools import cache

import pikepdf
import pytest
from docx import Document

from bot.core.documents import Filled, FillFields
from bot.core.french import typography
from bot.core.instants import RecordInstant
from bot.drafts.draft import Draft
from bot.drafts.template import Field, Template
from bot.exports.drafted import make
from bot.library.documents import Documents, load_documents
from tests.core.plans import PLAYBOOKS, START, Room
from tests.drafts.house import crisis, drawn

#: What a person would have answered, by kind of field.
ANSWERS = {"number": "1200", "date": "2026-11-21", "yesno": "oui"}


@cache
def documents() -> Documents:
    """The templates of the house."""
    return load_documents(PLAYBOOKS)


def answer(one: Field) -> Filled:
    """Something plausible for a field."""
    said = one.choices[0] if one.choices else ANSWERS.get(one.kind, f"réponse à « {one.label} »")
    return Filled(one.id, one.label, said)


@cache
def night() -> Room:
    """The crisis with every instant dated and every field answered."""
    room = crisis()
    for one in room.crisis.plan.obligations.instants:
        room.does(RecordInstant(one.id, START, known_by="Bruno Fictif", evidence="écran vu"))
    for template in documents().templates.values():
        if template.head.fields:
            room.does(FillFields(tuple(answer(one) for one in template.head.fields)))
    return room


@pytest.mark.parametrize("template", documents().templates.values(), ids=lambda one: one.id)
def test_every_document_is_produced_filled(template: Template) -> None:
    """Nothing that the cell answered is left blank; both files open and say the title."""
    draft: Draft = drawn(template, night())
    files = make(draft, night().now)
    with pikepdf.open(io.BytesIO(files.pdf)) as pdf:
        assert len(pdf.pages) >= 1
        with pdf.open_metadata() as meta:
            assert typography(template.head.title) in meta["dc:title"]
    word = Document(io.BytesIO(files.docx))
    said = "\n".join(one.text for one in word.paragraphs)
    said += "\n".join(
        cell.text for table in word.tables for row in table.rows for cell in row.cells
    )
    for one in template.head.fields:
        assert f"à compléter\u00a0: {one.label}" not in said, one.id
