"""A draft as PDF and DOCX: archival, accessible, editable, marked as a drill, kept by its hash."""

import io
import zipfile
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import pikepdf
import pytest
from docx import Document

from bot.core.documents import Filled, FillFields, RecordDocument
from bot.drafts.draft import Draft
from bot.drafts.template import Head, Template
from bot.errors import StoreUnavailable
from bot.exports.drafted import Cabinet, changed_since, make, produced
from tests.drafts.house import crisis, drawn
from tests.exports.test_views import HOSTILE

HEAD = Head(
    "essai", "Lettre d'essai", "document", "dpo", "directeur-crise", "Personne", "Nulle part"
)
TEXT = """\
## Première partie

Établissement : **{{ etablissement.nom }}**, écrit à {{ roles.dsi.noms }}.

1. un
2. deux

| Heure | Décision |
|---|---|
{% for d in decisions %}
| {{ d.heure }} | {{ d.texte }} |
{% endfor %}
"""


@cache
def made(*, exercise: bool = False, long: bool = False) -> tuple[Draft, bytes, bytes]:
    """A draft, its PDF and its DOCX."""
    room = crisis(exercise=exercise)
    text = TEXT + ("\n\nUn paragraphe de remplissage.\n" * 120 if long else "")
    draft = drawn(Template(HEAD, text, "h" * 64), room)
    files = make(draft, room.now)
    return draft, files.pdf, files.docx


def test_pdf_is_archival_and_accessible() -> None:
    """PDF/A-3a and PDF/UA-1, in French, tagged, with its title."""
    _, data, _ = made()
    pdf = pikepdf.open(io.BytesIO(data))
    with pdf.open_metadata() as meta:
        assert meta.pdfa_status == "3A"
        assert meta["pdfuaid:part"] == "1"
        assert "Lettre d'essai" in meta["dc:title"]
        assert "Projet à relire avant envoi" in meta["dc:description"]
    assert str(pdf.Root.Lang).casefold() == "fr-fr"
    assert pdf.Root.StructTreeRoot.K


def test_a_drill_says_so_on_every_page_and_nowhere_else() -> None:
    """Each page of the PDF draws one thing more than that of a real crisis; its title says it."""
    _, drill, _ = made(exercise=True, long=True)
    _, real, _ = made(long=True)
    one, other = (pikepdf.open(io.BytesIO(data)) for data in (drill, real))
    assert len(one.pages) == len(other.pages) > 2
    for with_mark, without in zip(one.pages, other.pages, strict=True):
        turned = [op for op in pikepdf.parse_content_stream(with_mark) if _turns(op)]
        assert turned
        assert not [op for op in pikepdf.parse_content_stream(without) if _turns(op)]
    with one.open_metadata() as meta:
        assert "EXERCICE" in meta["dc:title"]
    with other.open_metadata() as meta:
        assert "EXERCICE" not in meta["dc:title"]


def _turns(
    instruction: pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage,
) -> bool:
    """Whether it turns what follows: only the watermark is not upright."""
    if str(instruction.operator) != "cm":
        return False
    return abs(float(instruction.operands[1])) > 0.1


def test_docx_is_one_that_word_can_edit() -> None:
    """Real titles, a real table with its header, what is missing highlighted, fields of pages."""
    draft, _, data = made()
    document = Document(io.BytesIO(data))
    styles = {one.text: one.style.name for one in document.paragraphs if one.style}
    assert styles["Lettre d’essai"] == "Title"
    assert styles["Première partie"] == "Heading 1"
    assert [cell.text for cell in document.tables[0].rows[0].cells] == ["Heure", "Décision"]
    assert len(document.tables[0].rows) == 3
    runs = [run for one in document.paragraphs for run in one.runs]
    (missing,) = [run for run in runs if run.font.highlight_color is not None]
    assert missing.text.startswith("[à compléter")
    foot = document.sections[0].footer.paragraphs[0].text
    assert draft.crisis.id in foot
    assert "abababababababab" in foot
    assert "EXERCICE" not in foot + document.sections[0].header.paragraphs[0].text
    xml = zipfile.ZipFile(io.BytesIO(data)).read("word/footer1.xml").decode()
    assert "NUMPAGES" in xml


