"""Where a table's header stands: under title rows, over one row or two, with repeated names.

Sheets of Chinese bureaus open with a merged title and a line of units, spread the header over two
rows, number their columns in a third and repeat names. The header is the row that holds most known
words; where no word is known, the first row that is mostly text and says nothing twice.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from landtool.errors import InputDataError
from landtool.schema.folding import fold, split_header, unit_in

SEARCHED_ROWS = 40
_ACCEPTED = 0.6
_DATA_LIKE = re.compile(
    r"[-+]?[\d,]*\.?\d+%?|\d{4}\s*[-/.年]\s*\d{1,2}(\s*[-/.月]\s*\d{1,2}\s*日?)?([ T]\d.*)?"
)
_COUNTS = frozenset({"人", "个", "家", "户", "层", "次", "项", "宗", "块", "套", "是/否", "年月日", "日期",
                     "年", "%"})  # fmt: skip
_GENERIC_GROUP = re.compile(r".*(情况|信息|内容|资料|明细|概况)$")
_STEMS = ("甲", "乙", "丙", "丁", "戊")


@dataclass(frozen=True)
class Header:
    """The header of a grid of cells.

    Attributes
    ----------
    names : tuple of str
        One per column, unique (``X``, ``X.2``); empty where the column has no header.
    labels : tuple of str
        The same before they were made unique.
    first, after : int
        Position of the header's first row and of the first row below it.
    above : str
        What stands above the header (title, units), in one line.
    hits : int
        How many names are known words.
    numbered : bool
        Whether a row that only numbers the columns was left out below the header.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    first: int
    after: int
    above: str
    hits: int
    numbered: bool


def known_words(words: Collection[str]) -> frozenset[str]:
    """Header words folded, each with and without its unit."""
    return frozenset({fold(word) for word in words} | {split_header(word)[0] for word in words}) - {""}


