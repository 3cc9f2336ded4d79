"""The parcel card without a browser: milestones, what images say, and the way to its case."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import landtool as lt
from landtool.cases import open_store
from landtool.policy import load_policy
from landtool.webapp.plain import as_text
from landtool.webapp.serve import SCRIPT

EVIL = "<img src=x onerror=alert(1)>"
SAID = {
    "zh": ("逾期未完成 · 335 天 · 按登记属土地使用权人一方", "植被指数影像", "显示未建", "与登记不一致", "像元过少"),
    "en": ("overdue · 335 days · by the register the holder's default", "vegetation index", "looks bare",
           "contradicts the register", "too few pixels"),
}  # fmt: skip


@pytest.fixture
def town(assessed_town, tmp_path, monkeypatch):
    """A town of our own with one idle parcel whose images and milestones we know."""
    monkeypatch.delenv("LANDTOOL_DATABASE_URL", raising=False)
    folder = tmp_path / "town"
    shutil.copytree(assessed_town, folder, ignore=shutil.ignore_patterns("cases.sqlite*", "case_files"))
    result = lt.read_results(folder / "out")
    parcel = idle(result)
    images = pd.DataFrame({
        "parcel_id": parcel["parcel_id"], "contract_id": parcel["contract_id"], "kind": ["ndvi", "built_up"],
        "date": pd.to_datetime(["2025-07-01", "2024-07-01"]), "source": EVIL, "built_share": [None, 0.31],
        "ndvi_mean": [0.7312, None], "lights_mean": [None, None], "pixels": [40.0, 2.0], "covered_share": 1.0,
        "judged": [True, False], "says": ["bare", "not_judged"], "reason": [None, "too_few_pixels"],
        "register_says": "in_production", "register_date": pd.Timestamp("2020-01-01"),
        "compares": ["contradicts", None]})
    images.to_parquet(folder / "out" / "evidence.parquet")
    path = folder / "out" / "milestones.parquet"
    table = pd.read_parquet(path)
    table.loc[(table["contract_id"] == parcel["contract_id"]) & (table["milestone"] == "start"), [
        "status", "days_late", "defaulting_party"]] = ["overdue", 335, "holder"]
    table.to_parquet(path)
    monkeypatch.setenv("LANDTOOL_WORKSPACE", str(folder))
    return folder


def idle(result) -> pd.Series:
    return result.parcels[result.parcels["idle_status"] == "idle_1y"].iloc[0]


def card(folder, language="zh") -> AppTest:
    app = AppTest.from_file(SCRIPT, default_timeout=60)
    app.query_params["lang"] = language
    app.session_state["map_selected"] = idle(lt.read_results(folder / "out"))["parcel_id"]
    app.run()
    app._page_hash = calc_hash("map")
    return done(app)


def done(changed) -> AppTest:
    app = changed.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


@pytest.mark.parametrize("language", ["zh", "en"])
def test_milestones_and_images_are_told_in_words(town, language):
    text = "\n".join(cell.value for cell in card(town, language).markdown)
    for words in SAID[language]:
        assert as_text(words) in text, words
    assert as_text("31%") in text
    assert as_text("0.73") in text
    for raw in ("not_judged", "too_few_pixels", "overdue" if language == "zh" else "逾期", "ndvi"):
        assert as_text(raw) not in text, raw
    assert EVIL not in text


@pytest.mark.parametrize(("language", "use"), [("zh", "工业用地"), ("en", "Industrial")])
def test_district_and_land_use_stand_by_code_and_name(town, language, use):
    result = lt.read_results(town / "out")
    parcel = idle(result)
    name = result.districts.set_index("district_code").at[parcel["district_code"], "district_name"]
    text = "\n".join(cell.value for cell in card(town, language).markdown)
    assert as_text(f"{parcel['district_code']} {name}") in text
    assert as_text(f"{parcel['land_use_code']} {use}") in text


def test_a_case_is_opened_from_the_finding_and_found_again(town):
    app = card(town)
    button = next(one for one in app.button if one.label == "据此立案")
    assert button.disabled
    assert not (town / "cases.sqlite").exists()
    app = done(app.text_input(key="card_officer").set_value("李明"))
    app = done(app.button(key="card_case_new").click())
    with open_store(town, load_policy("chongqing-2021", "2025-12-31")) as store:
        rows = store.rows()
        number = rows[0]["case_id"]
    assert [row["parcel_id"] for row in rows] == [idle(lt.read_results(town / "out"))["parcel_id"]]
    assert app.title[0].value.startswith(number)
    assert app.sidebar.text_input[0].value == "李明"
    # The card now leads to that case, and offers no second one.
    app = card(town)
    assert not [one for one in app.button if one.label == "据此立案"]
    app = done(next(one for one in app.button if number in one.label).click())
    assert app.title[0].value.startswith(number)
