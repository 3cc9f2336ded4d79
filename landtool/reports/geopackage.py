"""The GeoPackage for QGIS and ArcGIS: the result layers with a style each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from landtool import messages
from landtool.assessment import Assessment
from landtool.atomic import replace_file, writing
from landtool.maps.style import (
    CHANGE_COLOURS,
    DISTRICT_COLOUR,
    IDLE_COLOURS,
    NONE_COLOUR,
    OUTLINES,
    PARK_COLOUR,
    UNKNOWN_COLOUR,
)
from landtool.reports.layer_styles import category_qml, category_sld, outline_qml, outline_sld
from landtool.reports.layers_apart import GDAL_OPTIONS, Layer, can_start, write_apart

_PARK_COLOURS = {"met": "#009e73", "below": "#e69f00", "not_assessable": UNKNOWN_COLOUR}
_UNSUPPLIED_COLOUR = "#0072b2"
# The total does not change by these; what stands in the file is shown all the same.
_ALL_CHANGES = {**CHANGE_COLOURS, "reclassified": NONE_COLOUR, "other_change": NONE_COLOUR}
# Rows written at a stretch: a few milliseconds.
_BATCH = 2_048
# From so many rows on a process of its own is worth its start.
_ROWS_APART = 50_000
_OPTIONS = Lock()
_STYLES_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT,
  styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT '2000-01-01T00:00:00Z')
"""


def write_geopackage(result: Assessment, path: str | Path, *, district: str | None = None) -> Path:
    """Write the result frames as layers of one GeoPackage, each polygon layer with its style.

    Parameters
    ----------
    result : Assessment
        What :func:`landtool.assess` returned or :func:`landtool.read_results` read.
    path : str or Path
        The .gpkg; replaced as a whole or not at all.
    district : str, optional
        Code or name of a district: its land alone.

    Raises
    ------
    InputDataError
        If there is no such district.
    OutputError
        If the place cannot be written, or the file is open in another program.
    """
    with writing(Path(path)):
        content = geopackage_bytes(result, district=district)
    replace_file(Path(path), content)
    return Path(path)


def geopackage_bytes(result: Assessment, *, district: str | None = None) -> bytes:
    """The content of :func:`write_geopackage`."""
    part = result
    if district is not None:  # who only shows results loads no rules
        from landtool.reports.district import district_part

        part = district_part(result, district)
    with TemporaryDirectory(prefix="landtool-gpkg-") as folder:
        path = Path(folder) / "results.gpkg"
        put_layers(part, path)
        return path.read_bytes()


def put_layers(result: Assessment, path: Path) -> None:
    """Write the layers straight into a fresh file: many rows by a process of their own (``layers_apart``)."""
    styles = _styles(result.language)
    drawn = {name: frame for name in styles
             if isinstance(frame := getattr(result, name), gpd.GeoDataFrame) and len(frame)}
    listed = {name: frame for name in ("contracts", "findings", "set_aside")
              if (frame := getattr(result, name)) is not None and (len(frame) or not drawn)}
    layers = chain((_polygons(frame, name) for name, frame in drawn.items()),
                   (_rows(frame, name) for name, frame in listed.items()))
    if sum(map(len, chain(drawn.values(), listed.values()))) >= _ROWS_APART and can_start():
        write_apart(layers, path)
    else:
        _write_here(layers, path)
    if drawn:
        if "output_verdict" not in drawn.get("parks", ["output_verdict"]):
            # Parks of a workspace without figures have no verdict to be coloured by.
            styles["parks"] = outline_qml(PARK_COLOUR, 0.8), outline_sld("parks", PARK_COLOUR, 0.8)
        _write_styles(path, {name: styles[name] for name in drawn})


def _polygons(frame: gpd.GeoDataFrame, layer: str) -> Layer:
    shapes = np.array(frame.geometry.array, dtype=object)
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    shapes[single] = shapely.multipolygons(shapes[single][:, None])
    name, epsg = frame.geometry.name, frame.crs and frame.crs.to_epsg()
    return _rows(pd.DataFrame(frame).assign(**{name: shapely.to_wkb(shapes)}), layer,
                 geometry_name=name, geometry_type="MultiPolygon",
                 crs=f"EPSG:{epsg}" if epsg else frame.crs and frame.crs.to_wkt("WKT1_GDAL"))


def _rows(frame: pd.DataFrame, layer: str, **geometry: str | None) -> Layer:
    return Layer(pa.Table.from_pandas(_plain(frame), preserve_index=False), {"layer": layer, **geometry})


def _write_here(layers: Iterable[Layer], path: Path) -> None:
    import pyogrio

    with _told_gdal(GDAL_OPTIONS):
        for table, options in layers:
            # GDAL keeps the interpreter while it writes; between batches, whoever works beside gets it.
            batches = (batch for batch in table.to_batches(max_chunksize=_BATCH))
            pyogrio.write_arrow(pa.RecordBatchReader.from_batches(table.schema, batches), path, driver="GPKG", **options)


@contextmanager
def _told_gdal(options: dict[str, str]) -> Iterator[None]:
    """GDAL has its options for the whole process: one at a time, and afterwards as they were."""
    import pyogrio

    with _OPTIONS:
        before = {name: pyogrio.get_gdal_config_option(name) for name in options}
        pyogrio.set_gdal_config_options(options)
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options(before)


def _styles(language: str) -> dict[str, tuple[str, str]]:
    """Layer -> QML and SLD, from the ground up: what is written first lies below."""
    def by(layer: str, column: str, lead: str, colours: dict[str, str]) -> tuple[str, str]:
        labels = {value: messages.say(f"{lead}{value}", language) for value in colours
                  if messages.has(f"{lead}{value}")}
        other = messages.say("map.other_values", language)
        return category_qml(column, labels, colours, other), category_sld(layer, column, labels, colours, other)

    line = OUTLINES["control_lines"][0]
    return {
        "districts": (outline_qml(DISTRICT_COLOUR, 0.46), outline_sld("districts", DISTRICT_COLOUR, 0.46)),
        "parks": by("parks", "output_verdict", "explain.output_", _PARK_COLOURS),
        "unsupplied": (outline_qml(_UNSUPPLIED_COLOUR, 0.6), outline_sld("unsupplied", _UNSUPPLIED_COLOUR, 0.6)),
        "changes": by("changes", "cause", "balance.cause_", _ALL_CHANGES),
        "parcels": by("parcels", "idle_status", "idle.status.", IDLE_COLOURS),
        # Lines that are fills would hide what they enclose.
        "control_lines": (outline_qml(line, 0.7, "dash"), outline_sld("control_lines", line, 0.7, "dash")),
    }


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Booleans as numbers, and columns without a single value as texts, as GDAL takes them from Arrow."""
    changed = {name: cells.astype("Int8").astype("Int16") for name, cells in frame.items()
               if cells.dtype == "boolean"}
    changed |= {name: cells.astype("str") for name, cells in frame.items()
                if cells.dtype == "object" and cells.isna().all()}
    return frame.assign(**changed)


def _write_styles(path: Path, styles: dict[str, tuple[str, str]]) -> None:
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("PRAGMA synchronous = OFF")  # as GDAL is told
        base.execute(_STYLES_TABLE)
        base.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner) "
            "VALUES ('', '', ?, 'geom', ?, ?, ?, 1, 'landtool', '')",
            [(layer, f"landtool {layer}", *style) for layer, style in styles.items()],
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', '', '2000-01-01T00:00:00Z')"
        )
