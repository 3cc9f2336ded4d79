"""Null in, null out: of a row that says nothing no indicator says anything, whatever stands beside it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landtool import indicators
from landtool.codes import load_classification
from landtool.indicators import (
    buildings,
    control,
    full_years,
    land,
    output,
    park_land,
    peers,
    per_mu,
    progress,
    raster_evidence,
    timeline,
)

AS_OF = "2025-12-31"
CODES = load_classification("tdlb-2019")
DAY = pd.Timestamp("2015-06-01").as_unit("us")
NUMBERS = (
    "area_m2", "contract_area_m2", "certificate_area_m2", "floor_area_m2", "building_footprint_m2",
    "structure_and_yard_area_m2", "service_land_m2", "service_floor_area_m2", "green_area_m2", "gross_output_cny",
    "revenue_cny", "value_added_cny", "tax_cny", "fixed_investment_cny", "invested_cny", "energy_tce", "rd_cny",
    "land_m2", "term_years", "output_cny", "pixels", "covered_share", "mean",
)  # fmt: skip
FLAGS = ("is_industrial", "is_storage", "is_supplied", "is_built", "is_active", "in_production")
DATES = ("signed_date", "expiry_date", "agreed_full_production_date", *(
    f"{form}_{name}_date" for form in ("agreed", "actual") for name in progress.MILESTONES))
WORDS = ("land_use_code", "supply_status", "industry_division", "holder", "kind")


def rows() -> pd.DataFrame:
    """One row that says everything, and one that says nothing but who it is."""
    told = {**dict.fromkeys(NUMBERS, 10.0), **dict.fromkeys(FLAGS, True), **dict.fromkeys(DATES, DAY),
            "land_use_code": "0601", "supply_status": "supplied", "industry_division": "36", "holder": "甲",
            "kind": "grant"}
    kinds = {**dict.fromkeys(NUMBERS, "float64"), **dict.fromkeys(FLAGS, "boolean"),
             **dict.fromkeys(DATES, "datetime64[us]"), **dict.fromkeys(WORDS, "str")}
    return pd.DataFrame([told, dict.fromkeys(told)]).astype(kinds).assign(
        parcel_id=["P", "Q"], park_id=["K", "L"], contract_id=["C", None])


def built(table: pd.DataFrame) -> pd.DataFrame:
    shapes = [shapely.box(0, 0, 50, 50), None]
    parcels = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4545").set_geometry(
        gpd.GeoSeries(shapes, crs="EPSG:4545").translate(400_000, 3_270_000))
    roofs = gpd.GeoDataFrame({"floors": [2.0], "height_m": [8.0]},
                             geometry=[shapely.box(400_010, 3_270_010, 400_030, 3_270_030)], crs="EPSG:4545")
    return buildings.buildings_on_parcels(parcels, roofs, double_above_m=8.0, factor=2.0)


def ratio(table: pd.DataFrame) -> pd.DataFrame:
    return output.ratio_of_sums(table, "park_id", table["output_cny"], table["area_m2"], table["is_industrial"])


def one_park_each(table: pd.DataFrame) -> pd.DataFrame:
    parks = pd.Index(["K", "L"], name="park_id")
    return park_land.park_parts(table, parks, park_land.latest_statistics(None, AS_OF), 0.8)


Rows = pd.DataFrame
# Function -> how it is called, and the columns that speak of others or of the question itself, not of the row.
ASKED: dict[str, tuple[Callable[[Rows], Any], tuple[str, ...]]] = {
    "buildings.buildings_on_parcels": (built, ("floors_unknown", "height_unknown", "kind_unknown")),
    "control.control_figures": (lambda t: pd.concat(control.control_figures(t, None), axis=1).swaplevel(
        axis=1)[["value", "basis", "register_value", "low", "area_used", "area_used_m2", "difference_share"]], ()),
    "full_years.to_days": (lambda t: pd.Series(full_years.to_days(t["signed_date"])), ()),
    "full_years.anniversary": (lambda t: full_years.anniversary(t["signed_date"], 1), ()),
    "full_years.net_anniversary": (lambda t: full_years.net_anniversary(
        t["signed_date"], 1, full_years.unite_intervals([], [], [], last_day=pd.Timestamp(AS_OF))), ()),
    "land.area_used": (land.area_used, ()),
    "land.area_differences": (lambda t: land.area_differences(t.assign(contract_area_m2=t["area_m2"] * 2)), ()),
    "land.is_industrial": (lambda t: land.is_industrial(t.drop(columns="is_industrial"), CODES), ()),
    "land.is_storage": (lambda t: land.is_storage(t.drop(columns="is_storage"), CODES), ()),
    "land.is_supplied": (land.is_supplied, ()),
    "output.output_of": (lambda t: output.output_of(t.assign(gross_output_cny=t["output_cny"])), ()),
    "output.output_intensity": (lambda t: output.output_intensity(t["output_cny"], t["area_m2"]), ()),
    "output.tax_intensity": (lambda t: output.tax_intensity(t["tax_cny"], t["area_m2"]), ()),
    "output.investment_intensity": (lambda t: output.investment_intensity(t["invested_cny"], t["area_m2"]), ()),
    "output.fixed_investment": (output.fixed_investment, ("investment_differs",)),
    "output.in_denominator": (lambda t: output.in_denominator(t, "built_in_production"), ()),
    "output.counted_output": (lambda t: output.counted_output(t, "gross_output", "built_in_production"), ()),
    "output.zero_filled": (lambda t: output.zero_filled(t["tax_cny"], t, "supplied"), ()),
    "output.ratio_of_sums": (ratio, ("area_m2", "covered_area_m2", "parcels", "parcels_covered")),
    "park_land.park_parts": (one_park_each, ("statistics_year",)),
    "park_land.divided": (lambda t: park_land.divided(one_park_each(t)), ()),
    "park_land.rolled_up": (lambda t: park_land.rolled_up(one_park_each(t), pd.Series(["A", "B"], ["K", "L"])), ()),
    "peers.years_of_nothing": (lambda t: peers.years_of_nothing(
        [t[["output_cny", "tax_cny"]] * 0])["years_of_nothing"].replace(0, np.nan), ()),
    "per_mu.per_mu_figures": (per_mu.per_mu_figures, ()),
    "progress.milestone_reached": (lambda t: progress.milestone_reached(t, "start", AS_OF), ()),
    "progress.kept_by_source": (lambda t: pd.DataFrame(progress.kept_by_source(t.assign(source=["a", "b"]))).where(
        lambda said: said), ()),
    "progress.in_production": (lambda t: progress.in_production(t, AS_OF, t["output_cny"]), ()),
    "progress.contract_end": (lambda t: progress.contract_end(t, AS_OF), ()),
    "progress.full_production_date": (lambda t: progress.full_production_date(t, 36), ()),
    "progress.lifecycle_stage": (lambda t: progress.lifecycle_stage(
        t, "2014-12-31", ramp_months=36, warning_months=12).replace("unknown", None), ()),
    "progress.parcel_stage": (lambda t: progress.parcel_stage(
        t, pd.Series(["completed"]), pd.DataFrame({"parcel_id": ["P"], "contract_row": [0]})).replace("unknown", None), ()),
    "raster_evidence.image_says": (lambda t: raster_evidence.image_says(
        "built_up", t, pixels_min=9, covered_share_min=0.8, built_share_min=0.3, bare_share_max=0.1,
        green_min=0.4)["says"].replace("not_judged", None), ()),
    "timeline.contract_chain": (lambda t: timeline.contract_chain(
        t.assign(parcel_id=["P", None], contract_id=["C", "D"]), AS_OF), ()),
}
# Of these there is no row to be null in.
OTHERWISE = {
    "buildings.measure_buildings": "its table is asked as buildings_on_parcels",
    "full_years.full_years_by": "a whole number of years: none where the start is not known, and none before the first",
    "full_years.unite_intervals": "intervals; one without a beginning is none",
    "output.latest_year": "one year for all", "output.lorenz": "points of a curve",
    "output.gini": "one figure for all", "park_land.latest_statistics": "chooses rows",
    "park_land.parcel_parts": "sums: what is not known adds nothing, and lowers the coverage",
    "peers.peer_medians": "the median of the others, which a land without a figure is held against too",
    "per_mu.lacking": "says what is missing", "per_mu.benchmark_values": "one figure for all",
    "timeline.earlier_start": "speaks of the contract before",
    "timeline.contract_timeline": "events: what has no date is none",
}


@pytest.mark.parametrize("name", ASKED)
def test_null_in_null_out(name):
    asked, about_others = ASKED[name]
    table = rows()
    before = table.copy(deep=True)
    found = pd.DataFrame(asked(table)).drop(columns=list(about_others))
    pd.testing.assert_frame_equal(table, before)
    assert len(found) == 2
    assert found.iloc[0].notna().any(), "the row that says everything has no answer: this test could not fail"
    said = found.iloc[1][found.iloc[1].notna()]
    assert said.empty, f"said of a row that says nothing: {said.to_dict()}"


def test_every_indicator_is_asked():
    known = set()
    for part in pkgutil.iter_modules(indicators.__path__):
        module: Any = importlib.import_module(f"landtool.indicators.{part.name}")
        known |= {f"{part.name}.{name}" for name, one in vars(module).items() if inspect.isfunction(one)
                  and one.__module__ == module.__name__ and not name.startswith("_")}
    assert known - ASKED.keys() - OTHERWISE.keys() == set()
    assert (ASKED.keys() | OTHERWISE.keys()) - known == set()