def find_header(
    rows: Sequence[Sequence[Any]], header_words: Collection[str] = (), *, where: str = ""
) -> Header:
    """Find the header among the first rows of a grid.

    Parameters
    ----------
    rows : sequence of rows of cells
        The top of the grid (at most :data:`SEARCHED_ROWS` rows are looked at), merged cells filled.
    header_words : collection of str
        Names that the layer's columns go by.
    where : str
        File and sheet, for the message.

    Raises
    ------
    InputDataError
        If no row can be a header: every one is blank or mostly numbers.

    Examples
    --------
    >>> found = find_header([["某区台账", None], ["面积", "用途"], ["亩", None], [3, "工业用地"]])
    >>> found.names, found.after, found.above
    (('面积(亩)', '用途'), 3, '某区台账')
    """
    top = [[_text(cell) for cell in row] for row in rows[:SEARCHED_ROWS]]
    words = known_words(header_words)
    width = max((_used(row) for row in top), default=0)
    best: tuple[float, int, int, list[str], int] | None = None
    under_group = -1
    for at, row in enumerate(top):
        quality = _quality(row, width)
        if quality <= 0 or at == under_group:
            continue
        names, height = _joined(row, top, at, words)
        under_group = at + 1 if height == 2 else -1
        hits = sum(_is_known(name, words) for name in names)
        score = hits + quality if hits else min(quality, _ACCEPTED)
        if best is None or score > best[0]:
            best = (score, at, height, names, hits)
    if best is None:
        raise InputDataError("no header row: every row is blank or mostly numbers", where,
                             "put the column names in one row above the records")
    _, at, height, names, hits = best
    after = at + height
    numbered = after < len(top) and _numbers_columns(top[after])
    return Header(
        names=unique_names(names), labels=tuple(names), first=at, after=after + numbered,
        above=" ".join(dict.fromkeys(cell for row in top[:at] for cell in row if cell)),
        hits=hits, numbered=numbered,
    )  # fmt: skip


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names made unique: the second ``X`` becomes ``X.2``; empty names stay empty.

    Examples
    --------
    >>> unique_names(["土地用途", "面积", "土地用途", ""])
    ('土地用途', '面积', '土地用途.2', '')
    """
    taken = set(names)
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        fresh = name
        if name and seen[name] > 1:
            while (fresh := f"{name}.{seen[name]}") in taken:
                seen[name] += 1
            taken.add(fresh)
        out.append(fresh)
    return tuple(out)


def _joined(
    row: list[str], top: list[list[str]], at: int, words: frozenset[str]
) -> tuple[list[str], int]:
    below = top[at + 1] if at + 1 < len(top) else []
    if not _is_second_row(row, below, words):
        return list(row), 1
    names, group = [], ""
    for column in range(max(len(row), len(below))):
        upper = row[column] if column < len(row) else ""
        lower = below[column] if column < len(below) else ""
        group = upper or (group if lower else "")
        names.append(_name_of_two(group if lower else upper, lower, words))
    return names, 2


def _is_second_row(row: list[str], below: list[str], words: frozenset[str]) -> bool:
    """Whether ``below`` continues the header: units, or names under a cell that spans columns."""
    pairs = [(row[i] if i < len(row) else "", cell, i) for i, cell in enumerate(below) if cell]
    parts = [(upper, cell, i) for upper, cell, i in pairs if cell != upper]
    if not parts or any(not _is_label(cell) for _, cell, _ in pairs):
        return False
    if all(_is_unit(cell) for _, cell, _ in parts):
        return any(upper for upper, _, _ in parts)
    return _quality(row, len(row)) > 0 and all(
        _spans(row, i, _is_known(cell, words)) for _, cell, i in parts
    )


def _spans(row: list[str], column: int, known: bool) -> bool:
    """Whether the header cell over ``column`` spans several: it repeats beside it, or is blank.

    A blank behind the last name may be a column without a name: there ``known`` decides.
    """
    cell = row[column] if column < len(row) else ""
    if not cell:
        return any(row[:column]) and (known or column < _used(row))
    left = row[column - 1] if column else None
    right = row[column + 1] if column + 1 < len(row) else None
    return cell in (left, right) or (right == "" and (known or column + 1 < _used(row)))


def _name_of_two(upper: str, lower: str, words: frozenset[str]) -> str:
    if not lower or lower == upper:
        return upper
    if not upper:
        return lower
    bare = _plain(lower).strip("() ")
    bracketed = f"{upper}({bare})"
    if _is_unit(lower):
        return bracketed
    if fold(bracketed) not in words and fold(upper + lower) in words:
        return upper + lower
    return lower if _GENERIC_GROUP.fullmatch(upper) else bracketed


def _quality(row: list[str], width: int) -> float:
    """From 0 to 1: cells that are labels, differ from one another and fill the width."""
    cells = [cell for cell in row if cell]
    labels = sum(_is_label(cell) for cell in cells)
    if not cells or labels * 2 < len(cells) or (len(set(cells)) < 2 <= width):
        return 0.0
    return (labels / len(cells)) * (len(set(cells)) / len(cells)) * (len(cells) / max(width, 1))


def _is_label(cell: str) -> bool:
    return bool(cell) and not _DATA_LIKE.fullmatch(_plain(cell))


def _is_known(name: str, words: frozenset[str]) -> bool:
    return bool(name) and (fold(name) in words or split_header(name)[0] in words)


def _is_unit(cell: str) -> bool:
    bare = fold(cell).removeprefix("单位:").strip("()")
    return bare in _COUNTS or bool(unit_in(bare))


def _numbers_columns(row: list[str]) -> bool:
    """A row that only counts the columns: 1, 2, 3, or 甲, 乙, 1, 2."""
    cells = [_plain(cell).strip("()") for cell in row if cell]
    stems = [cell for cell in cells if cell in _STEMS]
    numbers = [cell for cell in cells if cell not in _STEMS]
    counted = [str(i) for i in range(1, len(numbers) + 1)]
    shifted = [str(i) for i in range(len(stems) + 1, len(cells) + 1)]
    return len(cells) >= 4 and len(numbers) >= 2 and numbers in (counted, shifted)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _used(row: list[str]) -> int:
    return max((i + 1 for i, cell in enumerate(row) if cell), default=0)


def _text(cell: Any) -> str:
    """A header cell as text: line breaks inside are dropped, 2018.0 is 2018."""
    if cell is None or (isinstance(cell, float) and cell != cell):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return re.sub(r"\s*[\r\n]+\s*", "", str(cell)).strip()
