"""Source files that are missing, empty, cut, locked, misnamed, or lie outside the workspace."""

from __future__ import annotations

import os
import re
import shutil
import struct
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landtool import crs_guess, messages

# file -> layer that it serves, in the mixed form
SERVES = {
    "planning.gpkg": "parks", "parcels.shp": "parcels", "供地结果.xlsx": "contracts",
    "政府原因.csv": "government_causes", "operations.csv": "operations",
    "buildings.fgb": "buildings", "proposals.geojson": "proposals",
}  # fmt: skip
IN_BULK = {"dltb_2025.parquet": "2025", "plan_2035.zip": "plan-2035"}


def with_snapshot(place, name):
    """Contracts and one land-use snapshot."""
    catalogue = place.catalogue
    layers = catalogue["layers"]
    kept = {"contracts": layers["contracts"],
            "land_use": {name: {str(k): v for k, v in layers["land_use"].items()}[name]}}
    return place.write(catalogue | {"layers": kept})


def serving(place, file):
    """A workspace in which the file is read first of all."""
    if file in IN_BULK:
        return with_snapshot(place, IN_BULK[file])
    if file.endswith(".tif"):
        return place.only("contracts", "rasters")
    return place.only(*dict.fromkeys([SERVES[file], "contracts"]))


ALL = [*SERVES, *IN_BULK, "ndvi.tif"]


@pytest.mark.parametrize("file", ALL)
def test_missing(mixed, refused, file):
    serving(mixed, file)
    (mixed / file).unlink()
    refused(mixed, file, says="not found")


@pytest.mark.parametrize("file", ALL)
def test_empty(mixed, refused, file):
    serving(mixed, file)
    (mixed / file).write_bytes(b"")
    refused(mixed, file, says="empty")


@pytest.mark.parametrize("file", ALL)
def test_blank(mixed, refused, file):
    """As long as it was, but nothing in it: a copy over a broken line."""
    serving(mixed, file)
    (mixed / file).write_bytes(bytes((mixed / file).stat().st_size))
    refused(mixed, file)


@pytest.mark.parametrize("file", ALL)
def test_folder_in_place_of_a_file(mixed, refused, file):
    serving(mixed, file)
    (mixed / file).unlink()
    (mixed / file).mkdir()
    refused(mixed, file)


@pytest.mark.parametrize("file", [file for file in ALL if not file.endswith(".csv")])
@pytest.mark.parametrize("share", [0.002, 0.4, 0.97])
def test_cut_short(mixed, settled, file, share):
    """Refused; or read as far as it goes, with the lost records named. Never taken for whole."""
    serving(mixed, file)
    data = (mixed / file).read_bytes()
    (mixed / file).write_bytes(data[:max(1, int(len(data) * share))])
    ended = settled(mixed, file)
    assert ended.code in (1, 2)
    if share < 0.01:
        assert ended.code == 2


