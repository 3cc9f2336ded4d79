"""Choosing parcels: by filter, by a word, by an area drawn or uploaded; and the figures of those chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool import units
from landtool.codes.industry import division
from landtool.columns import booleans, dates, numbers, texts
from landtool.errors import CrsError, InputDataError
from landtool.indicators.output import ratio_of_sums

# A parcel that an area cuts counts where at least this share of it lies inside.
_HALF = 0.5

#: Columns of the result's parcels that a filter asks for, and those that are searched.
FILTER_COLUMNS = ("park_id", "district_code", "idle_status", "industry_code", "area_m2", "signed_date")
SEARCH_COLUMNS = ("parcel_id", "contract_id", "holder", "park_name")


@dataclass(frozen=True)
class Choice:
    """What a filter asks for; an empty part asks for nothing.

    Attributes
    ----------
    parks, districts : tuple of str
        ``park_id`` and ``district_code``.
    statuses : tuple of str
        ``idle_status``.
    divisions : tuple of str
        Divisions of GB/T 4754 of the contract's industry.
    least_mu, most_mu : float or None
        Area of the geometry, mu.
    first_year, last_year : int or None
        Year of signature of the contract.
    """

    parks: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    divisions: tuple[str, ...] = ()
    least_mu: float | None = None
    most_mu: float | None = None
    first_year: int | None = None
    last_year: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it leaves every parcel."""
        return self == Choice()


def chosen(parcels: pd.DataFrame, industries: pd.Series, choice: Choice) -> np.ndarray:
    """Rows that a filter leaves; what is unknown of a parcel fits no filter that asks for it.

    Parameters
    ----------
    parcels : pandas.DataFrame
        Result parcels.
    industries : pandas.Series
        Division of each (see :func:`industries_of`), on the same index.

    Examples
    --------
    >>> land = pd.DataFrame({"park_id": ["A", "B", None], "area_m2": [900.0, 9000.0, 9000.0]})
    >>> chosen(land, pd.Series([None] * 3), Choice(parks=("B",), least_mu=1.0)).tolist()
    [False, True, False]
    """
    kept = np.ones(len(parcels), dtype=bool)
    for column, wanted in (("park_id", choice.parks), ("district_code", choice.districts),
                           ("idle_status", choice.statuses)):  # fmt: skip
        if wanted:
            kept &= parcels[column].isin(wanted).to_numpy() if column in parcels else False
    if choice.divisions:
        kept &= industries.isin(choice.divisions).to_numpy()
    area_mu = units.mu(numbers(parcels, "area_m2").to_numpy())
    year = dates(parcels, "signed_date").dt.year.to_numpy(dtype="float64", na_value=np.nan)
    for value, least, most in ((area_mu, choice.least_mu, choice.most_mu),
                               (year, choice.first_year, choice.last_year)):
        if least is not None:
            kept &= value >= least
        if most is not None:
            kept &= value <= most
    return kept


def industries_of(parcels: pd.DataFrame) -> pd.Series:
    """Division of GB/T 4754 of each parcel, by its contract; null where none says."""
    return division(texts(parcels, "industry_code"))


def find_parcels(parcels: pd.DataFrame, words: str, most: int = 50) -> np.ndarray:
    """Rows whose parcel number, contract number, holder or park holds what was typed.

    The number itself stands before numbers that begin with it, these before what holds it anywhere.

    Examples
    --------
    >>> land = pd.DataFrame({"parcel_id": ["GB12", "GB1", "XGB1"], "holder": ["East", None, "GB1 Ltd"]})
    >>> find_parcels(land, "gb1").tolist()
    [1, 0, 2]
    """
    asked = words.strip().lower()
    if not asked:
        return np.zeros(0, dtype="int64")
    rank = np.full(len(parcels), 9)
    for place, column in enumerate(SEARCH_COLUMNS):
        is_number = place < 2
        later = (0 if is_number else 1) + (2 if column == "park_name" else 0)
        rank = np.minimum(rank, np.where((level := _level(parcels, column, asked)) < 9, 2 * level + later, 9))
    order = np.argsort(rank, kind="stable")
    return order[rank[order] < 9][:most]


