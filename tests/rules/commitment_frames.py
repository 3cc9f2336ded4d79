"""Contracts, commitments and figures for the tests of commitments, and their judgement."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landtool.link import link_contracts
from landtool.policy import Policy
from landtool.rules.commitments import (
    CommitmentResult,
    judge_commitments,
)

AS_OF = "2025-12-31"
DATES = ["signed_date", "expiry_date", "agreed_completion_date", "actual_completion_date",
         "agreed_production_date", "actual_production_date"]  # fmt: skip


def contracts(*rows: dict) -> pd.DataFrame:
    plain = {"contract_id": "C", "parcel_id": "P", "area_m2": 1000.0, "invested_cny": None,
             **dict.fromkeys(DATES)}  # fmt: skip
    frame = pd.DataFrame([plain | row for row in rows])
    kinds = {"contract_id": "str", "parcel_id": "str", "area_m2": "float64", "invested_cny": "float64"}
    return frame.astype(kinds | dict.fromkeys(DATES, "datetime64[us]"))


def promises(*rows: dict) -> pd.DataFrame:
    plain = {"contract_id": "C", "parcel_id": None, "source": "contract", "metric": "output",
             "intensity_cny_m2": None, "total_cny": None, "due_date": None}  # fmt: skip
    return pd.DataFrame([plain | row for row in rows]).astype({
        "contract_id": "str", "parcel_id": "str", "source": "str", "metric": "str",
        "intensity_cny_m2": "float64", "total_cny": "float64", "due_date": "datetime64[us]"})


def figures(**by_year: dict) -> dict[int, pd.DataFrame]:
    """``y2024={"gross_output_cny": 5.0}`` on parcel P."""
    return {int(year[1:]): pd.DataFrame({"parcel_id": ["P"], **{name: np.array([value], dtype=float)
                                                                 for name, value in found.items()}})
            for year, found in by_year.items()}  # fmt: skip


def judged(
    promised: pd.DataFrame, held: pd.DataFrame | None, found: dict, policy: Policy, as_of: str = AS_OF
) -> CommitmentResult:
    linked = None if held is None else link_contracts(held, None, as_of)
    return judge_commitments(promised, linked, found, policy, as_of)


def only(result: CommitmentResult) -> pd.Series:
    assert len(result.table) == 1
    return result.table.iloc[0]
