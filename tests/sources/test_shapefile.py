"""Shapefiles: damaged records, missing companions, and the encoding of the .dbf."""

from __future__ import annotations

import struct

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.errors import InputDataError
from landtool.sources.dbf import dbf_frame, read_dbf
from landtool.sources.dbf_encoding import choose_dbf_encoding
from landtool.sources.vector import read_vector

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:pyogrio")
COUNT = 6
RECORD = 136  # bytes of a box in a .shp, header included


def _frame(**columns):
    number = np.arange(COUNT)
    given = columns or {"编号": [f"5001{i}" for i in number], "用途": ["工业用地"] * COUNT}
    return gpd.GeoDataFrame(given, geometry=shapely.box(number, 0, number + 1, 1), crs=4545)


@pytest.fixture
def shp(tmp_path):
    path = tmp_path / "a.shp"
    _frame().to_file(path, encoding="GBK")
    return path


def _patch(path, at, raw):
    data = bytearray(path.read_bytes())
    data[at : at + len(raw)] = raw
    path.write_bytes(data)


def _named(raw):
    rows = raw.problems[raw.problems["scope"] == "row"]
    assert raw.rows_in == len(raw.frame) + len(rows)
    assert rows["kind"].eq("record_unreadable").all()
    assert rows["detail"].ne("").all()
    return rows["source_row"].tolist()


@pytest.mark.parametrize(("offset", "raw"), [
    (8, struct.pack("<i", 77)), (44, struct.pack("<ii", 10**8, 10**8)), (44, struct.pack("<ii", -1, 5)),
    (56, struct.pack("<d", float("nan"))), (56 + 16, struct.pack("<d", float("inf"))),
], ids=["type", "counts", "negative", "nan", "inf"])  # fmt: skip
def test_one_corrupt_record(shp, offset, raw, capfd):
    _patch(shp, 100 + 2 * RECORD + offset, raw)
    read = read_vector(shp, source="a.shp")
    assert _named(read) == [3]
    assert read.source_row.tolist() == [1, 2, 4, 5, 6]
    assert read.frame["编号"].tolist() == ["50010", "50011", "50013", "50014", "50015"]
    assert capfd.readouterr().err == ""


def test_index_that_points_nowhere(shp):
    _patch(shp.with_suffix(".shx"), 100 + 8 * 1, struct.pack(">i", 10**6))
    assert _named(read_vector(shp, source="a.shp")) == [2]


@settings(max_examples=60, deadline=None)
@given(at=st.integers(100, 100 + COUNT * RECORD - 1), raw=st.binary(min_size=1, max_size=8))
def test_any_damage_is_accounted_for(tmp_path_factory, at, raw):
    """Whatever bytes of the records are changed: six records in, each read or named."""
    folder = tmp_path_factory.mktemp("shp")
    _frame().to_file(folder / "a.shp", encoding="GBK")
    _patch(folder / "a.shp", at, raw)
    read = read_vector(folder / "a.shp", source="a.shp")
    assert sorted([*read.source_row, *_named(read)]) == [1, 2, 3, 4, 5, 6]
    assert read.frame["编号"].tolist() == [f"5001{row - 1}" for row in read.source_row]


def test_cut_off_shp_keeps_the_records_before(shp, capfd):
    shp.write_bytes(shp.read_bytes()[: 100 + 4 * RECORD + 20])
    read = read_vector(shp, source="a.shp")
    assert _named(read) == [5, 6]
    assert read.rows_in == COUNT
    assert capfd.readouterr().err == ""


def test_cut_off_dbf_keeps_the_records_before(shp, capfd):
    dbf = shp.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[:-250])
    read = read_vector(shp, source="a.shp")
    assert _named(read) == [5, 6]
    assert read.problems["detail"].str.contains(".dbf ends").all()
    assert capfd.readouterr().err == ""


