"""What an image says of a parcel: built, bare, or nothing it could be held to.

Built-up cover speaks both ways. Vegetation speaks one way: a green site has no plant on it, but ground
without green may be a yard, a roof or a building pit. Night lights are shown and say nothing: they shine
on the neighbours too.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Kind of image -> column of its figure, and the bounds that figure must lie in.
FIGURES = {
    "built_up": ("built_share", 0.0, 1.0), "land_cover": ("built_share", 0.0, 1.0),
    "ndvi": ("ndvi_mean", -1.0, 1.0), "night_lights": ("lights_mean", -np.inf, np.inf),
}  # fmt: skip
SAYINGS = ("built", "bare", "unclear", "not_judged")
#: Why an image is not judged on a parcel, in order of precedence.
REASONS = ("no_polygon", "outside", "too_few_pixels", "partly_covered", "shown_only")
_ROUNDING = 1e-9


def image_says(
    kind: str, values: pd.DataFrame, *, pixels_min: float, covered_share_min: float,
    built_share_min: float, bare_share_max: float, green_min: float,
) -> pd.DataFrame:  # fmt: skip
    """Read one image on each parcel.

    Parameters
    ----------
    kind : str
        ``built_up, land_cover, ndvi, night_lights``.
    values : pandas.DataFrame
        See :func:`landtool.sources.zonal.zone_values`: ``pixels, covered_share, mean``.
    pixels_min, covered_share_min : float
        Fewer pixels, or less of the parcel with data, are not judged.
    built_share_min, bare_share_max, green_min : float
        Share of built cover from which a parcel looks built, up to which it looks bare, and mean NDVI
        from which it looks green.

    Returns
    -------
    pandas.DataFrame
        ``says`` (:data:`SAYINGS`) and ``reason`` (:data:`REASONS`; null where judged).

    Examples
    --------
    >>> values = pd.DataFrame({"pixels": [40.0, 40.0, 8.9], "covered_share": 1.0, "mean": [0.5, 0.0, 0.9]})
    >>> image_says("built_up", values, pixels_min=9, covered_share_min=0.8, built_share_min=0.3,
    ...            bare_share_max=0.05, green_min=0.4)["says"].tolist()
    ['built', 'bare', 'not_judged']
    """
    pixels, mean = values["pixels"], values["mean"]
    covered = values["covered_share"]
    bars = [pixels.isna(), pixels <= 0, pixels < pixels_min * (1 - _ROUNDING),
            covered < covered_share_min * (1 - _ROUNDING), kind == "night_lights"]
    bar = np.select(bars, range(len(bars)), -1)
    if kind == "ndvi":
        built, bare = np.zeros(len(values), dtype=bool), mean >= green_min - _ROUNDING
    else:
        built, bare = mean >= built_share_min - _ROUNDING, mean <= bare_share_max + _ROUNDING
    said = np.select([bar >= 0, built, bare], [3, 0, 1], 2)
    return pd.DataFrame({
        "says": pd.array(SAYINGS, dtype="str").take(said),
        "reason": pd.array([*REASONS, None], dtype="str").take(bar),
    }, index=values.index)  # fmt: skip
