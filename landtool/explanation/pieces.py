"""What every rule's page is made of: the subject's rows, inputs with their place, numbers with their clause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from landtool import messages
from landtool.assessment import Assessment
from landtool.explanation.page import NO_UNIT, Input, Threshold, Unit, is_null
from landtool.field_words import label, missing_words
from landtool.policy import Policy
from landtool.schema import LAYERS, Field
from landtool.workspace import Workspace


@dataclass(frozen=True)
class Subject:
    """The parcel, contract or park that is explained, with everything the rules' pages read.

    Attributes
    ----------
    subject_id : str
        As asked for.
    parcel, contract : dict or None
        Its row of the result tables; the contract is the one the parcel is judged by.
    park : dict or None
        Row of the park, where that is the subject.
    """

    workspace: Workspace
    result: Assessment
    subject_id: str
    parcel: dict[str, Any] | None
    contract: dict[str, Any] | None
    park: dict[str, Any] | None = None

    @property
    def judged(self) -> dict[str, Any]:
        """The row that carries the verdicts."""
        return self.parcel or self.contract or self.park or {}

    @property
    def language(self) -> str:
        """``zh`` or ``en``."""
        return self.workspace.language

    @property
    def policy(self) -> Policy:
        """The numbers in force on the day of the assessment."""
        return self.workspace.policy

    @property
    def ids(self) -> set[str]:
        """Its own number, and its contract's."""
        own = self.judged.get("contract_id")
        return {self.subject_id} | (set() if is_null(own) else {str(own)})


def rows_of(frame: pd.DataFrame | None, subject: Subject) -> pd.DataFrame | None:
    """Rows of a result table that speak of the subject, by parcel or contract; None without any."""
    if frame is None:
        return None
    own = pd.Series(False, index=frame.index)
    for name in ("parcel_id", "contract_id"):
        if name in frame:
            own |= frame[name].isin(subject.ids)
    return frame[own] if own.any() else None


def inputs_of(row: dict[str, Any], layer: str, names: list[str], language: str) -> list[Input]:
    """Values of one row by their labels, with unit, source and source row; absent columns are left out."""
    model, found = LAYERS[layer], []
    place = row.get("source_row")
    for name in names:
        if name not in row:
            continue
        try:
            spec = model.field(name)
        except KeyError:
            spec = None
        title = label(name, language) if spec is None else spec.zh if language == "zh" else spec.en
        unit = NO_UNIT if spec is None else unit_of(spec.unit, language)
        if name == "area_m2" and layer in ("parcels", "parks"):
            title, unit = messages.say("explain.area_geometry", language), unit_of("m2", language)
        value = choice(spec, row[name], language)
        found.append(Input(name, title, value, unit, str(row.get("source") or ""),
                           whole(place)))
    return found


def choice(spec: Field | None, value: Any, language: str) -> Any:
    """A coded value with its first Chinese spelling; yes and no as words."""
    if is_null(value):
        return value
    if isinstance(value, bool | np.bool_):
        return messages.say(f"idle.paragraph.{'yes' if value else 'no'}", language)
    if spec is not None and spec.choices and language == "zh" and spec.choices.get(value):
        return f"{spec.choices[value][0]}({value})"
    return value


def lacking(subject: Subject, *lists: Any) -> str:
    """What is missing, in words: fields, layers and numbers of one or more lists, each once."""
    names = {name.strip() for names in lists if not is_null(names) for name in str(names).split(",")}
    return missing_words(subject.result.policy_numbers, sorted(names - {""}), subject.language) or "–"


def whole(value: Any) -> int | None:
    """A row number as an int; null stays null."""
    return None if is_null(value) else int(value)


def unit_of(code: Any, language: str) -> Unit:
    """A unit with what people call it; no unit where the number needs none.

    Examples
    --------
    >>> [unit_of(code, "zh").words for code in ("m2", "cny", "count")]
    ['m²', '元', '']
    """
    if is_null(code) or code in ("", "count"):
        return NO_UNIT
    key = f"policy.unit_{code}"
    return Unit(code, "m²" if code == "m2" else messages.say(key, language) if messages.has(key) else str(code))


def thresholds(policy: Policy, keys: list[str], language: str) -> list[Threshold]:
    """Numbers of the policy in force, with clause and standing; what is not in force is left out."""
    found = []
    for key in keys:
        number = policy.get(key)
        if number is not None:
            meaning, clause = ((number.meaning_zh, number.clause) if language == "zh"
                               else (number.meaning_en, number.clause_en))  # fmt: skip
            value, unit = number.value, Unit(number.unit, messages.say(f"policy.unit_{number.unit}", language))
            if isinstance(value, str) and messages.has(f"output.{value}"):
                value, unit = messages.say(f"output.{value}", language), NO_UNIT
            found.append(Threshold(key, meaning, value, unit, clause, number.standing,
                                   number.verified))
    return found


def in_words(
    items: list[Threshold], word: Callable[[str], str | None], *, with_unit: bool = False
) -> list[Threshold]:
    """Write lists and tables of codes as people read them.

    Parameters
    ----------
    items : list of Threshold
        As :func:`thresholds` gives them.
    word : callable
        The word of a code; None: the code stays.
    with_unit : bool
        Whether a list or table keeps its unit.
    """
    def text(value: Any) -> str:
        if isinstance(value, Mapping):
            return ", ".join(f"{word(code) or code} {number:,g}" for code, number in value.items())
        parts = [value] if isinstance(value, str) else value
        return ", ".join(word(part) or part for part in parts)

    return [replace(item, value=text(item.value), unit=item.unit if with_unit else NO_UNIT)
            if isinstance(item.value, Mapping | tuple | str) else item for item in items]


# The end of a result column's name says the unit its value stands in.
_UNIT_ENDS = ("cny_m2", "cny", "m2", "days")


def column_label(name: str, language: str) -> str:
    """The label of a result column, with the unit its value stands in here: as it is kept, not as lists turn it.

    Examples
    --------
    >>> column_label("output_gap_m2", "zh"), column_label("idle_since", "en")
    ('或腾退用地(平方米)', 'Idle since')
    """
    said = messages.say(f"column.{name}", language)
    unit = next((end for end in _UNIT_ENDS if name.endswith(f"_{end}")), None)
    if unit is None:
        return said
    written = messages.say(f"policy.unit_{unit}", language)
    return f"{said}({written})" if language == "zh" else f"{said} ({written})"


# Columns whose values are codes -> where their words stand.
_WORDS = {
    "idle_due_basis": "idle.due_basis", "idle_paragraph1": "idle.paragraph",
    "idle_paragraph2": "idle.paragraph", "idle_cause": "idle.cause",
    "idle_basis": "idle.start_basis", "area_used": "explain.area_used_is",
}  # fmt: skip


def worded(name: str, value: Any, language: str) -> Any:
    """A coded value in words, where the catalogue has them."""
    key = f"{_WORDS.get(name, '')}.{value}"
    return messages.say(key, language) if messages.has(key) else value
