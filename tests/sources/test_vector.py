"""Vector sources of every format, whole and damaged: no record disappears, no text is mojibake."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import zipfile

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from landtool.errors import InputDataError
from landtool.sources.raw import RawTable
from landtool.sources.vector import list_layers, read_vector, require_polygons

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:pyogrio", "ignore:Geometry is in a geo")
COUNT = 6
GDAL_FORMATS = {"gpkg": "GPKG", "geojson": "GeoJSON", "fgb": "FlatGeobuf", "gdb": "OpenFileGDB",
                "gml": "GML", "tab": "MapInfo File", "sqlite": "SQLite"}  # fmt: skip


@pytest.fixture
def parcels():
    number = np.arange(COUNT)
    return gpd.GeoDataFrame(
        {"宗地代码": [f"5001{i}" for i in number], "用途": ["工业用地"] * COUNT,
         "层数": pd.array([1, 2, None, 4, 5, 6], dtype="Int64"), "面积": number * 1.5,
         "日期": pd.to_datetime(["2021-03-05"] * COUNT)},
        geometry=shapely.box(106 + number, 29, 106.5 + number, 30), crs=4490)  # fmt: skip


def write(frame, path):
    suffix = path.suffix[1:]
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "shp":
        frame.to_file(path, encoding="UTF-8")
    else:
        options = {"layer_options": {"ENCODING": "CP936"}} if suffix == "tab" else {}
        frame.to_file(path, driver=GDAL_FORMATS[suffix], **options)


def check(raw: RawTable) -> RawTable:
    """The account closes, rows are numbered, geometry is in 2D."""
    rows = raw.problems[raw.problems["scope"] == "row"]
    assert raw.rows_in == len(raw.frame) + len(rows)
    assert raw.source_row.index.equals(raw.frame.index)
    assert not set(raw.source_row) & set(rows["source_row"])
    assert isinstance(raw.frame.index, pd.RangeIndex)
    if isinstance(raw.frame, gpd.GeoDataFrame):
        shapes = np.asarray(raw.frame.geometry.array)
        assert not (shapely.has_z(shapes) | shapely.has_m(shapes)).any()
    return raw


def named(raw: RawTable, kind: str = "record_unreadable") -> list[int]:
    rows = raw.problems[(raw.problems["kind"] == kind) & (raw.problems["scope"] == "row")]
    assert (rows["detail"].str.len() + rows["value"].str.len() > 0).all()
    return rows["source_row"].tolist()


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


def _change_blob(path, change, fid=3):
    with sqlite3.connect(path) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"
                                           ).fetchall():  # fmt: skip
            database.execute(f'DROP TRIGGER "{trigger}"')
        blob = database.execute("SELECT geom FROM a WHERE fid = ?", (fid,)).fetchone()[0]
        database.execute("UPDATE a SET geom = ? WHERE fid = ?", (change(blob), fid))


@pytest.mark.parametrize("change", [
    lambda blob: b"garbage", lambda blob: blob[:-20], lambda blob: b"XX" + blob[2:],
    lambda blob: blob[:41] + b"\x63" + blob[42:],
    lambda blob: blob[:-32] + struct.pack("<d", float("nan")) + blob[-24:],
], ids=["garbage", "short", "header", "type", "nan"])  # fmt: skip
def test_corrupt_blob_in_a_geopackage(tmp_path, parcels, change, capfd):
    path = tmp_path / "a.gpkg"
    parcels.to_file(path)
    _change_blob(path, change)
    raw = check(read_vector(path, source="a.gpkg"))
    assert named(raw) == [3]
    assert raw.frame["宗地代码"].tolist() == ["50010", "50011", "50013", "50014", "50015"]
    assert raw.source_row.tolist() == [1, 2, 4, 5, 6]
    assert capfd.readouterr().err == ""


def test_arcs_become_lines(tmp_path, parcels):
    path = tmp_path / "a.gpkg"
    parcels.to_file(path)
    arc = struct.pack("<bII", 1, 8, 5) + struct.pack("<10d", 0, 0, 1, 1, 2, 0, 1, -1, 0, 0)
    _change_blob(path, lambda blob: b"GP\x00\x01" + struct.pack("<i", 4490)
                 + struct.pack("<bII", 1, 10, 1) + arc)  # fmt: skip
    raw = check(read_vector(path, source="a.gpkg"))
    assert raw.problems.set_index("kind").loc["curves_linearised", "value"] == "1"
    assert abs(raw.frame.geometry.iloc[2].area - np.pi) < 0.01
    assert len(raw.frame) == COUNT


def test_broken_page_in_a_geopackage(tmp_path, capfd):
    """GDAL stops at the broken page and says nothing: 5 000 records promised, half handed over."""
    count = 5000
    frame = gpd.GeoDataFrame({"id": range(count)}, crs=4545,
                             geometry=shapely.box(np.arange(count), 0, np.arange(count) + 1, 1))
    path = tmp_path / "a.gpkg"
    frame.to_file(path, SPATIAL_INDEX="NO")
    data = bytearray(path.read_bytes())
    page = len(data) // 2 // 4096 * 4096
    data[page : page + 4096] = bytes(4096)
    path.write_bytes(data)
    raw = check(read_vector(path, source="a.gpkg"))
    lost = named(raw)
    assert raw.rows_in == count
    assert 0 < len(lost) < 100
    assert len(raw.frame) == count - len(lost)
    assert set(raw.frame["id"] + 1) == set(raw.source_row) == set(range(1, count + 1)) - set(lost)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("change", [
    lambda geometry: geometry.update(type="Polygno"),
    lambda geometry: geometry.update(coordinates=[[["a", "b"], [1, 2]]]),
    lambda geometry: geometry.update(coordinates=[[[0, 0], [1, 1]]]),
    lambda geometry: geometry.update(coordinates=[[[0, 0], [float("nan"), 1], [1, 1], [0, 0]]]),
], ids=["type", "text", "two points", "nan"])  # fmt: skip
def test_one_bad_geometry_in_geojson(tmp_path, parcels, change, capfd):
    path = tmp_path / "a.geojson"
    parcels.to_file(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content["features"][2]["geometry"])
    path.write_text(json.dumps(content), encoding="utf-8")
    raw = check(read_vector(path, source="a.geojson"))
    assert named(raw) == [3]
    assert len(raw.frame) == 5
    assert capfd.readouterr().err == ""


def test_geojson_in_gbk(tmp_path, parcels):
    path = tmp_path / "a.geojson"
    parcels.to_file(path)
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))
    before = path.read_bytes()
    raw = check(read_vector(path, source="a.geojson"))
    assert raw.frame["用途"].tolist() == ["工业用地"] * COUNT
    assert (raw.encoding, raw.encoding_basis) == ("gb18030", "gb18030")
    assert "json_not_utf8" in raw.problems["kind"].tolist()
    assert path.read_bytes() == before
    assert check(read_vector(path, source="a", encoding="GBK")).encoding_basis == "declared"
    with pytest.raises(InputDataError, match="not UTF-8"):
        read_vector(path, source="a.geojson", encoding="UTF-8")


def test_geojson_without_crs(tmp_path, parcels):
    path = tmp_path / "a.geojson"
    parcels.set_crs(4326, allow_override=True).to_file(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    content.pop("crs", None)
    path.write_text(json.dumps(content), encoding="utf-8")
    raw = read_vector(path, source="a.geojson")
    assert raw.crs.to_epsg() == 4326
    assert raw.problems["kind"].tolist() == ["crs_by_format"]
    content["features"][0]["geometry"]["coordinates"][0][1] = [500_000, 3_280_000]
    path.write_text(json.dumps(content), encoding="utf-8")
    raw = read_vector(path, source="a.geojson")
    assert raw.crs is None
    assert raw.problems["kind"].tolist() == ["crs_absent"]


def test_gbk_text_inside_a_geopackage(tmp_path, parcels):
    path = tmp_path / "a.gpkg"
    parcels.to_file(path)
    with sqlite3.connect(path) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"
                                           ).fetchall():  # fmt: skip
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE a SET 用途 = CAST(? AS TEXT)", ("仓储用地".encode("gbk"),))
    raw = check(read_vector(path, source="a.gpkg"))
    assert raw.frame["用途"].tolist() == ["仓储用地"] * COUNT
    assert raw.problems["kind"].tolist() == ["text_recoded"]


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet", "shp", "tab"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.4, 0.95])
def test_cut_off_file_is_refused_or_accounted_for(tmp_path, parcels, suffix, share, capfd):
    path = tmp_path / f"a.{suffix}"
    write(parcels, path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    refused, raw = "", None
    try:
        raw = read_vector(path, source=path.name)
    except InputDataError as error:
        refused = str(error)
    if raw is not None:
        assert check(raw).rows_in == COUNT
        assert suffix in {"shp", "tab"}
        assert named(raw) or suffix == "tab"
    else:
        assert "\n" not in refused
        assert path.name in refused
    assert capfd.readouterr().err == ""


def test_cut_off_flatgeobuf_keeps_what_stands_before(tmp_path, parcels, capfd):
    path = tmp_path / "a.fgb"
    parcels.to_file(path)
    path.write_bytes(path.read_bytes()[:-100])
    raw = check(read_vector(path, source="a.fgb"))
    assert named(raw) == [6]
    assert raw.rows_in == COUNT
    assert len(raw.frame) == 5
    assert raw.crs.to_epsg() == 4490
    assert "read_record_by_record" in raw.problems["kind"].tolist()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("suffix", ["gdbtable", "gdbtablx"])
def test_geodatabase_gdal_takes_for_empty(tmp_path, parcels, suffix):
    path = tmp_path / "a.gdb"
    write(parcels, path)
    table = path / f"a00000009.{suffix}"
    table.write_bytes(table.read_bytes()[:60])
    raw = check(read_vector(path, source="a.gdb"))
    assert raw.rows_in == COUNT
    assert named(raw) == [1, 2, 3, 4, 5, 6]


def test_feature_gdal_skips_in_geojson(tmp_path, parcels):
    path = tmp_path / "a.geojson"
    write(parcels, path)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["features"][1]["type"] = "Featurf"
    path.write_text(json.dumps(content), encoding="utf-8")
    raw = check(read_vector(path, source="a.geojson"))
    assert raw.rows_in == COUNT
    assert named(raw) == [2]
    assert raw.source_row.tolist() == [1, 3, 4, 5, 6]
    assert raw.frame["宗地代码"].tolist() == ["50010", "50012", "50013", "50014", "50015"]


def test_nul_bytes_in_geojson_do_not_end_it(tmp_path, parcels):
    path = tmp_path / "a.geojson"
    write(parcels, path)
    path.write_bytes(path.read_bytes() + b"\n\x00\x00")
    with pytest.raises(InputDataError, match="NUL"):
        read_vector(path, source="a.geojson")


def test_broken_row_group_of_a_parquet_file(tmp_path, parcels):
    path = tmp_path / "a.parquet"
    parcels.to_parquet(path, row_group_size=2)
    column = pq.read_metadata(path).row_group(1).column(0)
    data = bytearray(path.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    data[start : start + column.total_compressed_size] = bytes(column.total_compressed_size)
    path.write_bytes(data)
    raw = check(read_vector(path, source="a.parquet"))
    assert named(raw) == [3, 4]
    assert raw.source_row.tolist() == [1, 2, 5, 6]


def test_bad_wkb_in_a_parquet_file(tmp_path, parcels):
    path = tmp_path / "a.parquet"
    parcels.to_parquet(path)
    table = pq.read_table(path)
    blobs = table["geometry"].to_pylist()
    blobs[4] = blobs[4][:-9]
    place = table.schema.get_field_index("geometry")
    table = table.set_column(place, table.schema.field(place), pa.array(blobs, pa.binary()))
    pq.write_table(table, path)
    raw = check(read_vector(path, source="a.parquet"))
    assert named(raw) == [5]
    assert raw.crs.to_epsg() == 4490


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
