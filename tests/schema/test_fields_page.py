"""docs/fields.md is what the schema says today, and the result files have no column that it does not describe."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from landtool.codes.strict_yaml import read_yaml
from landtool.reports.results import FRAMES, read_results
from landtool.schema import result_columns
from landtool.schema.dictionary import fields_page
from landtool.schema.result_columns import described, own_columns, result_column, result_dictionary

PAGE = Path(__file__).resolve().parents[2] / "docs" / "fields.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == fields_page(), "run `make docs`"


def kind_of(column: pd.Series) -> set[str]:
    """Kinds that a column's type may stand for."""
    if column.name == "geometry":
        return {"geometry"}
    if pd.api.types.is_datetime64_any_dtype(column):
        return {"date"}
    if pd.api.types.is_bool_dtype(column):
        return {"boolean"}
    if pd.api.types.is_integer_dtype(column):
        return {"integer"}
    if pd.api.types.is_float_dtype(column):
        return {"number"}
    return {"list"} if column.dtype == object else {"text", "code"}


@pytest.fixture(scope="module")
def results(assessed_town):
    return read_results(assessed_town / "out")


@pytest.mark.parametrize("file", FRAMES)
def test_every_column_of_every_result_file_is_described(results, file):
    frame = getattr(results, file)
    assert frame is not None, f"the town has no {file}: the file is not looked at"
    known = {name: result_column(file, name) for name in frame}
    assert [name for name, one in known.items() if one is None] == []
    assert [name for name in own_columns(file) if name not in frame] == [], "described, and not written"
    kinds = {name: known[name]["kind"] for name in frame}
    assert {name: kind for name, kind in kinds.items() if kind not in kind_of(frame[name])} == {}
    never = [name for name in frame if known[name]["empty"] == "never" and frame[name].isna().any()]
    assert never == [], "said to be never empty"


def test_each_file_is_described_and_no_word_is_idle():
    told = read_yaml(Path(result_columns.__file__).with_suffix(".yml"))
    assert told == described()
    assert set(told["files"]) == set(FRAMES)
    entries = [*told["common"].values(), *(one for file in told["files"].values() for one in file["columns"].values())]
    assert {one["empty"] for one in entries} | {"no_balance", "cell"} == set(told["empty"])
    for part in (entries, told["empty"].values(), told["balance_terms"].values(), told["files"].values()):
        assert all(one["zh"] and one["en"] for one in part)


def test_the_dictionary_leaves_out_what_nobody_describes():
    table = result_dictionary({"findings": ["rule_id", "no_such_column"]})
    assert table["column"].tolist() == ["rule_id"]
