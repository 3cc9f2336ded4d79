"""From an assessment to cases: new findings open cases, known ones say what became of theirs.

A case is never closed here: where its findings are gone it says so, and an officer decides.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from landtool.assessment import Assessment
from landtool.cases import acts, history
from landtool.cases.acts import NewCase
from landtool.cases.canonical import canonical, plain
from landtool.cases.compare import days_between, finding_changes
from landtool.cases.database import writing
from landtool.cases.history import Draft
from landtool.cases.models import CASES
from landtool.cases.permit import Actor
from landtool.cases.store import CaseStore
from landtool.cases.workflow import Workflow
from landtool.rules.findings import no_findings

#: What a case keeps of a finding.
_KEPT = ["finding_id", "rule_id", "severity", "clause", "measured", "threshold", "unit", "since", "due",
         "message_zh", "message_en", "evidence"]  # fmt: skip
#: What a case keeps of its contract and parcel, as far as it is known.
FACTS = (
    "parcel_id", "contract_id", "holder", "kind", "supply_mode", "district_code", "district_name", "park_id",
    "park_name", "land_use_code", "industry_code", "signed_date", "area_m2", "contract_area_m2", "price_cny",
    "annual_rent_cny", "term_years", "expiry_date", "far_min", "far_max", "agreed_delivery_date",
    "agreed_start_date", "agreed_completion_date", "agreed_production_date", "actual_delivery_date",
    "actual_start_date", "actual_completion_date", "actual_production_date", "developed_area_m2", "area_due_m2",
    "invested_cny", "total_investment_cny", "suspended_since_date", "disposal_route", "disposal_start_date",
    "is_mortgaged", "lifecycle_stage", "idle_status", "idle_since", "idle_days", "idle_cause", "idle_fee_cny",
    "idle_due_date", "idle_due_basis", "cause_days", "far", "building_coefficient", "output_intensity_cny_m2",
    "investment_intensity_cny_m2", "tax_intensity_cny_m2", "low_efficiency_reasons", "recoverable_area_m2",
)  # fmt: skip
_COLUMNS = ("contract_id", "parcel_id", "holder", "district_code", "park_id", "area_m2")
#: Stages in which the draft amount still follows the assessment.
_UNDECIDED = ("suspected", "investigation")


@dataclass(frozen=True)
class Update:
    """What a run meant for the cases: numbers of cases.

    Attributes
    ----------
    opened, changed, gone, stands : tuple of str
        New cases; open cases whose findings changed, are gone, or still stand.
    decided : tuple of str
        Closed cases whose finding is still there, unchanged: it was decided, no new case is opened.
    """

    opened: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    stands: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Give the counts by name."""
        return {name: len(getattr(self, name)) for name in self.__dataclass_fields__}


def update_cases(store: CaseStore, result: Assessment, actor: Actor, at: dt.datetime,
                 on: dt.date | None = None) -> Update:
    """Match the findings of a run to the cases, and open a case for each subject that has none.

    Findings meet their case by ``finding_id``; a finding of another rule on the same subject and
    workflow joins the open case. A subject whose case was closed gets a new one only where the
    finding differs in severity, in its day or in its year from what was decided.

    Running it again with the same results changes nothing.

    Parameters
    ----------
    store : CaseStore
    result : Assessment
        Its findings, parcels and contracts are read.
    actor, at, on
        See :meth:`landtool.cases.CaseStore.advance`; ``on`` is the day of discovery.

    Returns
    -------
    Update
    """
    as_of = str(result.summary["as_of"])
    found = _relevant(result, store.flows)
    with writing(store.engine) as connection:
        end = history.lock_chain(connection)
        rows = [dict(row) for row in connection.execute(sa.select(CASES)).mappings()]
        book = _Book(rows, found, as_of)
        facts = _subject_facts(result, [*book.unmet, *map(_subject, book.open_rows)])
        drafts: list[Draft] = []
        for row in book.open_rows:
            changes, details = book.reassess(row, store.flows[row["workflow"]])
            known = facts.get(_subject(row)[1:])
            if changes:
                changes |= {"facts": known} if known and canonical(known) != row["facts"] else {}
                acts.save(connection, row, changes)
                drafts.append(acts.record(row["case_id"], actor, at, "reassess", changes, details))
        new = book.new_cases(facts)
        opened, events = acts.open_rows(connection, new, store.flows, actor, at, on or at.date(), store.office,
                                        store.policy)
        if drafts or events:
            history.append(connection, end, [*drafts, *events])
    return Update(tuple(opened), *(tuple(book.met[name]) for name in ("changed", "gone", "stands", "decided")))


