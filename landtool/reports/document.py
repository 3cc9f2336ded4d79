"""The report as a Word document: headline, tables, maps and charts, what is not known, the numbers used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt, RGBColor

from landtool import messages
from landtool.assessment import Assessment
from landtool.atomic import replace_file
from landtool.reports.district import district_part
from landtool.reports.document_sections import SECTIONS
from landtool.reports.docx_parts import (
    HEI,
    SONG,
    add_caption,
    add_page_numbers,
    add_picture,
    add_table,
    document_bytes,
    new_document,
    write,
)
from landtool.reports.drawing import Drawing, drawn_language
from landtool.reports.parcel_drawing import status_map

_PAGES = {"zh": "第 {page} 页，共 {pages} 页", "en": "page {page} of {pages}"}


def write_report(
    result: Assessment, path: str | Path, language: str | None = None, *, district: str | None = None
) -> Path:
    """Write an assessment as a Word document.

    Parameters
    ----------
    result : Assessment
        What :func:`landtool.assess` returned or :func:`landtool.read_results` read.
    path : str or Path
        The .docx; replaced as a whole or not at all.
    language : {"zh", "en"}, optional
        The assessment's own if not given. Drawings are in English where the machine has no Chinese font.
    district : str, optional
        Code or name of a district: the report speaks of its land alone.

    Raises
    ------
    InputDataError
        If there is no such district.
    OutputError
        If the place cannot be written, or the file is open in another program.
    """
    replace_file(Path(path), report_bytes(result, language, district=district))
    return Path(path)


def report_bytes(result: Assessment, language: str | None = None, *, district: str | None = None) -> bytes:
    """The content of :func:`write_report`; the same bytes for the same assessment on one machine."""
    language = language or result.language
    part = result if district is None else district_part(result, district)
    page = Page(part, language)
    page.title()
    for section in SECTIONS:
        section(page)
    page.close()
    return document_bytes(page.document, page.say("title", name=part.summary["name"]))


class Page:
    """A document that grows downwards; numbers its headings, tables and figures.

    Attributes
    ----------
    result : Assessment
    language : str
    document : docx Document
    """

    def __init__(self, result: Assessment, language: str) -> None:
        self.result, self.language = result, language
        self.document = new_document()
        self._counts = {"head": 0, "table": 0, "figure": 0}
        self._drawn: set[str] = set()

    @property
    def district(self) -> bool:
        """Whether the report speaks of one district alone."""
        return "district" in self.result.summary

    def drawn(self, name: str) -> Any:
        """A layer of zones as outlines; None where it has no geometry."""
        frame = getattr(self.result, name)
        return frame if hasattr(frame, "crs") else None

    def say(self, key: str, **values: Any) -> str:
        """A text of the document."""
        return messages.say(f"document.{key}", self.language, **values)

    def title(self) -> None:
        """The head of the first page."""
        summary = self.result.summary
        self._centred(self.say("title", name=summary["name"]), HEI, 18, after=6)
        self._centred(self.say("basis", as_of=summary["as_of"], policy=summary["policy"]["title"]), SONG, 10.5,
                      after=8)
        note = self.document.add_paragraph()
        write(note, self.say("suspected"), SONG, 10).font.color.rgb = RGBColor(0xA0, 0x20, 0x10)
        note.paragraph_format.space_after = Pt(8)

    def head(self, key: str) -> None:
        """A numbered heading."""
        number = self._next("head")
        heading = self.document.add_heading(self.say(f"number_{number}") + self.say(f"head_{key}"), 1)
        heading.paragraph_format.keep_with_next = True

    def text(self, text: str) -> None:
        """A paragraph."""
        paragraph = self.document.add_paragraph()
        write(paragraph, text, SONG, 10.5)
        form = paragraph.paragraph_format
        form.line_spacing, form.space_after = 1.4, Pt(4)
        if self.language == "zh":
            form.first_line_indent = Pt(21)

    def table(self, caption: str, heads: list[str], rows: list[list[Any]], widths_mm: list[float], *,
              numbers: tuple[int, ...] = (), size_pt: float = 9.0) -> None:
        """A table under its numbered caption."""
        add_caption(self.document, self.say("table_mark", number=self._next("table"), text=caption), above=True)
        add_table(self.document, heads, rows, widths_mm, numbers=numbers, size_pt=size_pt)
        self.document.add_paragraph().paragraph_format.space_after = Pt(0)

    def picture(self, drawing: Drawing | None, caption: str) -> None:
        """A drawing over its numbered caption; nothing where there is nothing to draw."""
        if drawing is not None:
            self._drawn.add(drawing.language)
            add_picture(self.document, drawing,
                        self.say("figure_mark", number=self._next("figure"), text=caption))

    def parcel_map(self, frame: Any, column: str, colours: Mapping[str, str], lead: str, caption: str) -> None:
        """Parcels coloured by a status, with parks and districts; nothing where there is no plane to draw on."""
        if not self.result.has_geometry or not frame.crs.is_projected:
            return
        language = drawn_language(self.language)
        labels = {name: messages.say(f"{lead}{name}", language) for name in colours}
        self.picture(status_map(frame, column, labels, colours, parks=self.drawn("parks"),
                                districts=self.drawn("districts"), language=self.language), caption)

    def close(self) -> None:
        """Number the pages; say so where the drawings are in another language."""
        if self._drawn - {self.language}:
            self.text(self.say("english_drawings"))
        add_page_numbers(self.document.sections[0], _PAGES[self.language])

    def _next(self, kind: str) -> int:
        self._counts[kind] += 1
        return self._counts[kind]

    def _centred(self, text: str, font: str, size_pt: float, after: float) -> None:
        paragraph = self.document.add_paragraph()
        write(paragraph, text, font, size_pt)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_after = Pt(after)
