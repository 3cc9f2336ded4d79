"""The tests that rules of low-efficiency land are made of, each on all parcels at once.

Whatever a test is about, it says the same things of every parcel: see :class:`Test`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from landtool.codes.industry import division
from landtool.columns import coded, numbers, positions, texts
from landtool.indicators.full_years import anniversary
from landtool.indicators.output import NUMERATORS, output_of
from landtool.indicators.peers import peer_medians, years_of_nothing
from landtool.rules.low_efficiency_terms import Terms

VERDICTS = ("fires", "clear", "not_assessable", "not_judged")
FIRES, CLEAR, OPEN, UNJUDGED = range(4)
COMPARISONS = ("<", "<=", ">", ">=")
_BELOW, _, _, _AT_LEAST = range(4)
_CONTROL_CODES = {"met": CLEAR, "failed": FIRES, "not_assessable": OPEN, "not_due": UNJUDGED,
                  "not_applicable": UNJUDGED}  # fmt: skip
_CONTROL_COLUMNS = ["parcel_id", "value", "threshold", "comparison", "verdict", "missing"]
# A value this much below a threshold, as a share of it, is the rounding of sums.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Test:
    """One test on all parcels, in their order: arrays, words as categories.

    Attributes
    ----------
    verdict : numpy.ndarray
        Position in :data:`VERDICTS`.
    value, threshold : numpy.ndarray
        NaN where not known.
    comparison : numpy.ndarray
        Position in :data:`COMPARISONS`; -1: none.
    missing, reason : pandas.Categorical
        Fields that lack where it is not assessable; why it is not judged.
    peers : pandas.DataFrame or None
        Of a relative test: see :func:`landtool.indicators.peers.peer_medians`.
    """

    __test__ = False  # no test of pytest's

    verdict: np.ndarray
    value: np.ndarray
    threshold: np.ndarray
    comparison: np.ndarray
    missing: pd.Categorical
    reason: pd.Categorical
    peers: pd.DataFrame | None = None

    @property
    def margin(self) -> np.ndarray:
        """Distance to the threshold as a share of it, negative on the wrong side."""
        way = np.where(self.comparison == _AT_LEAST, 1.0, -1.0)
        return way * (self.value - self.threshold) / np.where(self.threshold == 0, np.nan, np.abs(self.threshold))

    def only(self, judged: np.ndarray) -> Test:
        """Keep what is said of the parcels that are judged."""
        at = np.where(judged, np.arange(len(judged)), -1)
        peers = None if self.peers is None else self.peers.where(pd.Series(judged, index=self.peers.index))
        return Test(
            np.where(judged, self.verdict, UNJUDGED), np.where(judged, self.value, np.nan),
            np.where(judged, self.threshold, np.nan), np.where(judged, self.comparison, -1),
            self.missing.take(at, allow_fill=True), self.reason.take(at, allow_fill=True), peers)  # fmt: skip


def relative_test(
    parcels: pd.DataFrame, name: str, counts: pd.Series, terms: Terms
) -> Test:
    """Hold an intensity against its share of the industry's median among the parcels that count.

    The industry is that of the enterprise which occupies most of the parcel, else the contract's.
    """
    column = f"{name}_cny_m2"
    value = numbers(parcels, column)
    industry = texts(parcels, "occupant_division").fillna(
        division(texts(parcels, "industry_code")).astype("str"))
    peers = peer_medians(value.where(counts), industry.where(counts), terms.peers_min)
    field = NUMERATORS.get(_first(parcels, "output_numerator"), "gross_output_cny")
    field = "tax_cny" if name == "tax_intensity" else field
    lacks = np.select([value.notna(), numbers(parcels, "area_used_m2").isna()], [2, 1], 0)
    return _held(value.to_numpy(), terms.median_ratio * peers["median"].to_numpy(), _AT_LEAST,
                 coded(lacks, [field, "area_m2", "peers"]), peers)  # fmt: skip


def _first(frame: pd.DataFrame, name: str) -> str:
    known = texts(frame, name).dropna()
    return "" if known.empty else str(known.iloc[0])


def _held(
    value: np.ndarray, threshold: np.ndarray, comparison: int, missing: pd.Categorical,
    peers: pd.DataFrame | None = None,
) -> Test:  # fmt: skip
    """Compare where both are known; the rest lacks what ``missing`` names."""
    slack = _ROUNDING * np.abs(threshold)
    bad = value < threshold - slack if comparison == _AT_LEAST else value > threshold + slack
    known = ~(np.isnan(value) | np.isnan(threshold))
    return Test(np.where(known, np.where(bad, FIRES, CLEAR), OPEN), value, threshold,
                np.full(len(value), comparison), _where(missing, ~known), _nothing(len(value)), peers)


def _where(words: pd.Categorical, holds: np.ndarray) -> pd.Categorical:
    return words.take(np.where(holds, np.arange(len(words)), -1), allow_fill=True)


def _nothing(count: int) -> pd.Categorical:
    return coded(np.full(count, -1), [])


def commitment_test(
    parcels: pd.DataFrame, commitments: pd.DataFrame | None, due: pd.Series, terms: Terms,
    at: pd.Timestamp,
) -> Test:  # fmt: skip
    """Hold the worst of a contract's commitments that are due long enough against the least ratio.

    Reads the table of :func:`landtool.rules.commitments.judge_commitments`: current tests of metrics
    and documents that the policy tests. Land without a commitment breaks none; without the layer
    nothing is known.
    """
    count = len(parcels)
    if commitments is None:
        return _open(count, "commitments", _AT_LEAST, terms.commitment_ratio)
    rows = commitments[commitments["is_current"] & commitments["is_tested"]]
    by_contract = _per_key(rows, "contract_id", terms)
    by_parcel = _per_key(rows[rows["contract_id"].isna()], "parcel_id", terms)
    contract = texts(parcels, "contract_id")
    at_contract = positions(contract, by_contract.index)
    at_parcel = positions(texts(parcels, "parcel_id"), by_parcel.index)
    place = np.where(contract.notna(), at_contract, np.where(
        at_parcel >= 0, at_parcel + len(by_contract), -1))  # fmt: skip
    table = pd.concat([by_contract, by_parcel])
    yearly, investment = (np.append(table[name].to_numpy(), np.nan)[place] for name in ("yearly", "investment"))
    missing = pd.Categorical(table["missing"]).take(place, allow_fill=True)
    # Investment is due at completion; the rule counts from full production for all alike.
    late = anniversary(due, terms.commitment_years) <= at.to_datetime64()
    value = np.fmin(yearly, np.where(late, investment, np.nan))
    held = _held(value, np.full(count, terms.commitment_ratio), _AT_LEAST, missing)
    open_ = (missing.codes >= 0) & (held.verdict != FIRES)
    none = ~open_ & np.isnan(value)
    reason = np.where(none, np.where(place < 0, 0, 1), -1)
    return replace(held, verdict=np.select([open_, none], [OPEN, UNJUDGED], held.verdict),
                   missing=_where(missing, open_), reason=coded(reason, ["no_commitment", "not_due"]))


def _per_key(rows: pd.DataFrame, key: str, terms: Terms) -> pd.DataFrame:
    """The worst ratio of yearly metrics and of investment per contract, and what is missing."""
    yearly = (rows["metric"] != "investment").to_numpy()
    grown = pd.to_datetime(anniversary(rows["due_date"], terms.commitment_years))
    # A year that begins with full production is a year of it: its test falls on the last day.
    enough = (grown <= rows["test_date"] + pd.Timedelta(days=1)).to_numpy()
    missing = rows["missing"].where(rows["status"] == "not_assessable")
    table = pd.DataFrame({
        "yearly": rows["ratio"].where(yearly & enough), "investment": rows["ratio"].where(~yearly),
        "missing": missing}, index=rows.index)  # fmt: skip
    return table.groupby(rows[key]).agg({"yearly": "min", "investment": "min", "missing": "first"})


def control_test(parcels: pd.DataFrame, name: str, control: pd.DataFrame | None) -> Test:
    """Take the verdict of a control indicator as it was made, by the edition at signature.

    Reads ``parcel_id, indicator, value, threshold, comparison, verdict, missing``: ``met`` is clear,
    ``failed`` fires, ``not_due`` and ``not_applicable`` are not judged.
    """
    if control is None:
        return _open(len(parcels), f"control.{name}", -1, np.nan)
    rows = control.loc[(control["indicator"] == name).to_numpy(), _CONTROL_COLUMNS]
    own = texts(parcels, "parcel_id")
    if len(rows) == len(own) and rows["parcel_id"].array.equals(own.array):
        # As the indicators are judged: every parcel once, in its order.
        at = np.arange(len(own))
    else:
        rows = rows.drop_duplicates("parcel_id")
        at = positions(own, rows["parcel_id"])
    said = pd.Categorical(rows["verdict"])
    unknown = f"control.{name}"
    lacks = rows["missing"].where((said == "not_assessable") & rows["missing"].notna(), unknown)
    verdict = _taken([_CONTROL_CODES.get(word, OPEN) for word in said.categories], said.codes, at, OPEN)
    compared = pd.Categorical(rows["comparison"])
    comparison = [COMPARISONS.index(word) if word in COMPARISONS else -1 for word in compared.categories]
    missing = pd.Categorical(pd.concat([lacks, pd.Series([unknown], dtype="str")])).take(at)
    value, threshold = (np.append(numbers(rows, key).to_numpy(), np.nan)[at] for key in ("value", "threshold"))
    return Test(
        verdict, value, threshold,
        _taken(comparison, compared.codes, at, -1), _where(missing, verdict == OPEN),
        _where(said.take(at, allow_fill=True), verdict == UNJUDGED))  # fmt: skip


def _taken(codes: list[int], words: np.ndarray, at: np.ndarray, otherwise: int) -> np.ndarray:
    """The code of each row's word at the positions; ``otherwise`` where there is no word, or no row."""
    by_row = np.array([*codes, otherwise])[words]
    return np.append(by_row, otherwise)[at]


