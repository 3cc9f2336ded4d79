"""Comma, tab, pipe and semicolon text, read column by column; odd records are looked at one by one.

A first pass over the bytes counts the cells of every record, quotes respected, in array operations.
Records with exactly as many cells as the header (nearly all) go to Arrow's reader at once; only the
others (too many cells, too few) are parsed by Python's csv module.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from landtool.errors import InputDataError
from landtool.schema.problems import make_problems
from landtool.sources.block import Block, header_notes, named, note
from landtool.sources.header import SEARCHED_ROWS, Header, find_header

DELIMITERS = (",", "\t", "|", ";", "^", "\x01")
_CHUNK = 1 << 24
_HEAD_BYTES = 1 << 20
_LARGEST_RECORD = 1 << 26
_SEP_LINE = re.compile(rb"^sep=([^\r\n])\r?\n", re.IGNORECASE)
_QUOTE, _NEWLINE, _RETURN = 34, 10, 13


@dataclass(frozen=True)
class Records:
    """Where the records of a text end and how many cells each has.

    Attributes
    ----------
    starts, ends : numpy.ndarray of int64
        First byte of each record and the byte of its line end.
    cells : numpy.ndarray of int64
        Number of cells; 0 for a blank line.
    """

    starts: np.ndarray
    ends: np.ndarray
    cells: np.ndarray


def read_delimited(data: bytes, header_words: Collection[str], source: str) -> Block:
    """Read delimited text; the delimiter is found by trying which one yields even records.

    Parameters
    ----------
    data : bytes
        The text in UTF-8, without byte order mark.
    header_words : collection of str
        Names that the layer's columns go by.
    source : str
        File to name in problems and errors.

    Returns
    -------
    Block
        All cells as text, empty ones null. Records with filled cells beyond the header are set aside
        (``cells_beyond_header``); shorter ones are padded with nulls and noted (``cells_missing``). Row
        numbers count records (blank lines and the header included), as a spreadsheet shows them.

    Raises
    ------
    InputDataError
        If there is no header, or a quotation mark is never closed.
    """
    named_delimiter = _SEP_LINE.match(data)
    skipped = 0
    if named_delimiter:
        data, skipped = data[named_delimiter.end() :], 1
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    delimiter = (named_delimiter.group(1).decode("latin-1") if named_delimiter
                 else sniff_delimiter(data, header_words))
    quoted = _quotes_pair(data, ord(delimiter))
    records = scan_records(data, ord(delimiter), quoted=quoted)
    rows = [next(_parse(data, records, [i], delimiter, quoted, source), [])
            for i in range(min(SEARCHED_ROWS, len(records.ends)))]
    header = find_header(rows, header_words, where=source)
    width = len(rows[header.after - 1 - header.numbered])
    block = _body(data, records, header, width, delimiter, quoted, skipped, source)
    if not quoted and b'"' in data:
        block.problems.append(note("quotes_taken_literally", source))
    return block


def sniff_delimiter(data: bytes, header_words: Collection[str] = ()) -> str:
    r"""The delimiter under which the first records are most even, widest, and know most words.

    Examples
    --------
    >>> sniff_delimiter("宗地|坐落\n1|甲路, 乙路\n2|丙路\n".encode())
    '|'
    """
    text = data[:_HEAD_BYTES].decode("utf-8", "ignore")
    if len(data) > _HEAD_BYTES:
        text = text[: text.rfind("\n") + 1] or text
    scores = {delimiter: _evenness(text, delimiter, header_words) for delimiter in DELIMITERS}
    return max(scores, key=lambda delimiter: scores[delimiter])


def scan_records(data: bytes, delimiter: int, *, quoted: bool = True) -> Records:
    r"""Find the records of a text and count their cells in array operations.

    Parameters
    ----------
    data : bytes
        UTF-8 text.
    delimiter : int
        Byte between cells.
    quoted : bool
        Whether quotation marks hide delimiters and line ends.

    Examples
    --------
    >>> scan_records(b'a,b\n"1,5",2\n\n3', ord(",")).cells.tolist()
    [2, 2, 0, 1]
    """
    buffer = np.frombuffer(data, dtype=np.uint8)
    ends, counts, open_cells, parity = [], [], 0, 0
    for at in range(0, len(buffer), _CHUNK):
        chunk = buffer[at : at + _CHUNK]
        line_end, cell_end = chunk == _NEWLINE, chunk == delimiter
        if quoted and (parity or (chunk == _QUOTE).any()):
            marks = np.cumsum(chunk == _QUOTE, dtype=np.uint8) + np.uint8(parity)
            outside = (marks & 1) == 0
            line_end, cell_end = line_end & outside, cell_end & outside
            parity = int(marks[-1] & 1)
        end = np.flatnonzero(line_end)
        cuts = np.flatnonzero(cell_end)
        count = np.diff(np.searchsorted(cuts, end), prepend=0, append=len(cuts))
        count[0] += open_cells
        open_cells = int(count[-1])
        ends.append(end + at)
        counts.append(count[:-1])
    if len(buffer) and buffer[-1] != _NEWLINE:
        ends.append(np.array([len(buffer)]))
        counts.append(np.array([open_cells]))
    end = np.concatenate(ends) if ends else np.zeros(0, dtype="int64")
    cells = np.concatenate(counts) + 1 if counts else np.zeros(0, dtype="int64")
    starts = np.concatenate([[0], end[:-1] + 1]).astype("int64")[: len(end)]
    length = end - starts
    first = buffer[np.minimum(starts, max(len(buffer) - 1, 0))] if len(end) else starts
    blank = (length == 0) | ((length == 1) & (first == _RETURN))
    return Records(starts, end.astype("int64"), np.where(blank, 0, cells))


def _body(
    data: bytes, records: Records, header: Header, width: int, delimiter: str, quoted: bool,
    skipped: int, source: str,
) -> Block:  # fmt: skip
    place = np.arange(len(records.ends))
    below = place >= header.after
    plain = place[below & (records.cells == width)]
    odd = place[below & (records.cells != width) & (records.cells > 0)]
    problems = header_notes(header, source)
    frames = [_arrow(_joined(data, records, plain), width, delimiter, quoted, source)]
    kept = np.zeros(0, dtype="int64")
    if len(odd):
        frame, kept, more = _odd_records(data, records, odd, width, delimiter, quoted, skipped, source)
        frames.append(frame)
        problems += more
    rows = np.concatenate([plain, kept])
    whole = pd.concat(frames, ignore_index=True) if len(kept) else frames[0]
    if len(kept):
        order = np.argsort(rows, kind="stable")
        whole, rows = whole.iloc[order].reset_index(drop=True), rows[order]
    names = [*header.names, *[""] * (width - len(header.names))]
    frame, more = named(whole, names[:width], source)
    return Block(frame, rows + 1 + skipped, header.labels, problems + more, is_text=True)


def _odd_records(
    data: bytes, records: Records, odd: np.ndarray, width: int, delimiter: str, quoted: bool,
    skipped: int, source: str,
) -> tuple[pd.DataFrame, np.ndarray, list[pd.DataFrame]]:  # fmt: skip
    """Parse the records whose width is not the header's: pad the short, set aside the long."""
    kept, cells, long, texts, short = [], [], [], [], []
    for place, row in zip(odd.tolist(), _parse(data, records, odd, delimiter, quoted, source), strict=True):
        if any(cell.strip() for cell in row[width:]):
            long.append(place)
            texts.append(delimiter.join(row))
            continue
        if len(row) < width and any(cell.strip() for cell in row):
            short.append(place)
        kept.append(place)
        cells.append((row + [""] * width)[:width])
    problems = []
    if long:
        problems.append(
            make_problems(layer="", kind="cells_beyond_header", scope="row", source=source,
                          source_row=[place + 1 + skipped for place in long], value=texts)
        )  # fmt: skip
    if short:
        problems.append(note("cells_missing", source,
                             source_row=[place + 1 + skipped for place in short]))
    frame = pd.DataFrame(cells, columns=range(width), dtype="str")
    return frame.mask(frame == ""), np.array(kept, dtype="int64"), problems


