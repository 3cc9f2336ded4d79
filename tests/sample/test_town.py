"""The synthetic town: the same every time, believable, and wrong exactly where it says so."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landtool.errors import InputDataError
from landtool.sample import Town, make_town
from landtool.sample.life import STAGES
from landtool.schema import LAYERS

FIVE_MB = 5_000_000


# ---------------------------------------------------------------- the same every time


def same(one: pd.DataFrame, two: pd.DataFrame) -> None:
    if isinstance(one, gpd.GeoDataFrame):
        assert (shapely.to_wkb(one.geometry) == shapely.to_wkb(two.geometry)).all()
        one, two = (pd.DataFrame(frame.drop(columns="geometry")) for frame in (one, two))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_same_seed_gives_the_same_town() -> None:
    one, two = (make_town(seed=5, parcels=300) for _ in range(2))
    assert list(one.layers) == list(two.layers)
    for name, frame in one.layers.items():
        present = frame[frame.geometry.notna()] if "geometry" in frame else frame
        other = two.layers[name]
        same(present, other[other.geometry.notna()] if "geometry" in other else other)
    for name, snapshot in one.land_use.items():
        same(snapshot, two.land_use[name])
    for name, raster in one.rasters.items():
        assert np.array_equal(raster.values, two.rasters[name].values)
    pd.testing.assert_frame_equal(one.planted, two.planted)


def test_another_seed_gives_another_town() -> None:
    one, two = (make_town(seed=seed, parcels=50, problems=False) for seed in (0, 1))
    assert one.layers["contracts"]["price_cny"].sum() != two.layers["contracts"]["price_cny"].sum()
    assert one.layers["parcels"].total_bounds.tolist() != two.layers["parcels"].total_bounds.tolist()


def test_a_part_of_a_town_is_that_part(clean: Town) -> None:
    part = make_town(seed=3, parcels=1200, problems=False, only=["parcels", "operations"])
    assert list(part.layers) == ["parcels", "operations"]
    for name in part.layers:
        same(part.layers[name], clean.layers[name])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"parcels": 3}, "3 parcels"), ({"parcels": 20}, "with problems"),
     ({"parcels": 200, "only": ["roads"], "problems": False}, "unknown layers"),
     ({"parcels": 200, "only": ["parcels"]}, "problems in a part")],
)  # fmt: skip
def test_what_cannot_be_made_is_refused(arguments: dict, words: str) -> None:
    with pytest.raises(InputDataError, match=words):
        make_town(**arguments)


# ---------------------------------------------------------------- the data model


def test_layers_have_the_columns_and_types_of_the_data_model(clean: Town) -> None:
    assert set(clean.layers) == set(LAYERS) - {"land_use"}
    kinds = {"text": "str", "code": "str", "choice": "str", "number": "float64", "integer": "Int64",
             "date": "datetime64[us]", "boolean": "boolean", "list": "object"}  # fmt: skip
    for name, frame in clean.layers.items():
        layer = LAYERS[name]
        for column in frame.columns.drop("geometry", errors="ignore"):
            assert str(frame[column].dtype) == kinds[layer.field(column).kind], (name, column)
        missing = set(layer.names) - set(frame.columns)
        assert missing <= {"parcel_id"}, (name, missing)
        assert ("geometry" in frame) == (layer.geometry == "polygon")


def test_choices_keys_and_bounds_hold_in_a_clean_town(clean: Town) -> None:
    for name, frame in clean.layers.items():
        layer = LAYERS[name]
        keys = [key for key in layer.unique_key if key in frame]
        assert not (keys and frame.duplicated(keys).any()), name
        for field in layer.fields:
            if field.name not in frame:
                continue
            values = frame[field.name].dropna()
            if field.choices:
                assert set(values) <= set(field.choices), (name, field.name)
            if field.minimum is not None and field.kind in ("number", "integer"):
                low = values > field.minimum if field.exclusive_minimum else values >= field.minimum
                assert low.all(), (name, field.name)
            if field.required:
                assert frame[field.name].notna().all(), (name, field.name)


def test_references_lead_somewhere_in_a_clean_town(clean: Town) -> None:
    layers = clean.layers
    parcels = set(layers["parcels"]["parcel_id"])
    contracts = set(layers["contracts"]["contract_id"])
    assert set(layers["contracts"]["parcel_id"]) <= parcels
    assert set(layers["parcels"]["contract_id"].dropna()) <= contracts
    assert set(layers["government_causes"]["contract_id"]) <= contracts
    assert set(layers["commitments"]["contract_id"]) <= contracts
    assert set(layers["occupancy"]["parcel_id"]) <= parcels
    assert set(layers["occupancy"]["enterprise_id"]) == set(layers["enterprises"]["enterprise_id"])
    assert set(layers["operations"]["enterprise_id"]) <= set(layers["enterprises"]["enterprise_id"])
    assert set(layers["parcels"]["park_id"]) == set(layers["parks"]["park_id"])
    assert set(layers["parks"]["district_code"]) == set(layers["districts"]["district_code"])


# ---------------------------------------------------------------- the ground


def test_clean_parcels_are_valid_and_share_edges_without_overlap(clean: Town) -> None:
    polygons = clean.layers["parcels"].geometry.to_numpy()
    assert shapely.is_valid(polygons).all()
    vertices = shapely.get_num_coordinates(polygons) - 1
    assert vertices.min() >= 8
    assert vertices.max() <= 30
    assert shapely.area(polygons).min() > 2_000
    union = shapely.coverage_union_all(polygons)
    assert shapely.area(union) == pytest.approx(shapely.area(polygons).sum(), rel=1e-12)
    assert shapely.coverage_is_valid(polygons)


def test_coordinates_are_on_the_millimetre(town: Town) -> None:
    for frame in (town.layers["parcels"], town.layers["buildings"], town.land_use["2025"]):
        points = shapely.get_coordinates(frame.geometry.dropna())
        assert np.allclose(points, np.round(points, 3), rtol=0, atol=1e-9)


def test_parcels_lie_in_their_park_and_district(clean: Town) -> None:
    layers = clean.layers
    parcels = layers["parcels"]
    for key, zones in (("park_id", layers["parks"]), ("district_code", layers["districts"])):
        zone = zones.set_index(key).geometry.loc[parcels[key]].to_numpy()
        assert shapely.covers(zone, parcels.geometry.to_numpy()).all()
    assert len(layers["parks"]) == 8
    assert len(layers["districts"]) == 6
    west, south, east, north = layers["districts"].to_crs(4490).total_bounds
    assert (106.4 < west < 106.6, 107.1 < east < 107.3) == (True, True)
    assert (29.2 < south < 29.4, 29.8 < north < 30.0) == (True, True)
    assert set(layers["districts"]["region_group"]) == {"中心城区", "主城新区", "渝东北", "渝东南"}


def test_buildings_stand_inside_parcels_that_are_begun(clean: Town) -> None:
    parcels, buildings = clean.layers["parcels"], clean.layers["buildings"]
    tree = shapely.STRtree(parcels.geometry.to_numpy())
    inside, parcel = tree.query(buildings.geometry.to_numpy(), predicate="within")
    assert sorted(inside) == list(range(len(buildings)))
    begun = set(clean.intended.loc[clean.intended["stage"].isin(
        ["producing", "completed", "expired", "building", "suspended", "suspended_well_built"]),
        "parcel_id"])  # fmt: skip
    assert set(parcels["parcel_id"].iloc[parcel]) <= begun


def test_snapshots_cover_the_districts_once(clean: Town) -> None:
    whole = clean.layers["districts"].area.sum()
    for name in ("2025", "plan-2035"):
        snapshot = clean.land_use[name]
        assert snapshot.is_valid.all()
        assert snapshot.area.sum() == pytest.approx(whole, rel=1e-9)
    assert clean.land_use["2020"].area.sum() < whole - 10_000  # some blocks were not surveyed


def industrial(snapshot: gpd.GeoDataFrame) -> pd.Series:
    codes = ["0601", "100100", "100101", "100102", "100103"]
    rows = snapshot[snapshot["land_use_code"].isin(codes)]
    return rows.area.groupby(rows["district_code"]).sum()


def test_one_district_shrinks_by_survey_and_one_by_plan(town: Town) -> None:
    then, now, plan = (industrial(town.land_use[name]) for name in ("2020", "2025", "plan-2035"))
    assert now["500162"] < then["500162"]
    assert now["500163"] > then["500163"]
    assert plan["500161"] < now["500161"]
    assert plan["500166"] > now["500166"]


# ---------------------------------------------------------------- the registers


def test_every_stage_and_status_occurs_even_in_a_small_town() -> None:
    small = make_town(seed=2, parcels=16, problems=False)
    assert set(small.intended["stage"]) == set(STAGES)
    town = make_town(seed=0, parcels=200, problems=False)
    assert set(town.intended["idle_status"].dropna()) == {
        "not_idle", "idle_suspended", "idle_2y", "idle_1y", "idle_government_cause", "at_risk",
        "not_assessable", "not_applicable"}  # fmt: skip


def test_raw_conditions_of_each_stage(town: Town) -> None:
    as_of = pd.Timestamp(town.as_of)
    rows = town.intended.dropna(subset=["contract_id"]).merge(
        town.layers["contracts"].drop_duplicates("contract_id"), on="contract_id",
        validate="one_to_one")  # fmt: skip
    stages = dict(list(rows.groupby("stage")))
    for name in ("idle_1y", "idle_2y", "government", "at_risk", "not_due", "unclear"):
        assert stages[name]["actual_start_date"].isna().all(), name
    year = pd.DateOffset(years=1)
    due = stages["idle_1y"]["agreed_start_date"]
    assert ((due + year <= as_of) & (due + 2 * year > as_of)).all()
    due = stages["idle_2y"]["agreed_start_date"].fillna(
        stages["idle_2y"]["actual_delivery_date"] + year)  # fmt: skip
    assert (due + 2 * year <= as_of).all()
    due = stages["at_risk"]["agreed_start_date"]
    assert ((due + year > as_of) & (due + year <= as_of + pd.Timedelta(days=180))).all()
    assert stages["unclear"][["agreed_start_date", "actual_delivery_date"]].isna().all(axis=None)
    assert (stages["expired"]["expiry_date"] < as_of).all()
    suspended = stages["suspended"]
    assert (suspended["suspended_since_date"] + year <= as_of).all()
    assert (suspended["developed_area_m2"] < suspended["area_due_m2"] / 3).all()
    built = stages["suspended_well_built"]
    assert (built["developed_area_m2"] >= built["area_due_m2"] / 3).all()
    assert (built["invested_cny"] >= built["total_investment_cny"] / 4).all()
    assert set(stages["government"]["contract_id"]) <= set(
        town.layers["government_causes"]["contract_id"])  # fmt: skip
    assert (rows["signed_date"] <= as_of).all()
    done = rows["actual_completion_date"].dropna()
    assert (done >= rows.loc[done.index, "actual_start_date"]).all()


def test_the_law_stands_on_its_edges(town: Town) -> None:
    due = town.layers["contracts"]["agreed_start_date"]
    for edge in ("2024-12-31", "2025-01-01", "2023-12-31"):
        assert (due == edge).any(), edge


def test_all_kinds_of_contract_and_history_on_one_parcel(town: Town) -> None:
    contracts = town.layers["contracts"]
    assert set(contracts["kind"]) == {"grant", "allocation", "lease", "lease_then_grant", "equity"}
    assert {"flexible_term", "long_lease", "lease_grant_combination"} <= set(
        contracts["supply_mode"])  # fmt: skip
    several = contracts.drop_duplicates("contract_id").groupby("parcel_id").size()
    assert (several > 1).sum() > 50
    former = contracts[contracts["contract_id"].str.slice(10, 11) == "C"]
    later = town.layers["parcels"].drop_duplicates("parcel_id").set_index("parcel_id")["contract_id"]
    signed = contracts.drop_duplicates("contract_id").set_index("contract_id")["signed_date"]
    follows = signed.loc[later.loc[former["parcel_id"]]].to_numpy()
    # One former contract runs on into the next, on purpose.
    assert (former["expiry_date"].to_numpy() >= follows).sum() == 1


def test_output_lies_near_but_below_the_target_and_is_unequal(town: Town) -> None:
    layers = town.layers
    made = layers["operations"][layers["operations"]["year"] == 2025]
    made = made.set_index("enterprise_id")["gross_output_cny"]
    use = layers["occupancy"][layers["occupancy"]["to_date"].isna()]
    land = use.groupby("enterprise_id")["occupied_area_m2"].sum()
    both = pd.DataFrame({"made": made, "land": land}).dropna()
    assert 5_500 < both["made"].sum() / both["land"].sum() < 6_500
    dense = np.sort(both["made"] / both["land"])
    assert dense[-len(dense) // 10:].mean() > 5 * np.median(dense)  # a wide Lorenz curve


def test_enterprises_and_parcels_are_many_to_many(clean: Town) -> None:
    use = clean.layers["occupancy"]
    assert (use.groupby("enterprise_id")["parcel_id"].nunique() > 1).sum() > 20
    assert (use.groupby("parcel_id")["enterprise_id"].nunique() > 2).sum() > 5
    assert use["is_tenant"].sum() > 20
    parcels = clean.layers["parcels"].set_index("parcel_id")
    shared = use.loc[use["is_tenant"], "parcel_id"].unique()
    assert parcels.loc[shared, "is_standard_factory"].all()
    used = use.groupby("parcel_id")["occupied_area_m2"].sum()
    assert (used <= parcels.area.reindex(used.index) + 1).all()


def test_invested_sums_agree_between_contracts_and_operations(clean: Town) -> None:
    layers = clean.layers
    latest = layers["operations"].sort_values("year").groupby("enterprise_id").last()
    use = layers["occupancy"][layers["occupancy"]["to_date"].isna()]
    alone = use[~use["enterprise_id"].duplicated(keep=False) & ~use["parcel_id"].duplicated(keep=False)]
    stage = clean.intended.set_index("parcel_id")
    alone = alone[stage.loc[alone["parcel_id"], "stage"].eq("producing").to_numpy()]
    alone = alone[alone["enterprise_id"].isin(latest.index)]
    by_contract = layers["contracts"].set_index("contract_id")["invested_cny"].loc[
        stage.loc[alone["parcel_id"], "contract_id"]].to_numpy()  # fmt: skip
    by_year = latest.loc[alone["enterprise_id"], "fixed_investment_cny"].to_numpy()
    assert len(alone) > 400
    assert np.array_equal(by_contract, by_year)


def test_places_and_companies_are_plainly_invented(town: Town) -> None:
    names = [town.layers["enterprises"]["name"], town.layers["parcels"]["holder"].dropna(),
             town.layers["districts"]["district_name"], town.layers["parks"]["park_name"]]  # fmt: skip
    named = pd.concat(names)
    assert named[named != "=1+1"].str.startswith("示例").all()
    assert (town.layers["districts"]["district_code"].astype(int) > 500_156).all()


# ---------------------------------------------------------------- scale


def test_twenty_thousand_parcels_keep_their_order_and_their_shape() -> None:
    town = make_town(seed=0, parcels=20_000, problems=False,
                     only=["parcels", "contracts", "operations", "parks"])  # fmt: skip
    parcels = town.layers["parcels"]
    assert len(parcels) == 20_000
    assert parcels["parcel_id"].is_unique
    assert parcels.is_valid.all()
    assert len(town.layers["parks"]) == 27
    parks = town.layers["parks"].geometry.to_numpy()
    first, second = shapely.STRtree(parks).query(parks, predicate="overlaps")
    assert len(first) == 0, (first, second)
    assert len(town.layers["operations"]) > 60_000
