"""docs/fields.md is what the schema says today."""

from __future__ import annotations

from pathlib import Path

from landtool.schema.dictionary import field_markdown

PAGE = Path(__file__).resolve().parents[2] / "docs" / "fields.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == field_markdown(), "run `make docs`"