def _arrow(data: bytes, width: int, delimiter: str, quoted: bool, source: str) -> pd.DataFrame:
    """Records of equal width as text columns."""
    names = [str(i) for i in range(width)]
    if not data:
        return pd.DataFrame({i: pd.Series(dtype="str") for i in range(width)})
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(data),
            read_options=pa_csv.ReadOptions(column_names=names, block_size=_LARGEST_RECORD),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, quote_char='"' if quoted else False,
                newlines_in_values=quoted and b'"' in data, ignore_empty_lines=False,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=True,
                null_values=[""], quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip
    except pa.ArrowInvalid as error:
        raise InputDataError(f"text cannot be split into cells ({str(error)[:120]})", source,
                             "look for an unclosed quotation mark, or save the table as .xlsx") from error
    frame = table.to_pandas(types_mapper={pa.large_string(): pd.StringDtype(na_value=np.nan)}.get)
    return frame.set_axis(range(width), axis="columns")


def _joined(data: bytes, records: Records, which: np.ndarray) -> bytes:
    """The bytes of the chosen records, cut out in runs."""
    if not len(which):
        return b""
    breaks = np.flatnonzero(np.diff(which) != 1)
    first = which[np.concatenate([[0], breaks + 1])]
    last = which[np.concatenate([breaks, [len(which) - 1]])]
    return b"\n".join(
        data[a:b] for a, b in zip(records.starts[first], records.ends[last], strict=True)
    ) + b"\n"  # fmt: skip


