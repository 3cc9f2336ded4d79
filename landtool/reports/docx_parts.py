"""Pieces of Word documents: page, Chinese fonts, tables, pictures, page numbers, the same bytes each time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from landtool.reports.drawing import Drawing

SONG, FANGSONG, HEI = "宋体", "仿宋", "黑体"
_LATIN = "Times New Roman"
_A4_MM, _MARGINS_MM = (210.0, 297.0), (26.0, 25.0, 25.0, 25.0)  # top, right, bottom, left
#: Width between the margins.
TEXT_WIDTH_MM = _A4_MM[0] - _MARGINS_MM[1] - _MARGINS_MM[3]
# Signs that XML cannot hold.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def clean(text: Any) -> str:
    """A text of the data as a document takes it.

    Examples
    --------
    >>> clean("a" + chr(7) + "b")
    'ab'
    """
    return _NOT_XML.sub("", str(text))


def new_document(font: str = SONG, size_pt: float = 10.5) -> Any:
    """Open an empty A4 document whose Chinese is set in Chinese fonts."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(side) for side in _A4_MM)
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = (
        Mm(margin) for margin in _MARGINS_MM)
    set_font(document.styles["Normal"], font, size_pt)
    for level, size in ((1, 15), (2, 12.5), (3, 11)):
        style = document.styles[f"Heading {level}"]
        set_font(style, HEI, size)
        style.font.color.rgb = RGBColor(0x1B, 0x3A, 0x4B)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(12), Pt(6)
        style.paragraph_format.keep_with_next = True
    set_font(document.styles["Caption"], HEI, 9)
    document.styles["Caption"].font.color.rgb = RGBColor(0x33, 0x36, 0x3A)
    document.styles["Caption"].font.bold = False
    return document


def set_font(target: Any, font: str, size_pt: float) -> None:
    """Set the Chinese and the Latin font of a style or a run; a theme's font would win over both."""
    target.font.name, target.font.size = _LATIN, Pt(size_pt)
    fonts = target.element.get_or_add_rPr().get_or_add_rFonts()
    for name in [name for name in fonts.attrib if name.endswith("Theme")]:
        del fonts.attrib[name]
    for name in ("w:ascii", "w:hAnsi", "w:cs"):
        fonts.set(qn(name), _LATIN)
    fonts.set(qn("w:eastAsia"), font)


def add_table(
    holder: Any, heads: Sequence[str], rows: Sequence[Sequence[Any]], widths_mm: Sequence[float],
    *, numbers: Sequence[int] = (), size_pt: float = 9.0,
) -> Any:  # fmt: skip
    """Add a ruled table whose heading is repeated on every page; every cell is text.

    Parameters
    ----------
    holder : document or its body
        Takes the table at its end.
    widths_mm : sequence of float
        One a column.
    numbers : sequence of int
        Columns set flush right.
    """
    body = holder._body if hasattr(holder, "sections") else holder
    table = body.add_table(1 + len(rows), len(heads), Mm(sum(widths_mm)))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for at, width in enumerate(widths_mm):
        table.columns[at].width = Mm(width)
    cells = [list(row.cells) for row in table.rows]
    for place, content in enumerate([heads, *rows]):
        for at, text in enumerate(content):
            cell = cells[place][at]
            cell.width = Mm(widths_mm[at])
            write(cell.paragraphs[0], "" if text is None else text, HEI if place == 0 else SONG, size_pt,
                  right=place > 0 and at in numbers)
            form = cell.paragraphs[0].paragraph_format
            form.space_before = form.space_after = Pt(1.5)
            if place == 0:
                _shade(cell, "E8EEF2")
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(mark)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    return table


def write(paragraph: Any, text: Any, font: str, size_pt: float, *, right: bool = False,
          bold: bool = False) -> Any:
    """Write one run into a paragraph."""
    run = paragraph.add_run(clean(text))
    set_font(run, font, size_pt)
    run.bold = bold or None
    paragraph.paragraph_format.space_after = Pt(0)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    return run


def _shade(cell: Any, colour: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", colour)):
        shade.set(qn(name), value)
    cell._tc.get_or_add_tcPr().append(shade)


def add_picture(document: Any, drawing: Drawing, caption: str) -> None:
    """Add a drawing in the middle, with its caption under it on the same page."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    paragraph.add_run().add_picture(io.BytesIO(drawing.png), width=Mm(min(drawing.width_mm, TEXT_WIDTH_MM)))
    add_caption(document, caption)


def add_caption(document: Any, text: str, *, above: bool = False) -> None:
    """Add a caption; one above a table stays with it."""
    paragraph = document.add_paragraph(clean(text), style="Caption")
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = above


def add_page_numbers(section: Any, form: str = "– {page} / {pages} –") -> None:
    """Number the pages in the footer."""
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for piece in re.split(r"(\{pages?\})", form):
        if piece in ("{page}", "{pages}"):
            _field(paragraph, "PAGE" if piece == "{page}" else "NUMPAGES")
        elif piece:
            write(paragraph, piece, SONG, 9)


def _field(paragraph: Any, code: str) -> None:
    element = OxmlElement("w:fldSimple")
    element.set(qn("w:instr"), code)
    run = paragraph.add_run("1")
    set_font(run, SONG, 9)
    element.append(run._r)
    paragraph._p.append(element)


def document_bytes(document: Any, title: str = "") -> bytes:
    """The document as a file: no author, no time of day, the same bytes for the same content."""
    core = document.core_properties
    core.title, core.author, core.last_modified_by, core.comments = clean(title), "", "", ""
    loose, target = io.BytesIO(), io.BytesIO()
    document.save(loose)
    with zipfile.ZipFile(loose) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, source.read(name))
    return target.getvalue()
