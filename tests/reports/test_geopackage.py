"""The GeoPackage as QGIS reads it: a style a layer, valid, in every category's colour."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import box

from landtool import messages
from landtool.balance.causes import CAUSES
from landtool.maps.style import CHANGE_COLOURS, IDLE_COLOURS
from landtool.reports.geopackage import geopackage_bytes, write_geopackage

OGC, SLD = "{http://www.opengis.net/ogc}", "{http://www.opengis.net/sld}"


def layer(column: str, values) -> gpd.GeoDataFrame:
    shapes = [box(10 * at, 0, 10 * at + 9, 9) for at in range(len(values))]
    return gpd.GeoDataFrame({column: pd.Series(values, dtype="str")}, geometry=shapes, crs=4545)


@pytest.fixture(scope="module")
def styles(contracts_result, tmp_path_factory):
    path = tmp_path_factory.mktemp("gpkg") / "a.gpkg"
    result = replace(
        contracts_result, parcels=layer("idle_status", list(IDLE_COLOURS)),
        parks=layer("output_verdict", ["met", "below"]), districts=layer("district_name", ["甲区"]),
        changes=layer("cause", [*CHANGE_COLOURS, "reclassified", "other_change"]),
        unsupplied=layer("approval_id", ["A"]), control_lines=layer("line_id", ["K1"]))
    write_geopackage(result, path)
    with closing(sqlite3.connect(path)) as base:
        rows = base.execute("SELECT f_table_name, f_geometry_column, styleQML, styleSLD, useAsDefault "
                            "FROM layer_styles").fetchall()
        geometry = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    assert all(geometry[name] == column and default for name, column, _, _, default in rows)
    return {name: (qml, sld) for name, _, qml, sld, _ in rows}


def test_every_polygon_layer_has_both_styles(styles):
    assert set(styles) == {"districts", "parks", "unsupplied", "changes", "parcels", "control_lines"}
    for qml, sld in styles.values():
        assert ElementTree.fromstring(qml).tag == "qgis"
        assert ElementTree.fromstring(sld).tag == f"{SLD}StyledLayerDescriptor"


@pytest.mark.parametrize(("name", "column", "colours", "lead"), [
    ("parcels", "idle_status", IDLE_COLOURS, "idle.status."),
    ("changes", "cause", CHANGE_COLOURS, "balance.cause_"),
])  # fmt: skip
def test_each_category_has_a_symbol_in_its_colour_and_its_word(styles, name, column, colours, lead):
    qml, sld = (ElementTree.fromstring(text) for text in styles[name])
    renderer = qml.find("renderer-v2")
    assert renderer.get("type") == "categorizedSymbol"
    assert renderer.get("attr") == column
    symbols = {symbol.get("name"): symbol.find("layer/Option/Option[@name='color']").get("value")
               for symbol in renderer.iter("symbol")}
    named = {category.get("value"): category for category in renderer.iter("category")}
    # The empty value stands for all others: nothing in the file stays unseen.
    assert named.pop("").get("label") == messages.say("map.other_values", "zh")
    assert set(colours) <= set(named)
    for value, category in ((value, named[value]) for value in colours):
        red, green, blue = (int(colours[value][at : at + 2], 16) for at in (1, 3, 5))
        assert symbols[category.get("symbol")].startswith(f"{red},{green},{blue},")
        if messages.has(f"{lead}{value}"):
            assert category.get("label") == messages.say(f"{lead}{value}", "zh")
    fills = {rule.find(f".//{OGC}Literal").text: rule.find(f".//{SLD}Fill/{SLD}CssParameter").text
             for rule in sld.iter(f"{SLD}Rule") if rule.find(f"{SLD}ElseFilter") is None}
    assert {value: fills[value] for value in colours} == colours
    assert len(list(sld.iter(f"{SLD}ElseFilter"))) == 1


def test_every_cause_of_a_change_has_its_own_category(styles):
    qml, _ = styles["changes"]
    values = {category.get("value") for category in ElementTree.fromstring(qml).iter("category")}
    assert set(CAUSES) - {"unchanged"} <= values


def test_control_lines_are_dashed_and_hide_nothing(styles):
    qml, sld = (ElementTree.fromstring(text) for text in styles["control_lines"])
    options = {one.get("name"): one.get("value") for one in qml.iter("Option") if one.get("name")}
    assert (options["outline_style"], options["style"]) == ("dash", "no")
    assert not list(sld.iter(f"{SLD}Fill"))


def test_the_result_of_a_town_holds_every_layer(town_result, tmp_path):
    write_geopackage(town_result, tmp_path / "a.gpkg")
    layers = dict(pyogrio.list_layers(tmp_path / "a.gpkg"))
    assert {"districts", "parks", "parcels", "changes", "unsupplied", "control_lines"} <= set(layers)
    lines = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="control_lines")
    own = {row["region_id"]: row for row in town_result.summary["balance"]["regions"]
           if row["region_kind"] == "control_line"}
    known = lines.set_index("line_id")["balance_closing_m2"].dropna()
    assert known.to_dict() == pytest.approx({name: own[name]["closing_m2"] for name in known.index})


def test_the_districts_together_are_the_city(town_result, tmp_path):
    """Known answer: every feature of the city stands in the file of exactly one district."""
    sums: dict[str, float] = {}
    for code in town_result.districts["district_code"]:
        path = tmp_path / f"{code}.gpkg"
        path.write_bytes(geopackage_bytes(town_result, district=code))
        for name, _ in pyogrio.list_layers(path):
            if name in ("parcels", "unsupplied", "changes", "parks"):
                sums[name] = sums.get(name, 0) + pyogrio.read_info(path, layer=name)["features"]
        lines = pyogrio.read_dataframe(path, layer="control_lines")
        own = town_result.districts.loc[town_result.districts["district_code"] == code].union_all()
        assert (lines.intersection(own).area > 100).all()
    assert sums == {name: len(getattr(town_result, name)) for name in sums}
    assert set(sums) == {"parcels", "unsupplied", "changes", "parks"}


def test_rows_written_in_several_batches_are_all_there_as_they_were(contracts_result, tmp_path, monkeypatch):
    two = shapely.MultiPolygon([box(0, 0, 9, 9), box(20, 0, 29, 9)])
    parcels = gpd.GeoDataFrame(
        {"parcel_id": list("abcde"), "is_zombie": pd.array([True, None, False, None, True], dtype="boolean"),
         "signed_date": pd.to_datetime(["2020-02-29", None, None, "2021-01-01", None]), "empty": [None] * 5},
        geometry=[box(0, 0, 9, 9), two, None, box(10, 0, 19, 9), two], crs=4545)
    monkeypatch.setattr("landtool.reports.geopackage._BATCH", 2)
    path = write_geopackage(replace(contracts_result, parcels=parcels), tmp_path / "a.gpkg")
    back = gpd.read_file(path, layer="parcels")
    assert back["parcel_id"].tolist() == list("abcde")
    assert back["is_zombie"].fillna(-1).tolist() == [1, -1, 0, -1, 1]
    assert back["signed_date"].equals(parcels["signed_date"].astype(back["signed_date"].dtype))
    assert back["empty"].isna().all()
    assert back.geometry.isna().tolist() == [False, False, True, False, False]
    assert back.geometry.dropna().geom_type.eq("MultiPolygon").all()
    assert back.geometry.area.fillna(0).tolist() == [81, 162, 0, 81, 162]
    assert back.crs == parcels.crs
