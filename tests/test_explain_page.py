"""The page of an explanation: escaped, self-contained, whole; for parcels and contracts."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import tempfile
from html.parser import HTMLParser

import pytest

import landtool as lt
from landtool import cli
from landtool.explanation.page import Unit, figure

HOSTILE = "<script>alert(1)</script>&\"'"
SHEET = f"""contract_id,parcel_id,holder,kind,signed_date,agreed_start_date,actual_start_date,price_cny
C1,P1,"{HOSTILE.replace('"', '""')}",grant,2023-01-02,2023-03-01,,1000000
C2,P2,乙,grant,2016-04-01,2016-08-01,2016-07-01,
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("explain")
    (place / "contracts.csv").write_text(SHEET, encoding="utf-8")
    (place / "landtool.yaml").write_text(
        "name: 说明\npolicy: national\nas_of: 2025-12-31\nlayers:\n  contracts: {path: contracts.csv}\n",
        encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def page(folder):
    workspace = lt.open_workspace(folder)
    return lt.explain(workspace, lt.assess(workspace), "C1")


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen, self.text = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "onload", "style"}
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_well_formed_and_nothing_comes_from_outside(page, language):
    text = page.as_html(language)
    read = Tags()
    read.feed(text)
    assert read.open == []
    assert not read.seen & {"script", "img", "link", "iframe"}
    assert not re.search(r"https?:|url\(|@import", text)
    assert HOSTILE not in text
    assert HOSTILE in "".join(read.text)


def test_page_and_text_say_clause_source_standing_and_versions(page):
    html, text = page.as_html("zh"), page.as_text("zh")
    for words in ("第二条第一款", "contracts.csv", "何种事实会改变结论", "以主管部门认定为准",
                  page.versions["policy_version"], lt.__version__, "2025-12-31"):
        assert words in html, words
        assert words in text, words
    assert "未核实的默认值" in html
    assert page.as_dict()["versions"]["policy"] == "national"
    idle = next(rule for rule in page.rules if rule.rule == "idle.order53")
    assert idle.clauses[0] == "《闲置土地处置办法》第二条第一款"


@pytest.mark.parametrize(("as_of", "status", "words"), [
    # The year ends on 2024-03-01: on that day one recorded day of government cause undoes it.
    ("2024-03-01", "idle_1y", "满 1 天则不满一年"),
    ("2025-03-01", "idle_2y", "满 1 天则不满两年,满 366 天则不满一年")])
def test_what_would_change_it_counts_the_days(folder, as_of, status, words):
    workspace = lt.open_workspace(folder, as_of=dt.date.fromisoformat(as_of))
    idle = lt.explain(workspace, lt.assess(workspace), "C1").rules[0]
    assert idle.verdict == status
    assert words in idle.would_change


def test_a_share_is_read_in_percent_and_a_missing_field_by_its_name():
    assert figure(1 / 3, Unit("share", "比例（0–1）")) == "33.33%"
    assert figure(0.8, Unit("ratio", "比值")) == "0.8"
    assert figure(None, Unit("cny", "元")) == "–"
    assert figure(12345.678, Unit("m2", "m²")) == "12,345.68 m²"


def test_how_a_figure_is_written_follows_from_its_unit_and_not_from_the_words_for_it():
    assert figure(0.8, Unit("share", "占比")) == "80%"
    assert figure(0.8, Unit("weight", "比例（0–1）")) == "0.8 比例（0–1）"


def test_files_by_suffix(folder, tmp_path, capsys):
    html, other = tmp_path / "a.html", tmp_path / "b.json"
    assert cli.main(["explain", str(folder), "C1", "--html", str(html), "-o", str(other)]) == 0
    assert capsys.readouterr().out == ""
    assert html.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert json.loads(other.read_text(encoding="utf-8"))["subject_id"] == "C1"
    assert cli.main(["explain", str(folder), "C1", "-o", str(tmp_path / "c.docx")]) == 2
    assert ".html" in capsys.readouterr().err