def test_dbf_header_that_counts_too_many(shp):
    """Index and records agree on six: the header's count is the one that is wrong."""
    _patch(shp.with_suffix(".dbf"), 4, struct.pack("<I", 12_910_622))
    read = read_vector(shp, source="a.shp")
    assert _named(read) == []
    assert read.rows_in == COUNT
    assert read.problems[["kind", "value", "detail"]].to_numpy().tolist() == [
        ["dbf_count_differs", "12910622", "6"]]
    shp.with_suffix(".shx").unlink()
    with pytest.raises(InputDataError, match="header is damaged: it counts 12910622"):
        read_vector(shp, source="a.shp")


@pytest.mark.parametrize("how", ["gone", "short", "empty"])
def test_index_missing_or_broken_is_rebuilt(shp, how):
    shx = shp.with_suffix(".shx")
    if how == "gone":
        shx.unlink()
    else:
        shx.write_bytes(shx.read_bytes()[: 0 if how == "empty" else 130])
    before = sorted((path.name, path.stat().st_size) for path in shp.parent.iterdir())
    read = read_vector(shp, source="a.shp")
    assert len(read.frame) == COUNT
    assert read.problems["kind"].tolist() == ["shx_rebuilt"]
    assert read.crs.to_epsg() == 4545
    assert sorted((path.name, path.stat().st_size) for path in shp.parent.iterdir()) == before


def test_companions_missing_or_empty(shp):
    dbf = shp.with_suffix(".dbf")
    dbf.write_bytes(b"")
    with pytest.raises(InputDataError, match=r"\.dbf file is empty"):
        read_vector(shp, source="a.shp")
    dbf.unlink()
    with pytest.raises(InputDataError, match=r"no \.dbf file.*copy a\.dbf"):
        read_vector(shp, source="a.shp")


def test_prj_missing_or_nonsense(shp):
    shp.with_suffix(".prj").write_text("nonsense")
    read = read_vector(shp, source="a.shp")
    assert (read.crs, read.problems["kind"].tolist()) == (None, ["crs_unreadable"])
    shp.with_suffix(".prj").unlink()
    read = read_vector(shp, source="a.shp")
    assert (read.crs, read.problems["kind"].tolist()) == (None, ["crs_absent"])


def test_upper_case_names(shp):
    for path in list(shp.parent.iterdir()):
        path.rename(path.with_name(path.name.upper()))
    read = read_vector(shp.with_name("A.SHP"), source="A.SHP")
    assert len(read.frame) == COUNT
    assert read.encoding_basis == "cpg"


def test_deleted_records_are_no_records(shp):
    header = int.from_bytes(shp.with_suffix(".dbf").read_bytes()[8:10], "little")
    length = int.from_bytes(shp.with_suffix(".dbf").read_bytes()[10:12], "little")
    _patch(shp.with_suffix(".dbf"), header + 2 * length, b"*")
    read = read_vector(shp, source="a.shp")
    assert read.source_row.tolist() == [1, 2, 4, 5, 6]
    assert read.rows_in == 5
    assert read.problems[["kind", "value"]].to_numpy().tolist() == [["records_deleted", "1"]]


@pytest.mark.parametrize("codec", ["GBK", "UTF-8"])
@pytest.mark.parametrize("cpg", ["same", None, "ISO-8859-1", "UTF-8", "GBK", "ANSI 1252", "nonsense"])
def test_encoding_with_true_false_and_no_cpg(tmp_path, codec, cpg):
    path = tmp_path / "a.shp"
    _frame().to_file(path, encoding=codec)
    if cpg is None:
        path.with_suffix(".cpg").unlink()
    elif cpg != "same":
        path.with_suffix(".cpg").write_text(cpg)
    read = read_vector(path, source="a.shp")
    assert read.frame.columns.tolist() == ["编号", "用途", "geometry"]
    assert read.frame["用途"].tolist() == ["工业用地"] * COUNT
    assert read.encoding == ("utf-8" if codec == "UTF-8" else "gb18030")
    honest = cpg in {"same", codec}
    assert (read.encoding_basis == "cpg") == honest
    assert ("encoding_overruled" in read.problems["kind"].tolist()) == (not honest and cpg is not None)


