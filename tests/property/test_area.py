"""Random polygons in random places: the area is geographiclib's, and does not depend on the plane."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.crs import working_plane
from landtool.geometry.area import ellipsoidal_area_m2

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "geometry.py"
_SPEC = importlib.util.spec_from_file_location("geometry_oracle", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)


@st.composite
def star(draw):
    """A star-shaped polygon of 3 to 40 corners, 1 m to 100 km across, somewhere in China."""
    corners = draw(st.integers(3, 40))
    size = 10.0 ** draw(st.floats(0, 5))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    angle = (np.arange(corners) + random.uniform(0.1, 0.9, corners)) * 2 * np.pi / corners
    radius = size / 2 * random.uniform(0.2, 1.0, corners)
    lon, lat = draw(st.floats(75, 134)), draw(st.floats(18, 53))
    east, north = radius * np.cos(angle), radius * np.sin(angle)
    return shapely.Polygon(np.column_stack([
        lon + east / (111_320 * np.cos(np.radians(lat))), lat + north / 110_900]))  # fmt: skip


@given(star(), st.booleans())
@settings(max_examples=80, deadline=None)
def test_area_is_the_geodesic_polygons(shape, in_plane):
    frame = gpd.GeoSeries([shape, shape.reverse()], crs="EPSG:4490")
    if in_plane:
        frame = frame.to_crs(working_plane(frame))
    got, want = ellipsoidal_area_m2(frame).to_numpy(), oracle.geodesic_area_m2(frame)
    off = np.abs(got - want)
    assert ((off <= 1e-3) | (off <= 1e-7 * want)).all()


@given(star(), st.integers(-2, 2))
@settings(max_examples=40, deadline=None)
def test_area_does_not_depend_on_the_zone(shape, zones_off):
    degrees = gpd.GeoSeries([shape], crs="EPSG:4490")
    meridian = np.clip(round(shape.centroid.x / 3) + zones_off, 25, 45)
    plane = degrees.to_crs(4534 + int(meridian) - 25)
    one, two = ellipsoidal_area_m2(degrees).iloc[0], ellipsoidal_area_m2(plane).iloc[0]
    assert abs(one - two) <= max(2e-3, 2e-7 * one)
