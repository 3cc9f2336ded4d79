"""The balance of industrial land between two classified rasters, on aligned grids or not.

Nothing is resampled. The lines of both grids together cut the ground into rectangles, each of which lies in
one cell of either raster; their areas add up. An area is ellipsoidal: that on the plane times the projection's
area scale at the middle of the rectangle, taken between the nodes of a lattice. Grids that are not aligned make
apparent changes along every border, and no rule tells them from real ones: the gross change is then the bound
within which a net loss is not certain. No net loss exceeds it, so that such a pair never says ``shrinks``;
that is meant, and the result is to be read as "not certain", never as "holds".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
import shapely
from pyproj import CRS

from landtool.balance.areas import drawn_area_m2
from landtool.balance.ledger import plain_rows
from landtool.codes import Classification
from landtool.crs import require_metric
from landtool.errors import CrsError, InputDataError, UnknownCodeError

_SAME_LINE = 1e-6
# Nodes of the lattice a side: 100 km are interpolated to better than 1e-7.
_NODES = 25
_NODE_M = 100.0


@dataclass(frozen=True)
class RasterBalance:
    """What :func:`raster_balance` found; all areas in m² on the ellipsoid.

    Attributes
    ----------
    opening_m2, closing_m2 : float
        Industrial land in each raster.
    gained_m2, lost_m2 : float
        Changed ground that both rasters know.
    coverage_change_m2 : float
        Industrial land of the second raster that the first does not know, less the reverse.
    bound_m2 : float
        Within which a net loss is not certain: 0 on aligned grids, else the gross change, which no loss exceeds.
    residual_m2 : float
        What the terms leave open; arithmetic only.
    is_aligned : bool
        Whether both rasters have the same grid lines.
    verdict : str
        ``holds``, ``within_tolerance`` or, on aligned grids alone, ``shrinks``.
    transitions : pandas.DataFrame
        ``from_value, to_value, area_m2``; null where a raster knows nothing.
    industrial_values : list of int
        The numbers that were counted.
    """

    opening_m2: float
    closing_m2: float
    gained_m2: float
    lost_m2: float
    coverage_change_m2: float
    bound_m2: float
    residual_m2: float
    is_aligned: bool
    verdict: str
    transitions: pd.DataFrame
    industrial_values: list[int]

    @property
    def net_change_m2(self) -> float:
        """Gained less lost."""
        return self.gained_m2 - self.lost_m2

    def as_dict(self) -> dict[str, Any]:
        """As JSON, with the transitions; null where a raster knows nothing."""
        figures = {name: value for name, value in vars(self).items() if name != "transitions"}
        return figures | {"net_change_m2": self.net_change_m2, "transitions": plain_rows(self.transitions)}


@dataclass(frozen=True)
class _Grid:
    """Values by row (north first) and column, and the lines between them, ascending."""

    values: np.ndarray
    known: np.ndarray
    x: np.ndarray
    y: np.ndarray
    crs: CRS


def raster_balance(
    before: str | Path, after: str | Path, *, industrial_values: Collection[int] | Classification
) -> RasterBalance:
    """Balance industrial land between two classified rasters.

    Parameters
    ----------
    before, after : str or Path
        Rasters of class numbers in the same metric CRS, without rotation; band 1 is read.
    industrial_values : collection of int, or Classification
        Numbers of the industrial classes; or what every number of the rasters means, as text (``"3"``).

    Raises
    ------
    CrsError
        If a CRS is unknown, not a metric plane, or not the same: reprojecting would resample.
    InputDataError
        If a raster cannot be read or is rotated, the two do not meet, or no class is named.
    UnknownCodeError
        For numbers that the classification does not settle, with their count and area.
    """
    if not isinstance(industrial_values, Classification) and not len(industrial_values):
        raise InputDataError("no industrial class named", "raster balance", "give industrial_values")
    first, second = _read(Path(before)), _read(Path(after))
    industrial = (_industrial([first, second], industrial_values)
                  if isinstance(industrial_values, Classification) else list(industrial_values))  # fmt: skip
    if first.crs != second.crs:
        raise CrsError(f"{first.crs.name} and {second.crs.name}", "raster balance",
                       "bring both rasters to one CRS yourself: it resamples, and is yours to choose")
    x, y = _lines(first.x, second.x), _lines(first.y, second.y)
    wide, high = np.diff(x), np.diff(y)
    sides = [_on(grid, x, y) for grid in (first, second)]
    if not (sides[0][1] & sides[1][1]).any():
        raise InputDataError("the rasters share no known ground", "raster balance", "check their CRS and extent")
    scale = _AreaScale.over(x, y, first.crs)
    area = high[:, None] * wide[None, :] * scale.between(x, y)
    table = pd.DataFrame({
        "from_value": np.where(sides[0][1], sides[0][0], np.nan).ravel(),
        "to_value": np.where(sides[1][1], sides[1][0], np.nan).ravel(), "area_m2": area.ravel(),
    }).groupby(["from_value", "to_value"], as_index=False, dropna=False)["area_m2"].sum()  # fmt: skip
    table = table[table[["from_value", "to_value"]].notna().any(axis=1)].reset_index(drop=True)
    return _told(table, first, second, industrial, scale)


def _told(
    table: pd.DataFrame, first: _Grid, second: _Grid, industrial: list[int], scale: _AreaScale
) -> RasterBalance:
    was, now = table["from_value"].isin(industrial), table["to_value"].isin(industrial)
    both = table[["from_value", "to_value"]].notna().all(axis=1)

    def sum_of(rows: pd.Series) -> float:
        return float(table.loc[rows, "area_m2"].sum())

    gained, lost = sum_of(both & now & ~was), sum_of(both & was & ~now)
    coverage = sum_of(~both & now) - sum_of(~both & was)
    opening, closing = (_own_area(grid, industrial, scale) for grid in (first, second))
    aligned = _is_within(first.x, second.x) and _is_within(first.y, second.y)
    bound = 0.0 if aligned else gained + lost
    net = gained - lost
    return RasterBalance(
        opening, closing, gained, lost, coverage, bound, opening + net + coverage - closing, aligned,
        "holds" if net >= 0.0 else "within_tolerance" if net >= -bound else "shrinks", table, industrial)  # fmt: skip


def _industrial(grids: list[_Grid], classification: Classification) -> list[int]:
    """Numbers that are industrial; every number that occurs must be settled."""
    each = []
    for grid in grids:
        numbers, cells = np.unique(grid.values[grid.known], return_counts=True)
        area = float(np.diff(grid.x).mean() * np.diff(grid.y).mean())
        each.append(pd.DataFrame({"number": numbers, "cells": cells, "area_m2": cells * area}))
    found = pd.concat(each).groupby("number").sum()
    whole = found.index.to_numpy() == np.floor(found.index.to_numpy())
    codes = pd.Series([str(int(one)) if is_whole else str(one)
                       for one, is_whole in zip(found.index, whole, strict=True)], index=found.index)  # fmt: skip
    is_industrial = classification.classify(codes)["is_industrial"]
    # A class that may be industrial or storage is as unknown as a number without one: it is not "no".
    bad = is_industrial.isna()
    if bad.any():
        shown = ", ".join(f"{codes[number]}×{cells} ({area:,.0f} m²)"
                          for number, cells, area in found[bad].head(5).itertuples())  # fmt: skip
        raise UnknownCodeError(
            f"{int(bad.sum())} values on {int(found.loc[bad, 'cells'].sum())} cells that {classification.name} does "
            f"not settle: {shown}", "raster balance", "name every value of the rasters in the classification file")
    return [int(number) for number in found.index[is_industrial.to_numpy(dtype=bool)]]


def _own_area(grid: _Grid, industrial: list[int], scale: _AreaScale) -> float:
    """Industrial land by whole cells, without the cuts: what the terms are held against."""
    cell = float((grid.x[-1] - grid.x[0]) * (grid.y[-1] - grid.y[0])) / grid.values.size
    is_own = (grid.known & np.isin(grid.values, industrial))[::-1]
    return float(scale.between(grid.x, grid.y)[is_own].sum()) * cell


@dataclass(frozen=True)
class _AreaScale:
    """Area on the ellipsoid over area on the plane, at the nodes of a lattice (rows from south to north)."""

    x: np.ndarray
    y: np.ndarray
    at_nodes: np.ndarray

    @classmethod
    def over(cls, x: np.ndarray, y: np.ndarray, crs: CRS) -> _AreaScale:
        """Measure it over the extent of grid lines."""
        east, north = np.linspace(x[0], x[-1], _NODES), np.linspace(y[0], y[-1], _NODES)
        at_x, at_y = np.meshgrid(east, north)
        half = _NODE_M / 2.0
        squares = shapely.box(at_x - half, at_y - half, at_x + half, at_y + half)
        area = drawn_area_m2(squares.ravel(), crs).reshape(squares.shape)
        return cls(east, north, area / _NODE_M**2)

    def between(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """In the middle of each rectangle between grid lines."""
        east = _weights((x[:-1] + x[1:]) / 2.0, self.x)
        north = _weights((y[:-1] + y[1:]) / 2.0, self.y)
        return north @ self.at_nodes @ east.T


def _weights(at: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Share of each node in the linear interpolation at a point: (points, nodes), rows sum to 1."""
    step = nodes[1] - nodes[0]
    return np.maximum(0.0, 1.0 - np.abs(at[:, None] - nodes[None, :]) / step)


