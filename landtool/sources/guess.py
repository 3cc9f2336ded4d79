"""A first ``landtool.yaml`` for a folder of files: guessed, commented, and to be checked by a person.

A layer is recognised by the words of its file name, by its field names and by its geometry. One source
is written for each layer; other candidates and what was not recognised stay in comments with the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from landtool.errors import InputDataError
from landtool.schema import LAYERS, Layer
from landtool.schema.headers import known_headers, map_headers
from landtool.sources.catalogue import RASTER_FILES, RESULTS_FOLDER
from landtool.sources.datasets import is_geodatabase
from landtool.sources.guess_words import CLASSIFICATION_BY_FIELD, NAME_WORDS, RASTER_WORDS
from landtool.sources.sniff_fields import Found, table_parts, vector_parts

FILES_MAX = 2_000
_DEPTH = 4
_VECTOR = {".shp", ".gpkg", ".geojson", ".topojson", ".fgb", ".kml", ".gml", ".zip", ".parquet",
           ".geoparquet", ".tab", ".mif", ".geojsonl"}  # fmt: skip
_TABLE = {".xlsx", ".xls", ".xlsm", ".xlsb", ".et", ".ods", ".csv", ".tsv", ".txt", ".json", ".jsonl",
          ".htm", ".html"}  # fmt: skip
_SIDECAR = {".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".xml", ".qmd", ".idx", ".ovr",
            ".tfw", ".yaml", ".yml", ".md", ".lock", ".log", ".qpj", ".qml", ".sld"}  # fmt: skip
_YEAR = re.compile(r"(?<!\d)(19[5-9]\d|20[0-6]\d)(?!\d{3})")
_DAY = re.compile(r"(?<!\d)(20\d\d|19\d\d)[-_.年]?(0[1-9]|1[0-2])(?:[-_.月]?([0-2]\d|3[01]))?(?!\d)")
_PLAIN = re.compile(r"[\w/()\u4e00-\u9fff][\w./()~\u4e00-\u9fff-]*(?: [\w./()\u4e00-\u9fff-]+)*")
_PLAN = re.compile(r"规划|(?<![a-z])plan", re.IGNORECASE)
_ENOUGH = 4.0


@dataclass(frozen=True)
class _Candidate:
    layer: str
    score: float
    found: Found
    paths: tuple[str, ...]
    missing: tuple[str, ...] = ()
    snapshot: str = ""


def guess_catalogue(folder: Path) -> str:
    r"""Write the text of a ``landtool.yaml`` for the files in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Searched four levels deep; hidden folders and ``out`` are left alone.

    Returns
    -------
    str
        Commented YAML (Chinese and English) that ``load_catalogue`` reads. Tables whose names differ in
        digits only and whose fields are the same (monthly sheets) become one layer with several paths.

    Raises
    ------
    InputDataError
        If the folder is not there, or nothing in it can be parcels or contracts.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> rows = "电子监管号,面积(公顷),土地使用权人\n1,2,甲\n"
    >>> _ = (folder / "供地结果.csv").write_text(rows, encoding="gbk")
    >>> print(next(line for line in guess_catalogue(folder).splitlines() if "contracts:" in line))
      contracts: {path: 供地结果.csv}  # 合同 Contracts
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputDataError("no such folder", str(folder), "name the folder that holds the data")
    candidates: list[_Candidate] = []
    unknown: list[tuple[str, str]] = []
    rasters: list[str] = []
    for path in _sources(folder):
        shown = path.relative_to(folder).as_posix()
        if path.suffix.lower() in RASTER_FILES:
            rasters.append(shown)
            continue
        _weigh(path, shown, candidates, unknown)
    written, spare = _choose(_grouped(candidates))
    if not {"parcels", "contracts"} & {candidate.layer for candidate in written}:
        seen = "; ".join(f"{name}: {why}" for name, why in unknown[:3]) or "no data files"
        raise InputDataError(f"nothing here can be parcels or contracts ({seen})", str(folder),
                             "put the parcel layer or the contract table in this folder")
    return _text(folder, written, spare, unknown, rasters)


