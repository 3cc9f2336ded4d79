"""PostGIS cuts the same two layers into the same areas."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy

from landtool.balance import land_balance

CODES = np.array(["0601", "0508", "0701", "0103"])


@pytest.mark.postgres
def test_transitions_are_those_of_postgis(postgres_url) -> None:
    rng = np.random.default_rng(5)
    grid = np.stack(np.meshgrid(np.arange(13.0), np.arange(13.0)), -1) * 80.0
    grid = np.round(grid + rng.uniform(-20, 20, grid.shape) + [5e5, 3.27e6], 3)
    corners = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]], axis=2)
    shapes = shapely.polygons(corners.reshape(-1, 4, 2))
    moved = shapely.transform(shapes, lambda xy: xy + 1.5 * np.sin(xy / 30.0))
    second = np.where(rng.random(len(shapes)) < 0.5, moved, shapes)
    # Valid, but now and then over one another: those are left out, for PostGIS would count them twice.
    tree = shapely.STRtree(second)
    i, j = tree.query(second)
    meet = shapely.area(shapely.intersection(second[i], second[j])) > 0
    twice = np.unique(i[meet & (i > j)])
    second = np.delete(second, twice)
    layers = [(CODES[rng.integers(0, 4, len(one))], one) for one in (shapes, second)]

    engine = sqlalchemy.create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for name, (codes, drawn) in zip("ab", layers, strict=True):
            connection.exec_driver_sql(f"CREATE TEMP TABLE side_{name} (code text, shape geometry)")
            rows = [{"code": code, "shape": shape} for code, shape in
                    zip(codes.tolist(), shapely.to_wkb(drawn, hex=True).tolist(), strict=True)]  # fmt: skip
            connection.execute(sqlalchemy.text(
                f"INSERT INTO side_{name} VALUES (:code, ST_GeomFromWKB(decode(:shape, 'hex')))"), rows)
        found = connection.exec_driver_sql(
            "SELECT a.code, b.code, sum(ST_Area(ST_Intersection(a.shape, b.shape))) FROM side_a a "
            "JOIN side_b b ON ST_Intersects(a.shape, b.shape) GROUP BY 1, 2").fetchall()
    engine.dispose()
    wanted = pd.Series({(one, two): area for one, two, area in found if area > 0})

    frames = [gpd.GeoDataFrame({"land_use_code": pd.Series(codes, dtype="str")}, geometry=drawn, crs="EPSG:4544")
              for codes, drawn in layers]  # fmt: skip
    made = land_balance(*frames, classification="tdlb-2019").transitions.dropna(subset=["from_code", "to_code"])
    ours = made.groupby(["from_code", "to_code"])["area_m2"].sum()
    assert ours.index.equals(wanted.sort_index().index)
    np.testing.assert_allclose(ours, wanted.sort_index(), rtol=1e-6, atol=1e-3)
