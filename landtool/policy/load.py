"""Policy files into a :class:`~landtool.policy.model.Policy`: strict, all problems gathered.

A policy is a folder of ``*.yml`` files with a ``policy.yml`` (``name``, ``title``, ``extends``), or
one file that holds these and its ``parameters``. The national policy declares every parameter; a
region or a bureau extends it and may only give values, each under its own clause.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from landtool.codes.nearest import did_you_mean, nearest
from landtool.codes.strict_yaml import read_yaml
from landtool.errors import PolicyError
from landtool.policy.model import (
    UNITS,
    Declaration,
    Override,
    Parameter,
    Policy,
    PolicyLayer,
    Text,
    ValueSpec,
    as_date,
)
from landtool.policy.values import value_in_form

ROOT = "national"
_HEADER = ("name", "title", "extends")
_DEFAULTS = ("source", "from")


@dataclass
class _Reading:
    """What was read of one policy, and everything that is wrong with it."""

    header: dict[str, Any] = field(default_factory=dict)
    specs: dict[str, tuple[str, Declaration | Override]] = field(default_factory=dict)
    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[PolicyError] = field(default_factory=list)

    def refuse(self, what: str, where: str, mend: str = "") -> None:
        """Note one problem."""
        self.problems.append(PolicyError(what, where, mend))


def shipped_policies() -> tuple[str, ...]:
    """Names that :func:`load_policy` knows.

    Examples
    --------
    >>> shipped_policies()
    ('national', 'chongqing-2021')
    """
    regions = _folder() / "regions"
    return (ROOT, *sorted(entry.name for entry in regions.iterdir() if entry.is_dir()))


def load_policy(name_or_path: str | Path, as_of: Any = None) -> Policy:
    """Load the policy of that name, or of that file or folder, for a day.

    Parameters
    ----------
    name_or_path : str or Path
        A shipped name (:func:`shipped_policies`), a policy file, or a folder with a ``policy.yml``.
    as_of : date, timestamp, ISO text or None
        The day the numbers must be in force. None takes every number that is in force with no known
        end, so that a number which ran out is never used by oversight; for a law that follows the
        date of a contract ask ``policy.at(date)``.

    Returns
    -------
    Policy
        Frozen; ``policy["idle.fee_share"].value``.

    Raises
    ------
    PolicyError
        Unknown name, unknown key or parent, duplicate key, overlapping dates, missing clause,
        standing and ``verified`` that disagree, a value of the wrong form: with file, key and the
        nearest known.

    Examples
    --------
    >>> policy = load_policy("chongqing-2021", "2025-12-31")
    >>> policy["output.target_cny_m2"].value, policy["output.target_cny_m2"].standing
    (6500.0, 'S')
    >>> load_policy("chongqing")
    Traceback (most recent call last):
    ...
    landtool.errors.PolicyError: no policy 'chongqing': policy: did you mean 'chongqing-2021'?
    """
    layers, problems = _chain(name_or_path)
    if problems:
        first, more = problems[0], len(problems) - 1
        hint = f" (and {more} more: landtool policy validate)" if more else ""
        raise PolicyError(first.what, first.where, first.mend + hint)
    own = layers[0]
    return Policy(
        name=own.name,
        title=own.title_zh,
        title_en=own.title_en,
        as_of=as_date(as_of),
        version=_version(layers),
        layers=layers,
    )


def validate_policy(path: str | Path) -> list[str]:
    """Everything that is wrong with a policy file, one line each; empty when it is good.

    Examples
    --------
    >>> validate_policy("chongqing-2021")
    []
    """
    try:
        return [str(problem) for problem in _chain(path)[1]]
    except PolicyError as problem:
        return [str(problem)]


def _chain(name_or_path: str | Path) -> tuple[tuple[PolicyLayer, ...], list[PolicyError]]:
    """Give the policy's own layer and those it extends, the root last."""
    text = str(name_or_path)
    if isinstance(name_or_path, str) and text in shipped_policies():
        return _shipped(text)
    path = Path(name_or_path)
    is_path = path.suffix in {".yml", ".yaml"} or len(path.parts) > 1 or path.exists()
    if not text.strip() or not is_path:
        raise PolicyError(f"no policy {text!r}", "policy", did_you_mean(text, shipped_policies()))
    return _layers(path)


