"""The enterprises to be graded: figures, land, and whether they are to be graded at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from landtool.codes.industry import division
from landtool.columns import booleans, dates, numbered, numbers, positions, require_columns, texts
from landtool.errors import InputDataError
from landtool.indicators.full_years import anniversary
from landtool.occupied import occupied_land, year_end
from landtool.year_figures import enterprise_operations

_FIGURES = ("value_added_cny", "tax_cny", "energy_tce", "rd_cny", "revenue_cny", "gross_output_cny")
_OUTPUTS = ("gross_output_cny", "revenue_cny", "value_added_cny")


def enterprise_facts(
    enterprises: pd.DataFrame | None,
    operations: pd.DataFrame,
    occupancy: pd.DataFrame | None,
    parcels: pd.DataFrame,
    year: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Gather what the grading needs of each enterprise, and who stands where at the year's end.

    Land is the sum over the parcels an enterprise occupies, in the parcel layer or not; null where one
    of them is not known, or where it shares a parcel without its own part being stated.

    Returns
    -------
    facts : pandas.DataFrame
        One row per enterprise of the register, of the year's figures or on the land, in that order.
    occupied : pandas.DataFrame
        ``enterprise_id, parcel_id, occupied_m2``.
    """
    figures = enterprise_operations(operations, year) if "enterprise_id" in operations else (
        pd.DataFrame(index=pd.Index([], name="enterprise_id", dtype="str")))  # fmt: skip
    occupied = _occupied(operations, occupancy, parcels, year)
    register = enterprises if enterprises is not None else pd.DataFrame(
        {"enterprise_id": pd.Series(dtype="str")})
    require_columns(register, ["enterprise_id"], "enterprises")
    own = pd.Index(texts(register, "enterprise_id"))
    (listed, told, firm), ids = numbered(own, figures.index, occupied["enterprise_id"])
    if (twice := np.flatnonzero(np.bincount(listed[listed >= 0]) > 1)).size:
        raise InputDataError(f"enterprise {ids[twice[0]]!r} stands more than once",
                             "enterprises", "give one row per enterprise")
    at, reported = (_rows_of(numbers_, len(ids)) for numbers_ in (listed, told))
    facts = pd.DataFrame({"enterprise_id": ids})
    for read, names in ((texts, ("name", "industry_code")), (dates, ("registered_date",)),
                        (booleans, ("is_public_utility",))):  # fmt: skip
        for name in names:
            facts[name] = read(register, name).array.take(at, allow_fill=True)
    facts["industry_division"] = division(facts["industry_code"]).astype("str")
    for name in _FIGURES:
        facts[name] = np.append(numbers(figures, name).to_numpy(), np.nan)[reported]
    facts = facts.assign(**_land(occupied, firm, len(ids)))
    facts["in_build_period"] = _in_build_period(facts, occupied, firm, parcels, year).array
    first = operations["year"].groupby(positions(texts(operations, "enterprise_id"), ids)).min()
    facts["first_year"] = first.reindex(facts.index).astype("Int64")
    return facts, occupied[["enterprise_id", "parcel_id", "occupied_m2"]]


def _rows_of(numbers_: np.ndarray, count: int) -> np.ndarray:
    """The row that holds each number; -1: none."""
    rows = np.full(count, -1)
    known = np.flatnonzero(numbers_ >= 0)
    rows[numbers_[known]] = known
    return rows


def _occupied(
    operations: pd.DataFrame, occupancy: pd.DataFrame | None, parcels: pd.DataFrame, year: int
) -> pd.DataFrame:
    """Give the land of each enterprise and parcel; a figure for both says that it stands there."""
    keys = ["enterprise_id", "parcel_id"]
    pairs = [pd.DataFrame({"enterprise_id": pd.Series(dtype="str"), "parcel_id": pd.Series(dtype="str"),
                           "occupied_m2": pd.Series(dtype="float64"),
                           "is_stated": pd.Series(dtype="bool")})]  # fmt: skip
    if occupancy is not None:
        pairs.append(occupied_land(occupancy, parcels, year_end(year)))
    if set(keys) <= set(operations.columns):
        told = operations[operations["year"].eq(year) & operations[keys].notna().all(axis=1)]
        area = parcels.set_index("parcel_id")["area_m2"].reindex(told["parcel_id"]).to_numpy()
        pairs.append(told[keys].assign(occupied_m2=area, is_stated=False))
    found = pd.concat([pair for pair in pairs if len(pair)] or pairs[:1], ignore_index=True)
    ((firm,), _), ((lot,), _) = (numbered(found[key]) for key in keys)
    once = (lot >= 0) & ~pd.DataFrame({"firm": firm, "lot": lot}).duplicated().to_numpy()
    shared = (np.bincount(lot[once], minlength=1) > 1)[lot[once]]
    found = found[once]
    return found.assign(known_m2=found["occupied_m2"].where(found["is_stated"] | ~shared))


