"""The GeoPackage as QGIS reads it: a style a layer, valid, in every category's colour."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from landtool import messages
from landtool.maps.style import CHANGE_COLOURS, IDLE_COLOURS
from landtool.reports.geopackage import write_geopackage

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
        changes=layer("cause", list(CHANGE_COLOURS)), unsupplied=layer("approval_id", ["A"]))
    write_geopackage(result, path)
    with closing(sqlite3.connect(path)) as base:
        rows = base.execute("SELECT f_table_name, f_geometry_column, styleQML, styleSLD, useAsDefault "
                            "FROM layer_styles").fetchall()
        geometry = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    assert all(geometry[name] == column and default for name, column, _, _, default in rows)
    return {name: (qml, sld) for name, _, qml, sld, _ in rows}


def test_every_polygon_layer_has_both_styles(styles):
    assert set(styles) == {"districts", "parks", "unsupplied", "changes", "parcels"}
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
    for category in renderer.iter("category"):
        value = category.get("value")
        red, green, blue = (int(colours[value][at : at + 2], 16) for at in (1, 3, 5))
        assert symbols[category.get("symbol")].startswith(f"{red},{green},{blue},")
        if messages.has(f"{lead}{value}"):
            assert category.get("label") == messages.say(f"{lead}{value}", "zh")
    fills = {rule.find(f".//{OGC}Literal").text: rule.find(f".//{SLD}Fill/{SLD}CssParameter").text
             for rule in sld.iter(f"{SLD}Rule")}
    assert fills == colours
