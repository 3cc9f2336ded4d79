"""Two runs side by side, against a plain loop over both."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landtool import cli
from landtool.cases.compare import compare_findings, finding_changes
from landtool.reports.results import write_results
from landtool.rules.findings import no_findings
from tests.cases_store.test_update import run

ROW = st.fixed_dictionaries({
    "finding_id": st.sampled_from("abcd"), "severity": st.sampled_from(["breach", "recover"]),
    "clause": st.sampled_from(["c", "d"]), "measured": st.sampled_from([None, 1.0, 31.0, 40.0]),
    "threshold": st.sampled_from([None, 366.0]), "unit": st.sampled_from(["days", "ratio"]),
    "since": st.sampled_from([None, "2024-01-01", "2025-01-01"]),
    "evidence": st.sampled_from(['{"price_cny": 1}', '{"price_cny": 2}', '{"price_cny": 1, "idle_start_fill_share": 0.5}']),
})  # fmt: skip
RUN = st.lists(ROW, max_size=4, unique_by=lambda row: row["finding_id"])


def frame(rows) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(no_findings().columns)).assign(
        rule_id="r", subject_kind="contract", message_zh="", message_en="")
    table["subject_id"] = table["finding_id"]
    return table.astype(no_findings().dtypes.to_dict())


@given(RUN, RUN, st.integers(0, 40))
def test_against_a_plain_loop(before, after, days):
    table = compare_findings(frame(before), frame(after), days)
    found = {row.finding_id: (row.change, row.what) for row in table.itertuples()}
    old = {row["finding_id"]: row for row in before}
    new = {row["finding_id"]: row for row in after}
    wanted = {}
    for name in old.keys() | new.keys():
        if name not in old or name not in new:
            wanted[name] = ("new" if name in new else "resolved", "")
            continue
        one, two = ({**side[name], "evidence": json.loads(side[name]["evidence"])} for side in (old, new))
        parts = finding_changes(one, two, days)
        wanted[name] = ("changed" if parts else "same", ",".join(parts))
    assert found == wanted


@pytest.mark.parametrize(("area", "changes"), [(1376418.74331264, []), (1376418.7433126434, []), (1376418.75, ["evidence.area_m2"]),
                                           (None, ["evidence.area_m2"])])
def test_last_digits_are_no_news(area, changes):
    old = {"severity": "info", "unit": "m2", "measured": 0.1 + 0.2, "threshold": 0.3, "evidence": {"area_m2": 1376418.74331264}}
    assert finding_changes(old, old | {"measured": 0.3, "evidence": {"area_m2": area}}, 30) == changes


def test_a_whole_number_that_moved_by_one_is_news():
    old = {"severity": "info", "unit": "m2", "measured": 1.0, "evidence": {"price_cny": 50_000_000_000}}
    assert finding_changes(old, old | {"evidence": {"price_cny": 50_000_000_001}}, 30) == ["evidence.price_cny"]


@pytest.fixture
def two(tmp_path):
    extra = {"name": "某区", "policy": {}, "layers": {}, "idle": {}, "output": {}, "not_assessed": []}
    for name, result in (
        ("one", run("2025-12-31", [("A", "1y", 400, 1e7), ("B", "1y", 500, 1e7), ("=C", "1y", 600, 1e7)])),
        ("two", run("2026-01-30", [("A", "2y", 430, 1e7), ("B", "1y", 530, 1e7), ("D", "1y", 400, 1e7)])),
    ):
        result.summary.update(extra)
        write_results(result, tmp_path / name)
    return tmp_path


def test_the_command(two, capsys):
    words = ["diff", str(two / "one"), str(two / "two")]
    assert cli.main(words) == 0
    assert "两次评估对照" in capsys.readouterr().out
    assert cli.main([*words, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["counts"] == {"new": 1, "resolved": 1, "changed": 1, "same": 1}
    changed = next(row for row in content["findings"] if row["change"] == "changed")
    assert (changed["subject_id"], changed["severity_before"], changed["severity_after"]) == (
        "A", "breach", "recover")
    assert "severity" in changed["what"].split(",")
    assert cli.main([*words, "--rule", "commitment", "--json"]) == 0
    assert not json.loads(capsys.readouterr().out)["findings"]


def test_the_files(two, capsys):
    words = ["diff", str(two / "one"), str(two / "two"), "-o"]
    for ending in ("parquet", "csv", "xlsx"):
        assert cli.main([*words, str(two / f"d.{ending}")]) == 0
    table = pd.read_parquet(two / "d.parquet")
    assert table["change"].tolist() == ["new", "resolved", "changed", "same"]
    assert "'=C" in pd.read_csv(two / "d.csv")["subject_id"].tolist()
    assert "=C" in pd.read_excel(two / "d.xlsx", engine="openpyxl")["subject_id"].tolist()
    assert cli.main([*words, str(two / "d.docx")]) == 2
    assert ".xlsx" in capsys.readouterr().err


def test_a_run_with_itself_is_the_same(two, capsys):
    assert cli.main(["diff", str(two / "one"), str(two / "one"), "--language", "en"]) == 0
    assert "No finding is new" in capsys.readouterr().out