def _land(occupied: pd.DataFrame, firm: np.ndarray, count: int) -> dict[str, object]:
    """Land, number of parcels and largest parcel of each enterprise; ``firm`` is its position per row."""
    land = np.bincount(firm, weights=occupied["known_m2"].to_numpy(), minlength=count)
    parcels = np.bincount(firm, minlength=count)
    # Only those on several parcels have to be sorted.
    several = parcels[firm] > 1
    rows = occupied[["occupied_m2", "parcel_id"]].assign(row=np.arange(len(firm)), firm=firm)[several]
    rows = rows.sort_values(["occupied_m2", "parcel_id"], ascending=[False, True]).drop_duplicates("firm")
    main = np.full(count, -1)
    main[firm[~several]] = np.flatnonzero(~several)
    main[rows["firm"]] = rows["row"]
    return {"land_m2": np.where(land > 0, land, np.nan), "parcels": pd.array(parcels, dtype="Int64"),
            "main_parcel_id": occupied["parcel_id"].array.take(main, allow_fill=True)}  # fmt: skip


def _in_build_period(
    facts: pd.DataFrame, occupied: pd.DataFrame, firm: np.ndarray, parcels: pd.DataFrame, year: int
) -> pd.Series:
    """Tell whether all land of an enterprise is still being built within the agreed time.

    Three-valued. Who has output is not being built.
    """
    end = year_end(year)
    when = dates(parcels, "actual_production_date")
    begun = booleans(parcels, "in_production").mask(when <= end, True).mask(when > end, False)
    due = dates(parcels, "agreed_production_date").fillna(dates(parcels, "agreed_completion_date"))
    inside = (due > end).astype("boolean").mask(due.isna(), pd.NA) & ~begun
    at = positions(occupied["parcel_id"], parcels["parcel_id"])
    state = pd.Series(inside.array.take(at, allow_fill=True))
    no, unclear = (np.bincount(firm, weights=flag.to_numpy(dtype=bool), minlength=len(facts)) > 0
                   for flag in (state.eq(False).fillna(False), state.isna()))  # fmt: skip
    nowhere = np.bincount(firm, minlength=len(facts)) == 0
    found = pd.Series(pd.array(~no, dtype="boolean"), index=facts.index).mask(nowhere | (~no & unclear), pd.NA)
    makes = (facts[list(_OUTPUTS)] > 0).any(axis=1)
    return found.mask(makes, False)


def exclusions(
    facts: pd.DataFrame, excluded: Sequence[str], years_min: int | None, year: int
) -> tuple[pd.Series, pd.DataFrame, tuple[str, ...]]:
    """Say who is left out, what is not known about it, and which reasons nothing tells of.

    Parameters
    ----------
    facts : pandas.DataFrame
        See :func:`enterprise_facts`.
    excluded : sequence of str
        Reasons of the policy.
    years_min : int or None
        Full years since registration; None: no such reason.
    year : int
        Of the figures.

    Returns
    -------
    reason : pandas.Series
        Null: not left out.
    open_facts : pandas.DataFrame
        Boolean columns, named by the field that must be given to tell.
    untested : tuple of str
        ``public_utility`` where no row of the register says anything of it. A blank in a column that
        has entries says no.
    """
    reason = pd.Series(None, index=facts.index, dtype="str")
    unknown = pd.DataFrame(index=facts.index)
    utility = facts["is_public_utility"]
    untested = ("public_utility",) if utility.isna().all() and "public_utility" in excluded else ()
    if "in_build_period" in excluded:
        building = facts["in_build_period"]
        reason = reason.mask(building.fillna(False).astype("bool"), "in_build_period")
        unknown["agreed_production_date"] = building.isna() & facts["land_m2"].notna()
    if "newly_registered" in excluded and years_min is not None:
        full = pd.to_datetime(anniversary(facts["registered_date"], years_min))
        old = (facts["first_year"] <= year - years_min).fillna(False).astype("bool")
        fresh = (full > year_end(year)) & full.notna()
        reason = reason.mask(fresh, "newly_registered")
        unknown["registered_date"] = facts["registered_date"].isna() & ~old
    if "public_utility" in excluded:
        reason = reason.mask(utility.fillna(False).astype("bool"), "public_utility")
    return reason, unknown.astype("bool"), untested
