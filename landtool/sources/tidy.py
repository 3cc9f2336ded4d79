"""What is a record and what is not: blank, total, footer and repeated header rows; shifted columns."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from landtool.schema.problems import make_problems
from landtool.sources.block import Block, blank_cells, note

# RE2 takes \s for ASCII blanks only.
_B = "[\\s\u3000\u00a0]*"
_TOTAL = (
    f"^{_B}[^\\s,\uff0c。;\uff1b]{{0,10}}?(?:合{_B}计|总{_B}计|小{_B}计|累{_B}计){_B}[:\uff1a]?{_B}$"
    f"|^{_B}(?i:(?:sub|grand)?[ -]?total){_B}:?{_B}$"
)
_FOOTER = (
    f"^{_B}(?:备?注|说明|填表说明|填表人|填报人|填报单位|填表日期|制表人?|审核人?|复核人?|单位负责人|数据来源"
    f"|资料来源|联系电话){_B}[:\uff1a]"
)
_NUMBER = r"^\s*[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?\s*$"
_DATE = r"^\s*\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}"
_WHOLE = r"^(?:0|-?[1-9]\d{0,14})$"
_DECIMAL = r"^-?(?:0|[1-9]\d{0,14})\.\d{0,17}[1-9]$|" + _WHOLE
_MONTH = r"^(?:19|20)\d\d\.(?:0[1-9]|1[0-2])$"
_NUMBER_NAME = re.compile(r"面积|价格|价款|金额|租金|容积率|投资额|产值|税收|[(\uff08](万?元|公顷|亩|平方米)")
_DATE_NAME = re.compile(r"日期|时间(?!段)|(?i:date|time)$")
_SAMPLE = 500
_ENOUGH = 5


def settle(block: Block, source: str) -> Block:
    """Keep the records of a block and set aside what is none.

    Rows without any content are skipped: they are no records and are not counted. Total rows, footers
    below the last record and repeats of the header are set aside as whole rows, with the row's cells as
    read. Columns whose cells stand under a neighbour's header are left out and reported.
    """
    block = _take(block, ~_blank_rows(block.frame))
    block = _aside(block, _rows_matching(block.frame, _TOTAL), "total_row", source)
    block = _aside(block, _footers(block.frame), "footer_row", source)
    block = _aside(block, _repeats(block.frame, block.labels), "repeated_header_row", source)
    block = _without_shifted(block, source)
    if block.is_text:
        block = replace(block, frame=typed(block.frame))
    if block.frame.empty:
        block.problems.append(note("table_without_rows", source))
    return block


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Text columns made numeric where no text is lost by it; the others stay text.

    A column becomes ``Int64`` or ``float64`` only if every cell is the one plain way to write its
    number: no leading zero or plus sign, no idle zero behind the point, not too many digits. So codes
    such as ``007`` and ``3.10`` keep their column text, and so do months (``2003.03``).

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of text, nulls for empty cells.

    Returns
    -------
    pandas.DataFrame
        The same columns and index.

    Examples
    --------
    >>> frame = pd.DataFrame({"code": ["01", "02"], "area": ["3", None], "far": ["0.5", "1.2"]})
    >>> typed(frame).dtypes.astype(str).tolist()
    ['str', 'Int64', 'float64']
    """
    return pd.DataFrame({name: _typed(frame[name]) for name in frame}, index=frame.index)


def shifted_columns(frame: pd.DataFrame) -> tuple[str, int] | None:
    """Find the column from which on all cells stand one column beside their header.

    Some exports drop one cell, so that every later one moves left under its neighbour's name (the
    term stands under the use, the rent under the date). The names say what to expect: areas and money
    are numbers, times are dates. A shift is reported only if at least two such columns hold something
    else throughout, and all of them from the first on would fit one column further.

    Parameters
    ----------
    frame : pandas.DataFrame
        As read; at least five rows are needed, the first 500 are looked at.

    Returns
    -------
    (str, int) or None
        The first column concerned, and where its values stand: -1 is one column to the left.

    Examples
    --------
    >>> rows = {"土地面积": ["工业用地"] * 6, "土地用途": ["一级"] * 6, "到期时间": ["0.45"] * 6,
    ...         "年租金额": [None] * 6}
    >>> shifted_columns(pd.DataFrame(rows).assign(**{"土地用途": ["2021/9/1"] * 6}))
    ('土地面积', -1)
    """
    if len(frame) < _ENOUGH:
        return None
    head = frame.head(_SAMPLE)
    wanted = {i: _expected(str(name)) for i, name in enumerate(head.columns) if _expected(str(name))}
    kinds = {i: _share_of_kinds(head.iloc[:, i]) for i in range(head.shape[1])}
    broken = [i for i, kind in wanted.items() if kinds[i] and kinds[i].get(kind, 0.0) < 0.1]
    if len(broken) < 2:
        return None
    for by in (-1, 1):
        later = [(i, kind) for i, kind in wanted.items() if i > broken[0] - (by > 0)]
        seen = [kinds[i + by].get(kind, 0.0) for i, kind in later if kinds.get(i + by)]
        if len(seen) >= 2 and min(seen) >= 0.9:
            return str(head.columns[broken[0]]), by
    return None


