"""One form for what every rule finds: a subject, a clause, the figures, the words, the evidence.

A finding is a suspicion with its evidence; only the authority determines. Texts come from the
message catalogue in Chinese and English, evidence is the JSON of the inputs the rule used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from landtool import messages
from landtool.columns import TEXT, repeated, text_array
from landtool.errors import InputDataError

FINDING_COLUMNS = [
    "finding_id", "rule_id", "subject_kind", "subject_id", "severity", "clause", "measured",
    "threshold", "unit", "since", "due", "message_zh", "message_en", "evidence",
]  # fmt: skip
SUBJECT_KINDS = ("parcel", "park", "district", "contract", "enterprise", "region", "approval")
SEVERITIES = ("info", "warning", "breach", "recover")
_NUMBERS = ("measured", "threshold")
_DATES = ("since", "due")
_SEPARATOR = "\x1f"
_ID_LENGTH = 16
_TEXT = pa.large_string()
_CONTROLS = tuple(chr(code) for code in range(32))


def no_findings() -> pd.DataFrame:
    """Make an empty table of findings with the right columns and types.

    Examples
    --------
    >>> no_findings().columns[:2].tolist()
    ['finding_id', 'rule_id']
    """
    return _empty().copy()


@cache
def _empty() -> pd.DataFrame:
    kinds = dict.fromkeys(FINDING_COLUMNS, "str") | dict.fromkeys(_NUMBERS, "float64")
    kinds |= dict.fromkeys(_DATES, "datetime64[us]")
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def make_findings(
    hits: pd.DataFrame,
    *,
    rule_id: str,
    subject_kind: str,
    subject_id: str,
    severity: str,
    clause: str,
    message: str,
    measured: str | float | None = None,
    threshold: str | float | None = None,
    unit: str = "",
    since: Any = None,
    due: Any = None,
    evidence: Sequence[str] = (),
    discriminator: str | None = None,
) -> pd.DataFrame:
    """Make one finding per row of ``hits``.

    Parameters
    ----------
    hits : DataFrame
        The rows on which the rule fires, with every column named below and every column the message
        names.
    rule_id : str
        Stable name of the rule, e.g. ``idle.order53.art2_1``.
    subject_kind, severity, clause, unit : str
        The same for all rows.
    subject_id : str
        Column that names the subject.
    message : str
        Key of the text in the message catalogue.
    measured, threshold : str, number or None
        A column, or one figure for all rows.
    since, due : str, date or None
        A column, or one date for all rows.
    evidence : sequence of str
        Columns that go into the evidence, by their names. Numbers to the last bit, dates as
        ISO text, null as JSON null; a number that is not finite is null too.
    discriminator : str, optional
        Column that tells apart findings of one rule on one subject (a year, a metric).

    Returns
    -------
    DataFrame
        The columns :data:`FINDING_COLUMNS` on a fresh index. ``finding_id`` depends on rule,
        subject and discriminator alone, so it stays the same from run to run.

    Raises
    ------
    InputDataError
        If ``hits`` lacks a column that is asked for, or a kind or severity is not allowed.

    Examples
    --------
    >>> hits = pd.DataFrame({"park": ["P1"], "area_m2": [25000.0]})
    >>> made = make_findings(hits, rule_id="demo", subject_kind="park", subject_id="park",
    ...                      severity="info", clause="—", message="core.example",
    ...                      measured="area_m2", evidence=["park", "area_m2"])
    >>> made["message_en"][0], made["evidence"][0]
    ('an area of 2.50 ha', '{"park": "P1", "area_m2": 25000}')
    """
    _check(hits, rule_id, subject_kind, severity, [subject_id, discriminator, *evidence,
           *(given for given in (measured, threshold, since, due) if isinstance(given, str))])
    if hits.empty:
        return no_findings()
    subjects = _texts(hits[subject_id])
    marks = _texts(hits[discriminator]) if discriminator else pa.scalar("", _TEXT)
    said = messages.render_each(message, messages.LANGUAGES, hits)
    made = {
        "finding_id": _identify(rule_id, subject_kind, subjects, marks),
        "rule_id": rule_id, "subject_kind": subject_kind, "subject_id": subjects,
        "severity": severity, "clause": clause, "unit": unit,
        "measured": _numbers(hits, measured), "threshold": _numbers(hits, threshold),
        "since": _dates(hits, since), "due": _dates(hits, due),
        "message_zh": said["zh"].array, "message_en": said["en"].array,
        "evidence": _json(hits, evidence),
    }  # fmt: skip
    columns = {name: _column(made[name], len(hits)) for name in FINDING_COLUMNS}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(hits)))


def concat_findings(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Gather findings in one table, in the order given; empty tables are welcome.

    Two findings of one rule on one subject without a discriminator keep apart by a counter at the
    end of their ids.

    Examples
    --------
    >>> len(concat_findings([no_findings(), no_findings()]))
    0
    """
    filled = [table[FINDING_COLUMNS] for table in tables if len(table)]
    if not filled:
        return no_findings()
    whole = pd.concat(filled, ignore_index=True)
    rules = [rule for table in filled for rule in table["rule_id"].unique()]
    if len(rules) > len(set(rules)):
        whole["finding_id"] = _distinct(whole["finding_id"].str.slice(0, _ID_LENGTH))
    return whole


