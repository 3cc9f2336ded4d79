"""What a case is to those who read it: facts, steps, deadlines, the calculation behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Document:
    """A document attached to a step; its content lies under ``case_files`` by its SHA-256."""

    sha256: str
    name: str
    size: int


@dataclass(frozen=True)
class Finding:
    """A finding the case rests on, with the calculation behind it.

    Attributes
    ----------
    finding_id, rule_id, severity, clause, unit : str
        As in findings.parquet.
    measured, threshold : float or None
        In ``unit``.
    since, due : date or None
        As in findings.parquet.
    message_zh, message_en : str
        The sentence of the assessment.
    evidence : dict
        The inputs the rule used (dates as ISO text, amounts in CNY, areas in m²).
    standing : str
        ``stands``, ``changed`` or ``gone`` by the latest assessment.
    """

    finding_id: str
    rule_id: str
    severity: str
    clause: str
    measured: float | None
    threshold: float | None
    unit: str
    since: date | None
    due: date | None
    message_zh: str
    message_en: str
    evidence: dict[str, Any]
    standing: str = "stands"


@dataclass(frozen=True)
class Step:
    """One event of a case.

    Attributes
    ----------
    seq, version : int
        Place in the chain of the whole store, and in the case.
    at : datetime
        When it was entered, UTC; ``on`` is the day the act itself bears.
    action : str
        Name of the transition, or ``open``, ``note``, ``assign``, ``reassess``.
    changes : dict
        Columns of the case that the event set.
    details : dict
        What else was recorded: number of days and clause of a deadline, amounts.
    """

    seq: int
    version: int
    at: datetime
    on: date | None
    actor: str
    verified: bool
    action: str
    from_state: str | None
    to_state: str | None
    note: str
    documents: tuple[Document, ...]
    changes: dict[str, Any]
    details: dict[str, Any]
    hash: str


@dataclass(frozen=True)
class Case:
    """One recovery case as its events add up.

    Attributes
    ----------
    case_id, workflow, state : str
        ``XZ2026-00001``; ``idle``, ``low_efficiency`` or ``commitment``; the state by the workflow.
    subject_kind, subject_id : str
        The parcel or contract it is about.
    contract_id, parcel_id, holder, district_code, park_id : str or None
        Null where the assessment did not know.
    area_m2, amount_cny, paid_cny : float or None
        Area of the parcel (of the contract where there is no parcel); the draft idle fee, or the
        amount decided; what was paid.
    measure, outcome : str or None
        ``fee``, ``recovery``, a route; how the case ended.
    due_date, due_clause : date, str or None
        The next deadline and where it stands.
    flag : str or None
        ``stands``, ``changed`` or ``gone`` by the latest assessment, of ``as_of``.
    stepped_on, opened_on, closed_on : date
        Day of the last step, of opening, of closing (None while open).
    version : int
        Count of its events: hand it to ``advance`` to be told of what others did meanwhile.
    facts : dict
        The columns of parcel and contract at the latest assessment.
    findings : tuple of Finding
        With the calculation behind each.
    steps : tuple of Step
        The history; empty in lists.
    """

    case_id: str
    workflow: str
    subject_kind: str
    subject_id: str
    state: str
    version: int
    stepped_on: date
    opened_on: date
    closed_on: date | None = None
    contract_id: str | None = None
    parcel_id: str | None = None
    holder: str | None = None
    district_code: str | None = None
    park_id: str | None = None
    area_m2: float | None = None
    amount_cny: float | None = None
    paid_cny: float | None = None
    returns_to: str | None = None
    drafted_by: str | None = None
    measure: str | None = None
    outcome: str | None = None
    assignee: str | None = None
    due_date: date | None = None
    due_clause: str | None = None
    flag: str | None = None
    as_of: date | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the case is still to be carried on."""
        return self.closed_on is None

    @property
    def documents(self) -> tuple[Document, ...]:
        """Every document of the case, in the order they came."""
        return tuple(document for step in self.steps for document in step.documents)
