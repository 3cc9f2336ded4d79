"""Headers folded: width, blanks, case, brackets and colons apart, with the unit they name."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from landtool import units
from landtool.errors import InputDataError

_WORDS = {
    "hectare": "ha", "hectares": "ha", "squaremetre": "m2", "squaremetres": "m2", "squaremeter": "m2",
    "squaremeters": "m2", "sq.m": "m2", "sq.m.": "m2", "yuan": "元", "tenthousandyuan": "万元",
    "10000yuan": "万元", "wan": "万元", "wanyuan": "万元", "millionyuan": "百万元",
    "hundredmillionyuan": "亿元", "yi": "亿元", "万元人民币": "万元", "亿元人民币": "亿元",
    "人民币万元": "万元", "人民币亿元": "亿元", "元人民币": "元", "inyear": "年", "inyears": "年",
}  # fmt: skip
_SHORT = frozenset({"m", "t", "a", "1", "share", "kg", "km"})
_GLUED = ("平方米", "平方公里", "公顷", "万元", "亿元", "亩", "inyears", "inyear")
_NOISE = re.compile(
    r"\((?:人|个|家|户|层|次|项|宗|年|年月日|日期|必填|选填|单位|是/否|y/n|yyyy[-/]?mm[-/]?dd)\)")
_BRACKET = re.compile(r"\(([^()]*)\)")


def fold(text: object) -> str:
    """Fold a header's width, blanks, case, bracket forms, stars and trailing colons.

    Examples
    --------
    >>> fold(" 成交价格（万元）： ")
    '成交价格(万元)'
    """
    flat = unicodedata.normalize("NFKC", str(text)).translate(_BRACKET_FORMS)
    return re.sub(r"\s+", "", flat).strip("*:_").casefold()


_BRACKET_FORMS = str.maketrans({"[": "(", "]": ")", "【": "(", "】": ")", "〔": "(", "〕": ")"})


@cache
def split_header(text: str) -> tuple[str, str]:
    """Split a header into its folded name and the unit it names ('' if none).

    Examples
    --------
    >>> [split_header(text) for text in ("面积（公顷）：", "面积/亩", "核准面积_公顷", "约定容积率(上限)")]
    [('面积', '公顷'), ('面积', '亩'), ('核准面积', '公顷'), ('约定容积率(上限)', '')]
    >>> split_header("Transaction price (ten thousand yuan)"), split_header("强度(万元/亩)")
    (('transactionprice', '万元'), ('强度', '万元/亩'))
    """
    name = _NOISE.sub("", fold(text))
    for bracket in reversed(list(_BRACKET.finditer(name))):
        unit = unit_in(bracket.group(1))
        if unit:
            return (name[: bracket.start()] + name[bracket.end() :]).strip("_:"), unit
    for at in [i for i, sign in enumerate(name) if sign in "_/-:,"]:
        unit = unit_in(name[at + 1 :], short=False)
        if unit and at:
            return name[:at], unit
    return name, ""


@cache
def split_glued(name: str) -> tuple[str, str]:
    """Split a unit off that is written on to the name (``面积公顷``); ('', '') if there is none.

    Examples
    --------
    >>> split_glued("产值万元"), split_glued("面积")
    (('产值', '万元'), ('', ''))
    """
    for unit in _GLUED:
        if name.endswith(unit) and len(name) > len(unit):
            return name.removesuffix(unit), unit_in(unit)
    return "", ""


@cache
def unit_in(text: str, *, short: bool = True) -> str:
    """The unit that a piece of a header names; empty if it names none.

    Parameters
    ----------
    text : str
        Folded text, as ``单位:万元`` or ``ten thousand yuan``.
    short : bool
        Whether one-letter units count (in brackets they do, behind a dash they do not).
    """
    piece = fold(text).removeprefix("单位").strip(":")
    piece = _WORDS.get(piece, piece)
    if not piece or (not short and piece in _SHORT):
        return ""
    return piece if any(fits(piece, kind) for kind in _DIMENSIONS) else ""


_DIMENSIONS = (*units.DIMENSIONS, "cny_m2")


@cache
def fits(unit: str, canonical: str) -> bool:
    """Whether a unit measures the same kind of quantity as a canonical one.

    Examples
    --------
    >>> fits("亩", "m2"), fits("万元", "m2"), fits("%", "ratio")
    (True, False, False)
    """
    if canonical not in _DIMENSIONS:
        return False
    if unit == canonical:
        return True
    try:
        units.factor(unit, canonical)
    except InputDataError:
        return False
    return True