def test_shapefile_cut_in_its_body_keeps_the_good_records(mixed, accounted):
    mixed.only("parcels")
    data = (mixed / "parcels.shp").read_bytes()
    (mixed / "parcels.shp").write_bytes(data[: len(data) // 2])
    layer = accounted(mixed)["layers"]["parcels"]
    assert layer["rows_in"] == 120
    assert 40 < layer["accepted"] < 80
    aside = pd.read_parquet(mixed / "out/set_aside.parquet")
    assert (aside["scope"] == "row").sum() == layer["set_aside"]
    assert set(aside["kind"]) == {"record_unreadable"}
    assert aside["source_row"].is_unique


@pytest.mark.parametrize("part", [".dbf", ".shx", ".prj"])
def test_shapefile_without_a_part(mixed, settled, part):
    """Without .shx it can be read; without .dbf there are no keys; without .prj no CRS."""
    mixed.only("parcels")
    (mixed / "parcels.shp").with_suffix(part).unlink()
    ended = settled(mixed, "parcels")
    assert ended.code == {".dbf": 2, ".shx": 0, ".prj": 2}[part]


def test_attribute_table_cut(mixed, settled):
    mixed.only("parcels")
    data = (mixed / "parcels.dbf").read_bytes()
    (mixed / "parcels.dbf").write_bytes(data[: len(data) // 2])
    ended = settled(mixed, "parcels")
    assert ended.code == 1
    assert ended.content["layers"]["parcels"]["rows_in"] == 120


def test_missing_file_names_the_nearest(mixed, refused):
    mixed.only("contracts", contracts={"path": "供地结杲.xlsx"})
    refused(mixed, "供地结杲.xlsx", "did you mean: 供地结果.xlsx")


# --- outside the workspace ---------------------------------------------------------------------


@pytest.mark.parametrize("how", ["up", "absolute", "link", "linked folder"])
def test_path_out_of_the_workspace(mixed, refused, how):
    secret = mixed.folder.parent / "elsewhere"
    secret.mkdir()
    shutil.copy(mixed / "供地结果.xlsx", secret / "a.xlsx")
    path = {"up": "../elsewhere/a.xlsx", "absolute": str(secret / "a.xlsx"), "link": "link.xlsx",
            "linked folder": "inner/a.xlsx"}[how]  # fmt: skip
    if how == "link":
        (mixed / "link.xlsx").symlink_to(secret / "a.xlsx")
    if how == "linked folder":
        (mixed / "inner").symlink_to(secret)
    mixed.only("contracts", contracts={"path": path})
    refused(mixed, path, says="leaves the workspace")


def packed(path, *entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)


@pytest.mark.parametrize("entry", ["../plan.shp", "/plan.shp", "C:\\plan.shp", "a/../../plan.shp"])
def test_zip_entry_out_of_the_archive(mixed, refused, entry):
    with_snapshot(mixed, "plan-2035")
    packed(mixed / "plan_2035.zip", ("plan.shp", b"x" * 100), (entry, b"x"))
    refused(mixed, "plan_2035.zip", says="points outside")


def test_zip_entry_that_is_a_link(mixed, refused):
    with_snapshot(mixed, "plan-2035")
    entry = zipfile.ZipInfo("plan.shp")
    entry.external_attr = 0o120777 << 16
    packed(mixed / "plan_2035.zip", (entry, "/etc/passwd"))
    refused(mixed, "plan_2035.zip", says="points outside")


def inflate(path, size=3 * 1024**3):
    """Say in the directory of a zip that its largest entry unpacks to ``size``."""
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda entry: entry.file_size).filename
    at = data.rindex(largest.encode()) - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = struct.pack("<I", size)
    path.write_bytes(data)


@pytest.mark.parametrize("file", ["plan_2035.zip", "供地结果.xlsx"])
def test_zip_bomb(mixed, refused, file):
    serving(mixed, file)
    inflate(mixed / file)
    refused(mixed, file, says="times its size")


def test_zip_with_a_password(mixed, refused):
    with_snapshot(mixed, "plan-2035")
    data = bytearray((mixed / "plan_2035.zip").read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + place] |= 1
    (mixed / "plan_2035.zip").write_bytes(data)
    refused(mixed, "plan_2035.zip", says="password")


# --- not what it says ---------------------------------------------------------------------------


def test_locked_workbook(mixed, refused):
    mixed.only("contracts")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016)
    (mixed / "供地结果.xlsx").write_bytes(head + "EncryptedPackage".encode("utf-16-le") + bytes(4096))
    refused(mixed, "供地结果.xlsx", says="password|encrypted|protected")


def test_workbook_damaged_inside(mixed, refused):
    """The directory of the zip is sound, a packed sheet is not."""
    mixed.only("contracts")
    data = bytearray((mixed / "供地结果.xlsx").read_bytes())
    with zipfile.ZipFile(mixed / "供地结果.xlsx") as archive:
        sheet = archive.getinfo("xl/worksheets/sheet1.xml")
    at = sheet.header_offset + 200
    data[at : at + 400] = b"\xff" * 400
    (mixed / "供地结果.xlsx").write_bytes(data)
    refused(mixed, "供地结果.xlsx", says="damaged|cannot be read")


@pytest.mark.parametrize("content", [
    b"this is a note\nand no table\n", b"%PDF-1.7\n" + bytes(200), b"\x89PNG\r\n" + bytes(200),
    b"SQLite format 3\x00" + bytes(200), b"Rar!\x1a\x07" + bytes(200), os.urandom(4000),
], ids=["note", "pdf", "picture", "database", "rar", "noise"])  # fmt: skip
def test_something_else_named_xlsx(mixed, refused, content):
    mixed.only("contracts")
    (mixed / "供地结果.xlsx").write_bytes(content)
    refused(mixed, "供地结果.xlsx")


def test_a_zip_named_xlsx(mixed, refused):
    mixed.only("contracts")
    shutil.copy(mixed / "plan_2035.zip", mixed / "供地结果.xlsx")
    refused(mixed, "供地结果.xlsx", says="not a workbook")


@pytest.mark.parametrize("file", ["parcels.shp", "planning.gpkg", "buildings.fgb", "proposals.geojson",
                                  "dltb_2025.parquet", "plan_2035.zip", "ndvi.tif"])  # fmt: skip
def test_text_named_as_something_else(mixed, refused, file):
    serving(mixed, file)
    (mixed / file).write_text("this is a note\nand no data\n" * 20)
    refused(mixed, file)


@pytest.mark.parametrize("sheet", ["供地", 7, -1])
def test_no_such_sheet(mixed, refused, sheet):
    mixed.only("contracts", contracts={"sheet": sheet})
    refused(mixed, "供地结果.xlsx", str(sheet), says="Sheet1")


@pytest.mark.parametrize("layer", ["park", 70, -1])
def test_no_such_layer(mixed, refused, layer):
    mixed.only("contracts", "parks", parks={"layer": layer})
    refused(mixed, "planning.gpkg", str(layer), says="control_lines")


def test_several_layers_and_none_named(mixed, refused):
    mixed.only("contracts", "parks", parks={"layer": None})
    refused(mixed, "planning.gpkg", "parks", says="none is named")


def test_field_that_is_not_there(mixed, refused):
    mixed.only("contracts", contracts={"columns": {"holder": "竞得人"}})
    refused(mixed, "供地结果.xlsx", "竞得人", "holder")


def test_polygons_wanted_and_none_there(mixed, refused):
    mixed.only("contracts", "buildings", buildings={"path": "供地结果.xlsx"})
    refused(mixed, "供地结果.xlsx", "buildings", says="polygons")


def test_a_table_of_another_kind(mixed, refused):
    """Candidate projects named as operations: the fields are not there."""
    mixed.only("contracts", "operations", operations={"path": "拟供地项目.csv"})
    refused(mixed, "拟供地项目.csv", "operations")


# --- encodings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("file", "layer", "encoding"), [
    ("operations.csv", "operations", "UTF-8"), ("operations.csv", "operations", "klingon"),
    ("parcels.shp", "parcels", "UTF-8"), ("parcels.shp", "parcels", "klingon"),
    ("occupancy.csv", "occupancy", "UTF-16"), ("proposals.geojson", "proposals", "UTF-16"),
])  # fmt: skip
def test_declared_encoding_is_wrong(mixed, refused, file, layer, encoding):
    mixed.only("contracts", layer, **{layer: {"encoding": encoding}})
    refused(mixed, file, says="(?i)" + encoding)


