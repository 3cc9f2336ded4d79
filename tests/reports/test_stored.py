"""Parts of stored results are what the whole frames hold, whatever row groups they are written in."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import landtool as lt
from landtool.reports import results
from landtool.reports.parts import columns_of, plane_of, polygons_of, rows_at, rows_of
from landtool.reports.stored import open_results


@pytest.fixture(scope="module")
def whole(assessed_town):
    return lt.read_results(assessed_town / "out")


@pytest.fixture(scope="module")
def folder(whole, tmp_path_factory):
    """The same results in many small row groups."""
    place = tmp_path_factory.mktemp("stored") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "_ROW_GROUP", 70)
        patch.setattr(results, "put_layers", lambda *_: None)
        lt.write_results(whole, place)
    return place


@pytest.mark.parametrize(("name", "key"), [
    ("parcels", "parcel_id"), ("contracts", "contract_id"), ("findings", "subject_id"), ("control", "parcel_id"),
])  # fmt: skip
def test_rows_of_one_subject(folder, whole, name, key):
    frame = getattr(whole, name)
    subject = frame[key].dropna().iloc[len(frame) // 2]
    own = frame[frame[key] == subject].drop(columns="geometry", errors="ignore").reset_index(drop=True)
    stored = open_results(folder)
    found = rows_of(stored, name, key, [subject])
    pd.testing.assert_frame_equal(pd.DataFrame(found).reset_index(drop=True), pd.DataFrame(own))
    assert stored.is_unread(name)
    assert rows_of(stored, name, key, ["nobody"]) is None
    assert rows_of(stored, name, "no_such_column", [subject]) is None
    others = [subject, *frame[key].dropna().unique()[[0, -1]], "nobody"]
    both = [rows_of(one, name, key, others, [key]).reset_index(drop=True) for one in (stored, whole)]
    pd.testing.assert_frame_equal(*both)
    assert set(both[0][key]) == set(others) - {"nobody"}


def test_rows_without_a_subject_are_nobodys(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "put_layers", lambda *_: None)
    contracts = whole.contracts.assign(parcel_id=None).astype({"parcel_id": "str"})
    part = lt.Assessment(**{**vars(whole), "contracts": contracts, "findings": whole.findings.head(0)})
    lt.write_results(part, tmp_path / "out")
    stored = open_results(tmp_path / "out")
    for subject in ("nobody", "", "nan", "None"):
        assert rows_of(stored, "contracts", "parcel_id", [subject]) is None
        assert rows_of(stored, "findings", "subject_id", [subject]) is None


@pytest.mark.parametrize("rows", [[], [0], [69, 70], [3, 200, 210, 290], None])
@pytest.mark.parametrize(("columns", "with_geometry"), [
    (None, True), (None, False), ((), True), (("idle_status", "holder", "nothing"), True), (("holder",), False)])
def test_rows_at_positions(folder, whole, rows, columns, with_geometry):
    at = np.arange(len(whole.parcels)) if rows is None else np.array(rows, dtype="int64")
    stored = open_results(folder)
    found = rows_at(stored, "parcels", at, columns, with_geometry=with_geometry)
    same = rows_at(whole, "parcels", at, columns, with_geometry=with_geometry).reset_index(drop=True)
    assert list(found) == list(same)
    assert isinstance(found, gpd.GeoDataFrame) == with_geometry
    assert stored.is_unread("parcels")
    if with_geometry:
        assert found.crs == whole.parcels.crs
        assert shapely.equals_identical(found.geometry.array, same.geometry.array).all()
        found, same = (pd.DataFrame(one.drop(columns="geometry")) for one in (found, same))
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(same), check_column_type=False)


def test_columns_and_categories(folder, whole):
    names = ("parcel_id", "idle_status", "area_m2", "nothing", "geometry")
    stored = open_results(folder)
    found = columns_of(stored, "parcels", names, repeated=("idle_status", "area_m2"))
    assert list(found) == ["parcel_id", "idle_status", "area_m2"]
    assert isinstance(found["idle_status"].dtype, pd.CategoricalDtype)
    assert found["area_m2"].dtype == "float64"
    pd.testing.assert_frame_equal(found.astype({"idle_status": "str"}), columns_of(whole, "parcels", names))
    assert stored.is_unread("parcels")


def test_polygons_and_plane(folder, whole):
    stored = open_results(folder)
    assert stored.has_geometry
    found = polygons_of(stored, "parcels").all()
    assert shapely.equals_identical(found, whole.parcels.geometry.array).all()
    assert plane_of(stored, "parcels") == whole.parcels.crs
    assert stored.is_unread("parcels")


@pytest.mark.parametrize("bare", ["without geometry", "without shapes", "absent"])
def test_nothing_to_draw(whole, tmp_path, monkeypatch, bare):
    parcels = {"without geometry": pd.DataFrame(whole.parcels.drop(columns="geometry")), "absent": None,
               "without shapes": whole.parcels.set_geometry(gpd.GeoSeries(None, whole.parcels.index, whole.parcels.crs)),
               }[bare]  # fmt: skip
    monkeypatch.setattr(results, "put_layers", lambda *_: None)
    lt.write_results(lt.Assessment(**{**vars(whole), "parcels": parcels}), tmp_path / "out")
    stored = open_results(tmp_path / "out")
    assert not stored.has_geometry
    assert stored.is_unread("parcels")
    assert (columns_of(stored, "parcels", ["parcel_id"]) is None) == (bare == "absent")
    assert not lt.read_results(tmp_path / "out").has_geometry


def test_rows_of_a_later_run_are_refused(folder, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "put_layers", lambda *_: None)
    lt.write_results(whole, tmp_path / "out")
    stored = open_results(tmp_path / "out")
    lt.write_results(whole, tmp_path / "out")
    for ask in (lambda: rows_at(stored, "parcels", np.array([0])), lambda: polygons_of(stored, "parcels"),
                lambda: columns_of(stored, "parcels", ["parcel_id"])):
        with pytest.raises(lt.InputDataError, match="made anew"):
            ask()


def test_damage_is_told_in_one_line(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "put_layers", lambda *_: None)
    lt.write_results(whole, tmp_path / "out")
    for name in ("parcels", "findings"):
        path = tmp_path / "out" / f"{name}.parquet"
        path.write_bytes(path.read_bytes()[:-200])
    stored = open_results(tmp_path / "out")
    asked = [lambda: stored.has_geometry, lambda: stored.parcels, lambda: rows_at(stored, "parcels", np.array([0])),
             lambda: rows_of(stored, "findings", "subject_id", ["x"]), lambda: polygons_of(stored, "parcels"),
             lambda: columns_of(stored, "parcels", ["parcel_id"]), lambda: plane_of(stored, "parcels")]
    for ask in asked:
        with pytest.raises(lt.InputDataError, match="damaged results"):
            ask()
