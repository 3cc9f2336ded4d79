"""Boundary point files (宗地界址点 TXT), the national exchange format for parcels.

A section ``[属性描述]`` states datum, zone width, zone and unit; ``[地块坐标]`` holds, for each parcel, a
line ``count,area,number,name,kind,sheet,use,code,@`` followed by its points ``J1,ring,X,Y``. X is north and
Y is east, mostly with the zone number before it (36 500 000 = zone 36). Rings are nested by their
geometry: a ring inside another is a hole, a ring outside is a further part.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from landtool.errors import InputDataError
from landtool.schema.problems import concat_problems, make_problems
from landtool.sources.boundary_rings import Rings, nest_rings
from landtool.sources.encoding import decode_text
from landtool.sources.gdal import note, unreadable
from landtool.sources.paths import require_file
from landtool.sources.raw import RawTable

#: Names of the header line's values, in their order.
HEADER = ["界址点数", "地块面积(公顷)", "地块编号", "地块名称", "记录图形属性", "图幅号", "地块用途",
          "地类编码"]  # fmt: skip
_SECTION = re.compile(r"^\s*[\[【]\s*(.+?)\s*[\]】]\s*$")
_DATUMS = (("2000", "CGCS2000"), ("80", "Xian 1980"), ("54", "Beijing 1954"))
_METRES = {"米", "m", "meter", "metre", "meters", "metres", ""}
#: An easting of at least this carries a zone number: without one it stays below 1 000 000 m.
PREFIXED_FROM = 1_000_000


def is_boundary_points(path: Path) -> bool:
    r"""Whether a text file is a boundary point file, by its section titles.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_text("[属性描述]\n[地块坐标]\n", encoding="gbk")
    >>> is_boundary_points(path)
    True
    """
    try:
        with path.open("rb") as file:
            head = file.read(65536)
    except OSError:
        return False
    titles = ("地块坐标", "属性描述")
    codecs = ("utf-8", "gb18030", "utf-16-le")
    return any(title.encode(codec) in head for title in titles for codec in codecs)


def read_boundary_points(path: Path, *, source: str, encoding: str | None = None) -> RawTable:
    """Read the parcels of a boundary point file.

    Parameters
    ----------
    path : Path
        The TXT file, in UTF-8 or GB18030.
    source : str
        Its name in reports.
    encoding : str, optional
        Overrides detection.

    Returns
    -------
    RawTable
        One row a parcel, columns as :data:`HEADER`; ``source_row`` is the line of its header. The CRS
        follows from datum, zone width and zone, with the zone in the easting or without as the points
        have it. A parcel with an unreadable or missing point is set aside whole: without it the
        boundary would be another.

    Raises
    ------
    InputDataError
        If the file has no parcel section, no parcel, or its coordinates are not in metres.
    """
    require_file(path, source)
    text, choice = decode_text(path.read_bytes(), encoding, source)
    about, lines = _sections(text, source)
    if about.get("计量单位", "").strip().lower() not in _METRES:
        raise InputDataError(f"coordinates are in {about['计量单位']!r}, not in metres", source,
                             "export the file again in metres")
    heads, points = _split(lines)
    if heads.empty:
        raise InputDataError("file holds no parcel", source, "expected lines ending in @")
    points, swapped = _unswap(points, about)
    zone, notes = _zone(about, points, source)
    reasons = _bad_parcels(heads, points, zone)
    sound = points[~points["parcel"].isin(list(reasons))]
    rings = nest_rings(sound, len(heads))
    reasons = {**rings.reasons, **reasons}
    crs, about_crs = _crs(about, zone, _is_prefixed(sound["y"]), source)
    notes += [*about_crs, *_notes(rings, swapped, heads, source)]
    return _table(heads, rings, reasons, crs, source, choice.name, choice.basis, notes)


def boundary_crs(datum: str, width: int, zone: int, *, prefixed: bool) -> CRS | None:
    """The Gauss-Kruger CRS of a zone, looked up by its name in the EPSG database.

    Parameters
    ----------
    datum : str
        As the file writes it: 2000国家大地坐标系, 80国家大地坐标系, 1954北京坐标系, …
    width : int
        3 or 6 degrees.
    zone : int
        Zone number.
    prefixed : bool
        Whether eastings begin with the zone number.

    Examples
    --------
    >>> boundary_crs("2000国家大地坐标系", 3, 36, prefixed=True).to_epsg()
    4524
    >>> boundary_crs("2000国家大地坐标系", 3, 36, prefixed=False).to_epsg()
    4545
    """
    name = next((name for mark, name in _DATUMS if mark in datum.replace("1980", "80")), None)
    if name is None or width not in (3, 6):
        return None
    degrees = "3-degree " if width == 3 else ""
    meridian = 3 * zone if width == 3 else 6 * zone - 3
    ending = f"zone {zone}" if prefixed else f"CM {meridian}E"
    code = _epsg().get(f"{name} / {degrees}Gauss-Kruger {ending}")
    return CRS.from_epsg(code) if code else None


@cache
def _epsg() -> dict[str, str]:
    found = query_crs_info(auth_name="EPSG", pj_types=[PJType.PROJECTED_CRS])
    return {info.name: info.code for info in found if "Gauss-Kruger" in info.name}


def _sections(text: str, source: str) -> tuple[dict[str, str], pd.Series]:
    """The statements of the header, and the lines of the parcel section by line number."""
    lines = pd.Series(text.splitlines(), dtype="str").str.strip()
    lines.index = lines.index + 1
    titles = lines[lines.str.match(_SECTION)]
    names = titles.str.replace(_SECTION, r"\1", regex=True)
    starts = names.index[names == "地块坐标"]
    if not len(starts):
        raise InputDataError("file has no section [地块坐标]", source,
                             "this is no boundary point file; check its kind")
    start = int(starts[0])
    stated = lines.loc[: start - 1].str.replace("＝", "=").str.extract(r"^([^=]+)=(.*)$").dropna()
    about = dict(zip(stated[0].str.strip(), stated[1].str.strip(), strict=True))
    inside = lines.loc[start + 1 :].drop(titles.index, errors="ignore")
    return about, inside[inside != ""].str.replace("，", ",")


def _split(lines: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Header lines (one a parcel) and point lines; points before any header make a parcel of their own."""
    is_head = lines.str.rstrip(", ").str.endswith("@")
    orphan = len(lines) > 0 and not bool(is_head.iloc[0])
    parcel = is_head.cumsum() - (0 if orphan else 1)
    cells = lines[is_head].str.rstrip(", ").str[:-1].str.rstrip(", ").str.split(",", expand=True)
    heads = cells.reindex(columns=range(len(HEADER))).set_axis(HEADER, axis=1).astype("str")
    heads = heads.apply(lambda column: column.str.strip()).replace("", pd.NA).astype("str")
    heads.insert(0, "line", heads.index)
    if orphan:
        first = pd.DataFrame([{"line": lines.index[0]}]).reindex(columns=heads.columns)
        heads = pd.concat([first, heads])
    heads = heads.reset_index(drop=True)
    heads["orphan"] = (heads.index == 0) & orphan
    parts = lines[~is_head].str.split(",", expand=True).reindex(columns=range(4))
    points = pd.DataFrame({
        "parcel": parcel[~is_head].to_numpy(), "line": parts.index,
        "ring": pd.to_numeric(parts[1], errors="coerce").to_numpy(),
        "x": pd.to_numeric(parts[2], errors="coerce").to_numpy(dtype="float64"),
        "y": pd.to_numeric(parts[3], errors="coerce").to_numpy(dtype="float64"),
    })  # fmt: skip
    return heads, points


