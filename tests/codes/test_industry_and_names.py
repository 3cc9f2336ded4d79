"""Industry divisions, supply modes, government causes, ways of disposal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landtool.codes import disposal_routes, government_causes, industry, supply_modes
from landtool.errors import UnknownCodeError

DIVISIONS = [f"{number:02d}" for number in range(1, 98)]


def texts(series: pd.Series) -> list[object]:
    return [None if pd.isna(one) else one for one in series]


def test_all_97_divisions_with_labels_and_sections() -> None:
    codes = pd.Series(DIVISIONS)
    assert texts(industry.division(codes)) == DIVISIONS
    for language in ("zh", "en"):
        assert industry.division_label(codes, language).notna().all()
    assert industry.section(codes).nunique() == 20
    manufacturing = industry.is_manufacturing(codes)
    assert codes[manufacturing].tolist() == DIVISIONS[12:43]
    assert set(industry.section(codes[manufacturing])) == {"C"}


def test_spellings_of_one_division() -> None:
    codes = [
        "3611",
        "C3611",
        "c36",
        "361",
        "36",
        3611,
        3611.0,
        "36.0",
        "３６１１",
        " 汽车制造业 ",
        "汽车制造",
    ]
    assert set(texts(industry.division(pd.Series(codes, dtype="object")))) == {"36"}


def test_a_name_in_the_words_of_any_edition() -> None:
    names = pd.Series(
        [
            "通讯设备、计算机及其他电子设备制造业",
            "化学原料及化学制品制造业",
            "皮革、毛皮、羽毛（绒）及其制造业",
            "饮料制造业",
            "电气机械和器材制造业",
            "房地产业",
        ]
    )
    assert texts(industry.division(names)) == ["39", "26", "19", "15", "38", "70"]


def test_what_is_not_known_is_null_and_listed() -> None:
    codes = pd.Series(
        ["98", "A36", "制造业", "交通运输设备制造业", "什么业", None, "Nah", "C"], dtype="object"
    )
    assert industry.division(codes).isna().all()
    unknown = industry.unknown(codes)
    assert unknown["why"].to_dict() == {
        "98": "unknown",
        "A36": "unknown",
        "制造业": "too_coarse",
        "交通运输设备制造业": "too_coarse",
        "什么业": "unknown",
        "C": "too_coarse",
        "": "blank",
    }
    assert unknown["count"].sum() == len(codes)


def test_back_to_2002() -> None:
    table = {"30": "31", "31": "32", "32": "33", "33": "34", "34": "35", "35": "36", "36": "37",
             "37": "37",
             "38": "39", "39": "40", "40": "41", "41": "42", "42": "43", "291": "29", "292": "30",
             **{str(code): str(code) for code in range(13, 29)}}  # fmt: skip
    assert texts(industry.division_2002(pd.Series(list(table)))) == list(table.values())
    assert texts(industry.division_2002(pd.Series(["43", "29", "70", None]))) == [None] * 4
    names = pd.Series(["橡胶制品业", "塑料制品业", "交通运输设备制造业", "橡胶和塑料制品业"])
    assert texts(industry.division_2002(names)) == ["29", "30", "37", None]
    assert texts(industry.division_2002(pd.Series(["3010", "44"]), edition="2002")) == ["30", None]


def test_codes_of_2002_come_forward() -> None:
    codes = pd.Series(["2911", "3010", "3721", "3731", "37", "4011", "43", "38"])
    assert texts(industry.division(codes, edition="2002")) == [
        "29",
        "29",
        "36",
        "37",
        None,
        "39",
        "42",
        None,
    ]


@given(st.sampled_from([code for code in DIVISIONS[12:42] if code != "29"]))
def test_forward_undoes_back(code: str) -> None:
    back = industry.division_2002(pd.Series([code + "11"]))
    forward = texts(industry.division(back, edition="2002"))
    assert forward == [None] if code in {"36", "37"} else forward == [code]


def test_an_unknown_edition_is_refused() -> None:
    with pytest.raises(UnknownCodeError, match="use one of: 2002, 2011, 2017"):
        industry.division(pd.Series(["36"]), edition="GB")


def test_supply_modes_and_kinds() -> None:
    names = pd.Series(
        [
            "挂牌出让",
            "协议出让",
            "划拨",
            "租赁",
            "先租后让",
            "作价出资（入股）",
            "\xa0",
            "弹性年期出让",
            "?",
        ]
    )
    codes = supply_modes().codes(names)
    assert texts(codes) == [
        "listing",
        "agreement",
        "allocation",
        "lease",
        "lease_then_grant",
        "equity",
        None,
        "flexible_term",
        None,
    ]
    assert texts(supply_modes().attribute(codes, "kind")) == [
        "grant",
        "grant",
        "allocation",
        "lease",
        "lease_then_grant",
        "equity",
        None,
        "grant",
        None,
    ]
    assert supply_modes().unknown(names)["why"].tolist() == ["unknown", "blank"]
    kinds = {entry.get("kind") for entry in supply_modes().entries.values()}
    assert kinds <= {"grant", "allocation", "lease", "lease_then_grant", "equity", None}


def test_causes_and_routes() -> None:
    causes = government_causes()
    assert texts(
        causes.codes(pd.Series([1, 2.0, "3", "4.0", "规划调整", "8", np.nan], dtype="object"))
    ) == ["1", "2", "3", "4", "2", None, None]
    assert list(causes.entries) == list("1234567")
    assert all("第八条" in entry["article"] for entry in causes.entries.values())
    assert list(disposal_routes().entries) == [
        "extend",
        "change_use",
        "temporary_use",
        "paid_recovery",
        "exchange",
        "other",
    ]
    assert disposal_routes().label("exchange") == "置换土地"
    with pytest.raises(UnknownCodeError, match="no code '9'"):
        causes.label("9")


def test_no_name_stands_for_two_codes() -> None:
    for table in (supply_modes(), government_causes(), disposal_routes()):
        names = [
            name
            for entry in table.entries.values()
            for name in {entry["zh"], *entry.get("names", ())}
        ]
        assert len(set(names)) == len(names)


def test_real_industry_names(shared_data: Path) -> None:
    path = shared_data / "land_market" / "landchina_beijing_2019H1" / "data_raw_cn.xlsx"
    names = pd.read_excel(path, dtype=str, engine="calamine")["Industry category"]
    assert set(industry.unknown(names).index) <= {"", "其它", "房屋和土木工程业", "其他采矿业"}
