"""The target board: growth, leading industries, research, facilities and bases against the policy.

Shares are 0 … 1. A target that lies ahead is shown with the value to come. What a figure needs and
does not have is named; a park with an unknown figure is never taken for zero.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from landtool.columns import booleans, day, numbers, require_columns, texts
from landtool.policy import Policy
from landtool.rules.dated import in_force_or_next

# Kind and id of whom a sum is made over, and the parks in it.
_Subject = tuple[str, str, pd.Index]

BOARD_COLUMNS = [
    "subject_kind", "subject_id", "target", "year_from", "year", "measured", "threshold",
    "threshold_max", "unit", "verdict", "missing", "is_ahead", "clause",
]  # fmt: skip
_KINDS = {
    "subject_id": "str", "measured": "float64", "missing": "str", "subject_kind": "str", "target": "str",
    "unit": "str", "open_count": "float64", "year_from": "Int64", "year": "Int64", "exempt": "boolean",
}  # fmt: skip
_CITY = "city"
_SHARES = {
    "leading.output_share": ("leading_industry_output_cny", "gross_output_cny"),
    "rd.intensity_share": ("rd_cny", "above_scale_revenue_cny"),
    "rd.body_share": ("enterprises_with_rd_body", "enterprises"),
    "rd.activity_share": ("enterprises_with_rd_activity", "enterprises"),
}  # fmt: skip
_BASES = {
    "bases.characteristic_count": "is_characteristic_base",
    "bases.national_count": "is_national_demonstration_base",
}  # fmt: skip
_ROUNDING = 1e-9


def target_board(
    park_statistics: pd.DataFrame | None,
    parks: pd.DataFrame | None,
    policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
    *,
    region_group: pd.Series | None = None,
) -> pd.DataFrame:
    """Set the policy's targets for parks beside what the statistics say.

    The year is the latest complete one up to ``as_of`` with any statistics. Growth is compound,
    from the earliest year in which every park has a figure. City and region groups sum over their
    parks and divide; one unknown part makes them not assessable. The parks' share of the city and the
    numbers of bases are targets of the city alone; facilities and leading industries of each park.

    Parameters
    ----------
    park_statistics : pandas.DataFrame or None
        ``park_id, year`` and the figures of the layer, once per park and year.
    parks : pandas.DataFrame or None
        ``park_id``; reads ``leading_industries, has_special_safety, is_characteristic_base,
        is_national_demonstration_base, district_code``.
    policy : Policy
        Uses ``growth.*, leading.*, rd.*, facility.satisfaction_share, bases.*``.
    as_of : date
        The day.
    region_group : pandas.Series, optional
        Region group of each district code; a park without one is in none.

    Returns
    -------
    pandas.DataFrame
        ``subject_kind`` (``region``: the city, ``region_group``, ``park``)``, subject_id, target`` (the parameter's key)``,
        year_from, year, measured, threshold, threshold_max, unit, verdict`` (``met``, ``not_met``,
        ``not_assessable``, ``exempt``)``, missing, is_ahead, clause``.

    Raises
    ------
    InputDataError
        If a key column is missing.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> statistics = pd.DataFrame({"park_id": "K", "year": [2020, 2025],
    ...                            "above_scale_revenue_cny": [100.0, 150.0]})
    >>> board = target_board(statistics, None, load_policy("chongqing-2021"), "2025-12-31")
    >>> row = board[board["target"] == "growth.revenue_growth_share"].iloc[0]
    >>> print(f"{row['measured']:.4f}", row["verdict"])
    0.0845 met
    """
    at = day(as_of)
    figures = _complete_years(park_statistics, at)
    year = None if figures.empty else int(figures["year"].max())
    latest = figures[figures["year"] == year] if year is not None else figures
    ids = latest["park_id"] if parks is None else _park_ids(parks, latest)
    sheet = latest.set_index("park_id").reindex(pd.Index(ids.unique(), name="park_id"))
    subjects = _subjects(sheet, parks, region_group)
    rows = [_growth(figures, sheet, year, subjects), _city_share(sheet)]
    rows += [_share(sheet, key, top, base, subjects) for key, (top, base) in _SHARES.items()]
    rows += [_facility(sheet, parks)]
    if parks is not None:
        rows += [_leading_count(parks)]
    rows += [_bases(parks, key, column) for key, column in _BASES.items()]
    board = pd.concat(rows, ignore_index=True)
    board["year"] = pd.array(board["year"].fillna(year), dtype="Int64")
    return _judge(board, policy, at.date())


def _complete_years(statistics: pd.DataFrame | None, at: pd.Timestamp) -> pd.DataFrame:
    if statistics is None:
        return pd.DataFrame({"park_id": pd.Series(dtype="str"), "year": pd.Series(dtype="Int64")})
    require_columns(statistics, ["park_id", "year"], "park_statistics")
    last = at.year if (at.month, at.day) == (12, 31) else at.year - 1
    return statistics[(statistics["year"] <= last).fillna(False).astype("bool")]


def _park_ids(parks: pd.DataFrame, latest: pd.DataFrame) -> pd.Series:
    require_columns(parks, ["park_id"], "parks")
    return pd.concat([parks["park_id"], latest["park_id"]], ignore_index=True).dropna()


def _row(
    key: str, kind: str, ids: Any, measured: Any, missing: Any, unit: str = "share", **more: Any,
) -> pd.DataFrame:  # fmt: skip
    given = {"subject_id": ids, "measured": measured, "missing": missing}
    if kind != "park":
        given = {name: [value] for name, value in given.items()}
    count = len(given["subject_id"])
    given |= {"subject_kind": [kind] * count, "target": [key] * count, "unit": [unit] * count}
    given |= {name: value if name == "exempt" else [value] * count for name, value in more.items()}
    given |= {name: [pd.NA] * count for name in ("year_from", "year", "exempt") if name not in given}
    return pd.DataFrame({name: pd.array(cells, dtype=_KINDS[name]) for name, cells in given.items()})


def _subjects(
    sheet: pd.DataFrame, parks: pd.DataFrame | None, region_group: pd.Series | None
) -> list[_Subject]:
    """The city and every region group that has parks."""
    found: list[_Subject] = [("region", _CITY, sheet.index)]
    if parks is None or region_group is None:
        return found
    once = parks.drop_duplicates("park_id").set_index("park_id")
    group = texts(once, "district_code").map(region_group).reindex(sheet.index)
    return found + [("region_group", str(name), ids) for name, ids in group.groupby(group).groups.items()]


def _growth(
    figures: pd.DataFrame, sheet: pd.DataFrame, year: int | None, subjects: list[_Subject]
) -> pd.DataFrame:
    column = "above_scale_revenue_cny"
    wide = figures.assign(value=numbers(figures, column)).pivot_table(
        index="park_id", columns="year", values="value", aggfunc="first", dropna=False)
    panel = wide.reindex(sheet.index)
    return pd.concat([_growth_of(panel.loc[ids], column, year, kind, name)
                      for kind, name, ids in subjects], ignore_index=True)  # fmt: skip


def _growth_of(
    panel: pd.DataFrame, column: str, year: int | None, kind: str, subject: str
) -> pd.DataFrame:
    """Measure compound growth from the earliest year in which all parks report."""
    key = "growth.revenue_growth_share"
    if year is None or year not in panel.columns:
        return _row(key, kind, subject, np.nan, column)
    if panel[year].isna().any():
        return _row(key, kind, subject, np.nan, f"{column} ({year})")
    whole = [int(one) for one in panel.columns if panel[one].notna().all() and one < year]
    start = panel[whole[0]].sum() if whole else 0.0
    if not start > 0:
        return _row(key, kind, subject, np.nan, f"{column} (< {year})")
    rate = (panel[year].sum() / start) ** (1.0 / (year - whole[0])) - 1.0
    return _row(key, kind, subject, rate, None, year_from=whole[0], year=year)


def _city_share(sheet: pd.DataFrame) -> pd.DataFrame:
    parks, city = "above_scale_revenue_cny", "city_above_scale_revenue_cny"
    totals = numbers(sheet, city).dropna().unique()
    own = numbers(sheet, parks)
    lacking = [name for name, gone in ((parks, sheet.empty or own.isna().any()),
                                       (city, len(totals) != 1 or not totals[0] > 0)) if gone]
    share = np.nan if lacking else own.sum() / totals[0]
    return _row("growth.city_share", "region", _CITY, share, ", ".join(lacking) or None)


def _share(
    sheet: pd.DataFrame, key: str, top: str, base: str, subjects: list[_Subject]
) -> pd.DataFrame:
    """Divide two figures per park, and their sums for city and region groups."""
    upper, lower = numbers(sheet, top), numbers(sheet, base)
    lacks = pd.DataFrame({top: upper.isna(), base: ~(lower > 0)})
    per_park = _row(key, "park", sheet.index, (upper / lower.where(lower > 0)).to_numpy(),
                    _named(lacks).to_numpy())  # fmt: skip
    sums = [_summed_share(upper.loc[ids], lower.loc[ids], lacks.loc[ids], key, kind, name)
            for kind, name, ids in subjects]
    return pd.concat([*sums, per_park], ignore_index=True)


def _summed_share(
    upper: pd.Series, lower: pd.Series, lacks: pd.DataFrame, key: str, kind: str, subject: str
) -> pd.DataFrame:  # fmt: skip
    gone = [name for name in lacks if lacks.empty or lacks[name].any()]
    # A park with no base at all (no enterprises yet) adds nothing to either sum.
    if set(gone) == {lower.name} and lower.notna().all() and lower.sum() > 0:
        gone = []
    whole = np.nan if gone else upper.sum() / lower.sum()
    return _row(key, kind, subject, whole, ", ".join(gone) or None)


def _named(lacks: pd.DataFrame) -> pd.Series:
    joined = pd.Series("", index=lacks.index, dtype="str")
    for name in lacks:
        joined = joined + np.where(lacks[name], f"{name}, ", "")
    return joined.str.removesuffix(", ").replace("", None)


def _facility(sheet: pd.DataFrame, parks: pd.DataFrame | None) -> pd.DataFrame:
    """Take the facility figure per park; parks with special safety needs are exempt."""
    measured = numbers(sheet, "facility_satisfaction_pct") / 100.0
    exempt = pd.Series(pd.NA, index=sheet.index, dtype="boolean")
    if parks is not None:
        needs = booleans(parks, "has_special_safety")
        first = ~parks["park_id"].duplicated()
        exempt = pd.Series(needs[first].array, index=parks.loc[first, "park_id"])
        exempt = exempt.reindex(sheet.index)
    lacks = pd.DataFrame({"facility_satisfaction_pct": measured.isna()})
    return _row("facility.satisfaction_share", "park", sheet.index, measured.to_numpy(),
                _named(lacks).to_numpy(), exempt=exempt.to_numpy())  # fmt: skip


def _leading_count(parks: pd.DataFrame) -> pd.DataFrame:
    column = "leading_industries"
    given = parks[column] if column in parks.columns else texts(parks, column)
    if pd.api.types.infer_dtype(given, skipna=True) == "string":
        given = given.astype("str").str.findall(r"[^\s,;、，；|/]+")
    count = pd.Series(np.nan, index=given.index)
    if given.notna().any():
        count = given.str.len().astype("Float64").astype("float64")
    count = count.where(count > 0)
    lacks = pd.DataFrame({column: count.isna()})
    return _row("leading.count_min", "park", parks["park_id"].to_numpy(), count.to_numpy(),
                _named(lacks).to_numpy(), unit="count")  # fmt: skip


def _bases(parks: pd.DataFrame | None, key: str, column: str) -> pd.DataFrame:
    """Count parks that are bases; enough of them is enough, whatever the unknown ones are."""
    if parks is None:
        return _row(key, "region", _CITY, np.nan, column, unit="count")
    known = booleans(parks, column)
    missing = column if known.isna().any() or known.empty else None
    return _row(key, "region", _CITY, float(known.sum()), missing, unit="count",
                open_count=int(known.isna().sum()))  # fmt: skip


def _judge(board: pd.DataFrame, policy: Policy, at: dt.date) -> pd.DataFrame:
    found = {key: in_force_or_next(policy, key, at) for key in board["target"].unique()}
    top, _ = in_force_or_next(policy, "leading.count_max", at)
    value = {key: np.nan if one is None else float(one.value) for key, (one, _) in found.items()}
    clause = {key: "" if one is None else one.clause for key, (one, _) in found.items()}
    leading = board["target"] == "leading.count_min"
    threshold = board["target"].map(value)
    board = board.assign(
        threshold=threshold, clause=board["target"].map(clause).astype("str"),
        threshold_max=np.where(leading, np.nan if top is None else float(top.value), np.nan),
        is_ahead=board["target"].map({key: ahead for key, (_, ahead) in found.items()}),
    )
    measured, room = board["measured"], board["threshold_max"]
    enough = measured >= threshold - _ROUNDING
    fits = enough & ~(measured > room)
    spare = board["open_count"].fillna(0) if "open_count" in board.columns else 0
    counts = board["target"].isin(list(_BASES))
    unsure = counts & ~enough & (measured + spare >= threshold)
    unsure |= (board["target"] == "facility.satisfaction_share") & ~enough & board["exempt"].isna()
    blank = measured.isna() | threshold.isna() | unsure
    spared = board["exempt"].fillna(False).astype("bool") & _may_exempt(policy, at)
    verdict = np.select([spared, blank, fits],
                        ["exempt", "not_assessable", "met"], "not_met")  # fmt: skip
    return _finished(board, verdict)


def _may_exempt(policy: Policy, at: dt.date) -> bool:
    kinds, _ = in_force_or_next(policy, "facility.exempt", at)
    return kinds is not None and "special_safety_or_environment" in kinds.value


def _finished(board: pd.DataFrame, verdict: np.ndarray) -> pd.DataFrame:
    board = board.assign(verdict=pd.Series(verdict, index=board.index, dtype="str"))
    open_rows = board["verdict"] == "not_assessable"
    no_value = open_rows & board["threshold"].isna()
    missing = board["missing"].where(open_rows, None)
    missing = missing.mask(no_value, board["target"])
    facility = board["target"] == "facility.satisfaction_share"
    missing = missing.mask(open_rows & facility & missing.isna(), "has_special_safety")
    return board.assign(missing=missing)[BOARD_COLUMNS]
