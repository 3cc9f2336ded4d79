"""Columns of a frame as typed Series: an absent column reads as unknown in every row.

Measures ask for columns that many cities do not have. These helpers turn "the column is not there"
into "null in every row", so that a measure has one path, and turn a missing *required* column into
one clear error.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from landtool.errors import InputDataError

#: The type of ``dtype="str"``, found once.
TEXT = pd.Series(dtype="str").dtype


def require_columns(frame: pd.DataFrame, names: Iterable[str], where: str) -> None:
    """Raise unless the frame has all the columns.

    Raises
    ------
    InputDataError
        Naming the columns that are missing and those that are there.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        there = ", ".join(map(str, frame.columns)) or "none"
        raise InputDataError(f"no column {', '.join(missing)}", where,
                             f"add the column or map it in the catalogue; columns are: {there}")


def numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    """Read a column as float64; null in every row if the column is absent.

    Examples
    --------
    >>> numbers(pd.DataFrame({"a": [1, 2]}), "b").isna().all()
    np.True_
    """
    if name not in frame.columns:
        return pd.Series(float("nan"), index=frame.index, name=name, dtype="float64")
    column = frame[name]
    # Typed already, as in every layer that was read: nothing to turn.
    if column.dtype == np.float64:
        return column
    return pd.to_numeric(column).astype("Float64").astype("float64").rename(name)


def dates(frame: pd.DataFrame, name: str) -> pd.Series:
    """Read a column as datetime64; null in every row if the column is absent."""
    if name not in frame.columns:
        return pd.Series(pd.NaT, index=frame.index, name=name, dtype="datetime64[us]")
    column = frame[name]
    return column if column.dtype.kind == "M" else pd.to_datetime(column).rename(name)


def booleans(frame: pd.DataFrame, name: str) -> pd.Series:
    """Read a column as three-valued boolean; null in every row if the column is absent."""
    if name not in frame.columns:
        return pd.Series(pd.NA, index=frame.index, name=name, dtype="boolean")
    column = frame[name]
    return column if isinstance(column.dtype, pd.BooleanDtype) else column.astype("boolean").rename(name)


def texts(frame: pd.DataFrame, name: str) -> pd.Series:
    """Read a column as text; null in every row if the column is absent."""
    if name not in frame.columns:
        return pd.Series(None, index=frame.index, name=name, dtype="str")
    column = frame[name]
    return column if column.dtype == TEXT else column.astype(TEXT).rename(name)


def day(value: dt.date | pd.Timestamp | str, where: str = "as_of") -> pd.Timestamp:
    """Read the calendar day of a date.

    Raises
    ------
    InputDataError
        If it is empty or no date.

    Examples
    --------
    >>> day("2025-12-31")
    Timestamp('2025-12-31 00:00:00')
    """
    try:
        stamp = pd.Timestamp(value)
    except (ValueError, TypeError):
        stamp = pd.NaT
    if pd.isna(stamp):
        raise InputDataError(f"{value!r} is no date", where, "give a day as YYYY-MM-DD")
    return pd.Timestamp(stamp).normalize()


def among(ids: pd.Series | pd.Index, known: pd.Series | pd.Index) -> pd.Series:
    """Tell which ids stand in a list; null never does. Fast on text, unlike ``isin``.

    Parameters
    ----------
    ids, known : pandas.Series or pandas.Index
        Texts.

    Returns
    -------
    pandas.Series
        bool, on the index of ``ids`` (a RangeIndex for an Index).

    Examples
    --------
    >>> among(pd.Series(["a", None], index=[7, 8]), pd.Index(["a", "b"])).to_dict()
    {7: True, 8: False}
    """
    index = ids.index if isinstance(ids, pd.Series) else pd.RangeIndex(len(ids))
    (there, asked), _ = numbered(known, ids)
    # Numbers are given in order: what is known has the lowest.
    return pd.Series((asked >= 0) & (asked <= there.max(initial=-1)), index=index)


def positions(ids: pd.Series | pd.Index, known: pd.Series | pd.Index) -> np.ndarray:
    """Tell where each id stands in a list; -1: null, or not there. Fast on text, unlike ``get_indexer``.

    Parameters
    ----------
    ids, known : pandas.Series or pandas.Index
        Texts; no known one stands twice.

    Returns
    -------
    numpy.ndarray
        int64, one per id.

    Raises
    ------
    InputDataError
        If a known id stands twice: either place would be arbitrary.

    Examples
    --------
    >>> positions(pd.Series(["b", None, "c"]), pd.Index(["a", "b"])).tolist()
    [1, -1, -1]
    """
    (there, asked), words = numbered(known, ids)
    rows = np.flatnonzero(there >= 0)
    # Numbers are given in order: as many ids as the highest number says, or one stands twice.
    if len(rows) > there.max(initial=-1) + 1:
        twice = there[rows][pd.Series(there[rows]).duplicated()][0]
        raise InputDataError(f"{words[twice]!r} stands more than once", str(known.name or "ids"),
                             "give one row per id")
    place = np.full(len(words) + 1, -1)  # the last is for null
    place[there[rows]] = rows
    return place[asked]