def test_docx_of_a_drill_bears_its_watermark() -> None:
    """In the header, so that it is on each page."""
    _, _, data = made(exercise=True)
    header = zipfile.ZipFile(io.BytesIO(data)).read("word/header1.xml").decode()
    assert 'string="EXERCICE"' in header
    assert "EXERCICE</w:t>" in header


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_people_type_is_laid_out(text: str) -> None:
    """Emoji, controls, other alphabets, half characters: both files are made and open."""
    room = crisis()
    if text.strip():
        room.does(FillFields((Filled("faits", "Faits", text[:2000]),)))
    given = room.crisis.fields.get("faits")
    body = (given.value if given else "").replace("{", "(").replace("}", ")")
    draft = drawn(Template(HEAD, "{{ crise.titre }}\n\n" + "".join(_plain(body)), "h"), room)
    files = make(draft, room.now)
    assert len(pikepdf.open(io.BytesIO(files.pdf)).pages) >= 1
    assert Document(io.BytesIO(files.docx)).paragraphs


def _plain(text: str) -> list[str]:
    """The text without half characters, which no file of templates can hold."""
    return [one for one in text if not "\ud800" <= one <= "\udfff"]


def test_versions_are_kept_by_their_hash(tmp_path: Path) -> None:
    """Files are found by the hash of the journal, and no longer once they were touched."""
    draft, pdf, _ = made()
    cabinet = Cabinet(tmp_path)
    fact = produced(draft, cabinet, draft.crisis.opened_at + timedelta(hours=1), ["x", "y"], 2)
    assert (fact.version, fact.changed, fact.warned) == (1, "x ; y", 2)
    assert len(fact.left) == 1
    assert fact.pdf == sha256(pdf).hexdigest()

    path = cabinet.path(draft.crisis.id, fact.pdf, "pdf")
    assert path is not None
    assert path.read_bytes() == pdf
    assert cabinet.shown(draft.crisis.id, fact.md) == draft.shown
    path.write_bytes(pdf + b" ")
    assert cabinet.path(draft.crisis.id, fact.pdf, "pdf") is None
    assert cabinet.path(draft.crisis.id, "0" * 64, "pdf") is None
    assert [one.name for one in tmp_path.rglob("*") if one.name.startswith("tmp")] == []


def test_a_disk_that_refuses_is_told_and_nothing_half_written_stays(tmp_path: Path) -> None:
    """Who asked for the document is told why in French; the name stays free for the next try."""
    draft, pdf, _ = made()
    cabinet, now = Cabinet(tmp_path), draft.crisis.opened_at
    taken = tmp_path / "documents" / draft.crisis.id / f"{sha256(pdf).hexdigest()}.pdf"
    taken.mkdir(parents=True)
    with pytest.raises(StoreUnavailable, match="c'est un dossier") as caught:
        produced(draft, cabinet, now + timedelta(hours=1), [], 0)
    assert "La main courante continue" in caught.value.for_people()
    assert {one.suffix for one in taken.parent.iterdir()} == {".docx", ".pdf"}

    taken.rmdir()
    fact = produced(draft, cabinet, now + timedelta(hours=1), [], 0)
    assert cabinet.path(draft.crisis.id, fact.pdf, "pdf") == taken


def test_a_version_is_held_against_the_one_before(tmp_path: Path) -> None:
    """A first version changed nothing; a lost one is said rather than guessed."""
    cabinet, room = Cabinet(tmp_path), crisis()
    template = Template(HEAD, "{{ crise.niveau }} {{ crise.titre }}", "h")
    first = drawn(template, room)
    assert changed_since(first, cabinet) == []
    room.does(RecordDocument(produced(first, cabinet, room.now, [], 0)))
    assert changed_since(drawn(template, room), cabinet) == []
    for one in tmp_path.rglob("*.json"):
        one.unlink()
    assert "introuvable" in changed_since(drawn(template, room), cabinet)[0]