def cases_to_open(store: CaseStore, result: Assessment, subjects: Collection[tuple[str, str]]) -> list[NewCase]:
    """Give the cases that :func:`update_cases` would open for some subjects, without opening them.

    Parameters
    ----------
    store : CaseStore
    result : Assessment
    subjects : collection of (kind, number)
        ``("parcel", "P1")``.
    """
    found = _relevant(result, store.flows)
    wanted = pd.MultiIndex.from_frame(found[["subject_kind", "subject_id"]]).isin(list(subjects))
    book = _Book(store.rows(subjects=subjects, heavy=True), found[wanted], str(result.summary["as_of"]))
    return book.new_cases(_subject_facts(result, book.unmet))


def _relevant(result: Assessment, flows: Mapping[str, Workflow]) -> pd.DataFrame:
    """Findings of rules that a workflow knows: with its name, and whether they open a case."""
    table = no_findings() if result.findings is None else result.findings
    kinds = table[["rule_id", "severity"]].drop_duplicates()
    names, opens = {}, {}
    for rule, severity in kinds.itertuples(index=False):
        for name, flow in flows.items():
            if any(flow.opens(rule, each) for each in flow.opens_on.severities):
                names[rule] = name
                opens[rule, severity] = flow.opens(rule, severity)
    table = table[table["rule_id"].isin(names)]
    pairs = pd.MultiIndex.from_frame(table[["rule_id", "severity"]])
    return table.assign(workflow=table["rule_id"].map(names),
                        opens=pd.Series(opens, dtype="bool").reindex(pairs).to_numpy(dtype=bool))


