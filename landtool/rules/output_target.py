"""Output intensity of industrial land against the policy's target, from parcel to city.

The policy names neither numerator nor denominator: both are parameters and stand in every frame.
Each ratio is a ratio of sums over the parcels whose output is known; below the least coverage it is
not assessable, and the missing fields are named.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.columns import booleans, numbers, require_columns, texts, true_names
from landtool.indicators import output as measure
from landtool.indicators.land import area_used
from landtool.policy import Policy
from landtool.rules.findings import concat_findings
from landtool.rules.output_findings import below_target_findings, investment_findings
from landtool.rules.output_terms import Terms, read_terms

# Money is conserved to a fen when it is spread; a gap of less than half a fen is rounding.
_ROUNDING_CNY = 0.005
_LISTED = 20
_TARGET = "output.target_cny_m2"


@dataclass(frozen=True)
class OutputResult:
    """Output intensity at every level; frames carry no geometry.

    Every frame has ``output_year, output_numerator, output_denominator, area_used, coverage_pct``
    (0–100), ``output_cny, covered_area_m2, output_intensity_cny_m2, target_cny_m2, output_verdict``
    (``met``, ``below``, ``not_assessable``), ``output_gap_cny`` (output to add; 0 when met),
    ``output_gap_m2`` (land to bring out of the denominator) and ``output_missing`` (fields).

    Attributes
    ----------
    parcels : pandas.DataFrame
        On the index of the parcels given; also ``area_used_m2``, ``in_denominator``, the tax and
        investment intensity, ``investment_basis`` and ``closes_gap`` (among the park's parcels
        that, brought to the target, largest gap first, close the park's gap).
    parks, districts, region_groups, city : pandas.DataFrame
        One row per group, every park and district of its layer included; parks with
        ``gap_parcels`` (ids, largest gap first, at most 20). ``city`` has one row and ``gini``.
    enterprises : pandas.DataFrame
        One row per enterprise that stands on a parcel; its denominator is the land it occupies.
    lorenz : pandas.DataFrame
        ``land_share, output_share`` of the city's denominator.
    findings : pandas.DataFrame
        Groups below target, and parcels whose two investment figures differ.
    """

    parcels: pd.DataFrame
    parks: pd.DataFrame
    districts: pd.DataFrame
    region_groups: pd.DataFrame
    city: pd.DataFrame
    enterprises: pd.DataFrame
    lorenz: pd.DataFrame
    findings: pd.DataFrame


def find_below_target(
    parcels: pd.DataFrame,
    parks: pd.DataFrame | None,
    districts: pd.DataFrame | None,
    policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
    *,
    year: int | None,
    shares: pd.DataFrame | None = None,
) -> OutputResult:
    """Measure output intensity at every level and find what is below the target.

    Parameters
    ----------
    parcels : pandas.DataFrame
        ``parcel_id``; reads ``park_id, district_code, area_m2, contract_area_m2,
        certificate_area_m2, is_industrial, in_production, is_supplied``, the year's figures
        (``gross_output_cny, revenue_cny, value_added_cny, tax_cny, fixed_investment_cny``) and the
        contract's ``invested_cny``. An absent column is unknown in every row.
    parks : pandas.DataFrame or None
        ``park_id``; reads ``park_name, district_code`` and ``area_m2`` (boundary, ellipsoidal).
    districts : pandas.DataFrame or None
        ``district_code``; reads ``district_name, region_group``.
    policy : Policy
        Uses ``output.target_cny_m2, output.numerator, output.denominator,
        output.coverage_share_min``.
    as_of : date
        Before the day from which the target applies it is a target ahead: findings are ``info``,
        afterwards ``warning``.
    year : int or None
        The year of the figures; None: there are none, and nothing is assessable.
    shares : pandas.DataFrame, optional
        ``shares`` of :class:`landtool.spread.Spread`, for the enterprises.

    Raises
    ------
    InputDataError
        If a key column is missing.
    PolicyError
        If the policy says not what is divided by what. Without a target the intensity is measured
        all the same, and the verdict is ``not_assessable`` (missing: output.target_cny_m2).

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> parcels = pd.DataFrame({
    ...     "parcel_id": ["P1", "P2"], "park_id": "K", "area_m2": [1000.0, 3000.0],
    ...     "is_industrial": True, "in_production": True, "gross_output_cny": [10e6, 8e6]})
    >>> found = find_below_target(parcels, None, None, load_policy("chongqing-2021"),
    ...                           "2025-12-31", year=2025)
    >>> park = found.parks.iloc[0]
    >>> print(park["output_intensity_cny_m2"], park["output_gap_cny"], park["gap_parcels"])
    4500.0 8000000.0 P2
    """
    require_columns(parcels, ["parcel_id"], "parcels")
    terms = read_terms(policy, as_of, year)
    rows = _parcel_rows(parcels, terms)
    groups = _group_columns(rows, parks, districts)
    by_park = _level(rows.assign(**groups), "park_id", parks, "park_name", parks, terms)
    by_district = _level(rows.assign(**groups), "district_code", districts, "district_name",
                         _boundaries(parks, districts, "district_code"), terms)  # fmt: skip
    by_region = _level(rows.assign(**groups), "region_group", None, "",
                       _boundaries(parks, districts, "region_group"), terms)  # fmt: skip
    city = _level(rows.assign(**groups), "city", None, "",
                  _boundaries(parks, districts, "city"), terms)  # fmt: skip
    rows, by_park = _closing_parcels(rows.assign(park_id=groups["park_id"]), by_park)
    inside = rows["in_denominator"].fillna(False).astype("bool")
    curve = measure.lorenz(rows["output_cny"][inside], rows["area_used_m2"][inside])
    city["gini"] = measure.gini(curve)
    findings = concat_findings([
        below_target_findings(by_park, "park", "park_id", "park_name", terms),
        below_target_findings(by_district, "district", "district_code", "district_name", terms),
        below_target_findings(by_region, "region", "region_group", "region_group", terms),
        below_target_findings(city, "region", "city", "city", terms),
        investment_findings(rows, terms),
    ])  # fmt: skip
    return OutputResult(
        rows.drop(columns=["park_id", "is_industrial", "tax_cny", "invested_cny",
                           "fixed_investment_cny", "investment_differs"]),
        by_park, by_district, by_region, city, _enterprises(shares, terms), curve, findings,
    )  # fmt: skip


def _parcel_rows(parcels: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    chosen = area_used(parcels)
    area = chosen["area_used_m2"]
    invested = measure.fixed_investment(parcels)
    figure = measure.counted_output(parcels, terms.numerator, terms.denominator)
    if terms.year is None:
        figure = figure * np.nan
    rows = pd.DataFrame({
        "parcel_id": parcels["parcel_id"], **chosen,
        "is_industrial": booleans(parcels, "is_industrial"),
        "in_denominator": measure.in_denominator(parcels, terms.denominator),
        "output_cny": figure, "covered_area_m2": area.where(figure.notna()),
        "coverage_pct": (figure.notna() & area.notna()) * 100.0,
        "output_intensity_cny_m2": measure.output_intensity(figure, area),
        "tax_cny": measure.zero_filled(numbers(parcels, "tax_cny"), parcels, terms.denominator),
        **invested,
        "fixed_investment_cny": numbers(parcels, "fixed_investment_cny"),
        "invested_cny": numbers(parcels, "invested_cny"),
    })  # fmt: skip
    rows["tax_intensity_cny_m2"] = measure.tax_intensity(rows["tax_cny"], area)
    rows["investment_intensity_cny_m2"] = measure.investment_intensity(
        rows["investment_cny"], area
    )
    for name in ("park_id", "district_code"):
        rows[name] = texts(parcels, name)
    missing = pd.DataFrame({
        measure.NUMERATORS[terms.numerator]: figure.isna(), "area_m2": area.isna(),
        _membership(terms): rows["in_denominator"].isna(),
    })  # fmt: skip
    outside = (~rows["in_denominator"]).fillna(False).astype("bool")
    judged = _judged(rows, terms, rows["in_denominator"].fillna(False) & area.notna(), missing)
    blank = dict.fromkeys(["output_gap_cny", "output_gap_m2"], np.nan)
    judged.loc[outside, list(blank)] = np.nan
    judged["output_verdict"] = judged["output_verdict"].mask(outside, None)
    judged["output_missing"] = judged["output_missing"].mask(outside, None)
    return judged


def _membership(terms: Terms) -> str:
    names = {"built_in_production": "is_industrial|in_production",
             "supplied": "is_industrial|is_supplied"}  # fmt: skip
    return names.get(terms.denominator, "boundary_area_m2")


def _group_columns(
    rows: pd.DataFrame, parks: pd.DataFrame | None, districts: pd.DataFrame | None
) -> dict[str, pd.Series]:
    """Park, district, region group and city of each parcel; a parcel without is in none."""
    district = rows["district_code"]
    if parks is not None:
        district = district.fillna(_lookup(rows["park_id"], parks, "park_id", "district_code"))
    return {
        "park_id": rows["park_id"], "district_code": district,
        "region_group": _lookup(district, districts, "district_code", "region_group"),
        "city": pd.Series("city", index=rows.index, dtype="str"),
    }  # fmt: skip


def _lookup(ids: pd.Series, layer: pd.DataFrame | None, key: str, value: str) -> pd.Series:
    if layer is None or value not in layer.columns:
        return pd.Series(None, index=ids.index, dtype="str")
    table = layer.drop_duplicates(key).set_index(key)[value]
    return ids.map(table).astype("str")


def _boundaries(
    parks: pd.DataFrame | None, districts: pd.DataFrame | None, by: str
) -> pd.DataFrame | None:
    """Give the boundary area of all parks in a group; unknown as soon as one park's is unknown."""
    if parks is None:
        return None
    area = pd.DataFrame({"district_code": texts(parks, "district_code"), "city": "city",
                         "area_m2": numbers(parks, "area_m2")})  # fmt: skip
    area["region_group"] = _lookup(
        area["district_code"], districts, "district_code", "region_group"
    )
    return area.groupby(by)["area_m2"].sum(skipna=False).reset_index()


def _level(
    rows: pd.DataFrame, by: str, layer: pd.DataFrame | None, name: str,
    boundary: pd.DataFrame | None, terms: Terms,
) -> pd.DataFrame:  # fmt: skip
    """Judge one roll-up: a row for every group of the layer and for every group parcels name."""
    whole = terms.denominator == "all_in_boundary"
    if whole and by != "park_id":
        rows = rows[rows["park_id"].notna()]
    area, belongs = rows["area_used_m2"], rows["in_denominator"]
    ids = pd.Index(layer[by]).unique() if layer is not None else pd.Index([], dtype="str")
    if by == "city":
        ids = pd.Index(["city"])
    ids = ids.union(pd.Index(rows[by].dropna().unique()), sort=None).rename(by)
    limit = None
    if whole:
        given = boundary if boundary is not None and "area_m2" in boundary.columns else None
        limit = pd.Series(np.nan, index=ids) if given is None else (
            given.drop_duplicates(by).set_index(by)["area_m2"].astype("float64").reindex(ids))
    ratios = {
        figure: measure.ratio_of_sums(rows, by, rows[column], area, belongs, limit).reindex(ids)
        for figure, column in (("output", "output_cny"), ("tax", "tax_cny"),
                               ("investment", "investment_cny"))
    }  # fmt: skip
    frame = ratios["output"].rename(columns={
        "intensity": "output_intensity_cny_m2", "area_m2": "denominator_area_m2"})  # fmt: skip
    for figure in ("tax", "investment"):
        enough = ratios[figure]["coverage_pct"] >= 100 * terms.coverage_min
        frame[f"{figure}_intensity_cny_m2"] = ratios[figure]["intensity"].where(enough)
        frame[f"{figure}_coverage_pct"] = ratios[figure]["coverage_pct"]
    frame["area_used"] = "geometry" if whole else _area_names(rows, by).reindex(ids)
    industrial = rows["is_industrial"].fillna(False).astype("bool")
    frame["industrial_area_m2"] = area.where(industrial).groupby(rows[by]).sum().reindex(ids)
    frame["parcels"] = frame["parcels"].fillna(0).astype("Int64")
    frame["parcels_covered"] = frame["parcels_covered"].fillna(0).astype("Int64")
    missing = _missing_in(rows, by, terms, frame)
    enough = frame["coverage_pct"] >= 100 * terms.coverage_min
    frame = _judged(frame, terms, enough, missing)
    if name:
        frame.insert(0, name, _names(layer, by, name, ids))
    return frame.reset_index()


def _names(layer: pd.DataFrame | None, by: str, name: str, ids: pd.Index) -> pd.Series:
    own = pd.Series(ids, index=ids, dtype="str")
    return own if layer is None else _lookup(own, layer, by, name).fillna(own)


def _area_names(rows: pd.DataFrame, by: str) -> pd.Series:
    """Name the areas that entered a group's sum; more than one where parcels differ."""
    inside = rows["in_denominator"].fillna(True).astype("bool") & rows["area_used"].notna()
    seen = rows.loc[inside, [by, "area_used"]].drop_duplicates().dropna()
    return seen.sort_values([by, "area_used"]).groupby(by)["area_used"].agg(", ".join)


def _missing_in(rows: pd.DataFrame, by: str, terms: Terms, frame: pd.DataFrame) -> pd.DataFrame:
    belongs = rows["in_denominator"]
    flags = pd.DataFrame({
        measure.NUMERATORS[terms.numerator]: (
            belongs.fillna(False).astype("bool") & rows["output_cny"].isna()),
        _membership(terms): belongs.isna(),
        "area_m2": belongs.fillna(True).astype("bool") & rows["area_used_m2"].isna(),
    })  # fmt: skip
    seen = flags.groupby(rows[by]).any().reindex(frame.index, fill_value=False)
    if terms.denominator == "all_in_boundary":
        seen["boundary_area_m2"] = frame["denominator_area_m2"].isna()
    else:
        seen["parcels"] = frame["parcels"].eq(0).astype("bool")
    return seen


def _judged(
    frame: pd.DataFrame, terms: Terms, assessable: pd.Series, missing: pd.DataFrame
) -> pd.DataFrame:
    """Add terms, verdict and gap; null everything but sums and coverage where not assessable."""
    target, covered, made = terms.target_cny_m2, frame["covered_area_m2"], frame["output_cny"]
    known = assessable.fillna(False).astype("bool") & frame["output_intensity_cny_m2"].notna()
    usable = known & (terms.target is not None)
    if terms.target is None:
        missing = missing.assign(**{_TARGET: True})
    gap = (target * covered - made).where(usable)
    below = gap > _ROUNDING_CNY
    verdict = np.where(usable, np.where(below, 1, 2), 0)
    words = pd.array(["not_assessable", "below", "met"], dtype="str")
    shown = frame["output_intensity_cny_m2"]
    return frame.assign(
        output_intensity_cny_m2=shown if "parcel_id" in frame.columns else shown.where(known),
        output_year=pd.array([terms.year] * len(frame), dtype="Int64"),
        output_numerator=terms.numerator, output_denominator=terms.denominator,
        target_cny_m2=target,
        output_verdict=pd.Series(words.take(verdict), index=frame.index),
        output_gap_cny=gap.where(below, 0.0).where(usable),
        output_gap_m2=(covered - made / target).where(below, 0.0).where(usable),
        output_missing=true_names(missing).fillna("").where(~usable),
    )  # fmt: skip


def _closing_parcels(
    rows: pd.DataFrame, parks: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mark the parcels that, brought to the target largest gap first, close their park's gap."""
    worth = (rows["output_gap_cny"] > 0) & rows["park_id"].notna()
    worth &= rows["is_industrial"].fillna(True).astype("bool")
    picks = rows.loc[worth, ["park_id", "parcel_id", "output_gap_cny"]]
    picks = picks.assign(at=np.flatnonzero(worth))
    picks = picks.sort_values(["park_id", "output_gap_cny", "parcel_id"],
                              ascending=[True, False, True])  # fmt: skip
    before = picks.groupby("park_id")["output_gap_cny"].cumsum() - picks["output_gap_cny"]
    park_gap = picks["park_id"].map(parks.set_index("park_id")["output_gap_cny"]).astype("float64")
    picks = picks[(before + _ROUNDING_CNY < park_gap).fillna(False)]
    listed = picks.groupby("park_id").head(_LISTED).groupby("park_id")["parcel_id"].agg(", ".join)
    closes = np.zeros(len(rows), dtype=bool)
    closes[picks["at"]] = True
    parks = parks.assign(gap_parcels=parks["park_id"].map(listed).astype("str").fillna(""))
    return rows.assign(closes_gap=closes), parks


def _enterprises(shares: pd.DataFrame | None, terms: Terms) -> pd.DataFrame:
    column = measure.NUMERATORS[terms.numerator]
    if shares is None:
        shares = pd.DataFrame({"enterprise_id": pd.Series(dtype="str"), "occupied_m2": []})
    table = pd.DataFrame({"enterprise_id": shares["enterprise_id"],
                          "covered_area_m2": numbers(shares, "occupied_m2"),
                          "output_cny": numbers(shares, column)})  # fmt: skip
    sums = table.groupby("enterprise_id", sort=False).sum(skipna=False)
    if terms.year is None:
        sums["output_cny"] = np.nan
    sums["output_intensity_cny_m2"] = measure.output_intensity(
        sums["output_cny"], sums["covered_area_m2"]
    )
    known = sums["output_intensity_cny_m2"].notna()
    missing = pd.DataFrame({column: sums["output_cny"].isna(),
                            "occupied_area_m2": ~(sums["covered_area_m2"] > 0)})  # fmt: skip
    judged = _judged(sums, terms, known, missing)
    return judged.assign(output_denominator="occupied", area_used="occupied",
                         coverage_pct=known * 100.0).reset_index()  # fmt: skip
