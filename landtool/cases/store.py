"""The case store: open, read, advance, note, assign, verify; two officers never overwrite each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from landtool import messages
from landtool.cases import acts, history
from landtool.cases.acts import NewCase
from landtool.cases.case import Case, Document, Step
from landtool.cases.database import open_engine, reading, store_url, writing
from landtool.cases.files import CaseFiles
from landtool.cases.models import CASES
from landtool.cases.office import Office, load_office
from landtool.cases.permit import Actor, NextStep, Reason, Request, against, lacking, next_steps
from landtool.cases.workflow import WORKFLOWS, Workflow, load_workflow
from landtool.errors import InputDataError, LandtoolError
from landtool.policy import Policy

_HEAVY = ("facts", "findings")


class StepRefusedError(LandtoolError):
    """A step that may not be taken now.

    Attributes
    ----------
    reasons : list of (code, values)
        ``messages/case.yml: refused_…``.
    next_steps : list of str
        Steps this person may take instead.
    """

    exit_code = 1

    def __init__(self, case_id: str, step: str, reasons: Sequence[Reason], allowed: Sequence[str]) -> None:
        self.reasons, self.next_steps = list(reasons), list(allowed)
        why = "; ".join(messages.say(f"case.refused_{code}", "en", **values) for code, values in reasons)
        super().__init__(f"step {step} is refused: {why}", case_id,
                         f"allowed now: {', '.join(allowed) or 'nothing by this person'}")


class CaseConflictError(LandtoolError):
    """Somebody else acted on the case since it was read.

    Attributes
    ----------
    case : Case
        As it is now, with its history.
    since : tuple of Step
        What the others did meanwhile, with the columns they set.
    """

    exit_code = 1

    def __init__(self, case: Case, version: int) -> None:
        self.case = case
        self.since: tuple[Step, ...] = case.steps[version:]
        did = "; ".join(f"{step.actor} {step.action}" for step in self.since)
        super().__init__(f"the case is at version {case.version}, you read {version}: meanwhile {did}",
                         case.case_id, "look at it again, then act")


class CaseStore:
    """Recovery cases of one workspace or bureau.

    Every act takes who (``actor``) and when (``at``, an aware moment): the library has no clock.

    Examples
    --------
    >>> import tempfile
    >>> from landtool.policy import load_policy
    >>> noon = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
    >>> with open_store(tempfile.mkdtemp(), load_policy("national", "2026-01-05")) as store:
    ...     number = store.open_case(NewCase("idle", "contract", "C1"), Actor("li"), noon)
    ...     case = store.get(number)
    ...     faults = store.verify()
    >>> case.case_id, case.state, case.due_date, faults
    ('XZ2026-000001', 'suspected', datetime.date(2026, 2, 4), [])
    """

    def __init__(self, engine: Engine, policy: Policy, office: Office, files: CaseFiles) -> None:
        self.engine, self.policy, self.office, self.files = engine, policy, office, files
        self.flows: dict[str, Workflow] = {name: load_workflow(name) for name in WORKFLOWS}

    def __enter__(self) -> CaseStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()

    # -- reading ---------------------------------------------------------------------------------

    def get(self, case_id: str) -> Case:
        """Give a case with its whole history.

        Raises
        ------
        InputDataError
            If there is no such case.
        """
        with reading(self.engine) as connection:
            return self._whole(connection, case_id)

    def cases(self, case_ids: Iterable[str] | None = None, **filters: Any) -> list[Case]:
        """Give cases without their history; see :meth:`rows` for the filters."""
        rows = self.rows(heavy=True, **filters)
        if case_ids is not None:
            by_id = {row["case_id"]: row for row in rows}
            unknown = [one for one in case_ids if one not in by_id]
            if unknown:
                raise InputDataError(f"no case {unknown[0]!r}", "cases", "list them: landtool cases list")
            rows = [by_id[one] for one in case_ids]
        return [acts.case_of(row) for row in rows]

    def rows(self, *, workflow: str | None = None, state: str | None = None, assignee: str | None = None,
             flag: str | None = None, is_open: bool | None = None, due_before: dt.date | None = None,
             subjects: Iterable[tuple[str, str]] | None = None, heavy: bool = False) -> list[dict[str, Any]]:
        """Give the worklist as plain rows, the nearest deadline first; ``heavy`` with facts and findings.

        ``subjects`` are pairs of kind and number: ``("parcel", "P1")``.
        """
        columns = [column for column in CASES.columns if heavy or column.name not in _HEAVY]
        query = sa.select(*columns)
        for name, wanted in (("workflow", workflow), ("state", state), ("assignee", assignee), ("flag", flag)):
            if wanted is not None:
                query = query.where(CASES.c[name] == wanted)
        if is_open is not None:
            query = query.where(CASES.c.closed_on.is_(None) if is_open else CASES.c.closed_on.is_not(None))
        if subjects is not None:
            query = query.where(sa.tuple_(CASES.c.subject_kind, CASES.c.subject_id).in_(list(subjects)))
        if due_before is not None:
            query = query.where(CASES.c.due_date < due_before.isoformat())
        order = (CASES.c.due_date.is_(None), CASES.c.due_date, CASES.c.case_id)
        with reading(self.engine) as connection:
            return [dict(row) for row in connection.execute(query.order_by(*order)).mappings()]

    def next_steps(self, case: Case, actor: Actor, on: dt.date) -> list[NextStep]:
        """Give every step out of the case's state and what speaks against it for this person."""
        return next_steps(case, self.flows[case.workflow], self.office, self.policy, actor, on)

    def verify(self, *, documents: bool = True) -> list[tuple[str, dict[str, Any]]]:
        """Check the chain, every case against its events, every document against its hash.

        Returns
        -------
        list of (code, values)
            ``messages/case.yml: broken_…``; empty when nothing was changed or lost.
        """
        with reading(self.engine) as connection:
            faults = history.verify(connection)
            if documents and not faults:
                known = {document["sha256"]: Document(**document) for event in history.read_events(connection)
                         if '"documents":' in event.payload
                         for document in history.documents_of(event.payload)}
                faults += self.files.faults(iter(known.values()))
        return faults

    # -- acting ----------------------------------------------------------------------------------

    def open_case(self, new: NewCase, actor: Actor, at: dt.datetime, on: dt.date | None = None) -> str:
        """Open a case by hand; give its number.

        Raises
        ------
        InputDataError
            If the subject has an open case of that kind.
        """
        if new.workflow not in self.flows:
            load_workflow(new.workflow)  # says which there are
        with writing(self.engine) as connection:
            end = history.lock_chain(connection)
            other = acts.open_case_of(connection, new.workflow, new.subject_kind, new.subject_id)
            if other:
                raise InputDataError(f"{new.subject_id} has an open case", other, "carry that one on")
            numbers, drafts = acts.open_rows(connection, [new], self.flows, actor, at, on or _day(at),
                                             self.office, self.policy)
            history.append(connection, end, drafts)
        return numbers[0]

    def advance(self, case_id: str, step: str, actor: Actor, at: dt.datetime, *, on: dt.date | None = None,
                note: str = "", choice: str = "", amount_cny: float | None = None,
                documents: Sequence[Document] = (), version: int | None = None) -> Case:
        """Take a step.

        Parameters
        ----------
        case_id, step : str
            The case and the name of the transition.
        actor : Actor
            Who acts.
        at : datetime
            Now, with its zone.
        on : date, optional
            Day of the act itself (of service, of receipt), from which deadlines count; the day of
            ``at`` if not given.
        note, choice, amount_cny, documents
            What the step needs.
        version : int, optional
            The version of the case that was read: a conflict is raised if others acted since.

        Returns
        -------
        Case
            After the step, without history. When this returns, the step is on the disk.

        Raises
        ------
        StepRefusedError
            With the reasons and the steps allowed instead.
        CaseConflictError
            If others acted since ``version``.
        """
        request = Request(on or _day(at), note, choice, amount_cny, tuple(documents))
        with writing(self.engine) as connection:
            end = history.lock_chain(connection)
            case, row = self._current(connection, case_id, version)
            flow = self.flows[case.workflow]
            transition = flow.step(step)
            reasons = [*against(case, flow, transition, self.office, actor, request.on),
                       *lacking(transition, request, self.policy)]
            if request.on > _day(at):
                reasons.append(("future", {"on": str(request.on)}))
            if reasons:
                raise StepRefusedError(case_id, step, reasons, self._allowed(case, actor, request.on))
            changes, details = acts.step_changes(case, flow, transition, actor, request, self.office,
                                                 self.policy)
            changed = acts.save(connection, row, changes)
            history.append(connection, end, [acts.record(case_id, actor, at, step, changes, details, note,
                                                         documents)])
        return acts.case_of(changed)

    def note(self, case_id: str, actor: Actor, at: dt.datetime, text: str, *,
             documents: Sequence[Document] = (), version: int | None = None) -> Case:
        """Add a note or documents without a step."""
        if not text.strip() and not documents:
            raise InputDataError("nothing to note", case_id, "give a text or a document")
        return self._plain_act(case_id, actor, at, "note", {}, text, documents, version)

    def assign(self, case_id: str, actor: Actor, at: dt.datetime, assignee: str, *,
               version: int | None = None) -> Case:
        """Hand the case to an officer; an empty name takes it from whoever had it."""
        return self._plain_act(case_id, actor, at, "assign", {"assignee": assignee.strip() or None}, "", (),
                               version)

    def _plain_act(self, case_id: str, actor: Actor, at: dt.datetime, action: str, changes: dict[str, Any],
                   note: str, documents: Sequence[Document], version: int | None) -> Case:
        with writing(self.engine) as connection:
            end = history.lock_chain(connection)
            _, row = self._current(connection, case_id, version)
            reasons: list[Reason] = [("verified", {"actor": actor.name})] if (
                self.office.require_verified and not actor.verified) else []
            if reasons:
                raise StepRefusedError(case_id, action, reasons, [])
            changed = acts.save(connection, row, changes)
            told = {"on": _day(at).isoformat(),
                    **({"was": {name: row[name] for name in changes}} if changes else {})}
            history.append(connection, end, [acts.record(case_id, actor, at, action, changes, told, note,
                                                         documents)])
        return acts.case_of(changed)

    def _current(self, connection: Any, case_id: str, version: int | None) -> tuple[Case, dict[str, Any]]:
        row = acts.row_of(connection, case_id)
        if version is not None and row["version"] != version:
            raise CaseConflictError(self._whole(connection, case_id), version)
        return acts.case_of(row), row

    def _whole(self, connection: Any, case_id: str) -> Case:
        row = acts.row_of(connection, case_id)
        return acts.case_of(row, list(history.read_events(connection, case_id)))

    def _allowed(self, case: Case, actor: Actor, on: dt.date) -> list[str]:
        return [step.name for step in self.next_steps(case, actor, on) if step.allowed]


def open_store(workspace: str | Path, policy: Policy, *, url: str | None = None, office: Office | None = None,
               make: bool = True) -> CaseStore:
    """Open the case store of a workspace, and bring it to this program's version.

    Parameters
    ----------
    workspace : str or Path
        Folder of landtool.yaml: holds ``cases.sqlite``, ``cases.yml`` and ``case_files``.
    policy : Policy
        Gives the numbers of days.
    url : str, optional
        Address of the database; ``LANDTOOL_DATABASE_URL``, else the workspace's file, if not given.
    office : Office, optional
        Roles and calendar; ``cases.yml`` of the workspace if not given.
    make : bool
        Make the file if it is absent.

    Raises
    ------
    StoreError
        If the store cannot be opened.
    """
    folder = Path(workspace)
    engine = open_engine(store_url(folder, url), make=make)
    return CaseStore(engine, policy, office or load_office(folder), CaseFiles(folder))


def _day(at: dt.datetime) -> dt.date:
    return at.date()
