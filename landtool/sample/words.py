"""Names and numbers of the demo town: plainly invented, in the form real registers use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.messages import join

# District codes 500161 … 500198 are assigned to no real district.
FIRST_DISTRICT = 500_161
REGION_GROUPS = ("中心城区", "主城新区", "渝东北", "渝东南")
_DISTRICTS = (
    ("示例云岭区", 0, 3), ("示例江屏区", 0, 4), ("示例岚川区", 1, 6),
    ("示例石坝区", 1, 7), ("示例青滩县", 2, 10), ("示例麓溪县", 3, 11),
)  # fmt: skip
_PARKS = (
    ("高新技术产业开发区", "national", "高新技术产业开发区"),
    ("经济技术开发区", "national", "经济技术开发区"),
    ("临港工业园区", "municipal", "特色工业园区"), ("装备制造产业园", "municipal", "特色工业园区"),
    ("材料产业园", "municipal", "特色工业园区"), ("化工园区", "municipal", "化工园区"),
    ("绿色食品产业园", "district", "产业集聚区"), ("中小企业创业园", "district", "产业集聚区"),
)  # fmt: skip
_SYLLABLES = tuple("云江岚石青麓恒澄岳川泽朗启屏溪衡舟禾景弘")


@dataclass(frozen=True)
class Industry:
    """One industry of the town, with the intensities of a middling plant (CNY/m²)."""

    code: str  # GB/T 4754-2017
    trade: str
    land_use_code: str
    weight: float
    output: float
    investment: float
    value_added: float  # share of output
    tax: float  # share of output
    energy: float  # tce per 10 000 CNY of output
    research: float  # share of revenue


INDUSTRIES = (
    Industry("3670", "汽车零部件", "100102", 18, 5_600, 4_800, 0.23, 0.042, 0.08, 0.024),
    Industry("3612", "新能源汽车", "100102", 3, 12_500, 7_800, 0.19, 0.050, 0.05, 0.034),
    Industry("3911", "智能终端", "100101", 6, 15_500, 5_900, 0.14, 0.020, 0.02, 0.026),
    Industry("3982", "电子电路", "100102", 7, 8_900, 7_900, 0.24, 0.034, 0.11, 0.036),
    Industry("3484", "精密机械", "100101", 14, 4_300, 3_900, 0.28, 0.048, 0.06, 0.027),
    Industry("3831", "电线电缆", "100101", 7, 6_600, 3_700, 0.17, 0.030, 0.05, 0.017),
    Industry("2710", "生物医药", "100102", 5, 6_900, 6_400, 0.36, 0.085, 0.12, 0.062),
    Industry("2651", "合成材料", "100103", 6, 7_400, 7_200, 0.21, 0.046, 0.62, 0.019),
    Industry("3252", "铝材加工", "100102", 6, 7_900, 5_100, 0.15, 0.024, 0.38, 0.012),
    Industry("3021", "水泥制品", "100103", 7, 2_100, 2_300, 0.27, 0.044, 0.33, 0.006),
    Industry("2927", "塑料制品", "100102", 7, 3_400, 3_000, 0.22, 0.033, 0.14, 0.011),
    Industry("1495", "食品", "100101", 9, 3_900, 3_300, 0.25, 0.052, 0.09, 0.009),
    Industry("1819", "服装", "100101", 5, 1_900, 1_700, 0.24, 0.036, 0.04, 0.006),
)
LOGISTICS = Industry("5990", "仓储物流", "1101", 1, 1_100, 1_500, 0.38, 0.040, 0.05, 0.002)
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def digits(numbers: np.ndarray, width: int) -> np.ndarray:
    """Numbers as texts with leading zeros.

    Examples
    --------
    >>> digits(np.array([7, 12]), 3).tolist()
    ['007', '012']
    """
    return np.char.mod(f"%0{width}d", numbers).astype(object)


def text(values: np.ndarray, known: np.ndarray | None = None) -> pd.Series:
    """Texts as a Series of ``str`` dtype, null where not known."""
    return pd.Series(values.astype(object) if known is None else null_unless(known, values),
                     dtype="str")  # fmt: skip


def null_unless(known: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Texts as objects, None where not known.

    Examples
    --------
    >>> null_unless(np.array([True, False]), np.array(["a", "b"])).tolist()
    ['a', None]
    """
    cells = values.astype(object)
    cells[~known] = None
    return cells


def district_code(district: np.ndarray) -> np.ndarray:
    """Six-digit codes of districts by their number."""
    return digits(FIRST_DISTRICT + district, 6)


def district_rows(count: int) -> pd.DataFrame:
    """Codes, names, region group and land grade of the districts."""
    number = np.arange(count)
    named = [_DISTRICTS[k] if k < 6 else (f"示例第{k + 1}区", k % 4, 5 + k % 8) for k in range(count)]
    return pd.DataFrame({
        "district_code": text(district_code(number)),
        "district_name": text(np.array([row[0] for row in named])),
        "region_group": text(np.array([REGION_GROUPS[row[1]] for row in named])),
        "land_grade": pd.array([row[2] for row in named], dtype="Int64"),
    })  # fmt: skip


def park_id(park: np.ndarray) -> np.ndarray:
    """Identifiers of parks by their number."""
    return join(["YQ", digits(park + 1, 4)], len(park))


def park_rows(districts: np.ndarray) -> pd.DataFrame:
    """Names, level and kind of the parks, given the district of each."""
    count = len(districts)
    place = district_rows(int(districts.max()) + 1)["district_name"].to_numpy()[districts]
    kind = [_PARKS[k % 8] for k in range(count)]
    ordinal = ["" if k < 8 else f"{k // 8 + 1}期" for k in range(count)]
    name = [f"{where[:-1]}{what[0]}{which}"
            for where, what, which in zip(place, kind, ordinal, strict=True)]  # fmt: skip
    return pd.DataFrame({
        "park_id": text(park_id(np.arange(count))), "park_name": text(np.array(name)),
        "level": text(np.array([row[1] for row in kind])),
        "kind": text(np.array([row[2] for row in kind])),
    })  # fmt: skip


def company_names(rng: np.random.Generator, trades: np.ndarray) -> np.ndarray:
    """Invented company names, 示例 in front so that nobody takes them for real."""
    first, second = rng.integers(0, len(_SYLLABLES), (2, len(trades)))
    syllables = np.array(_SYLLABLES, dtype=object)
    return join(["示例", syllables[first], syllables[second], trades, "有限公司"], len(trades))


def credit_codes(district: np.ndarray, number: np.ndarray) -> np.ndarray:
    """18-character codes in the form of 统一社会信用代码, check character included (GB 32100).

    Examples
    --------
    >>> credit_codes(np.array([0]), np.array([1])).tolist()
    ['91500161XN0000001F']
    """
    body = join(["91", district_code(district), "XN", digits(number, 7)], len(number))
    place = {letter: value for value, letter in enumerate(_USCC)}
    table = np.zeros(128, dtype=np.int64)
    table[[ord(letter) for letter in place]] = list(place.values())
    letters = np.array(body, dtype="S17").view(np.uint8).reshape(-1, 17)
    weights = np.array([pow(3, k, 31) for k in range(17)])
    check = (31 - (table[letters] @ weights) % 31) % 31
    return join([body, np.array(list(_USCC), dtype=object)[check]], len(number))
