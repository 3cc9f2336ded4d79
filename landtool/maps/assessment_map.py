"""The map of an assessment: parcels by status on a map that opens with no network."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool import messages
from landtool.assessment import Assessment
from landtool.atomic import replace_file
from landtool.errors import InputDataError
from landtool.maps.assets import OfflineMap
from landtool.maps.parcel_layer import ParcelLayer
from landtool.maps.style import (
    DISTRICT_COLOUR,
    IDLE_COLOURS,
    OUTPUT_CLASSES,
    OUTPUT_UNKNOWN,
    PARK_COLOUR,
)

# More polygons than this make a file that opens too slowly on an office PC.
MOST_PARCELS = 5000
# Degrees; a tenth of a metre on the ground, far below what a screen shows.
_DECIMALS = 6
_POPUP = [
    "parcel_id", "holder", "park", "area", "idle_status", "idle_since", "turns_idle", "fee",
    "stage", "output_intensity", "findings",
]  # fmt: skip


def map_assessment(result: Assessment, language: str | None = None) -> folium.Map:
    """Draw an assessment: parcels by idle status and by output, parks and districts as outlines.

    Parameters
    ----------
    result : Assessment
        With parcels that have geometry, in any known CRS.
    language : str, optional
        ``zh`` or ``en``; the assessment's own if not given.

    Returns
    -------
    folium.Map
        Its HTML holds everything it needs. Above 5 000 parcels those that need no attention
        (``not_idle``, then ``not_applicable``) are left out first, and the map says how many.

    Raises
    ------
    InputDataError
        If the assessment has no geometry (contracts alone).
    """
    language = language or result.language
    parcels = result.parcels
    if not isinstance(parcels, gpd.GeoDataFrame) or parcels.geometry.isna().all():
        raise InputDataError("no parcel geometry to draw", "parcels.parquet",
                             "add a parcels layer to landtool.yaml and assess again")
    shown, left_out = _choose(parcels[parcels.geometry.notna()])
    wgs = shown.to_crs("EPSG:4490")
    themes = _themes(result, language)
    layer = ParcelLayer(
        features=_features(wgs, _classes(shown, result), _popup_texts(shown, result, language)),
        themes=themes,
        labels=[messages.say(f"map.{name}", language) for name in _POPUP],
        outlines=_outlines(result, language),
        texts=_texts(result, len(shown), left_out, language),
    )
    centre = shapely.box(*wgs.total_bounds).centroid
    drawn = OfflineMap(location=[centre.y, centre.x], zoom_start=12)
    layer.add_to(drawn)
    return drawn


def map_html(result: Assessment, language: str | None = None) -> str:
    """The whole page of :func:`map_assessment` as text."""
    drawn = map_assessment(result, language)
    figure = drawn.get_root()
    # branca puts the title into the page as it stands.
    figure.title = html.escape(str(result.summary.get("name", "landtool")))  # type: ignore[attr-defined]
    return figure.render()


def save_map(result: Assessment, path: Path, language: str | None = None) -> Path:
    """Write the self-contained map file."""
    replace_file(path, map_html(result, language).encode("utf-8"))
    return path


def _choose(parcels: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int]:
    """The parcels to draw, those that need attention first."""
    if len(parcels) <= MOST_PARCELS:
        return parcels, 0
    order = {status: rank for rank, status in enumerate(
        [*[s for s in IDLE_COLOURS if s not in {"not_idle", "not_applicable"}],
         "not_idle", "not_applicable"])}  # fmt: skip
    rank = parcels["idle_status"].map(order).fillna(len(order)).to_numpy()
    keep = np.sort(np.argsort(rank, kind="stable")[:MOST_PARCELS])
    return parcels.iloc[keep], len(parcels) - MOST_PARCELS


def _themes(result: Assessment, language: str) -> list[dict[str, Any]]:
    idle = [{"label": messages.say(f"idle.status.{status}", language), "colour": colour}
            for status, colour in IDLE_COLOURS.items()]  # fmt: skip
    output = [{"label": messages.say(f"map.output_{name}", language), "colour": colour}
              for name, _, colour in OUTPUT_CLASSES]  # fmt: skip
    output.append({"label": messages.say("map.output_unknown", language), "colour": OUTPUT_UNKNOWN})
    return [
        {"title": messages.say("map.theme_idle", language), "classes": idle},
        {"title": messages.say("map.theme_output", language), "classes": output},
    ]


def _classes(parcels: gpd.GeoDataFrame, result: Assessment) -> np.ndarray:
    """Class number of each parcel in each theme, one row per parcel."""
    statuses = list(IDLE_COLOURS)
    idle = pd.Categorical(parcels["idle_status"], categories=statuses).codes
    idle = np.where(idle < 0, statuses.index("not_assessable"), idle)
    target = result.output_target_cny_m2
    reached = parcels["output_intensity_cny_m2"].to_numpy(dtype="float64", na_value=np.nan)
    reached = reached / target if target else np.full(len(parcels), np.nan)
    bounds = [upper for _, upper, _ in OUTPUT_CLASSES[:-1]]
    output = np.where(np.isnan(reached), len(OUTPUT_CLASSES), np.digitize(reached, bounds))
    return np.column_stack([idle, output])


def _features(
    wgs: gpd.GeoDataFrame, classes: np.ndarray, popup: list[list[str]]
) -> list[dict[str, Any]]:
    return [{"rings": rings, "c": list(map(int, c)), "v": v}
            for rings, c, v in zip(_rings(wgs), classes, popup, strict=True)]  # fmt: skip


def _rings(wgs: gpd.GeoDataFrame) -> list[list[list[list[list[float]]]]]:
    """Per row: polygons, each a list of rings of [lat, lon]."""
    shapes = shapely.set_precision(wgs.geometry.array, 10.0**-_DECIMALS, mode="pointwise")
    found = []
    for text in shapely.to_geojson(shapes):
        shape = json.loads(text)
        polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        found.append([[[[round(y, _DECIMALS), round(x, _DECIMALS)] for x, y, *_ in ring[:-1]]
                       for ring in polygon] for polygon in polygons])  # fmt: skip
    return found


def _popup_texts(parcels: gpd.GeoDataFrame, result: Assessment, language: str) -> list[list[str]]:
    """Texts of the popup, one list per parcel, in the order of ``_POPUP``; empty = row left out."""
    absent = pd.Series(np.nan, index=parcels.index)

    def column(name: str) -> pd.Series:
        return parcels.get(name, absent)

    def labels(name: str, prefix: str) -> np.ndarray:
        values = column(name)
        table = {value: messages.say(f"{prefix}.{value}", language)
                 for value in values.dropna().unique()}
        return values.map(table).fillna("").to_numpy(dtype=object)

    def filled(key: str, *names: str) -> np.ndarray:
        frame = pd.DataFrame({name: column(name) for name in names})
        texts = messages.render(key, language, frame).to_numpy(dtype=object)
        return np.where(frame[names[0]].isna(), "", texts)

    park = column("park_name").where(column("park_name").notna(), column("park_id"))
    texts = {
        "parcel_id": column("parcel_id").astype("object").fillna("").to_numpy(),
        "holder": column("holder").astype("object").fillna("").to_numpy(),
        "park": park.astype("object").fillna("").to_numpy(),
        "area": filled("map.area_value", "area_m2"),
        "idle_status": labels("idle_status", "idle.status"),
        "idle_since": filled("map.idle_since_value", "idle_since", "idle_days"),
        "turns_idle": filled("map.date_value_turns", "turns_idle_date"),
        "fee": filled("map.fee_value", "idle_fee_cny"),
        "stage": labels("lifecycle_stage", "stage"),
        "output_intensity": filled("map.output_value", "output_intensity_cny_m2"),
        "findings": _finding_texts(parcels, result.findings, language),
    }
    return np.column_stack([texts[name] for name in _POPUP]).astype(str).tolist()


def _finding_texts(parcels: pd.DataFrame, findings: pd.DataFrame, language: str) -> np.ndarray:
    """What was found on each parcel, and on the contract it is judged by."""
    texts = pd.Series("", index=parcels.index)
    for kind, column in (("parcel", "parcel_id"), ("contract", "contract_id")):
        if column in parcels:
            own = findings[findings["subject_kind"] == kind]
            lines = own.groupby("subject_id")[f"message_{language}"].agg("\n".join)
            texts = texts.str.cat(parcels[column].map(lines).fillna("").astype("str"), sep="\n")
    return texts.str.strip("\n").to_numpy(dtype=object)


def _outlines(result: Assessment, language: str) -> list[dict[str, Any]]:
    outlines = []
    for name, label, colour, width in (
        ("districts", "district_name", DISTRICT_COLOUR, 1.5),
        ("parks", "park_name", PARK_COLOUR, 2.5),
    ):
        frame = getattr(result, name)
        if not isinstance(frame, gpd.GeoDataFrame):
            continue
        frame = frame[frame.geometry.notna()]
        wgs = frame.to_crs("EPSG:4490")
        names = frame[label].astype("object").fillna("").astype(str)
        shapes = [{"rings": rings, "name": text}
                  for rings, text in zip(_rings(wgs), names, strict=True)]
        outlines.append({"title": messages.say(f"map.{name}", language), "kind": name, "colour": colour,
                         "width": width, "shapes": shapes})
    return outlines


def _texts(result: Assessment, shown: int, left_out: int, language: str) -> dict[str, Any]:
    summary = result.summary
    lines = [
        messages.say("map.as_of", language, as_of=summary["as_of"]),
        messages.say("map.policy", language, policy=summary["policy"]["title"]),
        messages.say("map.shown", language, count=shown),
    ]
    if left_out:
        lines.append(messages.say("map.left_out", language, count=left_out))
    lines.append(messages.say("map.suspected", language))
    return {"title": str(summary["name"]), "lines": lines,
            "parcels": messages.say("map.parcels", language),
            "everything": messages.say("map.everything", language),
            "go": messages.say("map.go", language)}
