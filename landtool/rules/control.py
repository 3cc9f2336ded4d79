"""Control indicators of industrial projects (工业项目建设用地控制指标), by the edition at signature.

A project is held against the edition in force on the day its contract was signed, once its
construction is completed. An edition that is not shipped leaves the indicator not assessable: an older
one never takes its place. The contract's own FAR limits are tested beside it, and where a commitment
names the investment, its test is shown beside the others. Figures come from the register, else from the
buildings; both are shown. Dated numbers stand in ``control_terms``, texts in ``control_findings``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from landtool.columns import booleans, coded, dates, day, either, numbers, positions, require_columns, texts
from landtool.indicators.control import REGISTER, control_figures
from landtool.indicators.land import area_used
from landtool.indicators.output import fixed_investment, investment_intensity
from landtool.indicators.progress import milestone_reached
from landtool.policy import Policy
from landtool.rules.control_findings import control_findings
from landtool.rules.control_terms import BARS, Terms, edition_in_force, terms_of
from landtool.rules.dated import in_force_on

__all__ = ["CONTROL_COLUMNS", "CONTROL_VERDICTS", "INDICATORS", "ControlResult", "judge_control"]

INDICATORS = (*REGISTER, "investment_intensity")
# Most serious first: the order in which people read verdicts.
CONTROL_VERDICTS = ("failed", "not_assessable", "not_due", "met", "not_applicable")
CONTROL_COLUMNS = [
    "parcel_id", "contract_id", "indicator", "value", "basis", "register_value", "geometry_value",
    "threshold", "comparison", "threshold_source", "clause", "threshold_verified", "valid_from",
    "signed_date", "industry_division", "verdict", "margin", "reason", "missing", "area_used",
    "area_used_m2", "is_mandatory", "agreed_min", "agreed_max", "agreed_verdict",
    "difference_share", "source_file", "source_row",
]  # fmt: skip
#: What keeps a test from being made, in order of precedence: reason -> verdict, and the field to name.
_BARS = {
    "not_industrial": ("not_applicable", None), "unsupplied": ("not_applicable", None),
    "land_use_unknown": ("not_assessable", "land_use_code"),
    "no_contract": ("not_assessable", "contract_id"),
    "unsigned": ("not_assessable", "signed_date"),
    "not_in_edition": ("not_applicable", None), "edition_absent": ("not_assessable", None),
    "industry_unknown": ("not_assessable", "industry_code"),
    "not_manufacturing": ("not_applicable", None), "not_built": ("not_due", None),
    "built_unknown": ("not_assessable", "actual_completion_date"),
    "figure_unknown": ("not_assessable", None), "not_named": ("not_assessable", "commitments.investment"),
}  # fmt: skip
_REASONS = tuple(_BARS)
_ROUNDING = 1e-9
_TESTED = {"met": "met", "partly": "failed", "failed": "failed", "not_due": "not_due",
           "not_assessable": "not_assessable"}  # fmt: skip
# The same by position; the last stands for none.
_VERDICT_OF_BAR = np.array([CONTROL_VERDICTS.index(verdict) for verdict, _ in _BARS.values()])
_FIELDS = list(dict.fromkeys(field for _, field in _BARS.values() if field is not None))
_FIELD_OF_BAR = np.array([-1 if field is None else _FIELDS.index(field) for _, field in _BARS.values()] + [-1])
_TESTED_CODES = np.array([*map(CONTROL_VERDICTS.index, _TESTED.values()), -1])
_WITH_MARGIN = [place for place, status in enumerate(_TESTED) if status in ("met", "partly", "failed")]


@dataclass(frozen=True)
class ControlResult:
    """Control indicators with their tests.

    Attributes
    ----------
    table : pandas.DataFrame
        :data:`CONTROL_COLUMNS`, one row per parcel and indicator, indicator by indicator. ``basis``:
        ``register`` or ``geometry`` (investment: ``operations`` or ``contract``). ``verdict``:
        ``met``, ``failed``, ``not_due`` (not built yet), ``not_assessable`` (with ``missing``: fields,
        or the policy's number, joined by commas), ``not_applicable``; ``reason`` says why there is no
        test. ``margin`` is positive where the value is on the right side of the threshold.
        ``agreed_*``: the contract's own limits and their test. Shares are 0 … 1, investment CNY/m².
    findings : pandas.DataFrame
        ``control.<indicator>``, ``control.far_agreed``, ``control.figures_differ``.
    parcels : pandas.DataFrame
        On the parcels' index: ``far, far_basis, building_coefficient, building_coefficient_basis``.
    """

    table: pd.DataFrame
    findings: pd.DataFrame
    parcels: pd.DataFrame


def judge_control(
    parcels: pd.DataFrame,
    built: pd.DataFrame | None,
    promised: pd.DataFrame | None,
    policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
) -> ControlResult:
    """Hold every parcel against the control indicators of its contract's day.

    Parameters
    ----------
    parcels : pandas.DataFrame
        One row per parcel with the facts of its contract: ``parcel_id, contract_id``; reads
        ``is_industrial, is_supplied, signed_date, industry_code, far_min, far_max,
        actual_completion_date, actual_production_date, in_production``, the areas and the register's
        figures (:data:`landtool.indicators.control.REGISTER`).
    built : pandas.DataFrame or None
        What stands on each parcel, on the same index:
        :func:`landtool.indicators.buildings.buildings_on_parcels`.
    promised : pandas.DataFrame or None
        Table of :func:`landtool.rules.commitments.judge_commitments`; its tests of investment are
        shown, never made again.
    policy : Policy
        Uses ``control.*``, each at the signature's day.
    as_of : date
        The day.

    Raises
    ------
    InputDataError
        If ``parcel_id`` or ``contract_id`` is missing.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> parcels = pd.DataFrame({
    ...     "parcel_id": ["P1", "P2"], "contract_id": ["C1", "C2"], "is_industrial": True,
    ...     "signed_date": pd.to_datetime(["2015-01-01", "2024-01-01"]), "industry_code": "2710",
    ...     "actual_completion_date": pd.to_datetime(["2017-01-01", "2025-06-01"]),
    ...     "area_m2": 1e4, "floor_area_m2": [6e3, 6e3]})
    >>> found = judge_control(parcels, None, None, load_policy("national"), "2025-12-31")
    >>> found.table[["threshold", "verdict", "missing"]].head(2).to_numpy().tolist()
    [[0.7, 'failed', nan], [nan, 'not_assessable', 'control.far_min']]
    """
    require_columns(parcels, ["parcel_id", "contract_id"], "parcels")
    at = day(as_of)
    area = area_used(parcels)
    sites = _sites(parcels, at)
    edition = edition_in_force(policy, sites["signed_date"])
    figures = control_figures(parcels, built, area)
    judged = {name: _judge(name, figure, sites, terms_of(policy, name, sites, edition))
              for name, figure in figures.items()}  # fmt: skip
    judged["far"] = judged["far"].assign(**_agreed(parcels, figures["far"], sites))
    judged["investment_intensity"] = _investment(parcels, area, sites, promised)
    table = _table(parcels, judged, _mandatory(policy, sites["signed_date"]))
    columns = {f"{name}{end}": judged[name][column].astype(kind) for name in ("far", "building_coefficient")
               for end, column, kind in (("", "value", "float64"), ("_basis", "basis", "str"))}  # fmt: skip
    return ControlResult(table, control_findings(table, policy.at(at)),
                         pd.DataFrame(columns, index=parcels.index))  # fmt: skip


def _table(parcels: pd.DataFrame, judged: dict[str, pd.DataFrame], mandatory: pd.Series) -> pd.DataFrame:
    """One row per parcel and indicator, indicator by indicator; words that repeat are categories."""
    count, each = len(parcels), len(INDICATORS)
    place = parcels["source_row"] if "source_row" in parcels else pd.Series(pd.NA, index=parcels.index)
    files = pd.Categorical(texts(parcels, "source"))
    repeat = np.tile(np.arange(count), each)
    made = {
        "indicator": coded(np.repeat(np.arange(each), count), INDICATORS), "is_mandatory": mandatory.array,
        "source_file": files.take(repeat), "source_row": place.astype("Int64").array.take(repeat),
    }  # fmt: skip
    for name in CONTROL_COLUMNS:
        if name not in made:
            made[name] = _stacked([judged[indicator][name] for indicator in INDICATORS])
    # Every column was made for this table: none is copied into a block with its like.
    return pd.DataFrame({name: made[name] for name in CONTROL_COLUMNS}, copy=False)


def _stacked(columns: list[pd.Series]) -> object:
    """Columns one under the other; categories are those of all of them."""
    if isinstance(columns[0].dtype, pd.CategoricalDtype):
        return union_categoricals(columns, sort_categories=True)
    return pd.concat(columns, ignore_index=True).array


def _sites(parcels: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """What every indicator asks of a parcel first: number, contract, signature, industry, is it built."""
    industrial = booleans(parcels, "is_industrial")
    contract = texts(parcels, "contract_id")
    supplied = booleans(parcels, "is_supplied")
    completed = milestone_reached(parcels, "completion", at)
    producing = (booleans(parcels, "in_production") if "in_production" in parcels
                 else milestone_reached(parcels, "production", at))  # fmt: skip
    built = completed | producing
    bars = [
        (~industrial).fillna(False), (~supplied).fillna(False) & contract.isna(),
        industrial.isna(), contract.isna(), dates(parcels, "signed_date").isna(),
    ]  # fmt: skip
    return pd.DataFrame({
        "parcel_id": texts(parcels, "parcel_id"), "contract_id": contract,
        "signed_date": dates(parcels, "signed_date"), "industry_code": texts(parcels, "industry_code"),
        "bar": np.select([bar.to_numpy(dtype=bool) for bar in bars], range(len(bars)), -1),
        "not_built": (~built).fillna(False).astype("bool"), "built_unknown": built.isna(),
    }, index=parcels.index)  # fmt: skip


def _judge(name: str, figure: pd.DataFrame, sites: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    threshold = terms.rows["threshold"].to_numpy()
    value, low, high = (figure[column].to_numpy() for column in ("value", "low", "high"))
    least = terms.comparison == ">="
    slack = _ROUNDING * np.abs(threshold)
    good = low >= threshold - slack if least else high <= threshold + slack
    bad = high < threshold - slack if least else low > threshold + slack
    late = np.select(
        [sites["not_built"], sites["built_unknown"], ~(good | bad)],
        [_REASONS.index(reason) for reason in ("not_built", "built_unknown", "figure_unknown")], -1)
    own = terms.rows["bar"].to_numpy()
    bar = np.where(own >= 0, np.array([_REASONS.index(reason) for reason in BARS])[own], late)
    bar = np.where(sites["bar"] >= 0, sites["bar"], bar)
    # A value that is open names its fields, whether they matter to the verdict or not.
    missing = either((bar < 0) | (bar == _REASONS.index("figure_unknown")), figure["missing"].array, _field(bar))
    absent = bar == _REASONS.index("edition_absent")
    missing = either(absent, _where(absent, terms.key), missing)
    known = ~np.isnan(threshold)
    return figure.drop(columns=["low", "high"]).assign(
        **_of_sites(sites), **terms.rows.drop(columns="bar"), **_said(bar, good),
        comparison=_where(known, terms.comparison), threshold_source=_where(known, "edition"),
        missing=missing.astype("str"),
        margin=np.where(bar < 0, value - threshold if least else threshold - value, np.nan),
        agreed_min=np.nan, agreed_max=np.nan, agreed_verdict=_where(known & False, ""),
    )  # fmt: skip


def _of_sites(sites: pd.DataFrame) -> dict[str, pd.Series]:
    return {name: sites[name] for name in ("parcel_id", "contract_id", "signed_date")}


def _said(bar: np.ndarray, good: np.ndarray) -> dict[str, pd.Categorical]:
    """Verdict and reason of each row: by its bar, or by the test where there is none."""
    met, failed = map(CONTROL_VERDICTS.index, ("met", "failed"))
    verdict = np.where(bar >= 0, _VERDICT_OF_BAR[bar], np.where(good, met, failed))
    return {"verdict": coded(verdict, CONTROL_VERDICTS), "reason": coded(bar, _REASONS)}


def _where(holds: np.ndarray, word: str) -> pd.Categorical:
    return coded(np.where(holds, 0, -1), [word])


def _only(holds: np.ndarray, words: pd.Categorical) -> pd.Categorical:
    return coded(np.where(holds, words.codes, -1), words.categories)


def _field(bar: np.ndarray) -> pd.Categorical:
    """The field that would lift each bar."""
    return coded(_FIELD_OF_BAR[bar], _FIELDS)


def _agreed(parcels: pd.DataFrame, figure: pd.DataFrame, sites: pd.DataFrame) -> dict[str, object]:
    """The contract's own FAR limits and their test; limits that contradict each other are not tested."""
    least, most = numbers(parcels, "far_min"), numbers(parcels, "far_max")
    low, high = figure["low"], figure["high"]
    over, under = most.fillna(np.inf) * (1 + _ROUNDING), least.fillna(0.0) * (1 - _ROUNDING)
    good, bad = (low >= under) & (high <= over), (high < under) | (low > over)
    wanted = sites["bar"].isin([-1, _REASONS.index("unsigned")]) & (least.notna() | most.notna())
    codes = np.select(
        [~wanted, least > most, sites["not_built"], sites["built_unknown"], good, bad],
        [-1, 3, 2, 3, 0, 1], 3)
    return {"agreed_min": least, "agreed_max": most,
            "agreed_verdict": coded(codes, ["met", "failed", "not_due", "not_assessable"])}


def _investment(
    parcels: pd.DataFrame, area: pd.DataFrame, sites: pd.DataFrame, promised: pd.DataFrame | None
) -> pd.DataFrame:  # fmt: skip
    """Investment intensity, with the test of the strictest commitment that names it."""
    invested = fixed_investment(parcels)
    value = investment_intensity(invested["investment_cny"], area["area_used_m2"]).to_numpy()
    named = _strictest(promised)
    bar = sites["bar"].to_numpy()
    own = positions(sites["contract_id"], named.index)
    own = np.where(np.isin(bar, [-1, _REASONS.index("unsigned")]), own, -1)
    told = {name: named[name].array.take(own, allow_fill=True) for name in named.columns}
    is_told, actual = own >= 0, np.asarray(told["actual_cny_m2"])
    by_promise = ~np.isnan(actual)
    value = np.where(by_promise, actual, value)
    known = ~np.isnan(value)
    bar = np.where(bar >= 0, bar, _REASONS.index("not_named"))
    status = told["status"].codes
    verdict = np.where(is_told, _TESTED_CODES[status], _VERDICT_OF_BAR[bar])
    basis = either(told["actual_basis"].notna(), told["actual_basis"], pd.Categorical(invested["investment_basis"]))
    used = either(by_promise, _where(by_promise, "contract"), pd.Categorical(area["area_used"]))
    committed = np.asarray(told["committed_cny_m2"])
    return pd.DataFrame({
        **_of_sites(sites), "value": value, "basis": _only(known, basis),
        "register_value": value, "geometry_value": np.nan, "threshold": committed,
        "comparison": _where(is_told, ">="), "threshold_source": told["source"],
        "clause": _where(is_told & False, ""),
        "threshold_verified": pd.Series(pd.NA, index=parcels.index, dtype="boolean"),
        "valid_from": pd.Series(pd.NaT, index=parcels.index, dtype="datetime64[us]"),
        "industry_division": pd.Series(None, index=parcels.index, dtype="str"),
        "verdict": coded(verdict, CONTROL_VERDICTS), "reason": coded(np.where(is_told, -1, bar), _REASONS),
        "margin": np.where(np.isin(status, _WITH_MARGIN), value - committed, np.nan),
        "missing": either(is_told, told["missing"], _field(bar)).astype("str"),
        "area_used": _only(known, used),
        "area_used_m2": np.where(known, np.where(by_promise, told["area_m2"], area["area_used_m2"]), np.nan),
        "agreed_min": np.nan, "agreed_max": np.nan, "agreed_verdict": _where(is_told & False, ""),
        "difference_share": np.nan,
    }, index=parcels.index)  # fmt: skip


def _strictest(promised: pd.DataFrame | None) -> pd.DataFrame:
    """The highest investment that contract or agreement names, per contract, with its test."""
    figures, words = ["committed_cny_m2", "actual_cny_m2", "area_m2"], ["actual_basis", "missing", "source"]
    if promised is None:
        promised = pd.DataFrame({name: pd.Series(dtype="float64" if name in figures else "str")
                                 for name in [*figures, *words, "status", "contract_id", "metric"]}
                                ).assign(is_current=False)  # fmt: skip
    rows = promised[(promised["metric"] == "investment") & promised["is_current"]
                    & promised["contract_id"].notna() & promised["committed_cny_m2"].notna()]
    rows = rows.sort_values("committed_cny_m2", ascending=False, kind="stable")
    rows = rows.drop_duplicates("contract_id").set_index("contract_id")
    return rows[figures].assign(**{name: pd.Categorical(rows[name]) for name in words},
                                status=pd.Categorical(rows["status"], list(_TESTED)))


def _mandatory(policy: Policy, signed: pd.Series) -> pd.Series:
    """Whether the policy of the signature's day makes each indicator mandatory; null without a list."""
    found, at = in_force_on(policy, "control.mandatory_indicators", signed)
    listed = [pd.array([name in number.value for number in found] + [pd.NA], dtype="boolean")
              for name in INDICATORS]
    return pd.concat([pd.Series(words.take(at)) for words in listed], ignore_index=True)