def _unswap(points: pd.DataFrame, about: dict[str, str]) -> tuple[pd.DataFrame, bool]:
    """Turn X and Y round where every X carries the stated zone number and no Y can."""
    zone = _number(about.get("带号"))
    if zone is None or points.empty:
        return points, False
    swapped = bool((points["x"].dropna() // 1e6 == zone).all()
                   and (points["y"].dropna() // 1e6 != zone).all())
    return (points.rename(columns={"x": "y", "y": "x"}) if swapped else points), swapped


def _zone(
    about: dict[str, str], points: pd.DataFrame, source: str
) -> tuple[int | None, list[pd.DataFrame]]:
    zone = _number(about.get("带号"))
    if zone is not None:
        return zone, []
    prefixes = (points["y"].dropna() // 1e6).astype(int).unique()
    if len(prefixes) == 1 and prefixes[0] > 0:
        return int(prefixes[0]), [note("zone_from_eastings", source, value=str(prefixes[0]))]
    return None, []


def _number(text: str | None) -> int | None:
    found = re.search(r"\d+", text or "")
    return int(found.group()) if found else None


def _is_prefixed(y: pd.Series) -> bool:
    return bool((y >= PREFIXED_FROM).mean() > 0.5) if len(y) else True


def _bad_parcels(heads: pd.DataFrame, points: pd.DataFrame, zone: int | None) -> dict[int, str]:
    """Parcel -> reason, for those whose boundary cannot be trusted."""
    reasons: dict[int, str] = dict.fromkeys(
        heads.index[heads["orphan"]].tolist(), "points without a header line")
    prefixed = points["y"] >= PREFIXED_FROM
    odd = prefixed != _is_prefixed(points["y"])
    if zone is not None:
        odd |= prefixed & (points["y"] // 1e6 != zone)
    broken = points[["ring", "x", "y"]].isna().any(axis=1) | ~np.isfinite(points[["x", "y"]]).all(axis=1)
    for marks, text in ((broken, "point not readable in line"),
                        (odd & ~broken, "easting does not fit the zone in line")):  # fmt: skip
        lines = points[marks].groupby("parcel")["line"].agg(lambda found: ", ".join(map(str, found)))
        for parcel, where in lines.items():
            reasons.setdefault(int(str(parcel)), f"{text} {where}")
    stated = pd.to_numeric(heads["界址点数"], errors="coerce")
    got = points.groupby("parcel").size().reindex(heads.index, fill_value=0)
    ring_count = points.groupby("parcel")["ring"].nunique().reindex(heads.index, fill_value=0)
    short = got < stated - ring_count
    for parcel in heads.index[short & ~heads["orphan"]].tolist():
        reasons.setdefault(parcel, f"{int(stated[parcel])} points stated, {int(got[parcel])} found")
    return reasons


def _crs(
    about: dict[str, str], zone: int | None, prefixed: bool, source: str
) -> tuple[CRS | None, list[pd.DataFrame]]:
    datum, width = about.get("坐标系", ""), _number(about.get("几度分带"))
    crs = boundary_crs(datum, width, zone, prefixed=prefixed) if zone and width else None
    if crs is None:
        stated = f"{datum or '?'}, {width or '?'}°, {zone or '?'}"
        return None, [note("boundary_crs_unknown", source, value=stated)]
    return crs, []


def _notes(rings: Rings, swapped: bool, heads: pd.DataFrame, source: str) -> list[pd.DataFrame]:
    notes = [note("boundary_axes_swapped", source)] if swapped else []
    if rings.closed:
        notes.append(note("boundary_ring_closed", source, value=str(rings.closed)))
    if rings.multipart:
        notes.append(make_problems(
            layer="", kind="boundary_multipart", scope="note", source=source,
            source_row=heads["line"].iloc[rings.multipart].tolist(),
            value=heads["地块编号"].iloc[rings.multipart].tolist()))
    return notes


def _table(
    heads: pd.DataFrame,
    rings: Rings,
    reasons: dict[int, str],
    crs: CRS | None,
    source: str,
    encoding: str,
    basis: str,
    notes: list[pd.DataFrame],
) -> RawTable:
    kinds = heads["记录图形属性"].fillna("面")
    other = ~kinds.isin(["面", "polygon", "Polygon"]) & ~heads.index.isin(list(reasons))
    lost = heads.index.isin(list(reasons))
    keep = np.flatnonzero(~lost & ~other)
    order = sorted(reasons)
    problems = [unreadable(source, heads["line"].iloc[order], [reasons[at] for at in order],
                           kind="boundary_point_unreadable")]
    if other.any():
        problems.append(make_problems(
            layer="", kind="geometry_not_polygon", scope="row", source=source, field="记录图形属性",
            source_row=heads["line"][other].tolist(), value=kinds[other].tolist()))
    frame = gpd.GeoDataFrame(heads[HEADER].iloc[keep].reset_index(drop=True),
                             geometry=rings.geometry[keep], crs=crs)
    rows = pd.Series(heads["line"].iloc[keep].to_numpy(), index=frame.index, dtype="Int64")
    if shapely.is_missing(rings.geometry[keep]).all() and not len(order) and not other.any():
        problems.append(note("crs_absent", source))
    return RawTable(frame, source, rows, encoding, basis, crs, len(heads),
                    concat_problems([*problems, *notes]))
