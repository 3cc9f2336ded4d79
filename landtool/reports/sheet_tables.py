"""One sheet's table in people's words and units: what every sheet of the workbook is made by."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

import pandas as pd

from landtool import messages
from landtool.assessment import Assessment
from landtool.reports.wording import heading, missing_words, spoken
from landtool.schema import LAYERS


@dataclass(frozen=True)
class Sheet:
    """One sheet with a table.

    Attributes
    ----------
    key : str
        Its name in the catalogue, ``workbook.sheet_<key>``.
    table : DataFrame
        Cells as people read them: numbers in people's units, words, dates; null where unknown.
    headings : list of str
        One a column, with the unit.
    row_key : str
        Column whose text names a row, so that other sheets can link to it; empty if none.
    links : dict
        Column -> key of the sheet that its cells lead to.
    outside : dict
        Column -> address of each cell outside the book, null where it leads nowhere.
    """

    key: str
    table: pd.DataFrame
    headings: list[str]
    row_key: str = ""
    links: dict[str, str] = field(default_factory=dict)
    outside: dict[str, pd.Series] = field(default_factory=dict)


def table_sheet(key: str, frame: pd.DataFrame, language: str, columns: list[str] | None = None, *,
                layers: tuple[str, ...] = (), row_key: str = "",
                links: dict[str, str] | None = None) -> Sheet:  # fmt: skip
    """One table in people's words and units; columns that are empty throughout are left out."""
    names = [name for name in (frame.columns if columns is None else columns)
             if name in frame and name != "geometry"]
    table = spoken(_choices(frame[names], layers, language), language)
    table = _names_of_fields(table, language)
    full = [name for name in table if name == row_key or table[name].notna().any()]
    return Sheet(key, table[full], [heading(name, language) for name in full], row_key,
                 {name: to for name, to in (links or {}).items() if name in full})


def _choices(frame: pd.DataFrame, layers: tuple[str, ...], language: str) -> pd.DataFrame:
    """Values of a layer's coded fields by their first Chinese spelling."""
    if language != "zh":
        return frame
    changed = {}
    for layer in layers:
        for spec in LAYERS[layer].fields:
            worded = any(messages.has(f"column.{spec.name}_is.{code}") for code in spec.choices or ())
            if spec.choices and not worded and spec.name in frame and spec.name not in changed:
                # A code that is Chinese already is the official word itself.
                table = {code: spellings[0] if code.isascii() and spellings else code
                         for code, spellings in spec.choices.items()}
                said = frame[spec.name].map(table)
                changed[spec.name] = said.where(said.notna(), frame[spec.name])
    return frame.assign(**changed)


def _names_of_fields(table: pd.DataFrame, language: str) -> pd.DataFrame:
    """Lists of missing fields by the labels people know them by."""
    changed = {}
    for name in ("idle_missing", "output_missing", "missing"):
        if name in table:
            known = {text: missing_words(None, [part.strip() for part in text.split(",")], language)
                     for text in table[name].dropna().unique()}  # fmt: skip
            changed[name] = table[name].map(known)
    return table.assign(**changed)


def with_district_names(frame: pd.DataFrame, result: Assessment) -> pd.DataFrame:
    """Rows with the name of their district; its code where the name is not known."""
    if "district_code" not in frame or "district_name" in frame:
        return frame
    named = frame["district_code"].astype("object")
    if result.districts is not None:
        names = result.districts.drop_duplicates("district_code").set_index("district_code")
        named = named.map(names["district_name"]).astype("object").where(
            named.isin(names.index), named)
    return frame.assign(district_name=named)


def text_places(text: str) -> int:
    """Places a text takes in a cell: a Chinese sign takes two.

    Examples
    --------
    >>> text_places("A1"), text_places("宗地")
    (2, 4)
    """
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
