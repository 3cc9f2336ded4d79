"""Evidence from images: the clause cases, and what must hold whatever the images show."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landtool.errors import InputDataError
from landtool.policy import load_policy
from landtool.rules.evidence import EVIDENCE_COLUMNS, Image, judge_evidence

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "evidence.yml").read_text(encoding="utf-8"))
DATES = ["signed_date", "actual_start_date", "actual_production_date"]
POLICY = load_policy("national")


def parcels(contract):
    """The case's parcel, and another whose contract has every date filled."""
    own = {"contract_id": None, **dict.fromkeys(DATES)} if contract is None else {"contract_id": "C", **contract}
    rows = [{"parcel_id": "本案", **own},
            {"parcel_id": "邻地", "contract_id": "D", **dict.fromkeys(DATES, dt.date(2010, 1, 1))}]
    kinds = {"contract_id": "str", **dict.fromkeys(DATES, "datetime64[us]")}
    return pd.DataFrame(rows).astype(kinds)


def image(kind, date, mean, pixels, covered_share=1.0, source="image.tif"):
    values = pd.DataFrame({"pixels": [pixels, 100.0], "covered_share": [covered_share, 1.0], "mean": [mean, 0.2]})
    return Image(kind, date, source, values.astype("float64"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_clause_case(case):
    images = [image(**row, source=f"{at}.tif") for at, row in enumerate(case["images"])]
    found = judge_evidence(parcels(case.get("contract")), images, POLICY, case["as_of"])
    mine = found.table[found.table["parcel_id"] == "本案"]
    conflict = found.conflict.iloc[0]
    register = mine["register_says"].iloc[0]
    got = {"conflict": None if pd.isna(conflict) else bool(conflict), "says": mine["says"].tolist(),
           "register": None if pd.isna(register) else register}
    assert got == case["expect"]
    texts = found.findings.loc[found.findings["subject_id"] == "本案", "message_zh"]
    assert len(texts) == (1 if got["conflict"] else 0)
    for words in case.get("message_zh", ()):
        assert texts.str.contains(words, regex=False).all(), words
    for column in ("message_zh", "message_en"):
        assert not found.findings[column].str.contains(r"[{}]|nan|NaT|None|<NA>", regex=True).any()


def test_names_are_unique():
    assert len({case["name"] for case in CASES}) == len(CASES)


def test_without_images_everything_stays_open():
    found = judge_evidence(parcels({"signed_date": dt.date(2020, 1, 1)}), [], POLICY, "2025-12-31")
    assert found.conflict.isna().all()
    assert found.table.columns.tolist() == EVIDENCE_COLUMNS
    assert len(found.table) == len(found.findings) == 0


@pytest.mark.parametrize(("kind", "mean", "mend"), [
    ("built_up", 40.0, "built_values"), ("ndvi", 4000.0, "scale")])
def test_values_a_kind_cannot_have_are_refused(kind, mean, mend):
    with pytest.raises(InputDataError, match=mend):
        judge_evidence(parcels(None), [image(kind, dt.date(2025, 1, 1), mean, 40)], POLICY, "2025-12-31")


IMAGE = st.builds(
    image, kind=st.sampled_from(["built_up", "land_cover"]),
    date=st.sampled_from([dt.date(2017, 1, 1), dt.date(2024, 1, 1), dt.date(2026, 1, 1)]),
    mean=st.floats(0, 1), pixels=st.sampled_from([3.0, 9.0, 50.0]), covered_share=st.sampled_from([0.5, 1.0]))
CONTRACT = st.fixed_dictionaries(dict.fromkeys(DATES, st.sampled_from(
    [None, dt.date(2016, 1, 1), dt.date(2020, 1, 1), dt.date(2026, 6, 1)])))  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(IMAGE, max_size=3), CONTRACT)
def test_inputs_unchanged_order_free_and_never_a_conflict_without_a_register(images, contract):
    land = parcels(contract)
    copy = land.copy(deep=True)
    found = judge_evidence(land, images, POLICY, "2025-12-31")
    pd.testing.assert_frame_equal(land, copy)
    turned = judge_evidence(land, images[::-1], POLICY, "2025-12-31")
    pd.testing.assert_series_equal(found.conflict, turned.conflict)
    assert len(found.table) == 2 * len(images)
    silent = judge_evidence(land.assign(contract_id=pd.Series([None, None], dtype="str"),
                                        **dict.fromkeys(DATES, pd.NaT)), images, POLICY, "2025-12-31")
    assert silent.conflict.isna().all()
    conflicts = found.conflict.fillna(False)
    assert set(found.findings["subject_id"]) == set(land.loc[conflicts, "parcel_id"])
