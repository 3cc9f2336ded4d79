"""Rows and cells that cannot be used: set aside with a reason; the rest is assessed."""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landtool.units import M2_PER_MU


def spoil(place, file, cells, drop=()):
    """Write texts into cells of a CSV: (row, column) -> text."""
    path = place / file
    frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    for (row, column), text in cells.items():
        frame.loc[row, column] = text
    frame.drop(columns=list(drop)).to_csv(path, index=False)
    return frame


@pytest.fixture
def outcome(run, settled):
    """What check sets aside, after assess was seen to go on."""

    def both(place):
        ended = settled(place)
        assert ended.code == 1, ended
        aside = pd.read_parquet(place / "out/set_aside.parquet")
        assessed = run("assess", place.folder, "--json")
        assert assessed.code == 0, assessed
        assert assessed.err == ""
        again = pd.read_parquet(place / "out/set_aside.parquet")
        keys = ["layer", "source", "source_row", "scope", "field", "kind"]
        # assess may add what its rules find; it never loses what check found.
        merged = aside.merge(again[keys], on=keys, how="left", indicator=True)
        assert (merged["_merge"] == "both").all()
        layers = assessed.content["layers"]
        for name, layer in layers.items():
            assert layer["rows_in"] == layer["accepted"] + layer["set_aside"], name
        return aside, layers

    return both


def row(aside, scope, field, source_row):
    found = aside[(aside["scope"] == scope) & (aside["field"] == field)
                  & (aside["source_row"] == source_row)]  # fmt: skip
    assert len(found) == 1, aside.to_string()
    return found.iloc[0]


CELLS = [
    ("signed_date", "2024-02-30", "date_unreadable"), ("signed_date", "next spring", "date_unreadable"),
    ("signed_date", "1066-10-14", "date"), ("price_cny", "面议", "number_unreadable"),
    ("price_cny", "12,34,56.x", "number_unreadable"), ("price_cny", "-100", "out_of_range"),
    ("area_m2", "-3000", "area_not_positive"), ("area_m2", "0", "area_not_positive"),
    ("area_m2", "many", "number_unreadable"), ("area_m2", "1e400", "number_unreadable|infinite"),
    ("area_m2", "#REF!", "error|number_unreadable"), ("kind", "barter", "choice_unknown|unknown"),
    ("is_mortgaged", "perhaps", "unreadable|unknown"),
]  # fmt: skip


def test_cells_of_contracts(plain, outcome):
    plain.only("contracts")
    spoil(plain, "contracts.csv", {(4 + n, column): text for n, (column, text, _) in enumerate(CELLS)})
    aside, layers = outcome(plain)
    for n, (column, text, kind) in enumerate(CELLS):
        bad = row(aside, "field", column, 6 + n)
        assert (bad["layer"], bad["source"], bad["value"]) == ("contracts", "contracts.csv", text)
        assert re.search(kind, bad["kind"]), (text, bad["kind"])
        assert bad["reason"]
        assert bad["remedy"]
    assert len(aside) == len(CELLS)
    assert layers["contracts"]["accepted"] == layers["contracts"]["rows_in"] == 119


def test_keys_of_contracts(plain, outcome):
    plain.only("contracts")
    frame = spoil(plain, "contracts.csv", {})
    spoil(plain, "contracts.csv", {(3, "contract_id"): "", (8, "contract_id"): frame.loc[7, "contract_id"]})
    aside, layers = outcome(plain)
    assert set(aside["kind"]) <= {"duplicate_key", "key_made"}
    assert row(aside, "row", "contract_id", 10)["kind"] == "duplicate_key"
    # A contract without a number is still a contract: it is called by its row.
    assert layers["contracts"]["set_aside"] == 1


def test_required_cells(plain, outcome):
    plain.only("contracts", "operations", "occupancy", "enterprises")
    spoil(plain, "operations.csv", {(0, "enterprise_id"): "", (1, "year"): "", (2, "year"): "last year",
                                    (3, "year"): "20255"})  # fmt: skip
    aside, layers = outcome(plain)
    ours = aside[aside["layer"] == "operations"]
    ours = ours[ours["scope"] == "row"]
    assert sorted(ours["source_row"]) == [2, 3, 4, 5]
    assert set(ours["kind"]) <= {"required_missing", "required_unreadable", "one_of_missing"}
    assert layers["operations"]["set_aside"] == 4
    assert layers["operations"]["accepted"] == layers["operations"]["rows_in"] - 4


