"""What is wrong with a town on purpose: every kind, where it says, and nowhere else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from landtool.sample import Town, make_town, planted_problems

FIVE_MB = 5_000_000


def subjects(town: Town, kind: str, layer: str | None = None) -> list[str]:
    rows = planted_problems(town)
    rows = rows[rows["kind"] == kind]
    return rows.loc[rows["layer"] == layer if layer else slice(None), "subject_id"].tolist()


def test_a_clean_town_has_no_planted_problem(clean: Town) -> None:
    assert planted_problems(clean).empty
    assert clean.raw_cells.empty
    assert clean.layers["parcels"].geometry.notna().all()


def test_every_kind_of_problem_is_planted(town: Town) -> None:
    planted = planted_problems(town)
    assert planted.columns.tolist() == ["layer", "kind", "scope", "subject_id", "note"]
    assert set(planted["scope"]) == {"row", "field", "note"}
    assert set(planted["kind"]) == {
        "duplicate_key", "duplicate_row", "date_unreadable", "placeholder_date", "number_unreadable",
        "area_not_positive", "code_unknown", "geometry_repaired", "geometry_empty",
        "duplicate_geometry", "overlap", "gap", "sliver", "area_difference", "park_split",
        "park_disagrees", "contract_parcel_unknown", "enterprise_without_parcel", "dates_impossible",
        "start_missing_but_completed", "start_before_delivery", "investment_differs",
        "evidence_conflict", "hostile_text", "contracts_overlap",
        "built_without_supply"}  # fmt: skip


@pytest.mark.parametrize("parcels", [100, 3000])
def test_planted_geometry_is_in_the_parcels(parcels: int) -> None:
    town = make_town(seed=1, parcels=parcels)
    frame = town.layers["parcels"]
    polygons = frame.set_index("parcel_id").geometry
    broken = frame.loc[frame.geometry.notna() & ~frame.is_valid, "parcel_id"]
    assert sorted(broken) == sorted(subjects(town, "geometry_repaired"))
    assert frame.loc[frame.geometry.isna(), "parcel_id"].tolist() == subjects(town, "geometry_empty")
    twice = frame.loc[frame["parcel_id"].duplicated(), "parcel_id"].tolist()
    assert twice == subjects(town, "duplicate_key", "parcels")
    thin = polygons[subjects(town, "sliver")[0]]
    assert thin.area / (thin.length / 2) < 0.6
    usable = frame[frame.geometry.notna() & frame.is_valid].reset_index(drop=True)
    shapes = usable.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pair = first < second
    common = shapely.area(shapely.intersection(shapes[first[pair]], shapes[second[pair]]))
    large = common > 0.1
    found = {frozenset(usable["parcel_id"].iloc[[a, b]])
             for a, b in zip(first[pair][large], second[pair][large], strict=True)}  # fmt: skip
    note = planted_problems(town).set_index("kind")["note"]
    over, twin = subjects(town, "overlap")[0], subjects(town, "duplicate_geometry")[0]
    assert frozenset([over, note["overlap"].removeprefix("with ")]) in found
    assert frozenset([twin, note["duplicate_geometry"].removeprefix("the same as ")]) in found
    assert len(found) == 2
    split = polygons[subjects(town, "park_split")[0]]
    shares = town.layers["parks"].intersection(split).area / split.area
    assert (shares.max() < 0.95, (shares > 0.3).sum()) == (True, 2)


def test_the_gap_is_closed_in_by_two_parcels(town: Town) -> None:
    polygons = town.layers["parcels"].drop_duplicates("parcel_id").set_index("parcel_id").geometry
    first = subjects(town, "gap")[0]
    note = planted_problems(town).set_index("kind")["note"]
    both = shapely.union(polygons[first], polygons[note["gap"].removeprefix("with ")])
    holes = shapely.get_rings(both)[1:]
    assert sum(shapely.area(shapely.polygons(ring)) > 10 for ring in holes) == 1


def test_planted_attributes_are_in_the_layers(town: Town) -> None:
    layers = town.layers
    contracts = layers["contracts"].drop_duplicates("contract_id").set_index("contract_id")
    row = contracts.loc[subjects(town, "dates_impossible")[0]]
    assert row["actual_completion_date"] < row["actual_start_date"]
    row = contracts.loc[subjects(town, "start_missing_but_completed")[0]]
    assert (pd.isna(row["actual_start_date"]), pd.isna(row["actual_production_date"])) == (True, False)
    row = contracts.loc[subjects(town, "start_before_delivery")[0]]
    assert row["agreed_start_date"] < row["agreed_delivery_date"]
    lost = subjects(town, "contract_parcel_unknown")[0]
    assert contracts.loc[lost, "parcel_id"] not in set(layers["parcels"]["parcel_id"])
    again = layers["contracts"][layers["contracts"].duplicated()]
    assert sorted(again["contract_id"]) == sorted(subjects(town, "duplicate_row"))
    other = layers["contracts"]["contract_id"].duplicated() & ~layers["contracts"].duplicated()
    assert layers["contracts"].loc[other, "contract_id"].tolist() == subjects(
        town, "duplicate_key", "contracts")  # fmt: skip
    alone = set(layers["enterprises"]["enterprise_id"]) - set(layers["occupancy"]["enterprise_id"])
    assert sorted(alone) == subjects(town, "enterprise_without_parcel")
    hostile = layers["enterprises"].set_index("enterprise_id")["name"]
    assert "<img" in hostile[subjects(town, "hostile_text", "enterprises")[0]]
    assert (layers["contracts"]["holder"] == "=1+1").sum() == 1


def test_areas_differ_only_where_planted(town: Town) -> None:
    parcels = town.layers["parcels"].drop_duplicates("parcel_id")
    usable = parcels[parcels.geometry.notna() & parcels.is_valid]
    measured = usable.area
    off = pd.concat([(usable[name] / measured - 1).abs() > 0.03
                     for name in ("contract_area_m2", "certificate_area_m2")], axis=1).any(axis=1)
    planted = set(subjects(town, "area_difference"))
    assert set(usable.loc[off, "parcel_id"]) == planted
    codes = usable.loc[usable["land_use_code"] == "9999", "parcel_id"].tolist()
    assert codes == subjects(town, "code_unknown")


def test_unreadable_cells_are_null_in_memory_and_listed(town: Town) -> None:
    assert len(town.raw_cells) == 5
    for cell in town.raw_cells.itertuples():
        assert pd.isna(town.layers[cell.layer].loc[cell.row, cell.field])
    assert {"2021-02-30", "1900-01-01", "面议", "-1.5", "保密"} == set(town.raw_cells["text"])


def test_rasters_contradict_the_registers_only_where_planted(town: Town) -> None:
    raster = town.rasters["built_up"]
    parcels = town.layers["parcels"].iloc[: len(town.plots.ids)]
    from rasterio.features import rasterize

    shapes = zip(parcels.geometry, range(1, len(parcels) + 1), strict=True)
    number = rasterize(shapes, raster.values.shape, transform=raster.transform, dtype="int32")
    share = np.bincount(number.ravel(), raster.values.ravel()) / np.bincount(number.ravel())
    share = share[1 : len(parcels) + 1]
    bare = share < 0.3
    unbuilt = town.plots.built <= 0.3
    odd = set(np.flatnonzero(bare != unbuilt))
    assert odd == set(town.odd["built"]) | set(town.odd["bare"])
    conflicts = set(subjects(town, "evidence_conflict"))
    assert set(town.plots.ids[sorted(odd)]) == conflicts