@pytest.mark.parametrize("declared", [None, "UTF-8", "GB18030"])
def test_mojibake_is_refused(mixed, refused, declared):
    """UTF-8 that somebody once read as GBK and saved again."""
    mixed.only("contracts", "enterprises", enterprises={"encoding": declared})
    text = (mixed / "企业名录.csv").read_bytes().decode("gb18030")
    spoilt = text.encode("utf-8").decode("gb18030", "replace").encode("utf-8")
    if declared == "GB18030":
        spoilt = text.encode("utf-8")
    (mixed / "企业名录.csv").write_bytes(spoilt)
    refused(mixed, "企业名录.csv")


# --- coordinates --------------------------------------------------------------------------------


def without_crs(mixed, move=None):
    """The parcels without .prj, moved to other numbers."""
    path = mixed / "parcels.shp"
    frame = gpd.read_file(path, encoding="GBK")
    if move:
        frame = frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), move))
    for part in mixed.folder.glob("parcels.*"):
        part.unlink()
    bare = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=frame.geometry.to_numpy())
    with warnings.catch_warnings(action="ignore"):  # that no CRS is given is the point
        bare.to_file(path, encoding="GBK")
    (mixed / "parcels.cpg").unlink(missing_ok=True)
    (mixed / "parcels.prj").unlink(missing_ok=True)