def test_declared_encoding_overrides_and_must_fit(tmp_path):
    path = tmp_path / "a.shp"
    _frame().to_file(path, encoding="GBK")
    assert read_vector(path, source="a.shp", encoding="GB18030").encoding_basis == "declared"
    with pytest.raises(InputDataError, match=r"not UTF-8: .*encoding:"):
        read_vector(path, source="a.shp", encoding="UTF-8")


def test_language_byte(tmp_path):
    path = tmp_path / "a.shp"
    _frame().to_file(path, encoding="GBK")
    path.with_suffix(".cpg").unlink()
    _patch(path.with_suffix(".dbf"), 29, b"\x4d")
    assert read_vector(path, source="a.shp").encoding_basis == "ldid"


@pytest.mark.parametrize("codec", ["gbk", "utf-8"])
def test_character_cut_by_the_field_width(tmp_path, codec):
    """Ten bytes hold five GBK characters, or three of UTF-8 and a third of the fourth."""
    path = tmp_path / "a.shp"
    _frame(name=["x" * 10] * COUNT, other=["工业用地"] * COUNT).to_file(path, encoding=codec)
    path.with_suffix(".cpg").unlink()
    dbf = path.with_suffix(".dbf")
    cut = ("x重庆市工业" if codec == "gbk" else "重庆市工业").encode(codec)[:10]
    data = dbf.read_bytes().replace(b"x" * 10, cut, 1)
    dbf.write_bytes(data)
    read = read_vector(path, source="a.shp")
    assert read.frame["name"].iloc[0] == ("x重庆市工" if codec == "gbk" else "重庆市")
    assert read.frame["other"].tolist() == ["工业用地"] * COUNT
    note = read.problems[read.problems["kind"] == "text_cut"]
    assert note[["source_row", "field"]].to_numpy().tolist() == [[1, "name"]]


def test_field_name_cut_at_ten_bytes(tmp_path):
    path = tmp_path / "a.shp"
    _frame(abcdefghij=["工业用地"] * COUNT).to_file(path, encoding="GBK")
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace(b"abcdefghij", ("面" + "积" * 9).encode("gbk")[1:11]))
    _patch(dbf, 32, "a宗地面积平".encode("gbk")[:10])
    assert read_vector(path, source="a.shp").frame.columns[0] == "a宗地面积"


def test_mojibake_is_refused_naming_the_record(tmp_path):
    path = tmp_path / "a.shp"
    names = ["工业用地"] * COUNT
    names[3] = "工业\ufffd\ufffd"
    _frame(name=names).to_file(path, encoding="UTF-8")
    with pytest.raises(InputDataError, match=r"record 4, field name.*encoding:"):
        read_vector(path, source="a.shp")


def test_records_in_two_encodings_are_refused(tmp_path):
    path = tmp_path / "a.shp"
    _frame(name=["工业用地仓储"] * COUNT).to_file(path, encoding="GBK")
    path.with_suffix(".cpg").unlink()
    dbf = path.with_suffix(".dbf")
    gbk, utf8 = "工业用地仓储".encode("gbk"), "工业用地".encode()
    dbf.write_bytes(dbf.read_bytes().replace(gbk, utf8, 1))
    with pytest.raises(InputDataError, match="record 1, field name is UTF-8, others are not"):
        read_vector(path, source="a.shp")


def test_bytes_of_no_encoding_are_refused(tmp_path):
    path = tmp_path / "a.shp"
    _frame(name=["abcdefgh"] * COUNT).to_file(path, encoding="GBK")
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace(b"abcdefgh", b"a\xff\xff\xffbcde", 1))
    with pytest.raises(InputDataError, match=r"neither UTF-8 nor GB18030: record 1.*encoding:"):
        read_vector(path, source="a.shp")


def test_western_text_in_latin_1(tmp_path):
    path = tmp_path / "a.shp"
    _frame(name=["Zürich-Förrlibuck", "Genève"] * 3).to_file(path, encoding="ISO-8859-1")
    assert read_vector(path, source="a.shp").frame["name"].iloc[0] == "Zürich-Förrlibuck"
    path.with_suffix(".cpg").unlink()
    with pytest.raises(InputDataError, match="no common Chinese"):
        read_vector(path, source="a.shp")
    assert read_vector(path, source="a", encoding="latin-1").frame["name"].iloc[1] == "Genève"


