"""The gate: all failures at once, none on conformed rows."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from landtool.schema import LAYERS
from landtool.schema.conform import conform
from landtool.schema.validate import validate_layer

CONTRACTS = LAYERS["contracts"]


def good(count: int = 3) -> pd.DataFrame:
    return pd.DataFrame({
        "contract_id": pd.Series([f"C{i}" for i in range(count)], dtype="str"),
        "kind": "grant", "area_m2": np.linspace(1, 2, count),
        "price_cny": 0.0, "land_grade": pd.array([5] * count, dtype="Int64"),
        "signed_date": pd.Timestamp("2020-01-01"), "is_mortgaged": pd.array([True] * count, dtype="boolean"),
        "actual_start_date_is_known": pd.array([True] * count, dtype="boolean"),
        "source": "s", "source_row": pd.array(range(2, count + 2), dtype="Int64"),
    })  # fmt: skip


def test_good_rows_pass():
    assert validate_layer(good(), CONTRACTS).empty


def test_all_failures_are_gathered():
    bad = good(4)
    bad.loc[0, "area_m2"] = 0.0
    bad.loc[1, "kind"] = "gift"
    bad.loc[2, "land_grade"] = 16
    bad.loc[3, "contract_id"] = "C0"
    found = validate_layer(bad, CONTRACTS)
    assert sorted(found[["kind", "field", "source_row", "subject_id"]].to_numpy().tolist()) == [
        ["choice_unknown", "kind", 3, "C1"], ["duplicate_key", "contract_id", 5, "C0"],
        ["out_of_range", "area_m2", 2, "C0"], ["out_of_range", "land_grade", 4, "C2"],
    ]  # fmt: skip
    assert set(found["scope"]) == {"note"}


@pytest.mark.parametrize(("name", "cells"), [
    ("area_m2", ["1", "2", "3"]), ("signed_date", ["2020", "2020", "2020"]), ("contract_id", [1, 2, 3]),
    ("is_mortgaged", ["是", "否", "是"]), ("land_grade", [1.0, 2.0, 3.0]),
    ("actual_start_date_is_known", ["y", "y", "y"]),
])  # fmt: skip
def test_wrong_types_are_named_once(name, cells):
    found = validate_layer(good().assign(**{name: cells}), CONTRACTS)
    assert found[["kind", "field"]].to_numpy().tolist() == [["schema_type", name]]
    assert found["detail"].iloc[0]


def test_missing_columns_and_cells():
    found = validate_layer(good().drop(columns="contract_id"), CONTRACTS)
    assert found[["kind", "field"]].to_numpy().tolist() == [["column_missing", "contract_id"]]
    blank = good()
    blank.loc[1, "contract_id"] = None
    found = validate_layer(blank, CONTRACTS)
    assert found[["kind", "source_row"]].to_numpy().tolist() == [["required_missing", 3]]


def test_the_frame_is_not_changed():
    frame = good()
    before = frame.copy()
    validate_layer(frame, CONTRACTS)
    pd.testing.assert_frame_equal(frame, before)


def test_a_hundred_thousand_rows_are_quick():
    frame = good(100_000)
    start = time.perf_counter()
    assert validate_layer(frame, CONTRACTS).empty
    assert time.perf_counter() - start < 5.0


def test_conformed_rows_pass():
    frame = pd.DataFrame({"电子监管号": ["A", "B"], "面积(亩)": ["-1", "x"], "供地方式": ["赠与", "划拨"],
                          "实际开工时间": ["2021-02-30", ""]})  # fmt: skip
    made = conform(frame, CONTRACTS, source="a", source_row=pd.Series([2, 3]))
    assert validate_layer(made.frame, CONTRACTS).empty
