"""Repair, duplicates, overlaps, gaps and slivers, against plain oracles and real layers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landtool.crs import working_plane
from landtool.errors import CrsError, InputDataError
from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.topology import (
    check_topology,
    duplicates,
    gaps,
    overlaps,
    repair,
    slivers,
    union_area_m2,
)
from landtool.schema.problems import COLUMNS

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "geometry.py"
_SPEC = importlib.util.spec_from_file_location("geometry_oracle", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

CRS = "EPSG:4544"
ORIGIN = np.array([5e5, 3.27e6])


def layer(*shapes, names=None, **columns):
    moved = [s if s is None else shapely.transform(s, lambda xy: xy + ORIGIN) for s in shapes]
    names = list(names or "ABCDEFGHIJKLMNOP"[: len(shapes)])
    return gpd.GeoDataFrame({"parcel_id": names} | columns, geometry=moved, crs=CRS)


def box(x, y, w=10.0, h=10.0):
    return shapely.box(x, y, x + w, y + h)


def found(frame, least=1e-6):
    pairs = overlaps(frame, min_area_m2=least, id_column="parcel_id")
    return {(a, b): round(v, 2) for a, b, v in pairs.itertuples(index=False)}


# --- repair -------------------------------------------------------------------------------------


def test_repair_keeps_good_polygons_as_they_are():
    frame = layer(box(0, 0), shapely.MultiPolygon([box(20, 0), box(40, 0)]))
    done = repair(frame, layer="parcels", id_column="parcel_id")
    assert done.frame.geometry.tolist() == frame.geometry.tolist()
    assert len(done.problems) == 0


def test_repair_reports_reason_and_change_of_area():
    bow_tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    frame = layer(bow_tie, box(20, 0), source=["a.shp"] * 2,
                  source_row=pd.array([1, 2], dtype="Int64"))  # fmt: skip
    done = repair(frame, layer="parcels", id_column="parcel_id")
    assert done.frame.is_valid.all()
    assert done.frame.area.tolist() == pytest.approx([50.0, 100.0])
    row = done.problems.iloc[0]
    assert (row["kind"], row["scope"], row["source_row"], row["source"]) == (
        "geometry_repaired", "note", 1, "a.shp")  # fmt: skip
    assert "Self-intersection" in row["detail"]
    assert "+50.00 m²" in row["detail"]
    assert not frame.is_valid.all()  # the input is not changed


def test_repair_sets_aside_what_has_no_polygon():
    spike = shapely.Polygon([(0, 0), (5, 0), (0, 0)])
    frame = layer(None, shapely.Polygon(), spike, shapely.Point(1, 1), box(0, 0))
    done = repair(frame, layer="parcels", id_column="parcel_id")
    assert done.frame["parcel_id"].tolist() == ["E"]
    table = done.problems.set_index("subject_id")
    assert table["scope"].eq("row").all()
    assert table["kind"].to_dict() == {"A": "geometry_empty", "B": "geometry_empty",
                                       "C": "geometry_unrepairable", "D": "geometry_unrepairable"}  # fmt: skip
    assert len(done.frame) + len(done.problems) == len(frame)


def test_repair_may_keep_rows_without_geometry():
    done = repair(layer(None, box(0, 0)), layer="parcels", keep_without_geometry=True)
    assert len(done.frame) == 2
    assert done.problems["scope"].tolist() == ["note"]


def test_repair_flattens_and_takes_polygons_out_of_collections():
    mixed = shapely.GeometryCollection([box(0, 0), shapely.LineString([(0, 0), (50, 0)]),
                                        shapely.MultiPolygon([box(20, 0), box(40, 0)])])  # fmt: skip
    overlapping = shapely.GeometryCollection([box(0, 50), box(5, 50)])
    done = repair(layer(shapely.force_3d(box(0, 0), 9.0), mixed, overlapping), layer="parcels")
    assert not done.frame.has_z.any()
    assert done.frame.geom_type.tolist() == ["Polygon", "MultiPolygon", "Polygon"]
    assert done.frame.area.tolist() == pytest.approx([100.0, 300.0, 150.0])
    assert done.frame.is_valid.all()
    assert done.problems["kind"].tolist() == ["geometry_repaired"] * 2


# --- duplicates and slivers ---------------------------------------------------------------------


def test_duplicates_are_found_however_drawn():
    turned = shapely.Polygon([(10, 10), (10, 0), (0, 0), (0, 10)])
    frame = layer(box(0, 0), box(50, 0), turned, box(0, 0), None, None, names="ABCAEF")
    got = duplicates(frame, "parcel_id")
    assert got[["position", "first_position"]].to_numpy().tolist() == [[2, 0], [3, 0]]
    assert got["is_same_id"].tolist() == [False, True]
    assert duplicates(frame)["is_same_id"].isna().all()
    assert len(duplicates(layer(box(0, 0), box(1, 0)))) == 0


def test_slivers_are_thin_not_small():
    frame = layer(box(0, 0, 200, 0.5), box(0, 5, 2.5, 2.5), box(0, 50, 200, 3), None)
    thin = slivers(frame, width_m=1.0)
    assert thin.index.tolist() == [0]
    assert thin.loc[0, "area_m2"] == pytest.approx(100.0, rel=1e-4)
    assert thin.loc[0, "thinness"] < 0.01


# --- overlaps -----------------------------------------------------------------------------------


def test_neighbours_that_share_a_border_do_not_overlap():
    assert found(layer(box(0, 0), box(10, 0), box(0, 10), box(10, 10))) == {}


def test_overlap_duplicate_and_containment_are_found():
    frame = layer(box(0, 0), box(9, 0), box(100, 0), box(100, 0), box(200, 0, 50, 50), box(220, 20))
    assert found(frame) == {("A", "B"): 10.0, ("C", "D"): 100.0, ("E", "F"): 100.0}
    assert found(frame, least=10.5) == {("C", "D"): 100.0, ("E", "F"): 100.0}


def test_two_clean_coverages_on_top_of_each_other():
    """Inside, every border is matched in its own coverage; still each cell lies on one of the other."""
    cells = [box(x, y) for x in (0, 10, 20) for y in (0, 10, 20)]
    frame = layer(*cells, *cells, names=[f"{i}" for i in range(18)])
    assert found(frame) == {(f"{i}", f"{i + 9}"): 100.0 for i in range(9)}


def test_whole_drawn_over_its_parts():
    cells = [box(x, y) for x in (0, 10, 20) for y in (0, 10, 20)]
    whole = shapely.union_all(cells)
    frame = layer(*cells, whole, names=[f"{i}" for i in range(10)])
    assert found(frame) == {(f"{i}", "9"): 100.0 for i in range(9)}


def test_parcel_over_a_corner_inside_a_coverage():
    cells = [box(x, y) for x in (0, 10, 20, 30) for y in (0, 10, 20, 30)]
    frame = layer(*cells, box(19, 19, 2, 2), names=[f"{i}" for i in range(17)])
    assert found(frame) == {(f"{i}", "16"): 1.0 for i in (5, 6, 9, 10)}


def test_island_in_a_hole_does_not_overlap_its_surroundings():
    frame = layer(box(0, 0, 30, 30).difference(box(10, 10)), box(10, 10), box(12, 12, 2, 2))
    assert found(frame) == {("B", "C"): 4.0}


def test_neighbours_with_a_point_more_on_one_side():
    more = shapely.Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10, 4)])
    assert found(layer(box(0, 0), more)) == {}


def test_missing_and_empty_overlap_nothing():
    assert found(layer(None, shapely.Polygon(), box(0, 0))) == {}
    assert found(layer()) == {}


def test_invalid_polygons_are_refused_with_the_mend():
    bow_tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    with pytest.raises(InputDataError, match="repair"):
        overlaps(layer(bow_tie, box(3, 3)), min_area_m2=0.0)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:3857", "EPSG:2272", None])
def test_never_in_degrees_mercator_or_feet(crs):
    frame = gpd.GeoDataFrame(geometry=[shapely.box(106, 29, 107, 30)], crs=crs)
    for check in (lambda: overlaps(frame, min_area_m2=1.0), lambda: gaps(frame),
                  lambda: slivers(frame, width_m=1.0)):  # fmt: skip
        with pytest.raises(CrsError):
            check()


# --- gaps ---------------------------------------------------------------------------------------


def test_gap_between_four_parcels():
    frame = layer(box(0, 0, 20, 10), box(20, 0, 10, 20), box(10, 20, 20, 10), box(0, 10, 10, 20))
    got = gaps(frame, id_column="parcel_id")
    assert got["area_m2"].tolist() == pytest.approx([100.0], rel=1e-4)
    assert got["width_m"].tolist() == pytest.approx([5.0])
    assert got["neighbours"].tolist() == ["A, B, C, D"]
    assert len(gaps(frame, max_width_m=4.0)) == 0
    assert len(gaps(frame, max_area_m2=50.0)) == 0


def test_open_court_is_no_gap():
    frame = layer(box(0, 0, 30, 10), box(0, 10, 10, 10), box(20, 10, 10, 10))
    assert len(gaps(frame)) == 0


def test_gap_closed_only_by_touching_corners():
    frame = layer(box(10, 0), box(0, 10), box(20, 10), box(10, 20))
    assert gaps(frame)["area_m2"].tolist() == pytest.approx([100.0], rel=1e-4)


def test_gap_closed_by_borders_without_common_corners():
    frame = layer(box(0, 0, 30, 10), box(2, 10, 8, 20), box(12, 10, 8, 20), box(0, 30, 30, 10))
    assert gaps(frame)["area_m2"].tolist() == pytest.approx([40.0], rel=1e-4)


def test_gap_closed_by_an_overlap():
    frame = layer(box(0, 0, 30, 10), box(0, 9, 10, 21), box(0, 29, 30, 10), box(20, 9, 10, 21))
    assert gaps(frame)["area_m2"].tolist() == pytest.approx([190.0], rel=1e-4)


def test_island_is_taken_out_of_its_gap_and_street_is_told_by_width():
    ring = box(0, 0, 100, 100).difference(box(20, 20, 60, 60))
    frame = layer(ring, box(30, 30, 40, 40))
    assert gaps(frame)["area_m2"].tolist() == pytest.approx([2000.0], rel=1e-4)
    assert len(gaps(frame, max_width_m=1.0)) == 0


def test_hole_filled_by_a_neighbour_is_no_gap():
    assert len(gaps(layer(box(0, 0, 30, 30).difference(box(10, 10)), box(10, 10)))) == 0
    assert len(gaps(layer(None, shapely.Polygon()))) == 0


# --- everything ---------------------------------------------------------------------------------


def policy(overlap=1.0, gap=0.5, width=1.0):
    numbers = {"topology.overlap_tolerance_m2": overlap, "topology.gap_tolerance_m2": gap,
               "topology.sliver_width_m": width}  # fmt: skip
    return {key: SimpleNamespace(value=value) for key, value in numbers.items()}


def test_all_checks_as_problems():
    holed = box(0, 0, 50, 50).difference(box(10, 10, 0.2, 30))
    frame = layer(holed, box(45, 0, 20, 20), box(200, 0), box(200, 0), box(300, 0, 0.4, 60),
                  source=["p.gpkg"] * 5, source_row=pd.array(range(1, 6), dtype="Int64"))  # fmt: skip
    got = check_topology(frame, layer="parcels", id_column="parcel_id", policy=policy())
    assert list(got.columns) == COLUMNS
    assert got["scope"].eq("note").all()
    assert got[["kind", "subject_id", "value", "source_row"]].to_numpy().tolist() == [
        ["duplicate_geometry", "D", "C", 4], ["overlap", "A", "B", 1],
        ["gap", "A", "6.00 m²", 1], ["sliver", "E", "24.00 m²", 5]]  # fmt: skip
    assert got["detail"].tolist()[1] == "100.00 m²"


def test_clean_layer_has_no_problems():
    got = check_topology(oracle.jittered_blocks(64), layer="parcels", policy=policy())
    assert len(got) == 0
    assert list(got.columns) == COLUMNS


def test_union_counts_overlaps_once():
    frame = layer(box(0, 0), box(5, 0))
    assert union_area_m2(frame) == pytest.approx(150.0, rel=1e-4)
    assert np.isnan(union_area_m2(layer(None)))


def test_real_industrial_zones(shared_data):
    zones = gpd.read_file(shared_data / "osm_industrial" / "industrial_zones.geojson")
    zones = repair(zones.to_crs(working_plane(zones)), layer="land_use", id_column="osm_id").frame
    got = overlaps(zones, min_area_m2=1.0, id_column="osm_id")
    assert len(got) == 4
    total, once = ellipsoidal_area_m2(zones).sum(), union_area_m2(zones)
    assert total / 1e6 == pytest.approx(38.63, abs=0.05)
    assert once / 1e6 == pytest.approx(38.11, abs=0.05)
    assert total - once == pytest.approx(got["area_m2"].sum(), rel=0.01)


def test_real_invalid_polygons_are_repaired(shared_data):
    shifted = gpd.read_file(shared_data / "chongqing" / "districts_gcj02.json")
    done = repair(shifted, layer="districts", id_column="name")
    assert len(done.problems) == 6
    assert len(done.frame) == 38
    assert done.frame.is_valid.all()
    buildings = gpd.read_file(f"zip://{shared_data}/buildings/boulder_buildings.zip")
    done = repair(buildings, layer="buildings")
    assert done.problems["kind"].value_counts().to_dict() == {"geometry_repaired": 10}


@pytest.mark.parametrize("file", ["built", "unbuilt"])
def test_real_parcels_against_the_plain_versions(shared_data, file):
    frame = gpd.read_parquet(shared_data / "zurich" / f"{file}_parcels.parquet")
    frame = frame.drop_duplicates("egrid")[["geometry"]].reset_index(drop=True)
    got = gaps(frame, min_area_m2=1e-4)["area_m2"].sort_values().to_numpy()
    want = [area for area in oracle.all_gaps(frame) if area > 1e-4]
    assert got == pytest.approx(want, rel=1e-3)
    assert len(overlaps(frame, min_area_m2=1.0)) == 0
