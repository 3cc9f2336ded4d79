"""What is said of approvals whose land is not supplied, or is built on without supply."""

from __future__ import annotations

import pandas as pd

from landtool import messages
from landtool.rules.findings import concat_findings, make_findings

_EVIDENCE = ["approval_id", "approved_date", "kind", "approved_m2", "supplied_m2", "unsupplied_m2",
             "sliver_m2", "built_without_supply_m2"]  # fmt: skip
# Below this no area of land is worth anybody's walk; the sums hold it all the same.
_SHOWN_M2 = 1.0


def unsupplied_findings(sums: pd.DataFrame, clause: str, at: pd.Timestamp) -> pd.DataFrame:
    """Find, per approval, the land that is not supplied (``info``) and what of it is built on (``warning``).

    Parameters
    ----------
    sums : pandas.DataFrame
        ``approvals`` of :class:`landtool.rules.unsupplied.UnsuppliedResult`.
    clause : str
        Of the policy's number; empty where it sets none.
    at : pandas.Timestamp
        The day.
    """
    named = clause or messages.say("unsupplied.clause", "zh")
    rows = sums.assign(age_days=(at - sums["approved_date"]).dt.days)
    return concat_findings([
        make_findings(
            rows[rows[column] > _SHOWN_M2], rule_id=f"unsupplied.{name}", subject_kind="approval",
            subject_id="approval_id", severity=severity, clause=named, message=f"unsupplied.{name}",
            measured=column, threshold=0.0, unit="m2", since="approved_date", evidence=_EVIDENCE)
        for name, column, severity in (
            ("approved_land", "unsupplied_m2", "info"),
            ("built_without_supply", "built_without_supply_m2", "warning"))
    ])  # fmt: skip
