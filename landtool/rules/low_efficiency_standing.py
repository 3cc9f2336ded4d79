"""Which land is judged as low-efficiency at all: supplied, industrial, not idle, past its ramp."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from landtool.columns import booleans, dates, numbers, texts, true_names
from landtool.indicators.full_years import anniversary
from landtool.indicators.output import output_of
from landtool.occupied import year_end
from landtool.rules.low_efficiency_terms import Terms

# In order of precedence; `judged` comes last, and `open` names what must be given.
STANDINGS = ("not_applicable", "idle", "below_size", "in_ramp", "open", "judged")
_MONTHS_A_YEAR = 12
_IDLE = ("idle_1y", "idle_2y", "idle_suspended", "idle_government_cause")


def standing_of(
    parcels: pd.DataFrame, figures: Mapping[int, pd.DataFrame], terms: Terms, at: pd.Timestamp,
    commitments: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Tell whether each parcel is judged, from when, and what keeps it from being told.

    Full production is due the ramp after actual production; where that day is not known, after the end
    of the first year with output; where production has not begun, after the agreed day; and never before
    the day that contract or agreement name for it (:func:`stated_day`).

    Parameters
    ----------
    parcels : pandas.DataFrame
        See :func:`landtool.rules.low_efficiency.judge_low_efficiency`.
    figures : mapping
        Year -> figures on the parcels, on their index.
    terms : Terms
        Uses the ramp and the size gate.
    at : Timestamp
        The day.
    commitments : pandas.DataFrame, optional
        Table of :func:`landtool.rules.commitments.judge_commitments`.

    Returns
    -------
    pandas.DataFrame
        ``standing`` (of :data:`STANDINGS`), ``judged_from_date``, ``missing`` (fields; null unless
        the standing is ``open``) and ``is_peer``: judged, or kept from it by its size alone.
    """
    industrial, supplied = booleans(parcels, "is_industrial"), booleans(parcels, "is_supplied")
    producing = booleans(parcels, "in_production")
    due = judged_from(parcels, figures, terms, at)
    stated = stated_day(parcels, commitments)
    due = due.mask((stated > due).fillna(False), stated)
    status = texts(parcels, "idle_status")
    size = numbers(parcels, "area_used_m2")
    # Land in production is evidently not idle, whatever its register leaves open.
    unsure = status.eq("not_assessable") & ~producing.fillna(False).astype("bool")
    flags = pd.DataFrame({
        "land_use_code": industrial.isna(), "supply_status": supplied.isna(), "idle_status": unsure,
        "area_m2": size.isna() & (terms.area_min_m2 > 0),
        "actual_production_date": due.isna() & producing.fillna(True).astype("bool"),
        "agreed_production_date": due.isna() & ~producing.fillna(True).astype("bool"),
    })  # fmt: skip
    conditions = [
        (~(industrial & supplied)).fillna(False), status.isin(_IDLE), size < terms.area_min_m2,
        due > at, flags.any(axis=1),
    ]  # fmt: skip
    code = np.select([condition.to_numpy(dtype=bool) for condition in conditions],
                     range(len(conditions)), len(conditions))  # fmt: skip
    standing = pd.Series(pd.array(STANDINGS, dtype="str").take(code), index=parcels.index)
    # The gate says who is judged, not who is a peer.
    barred = np.logical_or.reduce([condition.to_numpy(dtype=bool) for condition in (
        conditions[0], conditions[1], conditions[3], flags.drop(columns="area_m2").any(axis=1))])  # fmt: skip
    return pd.DataFrame({"standing": standing, "judged_from_date": due, "is_peer": ~barred,
                         "missing": true_names(flags).where(standing == "open")})


def judged_from(
    parcels: pd.DataFrame, figures: Mapping[int, pd.DataFrame], terms: Terms, at: pd.Timestamp
) -> pd.Series:
    """Date the day from which a parcel is judged: full production, by what is known of it."""
    actual = dates(parcels, "actual_production_date")
    actual = actual.where(actual <= at)
    first = pd.Series(pd.NaT, index=parcels.index, dtype="datetime64[us]")
    for year in sorted(figures, reverse=True):
        made = output_of(figures[year]) > 0
        first = first.mask(made.to_numpy(), year_end(year))
    begun = actual.fillna(first)
    begun = begun.fillna(dates(parcels, "agreed_production_date"))
    return pd.to_datetime(anniversary(begun, terms.ramp_months / _MONTHS_A_YEAR))


def stated_day(parcels: pd.DataFrame, commitments: pd.DataFrame | None) -> pd.Series:
    """The day from which a parcel's contract owes its yearly figures, where a commitment names one itself.

    Of several documents, metrics and stages the first; null where none names a day.

    Examples
    --------
    >>> promised = pd.DataFrame({"contract_id": "C", "metric": ["output", "tax"], "due_basis": "commitment",
    ...                          "due_date": pd.to_datetime(["2027-01-01", "2026-07-01"])})
    >>> stated_day(pd.DataFrame({"contract_id": ["C", None]}), promised).dt.strftime("%Y-%m-%d").tolist()
    ['2026-07-01', nan]
    """
    nothing = pd.Series(pd.NaT, index=parcels.index, dtype="datetime64[us]")
    if commitments is None or "due_basis" not in commitments:
        return nothing
    own = (commitments["due_basis"] == "commitment") & (commitments["metric"] != "investment")
    first = dates(commitments, "due_date")[own].groupby(texts(commitments, "contract_id")[own]).min()
    return nothing if first.empty else texts(parcels, "contract_id").map(first).astype("datetime64[us]")
