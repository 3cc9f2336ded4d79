"""Which encoding a .dbf is in, decided from all its bytes."""

from __future__ import annotations

import re

from landtool.errors import InputDataError
from landtool.sources.dbf import (
    CELL_END,
    DbfField,
    DbfFile,
    decode_cells,
    field_name,
    joined_cells,
)
from landtool.sources.encoding import (
    EncodingChoice,
    always_decodes,
    codec_name,
    has_private_use,
    is_ambiguous,
    looks_like_mojibake,
    plausible_chinese,
)

#: Language byte (LDID) of the header where it names one code page for certain.
LANGUAGES = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "cp950", 0x78: "cp950",
             0x7B: "cp932", 0x13: "cp932", 0x79: "cp949", 0x4E: "cp949"}  # fmt: skip

_UTF8_CHINESE = re.compile(rb"(?:^|\x00)[\x01-\x7f]*(?:[\xe4-\xe9][\x80-\xbf]{2}[\x01-\x7f]*){2,}"
                           rb"(?=\x00)")  # fmt: skip
#: Bytes a field name may have.
NAME_BYTES = 10
_REMEDY = "name the encoding of the .dbf with `encoding:` in landtool.yaml, or export it again"


def choose_dbf_encoding(
    table: DbfFile, *, declared: str | None = None, cpg: str | None = None, where: str = ""
) -> EncodingChoice:
    """Choose the encoding of a table's text and field names.

    In this order: as declared by the user; as the .cpg says, if the bytes agree; by the language
    byte, if the bytes agree; strict UTF-8; GB18030. A .cpg that accepts any bytes (ISO-8859-1, ANSI)
    counts only where the bytes are neither UTF-8 nor plausible Chinese. A character cut in two by the
    field width does not count against an encoding.

    Raises
    ------
    InputDataError
        If no encoding fits, records disagree, or the text is broken; it names record and field.
    """
    if declared:
        name = codec_name(declared, where)
        trouble = _trouble(table, name) or _damage(table, name)
        if trouble:
            raise InputDataError(f".dbf is not {declared}: {trouble}", where,
                                 "correct or remove `encoding:` in landtool.yaml")
        return EncodingChoice(name, "declared")
    if _is_ascii(table):
        return EncodingChoice("utf-8", "utf-8")
    choice = _found(table, cpg, where)
    damage = _damage(table, choice.name)
    if damage:
        raise InputDataError(f".dbf holds broken text when read as {choice.name}: {damage}", where,
                             _REMEDY)
    return choice


def _found(table: DbfFile, cpg: str | None, where: str) -> EncodingChoice:
    """The encoding by .cpg, language byte and the bytes themselves."""
    is_utf8 = _trouble(table, "utf-8") is None
    stated = _stated(table, cpg, is_utf8)
    if stated is not None:
        return stated
    note = "encoding_overruled" if cpg else ""
    if is_utf8 and is_ambiguous(_sample(table, "utf-8")):
        raise InputDataError(".dbf can be UTF-8 or GB18030, its text is too short to tell", where,
                             _REMEDY)
    if is_utf8:
        return EncodingChoice("utf-8", "utf-8", note)
    mixed = _mixed(table)
    trouble = f"{mixed} is UTF-8, others are not" if mixed else _trouble(table, "gb18030")
    if trouble is None and plausible_chinese(_sample(table, "gb18030")):
        return EncodingChoice("gb18030", "gb18030", note)
    if cpg and always_decodes(cpg) and not mixed:
        return EncodingChoice(codec_name(cpg), "cpg")
    trouble = trouble or "its bytes pass as GB18030 but make no common Chinese"
    raise InputDataError(f".dbf is neither UTF-8 nor GB18030: {trouble}", where, _REMEDY)


