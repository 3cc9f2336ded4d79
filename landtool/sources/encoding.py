"""Which text encoding a file is in: decided by strict decoding, reported, and never guessed past it.

Chinese offices exchange text in GBK/GB18030 and in UTF-8, often without saying which. UTF-8 is
tried first because its rules are so strict that other text hardly ever passes them; GB18030 (the
superset of GBK and GB2312) is tried next. What passes neither is refused, and so is mojibake: text
that was decoded wrongly before it was written here.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import islice

import numpy as np

from landtool.errors import InputDataError

#: Runs of text looked at by :func:`looks_like_mojibake`; enough to judge a file by.
MOJIBAKE_RUNS = 2000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GB_FAMILY = {"gbk", "gb2312", "cp936", "936", "ms936", "gb18030", "hz", "euc-cn", "euccn"}
_ALWAYS_DECODE = re.compile(
    r"iso[- ]?8859-?1|iso88591|latin-?1|l1|ansi|ansi[ _]?1252|cp-?1252|windows-?1252|1252|88591|system",
    re.I,
)
_SHORT = re.compile(r"(?:ldid/)?(?:cp|ms|windows-|ansi )?(\d{3,5})", re.I)
_RUN = re.compile(r"[^\x00-\x7f]{2,}")
# Letters of two bytes in UTF-8 other than Latin and Greek, which stand in Chinese text too (m², μ).
_OTHER_THAN_TWO_BYTES = re.compile(r"[^\x00-\x7f\u0400-\u07ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_BROKEN = re.compile("[\ufffd\u0080-\u009f]|锟斤|锘|烫烫烫|屯屯屯")
_DAMAGED = ("\ufffd", "锟斤", "锘", "烫烫烫", "屯屯屯")
_LOOK = 1 << 22
_PRIVATE = re.compile("[\ue000-\uf8ff]")
# Python decodes some eighty rare but legitimate GB18030 characters into these private-use points.
_GB_PRIVATE = re.compile("[\ue5e5\ue78d-\ue796\ue7c7\ue7c8\ue7e7-\ue7f3\ue815-\ue864]")


@dataclass(frozen=True)
class EncodingChoice:
    """An encoding and why it was chosen.

    Attributes
    ----------
    name : str
        A Python codec name.
    basis : str
        ``declared``, ``bom``, ``cpg``, ``ldid``, ``utf-8``, ``gb18030``, ``utf-16`` or ``format``.
    note : str
        The kind of problem to report as a note (``encoding_overruled``), or empty.
    """

    name: str
    basis: str
    note: str = ""


def codec_name(name: str, where: str = "") -> str:
    """The Python codec for a name as people and .cpg files write it.

    Any name of the GBK family becomes ``gb18030``, their superset.

    Raises
    ------
    InputDataError
        If no such encoding exists.

    Examples
    --------
    >>> codec_name("GBK"), codec_name("UTF8"), codec_name("936"), codec_name("ANSI 1252")
    ('gb18030', 'utf-8', 'gb18030', 'cp1252')
    """
    folded = name.strip().lower()
    if folded in _GB_FAMILY:
        return "gb18030"
    number = _SHORT.fullmatch(folded)
    if number:
        digits = number.group(1)
        folded = {"936": "gb18030", "54936": "gb18030", "65001": "utf-8", "88591": "latin-1"}.get(
            digits, f"cp{digits}"
        )
    if folded in {"ansi", "system"}:
        return "cp1252"
    try:
        codec = codecs.lookup(folded)
    except LookupError as error:
        raise InputDataError(f"unknown encoding {name!r}", where,
                             "use encoding: UTF-8 or encoding: GB18030") from error
    return "gb18030" if codec.name in _GB_FAMILY else codec.name


def always_decodes(name: str) -> bool:
    """Whether a declared encoding accepts any bytes at all and so proves nothing.

    Examples
    --------
    >>> always_decodes("ISO-8859-1"), always_decodes("GBK")
    (True, False)
    """
    return _ALWAYS_DECODE.fullmatch(name.strip()) is not None


def choose_encoding(data: bytes, declared: str | None = None, where: str = "") -> EncodingChoice:
    """The encoding of a whole text: declared, then byte order mark, strict UTF-8, GB18030.

    Parameters
    ----------
    data : bytes
        The whole text; a sample may cut a character in two.
    declared : str, optional
        What the catalogue or the file itself says; it must then decode strictly.
    where : str
        File to name in an error.

    Raises
    ------
    InputDataError
        If nothing decodes strictly, or the text is mojibake; it names the line and the remedy.

    Examples
    --------
    >>> choose_encoding("工业用地".encode("gbk"))
    EncodingChoice(name='gb18030', basis='gb18030', note='')
    >>> choose_encoding("工业用地".encode("utf-8")).basis
    'utf-8'
    """
    return decode_text(data, declared, where)[1]


def decode_text(
    data: bytes, declared: str | None = None, where: str = ""
) -> tuple[str, EncodingChoice]:
    """The text and its encoding; see :func:`choose_encoding`."""
    if declared:
        return _declared(data, declared, where)
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _accept(_strictly(data, name, where), EncodingChoice(name, "bom"), where)
    wide = _wide(data)
    if wide:
        return _accept(_strictly(data, wide, where), EncodingChoice(wide, "utf-16"), where)
    for name in ("utf-8", "gb18030"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError as error:
            failed = error
        else:
            if name == "utf-8" and is_ambiguous(text):
                raise InputDataError(
                    f"text can be UTF-8 or GB18030: {_RUN.findall(text)[:1] or text[:12]}", where,
                    "name its encoding with `encoding:` in landtool.yaml")
            return _accept(text, EncodingChoice(name, name), where)
    raise InputDataError(
        f"text is neither UTF-8 nor GB18030: line {_line(data, failed.start)} has the bytes "
        f"{_hex(data, failed.start)}", where, "name its encoding with `encoding:` in landtool.yaml",
    )


def looks_like_mojibake(text: str, *, gb_private: bool = False) -> bool:
    """Whether text was decoded with the wrong encoding before it came here.

    Signs: replacement characters, C1 controls, private-use characters, and runs that turn into
    plain Chinese when their bytes are read again as UTF-8 or GB18030.

    Parameters
    ----------
    text : str
        Any amount of text; the first 2 000 runs outside ASCII are judged.
    gb_private : bool
        Allow the private-use points that stand for rare GB18030 characters.

    Examples
    --------
    >>> looks_like_mojibake("宸ヤ笟鐢ㄥ湴"), looks_like_mojibake("工业用地"), looks_like_mojibake("Zürich")
    (True, False, False)
    """
    if text.isascii():
        return False
    if not _is_plain(text) and (_BROKEN.search(text) or has_private_use(text, gb_private=gb_private)):
        return True
    runs = [found.group() for found in islice(_RUN.finditer(text), MOJIBAKE_RUNS)]
    return bool(runs) and 2 * sum(_turns_chinese(run) for run in set(runs)) > len(set(runs))


def _is_plain(text: str) -> bool:
    """Whether text surely holds no sign of damage: a quick look before the patterns' slow one."""
    if any(sign in text for sign in _DAMAGED):
        return False
    for at in range(0, len(text), _LOOK):
        units = np.frombuffer(text[at : at + _LOOK].encode("utf-16-le", "surrogatepass"), "<u2")
        if ((units >= 0x80) & (units <= 0x9F)).any() or ((units >= 0xE000) & (units <= 0xF8FF)).any():
            return False
    return True


