"""What GDAL keeps quiet about in GeoJSON: features it skips, geometries it does not understand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landtool.errors import InputDataError

_KEY = b'"geometry"'
_BLOCK = 8 * 1024**2


@dataclass(frozen=True)
class Examined:
    """The features of the file against those GDAL handed over.

    Attributes
    ----------
    numbers : numpy.ndarray
        For each feature handed over, its number in the file, from 1.
    given : numpy.ndarray
        Whether the file names a geometry for it.
    skipped : dict
        Number -> reason, for the features GDAL passed over.
    """

    numbers: np.ndarray
    given: np.ndarray
    skipped: dict[int, str]


def needs_look(path: Path, handed_over: int) -> bool:
    """Whether the file names more or fewer geometries than features were handed over.

    Only counts the key: parsing a large file as Python objects would cost more than reading it.
    """
    found = 0
    with path.open("rb") as file:
        tail = b""
        while block := file.read(_BLOCK):
            joined = tail + block
            found += joined.count(_KEY)
            tail = joined[-len(_KEY) + 1 :]
    return found != handed_over


def examine(path: Path, handed_over: int, source: str) -> Examined | None:
    """Compare the file, parsed by Python, with what GDAL handed over. None for other kinds of JSON.

    Raises
    ------
    InputDataError
        If features are missing and it cannot be told which.
    """
    features = _features(path)
    if features is None:
        return None
    is_feature = np.array([isinstance(item, dict) and item.get("type") == "Feature"
                           for item in features], dtype=bool)  # fmt: skip
    if len(features) == handed_over:
        is_feature[:] = True
    if is_feature.sum() != handed_over:
        raise InputDataError(f"{handed_over} of {len(features)} features can be read", source,
                             "check the file as JSON and export it again")
    given = np.array([isinstance(item, dict) and bool(item.get("geometry")) for item in features],
                     dtype=bool)  # fmt: skip
    numbers = np.arange(1, len(features) + 1)
    skipped = dict.fromkeys(numbers[~is_feature].tolist(), "it is not of type Feature")
    return Examined(numbers[is_feature], given[is_feature], skipped)


def _features(path: Path) -> list[object] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError):
        return None
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        return None
    features = content.get("features")
    return features if isinstance(features, list) else None