def _stated(table: DbfFile, cpg: str | None, is_utf8: bool) -> EncodingChoice | None:
    """What .cpg or language byte say, where the bytes bear it out."""
    claims: list[tuple[str | None, str]] = (
        [(cpg, "cpg")] if cpg and not always_decodes(cpg) else [])
    claims += [(LANGUAGES.get(table.language), "ldid")]
    for claim, basis in claims:
        try:
            name = codec_name(claim) if claim else ""
        except InputDataError:
            continue
        if name == "utf-8" and is_utf8:
            return EncodingChoice(name, basis)
        certain = is_utf8 and _is_chinese_utf8(table)
        if name and not certain and not _mixed(table) and _trouble(table, name) is None:
            overruled = basis != "cpg" and cpg and not always_decodes(cpg)
            return EncodingChoice(name, basis, "encoding_overruled" if overruled else "")
    return None


def _trouble(table: DbfFile, name: str) -> str | None:
    """Where the bytes contradict an encoding, or None."""
    for field in table.fields:
        try:
            field.raw_name.decode(name)
        except UnicodeDecodeError as error:
            if error.end < len(field.raw_name) or len(field.raw_name) < NAME_BYTES:
                return f"field name {_hex(field.raw_name)}"
    cut = whole = 0
    for field in _texts(table):
        tried = decode_cells(table.cells(field), name)
        if tried.failed is not None:
            cell = table.cells(field)[tried.failed].tobytes().rstrip()
            return f"record {tried.failed + 1}, field {field_name(field, name)}, bytes {_hex(cell)}"
        cut += len(tried.cut)
        whole += (len(tried.text.encode("utf-8")) - len(tried.text)) // 2
    # UTF-8 cut in two proves itself by the whole characters beside it; GB18030 has no such proof.
    return "too many characters are cut off" if name == "utf-8" and cut and whole <= cut else None


def _damage(table: DbfFile, name: str) -> str | None:
    """Where decoded text is broken: replacement and private-use characters, mojibake of old."""
    for field in _texts(table):
        cells = _unpadded(table, field)
        if cells.isascii():
            continue
        text = str(cells, name, "ignore")  # only cut characters are ignored, see _trouble
        label = field_name(field, name)
        broken = _broken(text, name)
        if broken is not None:
            return f"record {broken + 1}, field {label} holds broken characters"
        if looks_like_mojibake(text, gb_private=name == "gb18030"):
            return f"field {label} was decoded wrongly before it was saved"
    return None


def _broken(text: str, name: str) -> int | None:
    if text.isascii():
        return None
    at = text.find("\ufffd")
    if at < 0 and has_private_use(text, gb_private=name == "gb18030"):
        found = re.search("[\ue000-\uf8ff]", text)
        at = found.start() if found else -1
    return text.count(CELL_END, 0, at) if at >= 0 else None


def _mixed(table: DbfFile) -> str:
    """Record and field of the first cell that is certainly UTF-8, or an empty text."""
    for field in _texts(table):
        cells = _unpadded(table, field)
        found = None if cells.isascii() else _UTF8_CHINESE.search(cells)
        if found:
            at = cells.count(b"\x00", 0, found.end())
            return f"record {at + 1}, field {field_name(field, 'gb18030')}"
    return ""


def _unpadded(table: DbfFile, field: DbfField) -> bytes:
    """The cells of a column without blanks, each ended by NUL."""
    return joined_cells(table.cells(field)).translate(None, b" ")


def _is_chinese_utf8(table: DbfFile) -> bool:
    names = b"\x00".join(field.raw_name for field in table.fields) + b"\x00"
    return bool(_mixed(table)) or _UTF8_CHINESE.search(names) is not None


def _texts(table: DbfFile) -> list[DbfField]:
    return [field for field in table.fields if field.kind == "C" and field.width]


def _is_ascii(table: DbfFile) -> bool:
    names_plain = all(field.raw_name.isascii() for field in table.fields)
    return names_plain and all((table.cells(field) < 128).all() for field in _texts(table))


def _sample(table: DbfFile, name: str) -> str:
    names = "".join(field_name(field, name) for field in table.fields)
    return names + "".join(decode_cells(table.cells(field)[:5000], name).text for field in _texts(table))


def _hex(raw: bytes) -> str:
    return raw[:12].hex(" ").upper()
