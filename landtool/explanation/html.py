"""An explanation as one page for a file: Chinese typography, A4 in print, nothing from outside.

Every text is escaped: nothing in the data can become markup. There is no script, no image and no
address in the page, and a policy in its head forbids them.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from landtool import messages
from landtool.explanation.page import (
    NO_UNIT,
    Explanation,
    Input,
    RuleResult,
    Threshold,
    Unit,
    figure,
    is_null,
)

_STYLE = """
:root { --ink: #1b1b1b; --soft: #5c5c5c; --line: #c9c9c9; --band: #f3f3f0; }
* { box-sizing: border-box; }
html { font-size: 15px; }
body { margin: 0 auto; max-width: 210mm; padding: 14mm 16mm; color: var(--ink); background: #fff;
  font-family: "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", SimSun, "Times New Roman", serif;
  line-height: 1.65; text-align: justify; line-break: strict; overflow-wrap: anywhere; }
h1, h2, h3, th, .verdict { font-family: "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC",
  "Microsoft YaHei", SimHei, Arial, sans-serif; }
h1 { font-size: 1.6rem; text-align: center; letter-spacing: .08em; margin: 0 0 .2em; }
.sub { text-align: center; color: var(--soft); margin: 0 0 1.2em; }
.sub b { color: var(--ink); font-size: 1.1rem; font-weight: 600; }
h2 { font-size: 1.12rem; margin: 1.7em 0 .4em; padding-bottom: .2em; border-bottom: 1.5px solid var(--ink); }
h2 small { float: right; font-weight: 400; color: var(--soft); font-size: .75rem; }
h3 { font-size: .9rem; margin: 1em 0 .25em; color: var(--soft); font-weight: 600; }
p { margin: .3em 0; }
.verdict { font-weight: 600; margin: .5em 0; padding: .35em .7em; background: var(--band);
  border-left: 4px solid var(--ink); text-align: left; }
table { width: 100%; border-collapse: collapse; font-size: .86rem; margin: .2em 0 .6em; }
th, td { border: 1px solid var(--line); padding: .25em .5em; vertical-align: top; text-align: left; }
thead th { background: var(--band); font-weight: 600; white-space: nowrap; }
td.num { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.name { width: 27%; }
td.short { width: 15%; }
.note { border: 1px solid var(--ink); padding: .5em .8em; margin: 1.6em 0 .8em; font-weight: 600; }
footer { color: var(--soft); text-align: left; font-size: .78rem; border-top: 1px solid var(--line); padding-top: .5em; }
.sign { white-space: pre-wrap; text-align: right; margin: 1em 0; }
@page { size: A4; margin: 20mm 18mm 18mm; @bottom-center { content: counter(page) " / " counter(pages);
  font-size: 9pt; } }
@media print {
  html { font-size: 10.5pt; }
  body { max-width: none; padding: 0; }
  thead { display: table-header-group; }
  tr, .verdict, .note, .sign { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html_page(page: Explanation, language: str) -> str:
    """Write an explanation as one self-contained HTML file.

    Parameters
    ----------
    page : Explanation
        See :func:`landtool.explanation.explain`.
    language : str
        ``zh`` or ``en``.

    Examples
    --------
    >>> page = Explanation("parcel", "<P1>", "w", "2025-12-31", "p", [], [],
    ...                    versions={"landtool": "0", "policy": "p", "policy_version": "0"})
    >>> text = html_page(page, "en")
    >>> "&lt;P1&gt;" in text, "<P1>" in text, "http:" in text
    (True, False, False)
    """
    def say(key: str, **values: Any) -> str:
        return messages.say(f"explain.{key}", language, **values)

    title = say("title", subject=page.subject_id, workspace=page.workspace)
    heading = say("heading", kind=say(f"kind.{page.subject_kind}"))
    parts = [
        f"<h1>{escape(heading)}</h1>",
        f'<p class="sub"><b>{escape(page.subject_id)}</b><br>{escape(page.workspace)}<br>'
        f'{escape(say("as_of", as_of=page.as_of, policy=page.policy))}</p>',
        f"<h2>{escape(say('facts'))}</h2>", _inputs(page.facts, say),
        f"<h2>{escape(say('verdicts'))}</h2>", _verdicts(page.rules, say),
        *(_rule(place, rule, say) for place, rule in enumerate(page.rules, start=1)),
        f"<h2>{escape(say('findings'))}</h2>", _findings(page.findings, language, say),
        f'<p class="note">{escape(say("suspected"))}</p>',
        f'<p class="sign">{escape(say("sign"))}</p>',
        f"<footer>{escape(say('versions', **page.versions))}</footer>",
    ]
    body = "\n".join(parts)
    return (f'<!DOCTYPE html>\n<html lang="{"zh-CN" if language == "zh" else "en"}">\n<head>\n'
            f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n"
            "</body>\n</html>\n")


def _rule(place: int, rule: RuleResult, say: Any) -> str:
    parts = [f"<h2>{place}. {escape(rule.title)}<small>{escape(rule.rule)}</small></h2>",
             f'<p class="verdict">{escape(say("head.verdict"))}: {escape(rule.verdict_label)}</p>']
    known = {name: value for name, value in rule.derived.items() if not is_null(value)}
    if known:
        parts += [_h3(say("section.derived")), _table(
            [say("head.item"), say("head.value")],
            ([_cell(name, "name"), _value(value)] for name, value in known.items()))]
    if rule.inputs:
        parts += [_h3(say("section.inputs")), _inputs(rule.inputs, say)]
    if rule.thresholds:
        parts += [_h3(say("section.thresholds")), _thresholds(rule.thresholds, say)]
    return "\n".join([*parts, _h3(say("section.would_change")), f"<p>{escape(rule.would_change)}</p>"])


def _verdicts(rules: list[RuleResult], say: Any) -> str:
    heads = [say("head.number"), say("head.rule"), say("head.verdict"), say("head.clause")]
    return _table(heads, (
        [_cell(place, "num"), _cell(rule.title, "name"), _cell(rule.verdict_label, "short"),
         _cell("; ".join(rule.clauses) or "–")] for place, rule in enumerate(rules, start=1)))


def _inputs(items: list[Input], say: Any) -> str:
    heads = [say("head.item"), say("head.value"), say("head.source"), say("head.row")]
    return _table(heads, (
        [_cell(item.label, "name"), _value(item.value, item.unit), _cell(item.source or "–"),
         _cell("–" if item.source_row is None else item.source_row, "num")] for item in items))


def _thresholds(items: list[Threshold], say: Any) -> str:
    heads = [say("head.item"), say("head.value"), say("head.clause"), say("head.standing")]
    return _table(heads, (
        [_cell(item.meaning, "name"), _value(item.value, item.unit), _cell(item.clause),
         _cell(say(f"standing.{item.standing}"), "short")] for item in items))


def _findings(rows: list[dict[str, Any]], language: str, say: Any) -> str:
    if not rows:
        return f"<p>{escape(say('no_findings'))}</p>"
    heads = [say("head.severity"), say("head.finding"), say("head.clause")]
    return _table(heads, (
        [_cell(say(f"severity.{row['severity']}"), "short"), _cell(row[f"message_{language}"]),
         _cell(row["clause"])] for row in rows))


def _table(heads: list[str], rows: Iterable[list[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _h3(text: str) -> str:
    return f"<h3>{escape(text)}</h3>"


def _cell(text: object, kind: str = "") -> str:
    mark = f' class="{kind}"' if kind else ""
    return f"<td{mark}>{escape(str(text))}</td>"


def _value(value: Any, unit: Unit = NO_UNIT) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and not is_null(value)
    return _cell(figure(value, unit), "num" if is_number else "")