class _Book:
    """The cases of a store beside the findings of a run."""

    def __init__(self, rows: Sequence[dict[str, Any]], found: pd.DataFrame, as_of: str) -> None:
        self.as_of = as_of
        self.met: dict[str, list[str]] = defaultdict(list)
        self.open_rows = [row for row in rows if row["closed_on"] is None]
        self._new = {one["finding_id"]: one for one in _contents(found)}
        subjects = found[["workflow", "subject_kind", "subject_id"]].itertuples(index=False, name=None)
        self._by_subject: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for subject, finding_id in zip(subjects, found["finding_id"], strict=True):
            self._by_subject[subject].append(finding_id)
        self._opening = set(found.loc[found["opens"], "finding_id"])
        held = {_subject(row) for row in self.open_rows}
        held_ids = {one["finding_id"] for row in self.open_rows for one in json.loads(row["findings"])}
        decided = self._decided(rows)
        self.unmet = {subject: ids for subject, ids in self._by_subject.items()
                      if subject not in held and not held_ids & set(ids)
                      and any(one in self._opening and decided.get(one) != _identity(self._new[one])
                              for one in ids)}

    def _decided(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        closed = sorted((row for row in rows if row["closed_on"] is not None), key=lambda row: row["case_id"])
        found: dict[str, Any] = {}
        for row in closed:
            for one in json.loads(row["findings"]):
                found[one["finding_id"]] = _identity(one)
                now = self._new.get(one["finding_id"])
                if now is not None and _identity(now) == _identity(one):
                    self.met["decided"].append(row["case_id"])
        self.met["decided"] = sorted(set(self.met["decided"]))
        return found

    def reassess(self, row: dict[str, Any], flow: Workflow) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give what a case's row has to say now, and in what it changed; nothing if it said so before."""
        kept = {one["finding_id"]: one for one in json.loads(row["findings"])}
        here = [one for one in self._by_subject.get(_subject(row), ()) if one not in kept]
        days = days_between(row["as_of"], self.as_of)
        findings, notes = [], {}
        for finding_id, old in kept.items():
            new = self._new.get(finding_id)
            if new is None:
                findings.append({**old, "standing": "gone"})
                notes[finding_id] = ["gone"] if old["standing"] != "gone" else []
                continue
            parts = finding_changes(old, new, days) + (["back"] if old["standing"] == "gone" else [])
            findings.append({**new, "standing": "changed" if parts else "stands"})
            notes[finding_id] = parts
        joined = [one for one in here if one in self._opening]
        findings += [{**self._new[one], "standing": "changed"} for one in joined]
        notes |= {one: ["joined"] for one in joined}
        if not findings:  # opened by hand, and no run has found anything on its subject
            return {}, {}
        if row["as_of"] == self.as_of and not any(notes.values()):
            self.met[row["flag"] or "stands"].append(row["case_id"])
            return {}, {}
        flag = "changed" if any(notes.values()) else "stands"
        if all(one["standing"] == "gone" for one in findings):
            flag = "gone"
        self.met[flag].append(row["case_id"])
        changes: dict[str, Any] = {"flag": flag, "as_of": self.as_of, "findings": findings}
        if flow.states[row["state"]].stage in _UNDECIDED and flag != "gone":
            changes["amount_cny"] = amount(findings)
        return changes, {"on": self.as_of, "was": {"as_of": row["as_of"], "flag": row["flag"]},
                         "differs": {one: parts for one, parts in notes.items() if parts}}

    def new_cases(self, facts: Mapping[tuple[str, str], dict[str, Any]]) -> list[NewCase]:
        """Make a case for each subject with an opening finding and no case."""
        made = []
        for (workflow, kind, subject), ids in self.unmet.items():
            findings = [{**self._new[one], "standing": "stands"} for one in ids if one in self._opening]
            known = facts.get((kind, subject), {})
            columns = {name: known[name] for name in _COLUMNS if name in known}
            columns |= {f"{kind}_id": subject} if kind in {"contract", "parcel"} else {}
            made.append(NewCase(workflow, kind, subject, {**columns, "amount_cny": amount(findings)}, known,
                                findings, self.as_of))
        return made


def amount(findings: Sequence[Mapping[str, Any]]) -> float | None:
    """Give the sum at stake in CNY: the draft fee, or the shortfalls; None where nothing is known.

    Examples
    --------
    >>> amount([{"evidence": {"idle_fee_cny": 200000.0}}]), amount([{"evidence": {}}])
    (200000.0, None)
    """
    sums = [evidence[name] for evidence in (one["evidence"] for one in findings)
            for name in ("idle_fee_cny", "shortfall_cny") if evidence.get(name) is not None]
    return float(sum(sums)) if sums else None


def _contents(found: pd.DataFrame) -> list[dict[str, Any]]:
    """What a case keeps of each finding, as JSON carries it."""
    return [{**{name: plain(value) for name, value in row.items()}, "evidence": json.loads(row["evidence"])}
            for row in found[_KEPT].to_dict(orient="records")]


def _identity(finding: Mapping[str, Any]) -> str:
    """What makes a finding one that was decided already."""
    return canonical([finding["severity"], finding["since"], finding["evidence"].get("year")])


def _subject(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["workflow"], row["subject_kind"], row["subject_id"]


def _subject_facts(result: Assessment, subjects: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Known facts of each subject: the contract's columns, and the parcel's where there is one."""
    wanted = {(kind, name) for _, kind, name in subjects}
    parcels = _lookup(result.parcels, "parcel_id", {name for kind, name in wanted if kind == "parcel"})
    numbers = {name for kind, name in wanted if kind == "contract"} | {
        str(row["contract_id"]) for row in parcels.values() if row.get("contract_id")}
    contracts = _lookup(result.contracts, "contract_id", numbers)
    of_contracts = {str(row["parcel_id"]) for row in contracts.values() if row.get("parcel_id")}
    parcels |= _lookup(result.parcels, "parcel_id", of_contracts - parcels.keys())
    found = {}
    for kind, name in wanted:
        if kind == "parcel":
            parcel = parcels.get(name, {})
            contract = contracts.get(str(parcel.get("contract_id")), {})
        else:
            contract = contracts.get(name, {})
            parcel = parcels.get(str(contract.get("parcel_id")), {})
        found[kind, name] = {**contract, **parcel}
    return found


def _lookup(frame: pd.DataFrame | None, key: str, names: set[str]) -> dict[str, dict[str, Any]]:
    if frame is None or not names or key not in frame:
        return {}
    part = pd.DataFrame(frame.loc[frame[key].isin(names), [name for name in FACTS if name in frame]])
    records = part.drop_duplicates(key).to_dict(orient="records")
    return {str(row[key]): {name: value for name, cell in row.items()
                            if (value := plain(cell)) is not None} for row in records}
