"""Notices and decisions as Word drafts, from templates that a bureau edits in Word.

Every draft is marked as one, carries the calculation and a small map of the parcel, and leaves a
visible blank where nobody knows the value. Number and date of a notice are handed over, never made.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import geopandas as gpd
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, RGBColor

from landtool import messages, units
from landtool.assessment import Assessment
from landtool.atomic import replace_file
from landtool.codes.nearest import nearest
from landtool.codes.strict_yaml import read_yaml
from landtool.errors import InputDataError
from landtool.reports.docx_fill import fill, open_template, placeholders
from landtool.reports.docx_parts import (
    HEI,
    SONG,
    TEXT_WIDTH_MM,
    add_table,
    document_bytes,
    write,
)
from landtool.reports.notice_facts import NoticeFacts, calculation_rows, in_words, notice_facts
from landtool.reports.parcel_drawing import parcel_map
from landtool.reports.wording import label

TEMPLATE_FOLDER = "templates"
_FIELD, _BLOCK = "notice.field_", "notice.block_"
_WIDTHS_MM = (52.0, 52.0, TEXT_WIDTH_MM - 104.0)


@dataclass(frozen=True)
class NoticeKind:
    """One kind of notice.

    Attributes
    ----------
    key, title : str
        ``investigation`` and what stands at its head.
    workflow : str
        Of cases it belongs to; ``steps``: the steps it is drafted for; ``measures``: the measures
        decided on, where it depends on them.
    statuses : tuple of str
        Idle statuses on which it may be drafted straight from an assessment.
    """

    key: str
    title: str
    workflow: str
    steps: tuple[str, ...]
    statuses: tuple[str, ...]
    measures: tuple[str, ...] = ()


@cache
def notice_kinds() -> dict[str, NoticeKind]:
    """Every kind of notice by its key."""
    content: Any = read_yaml(resources.files("landtool.reports") / "notices.yml")
    return {key: NoticeKind(key, entry["title"], entry["workflow"], tuple(entry["steps"]),
                            tuple(entry["statuses"]), tuple(entry.get("measures", ())))
            for key, entry in content.items()}


def notice_kind(key: str) -> NoticeKind:
    """A kind by its key or its title.

    Raises
    ------
    InputDataError
        If there is none.

    Examples
    --------
    >>> notice_kind("闲置土地认定书").key
    'determination'
    """
    kinds = notice_kinds()
    found = kinds.get(key) or next((kind for kind in kinds.values() if kind.title == key), None)
    if found is None:
        near = nearest(key, [*kinds, *(kind.title for kind in kinds.values())])
        raise InputDataError(f"no notice {key!r}" + (f" (did you mean {near}?)" if near else ""), "notices",
                             "use one of: " + ", ".join(f"{kind.key} ({kind.title})" for kind in kinds.values()))
    return found


def known_placeholders() -> dict[str, str]:
    """Every name a template may use -> key of the value: the key itself, or its word in a language."""
    found: dict[str, str] = {}
    for lead in (_FIELD, _BLOCK):
        for message in messages.keys(lead):
            key = message.removeprefix(lead)
            found |= dict.fromkeys([key, *(messages.say(message, language)
                                           for language in messages.LANGUAGES)], key)
    return found


def notice_bytes(
    kind: str,
    facts: NoticeFacts,
    *,
    number: str | None = None,
    dated: dt.date | None = None,
    authority: str | None = None,
    parcels: gpd.GeoDataFrame | None = None,
    parks: gpd.GeoDataFrame | None = None,
    templates: Path | None = None,
) -> bytes:
    """One notice as a Word draft.

    Parameters
    ----------
    kind : str
        Key or title, see :func:`notice_kinds`.
    facts : NoticeFacts
        Unknown values stay visible blanks.
    number, dated, authority : optional
        Number and date of the notice, and who issues it; a blank without them.
    parcels, parks : GeoDataFrame, optional
        For the small map, on the working plane.
    templates : Path, optional
        Folder of the bureau's own templates, named by key or title; the shipped one serves where it
        has none.

    Raises
    ------
    InputDataError
        If the kind is unknown, the template cannot be read, or it has an unknown placeholder.
    """
    found = notice_kind(kind)
    source, where = _template(found, templates)
    document = open_template(source, where)
    names = known_placeholders()
    marked = any(names.get(name) == "draft_mark" for name in placeholders(document))
    facts = replace(facts, values={
        **facts.values, "number": number, "authority": authority, "dated": dated,
        "draft_mark": messages.say("notice.draft", "zh")})  # fmt: skip
    made = {"calculation": lambda at: _calculation(at, found, facts),
            "parcel_map": lambda at: _map(at, facts, parcels, parks)}
    values = {name: in_words(facts, key) for name, key in names.items() if key not in made}
    fill(document, values, {name: made[key] for name, key in names.items() if key in made}, where)
    if not marked:
        _mark(document)
    return document_bytes(document, found.title)


def write_notice(
    result: Assessment, subject_id: str, kind: str, path: str | Path, **options: Any
) -> Path:
    """Draft one notice on a parcel or contract of an assessment.

    Parameters
    ----------
    result : Assessment
    subject_id : str
        ``parcel_id``, or ``contract_id`` where there is no parcel.
    kind : str
        Key or title, see :func:`notice_kinds`.
    path : str or Path
        The .docx; replaced as a whole or not at all.
    **options
        Of :func:`notice_bytes`: ``number, dated, authority, templates``.

    Raises
    ------
    InputDataError
        If the assessment gives no ground for such a notice.
    OutputError
        If the place cannot be written, or the file is open in another program.
    """
    content = draft(result, subject_id, kind, **options)
    replace_file(Path(path), content)
    return Path(path)


def draft(result: Assessment, subject_id: str, kind: str, **options: Any) -> bytes:
    """The content of :func:`write_notice`."""
    facts, found = notice_facts(result, subject_id), notice_kind(kind)
    _require_ground(found, facts)
    parcels = result.parcels if result.has_geometry else None
    return notice_bytes(kind, facts, parcels=parcels, parks=drawn_frame(result.parks), **options)


def write_notices(drafts: Mapping[str, bytes] | Iterable[tuple[str, bytes]], path: str | Path) -> Path:
    """Write many drafts into a folder, or into one .zip where the path ends so.

    Parameters
    ----------
    drafts : mapping or pairs
        File name -> content.
    """
    pairs, path = dict(drafts), Path(path)
    if path.suffix.lower() != ".zip":
        for name, content in pairs.items():
            replace_file(path / name, content)
        return path
    replace_file(path, zipped(pairs))
    return path


def zipped(drafts: Mapping[str, bytes]) -> bytes:
    """Many drafts as one .zip; the same bytes for the same drafts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in drafts.items():
            made.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return target.getvalue()


