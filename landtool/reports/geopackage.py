"""The GeoPackage for QGIS and ArcGIS: the result layers with a style each."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import pandas as pd

from landtool import messages
from landtool.assessment import Assessment
from landtool.maps.style import DISTRICT_COLOUR, IDLE_COLOURS, PARK_COLOUR

_STYLES_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT,
  styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT '2000-01-01T00:00:00Z')
"""


def write_geopackage(result: Assessment, path: Path) -> None:
    """Write parcels, parks, districts and findings as layers of one GeoPackage, styled."""
    import pyogrio

    drawn: dict[str, str] = {}
    for name, style in (
        ("districts", outline_style(DISTRICT_COLOUR, 0.46)),
        ("parks", outline_style(PARK_COLOUR, 0.8)),
        ("parcels", idle_style(result.language)),
    ):
        frame = getattr(result, name)
        if isinstance(frame, gpd.GeoDataFrame) and len(frame):
            pyogrio.write_dataframe(_plain(frame), path, layer=name, driver="GPKG",
                                    geometry_type="MultiPolygon", promote_to_multi=True,
                                    use_arrow=True)
            drawn[name] = style
    for name in ("contracts", "findings", "set_aside"):
        frame = getattr(result, name)
        if frame is not None and (len(frame) or not drawn):
            pyogrio.write_dataframe(_plain(frame), path, layer=name, driver="GPKG", use_arrow=True)
    if drawn:
        _write_styles(path, drawn)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Booleans and lists as GDAL's Arrow reader takes them."""
    changed = frame.copy(deep=False)
    for name in frame.columns:
        if frame[name].dtype == "boolean":
            changed[name] = frame[name].astype("Int8").astype("Int16")
    return changed


def _write_styles(path: Path, styles: dict[str, str]) -> None:
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(_STYLES_TABLE)
        base.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner) "
            "VALUES ('', '', ?, 'geom', ?, ?, '', 1, 'landtool', '')",
            [(layer, f"landtool {layer}", qml) for layer, qml in styles.items()],
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', '', '2000-01-01T00:00:00Z')"
        )


def _rgba(colour: str, alpha: int = 255) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + f",{alpha}"


def _fill_symbol(name: str, fill: str, outline: str, width: float, style: str = "solid") -> str:
    options = {"color": fill, "outline_color": outline, "outline_width": str(width),
               "outline_style": "solid", "style": style, "outline_width_unit": "MM"}  # fmt: skip
    properties = "".join(f"<Option type='QString' name={quoteattr(key)} value={quoteattr(value)}/>"
                         for key, value in options.items())
    return (f"<symbol type='fill' name={quoteattr(name)} alpha='1' clip_to_extent='1'>"
            f"<layer class='SimpleFill' enabled='1' pass='0' locked='0'><Option type='Map'>"
            f"{properties}</Option></layer></symbol>")


def _qml(renderer: str) -> str:
    return ("<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
            f"<qgis version='3.28' styleCategories='Symbology'>{renderer}</qgis>")


def outline_style(colour: str, width: float) -> str:
    """QGIS style of a layer drawn as outlines only."""
    symbol = _fill_symbol("0", "0,0,0,0", _rgba(colour), width, style="no")
    return _qml(f"<renderer-v2 type='singleSymbol' symbollevels='0' enableorderby='0'>"
                f"<symbols>{symbol}</symbols></renderer-v2>")


def idle_style(language: str) -> str:
    """QGIS style of the parcels, by ``idle_status``, in the colours of map and app."""
    categories, symbols = "", ""
    for number, (status, colour) in enumerate(IDLE_COLOURS.items()):
        label = messages.say(f"idle.status.{status}", language)
        categories += (f"<category render='true' type='string' symbol='{number}' "
                       f"value={quoteattr(status)} label={quoteattr(label)}/>")
        symbols += _fill_symbol(str(number), _rgba(colour, 200), _rgba("#33363a"), 0.1)
    return _qml("<renderer-v2 type='categorizedSymbol' attr='idle_status' symbollevels='0' "
                f"enableorderby='0'><categories>{categories}</categories>"
                f"<symbols>{symbols}</symbols></renderer-v2>")
