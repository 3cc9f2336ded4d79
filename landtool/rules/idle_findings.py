"""What the idle-land rule says of each contract: one finding per verdict, with its evidence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from landtool import messages
from landtool.columns import translated
from landtool.indicators.full_years import anniversary
from landtool.rules.findings import concat_findings, make_findings, no_findings
from landtool.rules.idle_clock import CAUSE_CODES, Causes, Clock
from landtool.rules.idle_facts import YES, Facts
from landtool.rules.idle_verdicts import Works
from landtool.schema import LAYERS

_EVIDENCE = [
    "signed_date", "agreed_start_date", "agreed_delivery_date", "actual_delivery_date",
    "actual_start_date", "actual_completion_date", "actual_production_date", "disposal_route",
    "disposal_start_date", "idle_due_date", "idle_due_basis", "cause_days", "cause_codes",
    "causes_layer", "is_mortgaged",
]  # fmt: skip
_START = [*_EVIDENCE, "idle_basis", "idle_start_fill_share", "recovery_since", "price_cny",
          "idle_fee_cny"]  # fmt: skip
_WORKS = [
    *_EVIDENCE, "suspended_since_date", "clock_start", "developed_area_m2", "area_due_m2",
    "developed_share", "invested_cny", "total_investment_cny", "total_investment_includes_land",
    "price_cny", "investment_base_cny", "invested_share",
]  # fmt: skip
_REGISTER_DATES = [name for name in _WORKS if name.endswith("_date") and name != "idle_due_date"]
_REGISTER_NUMBERS = [
    "price_cny", "developed_area_m2", "area_due_m2", "invested_cny", "total_investment_cny",
]  # fmt: skip
_PARAMETERS = {
    "full_years": "idle.full_years", "recovery_years": "idle.recovery_years",
    "suspended_years": "idle.suspended_years", "extension_years": "idle.extension_years_max",
    "temporary_years": "idle.temporary_use_years_max", "fee_share": "idle.fee_share",
    "payment_days": "idle.payment_days", "warning_days": "idle.warning_days",
    "developed_min": "idle.developed_share_min", "invested_min": "idle.invested_share_min",
}  # fmt: skip


def idle_findings(facts: Facts, clock: Clock, pause: Clock, works: Works, causes: Causes,
                  verdicts: pd.DataFrame, policy: Any) -> pd.DataFrame:
    """Make the findings of every contract whose status is neither not_idle nor not_applicable."""
    quiet = verdicts["idle_status"].isin(("not_idle", "not_applicable"))
    at = np.flatnonzero(~quiet.to_numpy(dtype=bool))
    if not len(at):
        return no_findings()
    hits = _hits(facts, clock, pause, works, causes, verdicts, policy, at)
    tables = []
    for status, build in _BUILDERS.items():
        rows = hits[hits["idle_status"].eq(status).to_numpy(dtype=bool)]
        if len(rows):
            tables.append(build(rows.copy(), policy))
    return concat_findings(tables)


def cause_texts(codes: np.ndarray) -> np.ndarray:
    """Write recorded cause codes as text, from bits.

    Examples
    --------
    >>> cause_texts(np.array([0, 0b1010], dtype="uint8"))
    array(['', '1,3'], dtype=object)
    """
    table = [",".join(str(code) for code in CAUSE_CODES if bits >> code & 1)
             for bits in range(256)]
    return np.array(table, dtype=object)[codes]


def _hits(facts: Facts, clock: Clock, pause: Clock, works: Works, causes: Causes,
          verdicts: pd.DataFrame, policy: Any, at: np.ndarray) -> pd.DataFrame:
    """Everything texts and evidence name, for the contracts at the given positions."""
    register, begun = facts.register, facts.started[at] == YES
    columns: dict[str, Any] = {"contract_id": register.ids.iloc[at].to_numpy()}
    columns |= {name: verdicts[name].iloc[at].array for name in verdicts.columns}
    columns |= {name: _stamp(register.dates(name)[at]) for name in _REGISTER_DATES}
    columns |= {name: register.numbers(name)[at] for name in _REGISTER_NUMBERS}
    start, full, calendar, recovery = (
        np.where(begun, getattr(pause, name)[at], getattr(clock, name)[at])
        for name in ("due", "full", "calendar", "recovery"))
    net = (facts.as_of - start).astype("float64") - verdicts["cause_days"].iloc[at].to_numpy(
        dtype="float64", na_value=np.nan)
    columns |= {
        "clock_start": _stamp(start), "recovery_since": _stamp(recovery),
        "net_days": np.where(np.isnat(start), np.nan, net),
        "year_days": _span(start, calendar),
        "days_ahead": _span(np.full(len(at), facts.as_of), full),
        "recovery_days": _span(start, anniversary(start, policy["idle.recovery_years"].value)),
        "cause_codes": cause_texts(causes.codes[at]),
        "causes_layer": "present" if causes.recorded else "absent",
        "disposal_route": _null_if_empty(register.texts("disposal_route").iloc[at]),
        "kind": register.texts("kind").iloc[at].to_numpy(),
        **{name: register.answers(name).iloc[at].array
           for name in ("is_mortgaged", "total_investment_includes_land")},
        "developed_share": works.developed_share[at], "invested_share": works.invested_share[at],
        "investment_base_cny": works.investment_base[at],
        "investigation_due": pd.Timestamp(facts.as_of)
        + pd.Timedelta(days=int(policy["idle.investigation_days"].value)),
    }  # fmt: skip
    columns |= {name: policy[key].value for name, key in _PARAMETERS.items()}
    hits = pd.DataFrame(columns, index=pd.RangeIndex(len(at)))
    hits["clock_years"] = np.where(begun, hits["suspended_years"], hits["full_years"])
    _word(hits, "clock", "idle.clock", pd.Series(np.where(begun, "suspension", "start")))
    _word(hits, "due_basis", "idle.due_basis", hits["idle_due_basis"])
    _word(hits, "start_basis", "idle.start_basis", hits["idle_basis"])
    _note(hits, "causes", {"finding.no_causes_layer": np.full(len(at), not causes.recorded)})
    _note(hits, "mortgage", {"finding.mortgage": _said(hits["is_mortgaged"])})
    return hits


def _idle_start(rows: pd.DataFrame, policy: Any, *, status: str, severity: str, threshold: str,
                keys: tuple[str, ...]) -> pd.DataFrame:
    lease = rows["kind"].eq("lease").to_numpy(dtype=bool)
    priced = rows["idle_fee_cny"].notna().to_numpy(dtype=bool)
    _note(rows, "fee", {"finding.draft_fee": priced, "finding.lease_fee": lease & ~priced,
                        "finding.no_price": ~lease & ~priced})
    return _contract_findings(
        rows, rule_id="idle.order53.art2_1", severity=severity, clause=_clauses(policy, *keys),
        message=f"finding.{status}", measured="net_days", threshold=threshold, unit="days",
        since="idle_since", due="investigation_due", evidence=_START)


def _idle_2y(rows: pd.DataFrame, policy: Any) -> pd.DataFrame:
    return _idle_start(rows, policy, status="idle_2y", severity="recover",
                       threshold="recovery_days", keys=("idle.full_years", "idle.recovery_years"))


def _idle_1y(rows: pd.DataFrame, policy: Any) -> pd.DataFrame:
    return _idle_start(rows, policy, status="idle_1y", severity="breach", threshold="year_days",
                       keys=("idle.full_years", "idle.fee_share"))


def _government(rows: pd.DataFrame, policy: Any) -> pd.DataFrame:
    return _contract_findings(
        rows, rule_id="idle.order53.art8", severity="warning",
        clause=_clauses(policy, "idle.government_causes", "idle.disposal_routes"),
        message="finding.idle_government_cause", measured="net_days", threshold="year_days",
        unit="days", since="idle_since", due="investigation_due",
        evidence=[*_WORKS, "idle_basis", "idle_start_fill_share"])


def _suspended(rows: pd.DataFrame, policy: Any) -> pd.DataFrame:
    with_land = _said(rows["total_investment_includes_land"])
    priced = rows["price_cny"].notna().to_numpy(dtype=bool)
    _note(rows, "land_price", {"finding.land_excluded": ~with_land,
                               "finding.land_subtracted": with_land & priced,
                               "finding.land_unusable": with_land & ~priced})
    return _contract_findings(
        rows, rule_id="idle.order53.art2_2", severity="warning",
        clause=_clauses(policy, "idle.suspended_years", "idle.disposal_routes"),
        message="finding.idle_suspended", measured="net_days", threshold="year_days", unit="days",
        since="idle_since", due="investigation_due", evidence=_WORKS)


def _at_risk(rows: pd.DataFrame, policy: Any) -> pd.DataFrame:
    return _contract_findings(
        rows, rule_id="idle.at_risk", severity="warning",
        clause=_clauses(policy, "idle.full_years", "idle.warning_days"),
        message="finding.idle_at_risk", measured="days_ahead", threshold="warning_days",
        unit="days", due="turns_idle_date", evidence=[*_WORKS, "idle_basis", "turns_idle_date"])


def _open(rows: pd.DataFrame, policy: Any) -> pd.DataFrame:
    for language in messages.LANGUAGES:
        rows[f"missing_{language}"] = _field_labels(rows["idle_missing"], language)
    return _contract_findings(
        rows, rule_id="idle.not_assessable", severity="info",
        clause=_clauses(policy, "idle.full_years", "idle.suspended_years"),
        message="finding.idle_not_assessable",
        evidence=["idle_missing", "idle_paragraph1", "idle_paragraph2", *_EVIDENCE])


_BUILDERS: dict[str, Callable[[pd.DataFrame, Any], pd.DataFrame]] = {
    "idle_2y": _idle_2y, "idle_1y": _idle_1y, "idle_government_cause": _government,
    "idle_suspended": _suspended, "at_risk": _at_risk, "not_assessable": _open,
}  # fmt: skip


def _contract_findings(rows: pd.DataFrame, **what: Any) -> pd.DataFrame:
    return make_findings(rows, subject_kind="contract", subject_id="contract_id", **what)


def _clauses(policy: Any, *keys: str) -> str:
    return "；".join(dict.fromkeys(policy[key].clause for key in keys))


def _field_labels(missing: pd.Series, language: str) -> pd.Series:
    """Labels of comma-joined fields; each distinct list is worded once."""
    contracts = LAYERS["contracts"]
    between = "、" if language == "zh" else ", "
    words = {
        names: between.join(
            getattr(LAYERS[name] if name in LAYERS else contracts.field(name), language)
            for name in names.split(","))
        for names in missing.dropna().unique()
    }  # fmt: skip
    return missing.map(words).astype("str")


def _word(hits: pd.DataFrame, name: str, prefix: str, codes: pd.Series) -> None:
    """Add ``<name>_zh`` and ``_en``: the catalogue's words for codes; a null code has none."""
    for language in messages.LANGUAGES:
        hits[f"{name}_{language}"] = translated(codes, partial(_say, prefix, language)).fillna("")


def _say(prefix: str, language: str, code: str) -> str:
    return messages.say(f"{prefix}.{code}", language)


def _note(rows: pd.DataFrame, name: str, notes: dict[str, np.ndarray]) -> None:
    """Add ``<name>_zh`` and ``_en``: the first note whose mask holds, else nothing."""
    for language in messages.LANGUAGES:
        text = np.full(len(rows), "", dtype=object)
        for key, where in notes.items():
            text[where] = messages.render(key, language, rows[where]).to_numpy(dtype=object)
        rows[f"{name}_{language}"] = pd.Series(text, index=rows.index, dtype="str")


def _stamp(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[us]")


def _span(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    return (end - begin) / np.timedelta64(1, "D")


def _null_if_empty(texts: pd.Series) -> Any:
    return texts.where(texts.ne("")).array


def _said(answers: pd.Series) -> np.ndarray:
    return answers.fillna(False).to_numpy(dtype=bool)
