"""Three areas side by side: a gap above 3 % is a finding."""

from __future__ import annotations

import pandas as pd

from landtool.policy import load_policy
from landtool.rules.areas import find_area_differences


def test_gaps_above_the_limit_are_found_whichever_pair_it_is() -> None:
    parcels = pd.DataFrame({
        "parcel_id": list("abcde"), "area_m2": [103.0, 103.1, 100.0, None, 96.0],
        "contract_area_m2": [100.0, 100.0, None, 110.0, 100.0],
        "certificate_area_m2": [None, None, None, 100.0, None]})
    found = find_area_differences(parcels, load_policy("national"), "2025-12-31")
    assert found["subject_id"].tolist() == ["b", "d", "e"]
    assert "110.00" in found["message_zh"][1]
    bare = parcels[["parcel_id"]]
    assert find_area_differences(bare, load_policy("national"), "2025-12-31").empty
