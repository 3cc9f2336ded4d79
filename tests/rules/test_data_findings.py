"""Land that the register calls idle while something is produced on it: said, and decided by nobody."""

from __future__ import annotations

import pandas as pd
import pytest

import landtool as lt
from landtool.rules.data_findings import idle_with_output

STATUSES = ["idle_2y", "idle_1y", "idle_government_cause", "idle_suspended", "at_risk", "not_idle", "not_assessable", None]


def land(output: float | None) -> pd.DataFrame:
    return pd.DataFrame({"parcel_id": [f"P{at}" for at in range(len(STATUSES))],
                         "idle_status": pd.array(STATUSES, dtype="str"), "revenue_cny": [output] * len(STATUSES)})


@pytest.mark.parametrize(("output", "count"), [(0.01, 5), (0.0, 0), (None, 0)])
def test_only_known_output_on_land_called_idle(output, count):
    found = idle_with_output(land(output).astype({"revenue_cny": "float64"}), 2025)
    assert found["subject_id"].tolist() == [f"P{at}" for at in range(count)]
    assert not found["message_zh"].str.contains(r"[{}]|nan|None|<NA>", regex=True).any()
    assert idle_with_output(land(output).astype({"revenue_cny": "float64"}), None).empty


def test_the_verdict_stands_and_the_doubt_is_told(tmp_path):
    (tmp_path / "parcels.csv").write_text("parcel_id,area_m2\nP1,1000\nP2,1000\n", encoding="utf-8")
    (tmp_path / "contracts.csv").write_text(
        "contract_id,parcel_id,signed_date,agreed_start_date,actual_start_date\n"
        "C1,P1,2020-01-01,2021-01-01,\nC2,P2,2010-01-01,2011-01-01,2011-01-01\n", encoding="utf-8")
    (tmp_path / "operations.csv").write_text("parcel_id,year,gross_output_cny\nP1,2025,5000000\n", encoding="utf-8")
    (tmp_path / "landtool.yaml").write_text(
        "name: 测试\npolicy: national\nas_of: 2025-12-31\nlayers:\n  parcels: {path: parcels.csv}\n"
        "  contracts: {path: contracts.csv}\n  operations: {path: operations.csv}\n", encoding="utf-8")
    result = lt.assess(lt.open_workspace(tmp_path))
    assert result.parcels.set_index("parcel_id").loc["P1", "idle_status"] == "idle_2y"
    doubt = result.findings[result.findings["rule_id"] == "data.idle_with_output"]
    assert doubt["subject_id"].tolist() == ["P1"]
    assert "500.00 万元" in doubt["message_zh"].iloc[0]
