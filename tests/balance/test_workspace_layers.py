"""The balances of a whole workspace, on the sample town."""

from __future__ import annotations

import pandas as pd
import pytest

from landtool.balance import WorkspaceBalance, balance_of_workspace_layers, memo
from landtool.errors import InputDataError
from landtool.policy import Policy, load_policy
from landtool.sample import make_town
from landtool.sample.town import Town


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(seed=1, parcels=400)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("chongqing-2021")


def run(town: Town, policy: Policy, *names: str, **more: object) -> WorkspaceBalance:
    layers = town.layers
    return balance_of_workspace_layers(
        town.land_use, town.classifications, layers["districts"], layers["parks"], layers["control_lines"],
        policy, *names, proposals=layers["proposals"], **more)  # fmt: skip


def test_existing_land(town: Town, policy: Policy) -> None:
    made = run(town, policy)
    ledger = made.balance.ledger
    assert (made.balance.from_name, made.balance.to_name) == ("2020", "2025")
    assert set(ledger["region_kind"]) == {"whole", "district", "region_group", "park", "control_line"}
    assert ledger["residual_m2"].abs().max() < 1.0
    columns = [name for name in ledger if name.endswith("_m2")]
    districts = ledger.loc[ledger["region_kind"] == "district", columns].sum()
    pd.testing.assert_series_equal(districts, ledger.loc[0, columns].astype("float64"), check_names=False,
                                   rtol=1e-6, atol=1.0)  # fmt: skip
    second = town.layers["districts"]["district_code"].iloc[1]
    row = ledger[(ledger["region_kind"] == "district") & (ledger["region_id"] == second)]
    assert row["verdict"].tolist() == ["shrinks"]
    assert second in memo(made.balance)
    assert {"district_code", "park_id", "line_id"} <= set(made.balance.changes.columns)
    assert made.breaches is not None
    assert (made.breaches["area_m2"] > 0).all()
    whole = made.table[made.table["region_kind"] == "whole"]
    assert whole["area_m2"].sum() == pytest.approx(
        made.table.loc[made.table["region_kind"] == "district", "area_m2"].sum(), rel=1e-6)  # fmt: skip


def test_planned_land(town: Town, policy: Policy) -> None:
    made = run(town, policy, "2025", "plan-2035")
    assert made.balance.to_name == "plan-2035"
    assert not made.balance.changes.empty


def test_pipeline_land_is_a_scenario(town: Town, policy: Policy) -> None:
    made = run(town, policy, "2025", "2025", stages=["draft", "submitted", "approved"])
    assert made.base is not None
    assert made.difference is not None
    assert made.pairs is not None
    assert made.base.changes.empty
    row, added = made.balance.ledger.iloc[0], made.difference.iloc[0]
    assert row["replacement_m2"] > 0
    assert row["converted_out_m2"] > 0
    assert added["closing_m2"] == pytest.approx(row["net_change_m2"], abs=0.1)
    assert made.pairs["lost_m2"].sum() == pytest.approx(row["converted_out_m2"], rel=1e-9)
    assert made.pairs["replacement_m2"].sum() == pytest.approx(row["replacement_m2"], rel=1e-9)


def test_bad_names_are_named(town: Town, policy: Policy) -> None:
    with pytest.raises(InputDataError, match="no snapshot '2019'"):
        run(town, policy, "2019", "2025")
    with pytest.raises(InputDataError, match="fewer than two surveys"):
        balance_of_workspace_layers({"2025": town.land_use["2025"]}, {"2025": "yhfl-2023"}, None, None,
                                    None, policy)  # fmt: skip
    with pytest.raises(InputDataError, match="no classification"):
        balance_of_workspace_layers(town.land_use, {"2025": "yhfl-2023"}, None, None, None, policy)
