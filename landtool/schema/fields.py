"""The vocabulary of a layer: what a field is, what a layer is.

One :class:`Layer` per layer of the data model, each in its own module of this package, is the single
source of names, types, units, labels and aliases. Readers, validators, templates and documents all
derive from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldKind = Literal["text", "code", "number", "integer", "date", "boolean", "choice", "list"]
GeometryKind = Literal["polygon", "none"]


@dataclass(frozen=True)
class Field:
    """One canonical column.

    Attributes
    ----------
    name : str
        Canonical name; a number carries its unit as suffix (``area_m2``).
    kind : FieldKind
        What the cells hold. ``code`` is text that must never become a number (leading zeros).
    zh, en : str
        Labels for people; the Chinese one carries no unit.
    aliases : tuple of str
        Field names real files use, without unit and bracket; matched after folding width, blanks,
        case, bracketed units and trailing colons.
    unit : str
        Canonical unit of a number: ``m2``, ``cny``, ``cny_m2``, ``pct``, ``m``, ``tce``, ``t``,
        ``years``, ``count``, ``ratio`` or empty.
    default_unit : str
        Unit to assume when neither header nor catalogue names one. Empty for areas and money from
        foreign headers: those are left unused and reported, never guessed. A source that uses the
        canonical name itself is in the canonical unit.
    required : bool
        The row is set aside when this cell is empty or unreadable.
    is_key : bool
        Names the row; made up as ``source#row`` where the source has none, and reported.
    blank_is_known : bool
        An empty cell says something (``actual_start_date`` empty = not started). Such a field gets a
        companion column ``<name>_is_known``: false where the source lacks the field or the cell
        cannot be read, so that an unread cell is never taken for an empty one.
    minimum, maximum : float or None
        Bounds; a value outside is set aside field by field.
    exclusive_minimum : bool
        True where the minimum itself is not allowed (an area must be positive).
    choices : dict
        For ``choice``: canonical value -> spellings.
    """

    name: str
    kind: FieldKind
    zh: str
    en: str
    aliases: tuple[str, ...] = ()
    unit: str = ""
    default_unit: str = ""
    required: bool = False
    is_key: bool = False
    blank_is_known: bool = False
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    choices: dict[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Layer:
    """One layer of the data model: its fields and its geometry.

    Attributes
    ----------
    name, zh, en : str
        Name in the catalogue and labels for people.
    fields : tuple of Field
        Canonical columns in their order.
    geometry : GeometryKind
        ``polygon`` or ``none``.
    geometry_required : bool
        False where rows without a polygon still serve.
    unique_key : tuple of str
        Columns that together name a row; a second row with the same is set aside. Empty: none.
    """

    name: str
    zh: str
    en: str
    fields: tuple[Field, ...]
    geometry: GeometryKind = "none"
    geometry_required: bool = False
    unique_key: tuple[str, ...] = ()

    def field(self, name: str) -> Field:
        """The field of that canonical name; KeyError if there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Canonical names in order."""
        return tuple(field.name for field in self.fields)

    @property
    def key(self) -> Field | None:
        """The field that names a row, if the layer has one."""
        return next((field for field in self.fields if field.is_key), None)
