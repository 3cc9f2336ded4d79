"""Areas, industrial and supplied land."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landtool.errors import InputDataError
from landtool.indicators.land import area_differences, area_used, is_industrial, is_supplied


class OneCode:
    """A classification that knows two codes and leaves a third open."""

    def classify(self, codes: pd.Series) -> pd.DataFrame:
        known = {"0601": True, "0701": False, "06": pd.NA}
        return pd.DataFrame({"is_industrial": pd.array([known[c] for c in codes], "boolean")},
                            index=codes.index)


def test_the_area_used_is_named() -> None:
    parcels = pd.DataFrame({
        "area_m2": [10.0, 0.0, None, None], "contract_area_m2": [9.0, 8.0, -1.0, None],
        "certificate_area_m2": [7.0, 7.0, 7.0, None]}, index=[4, 5, 6, 7])
    found = area_used(parcels)
    assert found["area_used"].tolist()[:3] == ["geometry", "contract", "certificate"]
    assert found["area_used_m2"].tolist()[:3] == [10.0, 8.0, 7.0]
    assert found.loc[7].isna().all()
    assert area_used(parcels, ("certificate",))["area_used_m2"].tolist()[0] == 7.0


def test_three_areas_are_compared_pair_by_pair() -> None:
    parcels = pd.DataFrame({"area_m2": [103.0, None], "contract_area_m2": [100.0, 50.0],
                            "certificate_area_m2": [None, 40.0]})
    found = area_differences(parcels)
    assert found["geometry_contract_share"].iloc[0] == pytest.approx(0.03)
    assert np.isnan(found["geometry_certificate_share"]).all()
    assert found["contract_certificate_share"].iloc[1] == pytest.approx(0.25)
    assert found["area_difference_share"].tolist() == pytest.approx([0.03, 0.25])


def test_industrial_land_is_three_valued_and_m0_counts() -> None:
    parcels = pd.DataFrame({"land_use_code": ["0601", "0701", "06", None, "0701"],
                            "is_m0": pd.array([None, False, None, None, True], "boolean")},
                           index=list("vwxyz"))
    found = is_industrial(parcels, OneCode())
    assert found.tolist() == [True, False, pd.NA, pd.NA, True]
    assert found.index.tolist() == list("vwxyz")
    with pytest.raises(InputDataError, match="land_use_code"):
        is_industrial(parcels[["is_m0"]], OneCode())


def test_supply_by_status_else_by_contract() -> None:
    parcels = pd.DataFrame({"supply_status": ["supplied", "reserved", None, None]})
    found = is_supplied(parcels, pd.Series([False, True, True, False]))
    assert found.tolist() == [True, False, True, pd.NA]
    assert is_supplied(pd.DataFrame(index=[0, 1])).isna().all()