def _read(path: Path) -> _Grid:
    try:
        with rasterio.open(path) as raster:
            values, known = raster.read(1), raster.read_masks(1) > 0
            place, crs = raster.transform, raster.crs
    except rasterio.errors.RasterioIOError as error:
        raise InputDataError(f"raster cannot be read ({error})", str(path), "check path and format") from error
    if place.b or place.d:
        raise InputDataError("the raster is rotated", str(path), "write it without rotation")
    plane = require_metric(None if crs is None else CRS.from_wkt(crs.to_wkt()), str(path))
    if np.issubdtype(values.dtype, np.floating):
        known &= np.isfinite(values)
    x = place.c + place.a * np.arange(values.shape[1] + 1)
    y = place.f + place.e * np.arange(values.shape[0] + 1)
    return _Grid(values, known, np.sort(x), np.sort(y), plane)


def _lines(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Grid lines of both, those that are the same to a micrometre once."""
    lines = np.sort(np.concatenate([one, two]))
    return lines[np.concatenate([[True], np.diff(lines) > _SAME_LINE])]


def _is_within(one: np.ndarray, two: np.ndarray) -> bool:
    """Whether the lines of two grids coincide where both are."""
    low, high = max(one[0], two[0]), min(one[-1], two[-1])
    both = _lines(one, two)
    shared = both[(both >= low - _SAME_LINE) & (both <= high + _SAME_LINE)]
    each = [line[(line >= low - _SAME_LINE) & (line <= high + _SAME_LINE)] for line in (one, two)]
    return all(len(line) == len(shared) for line in each)


def _on(grid: _Grid, x: np.ndarray, y: np.ndarray) -> tuple[Any, Any]:
    """Value of each rectangle between lines, and whether it is known; rows from south to north."""
    column = np.searchsorted(grid.x, (x[:-1] + x[1:]) / 2.0) - 1
    row = np.searchsorted(grid.y, (y[:-1] + y[1:]) / 2.0) - 1
    across = (column >= 0) & (column < len(grid.x) - 1)
    up = (row >= 0) & (row < len(grid.y) - 1)
    rows, columns = np.clip(row, 0, len(grid.y) - 2), np.clip(column, 0, len(grid.x) - 2)
    at = np.ix_(len(grid.y) - 2 - rows, columns)
    return grid.values[at], grid.known[at] & up[:, None] & across[None, :]
