"""Where a contract, and its parcel, stand in their life at a day.

An actual date after the day counts as empty. An empty cell of a field that the register keeps says
"not yet"; a field that the register does not keep, or that is empty in every row of a source
(:func:`kept_by_source`), says nothing, and what depends on it is unknown.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from landtool.columns import booleans, dates, day, numbers, positions, texts
from landtool.indicators.full_years import anniversary

STAGES = (
    "contracted", "delivered", "under_construction", "completed", "in_production",
    "full_production", "expiring", "expired", "unsupplied", "unknown",
)  # fmt: skip
MILESTONES = {
    "delivery": "delivered", "start": "under_construction", "completion": "completed",
    "production": "in_production",
}  # fmt: skip


def milestone_reached(
    contracts: pd.DataFrame, milestone: str, as_of: dt.date | pd.Timestamp | str
) -> pd.Series:
    """Tell whether a milestone (``delivery, start, completion, production``) has been reached.

    Reads ``actual_<milestone>_date`` and, if there, ``actual_<milestone>_date_is_known``. In a
    table of parcels with the dates of their contracts, a row whose ``contract_id`` is null has no
    register to speak for it.

    Returns
    -------
    pandas.Series
        Three-valued: true with a date up to ``as_of``; false where the register keeps the date and
        the cell is empty or later; null where the register says nothing.

    Examples
    --------
    >>> contracts = pd.DataFrame(
    ...     {"actual_start_date": pd.to_datetime(["2024-05-01", None, "2026-01-01"])})
    >>> milestone_reached(contracts, "start", "2025-12-31").tolist()
    [True, False, False]
    """
    field = f"actual_{milestone}_date"
    when = dates(contracts, field)
    says = pd.Series(bool(when.notna().any()), index=contracts.index)
    if f"{field}_is_known" in contracts.columns:
        says &= booleans(contracts, f"{field}_is_known").fillna(False).astype("bool")
    if "contract_id" in contracts.columns:
        says &= contracts["contract_id"].notna()
    reached = (when <= day(as_of)).astype("boolean")
    return reached.mask(when.isna() & ~says, pd.NA).rename(f"{milestone}_reached")


def kept_by_source(contracts: pd.DataFrame) -> dict[str, pd.Series]:
    """Say of each actual milestone date whether an empty cell of the row's source means "not yet".

    Files of one layer may be kept with more or less care: a column that is empty in every row of a file says
    nothing of its rows, whatever other files hold.

    Parameters
    ----------
    contracts : pandas.DataFrame
        Reads ``source``, ``actual_*_date`` and their companions ``…_is_known``.

    Returns
    -------
    dict of str to pandas.Series
        The companions, false for blanks of a source that holds no such date. Empty without ``source``.

    Examples
    --------
    >>> contracts = pd.DataFrame({
    ...     "source": ["a.xls", "a.xls", "b.xls"],
    ...     "actual_start_date": pd.to_datetime(["2020-01-01", None, None])})
    >>> kept_by_source(contracts)["actual_start_date_is_known"].tolist()
    [True, True, False]
    """
    found = {}
    for milestone in MILESTONES:
        field = f"actual_{milestone}_date"
        if field not in contracts or "source" not in contracts:
            continue
        says = dates(contracts, field).notna().groupby(texts(contracts, "source").fillna("")).transform("any")
        if f"{field}_is_known" in contracts:
            says &= booleans(contracts, f"{field}_is_known").fillna(False).astype("bool")
        found[f"{field}_is_known"] = says.astype("boolean")
    return found


def in_production(
    contracts: pd.DataFrame,
    as_of: dt.date | pd.Timestamp | str,
    output_cny: pd.Series | None = None,
) -> pd.Series:
    """Tell whether there is production at ``as_of``.

    True with a production date, or with output above zero in the year looked at: a plant that sells
    is in production whatever the register forgot. False where the register keeps production dates
    and has none here, or where construction is known not to have started. Null otherwise.

    Parameters
    ----------
    contracts : pandas.DataFrame
        One row per contract, or per parcel with its contract's dates.
    as_of : date
        The day.
    output_cny : pandas.Series, optional
        Output on the same index.

    Examples
    --------
    >>> contracts = pd.DataFrame({"actual_production_date": pd.to_datetime(["2020-01-01", None])})
    >>> in_production(contracts, "2025-12-31", pd.Series([None, 7.0])).tolist()
    [True, True]
    """
    said = milestone_reached(contracts, "production", as_of)
    started = milestone_reached(contracts, "start", as_of)
    completed = milestone_reached(contracts, "completion", as_of)
    unbuilt = said.isna() & (~started).fillna(False) & ~completed.fillna(False)
    said = said.mask(unbuilt.astype("bool"), False)
    if output_cny is not None:
        said = said.mask((output_cny > 0).fillna(False).astype("bool"), True)
    return said.rename("in_production")


def contract_end(contracts: pd.DataFrame, as_of: dt.date | pd.Timestamp | str) -> pd.DataFrame:
    """Date the last day of each contract: as registered, else by its term.

    The term runs from the delivery of the land (from the actual one, else from the agreed one), else
    from the signature; its last day is the day before the anniversary. An actual delivery after
    ``as_of`` counts as empty.

    Parameters
    ----------
    contracts : pandas.DataFrame
        Reads ``expiry_date, term_years, actual_delivery_date, agreed_delivery_date, signed_date``.
    as_of : date
        The day.

    Returns
    -------
    pandas.DataFrame
        ``end_date`` and ``end_basis`` (``register``, ``term_from_delivery``,
        ``term_from_agreed_delivery``, ``term_from_signing``); null where neither is known: a contract
        without an end is in force.

    Examples
    --------
    >>> contracts = pd.DataFrame({"expiry_date": pd.to_datetime([None, "2030-06-30"]),
    ...                           "signed_date": pd.to_datetime(["2016-02-29", "2010-07-01"]),
    ...                           "term_years": [5.0, 20.0]})
    >>> contract_end(contracts, "2025-12-31").astype("str").to_numpy().tolist()
    [['2021-02-27', 'term_from_signing'], ['2030-06-30', 'register']]
    """
    delivered = dates(contracts, "actual_delivery_date")
    starts = {"delivery": delivered.where(delivered <= day(as_of)),
              "agreed_delivery": dates(contracts, "agreed_delivery_date"),
              "signing": dates(contracts, "signed_date")}  # fmt: skip
    months = (numbers(contracts, "term_years") * 12).round()
    end = dates(contracts, "expiry_date").astype("datetime64[us]")
    basis = pd.Series("register", index=contracts.index, dtype="str").where(end.notna())
    for name, start in starts.items():
        usable = end.isna() & start.notna() & months.gt(0)
        if usable.any():
            last = anniversary(start, months.where(usable, 0) / 12) - np.timedelta64(1, "D")
            end, basis = end.mask(usable, last), basis.mask(usable, f"term_from_{name}")
    return pd.DataFrame({"end_date": end, "end_basis": basis})


def lifecycle_stage(
    contracts: pd.DataFrame,
    as_of: dt.date | pd.Timestamp | str,
    *,
    ramp_months: float,
    warning_months: float,
) -> pd.Series:
    """Name the stage of each contract at ``as_of``.

    In this order: ``expired`` (its last day has passed, see :func:`contract_end`), ``expiring`` (it
    ends within the warning period), ``full_production`` (the ramp after production is over, or the date agreed for it),
    ``in_production``, ``completed``, ``under_construction``, ``delivered``, ``contracted``. A stage
    is named only if no later milestone is left open by the register; else ``unknown``. A contract
    signed after ``as_of`` is ``unsupplied``. Without an expiry date and a term a contract is in force.

    Parameters
    ----------
    contracts : pandas.DataFrame
        Reads ``signed_date, expiry_date, term_years, actual_*_date, agreed_delivery_date`` and
        ``agreed_full_production_date``.
    as_of : date
        The day; it speaks of its end.
    ramp_months : float
        Months from production to full production.
    warning_months : float
        Months before the end in which a contract is expiring.

    Examples
    --------
    >>> contracts = pd.DataFrame({
    ...     "actual_production_date": pd.to_datetime(["2020-01-01", "2025-01-01"]),
    ...     "expiry_date": pd.to_datetime([None, "2026-06-30"])})
    >>> lifecycle_stage(contracts, "2025-12-31", ramp_months=36, warning_months=12).tolist()
    ['full_production', 'expiring']
    """
    at = day(as_of)
    end = contract_end(contracts, at)["end_date"]
    warned_until = anniversary(np.array([at.to_datetime64()]), warning_months / 12)[0]
    full = full_production_date(contracts, ramp_months)
    reached = {name: milestone_reached(contracts, name, at) for name in MILESTONES}
    conditions = [dates(contracts, "signed_date") > at, end < at, end <= pd.Timestamp(warned_until)]
    names = ["unsupplied", "expired", "expiring"]
    conditions.append((full <= at) & reached["production"].fillna(False).astype("bool"))
    names.append("full_production")
    for milestone, stage in reversed(MILESTONES.items()):
        conditions += [reached[milestone].fillna(False).astype("bool"), reached[milestone].isna()]
        names += [stage, "unknown"]
    chosen = np.select(conditions, names, "contracted")
    return pd.Series(chosen, index=contracts.index, dtype="str", name="lifecycle_stage")


def full_production_date(contracts: pd.DataFrame, ramp_months: float) -> pd.Series:
    """Date full production: the day agreed for it, else the ramp after actual production.

    Examples
    --------
    >>> contracts = pd.DataFrame({"actual_production_date": pd.to_datetime(["2022-11-30"])})
    >>> full_production_date(contracts, 3).dt.strftime("%Y-%m-%d").tolist()
    ['2023-02-28']
    """
    ramped = anniversary(dates(contracts, "actual_production_date"), ramp_months / 12)
    agreed = dates(contracts, "agreed_full_production_date")
    return agreed.fillna(pd.to_datetime(ramped)).rename("full_production_date")


def parcel_stage(
    parcels: pd.DataFrame, contract_stage: pd.Series, in_force: pd.DataFrame
) -> pd.Series:
    """Name the stage of each parcel: that of the contract it is judged by, else by supply status.

    Parameters
    ----------
    parcels : pandas.DataFrame
        ``parcel_id``; reads ``supply_status``: ``approved`` and ``reserved`` land without a
        contract is ``unsupplied``; ``supplied`` or unstated land without one is ``unknown``.
    contract_stage : pandas.Series
        Stage of each contract, in the order of the contracts.
    in_force : pandas.DataFrame
        ``parcel_id, contract_row``: see :class:`landtool.link.Linked`.

    Examples
    --------
    >>> parcels = pd.DataFrame({"parcel_id": ["P1", "P2"], "supply_status": [None, "reserved"]})
    >>> judged = pd.DataFrame({"parcel_id": ["P1"], "contract_row": [0]})
    >>> parcel_stage(parcels, pd.Series(["completed"]), judged).tolist()
    ['completed', 'unsupplied']
    """
    at = positions(parcels["parcel_id"], in_force["parcel_id"])
    row = np.append(in_force["contract_row"].to_numpy(dtype="int64"), -1)[at]
    own = contract_stage.astype("str").array.take(row, allow_fill=True)
    status = texts(parcels, "supply_status")
    bare = np.where(status.eq("approved") | status.eq("reserved"), "unsupplied", "unknown")
    stage = pd.Series(own, index=parcels.index, dtype="str", name="lifecycle_stage")
    return stage.fillna(pd.Series(bare, index=parcels.index, dtype="str"))
