"""The map of an assessment: parcels by status on a map that opens with no network."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd

from landtool import messages
from landtool.assessment import Assessment
from landtool.atomic import replace_file
from landtool.errors import InputDataError
from landtool.maps.outlines import outline_entry, outline_shapes
from landtool.maps.page import folium_map, page_data, page_html
from landtool.maps.store import ParcelStore, build_store
from landtool.maps.style import IDLE_COLOURS
from landtool.maps.themes import themes_of
from landtool.maps.tiles import encode_all

# More polygons than this make a file that opens too slowly on an office PC.
MOST_PARCELS = 5000
_POPUP = [
    "parcel_id", "holder", "park", "area", "idle_status", "idle_since", "turns_idle", "fee",
    "stage", "output_intensity", "findings",
]  # fmt: skip


def map_assessment(result: Assessment, language: str | None = None) -> folium.Map:
    """Draw an assessment: parcels by every theme, parks and districts as outlines.

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
    if not isinstance(result.parcels, gpd.GeoDataFrame) or not result.has_geometry:
        raise InputDataError("no parcel geometry to draw", "parcels.parquet",
                             "add a parcels layer to landtool.yaml and assess again")
    chosen, left_out = _choose(result.parcels)
    shown = result.parcels.iloc[chosen]
    themes = themes_of(result.parcels, result.commitments, result.output_target_cny_m2, language)
    store = build_store(shown)
    data = page_data(store, themes, _outlines(result, language), language, 0)
    data["title"] = str(result.summary["name"])
    data["lines"] = _lines(result, len(shown), left_out, language)
    data["inline"] = {
        **_inline(store), "tables": {theme.name: _text(theme.codes[chosen].tobytes()) for theme in themes},
        "labels": [messages.say(f"map.{name}", language) for name in _POPUP],
        "cards": _popup_texts(shown, result, language),
    }
    return folium_map(data)


def drawn_parcels(result: Assessment) -> list[str]:
    """Numbers of the parcels that :func:`map_assessment` draws."""
    if not isinstance(result.parcels, gpd.GeoDataFrame) or not result.has_geometry:
        return []
    return result.parcels["parcel_id"].iloc[_choose(result.parcels)[0]].dropna().astype("str").tolist()


def _inline(store: ParcelStore) -> dict[str, Any]:
    tile, west, north, unit = encode_all(store)
    return {"tile": _text(tile), "west": west, "north": north, "unit": unit}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def map_html(result: Assessment, language: str | None = None) -> str:
    """The whole page of :func:`map_assessment` as text."""
    return page_html(map_assessment(result, language), str(result.summary.get("name", "landtool")))


def save_map(result: Assessment, path: Path, language: str | None = None) -> Path:
    """Write the self-contained map file."""
    replace_file(path, map_html(result, language).encode("utf-8"))
    return path


def _choose(parcels: gpd.GeoDataFrame) -> tuple[np.ndarray, int]:
    """Rows of the parcels to draw, those that need attention first, and how many are left out."""
    drawn = np.flatnonzero(parcels.geometry.notna())
    if len(drawn) <= MOST_PARCELS:
        return drawn, 0
    order = {status: rank for rank, status in enumerate(
        [*[s for s in IDLE_COLOURS if s not in {"not_idle", "not_applicable"}],
         "not_idle", "not_applicable"])}  # fmt: skip
    rank = parcels["idle_status"].map(order).fillna(len(order)).to_numpy()[drawn]
    return drawn[np.sort(np.argsort(rank, kind="stable")[:MOST_PARCELS])], len(drawn) - MOST_PARCELS


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
            texts = texts.str.cat(parcels[column].map(lines).astype("str").fillna(""), sep="\n")
    return texts.str.strip("\n").to_numpy(dtype=object)


def _outlines(result: Assessment, language: str) -> list[dict[str, Any]]:
    outlines = []
    for name in ("districts", "parks"):
        frame = getattr(result, name)
        if isinstance(frame, gpd.GeoDataFrame):
            outlines.append({**outline_entry(name, language, is_on=True),
                             "shapes": outline_shapes(name, frame)})
    return outlines


def _lines(result: Assessment, shown: int, left_out: int, language: str) -> list[str]:
    summary = result.summary
    lines = [
        messages.say("map.as_of", language, as_of=summary["as_of"]),
        messages.say("map.policy", language, policy=summary["policy"]["title"]),
        messages.say("map.shown", language, count=shown),
    ]
    if left_out:
        lines.append(messages.say("map.left_out", language, count=left_out))
    return [*lines, messages.say("map.suspected", language)]
