"""Boundary point files (宗地界址点 TXT)."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import CRS

from landtool.errors import InputDataError
from landtool.sources.boundary_points import (
    boundary_crs,
    is_boundary_points,
    read_boundary_points,
)

ABOUT = {"格式版本号": "1.01版本", "数据产生单位": "规划和自然资源局", "坐标系": "2000国家大地坐标系",
         "几度分带": "3", "投影类型": "高斯克吕格", "计量单位": "米", "带号": "36", "精度": "0.001",
         "转换参数": ",,,,,,"}  # fmt: skip


def _ring(ring, south, west, size, *, closed=True, prefix=36_000_000):
    corners = [(south, west), (south, west + size), (south + size, west + size), (south + size, west)]
    corners += corners[:1] if closed else []
    return [f"J{i},{ring},{x:.3f},{y + prefix:.3f}" for i, (x, y) in enumerate(corners, start=1)]


def _head(number, points, kind="面", name="地块"):
    return f"{points},1.0000,{number},{name},{kind},H48G001,工业用地,0601,@"


def _write(path, lines, codec="gbk", **changes):
    about = {**ABOUT, **changes}
    text = "\n".join(["[属性描述]", *(f"{k}={v}" for k, v in about.items() if v is not None),
                      "[地块坐标]", *lines, ""])  # fmt: skip
    path.write_bytes(text.encode(codec))
    return path


@pytest.mark.parametrize("codec", ["gbk", "utf-8", "utf-8-sig"])
def test_parcels_with_holes_in_each_encoding(tmp_path, codec):
    lines = [_head("DK1", 10), *_ring(1, 3_280_000, 500_000, 100), *_ring(2, 3_280_020, 500_020, 10),
             _head("DK2", 4), *_ring(1, 3_281_000, 500_000, 50, closed=False)]  # fmt: skip
    path = _write(tmp_path / "a.txt", lines, codec)
    assert is_boundary_points(path)
    raw = read_boundary_points(path, source="a.txt")
    assert raw.frame["地块编号"].tolist() == ["DK1", "DK2"]
    assert raw.frame["地块用途"].tolist() == ["工业用地"] * 2
    assert raw.frame.geometry.area.tolist() == [9900, 2500]
    assert raw.crs.to_epsg() == 4524
    assert raw.frame.total_bounds.tolist() == [36_500_000, 3_280_000, 36_500_100, 3_281_050]
    assert raw.source_row.tolist() == [12, 23]
    assert raw.rows_in == 2
    assert raw.problems[["kind", "value"]].to_numpy().tolist() == [["boundary_ring_closed", "1"]]


@pytest.mark.parametrize(("datum", "width", "zone", "prefixed", "epsg"), [
    ("2000国家大地坐标系", 3, 36, True, 4524), ("2000国家大地坐标系", 3, 36, False, 4545),
    ("2000国家大地坐标系", 6, 18, True, 4496), ("80国家大地坐标系", 3, 36, True, 2360),
    ("1980西安坐标系", 3, 36, False, 2381), ("54北京坐标系", 3, 36, True, 2412),
])  # fmt: skip
def test_crs_of_each_datum(datum, width, zone, prefixed, epsg):
    crs = boundary_crs(datum, width, zone, prefixed=prefixed)
    assert crs.to_epsg() == epsg
    easting = 500_000 + (zone * 1_000_000 if prefixed else 0)
    meridian = 3 * zone if width == 3 else 6 * zone - 3
    parameters = {p.name: p.value for p in CRS.from_epsg(epsg).coordinate_operation.params}
    assert parameters["Longitude of natural origin"] == meridian
    assert parameters["False easting"] == easting


def test_eastings_without_prefix(tmp_path):
    lines = [_head("DK1", 5), *_ring(1, 3_280_000, 500_000, 100, prefix=0)]
    raw = read_boundary_points(_write(tmp_path / "a.txt", lines), source="a.txt")
    assert raw.crs.to_epsg() == 4545


def test_zone_from_the_eastings(tmp_path):
    path = _write(tmp_path / "a.txt", [_head("DK1", 5), *_ring(1, 3_280_000, 5e5, 100)], 带号=None)
    raw = read_boundary_points(path, source="a.txt")
    assert raw.crs.to_epsg() == 4524
    assert raw.problems["kind"].tolist() == ["zone_from_eastings"]


def test_unknown_datum_leaves_the_crs_open(tmp_path):
    path = _write(tmp_path / "a.txt", [_head("DK1", 5), *_ring(1, 3_280_000, 5e5, 100)],
                  坐标系="重庆独立坐标系")  # fmt: skip
    raw = read_boundary_points(path, source="a.txt")
    assert raw.crs is None
    assert raw.problems["kind"].tolist() == ["boundary_crs_unknown"]


def test_bad_parcels_are_set_aside_with_their_lines(tmp_path):
    good = _ring(1, 3_280_000, 500_000, 100)
    lines = [
        _head("ok", 5), *good,
        _head("text", 5), *good[:2], "J3,1,三二八,36500100", *good[3:],
        _head("short", 5), *good[:2], "J3,1,3280100", *good[3:],
        _head("lost", 9), *good,
        _head("zone", 5), *_ring(1, 3_280_000, 500_000, 100, prefix=35_000_000),
        _head("bare", 5), *_ring(1, 3_280_000, 500_000, 100, prefix=0),
        _head("two", 2), *good[:2],
        _head("none", 0),
        _head("line", 5, kind="线"), *good,
    ]  # fmt: skip
    raw = read_boundary_points(_write(tmp_path / "a.txt", lines), source="a.txt")
    assert raw.frame["地块编号"].tolist() == ["ok"]
    rows = raw.problems[raw.problems["scope"] == "row"]
    assert raw.rows_in == 9 == len(raw.frame) + len(rows)
    details = rows.set_index("source_row")["detail"]
    assert details[18] == "point not readable in line 21"
    assert "9 points stated, 5 found" in details.tolist()
    assert details.str.contains("does not fit the zone").sum() == 2
    assert "a ring has fewer than 3 points" in details.tolist()
    assert "no points" in details.tolist()
    assert rows["kind"].value_counts()["geometry_not_polygon"] == 1


def test_points_before_any_header(tmp_path):
    good = _ring(1, 3_280_000, 500_000, 100)
    raw = read_boundary_points(_write(tmp_path / "a.txt", [*good, _head("ok", 5), *good]), source="a")
    assert raw.rows_in == 2
    assert raw.problems["detail"].tolist() == ["points without a header line"]
    assert raw.problems["source_row"].tolist() == [12]


def test_ring_outside_is_a_part_and_island_in_a_hole_is_kept(tmp_path):
    lines = [_head("DK1", 20), *_ring(1, 3_280_000, 500_000, 100), *_ring(2, 3_280_010, 500_010, 50),
             *_ring(3, 3_280_020, 500_020, 10), *_ring(4, 3_290_000, 500_000, 10)]  # fmt: skip
    raw = read_boundary_points(_write(tmp_path / "a.txt", lines), source="a.txt")
    shape = raw.frame.geometry.iloc[0]
    assert shape.area == 100**2 - 50**2 + 10**2 + 10**2
    assert len(shape.geoms) == 3
    assert shapely.is_valid(shape)
    assert raw.problems[["kind", "value"]].to_numpy().tolist() == [["boundary_multipart", "DK1"]]


def test_swapped_axes_are_turned_round(tmp_path):
    swapped = [",".join([*line.split(",")[:2], *line.split(",")[:1:-1]])
               for line in _ring(1, 3_280_000, 500_000, 100)]  # fmt: skip
    raw = read_boundary_points(_write(tmp_path / "a.txt", [_head("DK1", 5), *swapped]), source="a")
    assert raw.frame.total_bounds[0] == 36_500_000
    assert raw.problems["kind"].tolist() == ["boundary_axes_swapped"]


@pytest.mark.parametrize(("content", "says"), [
    ("[属性描述]\n坐标系=2000\n", "no section"), ("[属性描述]\n[地块坐标]\n", "no parcel"),
    ("[属性描述]\n计量单位=度\n[地块坐标]\n4,1,a,b,面,,,,@\n", "not in metres"),
])  # fmt: skip
def test_refused(tmp_path, content, says):
    path = tmp_path / "a.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputDataError, match=says):
        read_boundary_points(path, source="a.txt")


def test_other_text_is_no_boundary_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("宗地代码|面积\n", encoding="utf-8")
    assert not is_boundary_points(path)


def test_many_parcels_equal_the_plain_reading(tmp_path):
    rng = np.random.default_rng(3)
    lines, expected = [], []
    for number in range(200):
        south, west, size = 3.2e6 + 1000 * number, 5e5 + rng.integers(0, 9999), rng.integers(20, 200)
        hole = bool(rng.integers(0, 2))
        lines += [_head(f"DK{number}", 10 if hole else 5), *_ring(1, south, west, int(size))]
        lines += _ring(2, south + 5, west + 5, 10) if hole else []
        expected.append(float(size) ** 2 - 100 * hole)
    raw = read_boundary_points(_write(tmp_path / "a.txt", lines), source="a.txt")
    assert raw.frame.geometry.area.round(6).tolist() == expected


def test_header_lines_of_few_values(tmp_path):
    lines = ["5,@", *_ring(1, 3_280_000, 500_000, 100), "5,1.0,DK2,@", *_ring(1, 3_281_000, 500_000, 9)]
    raw = read_boundary_points(_write(tmp_path / "a.txt", lines), source="a.txt")
    assert raw.frame["地块编号"].isna().tolist() == [True, False]
    assert raw.frame.geometry.area.tolist() == [10_000, 81]