@dataclass(frozen=True)
class PartGuess:
    """What one part of a file may be.

    Attributes
    ----------
    part : str
        Layer or sheet; empty where the file is one.
    specs : dict of str to dict
        By layer, the likeliest first: the entry it would have in the catalogue.
    is_sure : bool
        Whether the first of them would be taken without asking.
    snapshot : str
        Name it would have as a snapshot of land use.
    """

    part: str
    specs: dict[str, dict[str, Any]]
    is_sure: bool
    snapshot: str


def guess_parts(folder: Path, path: Path) -> list[PartGuess]:
    r"""What each layer or sheet of one file of a folder may be.

    Raises
    ------
    InputDataError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "供地结果.csv").write_text("电子监管号,面积(公顷)\n1,2\n", encoding="gbk")
    >>> guess, = guess_parts(folder, folder / "供地结果.csv")
    >>> next(iter(guess.specs.items())), guess.is_sure
    (('contracts', {'path': '供地结果.csv'}), True)
    """
    shown = path.relative_to(folder).as_posix()
    found = []
    for part in parts_of(path):
        ranked = sorted(_ranked(part, shown), key=lambda candidate: -candidate.score)
        snapshot = _snapshot(shown, part.part)
        specs = {one.layer: yaml.safe_load(_source(one)) for one in ranked}
        found.append(PartGuess(part.part, specs, bool(ranked) and ranked[0].score >= _ENOUGH, snapshot))
    return found


def _sources(folder: Path) -> Iterator[Path]:
    """Data files and geodatabases, in name order; sidecar files and results are left out."""
    count = 0
    stack = [(folder, 0)]
    while stack:
        here, depth = stack.pop()
        for path in sorted(here.iterdir()):
            name = path.name
            if name.startswith((".", "~$")) or name in (RESULTS_FOLDER, "__MACOSX"):
                continue
            if path.is_dir() and not is_geodatabase(path):
                if depth < _DEPTH - 1 and not path.is_symlink():
                    stack.append((path, depth + 1))
                continue
            if path.suffix.lower() in _SIDECAR:
                continue
            count += 1
            if count > FILES_MAX:
                raise InputDataError(f"more than {FILES_MAX} files", str(folder),
                                     "name the folder of one workspace")
            yield path


def _weigh(
    path: Path, shown: str, candidates: list[_Candidate], unknown: list[tuple[str, str]]
) -> None:
    try:
        parts = parts_of(path)
    except (InputDataError, OSError) as error:
        what = error.what if isinstance(error, InputDataError) else str(error)
        unknown.append((shown, what))
        return
    if not parts:
        unknown.append((shown, f"suffix {path.suffix or '(none)'} is not one landtool reads"))
    for part in parts:
        label = f"{shown}::{part.part}" if part.part else shown
        ranked = sorted(_ranked(part, shown), key=lambda c: -c.score)
        if ranked and ranked[0].score >= _ENOUGH:
            candidates.append(ranked[0])
        else:
            unknown.append((label, _why(part, ranked)))


def parts_of(path: Path) -> list[Found]:
    """The layers, sheets or the one table of a file, with their fields; none if it is not a data file."""
    suffix = path.suffix.lower()
    if is_geodatabase(path) or suffix in _VECTOR or (suffix == ".json" and _is_geojson(path)):
        return vector_parts(path)
    return table_parts(path, _all_headers()) if suffix in _TABLE else []


