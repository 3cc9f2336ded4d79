"""Intensities, ratios of sums and their coverage, Lorenz curve."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.errors import InputDataError
from landtool.indicators import output as measure


@pytest.mark.parametrize(
    ("as_of", "year"),
    [("2025-12-31", 2025), ("2025-12-30", 2024), ("2026-03-01", 2025), ("2023-12-31", None),
     ("2027-01-01", 2025)],
)
def test_the_latest_complete_year_with_figures(as_of: str, year: int | None) -> None:
    rows = pd.DataFrame({"year": pd.array([2023, 2024, 2025, 2026], "Int64"),
                         "gross_output_cny": [None, 1.0, 0.0, None]})
    assert measure.latest_year(rows, as_of) == year


def test_intensities_are_null_without_output_or_area() -> None:
    made, land = pd.Series([10.0, None, 5.0, 0.0]), pd.Series([2.0, 2.0, 0.0, 4.0])
    for function in (measure.output_intensity, measure.tax_intensity,
                     measure.investment_intensity):
        found = function(made, land)
        assert found.isna().tolist() == [False, True, True, False]
        assert (found[0], found[3]) == (5.0, 0.0)
        assert found.name.endswith("_intensity_cny_m2")


def test_investment_comes_from_operations_else_contract() -> None:
    parcels = pd.DataFrame({"fixed_investment_cny": [5.0, 5.0, None, None],
                            "invested_cny": [5.0, 6.0, 7.0, None]})
    found = measure.fixed_investment(parcels)
    assert found["investment_cny"].tolist()[:3] == [5.0, 5.0, 7.0]
    assert found["investment_basis"].tolist()[:3] == ["operations", "operations", "contract"]
    assert found["investment_differs"].tolist() == [False, True, pd.NA, pd.NA]
    assert found.loc[3, ["investment_cny", "investment_basis"]].isna().all()


@pytest.mark.parametrize(
    ("denominator", "belongs", "counted"),
    [
        ("built_in_production", [True, False, pd.NA, False, pd.NA], [5.0, None, None, None, 2.0]),
        ("supplied", [True, True, True, False, pd.NA], [5.0, 0.0, None, None, 2.0]),
        ("all_in_boundary", [True] * 5, [5.0, 0.0, None, 0.0, 2.0]),
    ],
)
def test_who_belongs_and_what_counts(denominator: str, belongs: list, counted: list) -> None:
    parcels = pd.DataFrame({
        "is_industrial": pd.array([True, True, True, False, None], "boolean"),
        "is_supplied": pd.array([True, True, True, True, True], "boolean"),
        "in_production": pd.array([True, False, None, None, True], "boolean"),
        "gross_output_cny": [5.0, None, None, None, 2.0]})
    assert measure.in_denominator(parcels, denominator).tolist() == belongs
    found = measure.counted_output(parcels, "gross_output", denominator)
    np.testing.assert_array_equal(found, np.array(counted, dtype=float))


def test_unknown_terms_are_refused() -> None:
    frame = pd.DataFrame(index=[0])
    with pytest.raises(InputDataError, match="choose one of: built_in_production"):
        measure.in_denominator(frame, "everything")
    with pytest.raises(InputDataError, match="choose one of: gross_output"):
        measure.counted_output(frame, "profit", "supplied")


def test_a_boundary_takes_the_place_of_the_parcels_land() -> None:
    parcels = pd.DataFrame({"park": ["K", "K", "L"], "cny": [50.0, None, 1.0], "m2": [10.0, 5, 1]})
    found = measure.ratio_of_sums(
        parcels, "park", parcels["cny"], parcels["m2"], pd.Series([True] * 3),
        pd.Series([100.0, np.nan, 7.0], index=["K", "L", "M"]))
    assert found.loc["K", ["area_m2", "covered_area_m2", "coverage_pct"]].tolist() == [100, 95, 95]
    assert found.loc["K", "intensity"] == 50.0 / 95.0
    assert np.isnan(found.loc["L", "intensity"])
    assert found.loc["M", "intensity"] == 0.0


CELL = st.tuples(
    st.sampled_from(["K", "L", "M", None]),
    st.one_of(st.none(), st.just(0.0), st.floats(0, 1e9)),
    st.one_of(st.none(), st.just(0.0), st.floats(1, 1e6)),
    st.sampled_from([True, False, pd.NA]),
)


def table(cells: list) -> pd.DataFrame:
    frame = pd.DataFrame(cells, columns=["park", "cny", "m2", "inside"])
    return frame.astype({"park": "str", "cny": "float64", "m2": "float64", "inside": "boolean"})


def ratios(frame: pd.DataFrame, by: str | None) -> pd.DataFrame:
    return measure.ratio_of_sums(frame, by, frame["cny"], frame["m2"], frame["inside"])


@given(st.lists(CELL, min_size=1, max_size=20), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_a_ratio_of_sums_equals_a_plain_loop_in_any_order(cells: list, chance: object) -> None:
    mixed = list(cells)
    chance.shuffle(mixed)
    for by in ("park", None):
        found = ratios(table(mixed), by)
        for group in found.index:
            made = covered = whole = 0.0
            for park, cny, m2, inside in cells:
                if (by and park != group) or not (m2 or 0) > 0 or inside is False:
                    continue
                whole += m2
                if inside is True and cny is not None:
                    made, covered = made + cny, covered + m2
            assert found.loc[group, "area_m2"] == pytest.approx(whole, rel=1e-12)
            assert found.loc[group, "covered_area_m2"] == pytest.approx(covered, rel=1e-12)
            if covered:
                assert found.loc[group, "output_cny"] == pytest.approx(made, rel=1e-12)
                assert found.loc[group, "intensity"] == pytest.approx(made / covered, rel=1e-9)
            else:
                assert np.isnan(found.loc[group, ["output_cny", "intensity"]].to_numpy(float)).all()


@given(st.lists(CELL, min_size=1, max_size=12), st.data())
@settings(max_examples=60, deadline=None)
def test_splitting_a_parcel_changes_no_park_figure(cells: list, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(cells) - 1))
    part = data.draw(st.sampled_from([0.25, 0.5, 0.75]))
    park, cny, m2, inside = cells[at]
    pieces = [(park, None if cny is None else cny * p, None if m2 is None else m2 * p, inside)
              for p in (part, 1 - part)]
    columns = ["output_cny", "area_m2", "covered_area_m2", "coverage_pct", "intensity"]
    whole = ratios(table(cells), "park")[columns]
    split = ratios(table(cells[:at] + pieces + cells[at + 1:]), "park")[columns]
    pd.testing.assert_frame_equal(whole, split, rtol=1e-9)


def test_the_lorenz_curve_and_its_gini() -> None:
    curve = measure.lorenz(pd.Series([9.0, 1.0, None, 5.0]), pd.Series([1.0, 1.0, 9.0, None]))
    assert curve["land_share"].tolist() == [0.0, 0.5, 1.0]
    assert curve["output_share"].tolist() == pytest.approx([0.0, 0.1, 1.0])
    assert measure.gini(curve) == pytest.approx(0.4)
    assert np.isnan(measure.gini(measure.lorenz(pd.Series([0.0]), pd.Series([1.0]))))


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(1, 1e6)), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_a_lorenz_curve_rises_below_the_diagonal(cells: list) -> None:
    frame = pd.DataFrame(cells, columns=["cny", "m2"])
    curve = measure.lorenz(frame["cny"], frame["m2"])
    if curve.empty:
        assert not frame["cny"].sum() > 0
        return
    assert (curve.diff().dropna() >= 0).to_numpy().all()
    assert (curve["output_share"] <= curve["land_share"] + 1e-9).all()
    assert -1e-9 <= measure.gini(curve) < 1