def zombie_test(
    parcels: pd.DataFrame, figures: Mapping[int, pd.DataFrame], terms: Terms, year: int | None
) -> Test:
    """Count the latest years in which a parcel is known to have had neither output nor tax."""
    lacks = "gross_output_cny, tax_cny"
    if year is None:
        return _open(len(parcels), lacks, _BELOW, terms.zombie_years)
    history = [nothing_in(figures.get(year - back), parcels.index) for back in range(terms.zombie_years)]
    found = years_of_nothing(history)
    years = found["years_of_nothing"].to_numpy(dtype="int64")
    fires = years >= terms.zombie_years
    known = fires | found["has_some"].to_numpy()
    return Test(
        np.where(fires, FIRES, np.where(known, CLEAR, OPEN)), np.where(known, years, np.nan),
        np.full(len(years), float(terms.zombie_years)), np.full(len(years), _BELOW),
        coded(np.where(known, -1, 0), [lacks]), _nothing(len(years)))  # fmt: skip


def nothing_in(figures: pd.DataFrame | None, index: pd.Index) -> pd.DataFrame:
    """Output and tax of a year on an index; null throughout where there are no figures."""
    if figures is None:
        return pd.DataFrame({"output_cny": np.nan, "tax_cny": np.nan}, index=index)
    return pd.DataFrame({"output_cny": output_of(figures), "tax_cny": numbers(figures, "tax_cny")}
                        ).reindex(index)  # fmt: skip


def _open(count: int, missing: str, comparison: int, threshold: float) -> Test:
    return Test(np.full(count, OPEN), np.full(count, np.nan), np.full(count, float(threshold)),
                np.full(count, comparison), coded(np.zeros(count, dtype="int64"), [missing]), _nothing(count))
