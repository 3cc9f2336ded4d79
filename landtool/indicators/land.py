"""Measures of land: which area is used, how far the three areas differ, what is industrial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from landtool.columns import booleans, numbers, require_columns, texts

AREA_COLUMNS = {
    "geometry": "area_m2", "contract": "contract_area_m2", "certificate": "certificate_area_m2",
}  # fmt: skip


class Classifier(Protocol):
    """Anything that says of land-use codes whether they are industrial."""

    def classify(self, codes: pd.Series) -> pd.DataFrame:
        """Give one row per code with ``is_industrial`` (null where the code does not say)."""
        ...


def area_used(
    parcels: pd.DataFrame, order: Sequence[str] = ("geometry", "contract", "certificate")
) -> pd.DataFrame:
    """Choose the area that ratios use, and say which of the three it is.

    Parameters
    ----------
    parcels : pandas.DataFrame
        Reads ``area_m2`` (ellipsoidal, of the geometry), ``contract_area_m2`` and
        ``certificate_area_m2``, all in m². Zero, negative and null count as unknown.
    order : sequence of str
        ``geometry``, ``contract``, ``certificate`` in order of preference.

    Returns
    -------
    pandas.DataFrame
        ``area_used_m2`` (m², null if none is known) and ``area_used`` (its name, null likewise).

    Examples
    --------
    >>> parcels = pd.DataFrame({"area_m2": [100.0, None], "contract_area_m2": [90.0, 80.0]})
    >>> area_used(parcels)["area_used"].tolist()
    ['geometry', 'contract']
    """
    chosen = pd.Series(np.nan, index=parcels.index)
    name = pd.Series(None, index=parcels.index, dtype="str")
    for basis in order:
        area = numbers(parcels, AREA_COLUMNS[basis])
        fits = chosen.isna() & (area > 0)
        chosen, name = chosen.mask(fits, area), name.mask(fits, basis)
    return pd.DataFrame({"area_used_m2": chosen, "area_used": name})


def area_differences(parcels: pd.DataFrame) -> pd.DataFrame:
    """Compare the areas of geometry, contract and certificate pair by pair.

    Returns
    -------
    pandas.DataFrame
        Shares (0.03 is 3 %) of the first-named area, signed: ``geometry_contract_share`` is
        geometry ÷ contract − 1; likewise ``geometry_certificate_share`` and
        ``contract_certificate_share``; ``area_difference_share`` is the largest of the three
        without sign. Null where one of the two is unknown or not positive.

    Examples
    --------
    >>> parcels = pd.DataFrame({"area_m2": [104.0], "contract_area_m2": [100.0]})
    >>> area_differences(parcels)["area_difference_share"].round(3).tolist()
    [0.04]
    """
    known = {basis: _positive(numbers(parcels, name)) for basis, name in AREA_COLUMNS.items()}
    pairs = [("geometry", "contract"), ("geometry", "certificate"), ("contract", "certificate")]
    shares = pd.DataFrame({f"{a}_{b}_share": known[a] / known[b] - 1 for a, b in pairs})
    shares["area_difference_share"] = shares.abs().max(axis=1)
    return shares


def is_industrial(parcels: pd.DataFrame, classification: Classifier) -> pd.Series:
    """Tell industrial land by its land-use code; M0 is industrial, storage apart is not.

    Parameters
    ----------
    parcels : pandas.DataFrame
        Needs ``land_use_code``; reads ``is_m0`` (true makes the parcel industrial).
    classification : Classifier
        A land-use classification.

    Returns
    -------
    pandas.Series
        Three-valued; null where the code is missing or does not say.

    Raises
    ------
    InputDataError
        If there is no ``land_use_code`` column.
    """
    require_columns(parcels, ["land_use_code"], "parcels")
    codes = texts(parcels, "land_use_code")
    said = classification.classify(codes.dropna())["is_industrial"].astype("boolean")
    found = pd.Series(pd.NA, index=range(len(codes)), dtype="boolean")
    found[codes.notna().to_numpy()] = said.array
    found.index = parcels.index
    return found.mask(booleans(parcels, "is_m0").fillna(False), True).rename("is_industrial")


def is_storage(parcels: pd.DataFrame, classification: Classifier) -> pd.Series:
    """Tell storage land by its land-use code; M0 is not storage.

    Parameters
    ----------
    parcels : pandas.DataFrame
        Needs ``land_use_code``; reads ``is_m0``.
    classification : Classifier
        A land-use classification.

    Returns
    -------
    pandas.Series
        Three-valued; null where the code is missing, unknown, or may mean storage among others.

    Raises
    ------
    InputDataError
        If there is no ``land_use_code`` column.
    """
    require_columns(parcels, ["land_use_code"], "parcels")
    codes = texts(parcels, "land_use_code")
    classes = classification.classify(codes.dropna())["land_class"].astype("str")
    said = classes.eq("storage").astype("boolean").mask(
        classes.isna() | classes.eq("industrial_or_storage"), pd.NA)
    found = pd.Series(pd.NA, index=range(len(codes)), dtype="boolean")
    found[codes.notna().to_numpy()] = said.array
    found.index = parcels.index
    return found.mask(booleans(parcels, "is_m0").fillna(False), False).rename("is_storage")


def is_supplied(parcels: pd.DataFrame, has_contract: pd.Series | None = None) -> pd.Series:
    """Tell supplied land: by its supply status, else by a contract that stands on it.

    Parameters
    ----------
    parcels : pandas.DataFrame
        Reads ``supply_status`` (``supplied``, ``approved``, ``reserved``).
    has_contract : pandas.Series, optional
        Boolean per parcel: a contract signed by the day in question, in force or expired.

    Returns
    -------
    pandas.Series
        Three-valued; null where neither speaks: land may be built on without supply.

    Examples
    --------
    >>> parcels = pd.DataFrame({"supply_status": ["supplied", "approved", None]})
    >>> is_supplied(parcels).tolist()
    [True, False, <NA>]
    """
    status = texts(parcels, "supply_status")
    said = status.eq("supplied").astype("boolean").mask(status.isna(), pd.NA)
    if has_contract is not None:
        said = said.mask(status.isna() & has_contract.fillna(False).astype("bool"), True)
    return said.rename("is_supplied")


def _positive(area: pd.Series) -> pd.Series:
    return area.where(area > 0)
