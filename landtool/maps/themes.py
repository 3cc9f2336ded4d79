"""The themes parcels are coloured by: for each, its classes and the class of every parcel.

A theme is a table of one byte per row of the result. Colouring by another theme is reading another table:
geometry knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool import messages
from landtool.codes import load_classification
from landtool.codes.classification import shipped_classifications
from landtool.columns import booleans, numbers, texts
from landtool.maps.style import (
    COMMITMENT_COLOURS,
    EVIDENCE_COLOURS,
    GRADE_COLOURS,
    IDLE_COLOURS,
    LAND_USE_COLOURS,
    LOW_EFFICIENCY_COLOURS,
    OUTPUT_CLASSES,
    OUTPUT_UNKNOWN,
)

#: Columns of the result's parcels that the themes are made from.
THEME_COLUMNS = (
    "parcel_id", "idle_status", "output_intensity_cny_m2", "grade", "is_low_efficiency", "land_use_code",
    "classification", "is_industrial", "is_m0", "evidence_conflict",
)  # fmt: skip
_LAND_USE = ("land_use_code", "classification", "is_industrial", "is_m0")
#: Columns of its commitments.
COMMITMENT_COLUMNS = ("parcel_id", "status", "is_current")


@dataclass(frozen=True)
class Theme:
    """One way of colouring the parcels.

    Attributes
    ----------
    name : str
        ``idle``, ``output``, ``commitment``, ``grade``, ``low_efficiency``, ``land_use``, ``evidence``.
    classes : tuple of str
        Class names, what needs attention most first.
    labels, colours : tuple of str
        As people see them, one per class.
    codes : numpy.ndarray
        uint8, class of each parcel by its row in ``Assessment.parcels``.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    labels: tuple[str, ...]
    colours: tuple[str, ...]
    codes: np.ndarray

    @property
    def is_judged(self) -> bool:
        """Whether any parcel falls in a class that says something."""
        silent = [i for i, name in enumerate(self.classes)
                  if name in {"unknown", "none", "not_assessable", "not_applicable"}]
        return not bool(np.isin(self.codes, silent).all())


def themes_of(
    parcels: pd.DataFrame, commitments: pd.DataFrame | None, output_target_cny_m2: float | None, language: str
) -> list[Theme]:
    """Every theme of a result, in their order; those of rules that judged nothing come last.

    Parameters
    ----------
    parcels, commitments : pandas.DataFrame
        Of the result; no more than :data:`THEME_COLUMNS` and :data:`COMMITMENT_COLUMNS` is looked at.
    output_target_cny_m2 : float or None
        What the output intensity is held against.
    language : str
        ``zh`` or ``en``.
    """
    made = [
        _theme("idle", IDLE_COLOURS, _statuses(parcels, "idle_status", IDLE_COLOURS, "not_assessable"),
               language, "idle.status"),
        _output(output_target_cny_m2, parcels, language),
        _theme("commitment", COMMITMENT_COLOURS, _commitments(commitments, parcels), language),
        _theme("grade", GRADE_COLOURS, _statuses(parcels, "grade", GRADE_COLOURS, "none"), language),
        _theme("low_efficiency", LOW_EFFICIENCY_COLOURS, _three_valued(parcels, "is_low_efficiency"), language),
        _theme("land_use", LAND_USE_COLOURS, _land_use(parcels), language),
        _theme("evidence", EVIDENCE_COLOURS, _three_valued(parcels, "evidence_conflict"), language),
    ]  # fmt: skip
    return sorted(made, key=lambda theme: not theme.is_judged)


def _theme(
    name: str, colours: dict[str, str], codes: np.ndarray, language: str, prefix: str | None = None
) -> Theme:
    labels = tuple(messages.say(f"{prefix or f'map.{name}'}.{one}", language) for one in colours)
    return Theme(name, messages.say(f"map.theme_{name}", language), tuple(colours), labels,
                 tuple(colours.values()), codes.astype("uint8"))


