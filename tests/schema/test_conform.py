"""Sources made canonical: nothing is lost silently."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from landtool.errors import InputDataError
from landtool.schema import LAYERS
from landtool.schema.conform import ColumnChoice, conform, empty_frame
from landtool.schema.validate import validate_layer

CONTRACTS = LAYERS["contracts"]


def run(cells, layer="contracts", **more):
    frame = pd.DataFrame(cells)
    rows = pd.Series(np.arange(len(frame)) + 2, index=frame.index, dtype="Int64")
    return conform(frame, LAYERS[layer], source="a.xls", source_row=rows, **more)


def found(made, scope=None):
    table = made.problems if scope is None else made.problems[made.problems["scope"] == scope]
    return [tuple(row) for row in table[["kind", "field", "value"]].to_numpy()]


def test_names_units_and_types():
    made = run({"电子监管号": ["A"], "面积(公顷)": ["1.5"], "成交价格(万元)": [120],
                    "合同签订日期": ["2021年3月5日"],
                "供地方式": ["挂牌出让"], "是否抵押": ["是"], "土地等别": ["十二等"]})  # fmt: skip
    row = made.frame.iloc[0]
    assert (row["area_m2"], row["price_cny"]) == (15_000.0, 1_200_000.0)
    assert (row["kind"], row["supply_mode"]) == ("grant", "listing")
    assert row["signed_date"] == pd.Timestamp("2021-03-05")
    assert row["is_mortgaged"] is True or row["is_mortgaged"] == True  # noqa: E712
    assert row["land_grade"] == 12
    assert (row["source"], row["source_row"]) == ("a.xls", 2)
    types = made.frame.dtypes.astype(str).to_dict()
    assert types["contract_id"] == "str"
    assert types["signed_date"].startswith("datetime64")
    assert (types["land_grade"], types["is_mortgaged"]) == ("Int64", "boolean")
    assert types["source_row"] == "Int64"


def test_only_fields_of_the_source_become_columns():
    made = run({"电子监管号": ["A"]})
    assert "area_m2" not in made.frame
    assert list(made.frame.columns[:1]) == ["contract_id"]


def test_blank_unread_and_absent_are_told_apart():
    made = run(
        {
            "电子监管号": list("ABCDE"),
            "实际开工时间": ["2020-01-01", "Nah", "2021-02-30", "1900-01-01", "不详"],
        }
    )
    assert made.frame["actual_start_date_is_known"].tolist() == [True, True, False, True, False]
    assert made.frame["actual_start_date"].notna().tolist() == [True, False, False, False, False]
    assert "actual_completion_date" not in made.frame
    assert made.frame["actual_completion_date_is_known"].tolist() == [False] * 5
    assert found(made, "field") == [
        ("date_unreadable", "actual_start_date", "2021-02-30"),
        ("stated_unknown", "actual_start_date", "不详"),
        ("placeholder_date", "actual_start_date", "1900-01-01"),
    ]  # fmt: skip
    assert str(made.frame["actual_start_date_is_known"].dtype) == "boolean"


def test_keys_are_made_and_reported_once():
    made = run({"电子监管号": ["A", "\xa0", None], "面积(亩)": [1, 2, 3]})
    assert made.frame["contract_id"].tolist() == ["A", "a.xls#3", "a.xls#4"]
    notes = made.problems[made.problems["kind"] == "key_made"]
    assert notes["detail"].tolist() == ["2"]
    made = run({"面积(亩)": [1, 2, 3]})
    assert made.frame["contract_id"].tolist() == ["a.xls#2", "a.xls#3", "a.xls#4"]


def test_a_key_that_lost_digits_sets_the_row_aside():
    made = run({"电子监管号": ["A", "5.00101E+17"]})
    assert made.frame["contract_id"].tolist() == ["A"]
    assert ("required_unreadable", "contract_id", "5.00101E+17") in found(made, "row")


def test_a_bad_cell_leaves_the_row():
    made = run({"电子监管号": ["A"], "面积(亩)": ["-3"], "成交价格(万元)": ["面议"]})
    assert len(made.frame) == 1
    assert found(made, "field") == [
        ("area_not_positive", "area_m2", "-3"),
        ("number_unreadable", "price_cny", "面议"),
    ]
    assert made.problems["subject_id"].tolist()[-2:] == ["A", "A"]


def test_required_cells_set_the_row_aside_with_one_reason():
    made = run(
        {
            "电子监管号": ["A", None, "C", None],
            "原因代码": ["1", "2", "9", None],
            "起始日期": ["2020-01-01", "2020-01-01", "2020-01-01", "x"],
        },
        "government_causes",
    )
    assert made.frame["contract_id"].tolist() == ["A"]
    assert sorted(found(made, "row")) == [
        ("required_missing", "contract_id", ""), ("required_missing", "contract_id", ""),
        ("required_unreadable", "cause_code", "9"),
    ]  # fmt: skip


def test_rows_without_any_known_cell_are_set_aside_as_read():
    made = run({"电子监管号": ["A", None], "备注": ["x", "以下空白"]})
    assert len(made.frame) == 1
    assert found(made, "row") == [("row_empty", "", "以下空白")]
    assert "key_made" not in made.problems["kind"].tolist()


def test_either_of_two_identifiers():
    made = run({"统一社会信用代码": ["E", None, None], "宗地代码": [None, "P", None], "年度": [2020] * 3,
                "工业总产值(万元)": [1, 2, 3]}, "operations")  # fmt: skip
    assert len(made.frame) == 2
    assert [kind for kind, *_ in found(made, "row")] == ["one_of_missing"]


@pytest.mark.parametrize(("cells", "layer", "what"), [
    ({"统一社会信用代码": ["E"]}, "operations", "no field for year"),
    ({"年度": [2020]}, "operations", "enterprise_id, parcel_id"),
    ({"区县代码": ["5001"], "区县名称": ["万州"]}, "districts", "needs polygons"),
    ({"项目编号": ["1"], "面积": [3]}, "candidate_projects", "the unit of area_m2"),
])  # fmt: skip
def test_a_required_field_that_is_nowhere_is_an_error(cells, layer, what):
    with pytest.raises(InputDataError, match=what) as caught:
        run(cells, layer)
    assert caught.value.mend


def test_columns_of_unknown_unit_stay_unused():
    made = run({"电子监管号": ["A"], "面积": [3], "成交价格": ["5"]})
    assert "area_m2" not in made.frame
    assert "price_cny" not in made.frame
    assert [m.canonical for m in made.mapping] == ["contract_id"]
    assert found(made, "field") == [
        ("unit_unknown", "area_m2", "面积"),
        ("unit_unknown", "price_cny", "成交价格"),
    ]
    declared = run({"电子监管号": ["A"], "面积": [3]}, columns={"area_m2": ColumnChoice("面积", "亩")})
    assert declared.frame["area_m2"].tolist() == [pytest.approx(2000.0)]


def test_cells_with_their_own_unit_are_read_without_one_in_the_header():
    made = run({"电子监管号": ["A", "B"], "面积": ["3亩", "4"]})
    assert made.frame["area_m2"].isna().tolist() == [False, True]
    assert ("unit_unknown", "area_m2", "4") in found(made, "field")


def test_a_column_mostly_unread_is_noted():
    made = run({"电子监管号": list("ABCDEF"), "合同签订日期": ["工业用地"] * 6})
    assert "column_mostly_unreadable" in made.problems["kind"].tolist()


def test_commitments_keep_their_own_source():
    made = run(
        {"合同编号": ["A"], "约定来源": ["出让合同"], "指标": ["税收"], "约定强度(万元/亩)": [20]},
        "commitments",
    )
    row = made.frame.iloc[0]
    assert (row["source"], row["metric"], row["source_file"]) == ("contract", "tax", "a.xls")
    assert row["intensity_cny_m2"] == pytest.approx(300.0)


def test_wide_commitments_become_long():
    made = run({"合同编号": ["A", "B", None], "约定来源": ["合同", "协议", "合同"],
                    "投资强度(万元/亩)": [300, None, None],
                "亩均税收(万元/亩)": [20, 15, None], "约定产值(万元)": ["1亿元", "5000", None]},
                                "commitments")  # fmt: skip
    assert made.frame[["contract_id", "metric"]].to_numpy().tolist() == [
        ["A", "investment"],
        ["A", "tax"],
        ["A", "output"],
        ["B", "tax"],
        ["B", "output"],
    ]
    assert made.frame["total_cny"].dropna().tolist() == [1e8, 5e7]
    rows = (made.problems["scope"] == "row").sum()
    assert 3 + made.extra_rows == len(made.frame) + rows
    assert rows == 1


def test_jobs_and_energy_in_a_wide_sheet_are_amounts_and_no_money():
    sheet = pd.DataFrame({"合同编号": ["A", "B"], "协议约定就业人数(人)": ["200", None],
                          "协议约定单位工业增加值能耗(吨标准煤/万元)": ["0.3", ""],
                          "协议约定投资强度(万元/亩)": ["300", "20"], "能耗(千克标煤/万元)": ["1", "2"]}, dtype=object)  # fmt: skip
    made = conform(sheet, LAYERS["commitments"], source="a.xlsx", source_row=pd.Series([2, 3], dtype="Int64"))
    rows = made.frame[["contract_id", "metric", "amount", "intensity_cny_m2"]].round(2).fillna(0.0)
    assert rows.to_numpy().tolist() == [
        ["A", "employees", 200.0, 0.0], ["A", "energy", 0.3, 0.0], ["A", "investment", 0.0, 4500.0],
        ["B", "investment", 0.0, 300.0]]  # fmt: skip
    # A unit that is not known is not guessed.
    assert "能耗(千克标煤/万元)" in set(made.problems.loc[made.problems["kind"] == "fields_unused", "detail"])


def test_a_wide_sheet_without_units_is_not_guessed():
    made = run(
        {"合同编号": ["A"], "约定来源": ["合同"], "投资强度": [300], "税收强度(万元/亩)": [20]}, "commitments"
    )
    assert made.frame["metric"].tolist() == ["tax"]
    assert ("unit_unknown", "intensity_cny_m2", "300") in found(made)


def test_polygons():
    shapes = gpd.GeoDataFrame({"DLBM": ["0601", "0508", "0601"]}, geometry=[box(0, 0, 1, 1),
    None, box(1, 0, 2, 1)],
                              crs="EPSG:4545").rename_geometry("SHAPE")  # fmt: skip
    made = conform(shapes, LAYERS["land_use"], source="a.gdb", source_row=pd.Series([1, 2, 3], dtype="Int64"))
    assert isinstance(made.frame, gpd.GeoDataFrame)
    assert made.frame.crs == shapes.crs
    assert made.frame.geometry.name == "geometry"
    assert made.frame["source_row"].tolist() == [1, 3]
    assert found(made, "row") == [("geometry_missing", "geometry", "")]


def test_parcels_may_come_without_polygons():
    made = run({"ZDDM": ["500101"], "ZDMJ": [300.0]}, "parcels")
    assert not isinstance(made.frame, gpd.GeoDataFrame)
    assert made.frame["certificate_area_m2"].tolist() == [300.0]


def test_inputs_are_not_changed():
    frame = pd.DataFrame({"电子监管号": ["A", None], "面积(亩)": ["1", "-1"]}, index=[7, 7])
    before = frame.copy()
    made = conform(frame, CONTRACTS, source="a", source_row=pd.Series([3, 4], index=[7, 7]))
    pd.testing.assert_frame_equal(frame, before)
    assert made.frame.index.tolist() == [0, 1]


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.name)
def test_empty_frames_pass_the_gate(layer):
    frame = empty_frame(layer)
    assert set(layer.names) <= set(frame.columns)
    assert validate_layer(frame, layer).empty
    assert isinstance(frame, gpd.GeoDataFrame) == (layer.geometry == "polygon")


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.name)
def test_sources_without_rows(layer):
    frame = pd.DataFrame({name: pd.Series(dtype="str") for name in layer.names})
    if layer.geometry == "polygon":
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs="EPSG:4490"))
    made = conform(frame, layer, source="a", source_row=pd.Series([], dtype="Int64"))
    assert len(made.frame) == 0
    assert validate_layer(made.frame, layer).empty
