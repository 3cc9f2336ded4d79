"""Damaged vector sources: no record disappears, no text is mojibake."""

from __future__ import annotations

import json
import sqlite3
import struct

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from landtool.errors import InputDataError
from landtool.sources.vector import read_vector
from tests.sources.vector_files import COUNT, check, named, some_parcels, write

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:pyogrio", "ignore:Geometry is in a geo")


@pytest.fixture
def parcels():
    return some_parcels()


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