def evidence_json(frame: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    r"""Write one JSON object per row from the named columns.

    Examples
    --------
    >>> evidence_json(pd.DataFrame({"a": ['a "b"', None], "n": [0.25, None]}), ["a", "n"])
    array(['{"a": "a \\"b\\"", "n": 0.25}', '{"a": null, "n": null}'], dtype=object)
    """
    return _json(frame, columns).to_numpy(zero_copy_only=False)


def _json(frame: pd.DataFrame, columns: Sequence[str]) -> pa.Array:
    if not len(columns):
        return pa.repeat(pa.scalar("{}", _TEXT), len(frame))
    parts: list[Any] = []
    for at, name in enumerate(columns):
        lead = ("{" if at == 0 else ", ") + json.dumps(name, ensure_ascii=False) + ": "
        parts += [pa.scalar(lead, _TEXT), pc.fill_null(_json_cells(frame[name]), "null")]
    return pc.binary_join_element_wise(*parts, pa.scalar("}", _TEXT), pa.scalar("", _TEXT))


def _json_cells(column: pd.Series) -> pa.Array:
    if pd.api.types.is_bool_dtype(column):
        return pa.array(column.astype("boolean")).cast(_TEXT)
    if pd.api.types.is_numeric_dtype(column):
        return _number_texts(column.to_numpy(dtype="float64", na_value=np.nan))
    if pd.api.types.is_datetime64_any_dtype(column):
        return _quoted(pa.array(column.to_numpy(dtype="datetime64[D]")).cast(_TEXT))
    # Few texts differ in most columns: each is escaped once.
    coded = text_array(column).dictionary_encode()
    return _quoted(_escaped(coded.dictionary)).take(coded.indices)


def _number_texts(numbers: np.ndarray) -> pa.Array:
    """The shortest text that gives the same number again, as JSON has it: what was compared, to the last bit."""
    return pa.array(numbers + 0.0, mask=~np.isfinite(numbers)).cast(_TEXT)  # nought has no sign


def _escaped(texts: pa.Array) -> pa.Array:
    """Escape what JSON may not hold inside a string."""
    made = pc.replace_substring(texts, "\\", "\\\\")
    made = pc.replace_substring(made, '"', '\\"')
    signs = np.frombuffer(made.buffers()[2] or b"", dtype="uint8")
    if signs.min(initial=255) < len(_CONTROLS):
        for sign in _CONTROLS:
            made = pc.replace_substring(made, sign, f"\\u{ord(sign):04x}")
    return made


def _quoted(texts: pa.Array) -> pa.Array:
    quote = pa.scalar('"', _TEXT)
    return pc.binary_join_element_wise(quote, texts, quote, pa.scalar("", _TEXT))


def _texts(column: pd.Series) -> pa.Array:
    return pc.fill_null(text_array(column), "")


def _identify(rule_id: str, kind: str, subjects: pa.Array, marks: Any) -> pa.Array:
    lead = pa.scalar(f"{rule_id}{_SEPARATOR}{kind}", _TEXT)
    texts = pc.binary_join_element_wise(lead, subjects, marks, pa.scalar(_SEPARATOR, _TEXT))
    hashes = pd.util.hash_array(texts.to_numpy(zero_copy_only=False), categorize=False)
    digits = hashes.astype(">u8").tobytes().hex().encode("ascii")
    ids = pa.array(np.frombuffer(digits, dtype=f"S{_ID_LENGTH}")).cast(pa.string()).cast(_TEXT)
    if pd.Series(hashes).is_unique:
        return ids
    return _texts(_distinct(pd.Series(pd.array(ids, dtype=TEXT))))


def _distinct(ids: pd.Series) -> pd.Series:
    if ids.is_unique:
        return ids
    count = ids.groupby(ids).cumcount() + 1
    return ids.where(count == 1, ids + "-" + count.astype("str"))


def _column(cells: Any, count: int) -> Any:
    """Make a text column from Arrow or from one text for all rows; anything else as it is."""
    if isinstance(cells, str):
        return repeated(cells, count)
    return pd.array(cells, dtype=TEXT) if isinstance(cells, pa.Array) else cells


def _numbers(hits: pd.DataFrame, given: str | float | None) -> np.ndarray:
    if isinstance(given, str):
        return hits[given].to_numpy(dtype="float64", na_value=np.nan)
    return np.full(len(hits), np.nan if given is None else given, dtype="float64")


def _dates(hits: pd.DataFrame, given: Any) -> np.ndarray:
    if isinstance(given, str):
        return hits[given].to_numpy(dtype="datetime64[us]")
    day = np.datetime64("NaT") if given is None else np.datetime64(given, "us")
    return np.full(len(hits), day, dtype="datetime64[us]")


def _check(hits: pd.DataFrame, rule_id: str, kind: str, severity: str, named: list[Any]) -> None:
    where = f"findings of {rule_id}"
    for given, allowed in ((kind, SUBJECT_KINDS), (severity, SEVERITIES)):
        if given not in allowed:
            raise InputDataError(f"{given!r} is not allowed", where, f"use one of {allowed}")
    lacking = sorted({name for name in named if name is not None and name not in hits.columns})
    if lacking:
        raise InputDataError(f"no column {', '.join(lacking)}", where, "add it to the hits")
