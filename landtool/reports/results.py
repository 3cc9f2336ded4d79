"""The result files of an assessment: written whole or not at all, read back for map and app."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from landtool.assessment import Assessment
from landtool.atomic import replace_folder
from landtool.concurrency import no_collecting, one_beside
from landtool.errors import InputDataError
from landtool.reports.geopackage import put_layers

MARK = "summary.json"
# name of the frame in the Assessment -> file
FRAMES = {
    "parcels": "parcels.parquet",
    "contracts": "contracts.parquet",
    "parks": "parks.parquet",
    "districts": "districts.parquet",
    "region_groups": "region_groups.parquet",
    "commitments": "commitments.parquet",
    "milestones": "milestones.parquet",
    "deadlines": "deadlines.parquet",
    "unsupplied": "unsupplied.parquet",
    "control": "control.parquet",
    "evidence": "evidence.parquet",
    "findings": "findings.parquet",
    "balance": "balance.parquet",
    "changes": "changes.parquet",
    "control_lines": "control_lines.parquet",
    "grades": "grades.parquet",
    "low_efficiency": "low_efficiency.parquet",
    "set_aside": "set_aside.parquet",
    "policy_numbers": "policy_numbers.parquet",
}
MAP_FILE = "map.html"
# What is made from the results goes with them: a report of older figures beside newer ones misleads.
RESULT_FILES = frozenset({*FRAMES.values(), "assessment.gpkg", MARK, MAP_FILE, "report.xlsx", "report.docx", "report.gpkg"})
_SUMMARY_KEYS = {"name", "as_of", "language", "policy", "layers", "idle", "output", "not_assessed"}
# Row groups large enough to compress, small enough that one row of a city is read within a click.
_ROW_GROUP = 8_192
# Columns that rows are looked up by, or asked whether there are any; the range of every other one is of no use to anybody.
_KEYS = ("_id", "_code", "_row", "geometry")


def write_results(result: Assessment, folder: str | Path) -> Path:
    """Write the files of an assessment under ``folder``, all of them or none.

    Parameters
    ----------
    result : Assessment
        What :func:`landtool.assessment` returned.
    folder : str or Path
        Result folder; made if absent. The last good result stays until the new one is whole.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder cannot be written, holds other files, or is open in another program.
    """
    folder = Path(folder)
    replace_folder(folder, lambda fresh: _write_all(result, fresh), ours=RESULT_FILES, mark=MARK)
    return folder


def _write_all(result: Assessment, folder: Path) -> None:
    # Parquet is packed without the interpreter: the other core does it while the GeoPackage is written.
    with no_collecting(), one_beside() as aside:
        frames = aside.submit(_write_frames, result, folder)
        put_layers(result, folder / "assessment.gpkg")
        frames.result()
    # Last of all: its presence says that the folder is whole.
    text = json.dumps(result.summary, ensure_ascii=False, indent=2, allow_nan=False)
    (folder / MARK).write_text(text + "\n", encoding="utf-8")


def _write_frames(result: Assessment, folder: Path) -> None:
    for name, file in FRAMES.items():
        frame = getattr(result, name)
        if frame is not None:
            write_frame(frame, folder / file)


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write one frame as (Geo)Parquet."""
    only_geo = {"write_covering_bbox": False} if isinstance(frame, gpd.GeoDataFrame) else {}
    keys = [name for name in frame.columns if name.endswith(_KEYS)]
    frame.to_parquet(path, index=False, row_group_size=_ROW_GROUP, use_dictionary=_words(frame), write_statistics=keys, **only_geo)


def _words(frame: pd.DataFrame) -> list[str]:
    """Columns whose values come again and again; a dictionary of ids, measures, dates or shapes is work for larger files."""
    return [name for name, kind in frame.dtypes.items()
            if not (is_numeric_dtype(kind) or is_datetime64_any_dtype(kind) or kind == "geometry" or name.endswith("_id"))]


def read_results(folder: str | Path) -> Assessment:
    """Read back what :func:`write_results` wrote.

    Raises
    ------
    InputDataError
        If the folder is not a result folder or a file of it is damaged.

    Examples
    --------
    >>> read_results("no/such/folder")
    Traceback (most recent call last):
    landtool.errors.InputDataError: no results: no/such/folder: run `landtool assess WORKSPACE` first
    """
    folder = Path(folder)
    summary = read_summary(folder)
    return Assessment(summary=summary, **{name: read_frame(folder / file) for name, file in FRAMES.items()})


def read_summary(folder: Path) -> dict[str, Any]:
    """The headline of a result folder.

    Raises
    ------
    InputDataError
        If the folder is not a result folder or its summary is damaged.
    """
    if not (folder / MARK).is_file():
        raise InputDataError("no results", str(folder), "run `landtool assess WORKSPACE` first")
    try:
        summary: dict[str, Any] = json.loads((folder / MARK).read_text(encoding="utf-8"))
        lacking = _SUMMARY_KEYS - summary.keys() if isinstance(summary, dict) else _SUMMARY_KEYS
        if lacking:
            raise ValueError(f"{MARK} lacks {', '.join(sorted(lacking))}")
    except (OSError, ValueError) as error:
        raise _damaged(folder, error) from error
    return summary


def _damaged(folder: Path, error: Exception) -> InputDataError:
    return InputDataError(f"damaged results ({error})", str(folder), "run `landtool assess WORKSPACE` again")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """While a file of a result folder is read: what the reader trips over is told in one line.

    Raises
    ------
    InputDataError
        If the file is damaged.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        raise _damaged(path.parent, error) from error


def read_frame(path: Path) -> pd.DataFrame | None:
    """One frame of a result folder; None where its rule was not run.

    Raises
    ------
    InputDataError
        If the file is damaged.
    """
    if not path.is_file():
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    with reading(path):
        is_geo = b"geo" in (pq.read_schema(path).metadata or {})
        frame = gpd.read_parquet(path) if is_geo else pd.read_parquet(path)
    # What the reader needed on the way goes back to the machine: a server keeps what it read for days.
    pa.default_memory_pool().release_unused()
    return frame
