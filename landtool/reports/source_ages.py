"""How old each source is, and whether it changed after the assessment was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from landtool.crs import relabel
from landtool.reports.workbook_sheets import layer_names

SOURCE_COLUMNS = [
    "layer", "source", "rows_in", "accepted", "set_aside", "encoding", "crs", "modified_date",
    "age_days", "changed_since",
]  # fmt: skip


def source_ages(
    summary: dict[str, Any], folder: Path, results_made: float, language: str
) -> pd.DataFrame:
    """One row per layer: what was read from it, and the date of its file.

    Parameters
    ----------
    summary : dict
        ``Assessment.summary``.
    folder : Path
        The workspace the sources lie in.
    results_made : float
        Time stamp of the results, in seconds.
    language : str
        Of the names of layers and reference systems.

    Returns
    -------
    DataFrame
        :data:`SOURCE_COLUMNS`. ``modified_date`` is that of the newest file of the layer, null where it
        is no file (a database, or gone); ``age_days`` counts from it to the day of the assessment,
        negative for a file of later; ``changed_since`` says whether it is newer than the results.
    """
    layers = summary["layers"]
    table = pd.DataFrame(
        [{"layer": name, **{key: value for key, value in report.items() if key != "sources"}}
         for name, report in layers.items()], columns=SOURCE_COLUMNS)  # fmt: skip
    stamps = [_newest(folder, [part["source"] for part in report["sources"]]) for report in layers.values()]
    stamp = pd.Series(stamps, index=table.index, dtype="float64")
    dated = pd.to_datetime(stamp, unit="s").dt.normalize()
    at = pd.Timestamp(summary["as_of"])
    return table.assign(
        layer=layer_names(table["layer"], language), crs=[relabel(words, language) for words in table["crs"]],
        modified_date=dated, age_days=(at - dated).dt.days,
        changed_since=(stamp > results_made).astype("boolean").mask(stamp.isna()))  # fmt: skip


def _newest(folder: Path, sources: list[str]) -> float | None:
    """Time stamp of the newest of the files; a part inside a file (``::sheet``) is that file."""
    paths = [folder / source.split("::")[0] for source in sources]
    stamps = [path.stat().st_mtime for path in paths if path.exists()]
    return max(stamps, default=None)
