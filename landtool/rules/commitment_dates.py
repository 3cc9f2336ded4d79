"""When a commitment is tested: its contract, its due day, until when it binds, and in which years.

Investment is due at completion and is tested once. The other metrics are due at full production and
are tested in every complete calendar year from then on.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from landtool.columns import dates, numbers, positions, require_columns, texts
from landtool.errors import InputDataError
from landtool.indicators.full_years import anniversary
from landtool.link import Linked
from landtool.schema.commitments import METRICS as _SPELLINGS

METRICS = tuple(_SPELLINGS)
_MONTHS_A_YEAR = 12
_ONE_DAY = pd.Timedelta(days=1)
# A limit that no due day lies before: the contract does not bind yet.
_NEVER = pd.Timestamp("1800-01-01")
_NO_YEAR = np.iinfo("int64").max


def bind_commitments(
    commitments: pd.DataFrame, linked: Linked | None, at: pd.Timestamp, ramp_months: float
) -> pd.DataFrame:
    """Put every commitment on its contract and date its tests.

    Parameters
    ----------
    commitments : pandas.DataFrame
        Layer ``commitments``: ``source, metric`` and ``contract_id`` or ``parcel_id``. A row with a
        parcel only speaks of the contract the parcel is judged by.
    linked : Linked or None
        See :func:`landtool.link.link_contracts`; None: there are no contracts.
    at : Timestamp
        The day the assessment speaks of, as of its end.
    ramp_months : float
        Months from production to full production where no day is agreed.

    Returns
    -------
    pandas.DataFrame
        One row per commitment, in order: ``contract_row`` (position in ``linked.contracts``, -1:
        none), ``contract_id, parcel_id, source, metric, intensity_cny_m2, total_cny, amount, area_m2``
        (contract area), ``invested_cny, standing, signed_date``, ``metric_code`` (position in
        :data:`METRICS`); ``due_date`` and ``due_basis`` (``commitment``, ``agreed_completion``,
        ``actual_completion``, ``actual_production``, ``agreed_production``); ``bound_until`` (last
        day on which the contract binds; null: no end), ``end_unknown``, ``limit`` (the earlier of it
        and ``at``), ``is_yearly``, ``first_year`` and ``last_year`` (complete years in which it is
        tested; none where the last is before the first).

    Raises
    ------
    InputDataError
        If a needed column is missing, a metric is unknown or a contract stands twice.
    """
    require_columns(commitments, ["source", "metric"], "commitments")
    contracts = _no_contracts() if linked is None else linked.contracts
    in_force = _no_contracts() if linked is None else linked.in_force
    rows = _contract_rows(commitments, contracts, in_force)
    frame = pd.DataFrame({
        "contract_row": rows,
        "contract_id": _take(texts(contracts, "contract_id"), rows).fillna(
            texts(commitments, "contract_id").reset_index(drop=True)),
        "parcel_id": _take(texts(contracts, "parcel_id"), rows).fillna(
            texts(commitments, "parcel_id").reset_index(drop=True)),
        **{name: texts(commitments, name).reset_index(drop=True) for name in ("source", "metric")},
        **{name: numbers(commitments, name).reset_index(drop=True)
           for name in ("intensity_cny_m2", "total_cny", "amount")},
        **{name: _take(numbers(contracts, name), rows) for name in ("area_m2", "invested_cny")},
        "standing": _take(texts(contracts, "standing"), rows),
        "signed_date": _take(dates(contracts, "signed_date"), rows),
    })  # fmt: skip
    frame["area_m2"] = frame["area_m2"].where(frame["area_m2"] > 0)
    frame["metric_code"] = _metric_codes(frame["metric"])
    frame["is_yearly"] = frame["metric_code"] != METRICS.index("investment")
    frame = frame.assign(**_due(frame, commitments, contracts, at, ramp_months))
    frame["bound_until"] = _take(_bound_until(contracts), rows)
    frame["end_unknown"] = (frame["standing"] == "superseded") & frame["bound_until"].isna()
    frame["limit"] = frame["bound_until"].fillna(at).clip(upper=at).mask(
        frame["standing"] == "not_yet_signed", _NEVER)
    return frame.assign(**_years(frame))


def _metric_codes(metrics: pd.Series) -> np.ndarray:
    codes = pd.Index(METRICS).get_indexer(pd.Index(metrics))
    if (codes < 0).any():
        raise InputDataError(f"no metric {metrics[codes < 0].iloc[0]!r}", "commitments",
                             f"use one of: {', '.join(METRICS)}")
    return codes


def _no_contracts() -> pd.DataFrame:
    names = ("contract_id", "parcel_id")
    return pd.DataFrame({name: pd.Series(dtype="str") for name in names}).assign(
        contract_row=pd.Series(dtype="int64"))


def _contract_rows(
    commitments: pd.DataFrame, contracts: pd.DataFrame, in_force: pd.DataFrame
) -> np.ndarray:
    """Position of each commitment's contract: by its number, else the one its parcel is judged by."""
    known = pd.Index(texts(contracts, "contract_id"))
    if known.has_duplicates:
        twice = known[known.duplicated()][0]
        raise InputDataError(f"contract_id {twice!r} stands more than once", "contracts",
                             "give one row per contract")
    ids, places = texts(commitments, "contract_id"), texts(commitments, "parcel_id")
    rows = np.where(ids.notna(), positions(ids, known), -1)
    judged = np.append(in_force["contract_row"].to_numpy(dtype="int64"), -1)
    by_place = judged[positions(places, in_force["parcel_id"])]
    return np.where(ids.isna() & places.notna(), by_place, rows)


