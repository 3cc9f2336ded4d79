"""The data model, and the result files, as tables: for documents, templates and the catalogue's comments."""

from __future__ import annotations

import sys

import pandas as pd

from landtool.schema import LAYERS
from landtool.schema.cells import bounds
from landtool.schema.facts import ONE_OF
from landtool.schema.fields import Field, Layer
from landtool.schema.result_columns import result_markdown


def field_dictionary() -> pd.DataFrame:
    """One row per field of every layer.

    Returns
    -------
    DataFrame
        ``layer, name, unit, kind, zh, en, aliases`` (joined by 、)``, required`` (``yes``, ``made`` for
        a key that landtool makes where it is blank, ``one_of`` for alternatives, else empty)``,
        choices`` (canonical values joined by ``|``)``, bounds``.

    Examples
    --------
    >>> table = field_dictionary().set_index(["layer", "name"])
    >>> table.loc[("contracts", "area_m2"), ["unit", "zh", "bounds"]].tolist()
    ['m2', '供地面积', '> 0']
    """
    rows = [_row(layer, field) for layer in LAYERS.values() for field in layer.fields]
    return pd.DataFrame(rows).astype("str")


def field_markdown() -> str:
    """Write the field dictionary as part of a page, one table per layer.

    Examples
    --------
    >>> field_markdown().splitlines()[0]
    '# Fields'
    """
    table = field_dictionary()
    lines = ["# Fields", "", "Written by `make docs` from `landtool/schema`. Units in brackets; a `*` marks a "
             "required field.", ""]  # fmt: skip
    for layer in LAYERS.values():
        lines += [f"## {layer.name} ({layer.zh})", "", "| column | 中文 | kind | other names |", "|---|---|---|---|"]
        for row in table[table["layer"] == layer.name].itertuples(index=False):
            star = "*" if row.required in {"yes", "made"} else ""
            unit = f" ({row.unit})" if row.unit else ""
            lines.append(f"| `{row.name}`{star} | {row.zh} | {row.kind}{unit} | {row.aliases} |")
        lines.append("")
    return "\n".join(lines)


def fields_page() -> str:
    """Write docs/fields.md: what goes in, and what comes out.

    Examples
    --------
    >>> [line for line in fields_page().splitlines() if line.startswith("# ")]
    ['# Fields', '# Result files']
    """
    return field_markdown() + "\n" + result_markdown()


def _row(layer: Layer, field: Field) -> dict[str, str]:
    alternatives = {name for group in ONE_OF.get(layer.name, ()) for name in group}
    required = "one_of" if field.name in alternatives else ""
    if field.required:
        required = "made" if field.is_key else "yes"
    return {"layer": layer.name, "name": field.name, "unit": field.unit, "kind": field.kind,
            "zh": field.zh, "en": field.en, "aliases": "、".join(field.aliases),
            "required": required, "choices": "|".join(field.choices or ()),
            "bounds": bounds(field)}


if __name__ == "__main__":
    sys.stdout.write(fields_page())
