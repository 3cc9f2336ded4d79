"""Land held against its peers: the median of its industry, or of the region where peers are few."""

from __future__ import annotations

import numpy as np
import pandas as pd

PEER_BASES = ("division", "region")


def peer_medians(values: pd.Series, groups: pd.Series, least: int) -> pd.DataFrame:
    """Find the median that each value is held against, and among how many.

    A value is among its own peers. Where its group has fewer than ``least`` known values, or is not
    known, the median of all known values takes its place; where these are too few as well there is none.

    Parameters
    ----------
    values : pandas.Series
        Null: not known, and nobody's peer.
    groups : pandas.Series
        The industry of each; null: not known.
    least : int
        Fewest known values of a group.

    Returns
    -------
    pandas.DataFrame
        ``median``, ``peers`` (Int64) and ``peer_basis`` (``division``, ``region``; null where there is
        no median) on the same index.

    Examples
    --------
    >>> values = pd.Series([1.0, 3.0, 8.0, None])
    >>> peer_medians(values, pd.Series(["36", "36", "27", "36"]), 2).to_numpy().tolist()
    [[2.0, 2, 'division'], [2.0, 2, 'division'], [3.0, 3, 'region'], [2.0, 2, 'division']]
    """
    group = values.astype("float64").groupby(groups)
    count, median = group.transform("count"), group.transform("median")
    own = (count >= least).to_numpy()
    all_of = int(values.notna().sum())
    whole = np.where(own | (all_of >= least), 0, -1)
    basis = pd.array(PEER_BASES, dtype="str").take(np.where(own, 0, whole * 2 + 1), allow_fill=True)
    return pd.DataFrame({
        "median": median.where(own, values.median() if all_of >= least else np.nan),
        "peers": count.where(own, all_of).astype("Int64"),
        "peer_basis": pd.Series(basis, index=values.index),
    })  # fmt: skip


def years_of_nothing(figures: list[pd.DataFrame]) -> pd.DataFrame:
    """Count the years without output and tax, the latest first.

    Parameters
    ----------
    figures : list of DataFrame
        One frame per year on the same index, the latest first: ``output_cny, tax_cny``, null where
        not known.

    Returns
    -------
    pandas.DataFrame
        ``years_of_nothing`` (Int64): how many of the latest years in a row are known to have neither;
        ``has_some``: whether any of the years is known to have output or tax.

    Examples
    --------
    >>> last = pd.DataFrame({"output_cny": [0.0, 5.0, None], "tax_cny": [0.0, 0.0, 0.0]})
    >>> before = pd.DataFrame({"output_cny": [0.0, 0.0, 0.0], "tax_cny": [0.0, 0.0, 2.0]})
    >>> years_of_nothing([last, before]).to_numpy().tolist()
    [[2, False], [0, True], [0, True]]
    """
    index = figures[0].index
    running, some = np.ones(len(index), dtype=bool), np.zeros(len(index), dtype=bool)
    years = np.zeros(len(index), dtype="int64")
    for frame in figures:
        output, tax = frame["output_cny"].to_numpy(), frame["tax_cny"].to_numpy()
        some |= (np.nan_to_num(output) != 0) | (np.nan_to_num(tax) != 0)
        running &= (output == 0) & (tax == 0)
        years += running
    return pd.DataFrame({"years_of_nothing": pd.array(years, dtype="Int64"), "has_some": some},
                        index=index)  # fmt: skip
