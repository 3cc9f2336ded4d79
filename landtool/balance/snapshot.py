"""One snapshot made ready for comparison: valid flat polygons, their class, and where they overlap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import yaml
from pyproj import CRS, Transformer

from landtool.balance.land_use_table import CODE, LandUseTable
from landtool.codes import Classification
from landtool.crs import require_metric, working_plane
from landtool.errors import CrsError, UnknownCodeError
from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.columns import PolygonColumn

CLASSES = ("industrial", "m0", "storage", "industrial_or_storage", "other", "not_surveyed")
NOT_SURVEYED = CLASSES.index("not_surveyed")
# Classes that a ledger counts; the others are only what land comes from or goes to.
COUNTED = ~np.isin(CLASSES, ("other", "not_surveyed"))
# Datums that agree to centimetres: no transformation is needed between them.
_ONE_DATUM = ("World Geodetic System 1984", "China 2000", "China Geodetic Coordinate System 2000")


@dataclass(frozen=True)
class Snapshot:
    """Rows of a layer that have a polygon and a code.

    Attributes
    ----------
    name : str
        What the snapshot is called.
    shapes : PolygonColumn
        (n,) flat polygons on the plane; valid once settled.
    code, code_names : numpy.ndarray, pandas.Index
        (n,) number of each row's code, and the codes by number.
    land_class, is_unbuilt : numpy.ndarray
        Per code: number in :data:`CLASSES`; whether it names farmland or unused land.
    label : numpy.ndarray
        (n,) index label of the frame's row.
    is_replacement : numpy.ndarray
        (n,) whether the row was named as replacement for a loss.
    one, two : numpy.ndarray
        Positions of pairs of rows that overlap.
    crs : CRS
        The plane.
    problems : pandas.DataFrame
        ``snapshot, kind, rows, area_m2``: repaired polygons, rows without polygon or code, overlaps.
    """

    name: str
    shapes: PolygonColumn
    code: np.ndarray
    code_names: pd.Index
    land_class: np.ndarray
    is_unbuilt: np.ndarray
    label: np.ndarray
    is_replacement: np.ndarray
    one: np.ndarray
    two: np.ndarray
    crs: CRS
    problems: pd.DataFrame

    def __len__(self) -> int:
        return len(self.shapes)

    @property
    def classes(self) -> np.ndarray:
        """Class number of each row."""
        return self.land_class[self.code]

    @property
    def overlaps_itself(self) -> np.ndarray:
        """Whether each row shares ground with another row of the same layer."""
        found = np.zeros(len(self.shapes), dtype=bool)
        found[self.one] = True
        found[self.two] = True
        return found


def at_rows(values: np.ndarray, rows: np.ndarray, missing: Any) -> np.ndarray:
    """Values at row positions; ``missing`` where the position is -1."""
    return np.concatenate([values, np.array([missing], dtype=values.dtype)])[rows]


def common_plane(before: LandUseTable, after: LandUseTable) -> CRS:
    """The metric plane both snapshots are compared on: the first one's own if it is one.

    Raises
    ------
    CrsError
        If the two snapshots stand on different datums that no known transformation connects.
    """
    _require_one_datum(before.crs, after.crs)
    given = before if len(before) else after
    plane = plane_of(given.shapes, given.crs)
    _require_one_datum(before.crs, plane)
    return plane


def plane_of(shapes: PolygonColumn, crs: CRS) -> CRS:
    """The metric plane for polygons: their own if it is one."""
    return require_metric(working_plane(gpd.GeoSeries(shapes.sample(), crs=crs)).to_2d(), "land balance")


def _require_one_datum(one: CRS, two: CRS) -> None:
    bases = [crs.to_2d().geodetic_crs for crs in (one, two)]
    if one == two or bases[0] == bases[1]:
        return
    if all(base is not None and base.datum is not None and base.datum.name.startswith(_ONE_DATUM)
           for base in bases):  # fmt: skip
        return
    way = Transformer.from_crs(one, two, always_xy=True, allow_ballpark=True)
    if "ballpark" in way.description.casefold():
        raise CrsError(f"{one.name} and {two.name} stand on different datums", "land balance",
                       "transform one snapshot with your province's parameters first")


def take_snapshot(table: LandUseTable, classification: Classification, plane: CRS, name: str) -> Snapshot:
    """Bring one layer to the plane and classify it; :func:`landtool.balance.settle.settle` does the rest.

    Rows without a polygon have no area. Rows with an empty code say nothing about the land: it counts
    as not surveyed. Both are reported.

    Parameters
    ----------
    table : LandUseTable
        The layer; ``replaces`` marks rows that replace a loss.
    classification : Classification
        What the codes mean.
    plane : pyproj.CRS
        Metric plane to bring the layer to.
    name : str
        For messages.

    Raises
    ------
    UnknownCodeError
        If codes are in no line of the classification; with their number of rows and area.
    """
    number, names = pd.factorize(table.code)
    codes = numbered(number, pd.Series(names), classification, table.code.index.to_numpy())
    if codes.unknown is not None:
        _refuse_unknown(table, codes, codes.unknown, classification, name)
    on_plane = table.on(plane)
    empty = on_plane.shapes.is_absent()
    blank = codes.is_blank & ~empty
    kept = ~empty & ~blank
    return snapshot_of(name, codes, kept, on_plane.shapes if kept.all() else on_plane.shapes.where(kept), plane,
                       on_plane.shapes.take(np.flatnonzero(blank)), table.replaces)  # fmt: skip


@dataclass(frozen=True)
class Codes:
    """The codes of a layer, and what a classification makes of them.

    Attributes
    ----------
    label : numpy.ndarray
        (n,) index label of each row.
    number, names : numpy.ndarray, pandas.Series
        (n,) number of each row's code, -1 where there is none, and the codes by number.
    classified : pandas.DataFrame
        Per code, from :meth:`landtool.codes.Classification.classify`.
    is_blank : numpy.ndarray
        (n,) whether a row has no code.
    unknown : pandas.DataFrame or None
        Codes that the classification does not settle, if there are any.
    """

    label: np.ndarray
    number: np.ndarray
    names: pd.Series
    classified: pd.DataFrame
    is_blank: np.ndarray
    unknown: pd.DataFrame | None


def numbered(
    number: np.ndarray, names: pd.Series, classification: Classification, label: np.ndarray | None = None
) -> Codes:
    """Classify codes that are given by their numbers; rows are labelled by their position if not otherwise."""
    made = classification.classify(names.astype("str"))
    unknown = None
    if made["land_class"].isna().any():
        bad = classification.unknown(names)
        bad = bad[bad["why"] != "blank"]
        unknown = None if bad.empty else bad
    without_code = np.append(_is_blank(names).to_numpy(dtype=bool), True)
    return Codes(np.arange(len(number)) if label is None else label, number, names, made, without_code[number], unknown)


def snapshot_of(
    name: str, codes: Codes, kept: np.ndarray, shapes: PolygonColumn, plane: CRS, blank_shapes: np.ndarray,
    replaces: pd.Series | None,
) -> Snapshot:  # fmt: skip
    """A snapshot of the rows under a mask, whose polygons on the plane are given."""
    made = codes.classified
    nobody = np.zeros(0, dtype=np.int64)
    empty = len(kept) - int(kept.sum()) - len(blank_shapes)
    return Snapshot(
        name=name, shapes=shapes, code=codes.number[kept],
        code_names=pd.Index(made["land_use_code"]),
        land_class=made["land_class"].map({c: n for n, c in enumerate(CLASSES)}).fillna(NOT_SURVEYED).to_numpy(
            dtype=np.int64),
        is_unbuilt=made["label_zh"].isin(unbuilt_labels()).to_numpy(dtype=bool),
        label=codes.label[kept], is_replacement=_is_replacement(replaces, kept),
        one=nobody, two=nobody, crs=plane,
        problems=pd.concat([note(name, "geometry_empty", blank_shapes[:0], plane, empty),
                            note(name, "code_blank", blank_shapes, plane)],
                           ignore_index=True),
    )  # fmt: skip


def _refuse_unknown(
    table: LandUseTable, codes: Codes, bad: pd.DataFrame, classification: Classification, name: str
) -> None:
    """Raise for codes without a class, with rows and area of each."""
    names = codes.names
    wrong = np.append(names.astype("str").isin(bad.index.astype("str")).to_numpy(dtype=bool), False)
    rows = np.flatnonzero(wrong[codes.number])
    area = ellipsoidal_area_m2(gpd.GeoSeries(table.shapes.take(rows), crs=table.crs)).to_numpy()
    each = pd.Series(area).groupby(names.astype("str").to_numpy()[codes.number[rows]]).agg(["size", "sum"])
    each = each.sort_values("sum", ascending=False)
    shown = ", ".join(f"{code}×{size} ({area:,.0f} m²)"
                      for code, size, area in each.head(5).itertuples())  # fmt: skip
    raise UnknownCodeError(
        f"{len(each)} codes on {len(rows)} rows, {each['sum'].sum():,.0f} m², that {classification.name} "
        f"does not settle: {shown}", f"land use {name}, {CODE}",
        "mend them, choose another classification, or give your own classification file",
    )


def _is_blank(codes: pd.Series) -> pd.Series:
    return codes.isna() | (codes.astype("str").str.strip() == "")


def _is_replacement(replaces: pd.Series | None, kept: np.ndarray) -> np.ndarray:
    if replaces is None:
        return np.zeros(int(kept.sum()), dtype=bool)
    return (~_is_blank(replaces[kept])).to_numpy(dtype=bool)


def note(name: str, kind: str, shapes: np.ndarray, crs: CRS, rows: int | None = None) -> pd.DataFrame:
    """What was found in a snapshot: one row, or none if there is nothing to tell."""
    rows = len(shapes) if rows is None else rows
    area = float(ellipsoidal_area_m2(gpd.GeoSeries(shapes, crs=crs)).sum()) if len(shapes) else 0.0
    told = pd.DataFrame({"snapshot": [name], "kind": [kind], "rows": [rows], "area_m2": [area]})
    return told if rows else told[:0]


@cache
def unbuilt_labels() -> frozenset[str]:
    """Chinese names of farmland and unused land in the four national classifications."""
    text = (resources.files("landtool") / "balance" / "unbuilt.yml").read_text(encoding="utf-8")
    return frozenset(name for names in yaml.safe_load(text).values() for name in names)