def test_required_column_is_refused(plain, refused):
    """Every row would be lost: that is no row's fault."""
    plain.only("contracts", "operations")
    spoil(plain, "operations.csv", {}, drop=["year"])
    refused(plain, "operations.csv", "year")


def parcels(place):
    return gpd.read_parquet(place / "parcels.parquet")


def test_unknown_land_use_code(plain, outcome):
    plain.only("contracts", "parcels")
    frame = parcels(plain)
    frame.loc[5, "land_use_code"] = "ZZ99"
    frame.to_parquet(plain / "parcels.parquet", index=False)
    aside, layers = outcome(plain)
    bad = row(aside, "field", "land_use_code", 6)
    assert bad["value"] == "ZZ99"
    assert layers["parcels"]["accepted"] == 120
    made = gpd.read_parquet(plain / "out/parcels.parquet").set_index("parcel_id")
    mine = made.loc[frame.loc[5, "parcel_id"]]
    # Unknown is neither industrial nor not.
    assert pd.isna(mine["is_industrial"])


def test_geometry_that_is_not_there(plain, outcome):
    plain.only("contracts", "parcels")
    frame = parcels(plain)
    shapes = frame.geometry.to_numpy().copy()
    shapes[2] = None
    shapes[9] = shapes[9].centroid
    frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs)).to_parquet(plain / "parcels.parquet", index=False)
    aside, layers = outcome(plain)
    assert row(aside, "row", "geometry", 10)["kind"] == "geometry_not_polygon"
    missing = aside[aside["source_row"] == 3]
    assert len(missing) == 1
    assert missing["scope"].iloc[0] == "row"
    assert missing["kind"].iloc[0].startswith("geometry_")
    assert layers["parcels"]["set_aside"] == int((aside["scope"] == "row").sum())


def test_units_declared_are_honoured(plain, accounted):
    """A unit in the catalogue, so that the column is not refused for having none."""
    catalogue = plain.only("contracts").catalogue
    catalogue["layers"]["contracts"]["columns"] = {"area_m2": {"field": "大小", "unit": "亩"}}
    frame = spoil(plain, "contracts.csv", {})
    mu = pd.to_numeric(frame["area_m2"]) / M2_PER_MU
    frame.assign(area_m2=mu).rename(columns={"area_m2": "大小"}).to_csv(plain / "contracts.csv", index=False)
    accounted(plain.write(catalogue), code=0)


def test_every_row_is_bad(plain, outcome):
    """Nothing is left: that is an account too, not a crash."""
    plain.only("contracts", "operations", "occupancy", "enterprises")
    frame = spoil(plain, "operations.csv", {})
    frame.assign(year="?").to_csv(plain / "operations.csv", index=False)
    aside, layers = outcome(plain)
    assert layers["operations"]["accepted"] == 0
    assert (aside["layer"] == "operations").sum() >= len(frame)


@pytest.mark.parametrize("layer", ["contracts", "operations", "occupancy", "enterprises", "commitments",
                                   "government_causes", "park_statistics"])  # fmt: skip
def test_header_and_nothing_else(plain, run, layer):
    plain.only(*dict.fromkeys(["contracts", "parcels", layer]))
    path = plain / f"{layer}.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    for command in ("check", "assess"):
        ended = run(command, plain.folder, "--json")
        assert ended.code == 0, ended
        assert ended.content["layers"][layer]["rows_in"] == 0


def test_no_parcels_at_all(plain, run):
    plain.only("parcels")
    parcels(plain).iloc[:0].to_parquet(plain / "parcels.parquet", index=False)
    for command in ("check", "assess"):
        ended = run(command, plain.folder, "--json")
        assert ended.code == 0, ended
        assert ended.content["layers"]["parcels"]["rows_in"] == 0


def test_corner_beyond_the_earth(plain, outcome):
    """One damaged number costs one record, not the layer."""
    plain.only("contracts", "parcels")
    frame = parcels(plain)
    shapes = frame.geometry.to_numpy().copy()
    shapes[7] = shapely.transform(shapes[7], lambda xy: xy * [1e60, 1])
    # A hole shows in no bounds.
    hole = shapely.buffer(shapely.point_on_surface(shapes[9]), 2).exterior.coords[:]
    shapes[9] = shapely.Polygon(shapes[9].exterior, [[hole[0], (hole[1][0], 1e200), *hole[2:]]])
    frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs)).to_parquet(plain / "parcels.parquet", index=False)
    aside, layers = outcome(plain)
    rows = aside[aside["scope"] == "row"]
    assert rows[["layer", "source_row"]].to_numpy().tolist() == [["parcels", 8], ["parcels", 10]]
    assert layers["parcels"]["accepted"] == 118
