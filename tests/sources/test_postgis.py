"""PostGIS tables and views, read from a private server."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from landtool.errors import InputDataError
from landtool.sources.postgis import read_postgis, safe_label
from landtool.sources.vector import require_polygons

SQUARES = "POLYGON((500000 3280000,500100 3280000,500100 3280100,500000 3280100,500000 3280000))"


@pytest.fixture(scope="module")
def land(postgres_url):
    """A database with what bureaus have: schemas, Chinese names, views, odd geometries."""
    engine = sa.create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    statements = [
        "CREATE SCHEMA land",
        'CREATE TABLE land."宗地" (宗地代码 text, "面积%%" numeric(12,2), signed date, floors int, '
        "used boolean, geom geometry(Polygon, 4545))",
        f"INSERT INTO land.\"宗地\" VALUES ('A1', 10000.55, '2021-03-05', 3, true, "
        f"ST_GeomFromText('{SQUARES}', 4545)), ('A2', NULL, NULL, NULL, NULL, NULL)",
        'CREATE VIEW public.parcels_view AS SELECT 宗地代码, geom FROM land."宗地"',
        "CREATE TABLE public.odd (id int, geom geometry)",
        f"INSERT INTO odd VALUES (1, ST_GeomFromText('{SQUARES}', 4490)), "
        "(2, ST_GeomFromText('POINT Z (106 29 5)', 4490)), "
        "(3, ST_GeomFromText('CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,2 0,1 -1,0 0))', 4490)), "
        "(4, ST_GeomFromText('TIN Z (((0 0 0,0 0 1,0 1 0,0 0 0)))', 4490)), "
        "(5, ST_GeomFromText('POLYGON EMPTY', 4490))",
        "CREATE TABLE public.mixed (id int, geom geometry)",
        "INSERT INTO mixed VALUES (1, ST_SetSRID(ST_MakePoint(1,1), 4490)), "
        "(2, ST_SetSRID(ST_MakePoint(1,1), 4545))",
        "CREATE TABLE public.two (a geometry(Polygon, 4545), b geometry(Point, 4545))",
        "CREATE TABLE public.unplaced (id int, geom geometry(Polygon))",
        f"INSERT INTO unplaced VALUES (1, ST_GeomFromText('{SQUARES}'))",
        'CREATE TABLE public."x; DROP TABLE odd; --" ("1; DROP TABLE odd" int)',
        'INSERT INTO public."x; DROP TABLE odd; --" VALUES (7)',
        "CREATE SCHEMA other", "CREATE TABLE land.twice (id int)", "CREATE TABLE other.twice (id int)",
    ]
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
    return postgres_url


@pytest.mark.postgres
def test_table_in_a_schema_with_chinese_names(land):
    raw = read_postgis(land, "land.宗地")
    assert raw.frame.columns.tolist() == ["宗地代码", "面积%", "signed", "floors", "used", "geometry"]
    assert raw.crs.to_epsg() == 4545
    assert raw.rows_in == len(raw.frame) == 2
    assert raw.frame.geometry.iloc[0].area == 10000
    assert raw.frame.geometry.iloc[1] is None
    assert raw.frame["面积%"].dtype == "float64"
    assert raw.frame["面积%"].iloc[0] == 10000.55
    assert raw.frame["signed"].dt.year.iloc[0] == 2021
    assert raw.frame["floors"].dtype == "Int64"
    assert raw.source_row.tolist() == [1, 2]


@pytest.mark.postgres
def test_view_is_found_on_the_search_path_and_without_schema(land):
    assert read_postgis(land, "parcels_view").crs.to_epsg() == 4545
    assert len(read_postgis(land, "宗地").frame) == 2


@pytest.mark.postgres
def test_curves_become_lines_z_is_dropped_surfaces_are_set_aside(land):
    raw = read_postgis(land, "odd")
    kept = require_polygons(raw)
    assert raw.rows_in == 5
    assert kept.frame["id"].tolist() == [1, 3, 5]
    assert abs(kept.frame.geometry.iloc[1].area - np.pi) < 0.01
    rows = kept.problems[kept.problems["scope"] == "row"]
    assert dict(zip(rows["source_row"], rows["value"], strict=True)) == {2: "Point", 4: "TIN"}
    assert not shapely.has_z(np.asarray(kept.frame.geometry)).any()


@pytest.mark.postgres
def test_table_without_geometry_reads_as_table(land):
    raw = read_postgis(land, "land.宗地", geometry=False)
    assert not isinstance(raw.frame, gpd.GeoDataFrame)
    assert isinstance(raw.frame, pd.DataFrame)
    assert "geom" not in raw.frame
    assert raw.crs is None


@pytest.mark.postgres
def test_no_srid_is_said(land):
    raw = read_postgis(land, "unplaced")
    assert raw.crs is None
    assert raw.problems["kind"].tolist() == ["crs_absent"]


@pytest.mark.postgres
@pytest.mark.parametrize(("table", "says"), [
    ("mixed", "several systems"), ("two", "several geometry columns"),
    ("land.zongdi", "no table or view"), ("twice", "several schemas"),
    ('odd"; DROP TABLE odd; --', "no table or view"), ("", "no table or view"),
])  # fmt: skip
def test_what_cannot_be_read_is_one_line(land, table, says):
    with pytest.raises(InputDataError, match=says) as caught:
        read_postgis(land, table)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert len(read_postgis(land, "odd", geometry=False).frame) == 5


@pytest.mark.postgres
def test_table_with_a_hostile_name_is_only_a_name(land):
    assert read_postgis(land, "x; DROP TABLE odd; --").frame["1; DROP TABLE odd"].tolist() == [7]
    assert len(read_postgis(land, "odd", geometry=False).frame) == 5


@pytest.mark.postgres
def test_label_and_wrong_password_show_no_password(land):
    raw = read_postgis(land, "odd")
    assert "s3cret" not in raw.source
    assert raw.source.endswith("/postgres::odd")
    wrong = land.replace("s3cret-W%C3%B6rd", "gue%21ss")
    with pytest.raises(InputDataError, match="database cannot be read") as caught:
        read_postgis(wrong, "odd")
    assert "gue" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_server_not_there_is_one_line():
    with pytest.raises(InputDataError, match="database cannot be read") as caught:
        read_postgis("postgresql://planner:hidden-word@127.0.0.1:9/land", "parcels")
    assert "\n" not in str(caught.value)
    assert "hidden-word" not in str(caught.value)
    assert "127.0.0.1:9/land" in str(caught.value)


@pytest.mark.parametrize("url", ["not an address", "mysql://a:b@c/d", "postgresql://a:b@c:port/d"])
def test_address_that_cannot_be_understood(url):
    with pytest.raises(InputDataError, match="database") as caught:
        read_postgis(url, "parcels")
    assert ":b@" not in str(caught.value)


def test_safe_label_has_no_user():
    assert safe_label("postgresql://u:p@h/db") == "postgresql://h/db"
