"""The contracts on one parcel in time: their chain, and every event of their lives in order.

Grants, allocations, leases, lease-then-grant, flexible terms and equity stand on one timeline. The
next contract of the same holder renews the one before it, or turns a lease into a grant.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from landtool.columns import dates, day, require_columns, texts
from landtool.indicators.progress import MILESTONES, contract_end, full_production_date

RELATIONS = ("first", "renewal", "conversion", "transfer", "resupply", "successor")
_LEASES = ("lease", "lease_then_grant")
_FAR_BACK = np.iinfo("int64").min
EVENT_COLUMNS = [
    "date", "event", "contract_id", "kind", "holder", "basis", "is_ahead", "relation",
    "previous_contract_id",
]  # fmt: skip
# Events of one day stand in this order.
_EVENTS = (
    "signed", *(f"{form}_{name}" for name in MILESTONES for form in ("agreed", "actual")),
    "suspended", "disposal_start", "full_production", "ends",
)  # fmt: skip


def contract_chain(
    contracts: pd.DataFrame, as_of: dt.date | pd.Timestamp | str
) -> pd.DataFrame:
    """Order the contracts of each parcel by signature and say how each follows the one before.

    Parameters
    ----------
    contracts : pandas.DataFrame
        ``contract_id``; reads ``parcel_id, signed_date, holder, kind`` and what dates its end
        (:func:`landtool.indicators.progress.contract_end`).
    as_of : date
        The day; contracts signed later are part of the chain.

    Returns
    -------
    pandas.DataFrame
        On the index of the contracts: ``chain_place`` (1 for the earliest; null without a parcel),
        ``previous_contract_id``, ``relation``: ``first``; ``renewal`` (the same holder);
        ``conversion`` (the same holder, from a lease to a grant); ``transfer`` (another holder
        before the former contract's end); ``resupply`` (another holder after it); ``successor``
        (holder or former end not known). ``replaced_date``: signature of the next contract.
        ``overlap_id`` and ``overlap_days``: the earlier contract
        that runs furthest into this one, and for how many days; null where ends or signatures are
        not known, and where none does.

    Raises
    ------
    InputDataError
        If there is no ``contract_id`` column or ``as_of`` is no date.

    Examples
    --------
    >>> contracts = pd.DataFrame({
    ...     "contract_id": ["A", "B"], "parcel_id": "P", "holder": "甲", "kind": ["lease", "grant"],
    ...     "signed_date": pd.to_datetime(["2015-01-01", "2019-12-02"]),
    ...     "expiry_date": pd.to_datetime(["2019-12-31", None])})
    >>> contract_chain(contracts, "2025-12-31")[["relation", "overlap_days"]].to_numpy().tolist()
    [['first', <NA>], ['conversion', 30]]
    """
    require_columns(contracts, ["contract_id"], "contracts")
    ends = contract_end(contracts, as_of)["end_date"]
    table = pd.DataFrame({
        "at": np.arange(len(contracts)),
        "place": pd.factorize(texts(contracts, "parcel_id").to_numpy())[0],
        "signed": _days_or(dates(contracts, "signed_date"), _FAR_BACK),
        "end": _days_or(ends, _FAR_BACK),
    })  # fmt: skip
    place = table["place"].to_numpy()
    alone = (place < 0) | ~pd.Series(place).duplicated(keep=False).to_numpy()
    out = _unlinked(contracts, place)
    several = table[~alone]
    return out if several.empty else _fill(out, contracts, several)


def _unlinked(contracts: pd.DataFrame, place: np.ndarray) -> pd.DataFrame:
    """The answer where a parcel has one contract at most."""
    nothing = pd.Series(None, index=contracts.index, dtype="str")
    first = pd.Series("first", index=contracts.index, dtype="str")
    return pd.DataFrame({
        "chain_place": pd.array(np.ones(len(contracts)), dtype="Int64"),
        "previous_contract_id": nothing, "relation": first,
        "replaced_date": pd.Series(pd.NaT, index=contracts.index, dtype="datetime64[us]"),
        "overlap_id": nothing,
        "overlap_days": pd.array([pd.NA] * len(contracts), dtype="Int64"),
    }, index=contracts.index).mask(pd.Series(place < 0, index=contracts.index))  # fmt: skip


def _fill(out: pd.DataFrame, contracts: pd.DataFrame, several: pd.DataFrame) -> pd.DataFrame:
    ids = texts(contracts, "contract_id").to_numpy()
    order = several.assign(id=ids[several["at"]]).sort_values(["place", "signed", "id"], kind="stable")
    group = order.groupby("place", sort=False)
    rank = group.cumcount().to_numpy()
    at, before = order["at"].to_numpy(), group["at"].shift(1, fill_value=-1).to_numpy()
    later = rank > 0
    relation = np.where(later, _relation(contracts, at, before, order), "first")
    # Whichever earlier contract runs furthest, not only the one just before.
    reach = group["end"].cummax()
    furthest = order["at"].where(order["end"] == reach).groupby(order["place"]).ffill()
    reach_before = reach.groupby(order["place"]).shift(1, fill_value=_FAR_BACK).to_numpy()
    who = furthest.groupby(order["place"]).shift(1).fillna(-1).to_numpy(dtype="int64")
    signed = order["signed"].to_numpy()
    following = group["signed"].shift(-1, fill_value=_FAR_BACK).to_numpy()
    replaced = np.where(following == _FAR_BACK, np.datetime64("NaT", "D"),
                        np.where(following == _FAR_BACK, 0, following).astype("datetime64[D]"))
    known = later & (signed != _FAR_BACK) & (reach_before != _FAR_BACK)
    days = np.where(known, reach_before, 0) - np.where(known, signed, 1) + 1
    over = known & (days > 0)
    filled = pd.DataFrame({
        "chain_place": pd.array(rank + 1, dtype="Int64"),
        "previous_contract_id": pd.array(np.where(later, ids[before], None), dtype="str"),
        "relation": pd.array(relation, dtype="str"),
        "replaced_date": pd.array(replaced.astype("datetime64[us]")),
        "overlap_id": pd.array(np.where(over, ids[who], None), dtype="str"),
        "overlap_days": pd.arrays.IntegerArray(days, ~over),
    }, index=out.index[at])  # fmt: skip
    made = out.copy()
    for name in filled:
        column = made[name].to_numpy(dtype=object)
        column[at] = filled[name].to_numpy(dtype=object)
        made[name] = pd.array(column, dtype=out[name].dtype)
    return made


def _relation(
    contracts: pd.DataFrame, at: np.ndarray, before: np.ndarray, order: pd.DataFrame
) -> np.ndarray:
    holder = texts(contracts, "holder").str.strip()
    mine, theirs = holder.to_numpy(dtype=object)[at], holder.to_numpy(dtype=object)[before]
    named = holder.notna().to_numpy()
    known = named[at] & named[before]
    same = known & (mine == theirs)
    kind = texts(contracts, "kind")
    turned = kind.isin(_LEASES).to_numpy()[before] & kind.eq("grant").to_numpy(dtype=bool)[at]
    end = order["end"].groupby(order["place"]).shift(1, fill_value=_FAR_BACK).to_numpy()
    signed = order["signed"].to_numpy()
    dated = known & (end != _FAR_BACK) & (signed != _FAR_BACK)
    return np.select([same & turned, same, dated & (signed <= end), dated],
                     ["conversion", "renewal", "transfer", "resupply"], "successor")  # fmt: skip


def earlier_start(
    contracts: pd.DataFrame, chain: pd.DataFrame, as_of: dt.date | pd.Timestamp | str
) -> pd.DataFrame:
    """Name the last earlier contract on the same parcel under which works had started by ``as_of``.

    A land-use right that goes on (renewed, turned from a lease into a grant, transferred) keeps what was
    built under the contract before it. With a ``resupply`` another holder begins anew.

    Parameters
    ----------
    contracts : pandas.DataFrame
        ``contract_id``; reads ``parcel_id, actual_start_date, actual_completion_date,
        actual_production_date``.
    chain : pandas.DataFrame
        Of :func:`contract_chain`, on the same index.
    as_of : date
        Later dates have not happened.

    Returns
    -------
    pandas.DataFrame
        ``earlier_start_id``; ``earlier_start_date``, its start, else its completion or production;
        ``earlier_start_is_own``: from there on one holder renewed or converted (boolean). Null where no
        earlier contract had started.

    Examples
    --------
    >>> contracts = pd.DataFrame({
    ...     "contract_id": ["A", "B"], "parcel_id": "P", "holder": "甲", "kind": ["lease", "grant"],
    ...     "signed_date": pd.to_datetime(["2015-01-01", "2020-01-01"]),
    ...     "actual_start_date": pd.to_datetime(["2015-06-01", None])})
    >>> found = earlier_start(contracts, contract_chain(contracts, "2025-12-31"), "2025-12-31")
    >>> found["earlier_start_id"].tolist(), found["earlier_start_is_own"].tolist()
    ([nan, 'A'], [<NA>, True])
    """
    begun = pd.Series(pd.NaT, index=contracts.index, dtype="datetime64[us]")
    for name in ("start", "completion", "production"):
        when = dates(contracts, f"actual_{name}_date")
        begun = begun.fillna(when.where(when <= day(as_of)).astype("datetime64[us]"))
    place = pd.factorize(texts(contracts, "parcel_id").to_numpy())[0]
    rank = chain["chain_place"].to_numpy(dtype="float64", na_value=np.nan)
    order = np.lexsort((rank, place))
    relation = chain["relation"].iloc[order]
    own = relation.isin(["renewal", "conversion"]).to_numpy()
    goes_on = own | relation.isin(["transfer", "successor"]).to_numpy()
    # A span is what one contract after the other goes on with; its last start so far is looked for.
    span, holder = (~goes_on).cumsum(), (~own).cumsum()
    started = pd.Series(np.where(begun.notna().to_numpy()[order], np.arange(len(order)), -1))
    last = started.groupby(span).cummax().groupby(span).shift(1, fill_value=-1).to_numpy()
    source = np.full(len(order), -1)
    source[order] = np.where(last >= 0, order[last], -1)
    is_own = np.zeros(len(order), dtype=bool)
    is_own[order] = holder == holder[last]
    return pd.DataFrame({
        "earlier_start_id": texts(contracts, "contract_id").array.take(source, allow_fill=True),
        "earlier_start_date": begun.array.take(source, allow_fill=True),
        "earlier_start_is_own": pd.arrays.BooleanArray(is_own, source < 0),
    }, index=contracts.index)  # fmt: skip


def _days_or(when: pd.Series, unknown: int) -> np.ndarray:
    days = when.to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(days), unknown, days.astype("int64"))


def contract_timeline(
    contracts: pd.DataFrame, as_of: dt.date | pd.Timestamp | str, *, ramp_months: float
) -> pd.DataFrame:
    """List every dated event of the given contracts, those of one parcel for example, in order.

    Parameters
    ----------
    contracts : pandas.DataFrame
        ``contract_id``; reads the dates, the term, ``holder`` and ``kind``.
    as_of : date
        Later events are ahead; actual dates after it have not happened and are left out.
    ramp_months : float
        Months from production to full production.

    Returns
    -------
    pandas.DataFrame
        One row per event: ``date, event`` (``signed, agreed_… , actual_…`` of delivery, start,
        completion and production, ``suspended, disposal_start, full_production,
        ends``)``, contract_id, kind, holder, basis`` (``register``; for ends also the term's basis;
        ``ramp`` for full production)``, is_ahead``; of a signature also ``relation`` and
        ``previous_contract_id`` (:func:`contract_chain`).

    Examples
    --------
    >>> contracts = pd.DataFrame({
    ...     "contract_id": ["A"], "signed_date": pd.to_datetime(["2020-01-01"]), "term_years": [20.0],
    ...     "actual_production_date": pd.to_datetime(["2024-05-01"])})
    >>> contract_timeline(contracts, "2025-12-31", ramp_months=36)["event"].tolist()
    ['signed', 'actual_production', 'full_production', 'ends']
    """
    at = day(as_of)
    end = contract_end(contracts, at)
    chain = contract_chain(contracts, at)
    own = pd.DataFrame({name: texts(contracts, name) for name in ("contract_id", "kind", "holder")})
    happened = {name: dates(contracts, f"actual_{name}_date") for name in MILESTONES}
    happened = {name: when.where(when <= at) for name, when in happened.items()}
    suspended = dates(contracts, "suspended_since_date")
    ramped = contracts.assign(actual_production_date=happened["production"])
    given = {
        "signed": dates(contracts, "signed_date"),
        **{f"agreed_{name}": dates(contracts, f"agreed_{name}_date") for name in MILESTONES},
        **{f"actual_{name}": when for name, when in happened.items()},
        "suspended": suspended.where(suspended <= at),
        "disposal_start": dates(contracts, "disposal_start_date"),
        "full_production": full_production_date(ramped, ramp_months),
        "ends": end["end_date"],
    }  # fmt: skip
    basis = {"ends": end["end_basis"], "full_production": "ramp"}
    parts = [own.assign(date=when.astype("datetime64[us]"), event=name, basis=basis.get(name, "register"),
                        relation=chain["relation"] if name == "signed" else None,
                        previous_contract_id=chain["previous_contract_id"] if name == "signed" else None,
                        rank=_EVENTS.index(name))[when.notna()]
             for name, when in given.items()]  # fmt: skip
    whole = pd.concat(parts).sort_values(["date", "rank", "contract_id"], kind="stable")
    whole = whole.assign(is_ahead=whole["date"] > at)[EVENT_COLUMNS].reset_index(drop=True)
    return whole.astype({"event": "str", "basis": "str", "relation": "str", "previous_contract_id": "str"})
