"""The page an explanation is: what stands on it, as text and as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from landtool import messages
from landtool.summary import plain

# From here on four decimals say more than anybody measured.
_LARGE = 1000


@dataclass(frozen=True)
class Unit:
    """The unit of a value: its code, which says how it is written, and what people call it."""

    code: str = ""
    words: str = ""


NO_UNIT = Unit()


@dataclass(frozen=True)
class Input:
    """One value a rule used, and where it stands in the sources."""

    name: str
    label: str
    value: Any
    unit: Unit = NO_UNIT
    source: str = ""
    source_row: int | None = None


@dataclass(frozen=True)
class Threshold:
    """One number of the policy that a rule used."""

    key: str
    meaning: str
    value: Any
    unit: Unit
    clause: str
    standing: str
    verified: bool


@dataclass(frozen=True)
class RuleResult:
    """One rule on one subject."""

    rule: str
    title: str
    verdict: str
    verdict_label: str
    inputs: list[Input]
    derived: dict[str, Any]
    thresholds: list[Threshold]
    would_change: str

    @property
    def clauses(self) -> list[str]:
        """The provisions the numbers stand in, each once."""
        return list(dict.fromkeys(item.clause for item in self.thresholds))


@dataclass(frozen=True)
class Explanation:
    """Everything the assessment says of one parcel, contract or park.

    ``versions`` name software, policy and the hash of its content, so that the page can be made again.
    """

    subject_kind: str
    subject_id: str
    workspace: str
    as_of: str
    policy: str
    facts: list[Input]
    rules: list[RuleResult]
    findings: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        def cells(item: Any) -> dict[str, Any]:
            return {name: value.words if isinstance(value, Unit) else plain(value) for name, value in vars(item).items()}

        return {
            "subject_kind": self.subject_kind, "subject_id": self.subject_id,
            "workspace": self.workspace, "as_of": self.as_of, "policy": self.policy,
            "facts": [cells(fact) for fact in self.facts],
            "rules": [{**cells(rule), "inputs": [cells(item) for item in rule.inputs],
                       "thresholds": [cells(item) for item in rule.thresholds]}
                      for rule in self.rules],
            "findings": [plain(finding) for finding in self.findings],
            "versions": self.versions,
        }  # fmt: skip

    def as_text(self, language: str) -> str:
        """The page for a terminal or a file."""
        def say(key: str, **values: Any) -> str:
            return messages.say(f"explain.{key}", language, **values)

        lines = [say("title", subject=self.subject_id, workspace=self.workspace),
                 say("as_of", as_of=self.as_of, policy=self.policy), "", say("facts")]
        lines += [_input_line(item, say) for item in self.facts]
        lines += ["", say("verdicts")]
        lines += [f"    {place}. {rule.title}: {rule.verdict_label}"
                  for place, rule in enumerate(self.rules, start=1)]  # fmt: skip
        for place, rule in enumerate(self.rules, start=1):
            lines += ["", *_rule_lines(place, rule, say)]
        lines += ["", say("findings")]
        lines += [f"    [{say('severity.' + item['severity'])}] {item[f'message_{language}']}"
                  f"  ({item['clause']})" for item in self.findings] or ["    –"]  # fmt: skip
        lines += ["", say("suspected"), say("versions", **self.versions)]
        return "\n".join(lines)

    def as_html(self, language: str) -> str:
        """The page as one self-contained file that prints on A4; see :mod:`landtool.explanation.html`."""
        from landtool.explanation.html import html_page

        return html_page(self, language)


def _rule_lines(place: int, rule: RuleResult, say: Any) -> list[str]:
    lines = [f"■ {place}. {rule.title}  〔{rule.rule}〕", say("verdict", verdict=rule.verdict_label)]
    lines += [f"    {name}: {shown(value)}" for name, value in rule.derived.items()
              if not is_null(value)]  # fmt: skip
    if rule.inputs:
        lines += [say("inputs")] + [_input_line(item, say) for item in rule.inputs]
    lines += [say("thresholds")]
    lines += [f"    {item.meaning}: {figure(item.value, item.unit)}"
              f"  [{item.clause}; {say('verified' if item.verified else 'unverified')}]"
              for item in rule.thresholds]  # fmt: skip
    return [*lines, say("would_change"), f"    {rule.would_change}"]


def _input_line(item: Input, say: Any) -> str:
    where = say("row", source=item.source, row=item.source_row) if item.source_row else ""
    return f"    {item.label}: {figure(item.value, item.unit)}{where}"


def percent(value: Any) -> str:
    """Write a share as people read it; unknown is a dash.

    Examples
    --------
    >>> percent(1 / 3), percent(0.2), percent(None)
    ('33.33%', '20%', '–')
    """
    return "–" if is_null(value) else f"{100 * float(value):,.2f}".rstrip("0").rstrip(".") + "%"


def figure(value: Any, unit: Unit) -> str:
    """Write a value with its unit: a share in percent, a ratio bare.

    Examples
    --------
    >>> figure(0.8, Unit("share", "share (0–1)")), figure(0.8, Unit("ratio", "ratio")), figure(3, Unit("days", "days"))
    ('80%', '0.8', '3 days')
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and unit.code == "share":
        return percent(value)
    bare = not unit.words or is_null(value) or unit.code == "ratio"
    return shown(value) if bare else f"{shown(value)} {unit.words}"


def comparison(sign: Any) -> str:
    """Write a comparison as people do.

    Examples
    --------
    >>> comparison(">="), comparison("<"), comparison(None)
    ('≥', '<', '–')
    """
    return {">=": "≥", "<=": "≤"}.get(sign, shown(sign))


def shown(value: Any) -> str:
    """Write one value as people read it; unknown is a dash."""
    if is_null(value):
        return "–"
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%d"))
    if isinstance(value, float):
        digits = 4 if abs(value) < _LARGE else 2
        return f"{value:,.{digits}f}".rstrip("0").rstrip(".")
    return str(value)


def is_null(value: Any) -> bool:
    """Whether a value is unknown; a list never is."""
    return value is None or (not isinstance(value, list | dict | tuple | set) and bool(pd.isna(value)))