def _statuses(parcels: pd.DataFrame, column: str, classes: Sequence[str] | dict[str, str], rest: str) -> np.ndarray:
    names = list(classes)
    if column not in parcels:
        return np.full(len(parcels), names.index(rest))
    codes = parcels[column].astype("category").cat.set_categories(names).cat.codes.to_numpy()
    return np.where(codes < 0, names.index(rest), codes)


def _three_valued(parcels: pd.DataFrame, column: str) -> np.ndarray:
    """0 where true, 1 where false, 2 where null."""
    value = booleans(parcels, column).to_numpy(dtype="float64", na_value=np.nan)
    return np.where(np.isnan(value), 2, 1 - value)


def _output(target: float | None, parcels: pd.DataFrame, language: str) -> Theme:
    reached = numbers(parcels, "output_intensity_cny_m2").to_numpy()
    reached = reached / target if target else np.full(len(parcels), np.nan)
    bounds = [upper for _, upper, _ in OUTPUT_CLASSES[:-1]]
    codes = np.where(np.isnan(reached), len(OUTPUT_CLASSES), np.digitize(reached, bounds))
    colours = {name: colour for name, _, colour in OUTPUT_CLASSES} | {"unknown": OUTPUT_UNKNOWN}
    return _theme("output", colours, codes, language)


def _commitments(table: pd.DataFrame | None, parcels: pd.DataFrame) -> np.ndarray:
    """The worst status among the current commitments of each parcel."""
    names = list(COMMITMENT_COLOURS)
    if table is None or table.empty:
        return np.full(len(parcels), names.index("none"))
    if "is_current" in table:
        table = table[booleans(table, "is_current").fillna(False)]
    rank = pd.Series(pd.Categorical(texts(table, "status"), categories=names).codes, index=table.index)
    worst = rank[rank >= 0].groupby(texts(table, "parcel_id")).min()
    return texts(parcels, "parcel_id").map(worst).fillna(names.index("none")).to_numpy("int64")


def land_use_class(parcels: pd.DataFrame) -> list[str]:
    """Name the class of land use of each parcel as the map shows it.

    Examples
    --------
    >>> land_use_class(pd.DataFrame({"land_use_code": ["0601", None], "classification": "tdlb-2019"}))
    ['industrial', 'unknown']
    """
    names = list(LAND_USE_COLOURS)
    return [names[at] for at in _land_use(parcels)]


def _land_use(parcels: pd.DataFrame) -> np.ndarray:
    """Class of land use, looked up once for each of the few combinations there are."""
    told = [name for name in _LAND_USE if name in parcels]
    if not told:
        return _class_of_use(parcels)
    group = parcels.groupby(told, dropna=False, observed=True, sort=False).ngroup().to_numpy()
    _, first = np.unique(group, return_index=True)
    return _class_of_use(parcels.iloc[first])[group]


def _class_of_use(parcels: pd.DataFrame) -> np.ndarray:
    """Class of land use; by the parcel's own classification where it is a shipped one."""
    names = list(LAND_USE_COLOURS)
    industrial = booleans(parcels, "is_industrial")
    found = industrial.map({True: "industrial", False: "other"}).astype("str")
    codes, system = texts(parcels, "land_use_code"), texts(parcels, "classification")
    for name in system.dropna().unique():
        if name in shipped_classifications():
            own = system == name
            land_class = load_classification(name).classify(codes[own])["land_class"]
            kept = land_class.where(land_class.isin(names))
            found[own] = kept.fillna(found[own])
    found = found.mask(booleans(parcels, "is_m0").fillna(False) & industrial.fillna(False), "m0")
    return _statuses(pd.DataFrame({"land_use": found}), "land_use", names, "unknown")


def shown_bits(shown: np.ndarray) -> bytes:
    """One bit per row, the first row in the lowest bit: what a filter leaves visible.

    Examples
    --------
    >>> list(shown_bits(np.array([True, False, False, True])))
    [9]
    """
    return np.packbits(shown.astype(bool), bitorder="little").tobytes()
