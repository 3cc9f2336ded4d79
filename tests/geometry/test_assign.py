"""Parcels and points in zones, and what disagrees; the one misplaced park of the real catalogue."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landtool.errors import CrsError, InputDataError
from landtool.geometry.assign import disagreement, largest_overlap, split, zone_of_points

CRS = "EPSG:4544"
ORIGIN = np.array([5e5, 3.27e6])


def frame(*shapes, crs=CRS, **columns):
    moved = [s if s is None else shapely.transform(s, lambda xy: xy + ORIGIN) for s in shapes]
    return gpd.GeoDataFrame(columns, geometry=moved, crs=crs)


def box(x, y=0.0, w=10.0, h=10.0):
    return shapely.box(x, y, x + w, y + h)


ZONES = frame(box(100, w=100, h=100), box(0, w=100, h=100), box(300, w=100, h=100),
              park_id=["P2", "P1", "P3"])  # fmt: skip


def test_inside_across_outside_and_without_polygon():
    parcels = frame(box(10), box(96), box(195), box(250), None, shapely.Polygon())
    got = largest_overlap(parcels, ZONES, "park_id")
    assert got["zone_id"].fillna("-").tolist() == ["P1", "P2", "P2", "-", "-", "-"]
    assert got["share"].round(6).fillna(-1).tolist() == [1.0, 0.6, 0.5, -1, -1, -1]
    assert got["second_id"].fillna("-").tolist() == ["-", "P1", "-", "-", "-", "-"]
    assert got.loc[1, "second_share"] == pytest.approx(0.4)
    assert got["second_share"].isna().tolist() == [True, False, True, True, True, True]


def test_tie_goes_to_the_lowest_id_and_touching_counts_for_nothing():
    got = largest_overlap(frame(box(95), box(200)), ZONES, "park_id")
    assert got.loc[0, ["zone_id", "second_id"]].tolist() == ["P1", "P2"]
    assert pd.isna(got.loc[1, "zone_id"])


def test_overlapping_zones_tie_to_the_lowest_id():
    zones = frame(box(0, w=50), box(0, w=50), park_id=["B", "A"])
    got = largest_overlap(frame(box(10)), zones, "park_id")
    assert got.iloc[0].tolist() == ["A", 1.0, "B", 1.0]


def test_zone_of_several_rows_is_one_zone():
    zones = frame(box(0), box(20), box(10), park_id=["A", "A", "B"])
    got = largest_overlap(frame(box(4, w=22)), zones, "park_id")
    assert got.iloc[0].tolist() == ["A", pytest.approx(12 / 22), "B", pytest.approx(10 / 22)]


def test_zones_without_id_or_polygon_hold_nothing():
    zones = frame(box(0), None, box(20), park_id=[None, "A", "B"])
    got = largest_overlap(frame(box(2, w=4), box(21, w=4)), zones, "park_id")
    assert got["zone_id"].fillna("-").tolist() == ["-", "B"]


@pytest.mark.parametrize("ids", [[1, 2, 3], pd.array([1, 2, 3], dtype="Int64"), ["x", "y", "z"]])
def test_ids_keep_their_values_and_the_index_is_the_parcels(ids):
    zones = ZONES.assign(park_id=ids)
    parcels = frame(box(110), box(10)).set_index(pd.Index(["k", "j"]))
    got = largest_overlap(parcels, zones, "park_id")
    assert got["zone_id"].to_dict() == {"k": ids[0], "j": ids[1]}


def test_nothing_in_nothing_out():
    assert len(largest_overlap(frame(), ZONES, "park_id")) == 0
    got = largest_overlap(frame(box(0)), ZONES.iloc[:0], "park_id")
    assert got["zone_id"].isna().all()
    assert got["share"].isna().all()


def test_degrees_will_do_for_shares():
    parcels, zones = frame(box(96), box(10)), ZONES
    plane = largest_overlap(parcels, zones, "park_id")
    degrees = largest_overlap(parcels.to_crs(4490), zones.to_crs(4490), "park_id")
    assert degrees["zone_id"].tolist() == plane["zone_id"].tolist()
    assert degrees["share"].to_numpy() == pytest.approx(plane["share"].to_numpy(), abs=1e-5)


def test_different_or_missing_crs_and_columns_are_refused():
    with pytest.raises(CrsError):
        largest_overlap(frame(box(0)).to_crs(4490), ZONES, "park_id")
    with pytest.raises(CrsError):
        largest_overlap(frame(box(0), crs=None), ZONES, "park_id")
    with pytest.raises(InputDataError, match="park_id"):
        largest_overlap(frame(box(0)), ZONES, "zone")


def test_inputs_are_not_changed():
    parcels, zones = frame(box(96)), ZONES.copy()
    before = zones.to_wkt(), parcels.to_wkt()
    largest_overlap(parcels, zones, "park_id")
    assert zones.to_wkt().equals(before[0])
    assert parcels.to_wkt().equals(before[1])


def test_split_is_three_valued():
    parcels = frame(box(96), box(99.8), box(10), box(195), box(250))
    got = split(largest_overlap(parcels, ZONES, "park_id"), 0.95)
    assert got.tolist() == [True, False, False, False, pd.NA]
    assert got.dtype == "boolean"


def test_disagreement_needs_an_attribute():
    named = pd.Series(["P1", "P1", None, "P2"], dtype="str")
    placed = pd.Series(["P1", "P2", "P3", None], dtype="str")
    got = disagreement(named, placed)
    assert got.index.tolist() == [1, 3]
    assert got["value"].tolist() == ["P1", "P2"]
    assert got["detail"].fillna("-").tolist() == ["P2", "-"]


def test_points_on_a_border_take_the_lowest_id():
    points = gpd.GeoSeries([shapely.Point(5e5 + x, 3.27e6 + 5) for x in (10, 100, 150, 250)] + [None], crs=CRS)
    got = zone_of_points(points, ZONES, "park_id")
    assert got.fillna("-").tolist() == ["P1", "P1", "P2", "-", "-"]


def test_the_one_misplaced_park_of_the_catalogue(shared_data):
    """A park's own name tells its district for 22 of 35; exactly one of those lies elsewhere."""
    parks = pd.read_csv(shared_data / "chongqing" / "industrial_parks_2018.csv")
    districts = gpd.read_file(shared_data / "chongqing" / "districts_cgcs2000.geojson")
    points = gpd.GeoDataFrame(
        parks, geometry=gpd.points_from_xy(parks["经度_WGS84"], parks["纬度_WGS84"]), crs=4326
    ).to_crs(districts.crs)
    placed = zone_of_points(points, districts, "name")
    assert placed.notna().all()
    named = _district_by_name(parks["区县"], districts["name"])
    assert named.notna().sum() >= 22
    wrong = disagreement(named, placed)
    assert parks.loc[wrong.index, "开发区名称"].tolist() == ["重庆九龙工业园区"]
    assert wrong.iloc[0].tolist() == ["九龙坡区", "奉节县"]


def _district_by_name(stems: pd.Series, districts: pd.Series) -> pd.Series:
    """The one district whose name begins with the stem in the catalogue's own district column."""
    pairs = pd.merge(stems.rename("stem").reset_index(), districts.rename("district"), how="cross")
    begins = np.array([d.startswith(s) for d, s in zip(pairs["district"], pairs["stem"], strict=True)])
    hits = pairs[begins].drop_duplicates("index", keep=False).set_index("index")["district"]
    return hits.reindex(stems.index)
