"""The slow way into a damaged source: fiona, record by record, so that the good ones survive.

The bulk reader fails whole, or hands over a null geometry, or stops early without a word. Here every
record is asked for on its own, and what GDAL says about it becomes its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fiona
import fiona.errors
import numpy as np
import pandas as pd
import shapely
import shapely.geometry
from pyproj import CRS

from landtool.errors import InputDataError
from landtool.sources.gdal import first_line, listening, require_plausible_count
from landtool.sources.vector_bulk import as_crs

#: What fiona and GDAL raise on a record or a file they cannot read.
FAULTS = (fiona.errors.FionaError, shapely.errors.ShapelyError, OSError, ValueError, KeyError,
          TypeError, AttributeError, RuntimeError, IndexError, NotImplementedError)  # fmt: skip
_SKIPPED = "Skipping field"
_ENDED = "the file ends or breaks before this record"


@dataclass
class Recovered:
    """What was read one by one.

    Attributes
    ----------
    rows : list of dict
        Attributes of the good records.
    geometry : list
        Their geometries (2D or not, as read).
    numbers : list of int
        Their record numbers, from 1.
    bad : dict
        Record number -> reason, for the others.
    crs : pyproj.CRS or None
    schema : dict
        Field name -> fiona type.
    has_geometry : bool
        False for a table.
    skipped : list of str
        What fiona said of fields whose type it does not know; they are missing.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    geometry: list[Any] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    bad: dict[int, str] = field(default_factory=dict)
    crs: CRS | None = None
    schema: dict[str, str] = field(default_factory=dict)
    has_geometry: bool = True
    skipped: list[str] = field(default_factory=list)

    def frame(self) -> pd.DataFrame:
        """The attributes as a frame; dates as datetime64."""
        frame = pd.DataFrame(self.rows, columns=list(self.schema), index=range(len(self.rows)))
        for name, kind in self.schema.items():
            if kind.startswith(("date", "datetime")):
                frame[name] = pd.to_datetime(frame[name], errors="coerce")
            elif kind.startswith("int"):
                frame[name] = frame[name].astype("Int64")
            elif kind.startswith("str"):
                frame[name] = frame[name].astype("str")
        return frame

    def shapes(self) -> np.ndarray:
        """The geometries as an object array."""
        made = np.full(len(self.geometry), None, dtype=object)
        made[:] = self.geometry
        return made


def read_each(
    path: Path, layer: str | None, source: str, why: str = "", promised: int = -1
) -> Recovered:
    """Read every record on its own.

    Parameters
    ----------
    path, layer
        The source.
    source : str
        Its name in errors.
    why : str
        What the bulk reader said, for the error if nothing can be read at all.
    promised : int
        Records the header counts, where that is known better than to fiona.

    Raises
    ------
    InputDataError
        If not even the header can be read.
    """
    got = Recovered()
    with listening() as said:
        try:
            with fiona.open(path, layer=layer) as records:
                _prepare(got, records)
                got.skipped = [text for text in dict.fromkeys(said) if text.startswith(_SKIPPED)]
                seen = _walk(got, records, said)
                _fetch_rest(got, records, seen, said, max(promised, len(records)), source)
        except FAULTS as error:
            if not got.rows:
                raise InputDataError(f"file cannot be read ({why or first_line(error)})", source,
                                     "copy or export it again") from error
            got.bad.setdefault(len(got.rows) + len(got.bad) + 1, first_line(error))
    return got


def look_again(
    path: Path, layer: str | None, fids: np.ndarray
) -> tuple[dict[int, Any], dict[int, str]]:
    """Ask for single records by id: their geometries (arcs as lines), and what GDAL said of them.

    Returns
    -------
    found, said : dict
        Record id -> geometry or None; record id -> reason, only where GDAL complained.
    """
    found: dict[int, Any] = {}
    reasons: dict[int, str] = {}
    with listening() as said:
        try:
            with fiona.open(path, layer=layer, include_fields=[]) as records:
                for fid in fids.tolist():
                    heard = len(said)
                    try:
                        record = records.get(int(fid))
                        found[fid] = _shape(record)
                    except FAULTS as error:
                        reasons[fid] = first_line(error)
                    if complaint := _complaint(said[heard:]):
                        reasons.setdefault(fid, complaint)
        except FAULTS as error:
            reasons.update({fid: first_line(error) for fid in fids.tolist() if fid not in found})
    return found, reasons


def _complaint(said: list[str]) -> str:
    return "; ".join(text for text in dict.fromkeys(said) if not text.startswith(_SKIPPED))


def _prepare(got: Recovered, records: Any) -> None:
    got.schema = dict(records.schema["properties"])
    got.has_geometry = records.schema.get("geometry") not in (None, "None")
    got.crs = as_crs(records.crs_wkt or None)


def _walk(got: Recovered, records: Any, said: list[str]) -> set[int]:
    """Read in file order as far as it goes; returns the record ids seen."""
    seen: set[int] = set()
    number = 0
    walker = iter(records)
    while True:
        number += 1
        heard = len(said)
        try:
            record = next(walker)
            seen.add(int(record.id))
            shape = _shape(record)
        except StopIteration:
            return seen
        except FAULTS as error:
            got.bad[number] = first_line(error)
            if number > len(records):
                return seen
            continue
        complaint = _complaint(said[heard:]) if shape is None else ""
        if complaint:
            got.bad[number] = complaint
        else:
            _keep(got, number, record, shape)


def _fetch_rest(
    got: Recovered, records: Any, seen: set[int], said: list[str], promised: int, source: str
) -> None:
    """Ask by id for what the walk did not reach; name the records that do not answer."""
    number = len(got.rows) + len(got.bad)
    if number >= promised:
        return
    require_plausible_count(promised, number, source)
    said.clear()
    for fid in _ids_left(seen, promised):
        try:
            record = records.get(fid)
            shape = None if record is None else _shape(record)
        except FAULTS:
            record = None
        if record is not None:
            _keep(got, fid if min(seen, default=1) else fid + 1, record, shape)
    taken = set(got.numbers) | set(got.bad)
    free = (number for number in range(1, promised + len(taken) + 1) if number not in taken)
    for _ in range(promised - len(taken)):
        got.bad[next(free)] = _ENDED


def _ids_left(seen: set[int], promised: int) -> Iterator[int]:
    first = min(seen, default=1)
    return (fid for fid in range(first, first + promised) if fid not in seen)


def _keep(got: Recovered, number: int, record: Any, shape: Any) -> None:
    got.rows.append(dict(record.properties))
    got.geometry.append(shape)
    got.numbers.append(number)


def _shape(record: Any) -> Any:
    if record is None or record.geometry is None:
        return None
    shape = shapely.geometry.shape(record.geometry)
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise ValueError("a coordinate is not a number")
    return shape
