"""What is wrong with the data, one row per problem.

A problem's ``scope`` says what became of it: ``row`` (the row is set aside), ``field`` (the cell is set
aside, the row stays) or ``note`` (nothing is set aside; people should know). ``kind`` is a stable code
with texts ``problem.<kind>`` and ``remedy.<kind>`` in the message catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import pandas as pd

COLUMNS = [
    "layer", "source", "source_row", "subject_id", "scope", "field", "value", "kind", "detail",
]  # fmt: skip
_TEXT = [name for name in COLUMNS if name != "source_row"]


def no_problems() -> pd.DataFrame:
    """An empty problem table with the right columns and types."""
    return _empty().copy()


@cache
def _empty() -> pd.DataFrame:
    # Made once: an empty table is asked for hundreds of times in one run.
    frame = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    return frame.astype({"source_row": "Int64"})


def make_problems(
    *,
    layer: str,
    kind: str,
    scope: str,
    source: Any = "",
    source_row: Any = pd.NA,
    subject_id: Any = "",
    field: Any = "",
    value: Any = "",
    detail: Any = "",
) -> pd.DataFrame:
    """Problems of one kind as a table; scalars are repeated to the longest argument.

    Examples
    --------
    >>> made = make_problems(layer="parcels", kind="area_not_positive", scope="field",
    ...                      source="a.csv", source_row=[2, 7], field="area_m2", value=["0", "-3"])
    >>> made[["source_row", "value"]].to_numpy().tolist()
    [[2, '0'], [7, '-3']]
    """
    cells = {
        "layer": layer, "source": source, "source_row": source_row, "subject_id": subject_id,
        "scope": scope, "field": field, "value": value, "kind": kind, "detail": detail,
    }  # fmt: skip
    plain = {name: _plain(cell) for name, cell in cells.items()}
    lengths = [len(cell) for cell in plain.values() if isinstance(cell, list)]
    count = max(lengths, default=1)
    index = pd.RangeIndex(count)
    frame = pd.DataFrame(
        {name: pd.Series(cell, index=index, dtype="object") for name, cell in plain.items()}
    )
    frame["source_row"] = pd.array(frame["source_row"], dtype="Int64")
    for name in _TEXT:
        frame[name] = frame[name].fillna("").astype("str")
    return frame


def concat_problems(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """All problems in one table, in the order given; empty tables are welcome."""
    filled = [table[COLUMNS] for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else no_problems()


def _plain(cell: Any) -> Any:
    if isinstance(cell, str) or not hasattr(cell, "__len__"):
        return cell
    return list(cell)
