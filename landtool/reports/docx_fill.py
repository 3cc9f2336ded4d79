"""Filling a Word template: ``{{name}}`` becomes a value in the formatting it stands in.

Word cuts a text into pieces where it likes; a placeholder is found across them. Everything in the
document is looked at: body, tables, text boxes, headers and footers. A name nobody knows is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from landtool.codes.nearest import nearest
from landtool.errors import InputDataError
from landtool.reports.docx_parts import clean

_SLOT = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_TEXT, _PARAGRAPH = qn("w:t"), qn("w:p")
Block = Callable[[Paragraph], None]


def open_template(source: Any, where: str) -> Any:
    """Open a template.

    Raises
    ------
    InputDataError
        If it is no .docx.
    """
    try:
        return docx.Document(source)
    except Exception as error:
        raise InputDataError(f"cannot read the template ({type(error).__name__})", where,
                             "save it as .docx in Word") from error


def placeholders(document: Any) -> list[str]:
    """Names of the placeholders of a template, each once, in their order."""
    found = [name for paragraph in _paragraphs(document) for name in _SLOT.findall(_text(paragraph))]
    return list(dict.fromkeys(found))


def fill(document: Any, values: Mapping[str, str], blocks: Mapping[str, Block], where: str | Path) -> None:
    """Fill a template in place.

    Parameters
    ----------
    document : docx Document
    values : mapping
        Name -> text. Braces in a value are text, not a placeholder.
    blocks : mapping
        Name -> what puts a table or picture before the paragraph, which is then taken away; such a
        placeholder stands alone in its paragraph.

    Raises
    ------
    InputDataError
        If the template has a name that is neither a value nor a block, or a block inside a sentence.
    """
    refuse_unknown(placeholders(document), [*values, *blocks], where)
    for element in list(_paragraphs(document)):
        names = _SLOT.findall(_text(element))
        block = next((name for name in names if name in blocks), None)
        if block is None:
            _fill_paragraph(element, values)
        elif _SLOT.sub("", _text(element)).strip() or len(names) > 1:
            raise InputDataError(f"{{{{{block}}}}} stands inside a sentence", str(where),
                                 "give it a paragraph of its own: it is a table or a picture")
        else:
            blocks[block](Paragraph(element, document._body))
            element.getparent().remove(element)


def refuse_unknown(names: Collection[str], known: Collection[str], where: str | Path) -> None:
    """Raise for placeholders that nothing fills, naming each and the nearest known one."""
    unknown = [name for name in names if name not in known]
    if unknown:
        hints = [f"{{{{{name}}}}}" + (f" (did you mean {{{{{near}}}}}?)"
                                      if (near := nearest(name, list(known))) else "") for name in unknown]
        raise InputDataError(f"unknown placeholder {', '.join(hints)}", str(where),
                             "correct the name in the template; known are: " + ", ".join(sorted(known)))


def _paragraphs(document: Any) -> Iterator[Any]:
    parts = [document.element.body]
    for section in document.sections:
        for name in ("header", "first_page_header", "even_page_header", "footer", "first_page_footer",
                     "even_page_footer"):
            part = getattr(section, name)
            if not part.is_linked_to_previous:
                parts.append(part._element)
    for part in parts:
        yield from part.iter(_PARAGRAPH)


def _pieces(paragraph: Any) -> list[Any]:
    """The text elements of a paragraph, those of a text box inside it apart."""
    return [piece for piece in paragraph.iter(_TEXT) if next(piece.iterancestors(_PARAGRAPH)) is paragraph]


def _text(paragraph: Any) -> str:
    return "".join(piece.text or "" for piece in _pieces(paragraph))


def _fill_paragraph(paragraph: Any, values: Mapping[str, str]) -> None:
    pieces = _pieces(paragraph)
    texts = [piece.text or "" for piece in pieces]
    whole = "".join(texts)
    # From the last to the first, so that places before a change stay where they are.
    for slot in reversed(list(_SLOT.finditer(whole))):
        _put(texts, slot.start(), slot.end(), " ".join(clean(values[slot.group(1)]).split("\n")))
    for piece, text in zip(pieces, texts, strict=True):
        if piece.text != text:
            piece.text = text
            piece.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _put(texts: list[str], start: int, end: int, value: str) -> None:
    """Replace a stretch that may run over several pieces; the value goes into the first of them."""
    at, first = 0, True
    for place, text in enumerate(texts):
        begin, stop = max(start - at, 0), min(end - at, len(text))
        at += len(text)
        if begin < stop:
            texts[place] = text[:begin] + (value if first else "") + text[stop:]
            first = False
