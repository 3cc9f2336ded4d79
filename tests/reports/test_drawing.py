"""Maps and charts for documents: with and without a Chinese font, the same bytes twice."""

from __future__ import annotations

import io

import geopandas as gpd
import numpy as np
import pytest
from PIL import Image
from shapely import Point, Polygon, box

from landtool.errors import InputDataError
from landtool.reports import drawing, parcel_drawing
from landtool.reports.chart_drawing import bar_chart, lorenz_chart
from landtool.reports.parcel_drawing import _round_length, parcel_map, status_map

RED, GREEN = "#ff0000", "#00ff00"


def pixels(made) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(made.png)).convert("RGB")).reshape(-1, 3)


def share(made, colour: str) -> float:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return float((np.abs(pixels(made).astype(int) - rgb).max(axis=1) < 8).mean())


@pytest.fixture
def lots() -> gpd.GeoDataFrame:
    ring = Polygon(box(300, 0, 400, 100).exterior, [box(320, 20, 380, 80).exterior.reverse()])
    return gpd.GeoDataFrame(
        {"parcel_id": ["P1", "P2", "P3", "P4"], "status": ["a", "b", "a", None]},
        geometry=[box(0, 0, 100, 100), box(110, 0, 210, 100), ring, None], crs=4545)


@pytest.fixture
def no_font(monkeypatch):
    monkeypatch.setattr(drawing, "cjk_font", lambda: None)


def test_the_same_content_gives_the_same_bytes(lots):
    assert parcel_map("P1", lots).png == parcel_map("P1", lots).png


def test_without_a_chinese_font_english_is_drawn_and_said(no_font, lots):
    made = parcel_map("P1", lots.assign(parcel_id=["地块1", "P2", "P3", "P4"]).replace("地块1", "P1"))
    assert made.language == "en"
    assert drawing.drawn_language("zh") == "en"
    assert drawing.drawable("宗地 A$1") == r"?? A\$1"
    assert bar_chart(["示例园区"], [1.0], axis_label="亿元/km²").language == "en"


def test_with_a_chinese_font_chinese_is_drawn(monkeypatch):
    monkeypatch.setattr(drawing, "cjk_font", lambda: "Any")
    assert drawing.drawn_language("zh") == "zh"
    assert drawing.drawable("宗地\n一") == "宗地 一"


def test_colours_follow_the_status_and_holes_stay_open(lots):
    made = status_map(lots, "status", {"a": "A", "b": "B"}, {"a": RED, "b": GREEN}, language="en")
    # Two squares of 100 m less a hole of 60 m against one square.
    assert share(made, RED) / share(made, GREEN) == pytest.approx(1.64, rel=0.06)


def test_a_parcel_without_a_polygon_has_no_map(lots):
    assert parcel_map("P4", lots) is None
    assert parcel_map("nobody", lots) is None
    assert status_map(lots.iloc[3:], "status", {}) is None


def test_degrees_are_refused():
    with pytest.raises(InputDataError, match="metric plane"):
        parcel_map("P1", gpd.GeoDataFrame({"parcel_id": ["P1"]}, geometry=[box(106, 29, 107, 30)], crs=4490))


def test_points_and_empty_polygons_do_not_end_the_drawing():
    frame = gpd.GeoDataFrame({"parcel_id": ["P1", "P2", "P3"], "status": ["a", "a", "x"]},
                             geometry=[box(0, 0, 10, 10), Polygon(), Point(1, 1)], crs=4545)
    assert status_map(frame, "status", {"a": "A"}, {"a": RED}, language="en") is not None


@pytest.mark.parametrize(("most", "length"), [(1.0, 1.0), (9.99, 5.0), (240.0, 200.0), (5000.0, 5000.0)])
def test_scale_bars_have_round_lengths(most, length):
    assert _round_length(most) == length


def test_an_unknown_bar_is_none_and_a_target_is_drawn():
    with_target = bar_chart(["A", "B"], [10.0, None], axis_label="x", target=12.0, target_label="t",
                            language="en")
    assert with_target.png != bar_chart(["A", "B"], [10.0, None], axis_label="x", language="en").png
    assert with_target.png != bar_chart(["A", "B"], [10.0, 0.0], axis_label="x", target=12.0,
                                        target_label="t", language="en").png


def test_the_curve_names_its_coefficient():
    assert lorenz_chart([0, 1], [0, 1], 0.5, language="en").png != lorenz_chart(
        [0, 1], [0, 1], None, language="en").png


def test_parks_far_apart_are_drawn_each_by_itself_and_the_rest_is_counted(monkeypatch):
    frame = gpd.GeoDataFrame({"status": ["a", "b", "a"]}, crs=4545, geometry=[
        box(0, 0, 100, 100), box(90_000, 90_000, 90_100, 90_100), box(50_000, 0, 50_100, 100)])  # fmt: skip
    parks = gpd.GeoDataFrame({"park_name": ["P", "Q"]}, crs=4545, geometry=[
        box(0, 0, 120, 120), box(90_000, 90_000, 90_120, 90_120)])  # fmt: skip
    said = []
    monkeypatch.setattr(parcel_drawing.messages, "say",
                        lambda key, language, **values: said.append((key, values)) or key)
    made = status_map(frame, "status", {"a": "A", "b": "B"}, {"a": RED, "b": GREEN}, parks=parks, language="en")
    # Each fills its own panel alike; on one map of all they would be specks.
    assert share(made, RED) / share(made, GREEN) == pytest.approx(1.0, rel=0.06)
    assert share(made, RED) > 0.1
    assert ("drawing.panels", {"count": 1}) in said
    near = parks.assign(geometry=[box(0, 0, 50, 100), box(50, 0, 100, 100)])
    said.clear()
    status_map(frame.head(1), "status", {"a": "A"}, {"a": RED}, parks=near, language="en")
    assert "drawing.panels" not in dict(said)
