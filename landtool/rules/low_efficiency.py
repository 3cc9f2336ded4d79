"""Low-efficiency land (国土资发〔2016〕147号): AND/OR rules of the policy on supplied industrial land.

Any one rule suffices; the tests that ``&`` joins must hold together. Idle land, land still within its
ramp and land below the size gate are not judged. A parcel is low-efficiency as soon as one rule fires,
and is not only if every rule can be told. Who is judged stands in ``low_efficiency_standing``, the
tests in ``low_efficiency_tests``, the policy's words in ``low_efficiency_terms``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from landtool.columns import day, numbers, require_columns, texts, true_names
from landtool.indicators.peers import PEER_BASES
from landtool.policy import Policy
from landtool.rules.low_efficiency_findings import low_efficiency_findings
from landtool.rules.low_efficiency_standing import standing_of
from landtool.rules.low_efficiency_terms import CONTROL, RELATIVE, Terms, read_terms
from landtool.rules.low_efficiency_tests import (
    CLEAR,
    COMPARISONS,
    FIRES,
    OPEN,
    UNJUDGED,
    VERDICTS,
    Test,
    commitment_test,
    control_test,
    relative_test,
    zombie_test,
)

__all__ = ["LOW_EFFICIENCY_COLUMNS", "LOW_EFFICIENCY_STATUSES", "LowEfficiencyResult",
           "judge_low_efficiency"]  # fmt: skip

# Most serious first: the order in which people read statuses.
LOW_EFFICIENCY_STATUSES = (
    "low_efficiency", "not_assessable", "not_low_efficiency", "in_ramp", "below_size", "idle",
    "not_applicable",
)  # fmt: skip
LOW_EFFICIENCY_COLUMNS = [
    "parcel_id", "rule", "part", "value", "threshold", "comparison", "unit", "peers", "peer_basis",
    "verdict", "part_verdict", "margin", "missing", "reason", "clause", "route",
]  # fmt: skip
_UNITS = {"output_intensity": "cny_m2", "tax_intensity": "cny_m2", "zombie": "years",
          "commitment": "ratio", "far": "ratio"}  # fmt: skip
# Made whatever the rules are: the median that potential is measured by, and zombies.
_ALWAYS = ("output_intensity", "zombie")
# Routes by which the whole parcel comes back; by the others the holder keeps what he uses.
_WHOLE_PARCEL = ("buy_back", "recover")


@dataclass(frozen=True)
class LowEfficiencyResult:
    """What the rules say.

    Attributes
    ----------
    table : pandas.DataFrame
        :data:`LOW_EFFICIENCY_COLUMNS`, one row per rule (and part of it) and parcel that is, or may be,
        supplied industrial land. ``verdict`` is the whole rule's, ``part_verdict`` the test's:
        ``fires``, ``clear``, ``not_assessable`` (with ``missing``), ``not_judged`` (with ``reason``).
        ``margin`` is the distance to the threshold as a share of it, negative on the wrong side.
        ``peers`` and ``peer_basis`` (``division`` or ``region``) say what a median was taken over.
    parcels : pandas.DataFrame
        On the parcels' index: ``is_low_efficiency`` (three-valued), ``low_efficiency_status`` (of
        :data:`LOW_EFFICIENCY_STATUSES`), ``low_efficiency_reasons`` (rules that fire),
        ``low_efficiency_missing, low_efficiency_route, low_efficiency_margin`` (the worst),
        ``is_zombie, judged_from_date``; ``foregone_output_cny``: what the parcel's area would make at
        its peers' median, less what it makes; ``recoverable_area_m2``: the whole parcel where the route
        is to buy it back or recover it, else the land that its output would not need at that median.
        Both are zero on land that is not low-efficiency, and null where it is not known.
    findings : pandas.DataFrame
        Low-efficiency parcels, and zombie parcels.
    """

    table: pd.DataFrame
    parcels: pd.DataFrame
    findings: pd.DataFrame


def judge_low_efficiency(
    parcels: pd.DataFrame,
    figures: Mapping[int, pd.DataFrame],
    commitments: pd.DataFrame | None,
    control: pd.DataFrame | None,
    policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
    *,
    year: int | None,
) -> LowEfficiencyResult | None:
    """Judge every parcel by the policy's rules of low-efficiency land.

    Parameters
    ----------
    parcels : pandas.DataFrame
        ``parcel_id``; reads ``contract_id, is_industrial, is_supplied, idle_status, in_production,
        actual_production_date, agreed_production_date, area_used_m2, output_cny, output_numerator,
        output_intensity_cny_m2, tax_intensity_cny_m2, occupant_division, industry_code``.
    figures : mapping
        Year -> figures of the parcels, on their index.
    commitments : pandas.DataFrame or None
        Table of :func:`landtool.rules.commitments.judge_commitments`.
    control : pandas.DataFrame or None
        Tests of the control indicators: ``parcel_id, indicator, value, threshold, comparison, verdict,
        missing``.
    policy : Policy
        Uses ``low_efficiency.*, commitment.ramp_months, zombie.years``.
    as_of : date
        The day.
    year : int or None
        The latest year of figures.

    Returns
    -------
    LowEfficiencyResult or None
        None where the policy has no rules.

    Raises
    ------
    InputDataError
        If there is no ``parcel_id``.
    PolicyError
        See :func:`landtool.rules.low_efficiency_terms.read_terms`.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> parcels = pd.DataFrame({
    ...     "parcel_id": list("abcde"), "is_industrial": True, "is_supplied": True, "in_production": True,
    ...     "actual_production_date": pd.Timestamp("2015-01-01"), "idle_status": "not_idle",
    ...     "area_used_m2": 1000.0, "output_cny": [1e6, 6e6, 7e6, 8e6, 9e6],
    ...     "output_intensity_cny_m2": [1e3, 6e3, 7e3, 8e3, 9e3], "occupant_division": "36"})
    >>> found = judge_low_efficiency(parcels, {}, None, None, load_policy("chongqing-2021"),
    ...                              "2025-12-31", year=2025)
    >>> found.parcels["low_efficiency_reasons"].tolist()
    ['output_intensity', nan, nan, nan, nan]
    >>> float(found.parcels["foregone_output_cny"].iloc[0])
    6000000.0
    """
    require_columns(parcels, ["parcel_id"], "parcels")
    at = day(as_of)
    terms = read_terms(policy, at)
    if terms is None:
        return None
    standing = standing_of(parcels, figures, terms, at, commitments)
    judged, peers = standing["standing"] == "judged", standing["is_peer"]

    def test(name: str) -> Test:
        if name in RELATIVE:
            return relative_test(parcels, name, peers, terms)
        if name in CONTROL:
            return control_test(parcels, name, control)
        if name == "commitment":
            return commitment_test(parcels, commitments, standing["judged_from_date"], terms, at)
        return zombie_test(parcels, figures, terms, year)

    used = dict.fromkeys([part for _, parts in terms.rules for part in parts] + list(_ALWAYS))
    tests = {name: test(name).only(judged.to_numpy()) for name in used}
    whole = {rule: _joined([tests[part].verdict for part in parts])
             for rule, parts in terms.rules}  # fmt: skip
    by_parcel = _on_parcels(parcels, standing, tests, whole, terms)
    return LowEfficiencyResult(_rows(parcels, standing, tests, whole, terms), by_parcel,
                               low_efficiency_findings(parcels, by_parcel, terms))


def _joined(verdicts: list[np.ndarray]) -> np.ndarray:
    """Join the parts of one rule: clear as soon as one is, firing only if all do."""
    parts = np.stack(verdicts)
    conditions = [(parts == code).any(axis=0) for code in (CLEAR, UNJUDGED, OPEN)]
    return np.select(conditions, [CLEAR, UNJUDGED, OPEN], FIRES)


def _on_parcels(
    parcels: pd.DataFrame, standing: pd.DataFrame, tests: dict[str, Test],
    whole: dict[str, np.ndarray], terms: Terms,
) -> pd.DataFrame:  # fmt: skip
    index = parcels.index
    verdicts = pd.DataFrame(whole, index=index)
    fires, lacks = verdicts == FIRES, verdicts == OPEN
    any_fires, any_open = fires.any(axis=1), lacks.any(axis=1)
    said = np.select([any_fires, any_open, (verdicts == CLEAR).any(axis=1)], [0, 1, 2], 6)
    place = standing["standing"].map({"open": 1, "in_ramp": 3, "below_size": 4, "idle": 5,
                                      "not_applicable": 6}).to_numpy(dtype="float64")  # fmt: skip
    code = np.where(np.isnan(place), said, np.nan_to_num(place)).astype("int64")
    status = pd.Series(pd.array(LOW_EFFICIENCY_STATUSES, dtype="str").take(code), index=index)
    flag = pd.Series(pd.array([True, pd.NA, False, pd.NA, pd.NA, pd.NA, pd.NA], dtype="boolean").take(code),
                     index=index)
    route = _route(fires, terms)
    zombie = tests["zombie"].verdict
    is_zombie = pd.arrays.BooleanArray(zombie == FIRES, (zombie == OPEN) | (zombie == UNJUDGED))
    margins = np.stack([np.where(test.verdict == FIRES, test.margin, np.nan) for test in tests.values()])
    peers = tests["output_intensity"].peers
    median = pd.Series(np.nan, index=index) if peers is None else peers["median"]
    return pd.DataFrame({
        "is_low_efficiency": flag, "low_efficiency_status": status,
        "low_efficiency_reasons": true_names(fires),
        "low_efficiency_missing": standing["missing"].fillna(_missing(tests, lacks, terms)).where(
            status == "not_assessable"),
        "low_efficiency_route": route, "low_efficiency_margin": np.where(any_fires, np.fmin.reduce(margins), np.nan),
        "is_zombie": is_zombie, "judged_from_date": standing["judged_from_date"],
        **_potential(parcels, flag, route, median),
    }, index=index)  # fmt: skip


def _route(fires: pd.DataFrame, terms: Terms) -> pd.Series:
    """The most far-reaching of the routes that the firing rules suggest."""
    best = np.full(len(fires), -1)
    for rule in fires.columns:
        route = terms.route(str(rule))
        if route is not None:
            best = np.where(fires[rule], np.maximum(best, terms.routes.index(route)), best)
    found = pd.array([*terms.routes], dtype="str").take(best, allow_fill=True)
    return pd.Series(found, index=fires.index)


def _missing(tests: dict[str, Test], lacks: pd.DataFrame, terms: Terms) -> pd.Series:
    """Name what the open rules lack, each field once, in the order in which rules and parcels name them."""
    flags: dict[str, np.ndarray] = {}
    for rule, parts in terms.rules:
        for part in parts:
            test = tests[part]
            named = np.where(lacks[rule] & (test.verdict == OPEN), test.missing.codes, -1)
            for code in pd.unique(named[named >= 0]):
                for field in test.missing.categories[code].split(", "):
                    flags[field] = flags.get(field, False) | (named == code)
    if not flags:
        return pd.Series(None, index=lacks.index, dtype="str")
    return true_names(pd.DataFrame(flags, index=lacks.index))


def _potential(
    parcels: pd.DataFrame, flag: pd.Series, route: pd.Series, median: pd.Series
) -> dict[str, pd.Series]:
    """What low-efficiency land could make at its peers' median, and how much of it could be had back."""
    area, output = numbers(parcels, "area_used_m2"), numbers(parcels, "output_cny")
    gap = (median * area - output).clip(lower=0.0)
    spare = (area - output / median.where(median > 0)).clip(lower=0.0)
    spare = spare.mask(route.isin(_WHOLE_PARCEL), area)
    low, high = flag.fillna(False).astype("bool"), (~flag).fillna(False).astype("bool")
    return {"recoverable_area_m2": spare.where(low).mask(high, 0.0),
            "foregone_output_cny": gap.where(low).mask(high, 0.0)}  # fmt: skip


