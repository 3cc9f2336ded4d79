"""The page of one parcel says the same from its own rows as from the whole results and the whole workspace."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import landtool as lt
from landtool.explanation import explain
from landtool.reports.stored import open_results
from landtool.schema.problems import COLUMNS
from landtool.schema.reasons import with_reasons
from landtool.webapp.explaining import explained
from landtool.webapp.view import View


@pytest.fixture(scope="module")
def workspace(assessed_town):
    return lt.open_workspace(assessed_town)


def parcels_of_interest(result: lt.Assessment) -> list[str]:
    """One idle, one graded, one unsupplied, one of low efficiency, one whose ground had an earlier contract."""
    parcels = result.parcels
    more = result.contracts["parcel_id"].value_counts()
    chosen = [
        parcels.loc[parcels["idle_status"] == "idle_1y", "parcel_id"].iloc[0],
        parcels.loc[parcels["grade"].notna(), "parcel_id"].iloc[0],
        result.unsupplied["parcel_id"].dropna().iloc[0],
        parcels.loc[parcels["is_low_efficiency"].fillna(False), "parcel_id"].iloc[0],
        more.index[more > 1][0],
    ]
    return list(dict.fromkeys(map(str, chosen)))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_part_explains_as_the_whole(assessed_town, workspace, language):
    whole = lt.read_results(assessed_town / "out")
    stored = open_results(assessed_town / "out")
    view = View(assessed_town, stored, language, 1.0)
    chosen = parcels_of_interest(whole)
    assert len(chosen) > 2
    for parcel_id in chosen:
        wanted = explain(replace(workspace, language=language), whole, parcel_id)
        assert explained(view, parcel_id).as_text(language) == wanted.as_text(language)
    for name in ("parcels", "contracts", "findings", "control", "low_efficiency", "grades"):
        assert stored.is_unread(name), name


def test_what_was_set_aside_is_told_in_the_other_language_without_the_sources(assessed_town, workspace):
    stored = open_results(assessed_town / "out")
    told = View(assessed_town, stored, "en", 1.0).set_aside
    left = workspace.problems[workspace.problems["scope"] != "note"]
    assert not left.empty
    assert {*COLUMNS} <= {*stored.set_aside}
    wanted = with_reasons(left, "en")
    key = ["layer", "source_row", "field", "reason", "remedy"]
    pd.testing.assert_frame_equal(told[key], wanted[key], check_dtype=False)
    assert not told["reason"].str.contains("[一-鿿]{3}").any()
