"""The gate after conforming: types, bounds, choices, keys, by one lazy pandera schema a layer.

Conforming has set aside what it could not read, so on its output this gate finds nothing; it is for
frames that come another way (a notebook, another program) and against faults of landtool itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from landtool.schema.duplicates import unique_keys
from landtool.schema.facts import provenance_column
from landtool.schema.fields import Field, Layer
from landtool.schema.problems import concat_problems, make_problems, no_problems

_KINDS = {"type": "schema_type", "range": "out_of_range", "choice": "choice_unknown",
          "not_nullable": "required_missing", "column_in_dataframe": "column_missing"}  # fmt: skip
_types = pd.api.types
_IS_TYPE: dict[str, Callable[[Any], bool]] = {
    "text": _types.is_string_dtype, "code": _types.is_string_dtype, "choice": _types.is_string_dtype,
    "number": _types.is_float_dtype, "integer": _types.is_integer_dtype,
    "date": _types.is_datetime64_any_dtype, "boolean": _types.is_bool_dtype,
    "list": _types.is_object_dtype,
}  # fmt: skip


def pandera_schema(layer: Layer) -> pa.DataFrameSchema:
    """The pandera schema of a layer: checks only, nothing is coerced.

    Examples
    --------
    >>> from landtool.schema import LAYERS
    >>> pandera_schema(LAYERS["districts"]).columns["district_code"].nullable
    False
    """
    columns = {field.name: _column(field) for field in layer.fields}
    columns |= {f"{field.name}_is_known": pa.Column(None, _checks_of_companion(), required=False)
                for field in layer.fields if field.blank_is_known}
    return pa.DataFrameSchema(columns, name=layer.name, strict=False, coerce=False)


def validate_layer(frame: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Find all that does not fit a layer's schema, at once.

    Parameters
    ----------
    frame : DataFrame
        Conformed rows.
    layer : Layer
        What they should be.

    Returns
    -------
    DataFrame
        Problems of scope ``note``: the gate changes nothing, so nothing is set aside by it.

    Examples
    --------
    >>> from landtool.schema import LAYERS
    >>> frame = pd.DataFrame({"district_code": ["A", "A"], "district_name": ["x", None],
    ...                       "land_grade": pd.array([3, 99], dtype="Int64")})
    >>> found = validate_layer(frame, LAYERS["districts"])
    >>> sorted(found["kind"])
    ['duplicate_key', 'out_of_range', 'required_missing']
    """
    _, repeated = unique_keys(frame.reset_index(drop=True), layer)
    repeated = repeated.assign(scope="note")
    plain = pd.DataFrame(frame).reset_index(drop=True)
    try:
        pandera_schema(layer).validate(plain, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        return concat_problems([_problems(cases, plain, layer), repeated])
    return repeated if len(repeated) else no_problems()


def _column(field: Field) -> pa.Column:
    checks = [pa.Check(lambda cells: _IS_TYPE[field.kind](cells.dtype), name="type",
                       ignore_na=False)]
    if field.minimum is not None or field.maximum is not None:
        checks.append(pa.Check(lambda cells: _inside(cells, field), name="range"))
    if field.choices:
        checks.append(pa.Check(lambda cells: cells.isin(list(field.choices or ())), name="choice"))
    return pa.Column(None, checks, nullable=not field.required,
                     required=field.required, name=field.name)


def _checks_of_companion() -> list[pa.Check]:
    return [pa.Check(lambda cells: _types.is_bool_dtype(cells.dtype), name="type", ignore_na=False)]


def _inside(cells: pd.Series, field: Field) -> Any:
    if not _types.is_numeric_dtype(cells):
        return True
    low = field.minimum
    inside = cells.notna()
    if low is not None:
        inside &= cells > low if field.exclusive_minimum else cells >= low
    return inside & (cells <= field.maximum) if field.maximum is not None else inside


def _problems(cases: pd.DataFrame, frame: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    kind = cases["check"].map(lambda check: _KINDS.get(str(check), "schema_type"))
    name = cases["column"].where(cases["check"] != "column_in_dataframe", cases["failure_case"])
    at = pd.to_numeric(cases["index"], errors="coerce")
    whole = kind.isin(["schema_type", "column_missing"]).to_numpy()
    place = at.mask(whole)
    key = layer.key.name if layer.key else ""
    value = cases["failure_case"].astype("str").where(~whole, "")
    types = name.map({column: str(frame[column].dtype) for column in frame.columns})
    made = pd.DataFrame({
        "source": _pick(frame, provenance_column(layer), place),
        "source_row": _pick(frame, "source_row", place), "subject_id": _pick(frame, key, place),
        "field": name, "value": value, "kind": kind,
        "detail": types.where(kind.eq("schema_type"), "").fillna(""),
    })  # fmt: skip
    parts = [
        make_problems(layer=layer.name, kind=str(one), scope="note", source=group["source"],
                      source_row=group["source_row"], subject_id=group["subject_id"],
                      field=group["field"], value=group["value"], detail=group["detail"])
        for one, group in made.drop_duplicates().groupby("kind", sort=False)
    ]  # fmt: skip
    return concat_problems(parts)


def _pick(frame: pd.DataFrame, name: str, at: pd.Series) -> pd.Series:
    if name not in frame.columns:
        return pd.Series(pd.NA, index=at.index, dtype="object")
    cells = frame[name].astype("object").reindex(at.fillna(-1).astype("int64"))
    return cells.set_axis(at.index)