def _rows(
    parcels: pd.DataFrame, standing: pd.DataFrame, tests: dict[str, Test],
    whole: dict[str, np.ndarray], terms: Terms,
) -> pd.DataFrame:  # fmt: skip
    """One row per rule, part and parcel on which the rules bear; words that repeat are categories."""
    at = np.flatnonzero(standing["standing"] != "not_applicable")
    bars = pd.Index(["idle", "below_size", "in_ramp"])
    bar = pd.Categorical.from_codes(bars.get_indexer(standing["standing"]), bars)
    lack = pd.Categorical(standing["missing"])
    is_open = standing["missing"].notna().to_numpy()[at]
    used = [(rule, tests[part]) for rule, parts in terms.rules for part in parts]

    def stacked(cells: Callable[[str, Test], Any]) -> np.ndarray:
        return np.concatenate([cells(rule, test)[at] for rule, test in used])

    def words(named: Callable[[Test], pd.Categorical], otherwise: pd.Categorical) -> Any:
        names, codes = list(otherwise.categories), []
        for _, test in used:
            own = named(test)
            codes.append(np.where(own.codes >= 0, len(names) + own.codes.astype("int64"), otherwise.codes)[at])
            names += list(own.categories)
        return pd.array(names, dtype="str").take(np.concatenate(codes), allow_fill=True)

    def verdicts(codes: np.ndarray) -> pd.Categorical:
        return pd.Categorical.from_codes(np.where(np.tile(is_open, len(used)), OPEN, codes), VERDICTS)

    cells = [(rule, part, _UNITS.get(part, "share"), terms.clauses[part], terms.route(rule))
             for rule, parts in terms.rules for part in parts]  # fmt: skip
    named = {name: pd.Categorical.from_codes(np.repeat(codes, len(at)), pd.Index(words, dtype="str"))
             for name, column in zip(("rule", "part", "unit", "clause", "route"), zip(*cells, strict=True), strict=True)
             for codes, words in [pd.factorize(np.array(column, dtype=object))]}  # fmt: skip
    own = texts(parcels, "parcel_id").array.take(np.tile(at, len(used)))
    made = {
        **named, "parcel_id": own, "value": stacked(lambda _, test: test.value),
        "threshold": stacked(lambda _, test: test.threshold), "margin": stacked(lambda _, test: test.margin),
        "comparison": pd.Categorical.from_codes(stacked(lambda _, test: test.comparison), COMPARISONS),
        **_peers([test for _, test in used], at), "verdict": verdicts(stacked(lambda rule, _: whole[rule])),
        "part_verdict": verdicts(stacked(lambda _, test: test.verdict)),
        "missing": words(lambda test: test.missing, lack), "reason": words(lambda test: test.reason, bar),
    }  # fmt: skip
    return pd.DataFrame({name: made[name] for name in LOW_EFFICIENCY_COLUMNS}, copy=False)


def _peers(used: list[Test], at: np.ndarray) -> dict[str, Any]:
    """Among how many a median was taken, and over what; null of a test that is not relative."""
    nobody = pd.arrays.IntegerArray(np.zeros(len(at), dtype="int64"), np.ones(len(at), dtype=bool))
    nothing = np.full(len(at), -1)
    counts = [nobody if test.peers is None else test.peers["peers"].array.take(at) for test in used]
    bases = [nothing if test.peers is None else pd.Categorical(test.peers["peer_basis"], PEER_BASES).codes[at]
             for test in used]  # fmt: skip
    return {"peers": pd.concat([pd.Series(count) for count in counts], ignore_index=True),
            "peer_basis": pd.Categorical.from_codes(np.concatenate(bases), PEER_BASES)}
