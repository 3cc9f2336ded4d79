"""WKB as GDAL, Parquet and PostGIS hand it over, made into plane geometries, every failure located."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely

#: WKB type codes (without Z and M) of geometries with arcs, which shapely does not hold.
CURVES = (8, 9, 10, 11, 12, 13, 14)
#: WKB type codes of surfaces in space: PolyhedralSurface, TIN, Triangle (a multipatch arrives as these).
SURFACES = (15, 16, 17)
_NAMES = {1: "Point", 2: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString",
          6: "MultiPolygon", 7: "GeometryCollection", 8: "CircularString", 9: "CompoundCurve",
          10: "CurvePolygon", 11: "MultiCurve", 12: "MultiSurface", 13: "Curve", 14: "Surface",
          15: "PolyhedralSurface", 16: "TIN", 17: "Triangle"}  # fmt: skip


@dataclass(frozen=True)
class Decoded:
    """Geometries of all records, null where there is none.

    Attributes
    ----------
    geometry : numpy.ndarray
        shapely geometries, 2D.
    given : numpy.ndarray
        True where the source holds a geometry, readable or not.
    codes : numpy.ndarray
        WKB type codes without Z and M; 0 where there is none.
    flattened : int
        Geometries whose Z or M values were dropped.
    """

    geometry: np.ndarray
    given: np.ndarray
    codes: np.ndarray
    flattened: int

    @property
    def curved(self) -> np.ndarray:
        """True where arcs must be turned into lines first."""
        marks: np.ndarray = np.isin(self.codes, CURVES)
        return marks

    @property
    def spatial(self) -> np.ndarray:
        """True where the geometry is a surface in space, not a polygon."""
        marks: np.ndarray = np.isin(self.codes, SURFACES) & shapely.is_missing(self.geometry)
        return marks

    @property
    def failed(self) -> np.ndarray:
        """True where bytes are there and make no geometry, or a coordinate is not a number."""
        missing = shapely.is_missing(self.geometry)
        bad: np.ndarray = self.given & missing & ~self.curved & ~self.spatial
        return bad | _not_finite(self.geometry)


def type_name(code: int) -> str:
    """Name of a WKB type code."""
    return _NAMES.get(code, f"type {code}")


def decode_wkb(column: pa.ChunkedArray | pa.Array) -> Decoded:
    """Turn a column of WKB into geometries in as few array calls as the data allow.

    Examples
    --------
    >>> wkb = shapely.to_wkb(shapely.box(0, 0, 1, 1))
    >>> made = decode_wkb(pa.array([wkb, None, wkb[:-9]]))
    >>> made.failed.tolist(), made.given.tolist()
    ([False, False, True], [True, False, True])
    """
    values = column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else (
        column.to_numpy())
    given = ~np.asarray(column.is_null())
    codes = _codes(column)
    known = given & ~np.isin(codes, CURVES) & ~np.isin(codes, SURFACES)
    geometry = np.full(len(values), None, dtype=object)
    if known.all():
        geometry = _from_wkb(values)
    elif known.any():
        geometry[known] = _from_wkb(values[known])
    return Decoded(*_flat(geometry, given, codes))


def _flat(
    geometry: np.ndarray, given: np.ndarray, codes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    raised = shapely.has_z(geometry) | shapely.has_m(geometry)
    if raised.any():
        geometry = np.where(raised, shapely.force_2d(geometry), geometry)
    return geometry, given, codes, int(raised.sum())


def _from_wkb(values: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        try:
            made: np.ndarray = shapely.from_wkb(values, on_invalid="ignore")
        except (NotImplementedError, shapely.errors.ShapelyError, TypeError):
            # A geometry shapely does not know hides inside a collection: find it by halves.
            if len(values) == 1:
                return np.array([None], dtype=object)
            middle = len(values) // 2
            made = np.concatenate([_from_wkb(values[:middle]), _from_wkb(values[middle:])])
    return made


def _not_finite(geometry: np.ndarray) -> np.ndarray:
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    marks = np.zeros(len(geometry), dtype=bool)
    finite = np.isfinite(coordinates)
    if not finite.all():
        marks[owner[~finite.all(axis=1)]] = True
    return marks


def _codes(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [_chunk_codes(chunk) for chunk in chunks]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _chunk_codes(chunk: pa.Array) -> np.ndarray:
    """Type codes of a chunk, read from its buffers without making Python objects."""
    codes = np.zeros(len(chunk), dtype=np.int64)
    if chunk.null_count == len(chunk):
        return codes
    if not (pa.types.is_binary(chunk.type) or pa.types.is_large_binary(chunk.type)):
        chunk = chunk.cast(pa.large_binary())
    wide = pa.types.is_large_binary(chunk.type)
    _, offset_buffer, data_buffer = chunk.buffers()
    offsets = np.frombuffer(offset_buffer, dtype=np.int64 if wide else np.int32)
    offsets = offsets[chunk.offset : chunk.offset + len(chunk) + 1].astype(np.int64)
    data = np.frombuffer(data_buffer, dtype=np.uint8)
    start, size = offsets[:-1], np.diff(offsets)
    long_enough = (size >= 5) & ~np.asarray(chunk.is_null())
    codes[long_enough] = _code_at(data, start[long_enough])
    # A collection counts as what its first member is, if shapely cannot hold that.
    nested = np.flatnonzero((codes == 7) & (size >= 14))
    if len(nested):
        members = _code_at(data, start[nested] + 9)
        foreign = np.isin(members, CURVES + SURFACES)
        codes[nested[foreign]] = members[foreign]
    return codes


def _code_at(data: np.ndarray, at: np.ndarray) -> np.ndarray:
    four = [data[at + place].astype(np.int64) for place in (1, 2, 3, 4)]
    low = four[0] | four[1] << 8 | four[2] << 16 | four[3] << 24
    high = four[3] | four[2] << 8 | four[1] << 16 | four[0] << 24
    code: np.ndarray = (np.where(data[at] == 1, low, high) & 0x0FFFFFFF) % 1000
    return code