@cache
def _shipped(name: str) -> tuple[tuple[PolicyLayer, ...], list[PolicyError]]:
    return _layers(_folder() / name if name == ROOT else _folder() / "regions" / name)


def _folder() -> Traversable:
    return resources.files("landtool") / "policy"


def _layers(where: Path | Traversable) -> tuple[tuple[PolicyLayer, ...], list[PolicyError]]:
    is_root = where == _folder() / ROOT
    reading = _read(where, is_root)
    parents: tuple[PolicyLayer, ...] = ()
    if not is_root:
        parent = reading.header.get("extends")
        if parent not in shipped_policies():
            reading.refuse(
                f"extends an unknown policy {parent!r}",
                str(where),
                did_you_mean(str(parent or ""), shipped_policies()),
            )
            return (), reading.problems
        parents, wrong = _shipped(str(parent))
        if wrong:
            return (), wrong
    layer = _build(reading, parents, str(where))
    return (layer, *parents), reading.problems


def _read(where: Path | Traversable, is_root: bool) -> _Reading:
    """All files of one policy; the models see each parameter by itself, so that all errors show."""
    reading = _Reading()
    for path in _files(where):
        content = read_yaml(path, PolicyError)
        shown = _shown(path)
        if not isinstance(content, dict):
            reading.refuse(
                "holds no parameters", shown, "write 'parameters:' and the numbers under it"
            )
            continue
        _read_header(reading, content, shown, path.name == "policy.yml" or path is where)
        reading.defaults[shown] = {name: content[name] for name in _DEFAULTS if name in content}
        parameters = content.get("parameters", {})
        if not isinstance(parameters, dict):
            reading.refuse("'parameters' is no mapping", shown, "write 'key: {…}' lines under it")
            continue
        for key, raw in parameters.items():
            _read_parameter(reading, str(key), raw, shown, Declaration if is_root else Override)
    if "name" not in reading.header:
        reading.refuse("has no name", str(where), "write 'name:' (in a folder: in its policy.yml)")
    return reading


def _files(where: Path | Traversable) -> list[Any]:
    if not where.is_dir():
        return [where]
    found = [entry for entry in where.iterdir() if entry.name.endswith((".yml", ".yaml"))]
    return sorted(found, key=lambda entry: entry.name)


def _shown(path: Path | Traversable) -> str:
    return "/".join(Path(str(path)).parts[-2:])


def _read_header(
    reading: _Reading, content: Mapping[str, Any], shown: str, is_header: bool
) -> None:
    allowed = {"parameters", *_DEFAULTS, *(_HEADER if is_header else ())}
    for key in content:
        if key not in allowed:
            reading.refuse(f"unknown key {key!r}", shown, did_you_mean(str(key), allowed))
    if not is_header:
        return
    reading.header = {key: content[key] for key in _HEADER if key in content}
    if "name" in reading.header and not isinstance(reading.header["name"], str):
        reading.refuse("name is no text", shown, "write the name in quotes")
    if "title" in reading.header:
        try:
            reading.header["title"] = Text.model_validate(reading.header["title"])
        except ValidationError:
            reading.refuse("title needs zh and en", shown, "write title: {zh: …, en: …}")
            del reading.header["title"]


def _read_parameter(
    reading: _Reading, key: str, raw: Any, shown: str, model: type[Declaration] | type[Override]
) -> None:
    where = f"{shown}: {key}"
    if key in reading.specs:
        reading.refuse("parameter stands twice", where, f"it stands in {reading.specs[key][0]} too")
        return
    try:
        reading.specs[key] = (shown, model.model_validate(raw))
    except ValidationError as errors:
        for error in errors.errors():
            path = ".".join(str(part) for part in error["loc"])
            reading.refuse(f"{path}: {error['msg']}", where, _mend(error, model))


def _mend(error: Any, model: type[BaseModel]) -> str:
    last = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        known = {
            info.alias or name
            for part in (model, ValueSpec)
            for name, info in part.model_fields.items()
        }
        only = (
            "; a region gives values only"
            if model is Override and last in Declaration.model_fields
            else ""
        )
        return did_you_mean(last, known) + only
    if last == "clause":
        return "name the clause that gives the number: clause: {zh: …}"
    if last == "unit":
        close = nearest(str(error["input"]), UNITS)
        return f"did you mean {close!r}?" if close else ""
    if last == "from" and error["type"] in {"date_type", "date_from_datetime_inexact"}:
        return "write the date without quotes: 2012-07-01"
    return ""