def test_types_of_the_dbf_equal_those_of_gdal(tmp_path):
    path = tmp_path / "a.shp"
    frame = _frame(whole=pd.array([1, None, -3, 4, 5, 6], dtype="Int64"), real=[1.5, np.nan, -2e9, 4, 5, 6],
                   day=pd.to_datetime(["2021-03-05", None] * 3), text=["a", None, " b", "c ", "", "工"],
                   flag=[True, False] * 3)  # fmt: skip
    frame.to_file(path, encoding="UTF-8")
    ours = read_vector(path, source="a.shp").frame
    gdal = gpd.read_file(path)
    assert ours["whole"].dtype == "Int64"
    pd.testing.assert_series_equal(ours["whole"].astype("float64"), gdal["whole"].astype("float64"))
    pd.testing.assert_series_equal(ours["real"], gdal["real"], check_dtype=False)
    pd.testing.assert_series_equal(ours["day"], gdal["day"], check_dtype=False)
    assert ours["text"].isna().tolist() == [False, True, False, False, True, False]
    assert ours["text"].iloc[2] == " b"
    assert ours["flag"].tolist() == gdal["flag"].tolist()


def test_number_that_is_none_stays_text(tmp_path):
    path = tmp_path / "a.shp"
    _frame(area=[1234.5] * COUNT, far=[2.5] * COUNT).to_file(path)
    dbf = path.with_suffix(".dbf")
    data = dbf.read_bytes()
    cell = data[data.index(b" 1234.5") - 30 :].split(b"1234.5")[0][-12:] + b"1234.5"
    dbf.write_bytes(data.replace(cell, b"about 30".rjust(len(cell)), 1))
    frame, _, _ = dbf_frame(read_dbf(dbf), "utf-8")
    assert frame["area"].iloc[0].startswith("about 30")
    assert frame["far"].dtype == "float64"


CHARACTERS = st.text(
    st.sampled_from("工业用地仓储重庆市区企业名称面积产值投资合同宗地使用权人ab12"), max_size=20)


@settings(max_examples=60, deadline=None)
@given(cells=st.lists(CHARACTERS, min_size=1, max_size=12), codec=st.sampled_from(["utf-8", "gb18030"]),
       width=st.integers(6, 24))  # fmt: skip
def test_dbf_text_equals_the_plain_reading(tmp_path_factory, cells, codec, width):
    """The oracle decodes cell by cell; a first record of plain Chinese makes the encoding certain."""
    cells = ["工业用地"[: width // 3] + "", "宗地企业"[: width // 3], *cells]
    raw = [cell.encode(codec)[:width].ljust(width) for cell in cells]
    descriptor = b"NAME".ljust(11, b"\0") + b"C" + bytes(4) + bytes([width, 0]) + bytes(14)
    head = struct.pack("<4BIHH20x", 3, 121, 1, 1, len(cells), 65, width + 1) + descriptor + b"\r"
    path = tmp_path_factory.mktemp("dbf") / "a.dbf"
    path.write_bytes(head + b"".join(b" " + cell for cell in raw) + b"\x1a")
    table = read_dbf(path)
    choice = choose_dbf_encoding(table, declared=codec)
    frame, _, _ = dbf_frame(table, choice.name)
    plain = [cell.decode(codec, "ignore").rstrip() or None for cell in raw]
    assert [None if pd.isna(cell) else cell for cell in frame["NAME"]] == plain


def test_real_file_without_cpg_is_utf8(shared_data):
    raw = read_vector(shared_data / "formats/utf8_no_cpg.shp", source="x.shp")
    assert (raw.encoding, raw.encoding_basis) == ("utf-8", "utf-8")
    assert {"重庆市", "四川省", "内蒙古自治区"} <= set(raw.frame["FCNAME"])
