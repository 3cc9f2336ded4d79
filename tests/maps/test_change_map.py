"""The pair of maps of a balance: what its page holds."""

from __future__ import annotations

import base64
import json
import re

import geopandas as gpd
import pytest
import shapely

from landtool.maps.change_map import change_map_html

PLANE = "EPSG:4545"
HOSTILE = "</script><img src=x onerror=alert(1)>"


def changes() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({
        "cause": ["converted_out", "converted_in", "other_change"], "is_noise": [False] * 3,
        "from_class": ["industrial", "residential", None], "to_class": ["residential", "industrial", None],
        "from_code": ["0601", "0701", None], "to_code": ["0701", "0601", None], "area_m2": [1e4, 1e4, 1e4],
    }, geometry=[shapely.box(x, 3_270_000, x + 100, 3_270_100) for x in (400_000, 402_000, 404_000)], crs=PLANE)


def zones(column: str) -> gpd.GeoDataFrame:
    shapes = [shapely.box(401_500, 3_269_500, 403_000, 3_271_000), shapely.box(399_000, 3_269_500, 401_000, 3_271_000),
              None, shapely.Polygon()]
    return gpd.GeoDataFrame({column: [HOSTILE, "A 园", "nowhere", None]}, geometry=shapes, crs=PLANE)


def data_of(page: str) -> dict:
    return json.loads(base64.b64decode(re.search(r'atob\("([^"]+)"\)', page).group(1)))


@pytest.mark.parametrize(("column", "title"), [("park_name", "转到园区"), ("district_name", "转到区县")])
def test_places_by_name_with_their_corners(column, title):
    given = zones(column)
    page = change_map_html(changes(), "zh", ("甲", "乙"), "cause", given)
    places = data_of(page)["places"]
    assert (places["title"], places["all"]) == (title, "全部范围")
    assert [spot["name"] for spot in places["spots"]] == [HOSTILE, "A 园"]
    (south, west), (north, east) = places["spots"][1]["bounds"]
    expected = given.to_crs("EPSG:4490").geometry.iloc[1].bounds
    assert (west, south, east, north) == pytest.approx(expected, abs=2e-6)
    assert HOSTILE not in page


def test_no_places_without_outlines():
    data = data_of(change_map_html(changes(), "en", ("a", "b"), "to_class"))
    assert data["places"] is None
    assert len(data["shapes"]) == 2  # what touches no industrial land is not drawn