def _is_geojson(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(2048)
    return b'"FeatureCollection"' in head or b'"Topology"' in head


def _all_headers() -> frozenset[str]:
    return frozenset(name for layer in LAYERS.values() for name in known_headers(layer))


def _ranked(part: Found, shown: str) -> list[_Candidate]:
    return [candidate for layer in LAYERS.values()
            if (candidate := _scored(part, shown, layer)) is not None]  # fmt: skip


def _scored(part: Found, shown: str, layer: Layer) -> _Candidate | None:
    """How well a source fits a layer: words of its name, fields, required fields, geometry."""
    is_polygon = "polygon" in part.geometry.lower() or part.geometry == "Unknown"
    if part.geometry and layer.geometry == "polygon" and not is_polygon:
        return None
    if layer.geometry_required and not part.geometry:
        return None
    mapped = {m.canonical for m in map_headers(part.fields, layer)[0]} if part.fields else set()
    needed = [field.name for field in layer.fields if field.required and not field.is_key]
    missing = tuple(name for name in needed if name not in mapped)
    name = f"{Path(shown).stem} {part.part}".lower()
    named = max((_word_score(word, name) for word in NAME_WORDS[layer.name]), default=0.0)
    if layer.name == "parcels" and is_polygon and part.path.suffix.lower() == ".txt":
        named = max(named, _ENOUGH)
    score = named + len(mapped) * 0.8 - (1.0 if named else 2.0) * len(missing)
    score += 1.0 if layer.key is not None and layer.key.name in mapped else 0.0
    score += 1.0 if needed and not missing else 0.0
    score += (1.0 if layer.geometry == "polygon" else -3.0) if part.geometry else 0.0
    score -= 2.0 if layer.geometry == "polygon" and not part.geometry else 0.0
    snapshot = _snapshot(shown, part.part) if layer.name == "land_use" else ""
    return _Candidate(layer.name, score, part, (shown,), missing, snapshot)


def _word_score(word: str, name: str) -> float:
    """A word in the name counts; one of plain letters must stand alone."""
    if word.isascii():
        return 4.0 if re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", name) else 0.0
    return 4.0 + len(word) / 10 if word in name else 0.0


def _why(part: Found, ranked: list[_Candidate]) -> str:
    if part.geometry and "polygon" not in part.geometry.lower() and part.geometry != "Unknown":
        return f"geometry is {part.geometry}, polygons are needed"
    if not ranked:
        return "fits no layer"
    some = ", ".join(part.fields[:5])
    return f"not recognised; nearest {ranked[0].layer}; fields: {some}"


def _snapshot(shown: str, part: str) -> str:
    years = _YEAR.findall(f"{part} {Path(shown).name}") or _YEAR.findall(shown)
    year = years[-1] if years else ""
    if _PLAN.search(f"{shown} {part}"):
        return f"plan-{year}" if year else "plan"
    return year or "current"


def _grouped(candidates: list[_Candidate]) -> list[_Candidate]:
    """Tables that are parts of one series (same fields, names that differ in digits) as one."""
    groups: dict[tuple[str, ...], _Candidate] = {}
    out = []
    for candidate in candidates:
        found = candidate.found
        if (found.geometry and found.fields) or candidate.snapshot:
            out.append(candidate)
            continue
        path = Path(candidate.paths[0])
        series = re.sub(r"\d+", "#", path.stem) if found.fields else ""
        key = (candidate.layer, path.parent.as_posix(), series, path.suffix.lower(), found.part,
               *found.fields)  # fmt: skip
        first = groups.get(key)
        groups[key] = replace(first, paths=first.paths + candidate.paths) if first else candidate
    return out + list(groups.values())


def _choose(candidates: list[_Candidate]) -> tuple[list[_Candidate], list[_Candidate]]:
    """One source for each layer and snapshot, the best one; the rest are spare."""
    best: dict[tuple[str, str], _Candidate] = {}
    for candidate in sorted(candidates, key=lambda c: (-c.score, -len(c.paths), c.paths)):
        best.setdefault((candidate.layer, candidate.snapshot), candidate)
    written = list(best.values())
    order = list(LAYERS)
    written.sort(key=lambda c: (order.index(c.layer), c.snapshot))
    return written, [candidate for candidate in candidates if candidate not in written]


def _text(
    folder: Path, written: list[_Candidate], spare: list[_Candidate],
    unknown: list[tuple[str, str]], rasters: list[str],
) -> str:  # fmt: skip
    is_chongqing = any("重庆" in path or "chongqing" in path.lower()
                       for path in (folder.resolve().name, *(p for c in written for p in c.paths)))
    lines = [
        "# 由 landtool init 推测,请逐项核对。Guessed by `landtool init`: check every line.",
        f"name: {_scalar(folder.resolve().name or 'landtool')}  # 图和报告上的名称 shown on maps and reports",
        f"policy: {'chongqing-2021' if is_chongqing else 'national'}"
        "  # 适用政策 rules in force: `landtool policy show`",
        "# as_of: 2025-12-31  # 评估基准日,须填写或用 --as-of 指定 the day the assessment speaks of: fill in",
        "# crs: EPSG:4545     # 文件未注明坐标系时填写 where the files do not state their own",
        "language: zh          # zh | en",
        "layers:",
    ]
    for candidate in written:
        if candidate.layer != "land_use":
            lines += _entry(candidate, "  ", candidate.layer)
    snapshots = [candidate for candidate in written if candidate.layer == "land_use"]
    if snapshots:
        lines.append("  land_use:  # 各时点土地利用图斑 land-use snapshots by name")
        for candidate in snapshots:
            lines += _entry(candidate, "    ", _scalar(candidate.snapshot))
    lines += _raster_lines(rasters)
    lines += _comments("其他候选(未采用) Other candidates, not used",
                       [f"{c.layer}: {_source(c)}" for c in spare])
    lines += _comments("未识别的文件 Files not recognised", [f"{name}: {why}" for name, why in unknown])
    absent = [f"{layer.name} ({layer.zh})" for layer in LAYERS.values()
              if layer.name not in {c.layer for c in written}]
    lines += _comments("未找到的图层,相关内容将不评估 Layers not found; what needs them is not assessed",
                       absent)
    return "\n".join(lines) + "\n"


def _entry(candidate: _Candidate, indent: str, key: str) -> list[str]:
    layer = LAYERS[candidate.layer]
    label = "" if candidate.layer == "land_use" else f"  # {layer.zh} {layer.en}"
    lines = [f"{indent}{key}: {_source(candidate)}{label}"]
    for name in candidate.missing:
        field = layer.field(name)
        lines.append(f"{indent}  # 缺必填字段 required field not found: {name}({field.zh}); "
                     f"columns: {{{name}: 字段名}}")
    return lines


def _source(candidate: _Candidate) -> str:
    paths = [_scalar(path) for path in candidate.paths]
    items = [f"path: {paths[0] if len(paths) == 1 else '[' + ', '.join(paths) + ']'}"]
    if candidate.found.part:
        items.append(f"{candidate.found.part_key}: {_scalar(candidate.found.part)}")
    classification = _classification(candidate)
    if classification:
        items.append(f"classification: {classification}")
    return "{" + ", ".join(items) + "}"


def _classification(candidate: _Candidate) -> str:
    """The classification of a land-use snapshot, where its fields or its year tell."""
    if candidate.layer != "land_use":
        return ""
    fields = {name.upper() for name in candidate.found.fields}
    for name, classification in CLASSIFICATION_BY_FIELD:
        if name in fields:
            year = _YEAR.search(candidate.snapshot)
            if classification == "tdlb-2019" and year and int(year.group()) < 2019:
                return "gbt21010-2017"
            return classification
    return ""


def _raster_lines(rasters: list[str]) -> list[str]:
    lines, unsure = [], []
    for path in rasters:
        kind = next((kind for kind, words in RASTER_WORDS.items()
                     if any(_word_score(word, path.lower()) for word in words)), "")
        day = _DAY.search(path)
        year = _YEAR.search(path)
        if not kind or not (day or year) or kind == "land_cover":
            classes = ", built_values: [?]" if kind == "land_cover" else ""
            unsure.append(f"{{path: {_scalar(path)}, kind: {kind or '?'}, date: ?{classes}}}")
        elif day:
            date = f"{day.group(1)}-{day.group(2)}-{_day_of(day)}"
            lines.append(f"    - {{path: {_scalar(path)}, kind: {kind}, date: {date}}}")
        elif year:
            lines.append(f"    - {{path: {_scalar(path)}, kind: {kind}, date: {year.group(1)}-07-01}}"
                         "  # 日期待核对 check the date")
    head = ["  rasters:  # 遥感佐证 evidence from rasters"] if lines else []
    return head + lines + _comments("栅格,种类、日期或建成类别不明 Rasters whose kind, date or built classes are not clear", unsure)


def _day_of(day: re.Match[str]) -> str:
    return "01" if day.group(3) in (None, "00", "29", "30", "31") else day.group(3)


def _comments(title: str, entries: list[str]) -> list[str]:
    return ["", f"# {title}:", *(f"#   {entry}" for entry in entries)] if entries else []


def _scalar(text: str) -> str:
    """Text as YAML reads it back: quoted unless it is plainly text."""
    is_plain = _PLAIN.fullmatch(text) and re.search(r"[^\d.eE_+-]", text) and text.lower() not in (
        "yes", "no", "on", "off", "true", "false", "null", "y", "n")
    return text if is_plain else json.dumps(text, ensure_ascii=False)
