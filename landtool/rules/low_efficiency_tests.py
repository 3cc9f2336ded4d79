"""The tests that rules of low-efficiency land are made of, each on all parcels at once.

Every test gives ``verdict`` (position in :data:`VERDICTS`), ``value, threshold, comparison``, ``peers,
peer_basis`` where it is relative, ``missing`` where it is not assessable, ``reason`` where it is not
judged.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from landtool.codes.industry import division
from landtool.columns import numbers, positions, texts
from landtool.indicators.full_years import anniversary
from landtool.indicators.output import NUMERATORS
from landtool.indicators.peers import peer_medians, years_of_nothing
from landtool.rules.low_efficiency_standing import output_of
from landtool.rules.low_efficiency_terms import Terms

VERDICTS = ("fires", "clear", "not_assessable", "not_judged")
FIRES, CLEAR, OPEN, UNJUDGED = range(4)
_CONTROL_CODES = {"met": CLEAR, "failed": FIRES, "not_assessable": OPEN, "not_due": UNJUDGED,
                  "not_applicable": UNJUDGED}  # fmt: skip
_CONTROL_COLUMNS = ["parcel_id", "value", "threshold", "comparison", "verdict", "missing"]
# A value this much below a threshold, as a share of it, is the rounding of sums.
_ROUNDING = 1e-9


def relative_test(
    parcels: pd.DataFrame, name: str, judged: pd.Series, terms: Terms
) -> pd.DataFrame:
    """Hold an intensity against its share of the industry's median among the parcels judged.

    The industry is that of the enterprise which occupies most of the parcel, else the contract's.
    """
    column = f"{name}_cny_m2"
    value = numbers(parcels, column)
    industry = texts(parcels, "occupant_division").fillna(
        division(texts(parcels, "industry_code")).astype("str"))
    peers = peer_medians(value.where(judged), industry.where(judged), terms.peers_min)
    field = NUMERATORS.get(_first(parcels, "output_numerator"), "gross_output_cny")
    field = "tax_cny" if name == "tax_intensity" else field
    no_area = numbers(parcels, "area_used_m2").isna()
    missing = pd.Series(field, index=parcels.index, dtype="str").mask(no_area, "area_m2")
    missing = missing.mask(value.notna(), "peers")
    return _held(value, terms.median_ratio * peers["median"], ">=", missing).assign(
        median=peers["median"], peers=peers["peers"], peer_basis=peers["peer_basis"])


def _first(frame: pd.DataFrame, name: str) -> str:
    known = texts(frame, name).dropna()
    return "" if known.empty else str(known.iloc[0])


def _held(
    value: pd.Series, threshold: pd.Series, comparison: str, missing: pd.Series
) -> pd.DataFrame:
    slack = _ROUNDING * threshold.abs()
    bad = value < threshold - slack if comparison == ">=" else value > threshold + slack
    known = value.notna() & threshold.notna()
    verdict = np.where(known, np.where(bad, FIRES, CLEAR), OPEN)
    return pd.DataFrame({
        "verdict": verdict, "value": value, "threshold": threshold, "comparison": comparison,
        "missing": missing.where(~known)}, index=value.index)  # fmt: skip


def commitment_test(
    parcels: pd.DataFrame, commitments: pd.DataFrame | None, due: pd.Series, terms: Terms,
    at: pd.Timestamp,
) -> pd.DataFrame:  # fmt: skip
    """Hold the worst of a contract's commitments that are due long enough against the least ratio.

    Reads the table of :func:`landtool.rules.commitments.judge_commitments`: current tests of metrics
    and documents that the policy tests. Land without a commitment breaks none; without the layer
    nothing is known.
    """
    index = parcels.index
    if commitments is None:
        return _open(index, "commitments", ">=", terms.commitment_ratio)
    rows = commitments[commitments["is_current"] & commitments["is_tested"]]
    by_contract = _per_key(rows, "contract_id", terms)
    by_parcel = _per_key(rows[rows["contract_id"].isna()], "parcel_id", terms)
    contract = texts(parcels, "contract_id")
    at_contract = positions(contract, by_contract.index)
    at_parcel = positions(texts(parcels, "parcel_id"), by_parcel.index)
    table = pd.concat([by_contract, by_parcel])
    place = np.where(contract.notna(), at_contract, np.where(
        at_parcel >= 0, at_parcel + len(by_contract), -1))  # fmt: skip
    found = pd.DataFrame({name: table[name].array.take(place, allow_fill=True)
                          for name in table.columns}, index=index)  # fmt: skip
    # Investment is due at completion; the rule counts from full production for all alike.
    late = pd.to_datetime(anniversary(due, terms.commitment_years)) <= at
    value = pd.concat([found["yearly"], found["investment"].where(late)], axis=1).min(axis=1)
    held = _held(value, pd.Series(terms.commitment_ratio, index=index), ">=", found["missing"])
    open_ = found["missing"].notna() & (held["verdict"] != FIRES)
    none = ~open_ & value.isna()
    reason = np.where(place < 0, 0, 1)
    words = pd.Series(pd.array(["no_commitment", "not_due"], dtype="str").take(reason), index=index)
    held["verdict"] = np.select([open_, none], [OPEN, UNJUDGED], held["verdict"])
    return held.assign(missing=found["missing"].where(open_), reason=words.where(none))


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


def control_test(parcels: pd.DataFrame, name: str, control: pd.DataFrame | None) -> pd.DataFrame:
    """Take the verdict of a control indicator as it was made, by the edition at signature.

    Reads ``parcel_id, indicator, value, threshold, comparison, verdict, missing``: ``met`` is clear,
    ``failed`` fires, ``not_due`` and ``not_applicable`` are not judged.
    """
    if control is None:
        return _open(parcels.index, f"control.{name}", None, np.nan)
    rows = control.loc[(control["indicator"] == name).to_numpy(), _CONTROL_COLUMNS]
    own = texts(parcels, "parcel_id")
    if len(rows) == len(own) and rows["parcel_id"].array.equals(own.array):
        # As the indicators are judged: every parcel once, in its order.
        at = np.arange(len(own))
    else:
        rows = rows.drop_duplicates("parcel_id")
        at = positions(own, rows["parcel_id"])
    said = positions(rows["verdict"], pd.Index(list(_CONTROL_CODES)))
    codes = np.array([*_CONTROL_CODES.values(), OPEN])[said]
    verdict = np.append(codes, OPEN)[at]

    def where(holds: np.ndarray, name: str) -> pd.Series:
        taken = texts(rows, name).array.take(np.where(holds, at, -1), allow_fill=True)
        return pd.Series(taken, index=parcels.index)

    missing = where(verdict == OPEN, "missing")
    unnamed = missing.isna().to_numpy() & (verdict == OPEN)
    return pd.DataFrame({
        "verdict": verdict, "comparison": where(at >= 0, "comparison"),
        **{key: np.append(numbers(rows, key).to_numpy(), np.nan)[at] for key in ("value", "threshold")},
        "missing": missing.mask(unnamed, f"control.{name}"),
        "reason": where(verdict == UNJUDGED, "verdict")}, index=parcels.index)  # fmt: skip


def zombie_test(
    parcels: pd.DataFrame, figures: Mapping[int, pd.DataFrame], terms: Terms, year: int | None
) -> pd.DataFrame:
    """Count the latest years in which a parcel is known to have had neither output nor tax."""
    if year is None:
        return _open(parcels.index, "gross_output_cny, tax_cny", "<", terms.zombie_years)
    history = [nothing_in(figures.get(year - back), parcels.index) for back in range(terms.zombie_years)]
    found = years_of_nothing(history)
    fires = (found["years_of_nothing"] >= terms.zombie_years).to_numpy(dtype=bool)
    known = fires | found["has_some"].to_numpy()
    missing = pd.Series("gross_output_cny, tax_cny", index=parcels.index, dtype="str")
    return pd.DataFrame({
        "verdict": np.where(fires, FIRES, np.where(known, CLEAR, OPEN)),
        "value": found["years_of_nothing"].astype("float64").where(known),
        "threshold": float(terms.zombie_years), "comparison": "<", "missing": missing.where(~known)},
        index=parcels.index)  # fmt: skip


def nothing_in(figures: pd.DataFrame | None, index: pd.Index) -> pd.DataFrame:
    """Output and tax of a year on an index; null throughout where there are no figures."""
    if figures is None:
        return pd.DataFrame({"output_cny": np.nan, "tax_cny": np.nan}, index=index)
    return pd.DataFrame({"output_cny": output_of(figures), "tax_cny": numbers(figures, "tax_cny")}
                        ).reindex(index)  # fmt: skip


def _open(index: pd.Index, missing: str, comparison: str | None, threshold: float) -> pd.DataFrame:
    return pd.DataFrame({"verdict": OPEN, "value": np.nan, "threshold": threshold,
                         "comparison": comparison, "missing": missing}, index=index)