def _take(column: pd.Series, rows: np.ndarray) -> pd.Series:
    return pd.Series(column.array.take(rows, allow_fill=True))


def _due(
    frame: pd.DataFrame, commitments: pd.DataFrame, contracts: pd.DataFrame, at: pd.Timestamp,
    ramp_months: float,
) -> dict[str, pd.Series]:  # fmt: skip
    """Due day and its basis: the first of the days that is known, in the order of the metric."""
    rows = frame["contract_row"].to_numpy()

    def of_contract(name: str) -> pd.Series:
        found = _take(dates(contracts, name), rows)
        # What has not happened by the day does not count; what is agreed may lie ahead.
        return found.where(found <= at) if name.startswith("actual_") else found

    yearly = frame["is_yearly"]
    due = dates(commitments, "due_date").reset_index(drop=True).astype("datetime64[us]")
    basis = pd.Series("commitment", index=frame.index, dtype="str").where(due.notna())
    for name, is_ramped in (("agreed_completion", False), ("actual_completion", False),
                            ("actual_production", True), ("agreed_production", True)):  # fmt: skip
        day = of_contract(f"{name}_date")
        if is_ramped:
            day = anniversary(day, ramp_months / _MONTHS_A_YEAR)
        fits = due.isna() & day.notna() & (yearly == is_ramped)
        due, basis = due.mask(fits, day), basis.mask(fits, name)
    return {"due_date": due, "due_basis": basis}


def _bound_until(contracts: pd.DataFrame) -> pd.Series:
    """Give the last day on which each contract binds; null: no end, or (superseded) an unknown one.

    A contract that is no longer in force ended on its last day, or on the day before the next
    contract on the same parcel was signed, whichever came first.
    """
    expiry, signed = dates(contracts, "expiry_date"), dates(contracts, "signed_date")
    standing = texts(contracts, "standing")
    past = standing.eq("superseded") | standing.eq("expired")
    follower = _next_signed(contracts, signed, standing)
    # Signed on one day with the contract in force: it never came to bind.
    follower = follower.fillna(signed.where(standing == "superseded"))
    replaced = (follower - _ONE_DAY).where(past)
    ends = pd.concat([expiry, replaced], axis=1).min(axis=1)
    unknown = standing.eq("superseded") & replaced.isna()
    return ends.mask(unknown).astype("datetime64[us]")