def numbered(*columns: pd.Series | pd.Index) -> tuple[tuple[np.ndarray, ...], pd.Index]:
    """Number the texts of several columns alike, in the order in which they first stand; null is -1.

    Parameters
    ----------
    columns : pandas.Series or pandas.Index
        Texts.

    Returns
    -------
    numbers : tuple of numpy.ndarray
        int64, an array per column.
    ids : pandas.Index
        The text of each number.

    Examples
    --------
    >>> (left, right), ids = numbered(pd.Series(["b", None, "a"]), pd.Series(["c", "b"]))
    >>> left.tolist(), right.tolist(), ids.tolist()
    ([0, -1, 1], [2, 0], ['b', 'a', 'c'])
    """
    coded = pa.concat_arrays([text_array(column) for column in columns]).dictionary_encode()
    whole = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False).astype("int64")
    ends = np.cumsum([len(column) for column in columns])
    return tuple(np.split(whole, ends[:-1])), pd.Index(pd.array(coded.dictionary, dtype=TEXT))


def translated(column: pd.Series, say: Callable[[str], str]) -> pd.Series:
    """Give each text the words that ``say`` has for it, asked once for each that occurs; null stays null.

    Examples
    --------
    >>> translated(pd.Series(["a", "b", "a"]), str.upper).tolist()
    ['A', 'B', 'A']
    """
    coded = text_array(column).dictionary_encode()
    words = pa.array([say(value) for value in coded.dictionary.to_pylist()], pa.large_string())
    return pd.Series(pd.array(words.take(coded.indices), dtype=TEXT), index=column.index)


def repeated(text: str, count: int) -> Any:
    """One text in each of ``count`` rows.

    Examples
    --------
    >>> repeated("a", 2).tolist()
    ['a', 'a']
    """
    return pd.array(pa.repeat(pa.scalar(text, pa.large_string()), count), dtype=TEXT)


def true_names(flags: pd.DataFrame) -> pd.Series:
    """Name the columns that are true in each row, joined by commas; null where none is.

    A ``|`` in a column's name stands between two names that are always named together.

    Examples
    --------
    >>> true_names(pd.DataFrame({"a|b": [True, False], "c": [True, False]})).tolist()
    ['a, b, c', nan]
    """
    names = [str(name).replace("|", ", ") for name in flags.columns]
    cells = flags.to_numpy(dtype=bool)
    at, codes = pd.factorize((cells << np.arange(len(names))).sum(axis=1))
    lists = [", ".join(name for bit, name in enumerate(names) if code >> bit & 1) or None
             for code in codes]  # fmt: skip
    return pd.Series(pd.array(lists, dtype="str").take(at), index=flags.index)


def coded(codes: np.ndarray, words: Sequence[str]) -> pd.Categorical:
    """Make categories of positions in a short list of words: those that occur, sorted; -1 is null.

    As ``astype("category")`` makes them of the words, without writing the words out first.

    Examples
    --------
    >>> made = coded(np.array([1, -1, 0]), ["met", "failed", "not_due"])
    >>> made.tolist(), made.categories.tolist()
    (['failed', nan, 'met'], ['failed', 'met'])
    """
    occurs = np.bincount(codes + 1, minlength=len(words) + 1)[1:] > 0
    names = sorted({word for word, here in zip(words, occurs, strict=True) if here})
    place = [names.index(word) if here else -1 for word, here in zip(words, occurs, strict=True)]
    return pd.Categorical.from_codes(np.array([*place, -1])[codes], pd.Index(names, dtype=TEXT))


def either(holds: np.ndarray, one: pd.Categorical, other: pd.Categorical) -> pd.Categorical:
    """Take the category of one where something holds, else of the other.

    Examples
    --------
    >>> either(np.array([True, False]), coded(np.array([0, 0]), ["a"]), coded(np.array([0, -1]), ["b"])).tolist()
    ['a', nan]
    """
    words = [*one.categories, *other.categories]
    rest = np.where(other.codes >= 0, len(one.categories) + other.codes.astype("int64"), -1)
    return coded(np.where(holds, one.codes, rest), words)


def text_array(column: pd.Series | pd.Index) -> pa.Array:
    """Give a column as texts of Arrow, null where it is null."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.array.codes
        return text_array(column.array.categories).take(pa.array(codes, mask=codes < 0))
    typed = column if column.dtype == TEXT else column.astype(TEXT)
    # Through the array: by a Series Arrow goes a long way.
    made = pa.array(typed.array, pa.large_string(), from_pandas=True)
    whole = made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made
    # An array that pandas made of Arrow's shorter texts keeps that type, whatever is asked for.
    return whole if whole.type == pa.large_string() else whole.cast(pa.large_string())