def test_plain_eastings_without_districts(mixed, refused):
    mixed.only("parcels")
    without_crs(mixed)
    refused(mixed, "parcels.shp", "districts layer", says="state one of: .*EPSG:4545")


def test_plain_eastings_with_districts_are_told_apart(mixed, accounted):
    mixed.only("parcels", "districts")
    without_crs(mixed)
    content = accounted(mixed, code=0)
    assert "4545" in content["layers"]["parcels"]["crs"] or "108" in content["layers"]["parcels"]["crs"]


@pytest.mark.parametrize("layers", [["parcels"], ["parcels", "districts"]])
def test_local_grid(mixed, refused, layers):
    mixed.only(*layers)
    without_crs(mixed, lambda xy: xy - xy.min(axis=0) + 500)
    refused(mixed, "parcels.shp")


def test_swapped_axes(mixed, refused):
    mixed.only("parcels", "districts")
    without_crs(mixed, lambda xy: xy[:, ::-1])
    refused(mixed, "parcels.shp", says="swapped")


def test_stated_crs_is_contradicted(mixed, refused):
    mixed.only("parcels", "districts", parcels={"crs": "EPSG:4526"})
    refused(mixed, "parcels.shp")


def test_every_doubt_about_a_crs_has_words():
    kinds = set(re.findall(r'_notice\("(\w+)"', Path(crs_guess.__file__).read_text(encoding="utf-8")))
    assert len(kinds) >= 4
    for kind in kinds:
        frame = pd.DataFrame({"value": ["a"], "detail": ["b"], "field": ["c"]})
        for language in ("zh", "en"):
            assert messages.render(f"problem.{kind}", language, frame)[0]
            assert messages.render(f"remedy.{kind}", language, frame)[0]


# --- databases ----------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [
    "postgresql://planner:s3cret@127.0.0.1:1/land", "postgresql://planner:s3cret@no.such.host.invalid/land",
    "mysql://planner:s3cret@127.0.0.1/land", "no address s3cret", "postgresql://planner:s3cret@[/x",
])  # fmt: skip
def test_database_that_cannot_be_reached(mixed, refused, url):
    catalogue = mixed.catalogue
    catalogue["layers"] = {"contracts": {"url": url, "table": "land.contracts"}}
    mixed.write(catalogue)
    line = refused(mixed, says="contracts")
    assert "s3cret" not in line


def test_unset_variable_in_an_address(mixed, refused):
    catalogue = mixed.catalogue
    catalogue["layers"] = {"contracts": {"url": "postgresql://${LANDTOOL_NOT_SET}@h/d", "table": "t"}}
    refused(mixed.write(catalogue), "landtool.yaml", "LANDTOOL_NOT_SET")
