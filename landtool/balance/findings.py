"""Where total industrial land shrinks, and losses inside control lines, as findings."""

from __future__ import annotations

import pandas as pd

from landtool.balance.workspace_layers import WorkspaceBalance
from landtool.policy import Policy
from landtool.rules.findings import concat_findings, make_findings

_KINDS = {"district": "district", "park": "park"}
_EVIDENCE = ["from_name", "to_name", "opening_m2", "new_m2", "converted_in_m2", "replacement_m2",
             "converted_out_m2", "survey_correction_m2", "boundary_change_m2", "coverage_change_m2",
             "closing_m2", "net_change_m2", "bound_m2", "verdict_narrow", "verdict_wide"]  # fmt: skip


def balance_findings(found: WorkspaceBalance, policy: Policy) -> pd.DataFrame:
    """Findings ``balance.shrinks`` per region and ``balance.control_line_loss`` per control line.

    Parameters
    ----------
    found : WorkspaceBalance
        The balance of two surveys.
    policy : Policy
        Gives the clause of ``balance.net_change_min_m2``.

    Returns
    -------
    DataFrame
        Severity ``warning``: the policy says "in principle"; a loss in a control line that
        approved gains do not replace in full is a ``breach`` by what is left.
    """
    clause = policy["balance.net_change_min_m2"].clause
    ledger = found.balance.ledger
    rows = ledger[(ledger["verdict"] == "shrinks") & ledger["region_id"].notna()
                  & (ledger["region_kind"] != "whole")]  # fmt: skip
    rows = rows.assign(loss_m2=-rows["net_change_m2"], limit_m2=-rows["bound_m2"],
                       from_name=found.balance.from_name, to_name=found.balance.to_name)  # fmt: skip
    tables = [
        make_findings(part, rule_id="balance.shrinks", subject_kind=_KINDS.get(str(kind), "region"),
                      subject_id="region_id", severity="warning", clause=clause,
                      message="finding.balance_shrinks", measured="net_change_m2",
                      threshold="limit_m2", unit="m2", evidence=_EVIDENCE,
                      discriminator="region_kind")
        for kind, part in rows.groupby("region_kind", sort=True)
    ]  # fmt: skip
    return concat_findings([*tables, _line_losses(found, clause)])


def _line_losses(found: WorkspaceBalance, clause: str) -> pd.DataFrame:
    if found.breaches is None or "line_id" not in found.breaches:
        return concat_findings([])
    open_losses = found.breaches[~found.breaches["is_replaced"] & found.breaches["line_id"].notna()]
    sums = open_losses.groupby("line_id").agg(area_m2=("area_m2", "sum"), unreplaced_m2=("unreplaced_m2", "sum"),
                                              pieces=("area_m2", "size")).reset_index().assign(
        from_name=found.balance.from_name, to_name=found.balance.to_name)
    sums["region_id"] = sums["line_id"]
    return make_findings(sums, rule_id="balance.control_line_loss", subject_kind="region",
                         subject_id="line_id", severity="breach", clause=clause,
                         message="finding.balance_line_loss", measured="unreplaced_m2", threshold=0.0,
                         unit="m2", evidence=["from_name", "to_name", "area_m2", "unreplaced_m2", "pieces"])
