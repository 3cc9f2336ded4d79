"""Every number that ships: value, standing, clause; and the sentences they are taken from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from landtool.messages import has
from landtool.policy import load_policy
from landtool.policy.model import UNITS

DAY = "2025-12-31"
REGION = load_policy("chongqing-2021", DAY)
ALL = [value for key in sorted(REGION.declared) for value in REGION.history(key)]

NUMBERS: dict[str, tuple[Any, str]] = {
    "idle.full_years": (1, "V"),
    "idle.recovery_years": (2, "V"),
    "idle.fee_years": (1, "V"),
    "idle.developed_share_min": (1 / 3, "V"),
    "idle.invested_share_min": (0.25, "V"),
    "idle.suspended_years": (1, "V"),
    "idle.fee_share": (0.20, "V"),
    "idle.unclear_start_years_after_delivery": (1, "V"),
    "idle.extension_years_max": (1, "V"),
    "idle.warning_days": (180, "M"),
    "idle.hearing_application_days": (5, "M"),
    "commitment.rectification_days": (90, "M"),
    "low_efficiency.verification_days": (30, "M"),
    "low_efficiency.agreement_days": (180, "M"),
    "idle.investigation_days": (30, "V"),
    "idle.answer_days": (30, "V"),
    "idle.payment_days": (30, "V"),
    "idle.deregistration_days": (30, "V"),
    "idle.temporary_use_years_max": (2, "V"),
    "idle.start_foundation_share_min": (1 / 3, "V"),
    "output.target_cny_m2": (6500, "S"),
    "output.target_year": (2025, "S"),
    "output.numerator": ("gross_output", "M"),
    "output.denominator": ("built_in_production", "M"),
    "output.coverage_share_min": (0.80, "M"),
    "growth.revenue_growth_share": (0.06, "S"),
    "growth.city_share": (0.86, "S"),
    "leading.count_min": (2, "S"),
    "leading.count_max": (3, "S"),
    "leading.output_share": (0.60, "S"),
    "rd.intensity_share": (0.02, "S"),
    "rd.body_share": (0.50, "S"),
    "rd.activity_share": (0.90, "S"),
    "facility.satisfaction_share": (0.90, "S"),
    "bases.characteristic_count": (100, "S"),
    "bases.national_count": (15, "S"),
    "area.difference_share_max": (0.03, "M"),
    "commitment.met_ratio": (1.0, "M"),
    "commitment.partly_ratio": (0.8, "M"),
    "commitment.ramp_months": (36, "M"),
    "contract.expiry_warning_months": (12, "M"),
    "topology.overlap_tolerance_m2": (1.0, "M"),
    "topology.gap_tolerance_m2": (1.0, "M"),
    "topology.sliver_width_m": (1.0, "M"),
    "assign.split_share": (0.95, "M"),
    "balance.digitising_tolerance_m": (1.0, "M"),
    "balance.residual_max_m2": (1.0, "M"),
    "balance.net_change_min_m2": (0, "S"),
    "unsupplied.built_without_supply": ("unsupplied", "V"),
    "zombie.years": (3, "M"),
    "low_efficiency.industry_median_ratio_min": (0.5, "M"),
    "low_efficiency.commitment_ratio_min": (0.5, "M"),
    "low_efficiency.commitment_years": (1, "M"),
    "low_efficiency.peers_min": (5, "M"),
    "control.double_storey_height_m": (8, "V"),
    "control.difference_share_max": (0.10, "M"),
    "control.contract_industry_edition": ("2017", "M"),
    "control.building_coefficient_min": (0.40, "M"),
    "control.service_land_share_max": (0.07, "V"),
    "control.service_floor_share_max": (0.15, "M"),
    "expansion.developed_share_min": (0.90, "V"),
    "expansion.active_share_min": (0.80, "V"),
    "intensity.benchmark_developed_share": (0.8946, "V"),
    "intensity.benchmark_supply_share": (0.9268, "V"),
    "intensity.benchmark_built_share": (0.9277, "V"),
    "intensity.benchmark_industrial_share": (0.4852, "V"),
    "intensity.benchmark_far": (0.98, "V"),
    "intensity.benchmark_industrial_far": (0.93, "V"),
    "intensity.score_cap": (100, "M"),
    "intensity.benchmark_investment_cny_m2": (8984.3, "V"),
    "intensity.benchmark_industrial_tax_cny_m2": (678.99, "V"),
    "intensity.benchmark_tax_cny_m2": (539.96, "V"),
    "grading.registered_years_min": (2, "V"),
    "grading.normalisation": ("benchmark", "M"),
    "grading.sensitivity_share": (0.10, "M"),
    "grading.enterprises_min": (4, "M"),
    "grading.benchmark_basis": ("ratio_of_sums", "M"),
    "floor_price.encouraged_ratio": (0.70, "S"),
    "floor_price.standard_factory_far": (1.0, "S"),
    "floor_price.far_above_share": (0.40, "V"),
    "floor_price.building_coefficient_above_share": (0.40, "V"),
    "floor_price.investment_above_share": (0.10, "V"),
    "standard_land.new_grant_share_min": (1, "S"),
    "standard_land.target_year": (2025, "S"),
    "existing_building.split_transfer": ("forbidden", "S"),
    "evidence.pixels_min": (9, "M"),
    "evidence.covered_share_min": (0.80, "M"),
    "evidence.built_share_min": (0.30, "M"),
    "evidence.bare_share_max": (0.10, "M"),
    "evidence.ndvi_green_min": (0.40, "M"),
    "m0.split_transfer": ("forbidden", "M"),
}


@pytest.mark.parametrize("key", NUMBERS)
def test_number_and_standing(key: str) -> None:
    value, standing = NUMBERS[key]
    assert REGION[key].value == pytest.approx(value) if not isinstance(value, str) else value
    assert REGION[key].standing == standing


def test_one_third_is_exact() -> None:
    assert REGION["idle.developed_share_min"].value == 1 / 3


def test_every_declared_number_is_checked_here_or_is_a_table_or_list() -> None:
    rest = {key for key in REGION if key not in NUMBERS}
    single = {key for key in rest if isinstance(REGION[key].value, int | float)}
    assert single == {
        "calendar.horizon_months",
        "control.double_storey_factor",
        "grading.score_cap",
        "low_efficiency.area_min_m2",
        "milestone.finding_days_min",
    }


def test_values_of_other_days() -> None:
    then = REGION.at("2010-01-01")
    assert (
        then["control.building_coefficient_min"].value,
        then["control.building_coefficient_min"].standing,
    ) == (0.30, "V")
    assert (then["control.green_share_max"].value, then["control.green_share_max"].standing) == (
        0.20,
        "M",
    )
    assert then.get("control.service_floor_share_max") is None
    assert REGION.get("control.green_share_max") is None
    national = load_policy("national", DAY)["floor_price.encouraged_ratio"]
    assert (national.value, national.standing) == (0.70, "V")
    assert REGION.at("2021-08-04").get("output.target_cny_m2") is None


def test_far_by_industry_of_2008() -> None:
    far = REGION.at("2015-06-01")["control.far_min"]
    by_value = {
        1.0: "13 14 15 16 18 19 24 30 40 41 42", 0.8: "17 20 21 22 23 28 29",
        0.7: "27 31 34 35 36 37 39 43",
        0.6: "26 32 33", 0.5: "25",
    }  # fmt: skip
    expected = {code: value for value, codes in by_value.items() for code in codes.split()}
    assert dict(far.value) == expected
    assert set(far.unverified) == {"34", "35", "36", "37", "39", "40", "41", "42", "43"}
    assert far.entry_verified("13")
    assert not far.entry_verified("34")
    assert REGION.get("control.far_min") is None, (
        "never 2008's values for a contract under the 2023 edition"
    )


def test_floor_price_by_grade() -> None:
    price = REGION["floor_price.minimum_cny_m2"]
    grades = [840, 720, 600, 480, 384, 336, 288, 252, 204, 168, 144, 120, 96, 84, 60]
    assert list(price.value.values()) == grades
    assert [grade for grade in price.value if price.entry_verified(grade)] == ["1", "2", "3", "15"]
    assert price.series()["15"] == 60


def test_expansion_gate_by_group() -> None:
    groups = REGION["region.groups"].value
    assert groups == ("中心城区", "主城新区", "渝东北", "渝东南")
    assert [REGION["expansion.investment_min_cny_m2"].value[group] for group in groups] == [
        5000,
        3000,
        2000,
        2000,
    ]
    assert [REGION["expansion.output_min_cny_m2"].value[group] for group in groups] == [
        10000,
        5000,
        4000,
        4000,
    ]


def test_grading_and_lists() -> None:
    assert dict(REGION["grading.weights"].value) == {
        "value_added_per_mu": 0.35,
        "tax_per_mu": 0.35,
        "value_added_per_energy": 0.15,
        "rd_intensity": 0.15,
    }
    assert set(REGION["grading.indicators"].value) == set(REGION["grading.weights"].value)
    assert dict(REGION["grading.class_cuts"].value) == {"A": 0.25, "B": 0.70, "C": 0.95}
    assert REGION["idle.government_causes"].value == tuple("1234567")
    assert set(REGION["idle.disposal_routes"].value) - set(REGION["idle.restart_routes"].value) == {
        "paid_recovery"
    }
    assert len(REGION["control.mandatory_indicators"].value) == 6
    assert REGION["commitment.metrics"].value == ("investment", "output", "tax")


@pytest.mark.parametrize(
    "value", ALL, ids=lambda value: f"{value.key}@{value.policy}-{value.valid_from}"
)
def test_every_value_says_where_it_stands(value: Any) -> None:
    assert value.clause
    assert value.clause_en
    assert value.source
    assert re.search(r"[\u4e00-\u9fff]", value.clause + value.source)
    assert value.verified is (value.standing in "SV")
    assert value.meaning_zh
    assert value.meaning_en
    assert value.unit in UNITS
    assert value.policy == "chongqing-2021" or value.standing != "S", "S is the region's own text"
    if value.standing == "V":
        assert "默认" not in value.clause + value.source, "a default of this tool is not confirmed"
    if value.standing == "S":
        assert value.quote


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_has_its_labels(unit: str) -> None:
    assert has(f"policy.unit_{unit}")


def test_no_national_file_knows_a_city() -> None:
    national = load_policy("national")
    texts = [repr(value) for key in national.declared for value in national.history(key)]
    assert not [text for text in texts if "重庆" in text or "渝" in text or "hongqing" in text]


def test_quotes_stand_in_the_source_text(shared_data: Path) -> None:
    text = shared_data.parent / "seed" / "chongqing-2021-draft-opinion.txt"
    if not text.is_file():
        pytest.skip("the text of the draft opinion is absent")
    said = re.sub(r"\s", "", text.read_text(encoding="utf-8"))
    quotes = {value.quote for value in ALL if value.standing == "S"}
    assert len(quotes) > 15
    assert [quote for quote in quotes if quote not in said] == []


def test_describe_gives_a_row_per_number() -> None:
    shown = REGION.describe("zh").set_index("key")
    assert shown.index.is_unique
    assert shown.loc["output.target_cny_m2", "value"] == "6500"
    assert shown.loc["output.target_cny_m2", "unit"] == "元/平方米"
    assert shown.loc["floor_price.minimum_cny_m2[4]", ["standing", "verified"]].tolist() == [
        "M",
        False,
    ]
    assert shown.loc["floor_price.minimum_cny_m2[1]", "standing"] == "V"
    assert shown["clause"].str.len().gt(0).all()
    assert shown["in_force_from"].dtype.kind == "M"
    assert len(REGION.describe("en")) == len(shown)
    history = REGION.describe("zh", history=True)
    assert {"control.far_min[13]", "control.green_share_max"} <= set(history["key"])
    assert (history["key"] == "control.building_coefficient_min").sum() == 2


def test_sources_name_each_document_once() -> None:
    assert len(set(REGION.sources)) == len(REGION.sources)
    assert any("第53号" in source for source in REGION.sources)
