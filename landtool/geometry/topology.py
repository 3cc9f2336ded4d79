"""Repair polygons and check how they lie together: duplicates, overlaps, gaps, slivers.

Overlaps and gaps have their own modules; :func:`check_topology` runs all checks of a layer and returns
them as problems.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.crs import require_metric
from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.gaps import gaps, gaps_from
from landtool.geometry.outline import unmatched_edges
from landtool.geometry.overlaps import overlaps, overlaps_from, union_area_m2
from landtool.geometry.pairs import in_threads
from landtool.geometry.rings import polygon_parts
from landtool.schema.problems import concat_problems, make_problems, no_problems

__all__ = [
    "Repaired", "check_topology", "duplicates", "gaps", "overlaps", "repair", "slivers",
    "union_area_m2",
]  # fmt: skip

_POLYGONAL = (3, 6)


class Tolerances(Protocol):
    """What a Policy offers here: ``policy[key].value``."""

    def __getitem__(self, key: str) -> Any:
        """The parameter of that key."""


@dataclass(frozen=True)
class Repaired:
    """A layer whose every polygon is valid, and what was done for it.

    Attributes
    ----------
    frame : geopandas.GeoDataFrame
        The rows that have a polygon, on their own index; flat, valid, Polygon or MultiPolygon.
    problems : pandas.DataFrame
        One row per repair (scope ``note``) and per row set aside (scope ``row``).
    """

    frame: gpd.GeoDataFrame
    problems: pd.DataFrame


def repair(
    frame: gpd.GeoDataFrame, *, layer: str, id_column: str | None = None,
    keep_without_geometry: bool = False,
) -> Repaired:  # fmt: skip
    """Make every polygon valid and flat; set aside the rows that have none.

    Invalid polygons are rebuilt so that what their rings enclose by the even-odd rule stays, of a
    collection the polygons are kept, and Z and M are left out. A repair is reported with its reason and
    with the area before and after.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        With ``source`` and ``source_row`` if problems shall name them.
    layer : str
        Name of the layer, for the problems.
    id_column : str, optional
        Column that names the rows.
    keep_without_geometry : bool
        Keep rows with no geometry (then of scope ``note``), for layers that serve without.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    >>> frame = gpd.GeoDataFrame({"parcel_id": ["A", "B"]}, crs="EPSG:4544",
    ...                          geometry=[shapely.transform(bow_tie, lambda xy: xy + [5e5, 3e6]), None])
    >>> done = repair(frame, layer="parcels", id_column="parcel_id")
    >>> len(done.frame), done.problems[["subject_id", "scope", "kind"]].to_numpy().tolist()
    (1, [['A', 'note', 'geometry_repaired'], ['B', 'row', 'geometry_empty']])
    """
    shapes = np.array(frame.geometry.array, dtype=object)
    raised = shapely.has_z(shapes) | shapely.has_m(shapes)
    shapes[raised] = shapely.force_2d(shapes[raised])
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    broken = ~absent & ~in_threads(shapely.is_valid, shapes)
    mixed = ~absent & ~broken & ~np.isin(shapely.get_type_id(shapes), _POLYGONAL)
    changed = broken | mixed
    before = shapes[changed]
    shapes[broken] = shapely.make_valid(shapes[broken])
    shapes[changed] = _polygons_only(shapes[changed])
    lost = changed & shapely.is_empty(shapes)
    found = [
        _repairs(frame, layer, id_column, changed & ~lost, before[~lost[changed]], shapes),
        _about(frame, layer, id_column, absent, "geometry_empty",
               "note" if keep_without_geometry else "row"),
        _about(frame, layer, id_column, lost, "geometry_unrepairable", "row",
               _reasons(before[lost[changed]])),
    ]
    keep = ~lost & (True if keep_without_geometry else ~absent)
    whole = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    return Repaired(whole[keep], concat_problems(found))


def duplicates(frame: gpd.GeoDataFrame, id_column: str | None = None) -> pd.DataFrame:
    """Polygons that were drawn twice: the same vertices, wherever rings start and whichever way they run.

    Returns
    -------
    pandas.DataFrame
        One row per repetition: ``position`` (of the later row), ``first_position`` (of the first with
        this shape), ``is_same_id`` (boolean; null without ``id_column``).

    Examples
    --------
    >>> one, same = shapely.box(0, 0, 1, 1), shapely.Polygon([(1, 1), (1, 0), (0, 0), (0, 1)])
    >>> frame = gpd.GeoDataFrame({"id": ["A", "B"]}, geometry=[one, same])
    >>> duplicates(frame, "id").to_numpy().tolist()
    [[1, 0, False]]
    """
    shapes = np.asarray(frame.geometry.array, dtype=object)
    present = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    boxes = pd.DataFrame(shapely.bounds(shapes[present]))
    crowd = present[boxes.duplicated(keep=False).to_numpy()]
    drawn = pd.Series(shapely.to_wkb(shapely.normalize(shapely.force_2d(shapes[crowd]))), dtype="object")
    first = pd.Series(crowd).groupby(pd.factorize(drawn)[0]).transform("first").to_numpy()
    again = crowd != first
    pairs = pd.DataFrame({"position": crowd[again], "first_position": first[again]})
    names = None if id_column is None else frame[id_column].array
    flags = pd.array([pd.NA] * len(pairs), dtype="boolean") if names is None else pd.array(
        names.take(pairs["position"]) == names.take(pairs["first_position"]), dtype="boolean")
    return pairs.assign(is_same_id=flags)


def slivers(frame: gpd.GeoDataFrame, *, width_m: float) -> pd.DataFrame:
    """Polygons so thin that they are borders drawn wrong rather than land.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Polygons on a metric plane.
    width_m : float
        A polygon is a sliver if its mean width, twice the area by the perimeter, is below this. (A
        rectangle's mean width is nearly its width if it is long, half of it if it is square.)

    Returns
    -------
    pandas.DataFrame
        On the index of the slivers: ``mean_width_m``, ``thinness`` (4 pi area by perimeter squared; 1 for
        a circle), ``area_m2`` (ellipsoidal).

    Raises
    ------
    CrsError
        If the frame is in degrees, in Web Mercator, not in metres, or without a CRS.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(crs="EPSG:4544", geometry=[
    ...     shapely.box(5e5, 3.27e6, 5e5 + w, 3.27e6 + 100) for w in (0.5, 50)])
    >>> slivers(frame, width_m=1.0).round(3).to_numpy().tolist()
    [[0.498, 0.016, 50.0]]
    """
    require_metric(frame.crs, "slivers")
    shapes = np.asarray(frame.geometry.array, dtype=object)
    with np.errstate(divide="ignore", invalid="ignore"):
        area, round_ = shapely.area(shapes), shapely.length(shapes)
        width, thinness = 2.0 * area / round_, 4.0 * np.pi * area / round_**2
    thin = width < width_m
    return pd.DataFrame({
        "mean_width_m": width[thin], "thinness": thinness[thin],
        "area_m2": ellipsoidal_area_m2(frame[thin]).to_numpy(),
    }, index=frame.index[thin])


def check_topology(
    frame: gpd.GeoDataFrame, *, layer: str, id_column: str | None = None, policy: Tolerances
) -> pd.DataFrame:
    """All topology checks of a repaired layer as problems of scope ``note``.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Valid polygons on a metric plane.
    layer, id_column : str
        As for :func:`repair`.
    policy : Policy
        Uses ``topology.overlap_tolerance_m2``, ``topology.gap_tolerance_m2`` and
        ``topology.sliver_width_m``: a gap is reported if larger than its tolerance and thinner than a
        sliver; a wider one is a road or a square.

    Returns
    -------
    pandas.DataFrame
        Problems of kinds ``overlap``, ``gap``, ``sliver``, ``duplicate_geometry``. An overlap stands with
        its first polygon, ``value`` names the second; a gap stands with its first neighbour.

    Raises
    ------
    CrsError
        If the frame is in degrees, in Web Mercator, not in metres, or without a CRS.
    """
    require_metric(frame.crs, f"topology of {layer}")
    least = float(policy["topology.overlap_tolerance_m2"].value)
    least_gap = float(policy["topology.gap_tolerance_m2"].value)
    thin = float(policy["topology.sliver_width_m"].value)
    plain = frame.reset_index(drop=True)
    shapes = np.asarray(plain.geometry.array, dtype=object)
    edges = unmatched_edges(shapes)
    twice = duplicates(plain, id_column)
    return concat_problems([
        _duplicate_problems(plain, twice, layer, id_column),
        _overlap_problems(plain, overlaps_from(plain, shapes, edges, least, None), twice, layer,
                          id_column),
        _gap_problems(plain, gaps_from(plain, shapes, edges, (least_gap, None, thin), None), layer,
                      id_column),
        _sliver_problems(plain, slivers(plain, width_m=thin), layer, id_column),
    ])  # fmt: skip


def _overlap_problems(
    frame: gpd.GeoDataFrame, found: pd.DataFrame, twice: pd.DataFrame, layer: str, id_column: str | None
) -> pd.DataFrame:
    """Overlaps, without those that are reported as duplicates."""
    known = pd.MultiIndex.from_frame(twice[["first_position", "position"]])
    found = found[~pd.MultiIndex.from_frame(found[["id_a", "id_b"]]).isin(known)]
    other = _names(frame, id_column).array.take(found["id_b"])
    return _at(frame, layer, id_column, found["id_a"].to_numpy(), "overlap", other,
               found["area_m2"].map("{:.2f} m²".format))


def _gap_problems(
    frame: gpd.GeoDataFrame, found: gpd.GeoDataFrame, layer: str, id_column: str | None
) -> pd.DataFrame:
    around = found["neighbours"].str.split(", ")
    first = around.str[0].astype("int64").to_numpy()
    return _at(frame, layer, id_column, first, "gap", found["area_m2"].map("{:.2f} m²".format),
               found["width_m"].map("{:.3f} m".format))


def _sliver_problems(
    frame: gpd.GeoDataFrame, found: pd.DataFrame, layer: str, id_column: str | None
) -> pd.DataFrame:
    return _at(frame, layer, id_column, found.index.to_numpy(), "sliver",
               found["area_m2"].map("{:.2f} m²".format), found["mean_width_m"].map("{:.3f} m".format))


def _duplicate_problems(
    frame: gpd.GeoDataFrame, found: pd.DataFrame, layer: str, id_column: str | None
) -> pd.DataFrame:
    first = _names(frame, id_column).array.take(found["first_position"])
    return _at(frame, layer, id_column, found["position"].to_numpy(), "duplicate_geometry", first, "")


def _polygons_only(shapes: np.ndarray) -> np.ndarray:
    """The polygonal part of each shape; an empty polygon where there is none."""
    parts, owner = polygon_parts(shapes)
    kept = np.full(len(shapes), shapely.Polygon(), dtype=object)
    if not len(parts):
        return kept
    whole, out = np.unique(owner, return_inverse=True)
    several = np.bincount(out) > 1
    kept[owner] = parts
    many = several[out]
    if many.any():
        kept[whole[several]] = shapely.multipolygons(parts[many], indices=np.unique(
            out[many], return_inverse=True)[1])
    # Parts of a collection may overlap; parts of a made-valid polygon never do.
    rough = ~shapely.is_valid(kept)
    kept[rough] = shapely.make_valid(kept[rough], method="structure")
    return kept


def _repairs(
    frame: gpd.GeoDataFrame, layer: str, id_column: str | None, rows: np.ndarray, before: np.ndarray,
    shapes: np.ndarray,
) -> pd.DataFrame:
    if not rows.any():
        return no_problems()
    old, new = _areas(before, frame.crs), _areas(shapes[rows], frame.crs)
    change = pd.Series(_reasons(before)) + pd.Series(new - old).map("; {:+.2f} m²".format)
    return _about(frame, layer, id_column, rows, "geometry_repaired", "note", change.to_numpy())


def _areas(shapes: np.ndarray, crs: Any) -> np.ndarray:
    if crs is None:
        return shapely.area(shapes)
    return ellipsoidal_area_m2(gpd.GeoSeries(shapes, crs=crs)).fillna(0.0).to_numpy()


def _reasons(shapes: np.ndarray) -> np.ndarray:
    """Why each shape had to be repaired, without the coordinates."""
    reasons = pd.Series(shapely.is_valid_reason(shapes), dtype="str").str.replace(
        r"\[.*\]", "", regex=True)  # fmt: skip
    return np.where(reasons == "Valid Geometry", "Not a polygon", reasons.fillna(""))


def _names(frame: gpd.GeoDataFrame, id_column: str | None) -> pd.Series:
    return (frame.index.to_series() if id_column is None else frame[id_column]).astype("str")


def _about(
    frame: gpd.GeoDataFrame, layer: str, id_column: str | None, rows: np.ndarray, kind: str, scope: str,
    detail: Any = "",
) -> pd.DataFrame:
    if not rows.any():
        return no_problems()
    return _at(frame, layer, id_column, np.flatnonzero(rows), kind, "", detail, scope)


def _at(
    frame: gpd.GeoDataFrame, layer: str, id_column: str | None, positions: np.ndarray, kind: str,
    value: Any, detail: Any, scope: str = "note",
) -> pd.DataFrame:
    """Problems of one kind at row positions."""
    if not len(positions):
        return no_problems()
    part = frame.iloc[positions]
    return make_problems(
        layer=layer, kind=kind, scope=scope, field="geometry", value=value, detail=detail,
        source=part.get("source", ""), source_row=part.get("source_row", pd.NA),
        subject_id=_names(part, id_column),
    )
