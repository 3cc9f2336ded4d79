"""The town against the rest of landtool: what was planted, and nothing else, is found."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from landtool.policy import load_policy
from landtool.rules.idle import find_idle
from landtool.sample import Town, make_town, planted_problems, write_town
from landtool.workspace import Workspace, open_workspace

# Seen when sources are read and checked; the rest is for links, rules, rasters and reports.
BY_CHECK = {
    "duplicate_key", "duplicate_row", "date_unreadable", "placeholder_date", "number_unreadable",
    "area_not_positive", "code_unknown", "geometry_repaired", "geometry_empty", "duplicate_geometry",
    "overlap", "gap", "sliver", "area_difference", "park_split", "park_disagrees",
}  # fmt: skip
# The title rows of the workbooks; the contracts name uses and no classification.
OF_THE_FILE = {"rows_above_header", "classification_assumed"}


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(seed=4, parcels=400)


@pytest.fixture(scope="module", params=["mixed", "plain"])
def workspace(request: pytest.FixtureRequest, town: Town, tmp_path_factory: pytest.TempPathFactory
              ) -> Workspace:  # fmt: skip
    folder: Path = tmp_path_factory.mktemp(request.param)
    write_town(town, folder, formats=request.param)
    return open_workspace(folder)


def test_check_finds_exactly_what_was_planted(workspace: Workspace, town: Town) -> None:
    found = workspace.problems[~workspace.problems["kind"].isin(OF_THE_FILE)]
    planted = planted_problems(town)
    expected = planted[planted["kind"].isin(BY_CHECK)]
    keys = ["layer", "kind", "scope"]
    assert Counter(map(tuple, found[keys].to_numpy())) == Counter(map(tuple, expected[keys].to_numpy()))
    named = found["subject_id"] != ""
    ends = expected[expected["kind"] != "duplicate_row"]
    assert sorted(found.loc[named, "subject_id"]) == sorted(ends["subject_id"])


def test_a_clean_town_is_clean(tmp_path: Path) -> None:
    write_town(make_town(seed=4, parcels=60, problems=False), tmp_path)
    problems = open_workspace(tmp_path).problems
    assert set(problems["kind"]) <= OF_THE_FILE


def test_files_hold_what_memory_holds(workspace: Workspace, town: Town) -> None:
    for name, frame in town.layers.items():
        read = getattr(workspace.layers, name)
        lost = (planted_problems(town).query("scope == 'row'")["layer"] == name).sum()
        assert len(read) == len(frame) - lost, name
    contracts = workspace.layers.contracts.drop_duplicates("contract_id").set_index("contract_id")
    memory = town.layers["contracts"].drop_duplicates("contract_id").set_index("contract_id")
    for column in memory.columns:
        one, two = contracts[column].loc[memory.index], memory[column]
        if pd.api.types.is_float_dtype(two):
            pd.testing.assert_series_equal(one, two, check_dtype=False, rtol=1e-9)
        else:
            pd.testing.assert_series_equal(one, two, check_dtype=False)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_parcel_has_the_idle_status_it_was_drawn_for(seed: int) -> None:
    town = make_town(seed=seed, parcels=1500)
    contracts = town.layers["contracts"].drop_duplicates("contract_id")
    policy = load_policy(town.policy, pd.Timestamp(town.as_of).date())
    verdicts = find_idle(contracts, town.layers["government_causes"], policy, town.as_of).verdicts
    found = verdicts["idle_status"].set_axis(contracts["contract_id"])
    expected = town.intended.dropna(subset=["contract_id"]).set_index("contract_id")["idle_status"]
    wrong = expected.ne(found.loc[expected.index])
    assert not wrong.any(), pd.DataFrame({"drawn": expected, "found": found})[wrong]
