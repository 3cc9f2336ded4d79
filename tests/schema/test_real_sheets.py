"""Real land-market sheets against the facts that are known of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from landtool.schema import LAYERS
from landtool.schema.conform import conform, drop_duplicates, unique_keys
from landtool.schema.problems import concat_problems
from landtool.schema.validate import validate_layer
from landtool.sources.header import unique_names
from landtool.sources.raw import RawTable

CONTRACTS = LAYERS["contracts"]


def raw(path: Path) -> RawTable:
    """A sheet cell by cell, without any of the readers' own care."""
    head, *body = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    names = [name or f"column {chr(65 + at)}" for at, name in enumerate(unique_names([str(h) for h in head]))]
    frame = pd.DataFrame(body, columns=pd.Index(names), dtype="object")
    return RawTable(frame, path.name, pd.Series(range(2, len(frame) + 2), dtype="Int64"), rows_in=len(frame))


def read(folder: Path, pattern: str = "*.xls") -> tuple[pd.DataFrame, pd.DataFrame, int]:
    raws = [raw(path) for path in sorted(folder.glob(pattern))]
    kept, repeated = drop_duplicates(raws)
    made = [conform(one.frame, CONTRACTS, source=one.source, source_row=one.source_row) for one in kept]
    frame, clashes = unique_keys(pd.concat([one.frame for one in made], ignore_index=True), CONTRACTS)
    problems = concat_problems([repeated, *(one.problems for one in made), clashes])
    return frame, problems, sum(one.rows_in for one in raws)


@pytest.fixture(scope="module")
def sheets_2005(shared_data: Path) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    return read(shared_data / "land_market" / "landchina_2005H1")


def count(problems: pd.DataFrame, kind: str, field: str | None = None) -> int:
    return int(((problems["kind"] == kind) & (field is None or problems["field"] == field)).sum())


def test_2005_the_account_closes(sheets_2005):
    frame, problems, rows_in = sheets_2005
    assert rows_in == 16_193
    assert rows_in == len(frame) + int((problems["scope"] == "row").sum())
    assert count(problems, "duplicate_row") == 1_238
    assert validate_layer(frame, CONTRACTS).empty


def test_2005_areas(sheets_2005):
    frame, problems, _ = sheets_2005
    assert count(problems, "area_not_positive", "area_m2") == 22
    assert (frame["area_m2"].dropna() > 0).all()
    assert int(frame["area_m2"].isna().sum()) == 22


def test_2005_before_duplicates_are_dropped(shared_data):
    raws = [raw(path) for path in sorted((shared_data / "land_market" / "landchina_2005H1").glob("*.xls"))]
    made = [conform(one.frame, CONTRACTS, source=one.source, source_row=one.source_row) for one in raws]
    frame = pd.concat([one.frame for one in made], ignore_index=True)
    assert len(frame) == 16_193
    assert frame["contract_id"].str.contains("#").sum() == 16_017
    assert frame["actual_start_date"].isna().all()
    assert frame["actual_start_date_is_known"].all()
    placeholders = concat_problems([one.problems for one in made])
    starts = (
        count(placeholders, "placeholder_date", "agreed_start_date")
        + frame["agreed_start_date"].notna().sum()
    )
    assert starts == 223
    uses = frame["land_use_code"].value_counts()
    assert (uses["工矿仓储用地"], uses["工业用地"], uses["仓储用地"]) == (4_041, 434, 2)
    industrial = frame[frame["land_use_code"].isin(["工矿仓储用地", "工业用地", "仓储用地"])]
    assert len(industrial) == 4_477
    assert industrial["area_m2"].sum() / 1e4 == pytest.approx(11_312, abs=1)


def test_2007(shared_data):
    frame, problems, rows_in = read(shared_data / "land_market" / "landchina_2007")
    assert rows_in == 157 == len(frame)
    assert int(frame["actual_start_date"].notna().sum()) == 10
    assert frame["actual_start_date_is_known"].all()
    assert count(problems, "placeholder_date") > 0
    assert (frame["agreed_start_date"].dropna() > pd.Timestamp("1990-01-01")).all()
    limits = frame[["far_min", "far_max"]].to_numpy()
    assert np.isnan(limits).any()
    assert not (limits == 0).any()
    shifted = frame[frame["source"] == "2007年01月.xls"]
    assert shifted["term_years"].dropna().between(1, 70).all()
    assert shifted["term_years"].notna().sum() > 80
    assert shifted["industry_code"].eq("食品制造业").any()


def test_2016_limits_are_swapped_back(shared_data):
    frame, problems, rows_in = read(shared_data / "land_market" / "landchina_2016", "supply_results_2016.xls")
    assert rows_in == 323 == len(frame)
    both = frame.dropna(subset=["far_min", "far_max"])
    assert len(both) > 100
    assert (both["far_min"] <= both["far_max"]).all()
    assert count(problems, "export_format_column") == 2
    assert "actual_start_date" not in frame
    assert not frame["actual_start_date_is_known"].any()


def test_beijing_2019_in_english(shared_data):
    frame, _, rows_in = read(shared_data / "land_market" / "landchina_beijing_2019H1", "*.xlsx")
    assert rows_in == 189 == len(frame)
    assert frame["area_m2"].iloc[0] == pytest.approx(1206.05)
    assert frame["price_cny"].iloc[0] == pytest.approx(2_845_022)
    assert frame["holder"].notna().sum() >= 180
    assert frame["holder"].eq("光明日报社").any()


def test_leases(shared_data):
    frame, _, rows_in = read(shared_data / "land_market" / "landchina_lease_market_2016_2017", "lease_b.xls")
    assert rows_in == 24 == len(frame)
    assert (frame["expiry_date"] > frame["signed_date"]).all()
    assert frame["area_m2"].iloc[0] == pytest.approx(35.0)
    assert frame["annual_rent_cny"].iloc[0] == pytest.approx(1_409.0)
