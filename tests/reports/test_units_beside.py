"""Figures that carry their unit beside them are read in people's units, on pages and in the workbook alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import landtool as lt
from landtool.reports.wording import with_units_beside
from landtool.reports.workbook_sheets import make_sheet


@pytest.mark.parametrize(("unit", "value", "shown", "zh"), [
    ("share", 0.86, 86.0, "%"), ("cny_m2", 6500.0, 65.0, "亿元/km²"), ("cny", 12_345.0, 1.2345, "万元"),
    ("m2", -7.5e-8, 0.0, "公顷"), ("days", 365.0, 365.0, "日"), ("strange", 2.0, 2.0, "strange"),
])  # fmt: skip
def test_a_figure_and_its_unit_change_together(unit, value, shown, zh):
    rows = pd.DataFrame({"measured": [value, np.nan], "unit": [unit, None]})
    before = rows.copy(deep=True)
    made = with_units_beside(rows, ["measured", "absent"], "zh")
    assert made["measured"].tolist()[0] == pytest.approx(shown)
    assert not np.signbit(made["measured"].iloc[0]) or shown < 0
    assert made["unit"].iloc[0] == zh
    assert made.iloc[1].isna().all()
    pd.testing.assert_frame_equal(rows, before)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_target_board_is_in_percent(assessed_town, language):
    table = make_sheet("targets", lt.read_results(assessed_town / "out"), language).table
    shares = table[table["unit"] == "%"]
    assert not shares.empty
    assert shares["threshold"].min() > 1.0
    assert not table["unit"].astype(str).str.contains("0–1").any()
