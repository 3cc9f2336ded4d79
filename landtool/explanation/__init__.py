"""One parcel, every rule: inputs with their source row, clause, threshold, verdict, what would change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from landtool import __version__
from landtool.assessment import Assessment
from landtool.codes.nearest import nearest
from landtool.errors import InputDataError
from landtool.explanation.areas import area_rule
from landtool.explanation.commitments import commitment_rule
from landtool.explanation.control import control_rule
from landtool.explanation.evidence import evidence_rule
from landtool.explanation.grading import grading_rule
from landtool.explanation.idle import idle_rule
from landtool.explanation.low_efficiency import low_efficiency_rule
from landtool.explanation.milestones import milestone_rule
from landtool.explanation.output import output_rule
from landtool.explanation.page import Explanation, Input, RuleResult, Threshold, is_null
from landtool.explanation.park import park_rule
from landtool.explanation.pieces import Subject, inputs_of
from landtool.explanation.unsupplied import unsupplied_rule
from landtool.workspace import Workspace

__all__ = ["RULES", "Explanation", "Input", "RuleResult", "Threshold", "explain"]

# The pages in their order; a rule that has nothing to say of a subject gives None.
RULES: tuple[Callable[[Subject], RuleResult | None], ...] = (
    idle_rule, milestone_rule, unsupplied_rule, output_rule, commitment_rule, control_rule,
    low_efficiency_rule, grading_rule, evidence_rule, area_rule, park_rule,
)  # fmt: skip
_PARCEL_FACTS = [
    "holder", "park_id", "district_code", "land_use_code", "area_m2", "contract_area_m2",
    "certificate_area_m2", "supply_status",
]  # fmt: skip

_PARK_FACTS = ["park_name", "level", "kind", "district_code", "approved_area_m2", "area_m2"]


def explain(workspace: Workspace, result: Assessment, subject_id: str) -> Explanation:
    """Explain one parcel, one contract that stands on no parcel, or one park.

    Parameters
    ----------
    workspace : Workspace
        Gives the inputs and the policy.
    result : Assessment
        Of that workspace.
    subject_id : str
        ``parcel_id``, ``contract_id`` or ``park_id``.

    Raises
    ------
    InputDataError
        If no parcel, contract or park has that number; the nearest ones are named.
    """
    parcel = _row_of(result.parcels, "parcel_id", subject_id)
    contract = _row_of(result.contracts, "contract_id",
                       subject_id if parcel is None else parcel.get("contract_id"))
    park = None if parcel or contract else _row_of(result.parks, "park_id", subject_id)
    judged = parcel or contract or park
    if judged is None:
        raise _unknown(result, subject_id, workspace.language)
    subject = Subject(workspace, result, subject_id, parcel, contract, park)
    kind = "parcel" if parcel else "contract" if contract else "park"
    layer, facts = (kind + "s", _PARK_FACTS if park else _PARCEL_FACTS)
    return Explanation(
        kind, subject_id, workspace.name, workspace.as_of.isoformat(),
        workspace.policy.title if workspace.language == "zh" else workspace.policy.title_en,
        inputs_of(judged, layer, facts, workspace.language),
        [page for rule in RULES if (page := rule(subject)) is not None],
        _findings(result, subject.ids), _versions(workspace),
    )  # fmt: skip


def _versions(workspace: Workspace) -> dict[str, str]:
    policy = workspace.policy
    return {"landtool": __version__, "policy": policy.name, "policy_version": policy.version}


def _row_of(frame: pd.DataFrame | None, key: str, value: Any) -> dict[str, Any] | None:
    if frame is None or key not in frame or is_null(value):
        return None
    rows = frame[frame[key] == value]
    return None if rows.empty else dict(zip(rows.columns, rows.iloc[0], strict=True))


def _unknown(result: Assessment, subject_id: str, language: str) -> InputDataError:
    known: list[str] = []
    for frame, key in ((result.parcels, "parcel_id"), (result.contracts, "contract_id"),
                       (result.parks, "park_id")):
        if frame is not None:
            known += frame[key].astype("str").tolist()
    aside = result.set_aside
    if aside is not None and (aside["subject_id"] == subject_id).any():
        reason = aside.loc[aside["subject_id"] == subject_id, "reason"].iloc[0]
        return InputDataError(f"{subject_id} was set aside ({reason})", "set_aside.parquet",
                              "mend the source row and run again")
    near = nearest(subject_id, known)
    hint = f"did you mean {near}?" if near else "see parcels.parquet for the numbers"
    return InputDataError(f"no parcel, contract or park {subject_id!r}", "workspace", hint)


def _findings(result: Assessment, subjects: set[str]) -> list[dict[str, Any]]:
    table = result.findings
    if table is None:
        return []
    rows = table[table["subject_id"].isin(subjects)
                 & table["subject_kind"].isin(["parcel", "contract", "park"])]  # fmt: skip
    return [dict(row) for row in rows.to_dict(orient="records")]
