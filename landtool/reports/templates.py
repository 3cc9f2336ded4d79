"""Empty Excel tables, one a layer, whose headers landtool reads without asking."""

from __future__ import annotations

import io

from landtool import messages
from landtool.schema import LAYERS, Field, Layer

# The unit a person is asked to fill in, by the canonical one.
_UNITS = {"m2": "平方米", "cny": "万元", "cny_m2": "万元/亩"}
_WIDTH = 16


def template_layers() -> list[str]:
    """Layers that come as a table: those whose rows need no polygon."""
    return [name for name, layer in LAYERS.items() if layer.geometry == "none"]


def header_of(field: Field) -> str:
    """The header of a column: the Chinese label, with the unit where it has one."""
    unit = _UNITS.get(field.unit)
    return f"{field.zh}({unit})" if unit else field.zh


def template_workbook(layer: str, language: str) -> bytes:
    """One sheet of headers to fill in, and one of notes: what each column holds and which values it takes.

    Parameters
    ----------
    layer : str
        One of :func:`template_layers`.
    language : str
        Of the notes; headers are Chinese.
    """
    import xlsxwriter

    model = LAYERS[layer]
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8EEF2", "text_wrap": True, "bottom": 1})
        must = book.add_format({"bold": True, "bg_color": "#F6D9C6", "text_wrap": True, "bottom": 1})
        text = book.add_format({"num_format": "@"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(model.zh)
        for place, field in enumerate(model.fields):
            # A code that Excel takes for a number loses its last digits.
            form = day if field.kind == "date" else text if field.kind in ("code", "text") else None
            sheet.set_column(place, place, _WIDTH, form)
            sheet.write_string(0, place, header_of(field), must if field.required else head)
            if field.choices:
                sheet.data_validation(1, place, 5000, place, {
                    "validate": "list", "source": _spellings(field), "error_type": "warning"})  # fmt: skip
        sheet.freeze_panes(1, 0)
        _notes(book, model, language, head)
    return target.getvalue()


def _spellings(field: Field) -> list[str]:
    return [spellings[0] if code.isascii() and spellings else code
            for code, spellings in (field.choices or {}).items()]


def _notes(book: object, model: Layer, language: str, head: object) -> None:
    def say(key: str) -> str:
        return messages.say(f"template.{key}", language)

    sheet = book.add_worksheet(say("notes"))  # type: ignore[attr-defined]
    for place, key in enumerate(("column", "meaning", "kind", "required", "values")):
        sheet.write_string(0, place, say(key), head)
    for row, field in enumerate(model.fields, start=1):
        cells = [header_of(field), field.zh if language == "zh" else field.en, say(f"kind_{field.kind}"),
                 say("yes") if field.required else "", "、".join(_spellings(field))]
        for place, cell in enumerate(cells):
            sheet.write_string(row, place, cell)
    sheet.set_column(0, 1, 26)
    sheet.set_column(4, 4, 60)
