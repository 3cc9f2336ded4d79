"""The tables of the case store: events are the truth, cases are what the events add up to."""

from __future__ import annotations

from typing import cast

from sqlalchemy import BigInteger, Boolean, Float, Index, Integer, String, Table, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite numbers rows by INTEGER alone.
_SEQ = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables of the store."""


class CaseRow(Base):
    """What the events of one case add up to: read fast, rebuilt and checked from the events.

    Dates are ISO texts, JSON is canonical text: both stores then hold the same bytes.
    """

    __tablename__ = "cases"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    workflow: Mapped[str] = mapped_column(String(40))
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(Text)
    contract_id: Mapped[str | None] = mapped_column(Text)
    parcel_id: Mapped[str | None] = mapped_column(Text)
    holder: Mapped[str | None] = mapped_column(Text)
    district_code: Mapped[str | None] = mapped_column(Text)
    park_id: Mapped[str | None] = mapped_column(Text)
    area_m2: Mapped[float | None] = mapped_column(Float(53))
    amount_cny: Mapped[float | None] = mapped_column(Float(53))
    paid_cny: Mapped[float | None] = mapped_column(Float(53))
    state: Mapped[str] = mapped_column(String(60))
    returns_to: Mapped[str | None] = mapped_column(String(60))
    drafted_by: Mapped[str | None] = mapped_column(Text)
    measure: Mapped[str | None] = mapped_column(String(40))
    outcome: Mapped[str | None] = mapped_column(String(40))
    assignee: Mapped[str | None] = mapped_column(Text)
    due_date: Mapped[str | None] = mapped_column(String(10))
    due_clause: Mapped[str | None] = mapped_column(Text)
    flag: Mapped[str | None] = mapped_column(String(20))
    as_of: Mapped[str | None] = mapped_column(String(10))
    stepped_on: Mapped[str] = mapped_column(String(10))
    opened_on: Mapped[str] = mapped_column(String(10))
    closed_on: Mapped[str | None] = mapped_column(String(10))
    facts: Mapped[str] = mapped_column(Text)
    findings: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        # One open case a subject and workflow, whoever opens it first.
        Index("one_open_case", "workflow", "subject_kind", "subject_id", unique=True,
              sqlite_where=text("closed_on IS NULL"), postgresql_where=text("closed_on IS NULL")),
        Index("cases_by_state", "workflow", "state"),
        Index("cases_by_due", "due_date"),
        Index("cases_by_assignee", "assignee"),
    )


class EventRow(Base):
    """One act, never changed: the database refuses UPDATE and DELETE on this table."""

    __tablename__ = "events"

    seq: Mapped[int] = mapped_column(_SEQ, primary_key=True, autoincrement=False)
    case_id: Mapped[str] = mapped_column(String(32), index=True)
    actor: Mapped[str] = mapped_column(Text)
    verified: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[str] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(60))
    payload: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class ChainRow(Base):
    """The end of the chain: one row, locked by whoever writes."""

    __tablename__ = "chain"

    row_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(_SEQ)
    hash: Mapped[str] = mapped_column(String(64))


CASES = cast(Table, CaseRow.__table__)
EVENTS = cast(Table, EventRow.__table__)
CHAIN = cast(Table, ChainRow.__table__)
#: Columns of a case, all set by its events.
CASE_COLUMNS = tuple(column.name for column in CASES.columns)
