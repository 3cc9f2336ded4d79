"""The changes of industrial land between two surveys on a pair of maps."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from landtool import messages
from landtool.columns import texts
from landtool.maps.pair_map import MOST_PIECES, Colouring, Places, pair_map_html
from landtool.maps.style import CHANGE_COLOURS, LAND_CLASS_COLOURS

SIDES = ("cause", "to_class")
# Changes that touch no industrial land are not drawn.
_BESIDE = ("reclassified", "other_change")


def change_map_html(
    changes: gpd.GeoDataFrame, language: str, names: tuple[str, str], right: str = "cause",
    outlines: gpd.GeoDataFrame | None = None,
) -> str:  # fmt: skip
    """The changed pieces by class before (left) and by what happened or class after (right).

    Parameters
    ----------
    changes : GeoDataFrame
        ``Assessment.changes`` or ``LandBalance.changes``; the largest pieces are drawn.
    language : str
    names : tuple of str
        The two snapshots.
    right : str
        One of :data:`SIDES`.
    outlines : GeoDataFrame, optional
        Districts or parks for orientation; the maps can be sent to each by its name.
    """
    kept = changes[drawable_changes(changes)].nlargest(MOST_PIECES, "area_m2")
    classes = {name: messages.say(f"column.class_is.{name}", language) for name in LAND_CLASS_COLOURS}
    causes = {name: messages.say(f"balance.cause_{name}", language) for name in CHANGE_COLOURS}
    before = Colouring(names[0], _codes(kept["from_class"]), classes, LAND_CLASS_COLOURS)
    after = (Colouring(messages.say("map.gains_and_losses", language), _codes(kept["cause"]), causes,
                       CHANGE_COLOURS) if right == "cause" else
             Colouring(names[1], _codes(kept["to_class"]), classes, LAND_CLASS_COLOURS))  # fmt: skip
    return pair_map_html(kept, before, after, _popups(kept, classes, causes, language), outlines,
                         places=None if outlines is None else _places(outlines, language))


def drawable_changes(changes: pd.DataFrame) -> pd.Series:
    """Which changed pieces touch industrial land and are no noise: those a map may show."""
    return ~changes["cause"].isin(_BESIDE) & ~changes["is_noise"].astype(bool)


def _places(zones: gpd.GeoDataFrame, language: str) -> Places:
    column, title = ("park_name", "map.go") if "park_name" in zones else ("district_name", "map.go_district")
    return Places(messages.say(title, language), messages.say("map.everything", language), texts(zones, column),
                  zones.geometry)


def _codes(column: pd.Series) -> np.ndarray:
    return column.astype("object").fillna("not_surveyed").to_numpy(dtype=object).astype(str)


def _popups(
    kept: pd.DataFrame, classes: dict[str, str], causes: dict[str, str], language: str
) -> list[dict[str, str]]:
    def words(column: str, table: dict[str, str]) -> pd.Series:
        return pd.Series(_codes(kept[column]), index=kept.index).map(lambda code: table.get(code, code))

    heads = {name: messages.say(f"column.{name}", language)
             for name in ("cause", "from_class", "to_class", "area_m2", "from_code", "to_code")}
    table = pd.DataFrame({
        heads["cause"]: words("cause", causes), heads["from_class"]: words("from_class", classes),
        heads["to_class"]: words("to_class", classes),
        heads["from_code"]: kept["from_code"].astype("object").fillna("–").astype(str),
        heads["to_code"]: kept["to_code"].astype("object").fillna("–").astype(str),
        heads["area_m2"]: messages.render("map.area_value", language, kept)})
    return table.to_dict(orient="records")
