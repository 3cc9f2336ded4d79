"""Land-use codes: what is industrial, what is mended, what is refused."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landtool.codes import load_classification, shipped_classifications
from landtool.errors import InputDataError, UnknownCodeError


def classes(name: str, *codes: object) -> list[object]:
    made = load_classification(name).classify(pd.Series(list(codes), dtype="object"))["land_class"]
    return [None if pd.isna(one) else one for one in made]


@pytest.mark.parametrize(
    ("name", "industrial", "storage", "other"),
    [
        ("gbt21010-2017", ["0601"], ["0604"], ["0101", "0602", "0603", "1207", "0501"]),
        ("tdlb-2019", ["0601"], ["0508"], ["0602", "05H1", "08H2A", "1104K", "0603"]),
        (
            "gb50137-2011",
            ["M", "M1", "M2", "M3"],
            ["W", "W1", "W2", "W3"],
            ["R2", "A35", "H5", "B41"],
        ),
        (
            "yhfl-2023",
            ["1001", "100101", "100102", "100103"],
            ["1101", "110102"],
            ["1002", "0601", "1901"],
        ),
        ("land-market", ["工业用地"], ["仓储用地"], ["采矿用地", "住宅用地", "公园与绿地"]),
    ],
)
def test_shipped_classes(
    name: str, industrial: list[str], storage: list[str], other: list[str]
) -> None:
    assert set(classes(name, *industrial)) == {"industrial"}
    assert set(classes(name, *storage)) == {"storage"}
    assert set(classes(name, *other)) == {"other"}


def test_m0_is_industrial_and_the_mixed_name_is_null() -> None:
    m0 = load_classification("yhfl-2023").classify(pd.Series(["100100"]))
    assert m0[["is_industrial", "land_class"]].to_numpy().tolist() == [[True, "m0"]]
    mixed = load_classification("land-market").classify(pd.Series(["工矿仓储用地"]))
    assert mixed["land_class"].tolist() == ["industrial_or_storage"]
    assert mixed["is_industrial"].isna().all()


@pytest.mark.parametrize(
    ("code", "used", "why"),
    [
        ("601", "0601", "lost_zero"),
        ("０６０１", "0601", "width_or_blank"),
        ("0601  ", "0601", "width_or_blank"),
        ("0601.0", "0601", "number_as_text"),
        (601, "0601", "lost_zero"),
        (601.0, "0601", "lost_zero"),
        ("0601\u3000", "0601", "width_or_blank"),
        ("工业用地", "0601", "name"),
        ("0601工业用地", "0601", "name"),
    ],
)
def test_fixable_codes_are_mended_with_a_note(code: object, used: str, why: str) -> None:
    classification = load_classification("gbt21010-2017")
    codes = pd.Series([code], dtype="object")
    assert classification.classify(codes)["land_use_code"].tolist() == [used]
    assert classification.fixed(codes)[["why", "land_use_code"]].to_numpy().tolist() == [
        [why, used]
    ]
    assert classification.unknown(codes).empty


def test_lower_case_is_mended() -> None:
    assert classes("gb50137-2011", "m1", "Ｗ２", "M1一类工业用地") == [
        "industrial",
        "storage",
        "industrial",
    ]
    assert classes("tdlb-2019", "05h1") == ["other"]


def test_what_is_not_known_is_never_guessed() -> None:
    codes = pd.Series(["0601", "9999", "061", "9999", "201", "X", None, " ", "Nah", "0601农田"])
    classification = load_classification("gbt21010-2017")
    unknown = classification.unknown(codes)
    assert unknown["count"].to_dict() == {
        "9999": 2,
        "061": 1,
        "201": 1,
        "X": 1,
        "0601农田": 1,
        "": 3,
    }
    assert unknown.loc["061", "nearest"] == "0601"
    assert unknown.loc["", "why"] == "blank"
    made = classification.classify(codes)
    assert made["is_industrial"].isna().tolist() == [False] + [True] * 9
    with pytest.raises(UnknownCodeError, match=r"9999×2"):
        classification.require(codes)
    classification.require(codes.iloc[:1])


def test_too_coarse_codes_are_known_but_not_settled() -> None:
    unknown = load_classification("yhfl-2023").unknown(pd.Series(["10", "1001"]))
    assert unknown["why"].to_dict() == {"10": "too_coarse"}
    assert load_classification("yhfl-2023").classify(pd.Series(["10"]))["label_zh"].tolist() == [
        "工矿用地"
    ]


@pytest.mark.parametrize("name", shipped_classifications())
def test_shipped_files_are_whole(name: str) -> None:
    classification = load_classification(name)
    codes = pd.Series(list(classification.exact))
    assert len(codes) > 50
    assert classification.fixed(codes).empty
    settled = classification.classify(codes)["land_class"].notna()
    coarse = [
        code for code, land_class in classification.exact.items() if land_class == "too_coarse"
    ]
    assert codes[~settled].tolist() == coarse
    assert set(classification.exact) >= set(classification.labels)
    if name != "land-market":
        assert set(classification.exact) == set(classification.labels)
        parents = {code[:2] for code in classification.labels if code.isdecimal()}
        assert parents <= set(classification.labels), "every class has its parent"


def test_counts_of_the_standards() -> None:
    def level(name: str, length: int) -> int:
        return sum(
            code.isdecimal() and len(code) == length for code in load_classification(name).labels
        )

    assert (level("gbt21010-2017", 2), level("gbt21010-2017", 4)) == (12, 73)
    assert level("yhfl-2023", 2) == 24


def own(folder: Path, text: str) -> Path:
    path = folder / "codes.yml"
    path.write_text("name: my-city\n" + text, encoding="utf-8")
    return path


def test_ranges_patterns_and_the_more_exact_line(tmp_path: Path) -> None:
    made = load_classification(
        own(
            tmp_path,
            """