def _without_shifted(block: Block, source: str) -> Block:
    found = shifted_columns(block.frame)
    if found is None:
        return block
    first, by = found
    names = list(block.frame.columns)
    lost = names[names.index(first) :]
    samples = [_sample(block.frame[name]) for name in lost]
    block.problems.append(
        make_problems(layer="", kind="columns_shifted", scope="field", source=source, field=lost,
                      value=samples, detail=str(by))
    )  # fmt: skip
    return replace(block, frame=block.frame.drop(columns=lost))


def _sample(column: pd.Series) -> str:
    filled = column[~blank_cells(column)]
    return str(filled.iloc[0]) if len(filled) else ""


def _expected(name: str) -> str:
    if _DATE_NAME.search(name):
        return "date"
    return "number" if _NUMBER_NAME.search(name) else ""


def _share_of_kinds(column: pd.Series) -> dict[str, float]:
    """Share of numbers and dates among the filled cells; empty if too few are filled."""
    cells = column[~blank_cells(column)]
    if len(cells) < _ENOUGH:
        return {}
    if pd.api.types.is_datetime64_any_dtype(cells):
        return {"date": 1.0}
    return {"number": float(_matches(cells, _NUMBER).mean()),
            "date": float(_matches(cells, _DATE).mean())}


def _blank_rows(frame: pd.DataFrame) -> np.ndarray:
    """Rows in which every cell is blank; each column is looked at only where all before are blank."""
    left = np.arange(len(frame))
    for position in range(frame.shape[1]):
        left = left[blank_cells(frame.iloc[left, position])]
        if not len(left):
            break
    blank = np.zeros(len(frame), dtype=bool)
    blank[left] = True
    return blank


def _rows_matching(frame: pd.DataFrame, pattern: str) -> np.ndarray:
    """Rows whose first filled cell matches."""
    found = np.zeros(len(frame), dtype=bool)
    left = np.arange(len(frame))
    for position in range(frame.shape[1]):
        column = frame.iloc[left, position]
        if _may_be_text(column):
            found[left] = _matches(column, pattern)
        left = left[blank_cells(column)]
        if not len(left):
            break
    return found


def _footers(frame: pd.DataFrame) -> np.ndarray:
    """Rows at the very end whose first filled cell opens a remark, a signature or a source."""
    matching = _rows_matching(frame, _FOOTER)
    is_tail = np.logical_and.accumulate(matching[::-1])[::-1]
    return np.asarray(is_tail, dtype=bool)


def _repeats(frame: pd.DataFrame, labels: tuple[str, ...]) -> np.ndarray:
    """Rows that say the header again, as sheets printed page by page and glued files do."""
    printed = [label for label in labels if label]
    left = np.arange(len(frame))
    found = np.zeros(len(frame), dtype=bool)
    if len(printed) < 2 or frame.shape[1] < len(printed):
        return found
    for position, label in enumerate(printed):
        column = frame.iloc[left, position]
        same = column.astype("str").str.strip().eq(label) if _may_be_text(column) else None
        left = left[same.to_numpy(dtype=bool, na_value=False)] if same is not None else left[:0]
        if not len(left):
            return found
    found[left] = True
    return found


def _matches(column: pd.Series, pattern: str) -> np.ndarray:
    """Which cells, as text, match a pattern of RE2; a null does not."""
    text = column if pd.api.types.is_string_dtype(column) else column.astype("str")
    cells = pa.array(text.array, pa.large_string())
    found = pc.fill_null(pc.match_substring_regex(cells, pattern), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _may_be_text(column: pd.Series) -> bool:
    return pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)


def _take(block: Block, keep: np.ndarray) -> Block:
    if keep.all():
        return block
    return replace(block, frame=block.frame[keep].reset_index(drop=True), rows=block.rows[keep])


def _aside(block: Block, rows: np.ndarray, kind: str, source: str) -> Block:
    if not rows.any():
        return block
    lost = block.frame[rows]
    texts = [" | ".join(str(cell) for cell in row if pd.notna(cell)) for row in
             lost.to_numpy(dtype=object)]
    block.problems.append(
        make_problems(layer="", kind=kind, scope="row", source=source,
                      source_row=block.rows[rows], value=texts)
    )  # fmt: skip
    return _take(block, ~rows)


def _typed(column: pd.Series) -> pd.Series:
    if not pd.api.types.is_string_dtype(column) or column.isna().all():
        return column
    cells = pa.chunked_array(pa.array(column.array, pa.large_string()))
    if _all_match(cells, _WHOLE):
        return pd.Series(cells.cast(pa.int64()).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get),
                         index=column.index)
    if _all_match(cells, _DECIMAL) and not _all_match(cells, _MONTH):
        return pd.Series(cells.cast(pa.float64()).to_numpy(), index=column.index)
    return column


def _all_match(cells: pa.ChunkedArray, pattern: str) -> bool:
    head = cells.slice(0, 1000)
    return all(
        bool(pc.all(pc.match_substring_regex(part, pattern)).as_py() in (True, None))
        for part in (head, cells)
    )
