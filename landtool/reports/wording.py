"""Result frames in people's words: headings with the unit people use, codes and rules as words.

Inside, columns hold SI and CNY and statuses are codes; a planner reads hectares, 万元 and sentences.
Pages, workbooks and documents all take their words from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from landtool import messages, units
from landtool.field_words import label, missing_words, schema_labels

__all__ = ["ShownUnit", "heading", "label", "missing_words", "shown_unit", "spoken", "with_units_beside", "words"]


@dataclass(frozen=True)
class ShownUnit:
    """How a number is shown: the factor from the column's own unit, the unit's name, its digits."""

    turn: Callable[[Any], Any]
    name: str
    digits: int


def _as_is(value: Any) -> Any:
    return value


def _percent(value: Any) -> Any:
    return value * 100


# The end of a column's name says its unit; the first that fits counts.
_UNITS: tuple[tuple[str, ShownUnit], ...] = (
    ("_cny_m2", ShownUnit(units.yi_per_km2, "yi_km2", 2)),
    ("_cny", ShownUnit(units.wan, "wan", 2)),
    ("_m2", ShownUnit(units.ha, "ha", 2)),
    ("_pct", ShownUnit(_as_is, "pct", 1)),
    ("_share", ShownUnit(_percent, "pct", 1)),
    ("_rate", ShownUnit(_percent, "pct", 1)),
    ("_margin", ShownUnit(_percent, "pct", 1)),
    ("_days", ShownUnit(_as_is, "days", 0)),
    ("_tce", ShownUnit(_as_is, "tce", 1)),
    ("_m", ShownUnit(_as_is, "m", 1)),
)
# Column -> where its codes stand in the catalogue of messages.
_CODES = {
    "idle_status": "idle.status.", "lifecycle_stage": "stage.", "severity": "app.severity_",
    "rule_id": "rule.", "subject_kind": "column.subject_kind_is.", "status": "commitment.status.",
    "output_verdict": "explain.output_", "balance_verdict": "balance.verdict_", "verdict": "balance.verdict_",
    "verdict_base": "balance.verdict_", "area_used": "explain.area_used_is.", "output_numerator": "output.",
    "output_denominator": "output.", "cause": "balance.cause_", "scope": "terminal.scope_",
    "stage": "column.stage_is.", "metric": "column.metric_is.", "amount_unit": "column.amount_unit_is.", "target": "column.target_is.",
    "board_verdict": "column.board_verdict_is.", "region_kind": "column.region_kind_is.",
    "idle_cause": "idle.cause.", "idle_due_basis": "idle.due_basis.", "idle_basis": "idle.start_basis.",
    "idle_paragraph1": "idle.paragraph.", "idle_paragraph2": "idle.paragraph.",
    "investment_basis": "column.investment_basis_is.", "standing": "column.standing_is.",
    "actual_basis": "commitment.actual_basis.", "from_class": "column.class_is.",
    "to_class": "column.class_is.", "excluded_reason": "grading.excluded.", "route": "column.route_is.",
    "low_efficiency_route": "low_efficiency.route.", "low_efficiency_status": "low_efficiency.status.",
    "contract_kind": "column.contract_kind_is.", "comparison": "column.comparison_is.",
}  # fmt: skip
# A figure with more signs than this is rounded for reading.
_DIGITS_MOST = 8
# Columns that hold several codes, parted by commas; numbers of the policy whose value is a list of codes.
_CODE_LISTS = {"low_efficiency_reasons": "low_efficiency.test.", "milestone_excuse": "milestone.excuse."}
_CODED_NUMBERS = {
    "commitment.metrics": "commitment.metric.", "commitment.sources": "commitment.source.",
    "control.mandatory_indicators": "control.indicator.", "idle.disposal_routes": "case.choice_",
    "idle.restart_routes": "case.choice_", "low_efficiency.rules": "low_efficiency.test.",
    "low_efficiency.routes": "low_efficiency.route.", "output.denominator": "output.", "output.numerator": "output.",
}  # fmt: skip
# Units of figures that carry their unit beside them, and how people read them.
_UNIT_BESIDE = {
    "share": ShownUnit(_percent, "pct", 1), "cny_m2": ShownUnit(units.yi_per_km2, "yi_km2", 2),
    "cny": ShownUnit(units.wan, "wan", 2), "m2": ShownUnit(units.ha, "ha", 2),
}  # fmt: skip
# Decimals kept of such a figure: what is smaller is rounding, and a rounded zero has no sign.
_DECIMALS_BESIDE = 4
_COMMITMENT_SOURCE = "column.commitment_source_is."


def heading(column: str, language: str) -> str:
    """What people call a column, with the unit its numbers are shown in.

    Examples
    --------
    >>> heading("area_m2", "zh"), heading("idle_status", "en"), heading("tax_cny", "zh")
    ('面积(公顷)', 'Idle status', '税收(万元)')
    """
    name = label(column, language)
    unit = shown_unit(column)
    if unit is None:
        return name
    mark = messages.say(f"column.unit_{unit.name}", language)
    return f"{name}({mark})" if language == "zh" else f"{name} ({mark})"


def shown_unit(column: str) -> ShownUnit | None:
    """How the numbers of a column are shown; None for texts, dates and plain counts."""
    if not messages.has(f"column.{column}") and column not in schema_labels()["en"]:
        return None
    return next((unit for end, unit in _UNITS if column.endswith(end)), None)


def spoken(frame: pd.DataFrame, language: str, columns: Iterable[str] | None = None) -> pd.DataFrame:
    """A frame with its numbers in people's units and its codes as words; names stay, null stays null.

    Parameters
    ----------
    frame : pandas.DataFrame
        A result frame; geometry is left out.
    language : str
    columns : iterable of str, optional
        Which and in which order; those the frame lacks are left out. All if not given.

    Examples
    --------
    >>> spoken(pd.DataFrame({"area_m2": [25000.0], "idle_status": ["idle_2y"]}), "en").values.tolist()
    [[2.5, 'suspected idle, two full years']]
    >>> spoken(pd.DataFrame({"comparison": ["<=", "list"]}), "zh")["comparison"].tolist()
    ['<=', '清单']
    """
    names = [name for name in (frame.columns if columns is None else columns)
             if name in frame.columns and name != "geometry"]
    found = {name: _shown(frame[name], name, language) for name in names}
    return pd.DataFrame(found, index=frame.index)


def _shown(column: pd.Series, name: str, language: str) -> pd.Series:
    lead = _CODES.get(name)
    if name == "rule_id":  # one word for all checks of the data; the message says which
        column = column.mask(column.str.startswith("data."), "data")
    if name == "source" and column.isin(["contract", "agreement"]).any():
        lead = _COMMITMENT_SOURCE
    if lead is not None:
        return words(column, lead, language)
    if name in _CODE_LISTS:
        return _listed(column, _CODE_LISTS[name], language)
    if pd.api.types.is_bool_dtype(column):
        return words(column.astype("boolean").astype("str").str.lower(), "column.is_", language)
    unit = shown_unit(name)
    if unit is None or not pd.api.types.is_numeric_dtype(column):
        return column
    return pd.Series(unit.turn(column.astype("float64")), index=column.index)


def with_units_beside(frame: pd.DataFrame, figures: Iterable[str], language: str) -> pd.DataFrame:
    """A frame whose figures have their unit in the column ``unit``, row by row, in people's units.

    Shares become percent, CNY per m² 亿元/km², CNY 万元 and m² hectares; other units become words.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``unit``.
    figures : iterable of str
        Columns of numbers in that unit; those the frame lacks are left out.
    language : str

    Examples
    --------
    >>> board = pd.DataFrame({"measured": [0.84, 3.0], "unit": ["share", "years"]})
    >>> with_units_beside(board, ["measured"], "en").to_numpy().tolist()
    [[84.0, '%'], [3.0, 'years']]
    """
    made = frame.copy()
    for name in figures:
        if name in made:
            made[name] = made[name].astype("float64")
    for code, unit in _UNIT_BESIDE.items():
        rows = (frame["unit"] == code).fillna(False).to_numpy(dtype=bool)
        for name in figures:
            if name in made and rows.any():
                made.loc[rows, name] = unit.turn(made.loc[rows, name]).round(_DECIMALS_BESIDE) + 0.0
    said = words(frame["unit"], "policy.unit_", language)
    shown = {code: messages.say(f"column.unit_{unit.name}", language) for code, unit in _UNIT_BESIDE.items()}
    made["unit"] = said.where(~frame["unit"].isin(shown), frame["unit"].map(shown))
    return made


def words(column: pd.Series, lead: str, language: str) -> pd.Series:
    """Codes as words (``lead`` + code in the catalogue); a code nobody translated stays as it is.

    Examples
    --------
    >>> words(pd.Series(["idle_2y", "?"]), "idle.status.", "en").tolist()
    ['suspected idle, two full years', '?']
    """
    table = {code: messages.say(f"{lead}{code}", language)
             for code in column.dropna().unique() if messages.has(f"{lead}{code}")}  # fmt: skip
    return column.astype("object").map(lambda code: table.get(code, code), na_action="ignore")


def _listed(column: pd.Series, lead: str, language: str) -> pd.Series:
    """Codes parted by commas as words, parted as the language parts them."""
    between = messages.say("core.separator", language)
    said = {text: between.join(words(pd.Series(text.split(",")).str.strip(), lead, language))
            for text in column.dropna().unique()}  # fmt: skip
    return column.astype("object").map(said)


def policy_values(numbers: pd.DataFrame, language: str) -> pd.Series:
    """Values of policy numbers as people read them: lists of codes as words, figures to four digits.

    Examples
    --------
    >>> table = pd.DataFrame({"key": ["idle.restart_routes", "idle.x"], "value": ["extend, exchange", "0.3333333333"]})
    >>> policy_values(table, "zh").tolist()
    ['延长动工开发期限、置换土地', '0.3333']
    """
    made = numbers["value"].astype("object")
    for key, lead in _CODED_NUMBERS.items():
        own = numbers["key"] == key
        made = made.mask(own, _listed(made[own], lead, language))
    figures = pd.to_numeric(made, errors="coerce")
    long = figures.notna() & (made.str.len() > _DIGITS_MOST)
    return made.mask(long, figures.map("{:.4g}".format))
