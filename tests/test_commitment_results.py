"""Commitments through the whole tool: from the catalogue to summary, findings, files and explanation."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import landtool as lt
from landtool.reports.results import read_results

CATALOGUE = """
policy: chongqing-2021
as_of: 2025-12-31
language: {language}
layers:
  contracts: {{path: contracts.csv}}
  commitments: {{path: commitments.csv}}
"""


@pytest.fixture
def folder(tmp_path):
    pd.DataFrame({
        "contract_id": ["A", "B"], "parcel_id": ["P1", "P2"], "area_m2": [1000, 2000],
        "signed_date": ["2018-01-01", "2018-01-01"], "actual_start_date": ["2018-05-01", "2018-05-01"],
        "agreed_completion_date": ["2020-06-30", "2027-06-30"], "invested_cny": [6e6, 9e6],
    }).to_csv(tmp_path / "contracts.csv", index=False)
    pd.DataFrame({
        "contract_id": ["A", "A", "B"], "source": ["contract", "agreement", "contract"],
        "metric": ["investment", "output", "investment"], "intensity_cny_m2": [8000, 5000, 8000],
        "due_date": [None, "2023-12-31", None],
    }).to_csv(tmp_path / "commitments.csv", index=False)
    (tmp_path / "landtool.yaml").write_text(CATALOGUE.format(language="zh"), encoding="utf-8")
    return tmp_path


def test_summary_counts_commitments_and_names_what_is_missing(folder):
    summary = lt.assess(lt.open_workspace(folder)).summary
    json.dumps(summary, allow_nan=False)
    assert summary["commitments"] == {
        "failed": {"count": 1}, "not_assessable": {"count": 1}, "not_due": {"count": 1}}
    missing = [row for row in summary["not_assessed"] if row["missing"] == ["gross_output_cny"]]
    assert [row["why"] for row in missing] == ["1 项约定缺少字段或字段无内容"]


def test_findings_and_the_file(folder):
    result = lt.assess(lt.open_workspace(folder))
    found = result.findings[result.findings["rule_id"] == "commitment.investment"]
    # There is no parcel layer, but the contract names its parcel.
    assert found[["subject_kind", "subject_id", "severity"]].to_numpy().tolist() == [
        ["parcel", "P1", "breach"]]
    lt.write_results(result, folder / "out")
    back = read_results(folder / "out").commitments
    pd.testing.assert_frame_equal(back, result.commitments, check_dtype=False)
    assert back["source_row"].notna().all()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_explain_lists_the_commitments_of_a_contract(folder, language):
    (folder / "landtool.yaml").write_text(CATALOGUE.format(language=language), encoding="utf-8")
    workspace = lt.open_workspace(folder)
    page = lt.explain(workspace, lt.assess(workspace), "A")
    json.dumps(page.as_dict(), allow_nan=False)
    rule = next(rule for rule in page.rules if rule.rule == "commitment")
    assert rule.verdict == "failed"
    assert len(rule.derived) == 3  # one of investment, two years of output
    assert {number.key for number in rule.thresholds} >= {"commitment.met_ratio"}
    assert [item.source_row for item in rule.inputs] == [2, 3]
    text = page.as_text(language)
    for word in ("8000.00", "6000.00", "75.0%", "工业总产值" if language == "zh" else "Gross output", "commitments.csv"):
        assert word in text
    assert ("未达标" if language == "zh" else "not met") in text


def test_without_the_layer_it_is_not_assessed(folder):
    text = CATALOGUE.format(language="zh").replace("  commitments: {path: commitments.csv}\n", "")
    (folder / "landtool.yaml").write_text(text, encoding="utf-8")
    result = lt.assess(lt.open_workspace(folder))
    assert result.commitments is None
    assert result.summary["commitments"] == {}
    assert ["commitments"] in [row["missing"] for row in result.summary["not_assessed"]]
