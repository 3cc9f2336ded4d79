"""What people call a column, a layer or a number of the policy; missing ones listed in words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import pandas as pd

from landtool import messages
from landtool.policy import load_policy
from landtool.schema import LAYERS


def label(column: str, language: str) -> str:
    """What people call a column, without a unit; its own name where nobody calls it anything.

    Examples
    --------
    >>> label("idle_status", "zh"), label("holder", "en"), label("no_such_column", "en")
    ('闲置情况', 'Land-use-right holder', 'no_such_column')
    """
    if messages.has(f"column.{column}"):
        return messages.say(f"column.{column}", language)
    return schema_labels()[language].get(column, column)


@cache
def schema_labels() -> dict[str, dict[str, str]]:
    """Labels of the layers' fields by language and name; of a name in several layers the first."""
    found: dict[str, dict[str, str]] = {"zh": {}, "en": {}}
    for layer in LAYERS.values():
        for field in layer.fields:
            found["zh"].setdefault(field.name, field.zh)
            found["en"].setdefault(field.name, field.en)
    return found


def missing_words(figures: pd.DataFrame | None, names: Iterable[str], language: str) -> str:
    """Missing fields, layers and policy numbers by the words people know them by.

    Parameters
    ----------
    figures : pandas.DataFrame or None
        The policy's numbers in force, as a result has them.
    names : iterable of str
        As the rules name what is missing; ``a|b``: either would do.
    language : str

    Examples
    --------
    >>> missing_words(None, ["is_industrial|in_production", "holder"], "zh")
    '工业用地或是否投产、土地使用权人'
    """
    # A number that is not in force on the day stands in no result, but what it means is declared.
    known = {key: getattr(one.meaning, language) for key, one in load_policy("national").declared.items()}
    known |= {} if figures is None else dict(zip(figures["key"], figures[f"meaning_{language}"], strict=True))
    known |= {name: layer.zh if language == "zh" else layer.en for name, layer in LAYERS.items()
              if name not in known}  # fmt: skip
    either = messages.say("core.either", language)
    return messages.say("core.separator", language).join(
        either.join(known.get(part) or label(part, language) for part in name.split("|")) for name in names)


def layer_name(layer: str, language: str) -> str:
    """A layer by the name people know; a snapshot keeps its own after the layer's.

    Examples
    --------
    >>> layer_name("land_use:2025", "en"), layer_name("parcels", "zh")
    ('Land use 2025', '宗地')
    """
    kind, _, snapshot = layer.partition(":")
    known = LAYERS.get(kind)
    said = kind if known is None else known.zh if language == "zh" else known.en
    return f"{said} {snapshot}".strip()


def step_words(key: str, language: str, **values: Any) -> str:
    """A step of long work in words; the layer it reads by its name.

    Examples
    --------
    >>> step_words("step.read", "zh", layer="parcels")
    '读取 宗地'
    """
    named = {"layer": layer_name(str(values["layer"]), language)} if "layer" in values else {}
    return messages.say(key, language, **{**values, **named})
