"""YAML read safely and strictly: a key that stands twice is refused, never silently overwritten."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from landtool.errors import InputDataError, LandtoolError

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML built without libyaml: slower, the same result
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


class _StrictLoader(_SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: dict[str, int] = {}
        for key_node, _ in node.value:
            line = key_node.start_mark.line + 1
            if key_node.value in seen and isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    f"key {key_node.value!r} stands twice (line {seen[key_node.value]} and {line})",
                    key_node.start_mark,
                )
            if isinstance(key_node, yaml.ScalarNode):
                seen[key_node.value] = line
        return super().construct_mapping(node, deep)


def read_yaml(path: Path | Traversable, error: type[LandtoolError] = InputDataError) -> Any:
    """Content of one YAML file.

    Parameters
    ----------
    path : Path or Traversable
        A UTF-8 file.
    error : type of LandtoolError
        What to raise.

    Returns
    -------
    Any
        Plain dicts, lists, text, numbers and dates; None for an empty file.

    Raises
    ------
    LandtoolError
        Of type ``error``: the file cannot be read, is not UTF-8, is no YAML, or has a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise error("no such file", str(path), "check the path") from None
    except OSError as problem:
        raise error(
            f"cannot be read ({problem.strerror})", str(path), "check the file and its permissions"
        ) from None
    except UnicodeDecodeError:
        raise error("is not UTF-8", str(path), "save the file as UTF-8") from None
    return parse_yaml(text, str(path), error)


def parse_yaml(text: str, where: str, error: type[LandtoolError] = InputDataError) -> Any:
    """Content of YAML text; see :func:`read_yaml`.

    Examples
    --------
    >>> parse_yaml('a: 1', 'x.yml')
    {'a': 1}
    >>> parse_yaml('{a: 1, a: 2}', 'x.yml')
    Traceback (most recent call last):
    ...
    landtool.errors.InputDataError: key 'a' stands twice (line 1 and 1): x.yml, line 1: keep one
    """
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        line = f", line {mark.line + 1}" if mark else ""
        what = str(problem.problem or problem.context)
        mend = "keep one" if "stands twice" in what else "mend the YAML there"
        raise error(what, where + line, mend) from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise error(f"is no YAML ({problem})", where, "mend the YAML") from None