industrial: ["400-459", "I-*"]
storage: ["401", "440-445", "I-S*"]
other: ["*"]
""",
        )
    )
    codes = pd.Series(["400", "401", "440", "459", "460", "I-2", "I-S1", "park", None])
    assert made.classify(codes)["land_class"].fillna("-").tolist() == [
        "industrial",
        "storage",
        "storage",
        "industrial",
        "other",
        "industrial",
        "storage",
        "other",
        "-",
    ]
    assert made.unknown(codes)["why"].tolist() == ["blank"]


def test_without_a_star_nothing_else_is_covered(tmp_path: Path) -> None:
    made = load_classification(own(tmp_path, 'industrial: ["ICMX"]\nother: ["RSA-*"]\n'))
    assert made.unknown(pd.Series(["ICMX", "RSA-5", "SPPOA"])).index.tolist() == ["SPPOA"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("industrial: [0601]\n", "write codes in quotes"),
        ('industrail: ["M"]\n', "did you mean 'industrial'?"),
        ('industrial: ["M"]\nother: ["M"]\n', "stands in two classes"),
        ('industrial: ["M"]\nindustrial: ["W"]\n', "stands twice"),
        ('industrial: ["9-5"]\n', "is empty"),
        ("industrial: M\n", "industrial"),
    ],
)
def test_malformed_files_are_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputDataError) as caught:
        load_classification(own(tmp_path, text))
    assert says in str(caught.value)
    assert "codes.yml" in str(caught.value)


def test_two_lines_alike_are_refused_for_the_code(tmp_path: Path) -> None:
    made = load_classification(own(tmp_path, 'industrial: ["A*"]\nother: ["*B"]\n'))
    assert made.classify(pd.Series(["AC"]))["land_class"].tolist() == ["industrial"]
    with pytest.raises(InputDataError, match="more exact line"):
        made.classify(pd.Series(["AB"]))


def test_unknown_names_of_classifications() -> None:
    with pytest.raises(UnknownCodeError, match="did you mean 'tdlb-2019'"):
        load_classification("tdlb2019")
    with pytest.raises(InputDataError, match="no such file"):
        load_classification("nowhere/codes.yml")


def test_the_index_and_empty_frames_are_kept() -> None:
    classification = load_classification("tdlb-2019")
    codes = pd.Series(["0601", "0508"], index=[7, 7])
    assert classification.classify(codes).index.tolist() == [7, 7]
    empty = classification.classify(pd.Series([], dtype="str"))
    assert list(empty.columns) == ["is_industrial", "land_class", "label_zh", "land_use_code"]
    assert empty["is_industrial"].dtype == "boolean"
    assert classification.unknown(pd.Series([], dtype="str")).empty
    assert classification.classify(pd.Series([None, np.nan]))["land_class"].isna().all()


WIDE = {ord(sign): chr(ord(sign) + 0xFEE0) for sign in "0123456789ABHKM"}


@given(
    st.sampled_from(
        [
            (name, code)
            for name in shipped_classifications()
            for code in load_classification(name).exact
        ]
    ),
    st.sampled_from(["", " ", "\u3000", "\xa0", "\t"]),
    st.booleans(),
    st.booleans(),
)
def test_dress_does_not_change_the_class(
    case: tuple[str, str], blank: str, is_wide: bool, is_lower: bool
) -> None:
    name, code = case
    dressed = code.lower() if is_lower else code.translate(WIDE) if is_wide else code
    assert fold_free(dressed) or is_wide
    assert classes(name, blank + dressed + blank) == classes(name, code)


def fold_free(text: str) -> bool:
    return unicodedata.normalize("NFKC", text) == text


@given(st.lists(st.text(max_size=6), max_size=30))
def test_every_row_is_settled_or_listed(texts: list[str]) -> None:
    classification = load_classification("gb50137-2011")
    codes = pd.Series(texts, dtype="object")
    settled = int(classification.classify(codes)["land_class"].notna().sum())
    assert settled + int(classification.unknown(codes)["count"].sum()) == len(codes)


def test_real_market_names_are_all_settled_but_the_shifted_ones(shared_data: Path) -> None:
    path = shared_data / "land_market" / "landchina_beijing_2019H1" / "data_raw_cn.xlsx"
    names = pd.read_excel(path, dtype=str, engine="calamine")["Land utilisation"]
    assert load_classification("land-market").unknown(names)["why"].isin(["blank"]).all()
