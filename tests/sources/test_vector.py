"""Vector sources of every format, whole and damaged: no record disappears, no text is mojibake."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landtool.errors import InputDataError
from landtool.sources.raw import RawTable
from landtool.sources.vector import list_layers, read_vector, require_polygons
from tests.sources.vector_files import COUNT, GDAL_FORMATS, check, named, some_parcels, write

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:pyogrio", "ignore:Geometry is in a geo")


@pytest.fixture
def parcels():
    return some_parcels()


@pytest.mark.parametrize("suffix", [*GDAL_FORMATS, "parquet"])
def test_each_format(tmp_path, parcels, suffix):
    path = tmp_path / f"parcels.{suffix}"
    write(parcels, path)
    raw = check(read_vector(path, source=path.name))
    frame = raw.frame.sort_values("宗地代码", ignore_index=True)
    assert frame["宗地代码"].tolist() == parcels["宗地代码"].tolist()
    assert frame["用途"].tolist() == ["工业用地"] * COUNT
    assert frame["层数"].isna().sum() == (suffix != "tab")  # MapInfo knows no null number
    assert pd.api.types.is_datetime64_any_dtype(frame["日期"])
    assert shapely.equals_exact(shapely.normalize(frame.geometry.union_all()),
                                shapely.normalize(parcels.union_all()), 1e-6)  # fmt: skip
    if suffix not in {"gml", "tab"}:  # neither writes CGCS2000 in a way that comes back
        assert raw.crs.equals(parcels.crs, ignore_axis_order=True) or raw.crs.to_epsg() == 4490
    assert raw.rows_in == COUNT
    assert sorted(raw.source_row) == [1, 2, 3, 4, 5, 6]
    assert raw.source == path.name


def test_topojson(tmp_path):
    arcs = [[[106, 29], [107, 29], [107, 30], [106, 30], [106, 29]]]
    content = {"type": "Topology", "arcs": arcs, "objects": {"parks": {
        "type": "GeometryCollection",
        "geometries": [{"type": "Polygon", "arcs": [[0]], "properties": {"name": "两江新区"}}]}}}
    path = tmp_path / "parks.topojson"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    raw = check(read_vector(path, source="parks.topojson"))
    assert raw.frame["name"].tolist() == ["两江新区"]
    assert raw.frame.geometry.area.tolist() == [1]


@pytest.mark.parametrize("pack", ["flat", "nested"])
@pytest.mark.parametrize("suffix", ["shp", "gpkg", "gdb", "geojson"])
def test_zipped(tmp_path, parcels, suffix, pack):
    inside = tmp_path / "in" / "数据" / "宗地" if pack == "nested" else tmp_path / "in"
    inside.mkdir(parents=True)
    options = {"driver": GDAL_FORMATS[suffix]} if suffix != "shp" else {"encoding": "GBK"}
    parcels.to_file(inside / f"parcels.{suffix}", **options)
    path = shutil.make_archive(str(tmp_path / "a"), "zip", tmp_path / "in")
    raw = check(read_vector(tmp_path / "a.zip", source="a.zip"))
    assert path.endswith("a.zip")
    assert raw.frame["用途"].tolist() == ["工业用地"] * COUNT


def test_zip_with_several_shapefiles(tmp_path, parcels):
    for name in ("parcels", "parks"):
        parcels.to_file(tmp_path / f"{name}.shp", encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for file in tmp_path.glob("par*.*"):
            archive.write(file, f"x/{file.name}")
    assert [info.name for info in list_layers(tmp_path / "all.zip")] == ["parcels", "parks"]
    with pytest.raises(InputDataError, match=r"2 layers and none is named.*parcels, parks"):
        read_vector(tmp_path / "all.zip", source="all.zip")
    raw = check(read_vector(tmp_path / "all.zip", source="all.zip", layer="parks"))
    assert raw.source == "all.zip::parks"
    with pytest.raises(InputDataError, match=r"'park' is not in the file.*choose one of: parcels, parks"):
        read_vector(tmp_path / "all.zip", source="all.zip", layer="park")


def test_the_only_polygon_layer_is_chosen_and_said(tmp_path, parcels):
    path = tmp_path / "a.gpkg"
    parcels.to_file(path, layer="宗地")
    parcels.set_geometry(parcels.centroid).to_file(path, layer="点")
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT)")
        database.execute("INSERT INTO plain VALUES (1, '合同')")
        database.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier) "
                         "VALUES ('plain', 'attributes', 'plain')")  # fmt: skip
    raw = check(read_vector(path, source="a.gpkg"))
    assert raw.source == "a.gpkg::宗地"
    note = raw.problems[raw.problems["kind"] == "layer_chosen"].iloc[0]
    assert (note["scope"], note["value"], note["detail"]) == ("note", "宗地", "点, plain")
    table = check(read_vector(path, source="a.gpkg", layer="plain"))
    assert not isinstance(table.frame, gpd.GeoDataFrame)
    assert table.frame["name"].tolist() == ["合同"]
    assert [(i.name, i.count) for i in list_layers(path)] == [("宗地", 6), ("点", 6), ("plain", 1)]


def test_points_lines_and_mixed_collections_are_set_aside(tmp_path):
    box = shapely.box(0, 0, 1, 1)
    shapes = [box, shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)]), None,
              shapely.MultiPolygon([box]), shapely.GeometryCollection([box, shapely.box(2, 2, 3, 3)]),
              shapely.GeometryCollection([box, shapely.Point(5, 5)])]  # fmt: skip
    frame = gpd.GeoDataFrame({"id": range(7)}, geometry=shapes, crs=4545)
    frame.to_file(tmp_path / "a.gpkg")
    kept = check(require_polygons(check(read_vector(tmp_path / "a.gpkg", source="a.gpkg"))))
    assert kept.frame["id"].tolist() == [0, 3, 4, 5]
    assert kept.frame.geometry.iloc[3].area == 2
    assert named(kept, "geometry_not_polygon") == [2, 3, 7]
    assert "geometry_collection_merged" in kept.problems["kind"].tolist()
    with pytest.raises(InputDataError, match="no geometry"):
        require_polygons(RawTable(pd.DataFrame({"a": [1]}), "a.csv", pd.Series([1], dtype="Int64")))


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "gdb", "parquet", "shp"])
def test_z_is_dropped_with_a_note(tmp_path, parcels, suffix):
    parcels = parcels.set_geometry(shapely.force_3d(parcels.geometry.array, 300))
    path = tmp_path / f"a.{suffix}"
    write(parcels, path)
    raw = check(read_vector(path, source=path.name))
    assert raw.problems.set_index("kind").loc["z_dropped", "value"] == str(COUNT)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "gdb", "parquet", "shp"])
def test_null_geometry_is_kept_as_null(tmp_path, parcels, suffix):
    parcels.loc[2, "geometry"] = None
    path = tmp_path / f"a.{suffix}"
    write(parcels, path)
    raw = check(require_polygons(check(read_vector(path, source=path.name))))
    assert raw.frame.geometry.isna().tolist() == [False, False, True, False, False, False]
    assert named(raw) == []


def test_parquet_without_geometry_is_a_table(tmp_path, parcels):
    path = tmp_path / "a.parquet"
    pd.DataFrame(parcels.drop(columns="geometry")).to_parquet(path)
    raw = check(read_vector(path, source="a.parquet"))
    assert not isinstance(raw.frame, gpd.GeoDataFrame)
    assert list_layers(path)[0].geometry_type is None


def test_native_geoarrow_parquet(tmp_path, parcels):
    path = tmp_path / "a.parquet"
    parcels.to_parquet(path, geometry_encoding="geoarrow", schema_version="1.1.0")
    raw = check(read_vector(path, source="a.parquet"))
    assert raw.frame.geometry.geom_equals(parcels.geometry).all()


@pytest.mark.parametrize("name", ["a.shp", "a.gpkg", "a.geojson", "a.gdb", "a.zip", "a.parquet", "a.xyz"])
def test_missing_and_nonsense(tmp_path, name, capfd):
    path = tmp_path / name
    with pytest.raises(InputDataError, match="not found"):
        read_vector(path, source=name)
    path.write_bytes(b"this is no such file at all, whatever its name says\n" * 10)
    with pytest.raises(InputDataError) as caught:
        read_vector(path, source=name)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_inputs_are_never_changed(tmp_path, parcels):
    for suffix in ("shp", "gpkg", "geojson", "fgb"):
        parcels.to_file(tmp_path / f"a.{suffix}")
    (tmp_path / "a.shx").unlink()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for suffix in ("shp", "gpkg", "geojson", "fgb"):
        read_vector(tmp_path / f"a.{suffix}", source="a")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_bulk_reading_equals_the_plain_loop(tmp_path):
    """The oracle: fiona, one record after the other."""
    rng = np.random.default_rng(5)
    corners = rng.uniform(0, 1000, (500, 2))
    frame = gpd.GeoDataFrame({"id": range(500), "name": [f"企业{i}" for i in range(500)]}, crs=4545,
                             geometry=shapely.box(*corners.T, *(corners + 5).T))
    frame.to_file(tmp_path / "a.gpkg")
    raw = read_vector(tmp_path / "a.gpkg", source="a")
    with fiona.open(tmp_path / "a.gpkg") as records:
        plain = [(r.properties["id"], r.properties["name"], shapely.geometry.shape(r.geometry))
                 for r in records]  # fmt: skip
    assert raw.frame["id"].tolist() == [row[0] for row in plain]
    assert raw.frame["name"].tolist() == [row[1] for row in plain]
    assert shapely.equals(np.asarray(raw.frame.geometry.array), np.array([r[2] for r in plain])).all()


def test_real_geodatabase_every_layer(shared_data, capfd):
    path = shared_data / "formats/testopenfilegdb.gdb.zip"
    layers = list_layers(path)
    assert len(layers) == 37
    for info in layers:
        raw = check(read_vector(path, source="t.gdb.zip", layer=info.name))
        assert raw.rows_in == info.count
        if info.geometry_type is None:
            assert not isinstance(raw.frame, gpd.GeoDataFrame)
            continue
        kept = check(require_polygons(raw))
        polygons = "olygon" in info.name or info.name in {"hole"}
        assert len(kept.frame) == (info.count if polygons else 0) or "empty" in info.name
    patches = read_vector(path, source="t.gdb.zip", layer="multipatch")
    assert named(patches, "geometry_not_polygon") == [1, 2, 3, 4, 5]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("path", "count", "epsg"), [
    ("formats/utf8_no_cpg.shp", 1367, 4326), ("formats/dltb/DLTB.shp", 8, 2379),
    ("formats/dltb/Road.shp", 11, 2379), ("formats/dltb/Polygon.shp", 5, None),
    ("buildings/boulder_buildings.zip", 13_491, 4326), ("philadelphia/vacant_land.parquet", 25_663, 2272),
    ("chongqing/districts_cgcs2000.geojson", 38, 4490), ("chongqing/districts_gcj02.json", 38, 4326),
    ("lower_manhattan/lm2018.geojson", None, None), ("osm_industrial/industrial_zones.geojson", None, 4326),
])  # fmt: skip
def test_real_samples(shared_data, path, count, epsg):
    raw = check(read_vector(shared_data / path, source=path))
    assert count in {None, len(raw.frame)}
    if epsg is not None:
        assert raw.crs.to_epsg() == epsg
    if path.endswith("dltb/Polygon.shp"):
        assert raw.crs is None
        assert raw.problems["kind"].tolist() == ["crs_absent"]
