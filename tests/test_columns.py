"""Columns by position: what is null, unknown or doubtful is never taken for something else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landtool.columns import booleans, coded, dates, numbers, positions, text_array, texts, translated
from landtool.errors import InputDataError


def test_an_id_that_stands_twice_is_refused_by_name():
    with pytest.raises(InputDataError, match="'b' stands more than once"):
        positions(pd.Series(["a"]), pd.Series(["a", "b", "b"], name="parcel_id"))


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_positions_are_those_of_get_indexer(dtype):
    rng = np.random.default_rng(4)
    known = pd.Series([f"K{number}" for number in rng.permutation(500)], dtype=dtype)
    ids = pd.Series([f"K{number}" for number in rng.integers(0, 900, 2000)], dtype=dtype)
    expected = pd.Index(known.astype("str")).get_indexer(pd.Index(ids.astype("str")))
    assert positions(ids, known).tolist() == expected.tolist()


def test_null_is_nowhere_even_where_nulls_are_known():
    assert positions(pd.Series(["a", None]), pd.Series([None, None, "a"])).tolist() == [2, -1]


def test_words_are_asked_for_once_each_and_null_has_none():
    asked = []
    said = translated(pd.Series(["a", None, "b", "a"], index=[3, 1, 4, 2]), lambda code: asked.append(code) or code * 2)
    assert asked == ["a", "b"]
    assert said.index.tolist() == [3, 1, 4, 2]
    assert said.isna().tolist() == [False, True, False, False]
    assert said.dropna().tolist() == ["aa", "bb", "aa"]


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string"])
def test_texts_of_arrow_whatever_the_column_is_kept_as(dtype):
    column = pd.Series(["b", None, "", "乙", "b"], index=[5, 4, 3, 2, 1], dtype=dtype)
    for given in (column, pd.Index(column), column.iloc[:0]):
        found = text_array(given)
        assert str(found.type) == "large_string"
        assert found.to_pylist() == ["b", None, "", "乙", "b"][: len(given)]


def test_typed_columns_are_read_as_they_are_and_others_turned():
    frame = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "f": [0.5, np.nan], "t": ["a", None],
                          "d": ["2024-01-01", None], "b": [True, False]}).astype({"t": "object"})
    assert [str(read(frame, name).dtype) for read, name in (
        (numbers, "n"), (numbers, "f"), (texts, "t"), (booleans, "b"))] == ["float64", "float64", "str", "boolean"]
    assert dates(frame, "d").dtype.kind == "M"
    assert numbers(frame, "n").name == "n"
    assert numbers(frame, "n").isna().tolist() == texts(frame, "t").isna().tolist() == [False, True]


@pytest.mark.parametrize("words", [["met", "failed", "met"], ["a"], []])
def test_coded_words_are_the_categories_of_the_words_themselves(words):
    codes = np.array([*range(len(words)), -1, *range(len(words))])[::2]
    plain = pd.Series([words[code] if code >= 0 else None for code in codes], dtype="str").astype("category")
    pd.testing.assert_series_equal(pd.Series(coded(codes, words)), plain)