def _build(reading: _Reading, parents: tuple[PolicyLayer, ...], where: str) -> PolicyLayer:
    """Put the layer's dated values in order; declarations come from the root."""
    name = str(reading.header.get("name", where))
    title = reading.header.get("title") or Text(zh=name, en=name)
    root = parents[-1] if parents else None
    values: dict[str, tuple[Parameter, ...]] = {}
    own = {key: spec for key, (_, spec) in reading.specs.items() if isinstance(spec, Declaration)}
    declared = own if root is None else root.declarations
    for key, (shown, spec) in reading.specs.items():
        at = f"{shown}: {key}"
        if key not in declared:
            reading.refuse(f"unknown parameter {key!r}", shown, did_you_mean(key, declared))
            continue
        _check_own_clause(reading, spec.values, key, parents, at)
        made = [_parameter(reading, key, declared[key], value, name, at) for value in spec.values]
        values[key] = _in_order(reading, [one for one in made if one is not None], at)
    return PolicyLayer(
        name=name, title_zh=title.zh, title_en=title.en, values=values, declarations=own
    )


def _check_own_clause(
    reading: _Reading, values: list[ValueSpec], key: str, parents: Iterable[PolicyLayer], at: str
) -> None:
    theirs = {value.clause for layer in parents for value in layer.values.get(key, ())}
    for value in values:
        if value.clause.zh in theirs:
            reading.refuse(
                f"clause {value.clause.zh!r} is the parent's",
                at,
                "a number may only be changed under a clause of its own: name it",
            )


def _parameter(
    reading: _Reading, key: str, declaration: Declaration, value: ValueSpec, policy: str, at: str
) -> Parameter | None:
    defaults = reading.defaults[reading.specs[key][0]]
    start, source = value.from_ or defaults.get("from"), value.source or defaults.get("source", "")
    if not isinstance(start, dt.date):
        reading.refuse("a value without 'from'", at, "write from: 2012-07-01")
    if not source:
        reading.refuse("a value without source", at, "name the document: source: …")
    if value.verified is (value.standing == "M"):
        reading.refuse(
            f"standing {value.standing} with verified: {str(value.verified).lower()}",
            at,
            "S and V are verified, M is not",
        )
    if value.until and isinstance(start, dt.date) and value.until < start:
        reading.refuse(f"until {value.until} lies before from {start}", at, "mend the dates")
    try:
        in_form = value_in_form(value.value, declaration, value.unverified)
    except ValueError as problem:
        reading.refuse(str(problem), at, "mend the value")
        return None
    if not isinstance(start, dt.date):
        return None
    note = value.note
    return Parameter(
        key=key, value=in_form, unit=declaration.unit, comparison=declaration.comparison,
        meaning_zh=declaration.meaning.zh, meaning_en=declaration.meaning.en,
        clause=value.clause.zh, clause_en=value.clause.en or value.clause.zh, source=source,
        standing=value.standing, verified=value.verified, policy=policy, valid_from=start,
        valid_until=value.until, choices=tuple(declaration.choices),
        unverified=tuple(sorted(value.unverified)), quote=value.quote,
        note_zh=note.zh if note else "", note_en=note.en if note else "")  # fmt: skip


def _in_order(reading: _Reading, values: list[Parameter], at: str) -> tuple[Parameter, ...]:
    """By date; a value without ``until`` ends the day before the next begins."""
    ordered = sorted(values, key=lambda value: value.valid_from)
    for position, (earlier, later) in enumerate(pairwise(ordered)):
        ends = earlier.valid_until or later.valid_from - dt.timedelta(days=1)
        if ends >= later.valid_from or later.valid_from == earlier.valid_from:
            reading.refuse(
                f"dates overlap: {earlier.valid_from} to {ends} and from {later.valid_from}",
                at,
                "let one end before the next begins",
            )
        ordered[position] = replace(earlier, valid_until=ends)
    return tuple(ordered)


def _version(layers: tuple[PolicyLayer, ...]) -> str:
    """SHA-256 over every dated value of the chain; the order of files does not matter."""
    content = [
        [
            layer.name,
            sorted(layer.declarations),
            [[repr(value) for value in layer.values[key]] for key in sorted(layer.values)],
        ]
        for layer in layers
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
