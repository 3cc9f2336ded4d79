"""Land-use classifications: which codes are industrial, storage, M0, other; never a guess."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from landtool.codes.nearest import did_you_mean
from landtool.codes.strict_yaml import read_yaml
from landtool.codes.tidy import counted, fold, is_blank
from landtool.errors import InputDataError, UnknownCodeError

CLASSES = ("industrial", "storage", "m0", "industrial_or_storage", "too_coarse", "other")
_IS_INDUSTRIAL = {"industrial": True, "m0": True, "storage": False, "other": False}
_RANGE = re.compile(r"(\d+)-(\d+)")
_ALL_LABELS = "@labels"
_EVERYTHING = "*"


class _Title(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    zh: str
    en: str


class _File(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    name: str = Field(min_length=1)
    title: _Title | None = None
    source: str = ""
    industrial: list[str] = Field(default_factory=list)
    storage: list[str] = Field(default_factory=list)
    m0: list[str] = Field(default_factory=list)
    industrial_or_storage: list[str] = Field(default_factory=list)
    too_coarse: list[str] = Field(default_factory=list)
    other: list[str] = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict)
    never_fix: list[str] = Field(default_factory=list)


class _Found(NamedTuple):
    code: str
    land_class: str
    fixed: str = ""


class _Line(NamedTuple):
    """A range or a pattern; the smallest ``rank`` is the most exact."""

    rank: tuple[int, int]
    land_class: str
    text: str
    first: int = 0
    last: int = 0

    def covers(self, code: str) -> bool:
        if self.last:
            return code.isdecimal() and self.first <= int(code) <= self.last
        return fnmatchcase(code, self.text)


@dataclass(frozen=True)
class Classification:
    """One land-use classification.

    Attributes
    ----------
    name, title_zh, title_en, source : str
        The standard it follows.
    exact : dict
        Code -> class.
    labels : dict
        Code -> Chinese name.
    """

    name: str
    title_zh: str
    title_en: str
    source: str
    exact: dict[str, str] = field(repr=False)
    lines: tuple[_Line, ...] = field(repr=False)
    has_everything: bool
    labels: dict[str, str] = field(repr=False)
    never_fix: frozenset[str] = field(repr=False)

    def classify(self, codes: pd.Series) -> pd.DataFrame:
        """Say what each code is; computed once per distinct code.

        Parameters
        ----------
        codes : pandas.Series
            Codes (or market use names) as read.

        Returns
        -------
        pandas.DataFrame
            On the same index: ``is_industrial`` (boolean; M0 counts as industrial; null where
            not known, and for ``industrial_or_storage``), ``land_class`` (industrial, storage,
            m0, other, industrial_or_storage; null for a blank, an unknown or a too coarse code),
            ``label_zh`` and ``land_use_code``, the code after mending.

        Examples
        --------
        >>> made = load_classification("gbt21010-2017").classify(pd.Series(["0601", "601", "9999"]))
        >>> made["land_class"].tolist(), made["land_use_code"].tolist()
        (['industrial', 'industrial', nan], ['0601', '0601', nan])
        """
        position, values = pd.factorize(codes)
        found = [self._find(value) for value in values] + [None]
        each = pd.DataFrame({
            "land_class": _texts([one.land_class if one else None for one in found]),
            "land_use_code": _texts([one.code if one else None for one in found]),
        })  # fmt: skip
        each["label_zh"] = _texts([self.labels.get(one.code) if one else None for one in found])
        each["land_class"] = each["land_class"].mask(each["land_class"] == "too_coarse")
        each["is_industrial"] = each["land_class"].map(_IS_INDUSTRIAL).astype("boolean")
        made = each[["is_industrial", "land_class", "label_zh", "land_use_code"]].iloc[position]
        return made.set_axis(codes.index)

    def unknown(self, codes: pd.Series) -> pd.DataFrame:
        """List distinct codes without a class: ``count, why, nearest``, indexed by code.

        ``why`` is ``unknown``, ``too_coarse`` or ``blank``.

        Examples
        --------
        >>> codes = pd.Series(["0601", "06", "O601"])
        >>> load_classification("tdlb-2019").unknown(codes)["why"].to_dict()
        {'06': 'too_coarse', 'O601': 'unknown'}
        """

        def why(code: Any) -> str | None:
            found = self._find(code)
            if found is None:
                return "unknown"
            return "too_coarse" if found.land_class == "too_coarse" else None

        return counted(codes, why, [*self.exact])

    def fixed(self, codes: pd.Series) -> pd.DataFrame:
        """List distinct codes that were mended: ``count, why, land_use_code``, indexed by code.

        ``why`` is one of ``width_or_blank``, ``number_as_text``, ``case``, ``lost_zero``, ``name``.
        """

        def why(code: Any) -> str | None:
            found = self._find(code)
            return (found.fixed or None) if found else None

        frame = counted(codes, why, []).drop(columns="nearest")
        frame = frame[frame["why"] != "blank"]
        used = self.classify(frame.index.to_series())["land_use_code"]
        return frame.assign(land_use_code=used.to_numpy())

    def require(self, codes: pd.Series, where: str = "land_use_code") -> None:
        """Refuse codes that no line covers.

        Raises
        ------
        UnknownCodeError
            Naming up to five of them, how many rows have them, and the nearest known code.
        """
        bad = self.unknown(codes)
        if len(bad):
            shown = ", ".join(
                f"{row.Index or '(blank)'}×{row.count_}"
                + (f" (nearest {row.nearest})" if row.nearest else "")
                for row in bad.head(5).rename(columns={"count": "count_"}).itertuples()
            )
            raise UnknownCodeError(
                f"{len(bad)} codes that {self.name} does not settle: {shown}",
                where,
                "mend them, choose another classification, or give your own classification file",
            )

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {fold(code).upper(): code for code in self.exact}

    @cached_property
    def _by_label(self) -> dict[str, str]:
        names = pd.Series(self.labels, dtype="str")
        single = names[~names.duplicated(keep=False)]
        return {fold(name): code for code, name in single.items()}

    def _find(self, raw: Any) -> _Found | None:
        if is_blank(raw):
            return None
        code = str(raw)
        if land_class := self._class_of(code):
            return _Found(code, land_class)
        for candidate, why in self._mendings(code):
            if land_class := self._class_of(candidate):
                return _Found(candidate, land_class, why)
        return _Found(fold(code), "other") if self.has_everything else None

    def _class_of(self, code: str) -> str | None:
        if code in self.exact:
            return self.exact[code]
        covering = [line for line in self.lines if line.covers(code)]
        if not covering:
            return None
        best = [line for line in covering if line.rank == covering[0].rank]
        if len({line.land_class for line in best}) > 1:
            raise InputDataError(
                f"code {code!r} is covered alike by {', '.join(line.text for line in best)}",
                f"classification {self.name}",
                "write a more exact line for it",
            )
        return best[0].land_class

    def _mendings(self, code: str) -> list[tuple[str, str]]:
        """List what the code may have been meant to be, the smallest mending first."""
        plain = fold(code)
        number = re.sub(r"\.0+$", "", plain)
        tries = [(plain, "width_or_blank"), (number, "number_as_text")]
        tries.append((self._folded.get(number.upper(), number.upper()), "case"))
        if number.isdecimal() and len(number) % 2 == 1 and number not in self.never_fix:
            tries.append(("0" + number, "lost_zero"))
        if number in self._by_label:
            tries.append((self._by_label[number], "name"))
        head = re.sub(r"[^0-9A-Za-z].*", "", number)
        if head.upper() in self.labels and fold(self.labels[head.upper()]) == number[len(head) :]:
            tries.append((head.upper(), "name"))
        return tries


def shipped_classifications() -> tuple[str, ...]:
    """Names that :func:`load_classification` knows.

    Examples
    --------
    >>> shipped_classifications()
    ('gb50137-2011', 'gbt21010-2017', 'land-market', 'tdlb-2019', 'yhfl-2023')
    """
    return tuple(
        sorted(
            entry.name.removesuffix(".yml")
            for entry in _folder().iterdir()
            if entry.name.endswith(".yml")
        )
    )


def load_classification(name_or_path: str | Path) -> Classification:
    """Load a shipped classification, or one from a file of the same form.

    Raises
    ------
    UnknownCodeError
        No shipped classification has that name.
    InputDataError
        The file is malformed: unknown key, code without quotes, one code in two classes.

    Examples
    --------
    >>> market = load_classification("land-market")
    >>> market.classify(pd.Series(["工矿仓储用地"]))["is_industrial"].tolist()
    [<NA>]
    """
    text = str(name_or_path)
    if isinstance(name_or_path, str) and text in shipped_classifications():
        return _shipped(text)
    path = Path(name_or_path)
    is_path = path.suffix in {".yml", ".yaml"} or len(path.parts) > 1 or path.exists()
    if not text.strip() or not is_path:
        raise UnknownCodeError(
            f"no classification {text!r}",
            "classification",
            did_you_mean(text, shipped_classifications()),
        )
    return _read(path)


@cache
def _shipped(name: str) -> Classification:
    return _read(_folder() / f"{name}.yml")


def _folder() -> Traversable:
    return resources.files("landtool") / "codes" / "classifications"


def _read(path: Path | Traversable) -> Classification:
    content = read_yaml(path, InputDataError)
    try:
        made = _File.model_validate(content)
    except ValidationError as errors:
        first = errors.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        mend = "write codes in quotes" if first["type"] == "string_type" else ""
        if first["type"] == "extra_forbidden":
            mend = did_you_mean(str(first["loc"][-1]), _File.model_fields)
        raise InputDataError(f"{place}: {first['msg']}", str(path), mend) from None
    exact, lines = _exact_and_lines(made, str(path))
    title = made.title or _Title(zh=made.name, en=made.name)
    return Classification(
        name=made.name, title_zh=title.zh, title_en=title.en, source=made.source, exact=exact,
        lines=tuple(sorted(lines, key=lambda line: line.rank)),
        has_everything=_EVERYTHING in made.other, labels=dict(made.labels),
        never_fix=frozenset(made.never_fix))  # fmt: skip


def _exact_and_lines(made: _File, where: str) -> tuple[dict[str, str], list[_Line]]:
    exact: dict[str, str] = {}
    lines: dict[str, _Line] = {}
    for land_class in CLASSES:
        for text in getattr(made, land_class):
            if text in (_ALL_LABELS, _EVERYTHING) and land_class == "other":
                continue
            if exact.get(text, land_class) != land_class or text in lines:
                raise InputDataError(f"{text!r} stands in two classes", where, "keep one")
            if (line := _line(text, land_class, where)) is None:
                exact[text] = land_class
            else:
                lines[text] = line
    if _ALL_LABELS in made.other:
        exact = {**dict.fromkeys(made.labels, "other"), **exact}
    return exact, list(lines.values())


def _texts(values: list[str | None]) -> pd.Series:
    return pd.Series(values, dtype="str")


def _line(text: str, land_class: str, where: str) -> _Line | None:
    """Read a range or a pattern; None for a plain code."""
    if between := _RANGE.fullmatch(text):
        first, last = int(between.group(1)), int(between.group(2))
        if first > last or last == 0:
            raise InputDataError(
                f"the range {text!r} is empty", where, "write the smaller number first"
            )
        return _Line((0, last - first), land_class, text, first, last)
    if any(sign in text for sign in "*?["):
        return _Line((1, -len(re.sub(r"[*?\[\]]", "", text))), land_class, text)
    return None
