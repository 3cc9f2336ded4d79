"""What a notice says of a parcel and its contract: values with their source, never a guess.

One form for both sources: a finished assessment, and the facts a case has kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from landtool import messages
from landtool.assessment import Assessment
from landtool.errors import InputDataError
from landtool.explanation.page import is_null
from landtool.summary import plain

# Facts of parcel and contract that a notice may name.
_ROW = (
    "holder", "parcel_id", "contract_id", "district_name", "park_name", "area_m2", "signed_date",
    "price_cny", "agreed_delivery_date", "actual_delivery_date", "agreed_start_date",
    "actual_start_date", "suspended_since_date", "idle_due_date", "idle_due_basis", "idle_since",
    "cause_days", "idle_status", "idle_cause", "idle_fee_cny", "is_mortgaged", "idle_basis",
)  # fmt: skip
# What the evidence of the finding adds.
_EVIDENCE = ("recovery_since", "cause_codes", "causes_layer", "developed_share", "invested_share", "clock_start",
             "is_mortgaged", "suspended_since_date", "agreed_delivery_date", "price_cny")  # fmt: skip
_NUMBERS = {
    "fee_share": "idle.fee_share", "answer_days": "idle.answer_days",
    "payment_days": "idle.payment_days", "deregistration_days": "idle.deregistration_days",
    "rectification_days": "commitment.rectification_days",
}  # fmt: skip
_COMMITMENT_RULES = ("commitment.investment", "commitment.output", "commitment.tax", "commitment.value_added")


@dataclass(frozen=True)
class NoticeFacts:
    """The facts of one notice.

    Attributes
    ----------
    subject_kind, subject_id : str
        ``parcel`` or ``contract``, and its number.
    as_of : Timestamp
        The day the facts speak of.
    values : dict
        Name -> value in SI and CNY; None where nobody knows.
    clauses : dict
        Name of a policy number -> the clause it stands in (Chinese).
    failed : tuple of dict
        Commitments that were not met, as the findings' evidence has them.
    """

    subject_kind: str
    subject_id: str
    as_of: pd.Timestamp
    values: Mapping[str, Any]
    clauses: Mapping[str, str] = field(default_factory=dict)
    failed: tuple[Mapping[str, Any], ...] = ()

    def get(self, name: str) -> Any:
        """A value; None where it is unknown."""
        value = self.values.get(name)
        return None if is_null(value) else value


def notice_facts(result: Assessment, subject_id: str) -> NoticeFacts:
    """Gather the facts of one parcel or contract from an assessment.

    Raises
    ------
    InputDataError
        If neither a parcel nor a contract has that number.
    """
    parcel = _row(result.parcels, "parcel_id", subject_id)
    own = subject_id if parcel is None else parcel.get("contract_id")
    contract = _row(result.contracts, "contract_id", own)
    if parcel is None and contract is None:
        raise InputDataError(f"no parcel or contract {subject_id!r}", "results",
                             "see the idle list of the workbook for the numbers")
    row = {**(contract or {}), **(parcel or {})}
    for name, value in (contract or {}).items():
        if is_null(row.get(name)):
            row[name] = value
    if result.districts is not None and is_null(row.get("district_name")):
        row["district_name"] = (_row(result.districts, "district_code", row.get("district_code")) or {}).get(
            "district_name")
    numbers = result.policy_numbers
    return facts_of_rows(
        row, _findings(result, {subject_id, str(row.get("contract_id"))}),
        pd.DataFrame() if numbers is None else numbers, result.summary["as_of"],
        "contract" if parcel is None else "parcel", subject_id)


def facts_of_rows(
    row: Mapping[str, Any], findings: Iterable[Mapping[str, Any]], numbers: pd.DataFrame, as_of: Any,
    subject_kind: str, subject_id: str, **more: Any,
) -> NoticeFacts:  # fmt: skip
    """Gather the facts from the columns of parcel and contract and from the findings on them.

    Parameters
    ----------
    row : mapping
        Result columns of parcel and contract.
    findings : iterable of mapping
        ``rule_id, message_zh, clause, measured, evidence`` (dict or JSON).
    numbers : DataFrame
        As :func:`landtool.policy.describe.describe_in_both` gives them; may be empty.
    more : values
        What else is known (``case_id``).
    """
    found = [{**finding, "evidence": _evidence(finding.get("evidence"))} for finding in findings]
    idle = next((one for one in found if str(one["rule_id"]).startswith("idle.order53")), None)
    failed = tuple(one["evidence"] for one in found if one["rule_id"] in _COMMITMENT_RULES)
    main = idle or next((one for one in found if one["rule_id"] in _COMMITMENT_RULES), None)
    values: dict[str, Any] = {name: row.get(name) for name in _ROW}
    values["contract_kind"] = row.get("kind")
    for name in _EVIDENCE:
        value = (idle or {"evidence": {}})["evidence"].get(name)
        if is_null(values.get(name)):
            values[name] = value
    if values["idle_status"] == "idle_suspended":
        # Works that were begun run by the clock of their suspension, not by that of the start.
        values |= {"idle_due_date": values.get("clock_start") or values["suspended_since_date"],
                   "idle_due_basis": "suspension"}
    if main is not None:
        values |= {"message": main.get("message_zh"), "clause": main.get("clause"),
                   "net_days": main.get("measured") if idle else None}
    in_force = numbers.set_index("key") if len(numbers) else pd.DataFrame()
    for name, key in _NUMBERS.items():
        values[name] = float(in_force.loc[key, "value"]) if key in in_force.index else None
    clauses = {name: str(in_force.loc[key, "clause_zh"]) for name, key in _NUMBERS.items()
               if key in in_force.index}  # fmt: skip
    return NoticeFacts(subject_kind, subject_id, pd.Timestamp(as_of), {**values, **more}, clauses, failed)


def _row(frame: pd.DataFrame | None, key: str, value: Any) -> dict[str, Any] | None:
    if frame is None or key not in frame or is_null(value):
        return None
    rows = frame[frame[key] == value]
    return None if rows.empty else {str(name): plain(cell) for name, cell in zip(
        rows.columns, rows.iloc[0], strict=True) if name != "geometry"}


def _findings(result: Assessment, subjects: set[str]) -> list[dict[str, Any]]:
    if result.findings is None:
        return []
    rows = result.findings
    rows = rows[rows["subject_id"].isin(subjects) & rows["subject_kind"].isin(["parcel", "contract"])]
    return [{str(name): cell for name, cell in row.items()} for row in rows.to_dict(orient="records")]


def _evidence(content: Any) -> dict[str, Any]:
    return dict(json.loads(content) if isinstance(content, str) else content or {})


def calculation_rows(facts: NoticeFacts, *, with_fee: bool) -> list[tuple[str, str, str]]:
    """The calculation behind an idle-land notice: item, value, where it stands."""
    def say(key: str, **values: Any) -> str:
        return messages.say(f"notice.{key}", "zh", **values)

    suspended = facts.get("idle_status") == "idle_suspended"
    rows = [
        (say("row_suspended" if suspended else "row_start"), in_words(facts, "idle_due_date"), in_words(facts, "idle_due_basis")),
        (say("row_as_of"), in_words(facts, "as_of"), say("basis_calculated")),
        (say("row_causes"), in_words(facts, "cause_codes"), say("basis_causes")),
        (say("row_cause_days"), in_words(facts, "cause_days"), say("basis_causes")),
        (say("row_net_days"), in_words(facts, "net_days"), say("basis_calculated")),
        (say("row_one_year"), in_words(facts, "idle_since"), in_words(facts, "clause")),
    ]
    if suspended:
        rows += [(say(f"row_{name}"), _share(facts.get(f"{name}_share")), say("basis_register"))
                 for name in ("developed", "invested")]
    elif facts.get("idle_status") in ("idle_1y", "idle_2y"):
        rows.append((say("row_two_years"), in_words(facts, "recovery_since"), in_words(facts, "clause")))
    if with_fee:
        rows += [(say("row_price"), in_words(facts, "price_cny"), say("basis_register")),
                 (say("row_fee_share"), in_words(facts, "fee_share"), facts.clauses.get("fee_share", "")),
                 (say("row_fee"), in_words(facts, "idle_fee_cny"), say("basis_calculated"))]
    return rows


def _share(value: Any) -> str:
    return messages.say("notice.blank", "zh") if is_null(value) else f"{value:.1%}"


def in_words(facts: NoticeFacts, name: str) -> str:
    """One value as a notice writes it, in Chinese; a visible blank where nobody knows it."""
    value = facts.as_of if name == "as_of" else facts.get(name)
    text = _special(facts, name, value)
    return messages.say("notice.blank", "zh") if text is None else text


def _special(facts: NoticeFacts, name: str, value: Any) -> str | None:
    def say(key: str, **values: Any) -> str:
        return messages.say(f"notice.{key}", "zh", **values)

    if name == "mortgage":
        told = facts.get("is_mortgaged")
        return None if told is None else say("mortgaged" if told else "not_mortgaged")
    if name == "fee_in_words":
        fee = facts.get("idle_fee_cny")
        return None if fee is None else capitals(float(fee))
    if name == "failed":
        return "；".join(_failed_item(one) for one in facts.failed) or None
    if name == "cause_codes":
        return _causes(facts, value)
    if name == "actual_start_date" and value is None and facts.get("idle_basis") == "register_cell_empty":
        return say("no_start")
    if name == "idle_due_basis" and value == "suspension":
        return say("suspension")
    if value is None:
        return None
    return _plain_words(name, value, say)


def _plain_words(name: str, value: Any, say: Any) -> str:
    codes = {"idle_due_basis": "idle.due_basis.", "idle_cause": "idle.cause.",
             "contract_kind": "column.contract_kind_is.", "idle_status": "notice.status_"}  # fmt: skip
    if name in codes:
        key = f"{codes[name]}{value}"
        return messages.say(key, "zh") if messages.has(key) else str(value)
    if name.endswith(("_date", "_since")) or name in ("dated", "as_of"):
        return chinese_date(value)
    if name.endswith("_cny"):
        return str(say("money", cny=f"{float(value):,.2f}"))
    if name.endswith("_days"):
        return str(say("days", days=f"{float(value):g}"))
    if name == "area_m2":
        return str(say("area", area_m2=float(value)))
    if name.endswith("_share"):
        return f"{float(value) * 100:g}%"
    return str(value)


def _causes(facts: NoticeFacts, codes: Any) -> str | None:
    """Recorded causes by their items of Art. 8; a blank where there is no register of causes."""
    if facts.get("causes_layer") == "absent" or codes is None:
        return None
    if not str(codes):
        return messages.say("notice.no_cause", "zh")
    return "、".join(
        messages.say("notice.cause_force_majeure", "zh") if code == "7"
        else messages.say("notice.cause_item", "zh", code=_DIGITS_PLAIN[int(code)])
        for code in str(codes).split(","))


def _failed_item(one: Mapping[str, Any]) -> str:
    when = one.get("due_date") if is_null(one.get("year")) else f"{one['year']:g}年"
    if not is_null(one.get("amount_unit")):
        unit = messages.say(f"commitment.unit.{one['amount_unit']}", "zh")
        return messages.say(
            "notice.failed_amount", "zh", metric=messages.say(f"commitment.metric.{one['metric']}", "zh"),
            source=messages.say(f"commitment.source.{one['source']}", "zh"), when=when, ratio=one["ratio"],
            committed=f"{one['committed_amount']:,g} {unit}", actual=f"{one['actual_amount']:,g} {unit}")
    return messages.say(
        "notice.failed_item", "zh", metric=messages.say(f"commitment.metric.{one['metric']}", "zh"),
        source=messages.say(f"commitment.source.{one['source']}", "zh"), when=when,
        committed=f"{one['committed_cny_m2']:,.2f}", actual=f"{one['actual_cny_m2']:,.2f}",
        ratio=one["ratio"], shortfall=one["shortfall_cny"])


def chinese_date(value: Any) -> str:
    """A day as Chinese documents write it.

    Examples
    --------
    >>> chinese_date("2025-03-05")
    '2025年3月5日'
    """
    day = pd.Timestamp(value)
    return f"{day.year}年{day.month}月{day.day}日"


_DIGITS_PLAIN = "〇一二三四五六七八九"
_DIGITS = "零壹贰叁肆伍陆柒捌玖"


def capitals(cny: float) -> str:
    """An amount of money in the characters that cannot be altered by a stroke.

    Raises
    ------
    InputDataError
        If it is negative or not below 10¹⁶.

    Examples
    --------
    >>> capitals(1_234_567.89), capitals(200_000), capitals(16_409.02)
    ('壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分', '贰拾万元整', '壹万陆仟肆佰零玖元零贰分')
    """
    fen = round(cny * 100)
    if not 0 <= fen < 10**18:
        raise InputDataError(f"{cny!r} cannot be written in words", "amount", "give CNY from 0 to 10^16")
    yuan, rest = divmod(fen, 100)
    jiao, fen = divmod(rest, 10)
    text = f"{_whole(yuan)}元" if yuan or not rest else ""
    if not rest:
        return text + "整"
    tail = f"{_DIGITS[jiao]}角" if jiao else ("零" if yuan else "")
    return text + tail + (f"{_DIGITS[fen]}分" if fen else "整")


def _whole(number: int) -> str:
    for size, unit in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            high, low = divmod(number, size)
            zero = _DIGITS[0] if 0 < low < size // 10 else ""
            return _whole(high) + unit + zero + (_whole(low) if low else "")
    return _four(number) if number else _DIGITS[0]


def _four(part: int) -> str:
    text, gap = "", False
    for power, unit in ((3, "仟"), (2, "佰"), (1, "拾"), (0, "")):
        digit = part // 10**power % 10
        if digit:
            text += (_DIGITS[0] if gap and text else "") + _DIGITS[digit] + unit
            gap = False
        else:
            gap = True
    return text