def _parse(
    data: bytes, records: Records, which: Collection[int] | np.ndarray, delimiter: str, quoted: bool,
    source: str,
) -> Iterator[list[str]]:
    for place in which:
        text = data[records.starts[place] : records.ends[place]].decode("utf-8").rstrip("\r")
        lines = io.StringIO(text, newline="")
        reader = (csv.reader(lines, delimiter=delimiter) if quoted
                  else csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE))
        try:
            yield next(reader, [])
        except csv.Error as error:
            raise InputDataError(f"record {int(place) + 1} cannot be split into cells ({error})", source,
                                 "look for an unclosed quotation mark near it") from error


def _quotes_pair(data: bytes, delimiter: int) -> bool:
    """Whether quotation marks enclose whole cells throughout; else they are part of the text.

    An opening mark must follow a delimiter, a line start or another mark, and a closing one must be
    followed by a delimiter, a line end or another mark.
    """
    if b'"' not in data:
        return True
    buffer = np.frombuffer(data, dtype=np.uint8)
    border = np.zeros(256, dtype=bool)
    border[[delimiter, _NEWLINE, _RETURN, _QUOTE]] = True
    seen = 0
    for at in range(0, len(buffer), _CHUNK):
        marks = np.flatnonzero(buffer[at : at + _CHUNK] == _QUOTE) + at
        is_opening = (np.arange(len(marks)) + seen) % 2 == 0
        seen += len(marks)
        opening, closing = marks[is_opening], marks[~is_opening]
        inner = closing[closing + 1 < len(buffer)]
        if not border[buffer[opening[opening > 0] - 1]].all() or not border[buffer[inner + 1]].all():
            return False
    return seen % 2 == 0


def _evenness(text: str, delimiter: str, header_words: Collection[str]) -> tuple[float, float]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        rows = [row for _, row in zip(range(200), lines, strict=False) if row]
    except csv.Error:
        return (-1.0, 0.0)
    widths = np.array([len(row) for row in rows if any(cell.strip() for cell in row)], dtype="int64")
    if not len(widths) or widths.max() < 2:
        return (0.0, 0.0)
    values, counts = np.unique(widths[widths > 1], return_counts=True)
    share = float(counts.max() / len(widths))
    width = int(values[counts == counts.max()].max())
    hits = 0
    if header_words:
        try:
            hits = find_header(rows, header_words).hits
        except InputDataError:
            hits = 0
    return (round(share, 1) + min(hits, 20), min(width, 1000) + share)