def copy_templates(folder: str | Path) -> list[Path]:
    """Put the shipped templates into a folder, by their titles, for a bureau to edit; its own stay."""
    made = []
    for kind in notice_kinds().values():
        target = Path(folder) / f"{kind.title}.docx"
        if not target.exists() and not (Path(folder) / f"{kind.key}.docx").exists():
            replace_file(target, _shipped(kind))
            made.append(target)
    return made


def _require_ground(kind: NoticeKind, facts: NoticeFacts) -> None:
    if kind.workflow == "commitment":
        if not facts.failed:
            raise InputDataError(f"no failed commitment on {facts.subject_id}", kind.title,
                                 "see the sheet of commitments for those that failed")
        return
    status = facts.get("idle_status")
    if status not in kind.statuses:
        raise InputDataError(f"{facts.subject_id} is {status or 'not assessed'}", kind.title,
                             f"this notice is for {', '.join(kind.statuses)}")


def drawn_frame(frame: Any) -> gpd.GeoDataFrame | None:
    """The frame if it has geometry."""
    return frame if isinstance(frame, gpd.GeoDataFrame) else None


def _shipped(kind: NoticeKind) -> bytes:
    return (resources.files("landtool.reports") / "notice_templates" / f"{kind.key}.docx").read_bytes()


def _template(kind: NoticeKind, folder: Path | None) -> tuple[Any, str]:
    for name in (kind.title, kind.key):
        if folder is not None and (folder / f"{name}.docx").is_file():
            return str(folder / f"{name}.docx"), str(folder / f"{name}.docx")
    return io.BytesIO(_shipped(kind)), f"shipped template {kind.key}.docx"


def _calculation(at: Any, kind: NoticeKind, facts: NoticeFacts) -> None:
    """Put the calculation before a paragraph, as a table."""
    if kind.workflow == "commitment":
        heads, rows = _commitment_table(facts)
        widths = [TEXT_WIDTH_MM / len(heads)] * len(heads)
    else:
        heads = [messages.say(f"notice.head_{name}", "zh") for name in ("item", "value", "basis")]
        rows = calculation_rows(facts, with_fee=kind.measures == ("fee",) or facts.get("idle_fee_cny") is not None)
        widths = list(_WIDTHS_MM)
    at._p.addprevious(add_table(at._parent, heads, rows, widths)._tbl)


def _commitment_table(facts: NoticeFacts) -> tuple[list[str], Sequence[Sequence[str]]]:
    names = ("metric", "committed_in", "year", "committed_cny_m2", "actual_cny_m2", "reached_share",
             "shortfall_cny")  # fmt: skip
    unit = {"committed_cny_m2": "(元/m²)", "actual_cny_m2": "(元/m²)", "shortfall_cny": "(万元)"}
    heads = [label(name, "zh") + unit.get(name, "") for name in names]
    rows = [[messages.say(f"commitment.metric.{one['metric']}", "zh"),
             messages.say(f"commitment.source.{one['source']}", "zh"),
             str(one.get("due_date") if one.get("year") is None else f"{one['year']:g}"),
             f"{one['committed_cny_m2']:,.2f}", f"{one['actual_cny_m2']:,.2f}", f"{one['ratio']:.1%}",
             f"{units.wan(one['shortfall_cny']):,.2f}"] for one in facts.failed]  # fmt: skip
    return heads, rows


def _map(at: Any, facts: NoticeFacts, parcels: gpd.GeoDataFrame | None, parks: gpd.GeoDataFrame | None) -> None:
    """Put the map before a paragraph; a line that says so where there is none."""
    parcel = facts.get("parcel_id")
    drawn = None if parcels is None or parcel is None else parcel_map(parcel, parcels, parks)
    paragraph = at.insert_paragraph_before()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if drawn is None:
        write(paragraph, messages.say("notice.no_map", "zh"), SONG, 10.5)
        return
    paragraph.paragraph_format.keep_with_next = True
    paragraph.add_run().add_picture(io.BytesIO(drawn.png), width=Mm(drawn.width_mm))
    caption = at.insert_paragraph_before()
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
    write(caption, messages.say("notice.map_caption", "zh"), HEI, 9)


def _mark(document: Any) -> None:
    """Put the draft's mark into every header of a template that has no place for it."""
    for section in document.sections:
        header = section.header
        header.is_linked_to_previous = False
        paragraph = header.paragraphs[0] if header.paragraphs else header.add_paragraph()
        if paragraph.text:
            paragraph = paragraph.insert_paragraph_before()
        run = write(paragraph, messages.say("notice.draft", "zh"), HEI, 10.5, bold=True)
        run.font.color.rgb = RGBColor(0xC0, 0x00, 0x00)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
