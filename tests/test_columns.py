"""Columns by position: what is null, unknown or doubtful is never taken for something else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landtool.columns import positions, translated
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
