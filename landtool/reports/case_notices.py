"""`landtool cases notice`: drafts filled from cases, where the workflow allows such a notice now."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from landtool import messages
from landtool.assessment import Assessment
from landtool.atomic import replace_file
from landtool.cases import Case, CaseStore, open_store
from landtool.cases.workflow import Workflow
from landtool.errors import InputDataError
from landtool.policy import Policy, load_policy
from landtool.policy.describe import describe_in_both
from landtool.reports.notice_facts import NoticeFacts, facts_of_rows
from landtool.reports.notices import (
    TEMPLATE_FOLDER,
    NoticeKind,
    copy_templates,
    drawn_frame,
    notice_bytes,
    notice_kind,
    notice_kinds,
    write_notices,
)
from landtool.sources.catalogue import RESULTS_FOLDER, load_catalogue


def notices_now(case: Case, flow: Workflow) -> list[NoticeKind]:
    """Kinds of notice that a step out of the case's state asks for, by the workflow's own data."""
    return notices_in(flow, case.state, case.measure)


def notices_in(flow: Workflow, state: str, measure: str | None) -> list[NoticeKind]:
    """Kinds of notice of every case in one state with one measure."""
    steps = [name for name, step in flow.steps_from(state)
             if "measure" not in step.when or measure in step.when["measure"]]
    return [kind for kind in notice_kinds().values() if kind.workflow == flow.name
            and any(step in kind.steps for step in steps)
            and (not kind.measures or measure in kind.measures)]  # fmt: skip


def ids_by_notice(store: CaseStore, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Numbers of the open cases on which each notice may be drafted now, by its key; see :meth:`CaseStore.rows`."""
    alike: dict[tuple[str, str, str | None], list[str]] = {}
    for row in (row for row in rows if row["closed_on"] is None):
        alike.setdefault((row["workflow"], row["state"], row["measure"]), []).append(str(row["case_id"]))
    found: dict[str, list[str]] = {}
    for (workflow, state, measure), ids in alike.items():
        for kind in notices_in(store.flows[workflow], state, measure):
            found.setdefault(kind.key, []).extend(ids)
    return found


def case_facts(case: Case, numbers: pd.DataFrame) -> NoticeFacts:
    """The facts a case has kept, as a notice names them.

    Parameters
    ----------
    case : Case
    numbers : DataFrame
        Policy numbers, see :func:`landtool.policy.describe.describe_in_both`.
    """
    row = {**case.facts, **{name: value for name in ("contract_id", "parcel_id", "holder", "area_m2")
                            if (value := getattr(case, name)) is not None}}
    if case.workflow == "idle" and case.amount_cny is not None:
        row["idle_fee_cny"] = case.amount_cny
    as_of = case.as_of or case.stepped_on
    return facts_of_rows(row, [vars(finding) for finding in case.findings], numbers, as_of,
                         case.subject_kind, case.subject_id, case_id=case.case_id)  # fmt: skip


def case_notice(
    case: Case, flow: Workflow, kind: str, policy: Policy, result: Assessment | None = None, **options: Any
) -> bytes:
    """One notice on a case as a Word draft.

    Parameters
    ----------
    case : Case
    flow : Workflow
        Its workflow, which says whether the notice may be drafted now.
    kind : str
        Key or title, see :func:`landtool.reports.notices.notice_kinds`.
    policy : Policy
        Gives shares and days.
    result : Assessment, optional
        For the map.
    **options
        Of :func:`landtool.reports.notices.notice_bytes`: ``number, dated, authority, templates``.

    Raises
    ------
    InputDataError
        If the state of the case does not allow this notice.
    """
    return _drafted(case, flow, kind, describe_in_both(policy), result, options)


def _drafted(case: Case, flow: Workflow, kind: str, numbers: pd.DataFrame, result: Assessment | None,
             options: Mapping[str, Any]) -> bytes:
    wanted, allowed = notice_kind(kind), notices_now(case, flow)
    if wanted not in allowed:
        state = flow.states[case.state].label
        others = ", ".join(f"{one.key} ({one.title})" for one in allowed)
        raise InputDataError(f"no {wanted.title} in the state {state.zh} ({case.state})", case.case_id,
                             f"what may be drafted now: {others}" if others else
                             "take the case to the step that asks for it: landtool cases show")
    parcels = result.parcels if result is not None and result.has_geometry else None
    parks = None if result is None else drawn_frame(result.parks)
    return notice_bytes(wanted.key, case_facts(case, numbers), parcels=parcels, parks=parks, **options)


def case_notices(
    store: CaseStore, case_ids: Iterable[str], kind: str, policy: Policy, result: Assessment | None = None,
    **options: Any,
) -> dict[str, bytes]:
    """The same notice on many cases: file name -> draft; see :func:`case_notice`."""
    found, title = (store.get(case_id) for case_id in case_ids), notice_kind(kind).title
    numbers = describe_in_both(policy)
    return {f"{case.case_id}-{title}.docx": _drafted(case, store.flows[case.workflow], kind, numbers, result, options)
            for case in found}  # fmt: skip


def run(
    workspace: Path, case_ids: Sequence[str], kind: str, out: Path | None, number: str | None,
    dated: dt.datetime | None, authority: str | None, language: str | None,
) -> None:  # fmt: skip
    """Draft the same notice on one case, many, or every open one that allows it: a file, a folder, or a .zip."""
    if number is not None and len(case_ids) != 1:
        raise InputDataError("one number for several notices", "--number", "number them one by one")
    catalogue = load_catalogue(workspace)
    folder, day = catalogue.root, dated.date() if dated else None
    # Shares and days are those in force on the day of the notice.
    policy = load_policy(catalogue.name_or_path(catalogue.policy or "national"), day or catalogue.as_of)
    with open_store(folder, policy, make=False) as store:
        if not case_ids:
            key = notice_kind(kind).key
            case_ids = ids_by_notice(store, store.rows(is_open=True)).get(key, [])
            if not case_ids:
                raise InputDataError(f"no open case stands where {notice_kind(kind).title} is drafted", str(folder),
                                     "see where they stand: landtool cases list")
        drafts = case_notices(store, case_ids, kind, policy, _results(folder), number=number, dated=day,
                              authority=authority, templates=folder / TEMPLATE_FOLDER)
    target = out or folder / "notices"
    if target.suffix.lower() == ".docx":
        if len(drafts) > 1:
            raise InputDataError(f"{len(drafts)} notices in one .docx", str(target), "give a folder or a .zip")
        replace_file(target, next(iter(drafts.values())))
    else:
        write_notices(drafts, target)
    sys.stdout.write(messages.say("notice.written", language or catalogue.language, count=len(drafts), path=str(target)) + "\n")


def write_templates(workspace: Path) -> None:
    """Copy the shipped templates into the workspace, for a bureau to edit in Word."""
    folder = (workspace if workspace.is_dir() else workspace.parent) / TEMPLATE_FOLDER
    for path in copy_templates(folder):
        sys.stdout.write(f"{path}\n")


def _results(folder: Path) -> Assessment | None:
    """The workspace's results, for the map; None where it has none."""
    from landtool.reports.results import MARK, read_results

    out = folder / RESULTS_FOLDER
    return read_results(out) if (out / MARK).is_file() else None
