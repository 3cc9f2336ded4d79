"""The additive measure agrees with the geodesic one and adds up when polygons are cut."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from landtool.balance.areas import drawn_area_m2
from landtool.geometry.area import ellipsoidal_area_m2


@pytest.mark.parametrize("epsg", [4544, 32648, 2056])
@pytest.mark.parametrize(("size", "alike"), [(30.0, 1e-7), (300.0, 5e-7)])
def test_parcels_measure_as_geodesic_ones(epsg: int, size: float, alike: float) -> None:
    rng = np.random.default_rng(3)
    middle = gpd.GeoSeries.from_xy([106.2 if epsg != 2056 else 8.2], [29.5 if epsg != 2056 else 47.0],
                                   crs=4326).to_crs(epsg)[0]  # fmt: skip
    angle = np.sort(rng.uniform(0, 2 * np.pi, (50, 12)), axis=1)
    xy = np.stack([np.cos(angle), np.sin(angle)], -1) * size
    xy += rng.uniform(-4e4, 4e4, (50, 1, 2)) + [middle.x, middle.y]
    shapes = shapely.polygons(xy)
    wanted = ellipsoidal_area_m2(gpd.GeoSeries(shapes, crs=epsg)).to_numpy()
    np.testing.assert_allclose(drawn_area_m2(shapes, CRS.from_epsg(epsg)), wanted, rtol=alike, atol=1e-3)


def test_a_district_cut_into_strips_adds_up() -> None:
    plane = CRS.from_epsg(4544)
    district = shapely.Polygon([(4.3e5, 3.20e6), (5.9e5, 3.22e6), (5.6e5, 3.31e6), (4.4e5, 3.30e6)])
    cuts = np.linspace(4.3e5, 5.9e5, 60)
    strips = shapely.intersection(district, shapely.box(cuts[:-1], 3e6, cuts[1:], 4e6))
    whole = drawn_area_m2(np.array([district]), plane)[0]
    assert drawn_area_m2(strips, plane).sum() == pytest.approx(whole, rel=1e-11)


def test_holes_are_taken_away_and_nothing_measures_zero() -> None:
    plane = CRS.from_epsg(4544)
    court = shapely.box(5e5, 3.2e6, 5e5 + 100, 3.2e6 + 100) - shapely.box(5e5 + 40, 3.2e6 + 40, 5e5 + 60,
                                                                         3.2e6 + 60)  # fmt: skip
    area = drawn_area_m2(np.array([court, shapely.reverse(court), None, shapely.Polygon()]), plane)
    np.testing.assert_allclose(area, [9600, 9600, 0, 0], rtol=1e-6)
