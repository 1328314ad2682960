"""A draft as a DOCX: styles of Word, so that it can be edited, and the marks of the house.

Titles are real titles and tables real tables; what is missing is highlighted; the foot of each page
says where the text comes from; an exercise says so across each page and in its header.
"""

import io
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from bot.drafts.blocks import Block, Runs, text_of
from bot.exports.text import legible

if TYPE_CHECKING:
    from bot.drafts.draft import Draft

_FONT: Final = "Liberation Serif"
_NARROW, _WIDE = 8, 60
"""Characters that the width of a column counts, at least and at most."""
_WATERMARK: Final = (
    '<w:pict xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">'
    '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" '
    'path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas>'
    '<v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/>'
    '<v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/>'
    '<v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/>'
    '</v:formulas><v:path textpathok="t" o:connecttype="rect"/>'
    '<v:textpath on="t" fitshape="t"/></v:shapetype>'
    '<v:shape id="exercice" type="#_x0000_t136" alt="EXERCICE" style="position:absolute;'
    "margin-left:0;margin-top:0;width:480pt;height:96pt;rotation:315;z-index:-251658752;"
    "mso-position-horizontal:center;mso-position-horizontal-relative:margin;"
    'mso-position-vertical:center;mso-position-vertical-relative:margin" '
    'fillcolor="#d9d9d9" stroked="f"><v:textpath style="font-family:&quot;Liberation Sans&quot;;'
    'font-size:1pt" string="EXERCICE"/></v:shape></w:pict>'
)


def write_docx(draft: "Draft", now: datetime) -> bytes:
    """The DOCX of a draft; ``now`` (UTC) is its date of creation."""
    from docx import Document

    document = Document()
    _styles(document)
    _properties(document, draft, now)
    _frame(document, draft)
    for block in draft.blocks:
        _WRITERS[block.kind](document, block)
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def _styles(document: Any) -> None:
    """A4, one font, French."""
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin, section.bottom_margin = Cm(2.2), Cm(2.2)
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "Heading 3"):
        style = document.styles[name]
        style.font.name = _FONT
        properties = style.element.get_or_add_rPr()
        fonts = properties.get_or_add_rFonts()
        for key in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{key}"), None)
        for key in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{key}"), _FONT)
        _black(style)
    document.styles["Normal"].font.size = Pt(11)
    document.styles["Title"].font.size = Pt(18)
    document.styles["Heading 1"].font.size = Pt(13)
    language = document.styles["Normal"].element.get_or_add_rPr()
    language.append(_element("w:lang", {"w:val": "fr-FR"}))


def _black(style: Any) -> None:
    from docx.shared import RGBColor

    style.font.color.rgb = RGBColor(0x14, 0x14, 0x14)


def _element(tag: str, attributes: Mapping[str, str], text: str = "") -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(name), value)
    if text:
        made.text = text
    return made


def _properties(document: Any, draft: "Draft", now: datetime) -> None:
    """Title, author and language, as the file says them of itself."""
    start = "EXERCICE — " if draft.crisis.exercise else ""
    properties = document.core_properties
    properties.title = _drawn(f"{start}{draft.title}")[:255]
    properties.author = _drawn(draft.crisis.plan.establishment.name)[:255]
    properties.comments = _drawn(f"{draft.foot[0]}. {draft.foot[1]}.")[:255]
    properties.language = "fr-FR"
    properties.created = properties.modified = now.replace(tzinfo=None)
    properties.last_modified_by = "Tocsin"


def _frame(document: Any, draft: "Draft") -> None:
    """Header of an exercise, foot of every page."""
    from docx.oxml import parse_xml
    from docx.shared import Pt

    section = document.sections[0]
    if draft.crisis.exercise:
        paragraph = section.header.paragraphs[0]
        paragraph.alignment = 2
        run = paragraph.add_run("EXERCICE")
        run.bold = True
        paragraph.add_run()._r.append(parse_xml(_WATERMARK))
    paragraph = section.footer.paragraphs[0]
    origin = paragraph.add_run(_drawn(draft.foot[0]))
    origin.add_break()
    paragraph.add_run(_drawn(f"{draft.foot[1]} · page "))
    _field(paragraph, "PAGE")
    paragraph.add_run(" sur ")
    _field(paragraph, "NUMPAGES")
    for run in paragraph.runs:
        run.font.size = Pt(8)


