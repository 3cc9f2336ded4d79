"""A template filled in is read without a question."""

from __future__ import annotations

import io

import openpyxl
import pytest

from landtool.reports.templates import header_of, template_layers, template_workbook
from landtool.schema import LAYERS
from landtool.schema.headers import map_headers


@pytest.mark.parametrize("name", template_layers())
def test_every_header_is_understood_with_its_unit(name):
    layer = LAYERS[name]
    book = openpyxl.load_workbook(io.BytesIO(template_workbook(name, "zh")))
    headers = [cell.value for cell in book.worksheets[0][1]]
    mapped, _ = map_headers(headers, layer)
    found = {one.canonical: one for one in mapped}
    for field in layer.fields:
        assert found[field.name].field_in_source == header_of(field)
        if field.unit in ("m2", "cny", "cny_m2"):
            assert found[field.name].unit, field.name
    assert len(list(book.worksheets[1].rows)) == len(layer.fields) + 1
