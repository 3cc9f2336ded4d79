"""Rows that stand twice."""

from __future__ import annotations

import pandas as pd

from landtool.schema import LAYERS
from landtool.schema.duplicates import drop_duplicates, unique_keys
from landtool.sources.raw import RawTable

CONTRACTS = LAYERS["contracts"]


def raw(name: str, cells: dict) -> RawTable:
    frame = pd.DataFrame(cells)
    return RawTable(frame, name, pd.Series(range(2, len(frame) + 2), dtype="Int64"), rows_in=len(frame))


def test_repeats_are_found_within_and_across_sources():
    one = raw("1.xls", {"号": ["a", "b", "a"], "面积": ["1.0", "2.0", "1.0"]})
    two = raw("2.xls", {"面积：": ["2.0", "3.0"], "号:": ["b", "b"]})
    kept, problems = drop_duplicates([one, two])
    assert [table.source_row.tolist() for table in kept] == [[2, 3], [3]]
    assert problems[["source", "source_row", "detail", "kind", "scope"]].to_numpy().tolist() == [
        ["1.xls", 4, "1.xls#2", "duplicate_row", "row"],
        ["2.xls", 2, "1.xls#3", "duplicate_row", "row"],
    ]
    assert len(one.frame) == 3


def test_one_cell_that_differs_makes_no_repeat():
    one = raw("1.xls", {"号": ["a", "a"], "备注": [None, "x"]})
    kept, problems = drop_duplicates([one])
    assert len(kept[0].frame) == 2
    assert problems.empty


def test_a_number_read_as_text_elsewhere_is_the_same():
    one = raw("1.xls", {"号": ["a", "c"], "面积": [1.5, 2.0]})
    two = raw("2.xls", {"号": ["a", "c"], "面积": ["1.50", "约2"]})
    kept, _ = drop_duplicates([one, two])
    assert kept[1].frame["号"].tolist() == ["c"]


def test_codes_that_differ_in_leading_zeros_stay_apart():
    kept, problems = drop_duplicates([raw("1", {"号": [7]}), raw("2", {"号": ["007"]})])
    assert [len(table.frame) for table in kept] == [1, 1]
    assert problems.empty


def test_columns_that_fold_to_one_name_are_both_compared():
    kept, _ = drop_duplicates([raw("1", {"号": ["a", "a"], "号:": ["x", "y"]})])
    assert len(kept[0].frame) == 2


def test_nothing_to_compare():
    assert drop_duplicates([])[0] == []
    kept, problems = drop_duplicates([raw("1", {"号": []})])
    assert len(kept) == 1
    assert problems.empty


def test_keys():
    frame = pd.DataFrame({"contract_id": ["a", "b", "a", "a"], "area_m2": [1.0, 2, 3, 4], "source": "s",
                          "source_row": pd.array([2, 3, 4, 5], dtype="Int64")})  # fmt: skip
    kept, problems = unique_keys(frame, CONTRACTS)
    assert kept["area_m2"].tolist() == [1.0, 2.0]
    assert problems[["source_row", "value", "detail", "scope"]].to_numpy().tolist() == [
        [4, "a", "s#2", "row"],
        [5, "a", "s#2", "row"],
    ]
    assert len(unique_keys(kept, CONTRACTS)[1]) == 0


def test_composite_keys():
    frame = pd.DataFrame({"enterprise_id": ["e", "e", "e"], "parcel_id": ["p", "q", "p"],
                          "from_date": pd.to_datetime(["2020-01-01", None, None]), "source": "s",
                          "source_row": [2, 3, 4]})  # fmt: skip
    assert len(unique_keys(frame, LAYERS["occupancy"])[0]) == 3
    again = pd.concat([frame, frame.iloc[[2]]], ignore_index=True)
    kept, problems = unique_keys(again, LAYERS["occupancy"])
    assert len(kept) == 3
    assert problems["field"].tolist() == ["enterprise_id + parcel_id + from_date"]
