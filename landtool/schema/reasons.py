"""Problems in words: what is wrong, and how to mend it."""

from __future__ import annotations

import pandas as pd

from landtool import messages
from landtool.schema import LAYERS


def with_reasons(problems: pd.DataFrame, language: str) -> pd.DataFrame:
    """Problems with ``reason`` and ``remedy`` written out; what is written already is written anew, in the language."""
    reasons = pd.Series("", index=problems.index, dtype="str")
    remedies = pd.Series("", index=problems.index, dtype="str")
    spoken = problems.assign(field=field_labels(problems, language))
    for kind, rows in problems.groupby("kind").groups.items():
        part = spoken.loc[rows]
        reasons.loc[rows] = messages.render(f"problem.{kind}", language, part)
        remedies.loc[rows] = messages.render(f"remedy.{kind}", language, part)
    columns = ["layer", "source", "source_row", "scope", "field", "value", "reason", "subject_id",
               "kind", "remedy", "detail"]  # fmt: skip
    return problems.assign(reason=reasons, remedy=remedies)[columns].reset_index(drop=True)


def field_labels(problems: pd.DataFrame, language: str) -> pd.Series:
    """Name the field of each problem as people call it, with its canonical name.

    Examples
    --------
    >>> from landtool.schema.problems import make_problems
    >>> made = make_problems(layer="contracts", kind="date_unreadable", scope="field",
    ...                      field="actual_start_date")
    >>> field_labels(made, "zh").tolist()
    ['实际动工日期(actual_start_date)']
    """
    table = {}
    for layer, name in problems[["layer", "field"]].drop_duplicates().itertuples(index=False):
        model = LAYERS.get(layer.partition(":")[0])
        if model is not None and name in model.names:
            field = model.field(name)
            table[layer, name] = f"{field.zh if language == 'zh' else field.en}({name})"
    keys = pd.MultiIndex.from_frame(problems[["layer", "field"]])
    spoken = pd.Series(keys.map(table), index=problems.index, dtype="str")
    return spoken.fillna(problems["field"])