def _level(parcels: pd.DataFrame, column: str, asked: str) -> np.ndarray:
    """0 where a text is what was asked for, 1 where it begins so, 2 where it holds it, else 9."""
    if column in parcels and isinstance(parcels[column].dtype, pd.CategoricalDtype):
        cells = parcels[column].cat
        each = _level(pd.DataFrame({column: cells.categories.astype("str")}), column, asked)
        return np.append(each, 9)[cells.codes]  # -1, no text, is the last
    value = texts(parcels, column).str.lower()
    found = np.full(len(value), 9)
    for level, fits in ((2, value.str.contains(asked, regex=False)), (1, value.str.startswith(asked)),
                        (0, value == asked)):  # fmt: skip
        found[fits.fillna(False).to_numpy(dtype=bool)] = level
    return found


def area_of_ring(ring: list[list[float]], plane: Any) -> shapely.Geometry:
    """The polygon of a ring of [lat, lon] drawn on the map, on the working plane.

    Raises
    ------
    InputDataError
        If fewer than three corners are left, or they enclose nothing.
    """
    try:
        corners = np.asarray(ring, dtype="float64")
        polygon = shapely.make_valid(shapely.Polygon(corners[:, ::-1]))
        inside = shapely.box(-180, -85, 180, 85).covers(polygon)
    except (ValueError, IndexError, shapely.errors.GEOSException):
        inside, polygon = False, shapely.Polygon()
    if not inside or polygon.area == 0:
        raise InputDataError("the drawn area encloses nothing", "map", "click three corners or more")
    return gpd.GeoSeries([polygon], crs="EPSG:4326").to_crs(plane).iloc[0]


def rows_inside(parcels: gpd.GeoDataFrame, area: shapely.Geometry) -> np.ndarray:
    """Rows of the parcels of which at least half lies in an area (on the parcels' own plane).

    Raises
    ------
    CrsError
        If the parcels are in degrees: no share is taken there.
    """
    if parcels.crs is None or not parcels.crs.is_projected:
        raise CrsError("parcels are not on a plane", "area", "assess the workspace again")
    shapes = np.asarray(parcels.geometry.array, dtype=object)
    rows = np.sort(parcels.sindex.query(area, predicate="intersects"))
    shapely.prepare(area)
    whole = shapely.covers(area, shapes[rows])
    cut = shapes[rows[~whole]]
    share = shapely.area(shapely.intersection(cut, area)) / np.maximum(shapely.area(cut), 1e-9)
    keep = whole.copy()
    keep[~whole] = share >= _HALF
    return rows[keep]


def figures_by_status(parcels: pd.DataFrame) -> pd.DataFrame:
    """Count and area by idle status: ``idle_status``, ``parcels``, ``area_m2`` (of the geometry)."""
    table = pd.DataFrame({"idle_status": texts(parcels, "idle_status"), "area_m2": numbers(parcels, "area_m2")})
    sums = table.groupby("idle_status", dropna=False)["area_m2"].agg(parcels="size", area_m2="sum")
    return sums.reset_index()


def output_figures(parcels: pd.DataFrame, least_coverage: float) -> dict[str, Any]:
    """Output ratio of a choice of parcels: a ratio of sums, with its coverage.

    Parameters
    ----------
    least_coverage : float
        Share of the land whose output must be known; below it the ratio is null.

    Returns
    -------
    dict
        ``output_cny, covered_area_m2, coverage_pct, output_intensity_cny_m2, parcels_covered``.
    """
    sums = ratio_of_sums(parcels, None, numbers(parcels, "output_cny"), numbers(parcels, "area_used_m2"),
                         booleans(parcels, "in_denominator"))
    nothing = {"output_cny": None, "covered_area_m2": 0.0, "coverage_pct": 0.0, "parcels_covered": 0,
               "output_intensity_cny_m2": None}
    if sums.empty:
        return nothing
    row = sums.iloc[0]
    enough = row["coverage_pct"] >= 100.0 * least_coverage
    known = {name: None if pd.isna(row[name]) else row[name].item() for name in (
        "output_cny", "covered_area_m2", "coverage_pct", "parcels_covered")}
    ratio = float(row["intensity"]) if enough and pd.notna(row["intensity"]) else None
    return {**nothing, **known, "output_intensity_cny_m2": ratio}