def _field(paragraph: Any, name: str) -> None:
    """A number that Word computes."""
    parts = (
        _element("w:fldChar", {"w:fldCharType": "begin"}),
        _element("w:instrText", {"xml:space": "preserve"}, name),
        _element("w:fldChar", {"w:fldCharType": "end"}),
    )
    for part in parts:
        paragraph.add_run()._r.append(part)


# -- blocks ---------------------------------------------------------------------------------------


def _write(paragraph: Any, runs: Runs) -> None:
    """Runs with their looks; line ends stay line ends."""
    from docx.enum.text import WD_COLOR_INDEX

    for one in runs:
        run = paragraph.add_run(_drawn(one.text))
        run.bold = one.bold or None
        run.italic = one.italic or None
        if one.missing:
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _drawn(text: str) -> str:
    """What XML can hold."""
    return "".join(one for one in legible(text) if one == "\n" or one >= " ")


def _heading(document: Any, block: Block) -> None:
    style = "Title" if block.level == 1 else f"Heading {block.level - 1}"
    _write(document.add_paragraph(style=style), block.runs)


def _paragraph(document: Any, block: Block) -> None:
    _write(document.add_paragraph(), block.runs)


def _quote(document: Any, block: Block) -> None:
    from docx.shared import Cm

    paragraph = document.add_paragraph()
    paragraph.paragraph_format.left_indent = Cm(1)
    _write(paragraph, block.runs)


def _item(document: Any, block: Block) -> None:
    """An item with its own mark: numbers stay those of the template when the text is edited."""
    from docx.shared import Cm, Pt

    paragraph = document.add_paragraph()
    shape = paragraph.paragraph_format
    shape.left_indent = Cm(0.8 * block.level)
    shape.first_line_indent = Cm(-0.6) if block.mark else None
    shape.space_after = Pt(3)
    if block.mark:
        shape.tab_stops.add_tab_stop(Cm(0.8 * block.level))
        paragraph.add_run(f"{block.mark}\t")
    _write(paragraph, block.runs)


def _rule(document: Any, _block: Block) -> None:
    paragraph = document.add_paragraph()
    properties = paragraph._p.get_or_add_pPr()
    borders = _element("w:pBdr", {})
    line = {"w:val": "single", "w:sz": "4", "w:space": "1", "w:color": "999999"}
    borders.append(_element("w:bottom", line))
    properties.append(borders)


def _table(document: Any, block: Block) -> None:
    from docx.shared import Cm, Pt

    width = len(block.rows[0])
    table = document.add_table(rows=0, cols=width)
    table.style = "Table Grid"
    table.autofit = False
    parts = shares(block)
    for n, column in enumerate(table.columns):
        column.width = Cm(16.6 * parts[n] / sum(parts))
    for number, row in enumerate(block.rows):
        cells = table.add_row().cells
        for n, cell in enumerate(row[:width]):
            cells[n].width = Cm(16.6 * parts[n] / sum(parts))
            paragraph = cells[n].paragraphs[0]
            _write(paragraph, cell)
            for run in paragraph.runs:
                run.font.size = Pt(10)
                run.bold = True if number == 0 else run.bold
    header = table.rows[0]._tr.get_or_add_trPr()
    header.append(_element("w:tblHeader", {"w:val": "true"}))
    document.add_paragraph()


def shares(block: Block) -> list[int]:
    """The widths of the columns of a table, in proportion to what they hold."""
    if not block.rows:
        return []
    widths = [_NARROW for _ in block.rows[0]]
    for row in block.rows:
        for n, cell in enumerate(row[: len(widths)]):
            widths[n] = max(widths[n], min(_WIDE, len(text_of(cell))))
    return widths


_WRITERS: Final[Mapping[str, Callable[[Any, Block], None]]] = {
    "heading": _heading,
    "paragraph": _paragraph,
    "quote": _quote,
    "item": _item,
    "rule": _rule,
    "table": _table,
}
