"""The result files column by column: what each means, its unit, and what an empty cell means.

``result_columns.yml`` is the single home of these texts; columns that a result file takes from a layer
are described by that layer's own model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd
import yaml

from landtool.schema import LAYERS
from landtool.schema.fields import Field

RESULT_COLUMNS = ["file", "column", "unit", "kind", "zh", "en", "empty", "empty_zh", "empty_en"]
# The end of a column's name says its unit; the first that fits counts.
_UNITS = (
    ("_cny_m2", "CNY/m²"), ("_cny_tce", "CNY/tce"), ("_cny", "CNY"), ("_m2", "m²"), ("_pct", "0–100"),
    ("_share", "0–1"), ("_rate", "0–1"), ("_days", "days"), ("days_ahead", "days"), ("days_late", "days"),
    ("_tce", "tce"), ("_t", "t"), ("_years", "years"), ("_m", "m"),
)  # fmt: skip
_COMPANION = "_is_known"
# Kinds of layers' fields that a result file holds as text.
_KINDS = {"choice": "text"}


@cache
def described() -> Mapping[str, Any]:
    """Content of ``result_columns.yml``."""
    text = resources.files("landtool.schema").joinpath("result_columns.yml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found


def result_column(file: str, column: str) -> dict[str, str] | None:
    """Describe one column of a result file; None where nobody describes it.

    Parameters
    ----------
    file : str
        Name of the file without its ending: ``parcels``.
    column : str
        Of the file.

    Returns
    -------
    dict or None
        :data:`RESULT_COLUMNS`.

    Examples
    --------
    >>> found = result_column("parcels", "idle_days")
    >>> found["unit"], found["kind"], found["empty_en"]
    ('days', 'integer', 'not suspected idle')
    >>> result_column("parcels", "balance_opening_m2") is None
    True
    """
    told = described()
    own = told["files"][file]
    inputs = [LAYERS[name] for name in own["inputs"]]
    entry = own["columns"].get(column)
    if entry is None and _holds_balance(file):
        entry = _balance(column)
    if entry is None:
        field = next((field for layer in inputs for field in layer.fields if field.name == column), None)
        entry = told["common"].get(column) if field is None or column in told["common"] else _of_layer(field)
    if entry is None and column.endswith(_COMPANION):
        entry = _companion(column.removesuffix(_COMPANION), inputs)
    if entry is None:
        return None
    return {"file": file, **_row(column, entry)}


def own_columns(file: str) -> list[str]:
    """Columns that a result file must have: those that stand under its name.

    Examples
    --------
    >>> own_columns("balance")
    ['region_kind', 'region_id', 'from_class', 'to_class', 'area_m2']
    """
    return list(described()["files"][file]["columns"])


def result_dictionary(columns: Mapping[str, list[str]]) -> pd.DataFrame:
    """One row per column of the result files.

    Parameters
    ----------
    columns : mapping
        File -> its columns, in order.

    Returns
    -------
    pandas.DataFrame
        :data:`RESULT_COLUMNS`; columns that nobody describes are left out.
    """
    rows = [row for file, names in columns.items() for name in names
            if (row := result_column(file, name)) is not None]
    return pd.DataFrame(rows, columns=RESULT_COLUMNS).astype("str")


def result_markdown() -> str:
    """Write the result columns as part of a page, one table per file.

    Columns shared by files, of layers and of the balance stand once.

    Examples
    --------
    >>> result_markdown().splitlines()[0]
    '# Result files'
    """
    told = described()
    lines = ["# Result files", "", "Beside its own columns a file holds shared ones (below), and those of the layers "
             "it is made from (above, with an empty cell where the source has none).", ""]  # fmt: skip
    for file, one in told["files"].items():
        lines += [f"## {file}.parquet", "", f"{one['zh']}。{one['en'][:1].upper()}{one['en'][1:]}."]
        layers = ", ".join(f"`{name}`" for name in one["inputs"])
        lines += [f"Also columns of {layers}.", ""] if layers else [""]
        lines += _table(result_column(file, name) for name in one["columns"]) if one["columns"] else []
    lines += ["## Shared by result files", "", *_table(
        _row(name, entry) for name, entry in told["common"].items())]  # fmt: skip
    lines += ["## Balance of parks, districts, region groups and control lines", "",
              "`balance_<term>_m2`, and `balance_<term>_<class>_m2` for M0, storage, narrow and wide (m²; empty: "
              + told["empty"]["no_balance"]["en"] + ").", "", "| term or class | 中文 | English |", "|---|---|---|"]  # fmt: skip
    for part in ("balance_terms", "balance_classes"):
        lines += [f"| `{name}` | {entry['zh']} | {entry['en']} |" for name, entry in told[part].items()]
    return "\n".join([*lines, ""])


def _holds_balance(file: str) -> bool:
    return file in ("parks", "districts", "region_groups", "control_lines")


def _table(rows: Iterator[dict[str, Any] | None]) -> list[str]:
    lines = ["| column | unit | kind | 中文 | English | empty means |", "|---|---|---|---|---|---|"]
    for row in rows:
        if row is not None:
            lines.append(f"| `{row['column']}` | {row['unit']} | {row['kind']} | {row['zh']} | {row['en']} | "
                         f"{row['empty_zh']}; {row['empty_en']} |")  # fmt: skip
    return [*lines, ""]


def _row(column: str, entry: Mapping[str, str]) -> dict[str, str]:
    """A column with its unit, if it is a number, and the words of its empty cell."""
    unit = next((unit for end, unit in _UNITS if column.endswith(end)), "")
    words = described()["empty"][entry["empty"]]
    return {"column": column, "unit": unit if entry["kind"] in ("number", "integer") else "", **entry,
            "empty_zh": words["zh"], "empty_en": words["en"]}  # fmt: skip


def _of_layer(field: Field) -> dict[str, str]:
    return {"kind": _KINDS.get(field.kind, field.kind), "zh": field.zh, "en": field.en,
            "empty": "never" if field.required else "cell"}  # fmt: skip


def _companion(name: str, inputs: list[Any]) -> dict[str, str] | None:
    """Whether a source says anything of a field whose empty cell has a meaning."""
    field = next((field for layer in inputs for field in layer.fields if field.name == name), None)
    if field is None:
        return None
    return {"kind": "boolean", "zh": f"来源登记了“{field.zh}”（空也有含义）", "empty": "never",
            "en": f"the source says something of “{field.en}”, empty cells included"}  # fmt: skip


def _balance(column: str) -> dict[str, str] | None:
    """A column of the balance by its term and class."""
    told = described()
    if not column.startswith("balance_") or not column.endswith("_m2"):
        return None
    name = column.removeprefix("balance_").removesuffix("_m2")
    for part, words in told["balance_classes"].items():
        term = told["balance_terms"].get(name.removesuffix(f"_{part}"))
        if name.endswith(f"_{part}") and term is not None:
            return {"kind": "number", "zh": f"{term['zh']}：{words['zh']}", "en": f"{term['en']}: {words['en']}",
                    "empty": "no_balance"}  # fmt: skip
    term = told["balance_terms"].get(name)
    return None if term is None else {"kind": "number", **term, "empty": "no_balance"}