def has_private_use(text: str, *, gb_private: bool = False) -> bool:
    """Whether text holds private-use characters, the leavings of a wrong code page."""
    return _PRIVATE.search(_GB_PRIVATE.sub("", text) if gb_private else text) is not None


def is_ambiguous(text: str) -> bool:
    """Whether text read as UTF-8 may as well be GB18030: a few hanzi pass as Cyrillic or Arabic letters.

    Examples
    --------
    >>> is_ambiguous("业".encode("gbk").decode("utf-8")), is_ambiguous("工业"), is_ambiguous("m²")
    (True, False, False)
    """
    if text.isascii() or _OTHER_THAN_TWO_BYTES.search(text):
        return False
    try:
        return plausible_chinese(text.encode("utf-8").decode("gb18030"))
    except UnicodeDecodeError:
        return False


def plausible_chinese(text: str) -> bool:
    """Whether decoded hanzi are mostly the common ones (GB2312), as in real Chinese text.

    Western text in Latin-1 often passes GB18030 too, but as rare hanzi.

    Examples
    --------
    >>> plausible_chinese("工业用地"), plausible_chinese("Zürich".encode("latin-1").decode("gb18030"))
    (True, False)
    """
    han = "".join(islice((found.group() for found in _HAN.finditer(text)), 10 * MOJIBAKE_RUNS))
    if not han:
        return text.isascii() or not _RUN.search(text)
    return len(han.encode("gb2312", "ignore")) > len(han)  # two bytes a character: more than half


def _declared(data: bytes, declared: str, where: str) -> tuple[str, EncodingChoice]:
    name = codec_name(declared, where)
    for mark, marked in _BOMS:
        if data.startswith(mark) and (name, marked) in {("utf-8", "utf-8-sig")}:
            name = marked
    text = _strictly(data, name, where, declared)
    return _accept(text, EncodingChoice(name, "declared"), where)


def _strictly(data: bytes, name: str, where: str, declared: str | None = None) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise InputDataError(
            f"text is not {declared or name}: line {_line(data, error.start)} has the bytes "
            f"{_hex(data, error.start)}", where,
            "correct or remove `encoding:` in landtool.yaml" if declared
            else "save the file again as UTF-8, or name its encoding with `encoding:`",
        ) from error


def _accept(text: str, choice: EncodingChoice, where: str) -> tuple[str, EncodingChoice]:
    if looks_like_mojibake(text, gb_private=choice.name == "gb18030"):
        found = _BROKEN.search(text) or _PRIVATE.search(text) or _RUN.search(text)
        at = found.start() if found else 0
        line = text.count("\n", 0, at) + 1
        raise InputDataError(
            f"text is mojibake when read as {choice.name}: line {line} has "
            f"{text[at : at + 12].strip()!r}", where,
            "name the right encoding with `encoding:` in landtool.yaml, or export the data again",
        )
    return text, choice


def _wide(data: bytes) -> str:
    head = data[:2000]
    if len(head) < 4 or b"\x00" not in head:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 4 * even and odd * 10 > len(head):
        return "utf-16-le"
    return "utf-16-be" if even > 4 * odd and even * 10 > len(head) else ""


def _turns_chinese(run: str) -> bool:
    for written in ("gb18030", "cp1252", "latin-1"):
        try:
            raw = run.encode(written)
        except UnicodeEncodeError:
            continue
        for meant in ("utf-8", "gb18030"):
            if meant == written:
                continue
            try:
                again = raw.decode(meant)
            except UnicodeDecodeError:
                continue
            if len(_HAN.findall(again)) >= 2 and plausible_chinese(again):
                return True
    return False


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


def _hex(data: bytes, at: int) -> str:
    return data[at : at + 6].hex(" ").upper()
