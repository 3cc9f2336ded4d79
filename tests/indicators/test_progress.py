"""Stages of a contract's life, three-valued production."""

from __future__ import annotations

import pandas as pd
import pytest

from landtool.indicators.progress import (
    full_production_date,
    in_production,
    lifecycle_stage,
    milestone_reached,
    parcel_stage,
)

AS_OF = "2025-12-31"
FIELDS = ("actual_delivery_date", "actual_start_date", "actual_completion_date",
          "actual_production_date")


def register(rows: list[dict], **known: bool) -> pd.DataFrame:
    """Build a register that keeps every date: one full row of another contract shows it."""
    full = dict.fromkeys(FIELDS, "2001-01-01")
    frame = pd.DataFrame([*rows, full])
    for name in frame.columns:
        frame[name] = pd.to_datetime(frame[name])
    return frame.assign(**{f"{name}_is_known": value for name, value in known.items()})


def staged(frame: pd.DataFrame) -> list[str]:
    return lifecycle_stage(frame, AS_OF, ramp_months=36, warning_months=12).tolist()


def stages(rows: list[dict], **known: bool) -> list[str]:
    frame = register(rows, **known)
    return staged(frame)[: len(rows)]


DELIVERED = {"actual_delivery_date": "2020-01-01"}
STARTED = DELIVERED | {"actual_start_date": "2020-06-01"}
COMPLETED = STARTED | {"actual_completion_date": "2021-06-01"}


@pytest.mark.parametrize(
    ("row", "stage"),
    [
        ({"signed_date": "2020-01-01"}, "contracted"),
        (DELIVERED, "delivered"),
        (STARTED, "under_construction"),
        (COMPLETED, "completed"),
        (COMPLETED | {"actual_production_date": "2023-01-01"}, "in_production"),
        (COMPLETED | {"actual_production_date": "2022-12-31"}, "full_production"),
        (COMPLETED | {"actual_production_date": "2025-01-01",
                      "agreed_full_production_date": "2025-06-01"}, "full_production"),
        (COMPLETED | {"actual_production_date": "2026-01-01"}, "completed"),
        (STARTED | {"expiry_date": "2026-12-31"}, "expiring"),
        (STARTED | {"expiry_date": "2027-01-01"}, "under_construction"),
        (STARTED | {"expiry_date": "2025-12-31"}, "expiring"),
        (STARTED | {"expiry_date": "2025-12-30"}, "expired"),
        ({"signed_date": "2026-01-01"}, "unsupplied"),
    ],
)
def test_the_stage_at_a_day(row: dict, stage: str) -> None:
    assert stages([row]) == [stage]


def test_a_milestone_the_register_leaves_open_makes_the_stage_unknown() -> None:
    assert stages([STARTED], actual_production_date=False) == ["unknown"]
    produced = COMPLETED | {"actual_production_date": "2025-01-01"}
    assert stages([produced], actual_delivery_date=False) == ["in_production"]
    nothing = pd.DataFrame({"signed_date": pd.to_datetime(["2020-01-01"])})
    assert staged(nothing) == ["unknown"]


def test_a_column_empty_in_every_row_says_nothing() -> None:
    frame = pd.DataFrame({"actual_start_date": pd.to_datetime([None, None]),
                          "actual_start_date_is_known": True})
    assert milestone_reached(frame, "start", AS_OF).isna().all()


def test_production_is_three_valued() -> None:
    frame = register([COMPLETED | {"actual_production_date": "2025-12-31"}, COMPLETED,
                      {"signed_date": "2020-01-01"}])
    assert in_production(frame, AS_OF).tolist()[:3] == [True, False, False]
    silent = frame.drop(columns="actual_production_date")
    assert in_production(silent, AS_OF).tolist()[:3] == [pd.NA, pd.NA, False]
    output = pd.Series([None, 0.0, 3.0, None])
    assert in_production(silent, AS_OF, output).tolist()[:3] == [pd.NA, pd.NA, True]


def test_an_empty_cell_says_nothing_of_a_parcel_without_a_contract() -> None:
    frame = register([COMPLETED, COMPLETED]).assign(contract_id=["C1", None, "C3"])
    assert in_production(frame, AS_OF).tolist() == [False, pd.NA, True]


def test_full_production_is_the_ramp_or_the_agreed_day() -> None:
    frame = pd.DataFrame({
        "actual_production_date": pd.to_datetime(["2022-11-30", "2022-11-30", None]),
        "agreed_full_production_date": pd.to_datetime([None, "2024-01-01", None])})
    found = full_production_date(frame, 3)
    assert found.dt.strftime("%Y-%m-%d").tolist()[:2] == ["2023-02-28", "2024-01-01"]
    assert pd.isna(found[2])


def test_a_parcel_takes_the_stage_of_its_contract() -> None:
    parcels = pd.DataFrame({"parcel_id": ["P1", "P2", "P3", "P4"],
                            "supply_status": ["supplied", "approved", "supplied", None]})
    judged = pd.DataFrame({"parcel_id": ["P1"], "contract_row": [1]})
    found = parcel_stage(parcels, pd.Series(["expired", "delivered"], index=[8, 9]), judged)
    assert found.tolist() == ["delivered", "unsupplied", "unknown", "unknown"]
