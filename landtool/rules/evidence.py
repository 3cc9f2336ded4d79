"""Evidence from rasters: where an image and the register contradict each other.

It never decides: no verdict changes. An image speaks of a parcel only if it is not older than what the
register says (delivery or signature of land "not started", the start of what is "in production") and not
later than the day of the assessment. The latest image that speaks counts; where images of one day
contradict each other, the matter stays open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool import messages
from landtool.columns import booleans, dates, day, require_columns, texts
from landtool.errors import InputDataError
from landtool.indicators.progress import milestone_reached
from landtool.indicators.raster_evidence import FIGURES, image_says
from landtool.policy import Policy
from landtool.rules.findings import concat_findings, make_findings

EVIDENCE_COLUMNS = [
    "parcel_id", "contract_id", "kind", "date", "source", "built_share", "ndvi_mean", "lights_mean",
    "pixels", "covered_share", "judged", "says", "reason", "register_says", "register_date", "compares",
]  # fmt: skip
_EVIDENCE = [name for name in EVIDENCE_COLUMNS if name != "compares"]
# What the register says -> what an image must say to contradict it.
_AGAINST = {"not_started": "built", "in_production": "bare"}
_SAID = ("not_started", "in_production")


@dataclass(frozen=True)
class Image:
    """One image, measured on every parcel.

    Attributes
    ----------
    kind, source : str
        As in the catalogue; the name of the file.
    date : datetime.date
        The day it shows.
    values : pandas.DataFrame
        ``pixels, covered_share, mean``, on the parcels' index.
    """

    kind: str
    date: dt.date
    source: str
    values: pd.DataFrame


@dataclass(frozen=True)
class EvidenceResult:
    """What the images say.

    Attributes
    ----------
    table : pandas.DataFrame
        :data:`EVIDENCE_COLUMNS`, one row per parcel and image. Shares are 0 … 1, lights in the
        raster's own unit. ``says``: ``built, bare, unclear, not_judged`` (with ``reason``).
        ``register_says``: ``not_started``, ``in_production``, or null where the register says neither
        or nothing. ``compares``: ``contradicts``, ``supports``, or null where the two cannot be compared.
    conflict : pandas.Series
        ``evidence_conflict`` on the parcels' index, three-valued.
    findings : pandas.DataFrame
        ``evidence.conflict``, one per parcel.
    """

    table: pd.DataFrame
    conflict: pd.Series
    findings: pd.DataFrame


def judge_evidence(
    parcels: pd.DataFrame, images: Sequence[Image], policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
) -> EvidenceResult:  # fmt: skip
    """Hold the images against the register.

    Parameters
    ----------
    parcels : pandas.DataFrame
        One row per parcel with the dates of its contract: ``parcel_id, contract_id``; reads
        ``in_production, signed_date`` and ``actual_*_date``.
    images : sequence of Image
        In any order; none: every parcel stays open.
    policy : Policy
        Uses ``evidence.*``.
    as_of : date
        The day.

    Raises
    ------
    InputDataError
        If a column is missing, or an image holds values its kind cannot have.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> parcels = pd.DataFrame({
    ...     "parcel_id": ["P1", "P2"], "contract_id": ["C1", "C2"],
    ...     "signed_date": pd.to_datetime(["2020-01-01", "2020-01-01"]),
    ...     "actual_start_date": pd.to_datetime([None, "2021-01-01"]),
    ...     "actual_production_date": pd.to_datetime([None, "2022-01-01"])})
    >>> seen = pd.DataFrame({"pixels": 50.0, "covered_share": 1.0, "mean": [0.8, 0.0]})
    >>> image = Image("built_up", dt.date(2025, 7, 1), "built.tif", seen)
    >>> judge_evidence(parcels, [image], load_policy("national"), "2025-12-31").conflict.tolist()
    [True, True]
    """
    require_columns(parcels, ["parcel_id", "contract_id"], "parcels")
    at = day(as_of)
    terms = policy.at(at)
    register = _register(parcels, at)
    rows = [_read(parcels, image, terms, register, at) for image in images]
    table = pd.concat(rows, ignore_index=True) if rows else _no_rows()
    speaking = table[table["compares"].notna()]
    latest = speaking["date"] == speaking.groupby("parcel_id")["date"].transform("max")
    speaking = speaking[latest]
    both = speaking.groupby("parcel_id")["compares"].agg(["min", "max"])
    # "contradicts" sorts before "supports".
    verdict = (both["min"] == "contradicts").astype("boolean").mask(both["min"] != both["max"], pd.NA)
    conflict = parcels["parcel_id"].map(verdict).astype("boolean").rename("evidence_conflict")
    hits = speaking[speaking["parcel_id"].map(verdict).fillna(False).astype("bool")]
    hits = hits.sort_values("built_share", kind="stable", na_position="last")
    return EvidenceResult(table, conflict, _findings(hits.drop_duplicates("parcel_id"), terms))


def _register(parcels: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """What the register says of each parcel, and since when."""
    producing = (booleans(parcels, "in_production") if "in_production" in parcels
                 else milestone_reached(parcels, "production", at))  # fmt: skip
    # An empty start says "not started", unless a later milestone shows that works began.
    later = milestone_reached(parcels, "completion", at).fillna(False) | producing.fillna(False)
    bare = (~milestone_reached(parcels, "start", at)).fillna(False) & ~later
    bare &= parcels["contract_id"].notna()
    code = np.select([bare.to_numpy(dtype=bool), producing.fillna(False).to_numpy(dtype=bool)], [0, 1], -1)
    supplied = dates(parcels, "actual_delivery_date").fillna(dates(parcels, "signed_date"))
    began = dates(parcels, "actual_production_date").fillna(dates(parcels, "actual_completion_date"))
    since = supplied.where(code == 0).fillna(began.where(code == 1))
    return pd.DataFrame({"register_says": pd.array(_SAID, dtype="str").take(code, allow_fill=True),
                         "register_date": since.astype("datetime64[us]")}, index=parcels.index)


def _read(
    parcels: pd.DataFrame, image: Image, terms: Policy, register: pd.DataFrame, at: pd.Timestamp
) -> pd.DataFrame:
    column, low, high = FIGURES[image.kind]
    mean = image.values["mean"]
    if ((mean < low) | (mean > high)).any():
        mend = ("name the classes that are built: built_values: [..]" if column == "built_share"
                else "give the raster its scale")  # fmt: skip
        raise InputDataError(f"values of {image.kind} outside {low:g} to {high:g}", image.source, mend)
    said = image_says(
        image.kind, image.values, pixels_min=float(terms["evidence.pixels_min"].value),
        covered_share_min=float(terms["evidence.covered_share_min"].value),
        built_share_min=float(terms["evidence.built_share_min"].value),
        bare_share_max=float(terms["evidence.bare_share_max"].value),
        green_min=float(terms["evidence.ndvi_green_min"].value))  # fmt: skip
    when = pd.Timestamp(image.date)
    in_time = (register["register_date"] <= when) & (when <= at)
    speaks = said["says"].isin(["built", "bare"]) & register["register_says"].notna() & in_time
    against = said["says"] == register["register_says"].map(_AGAINST)
    # Green ground supports "not started"; ground that is not green supports nothing.
    compares = np.select([~speaks, against], [-1, 0], 1)
    figures = {name: mean if name == column else np.nan for name, _, _ in FIGURES.values()}
    return pd.DataFrame({
        "parcel_id": texts(parcels, "parcel_id"), "contract_id": texts(parcels, "contract_id"),
        "kind": image.kind, "date": when.as_unit("us"), "source": image.source, **figures,
        "pixels": image.values["pixels"], "covered_share": image.values["covered_share"],
        "judged": said["says"] != "not_judged", **said, **register,
        "compares": pd.array(["contradicts", "supports"], dtype="str").take(compares, allow_fill=True),
    }, index=parcels.index)[EVIDENCE_COLUMNS].astype({"kind": "str", "source": "str"})  # fmt: skip


def _no_rows() -> pd.DataFrame:
    kinds = dict.fromkeys(EVIDENCE_COLUMNS, "str") | {"judged": "bool"}
    kinds |= dict.fromkeys(["built_share", "ndvi_mean", "lights_mean", "pixels", "covered_share"], "float64")
    kinds |= dict.fromkeys(["date", "register_date"], "datetime64[us]")
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def _findings(hits: pd.DataFrame, terms: Policy) -> pd.DataFrame:
    """One finding per parcel whose latest image contradicts the register."""
    limits = {"not_started": "evidence.built_share_min", "in_production": "evidence.bare_share_max"}
    found = []
    for (said, kind), part in hits.groupby(["register_says", "kind"], sort=True):
        column = FIGURES[str(kind)][0]
        limit = terms["evidence.ndvi_green_min" if kind == "ndvi" else limits[str(said)]]
        words = {f"kind_{language}": messages.say(f"evidence.kind.{kind}", language)
                 for language in messages.LANGUAGES}  # fmt: skip
        found.append(make_findings(
            part.assign(limit=float(limit.value), **words), rule_id="evidence.conflict",
            subject_kind="parcel", subject_id="parcel_id", severity="warning", clause=limit.clause,
            message=f"evidence.{said}_{'green' if kind == 'ndvi' else 'cover'}", measured=column,
            threshold="limit", unit=limit.unit, since="date", evidence=_EVIDENCE))  # fmt: skip
    return concat_findings(found)