def _next_signed(contracts: pd.DataFrame, signed: pd.Series, standing: pd.Series) -> pd.Series:
    """Date the next later signature on the same parcel; null: none."""
    table = pd.DataFrame({"place": texts(contracts, "parcel_id").to_numpy(),
                          "signed": signed.to_numpy()})  # fmt: skip
    table["place"] = pd.factorize(table["place"])[0]
    here = (table["place"] >= 0) & (standing != "not_yet_signed").to_numpy()
    steps = table[here].drop_duplicates().sort_values(["place", "signed"], na_position="first")
    steps["next"] = steps.groupby("place")["signed"].shift(-1)
    merged = table.merge(steps, on=["place", "signed"], how="left")["next"]
    return pd.Series(merged.to_numpy(), index=contracts.index)


def complete_year(days: pd.Series) -> pd.Series:
    """Give the last calendar year that is complete at the end of a day.

    Examples
    --------
    >>> complete_year(pd.Series(pd.to_datetime(["2025-12-31", "2025-12-30"]))).tolist()
    [2025, 2024]
    """
    return (days + _ONE_DAY).dt.year - 1


def _years(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """First and last year of the yearly tests; a later stage of a commitment takes its turn."""
    tested = frame["is_yearly"] & frame["due_date"].notna() & _is_dated(frame)
    # The first year that lies wholly on or after the due day, and after the contract was signed.
    begin = frame["due_date"].mask(frame["signed_date"] > frame["due_date"], frame["signed_date"])
    first = ((begin - _ONE_DAY).dt.year + 1).where(tested).astype("Int64")
    last = complete_year(frame["limit"]).astype("Int64").where(tested)
    sources, names = pd.factorize(frame["source"])
    promise = (frame["contract_row"] * len(METRICS) + frame["metric_code"]) * len(names) + sources
    stages = pd.DataFrame({"promise": promise, "first": first})[tested]
    steps = stages.drop_duplicates().sort_values("first")
    steps["next"] = steps.groupby("promise")["first"].shift(-1)
    after = stages.reset_index().merge(steps, on=["promise", "first"])
    follower = after.set_index("index")["next"].reindex(frame.index)
    last = last.mask((follower <= last).fillna(False), follower - 1)
    return {"first_year": first, "last_year": last}


def _is_dated(frame: pd.DataFrame) -> pd.Series:
    """Tell whether a contract is known, and how long it binds."""
    return (frame["contract_row"] >= 0) & ~frame["end_unknown"]


def yearly_rows(bound: pd.DataFrame) -> pd.DataFrame:
    """Repeat each commitment once for each year in which it is tested, at least once.

    Returns
    -------
    pandas.DataFrame
        The rows of ``bound`` on a fresh index with ``commitment_row`` (position in ``bound``), ``year`` (Int64; null: not yearly or not due
        yet), ``is_due`` and ``test_date`` (the day on which the test falls due: the due day, or the
        end of the year).
    """
    first = bound["first_year"].to_numpy(dtype="int64", na_value=_NO_YEAR)
    last = bound["last_year"].to_numpy(dtype="int64", na_value=0)
    years = np.where(first <= last, last - np.minimum(first, last) + 1, 0)
    count = np.maximum(years, 1)
    at = np.repeat(np.arange(len(bound)), count)
    offset = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    rows = bound.iloc[at].reset_index(drop=True)
    year = (rows["first_year"] + offset).where(years[at] > 0).astype("Int64")
    once = ~rows["is_yearly"] & _is_dated(rows) & (rows["due_date"] <= rows["limit"])
    ends = year_ends(rows["first_year"] + offset)
    return rows.assign(commitment_row=at, year=year, is_due=once | year.notna(),
                       test_date=rows["due_date"].where(~rows["is_yearly"], ends))  # fmt: skip




def year_ends(years: pd.Series) -> pd.Series:
    """Give the 31 December of each year; null where it is.

    Examples
    --------
    >>> year_ends(pd.Series([2024, None], dtype="Int64")).dt.strftime("%m-%d").tolist()
    ['12-31', nan]
    """
    known = years.notna().to_numpy()
    after = years.to_numpy(dtype="int64", na_value=1970) - 1970 + 1
    days = after.astype("datetime64[Y]").astype("datetime64[D]") - np.timedelta64(1, "D")
    days = np.where(known, days, np.datetime64("NaT", "D"))
    return pd.Series(days.astype("datetime64[us]"), index=years.index)
