"""Source fields to canonical fields, and the unit each number comes in."""

from __future__ import annotations

import pytest

from landtool.errors import InputDataError
from landtool.schema import LAYERS
from landtool.schema.folding import fold, split_glued, split_header
from landtool.schema.headers import ColumnChoice, find_format, known_headers, map_headers

CONTRACTS = LAYERS["contracts"]


def mapped(headers, layer=CONTRACTS, **more):
    found, notes = map_headers(headers, layer, **more)
    return {m.canonical: (m.field_in_source, m.unit) for m in found}, [(n.kind, n.field) for n in notes]


@pytest.mark.parametrize(("header", "name", "unit"), [
    ("面积(公顷):", "面积", "公顷"), ("面积（公顷）", "面积", "公顷"), ("面积/亩", "面积", "亩"),
    ("土地面积_公顷", "土地面积", "公顷"), (" 面 积 [亩] ", "面积", "亩"),
    ("成交价款(万元)：", "成交价款", "万元"),
    ("面积(单位:公顷)", "面积", "公顷"), ("Area (hectare)", "area", "ha"),
    ("强度(万元/亩)", "强度", "万元/亩"),
    ("约定容积率(上限)", "约定容积率(上限)", ""), ("从业人员(人)", "从业人员", ""), ("area_m2", "area", "m2"),
    ("约定开工日期(年月日)", "约定开工日期", ""), ("金额（万元人民币）", "金额", "万元"),
    ("面积(acre)", "面积(acre)", ""),
    ("*宗地代码*", "宗地代码", ""), ("面积 ㎡", "面积m2", ""),
])  # fmt: skip
def test_headers_are_split_into_name_and_unit(header, name, unit):
    assert split_header(header) == (name, unit)


def test_units_written_on_to_the_name():
    assert split_glued("面积公顷") == ("面积", "公顷")
    assert split_glued("公顷") == ("", "")
    assert mapped(["电子监管号", "供地面积公顷"])[0]["area_m2"] == ("供地面积公顷", "公顷")


def test_fold_is_idempotent():
    for text in known_headers(CONTRACTS):
        assert fold(fold(text)) == fold(text)


def test_canonical_names_are_in_canonical_units():
    found, _ = mapped(list(CONTRACTS.names))
    assert set(found) == set(CONTRACTS.names)
    assert found["area_m2"] == ("area_m2", "m2")
    assert found["price_cny"] == ("price_cny", "cny")


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.name)
def test_every_alias_finds_its_field(layer):
    for field in layer.fields:
        for alias in (*field.aliases, field.zh, f" {field.zh}： "):
            found, _ = map_headers([alias], layer)
            assert field.name in [m.canonical for m in found], (field.name, alias)


def test_an_exact_alias_goes_before_a_folded_one_and_the_other_is_noted():
    found, notes = mapped(["行政区：", "行政区"])
    assert found["district_name"][0] == "行政区"
    assert ("field_claimed_twice", "district_name") in notes


def test_a_column_with_a_unit_goes_before_one_without():
    found, notes = mapped(["面积", "供地面积(亩)"])
    assert found["area_m2"] == ("供地面积(亩)", "亩")
    assert ("field_claimed_twice", "area_m2") in notes


def test_repeated_headers_count_once():
    found, notes = mapped(["土地用途", "土地用途.2"])
    assert found["land_use_code"][0] == "土地用途"
    assert ("field_claimed_twice", "land_use_code") in notes


def test_one_field_may_serve_two():
    found, _ = mapped(["供地方式"])
    assert found["kind"][0] == found["supply_mode"][0] == "供地方式"
    found, _ = mapped(["供地方式", "合同类型"])
    assert found["kind"][0] == "合同类型"


def test_the_catalogue_overrules_names():
    found, notes = mapped(
        ["面积(公顷)", "核发面积"], columns={"area_m2": {"field": "核发面积", "unit": "亩"}}
    )
    assert found["area_m2"] == ("核发面积", "亩")
    assert ("field_claimed_twice", "area_m2") in notes


def test_a_declared_unit_overrules_the_header_with_a_note():
    found, notes = mapped(["面积(公顷)"], columns={"area_m2": ColumnChoice("面积(公顷)", "亩")})
    assert found["area_m2"] == ("面积(公顷)", "亩")
    assert ("unit_overruled", "area_m2") in notes
    _, notes = mapped(["面积(公顷)"], columns={"area_m2": ColumnChoice("面积（公顷）：", "ha")})
    assert ("unit_overruled", "area_m2") not in notes


def test_a_field_taken_by_the_catalogue_serves_no_other():
    found, _ = mapped(["宗地面积(亩)"], LAYERS["parcels"], columns={"contract_area_m2": "宗地面积(亩)"})
    assert "certificate_area_m2" not in found


@pytest.mark.parametrize(("columns", "what", "mend"), [
    ({"area_m2": "面机"}, "面机", "面积"),
    ({"aera_m2": "面积"}, "aera_m2", "area_m2"),
    ({"area_m2": {"field": "面积", "unit": "英亩"}}, "英亩", "亩"),
    ({"holder": {"field": "面积", "unit": "亩"}}, "takes no unit", "leave the unit out"),
])  # fmt: skip
def test_wrong_declarations_name_the_nearest(columns, what, mend):
    with pytest.raises(InputDataError) as caught:
        map_headers(["面积", "电子监管号"], CONTRACTS, columns, source="a.xls")
    assert what in caught.value.what
    assert mend in caught.value.mend


def test_an_unknown_unit_is_never_guessed():
    found, _ = mapped(["电子监管号", "面积", "成交价格"])
    assert found["area_m2"] == ("面积", "")
    assert found["price_cny"] == ("成交价格", "")


def test_a_unit_of_another_kind_is_another_field():
    found, _ = mapped(["统一社会信用代码", "年度", "税收(万元/亩)"], LAYERS["operations"])
    assert "tax_cny" not in found


def test_regulation_codes_are_in_square_metres():
    found, _ = mapped(["DLBM", "DLMC", "ZLDWDM", "TBMJ", "KCMJ", "BSM", "TBBH"], LAYERS["land_use"])
    assert found == {
        "land_use_code": ("DLBM", ""), "land_use_name": ("DLMC", ""), "district_code": ("ZLDWDM", ""),
        "polygon_id": ("BSM", ""), "recorded_area_m2": ("TBMJ", "平方米"),
        "deducted_area_m2": ("KCMJ", "平方米"),
    }  # fmt: skip


def test_export_formats():
    market = ["电子监管号", "供地方式", "土地级别", "面积", "成交价格"]
    assert mapped(market)[0]["area_m2"] == ("面积", "公顷")
    json = ["idnumber", "time4commencement_plan", "area", "price"]
    assert mapped(json)[0]["price_cny"] == ("price", "万元")
    assert find_format(["面积"], CONTRACTS) is None
    assert mapped(["面积"], export_format="landchina")[0]["area_m2"] == ("面积", "公顷")
    with pytest.raises(InputDataError, match="landchina-json"):
        map_headers(["面积"], CONTRACTS, export_format="landchine")


def test_a_term_under_the_industry_is_seen_only_where_the_next_column_has_no_name():
    headers = ["电子监管号", "供地方式", "行业分类", "column J", "土地级别"]
    found, _ = mapped(headers)
    assert found["term_years"][0] == "行业分类"
    assert found["industry_code"][0] == "column J"
    found, _ = mapped(["电子监管号", "供地方式", "行业分类", "土地级别"])
    assert found["industry_code"][0] == "行业分类"
    assert "term_years" not in found