def test_a_park_has_a_page_of_its_own(tmp_path):
    (tmp_path / "contracts.csv").write_text(SHEET, encoding="utf-8")
    (tmp_path / "parks.csv").write_text("park_id,park_name\nYQ1,示例园区\n", encoding="utf-8")
    (tmp_path / "statistics.csv").write_text(
        "park_id,year,developable_area_m2,ready_area_m2\nYQ1,2024,1000,950\nYQ1,2025,1000,890\n", encoding="utf-8")
    (tmp_path / "landtool.yaml").write_text(
        "name: 园区\npolicy: chongqing-2021\nas_of: 2025-12-31\nlayers:\n  contracts: {path: contracts.csv}\n"
        "  parks: {path: parks.csv}\n  park_statistics: {path: statistics.csv}\n", encoding="utf-8")
    workspace = lt.open_workspace(tmp_path)
    result = lt.assess(workspace)
    row = result.parks.set_index("park_id").loc["YQ1"]
    assert row["developed_rate"] == pytest.approx(0.89)
    assert row["expansion_gate"] == "fail"
    page = lt.explain(workspace, result, "YQ1")
    assert [rule.rule for rule in page.rules] == ["park"]
    text = page.as_text("zh")
    for words in ("不符合扩区条件", "statistics.csv 第 3 行", "渝府办发〔2008〕281号", "土地开发率: 89%",
                  "未达到的扩区条件: 土地开发率"):
        assert words in text, words
    assert not re.search(r"[a-z]+_[a-z]+(?!\.csv)\b", text.split("相关发现")[0].replace("YQ1", "")), "a code instead of words"
    assert {finding["rule_id"] for finding in page.findings} == {"park.below_benchmark", "park.expansion_gate"}
    assert "园区评估说明" in page.as_html("zh")
    gaps = [entry for entry in result.summary["not_assessed"] if "built_rate" in entry["missing"]]
    assert gaps


def test_what_would_change_it_says_how_much_is_lacking():
    """Every failed indicator, test and commitment of a town is told with the limit it would have to reach."""
    from landtool.sample import make_town, write_town

    with tempfile.TemporaryDirectory() as place:
        write_town(make_town(parcels=300), place, formats="plain")
        workspace = lt.open_workspace(place)
        result = lt.assess(workspace)
        told = result.control
        failed = told[(told["verdict"] == "failed") & (told["indicator"] == "far")].iloc[0]
        page = {rule.rule: rule for rule in lt.explain(workspace, result, failed["parcel_id"]).rules}
        more = math.ceil(round((failed["threshold"] - failed["value"]) * failed["area_used_m2"], 2))
        assert f"升至 {failed['threshold']:g}（计容建筑面积再增 {more} 平方米）" in page["control"].would_change

        zombie = result.parcels[result.parcels["is_zombie"].fillna(False)].iloc[0]
        page = {rule.rule: rule for rule in lt.explain(workspace, result, zombie["parcel_id"]).rules}
        assert "有一年恢复产出或缴纳税收" in page["low_efficiency"].would_change

        # What the figures rest on is told with its row: buildings, recorded causes, who occupies the land.
        built = workspace.layers.buildings.iloc[0]
        lot = result.parcels[result.parcels.contains(built.geometry.representative_point())].iloc[0]
        page = {rule.rule: rule for rule in lt.explain(workspace, result, lot["parcel_id"]).rules}
        rows = [item.source_row for item in page["control"].inputs if item.name == "buildings"]
        assert built["source_row"] in rows
        cause = workspace.layers.government_causes.iloc[0]
        page = {rule.rule: rule for rule in lt.explain(workspace, result, cause["contract_id"]).rules}
        told = [item for item in page["idle.order53"].inputs if item.name == f"government_causes.{cause['cause_code']}"]
        assert cause["source_row"] in [item.source_row for item in told]
        assert str(cause["from_date"].date()) in told[0].value
        graded = result.grades[result.grades["grade"].notna()].iloc[0]
        page = {rule.rule: rule for rule in lt.explain(workspace, result, graded["main_parcel_id"]).rules}
        assert {"occupied_area_m2", "registered_date"} <= {item.name for item in page["grading"].inputs}

        short = result.commitments
        short = short[short["is_current"] & (short["status"] == "failed") & short["contract_id"].notna()].iloc[0]
        page = {rule.rule: rule for rule in lt.explain(workspace, result, short["contract_id"]).rules}
        assert f"{short['shortfall_cny'] / 1e4:.2f} 万元" in page["commitment"].would_change
        assert "{" not in "".join(rule.would_change for rule in page.values())
