"""Evidence from images against the plain oracle: both directions, thresholds exactly met, small parcels apart."""

from __future__ import annotations

import datetime as dt
import importlib.util
from dataclasses import replace
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landtool.policy import load_policy
from landtool.rules.evidence import Image, judge_evidence

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "evidence.py"
_SPEC = importlib.util.spec_from_file_location("oracle_evidence", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

AS_OF = dt.date(2025, 12, 31)
POLICY = load_policy("national", AS_OF)
MANY = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(MANY, max_examples=12)
MILESTONES = ("delivery", "start", "completion", "production")
DATES = ["signed_date", *(f"actual_{name}_date" for name in MILESTONES)]
DAY = st.sampled_from([None, None, dt.date(2018, 1, 1), dt.date(2023, 6, 1), dt.date(2025, 12, 31), dt.date(2026, 1, 1)])
# The dates are those of the contract: land without one has none.
PARCEL = st.one_of(st.fixed_dictionaries({"contract_id": st.just("C"), **dict.fromkeys(DATES, DAY)}),
                   st.just({"contract_id": None, **dict.fromkeys(DATES)}))
# At, just above and just below every threshold.
SHARE = st.sampled_from([0.0, 0.0999, 0.10, 0.1001, 0.2999, 0.30, 0.4, 1.0])
GREEN = st.sampled_from([-0.1, 0.3999, 0.40, 0.8])
PIXELS = st.sampled_from([None, 0.0, 8.99, 9.0, 50.0])
COVERED = st.sampled_from([0.7999, 0.80, 1.0])
WHEN = st.sampled_from([dt.date(2018, 1, 1), dt.date(2020, 1, 1), dt.date(2024, 7, 1), dt.date(2025, 12, 31),
                        dt.date(2026, 1, 1)])
KIND = st.sampled_from(["built_up", "built_up", "land_cover", "ndvi", "night_lights"])


@st.composite
def towns(draw):
    parcels = draw(st.lists(PARCEL, min_size=1, max_size=5))
    images = []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(KIND)
        cells = [{"kind": kind, "pixels": draw(PIXELS), "covered_share": draw(COVERED),
                  "mean": draw(GREEN if kind == "ndvi" else SHARE)} for _ in parcels]
        day = draw(WHEN)
        images.append([{**cell, "date": day} for cell in cells])
    return parcels, images


def land_of(parcels):
    kinds = {"contract_id": "str", **dict.fromkeys(DATES, "datetime64[us]")}
    frame = pd.DataFrame(parcels, columns=["contract_id", *DATES]).astype(kinds)
    return frame.assign(parcel_id=[f"P{at}" for at in range(len(frame))])


def image_of(cells, place):
    values = pd.DataFrame(cells)[["pixels", "covered_share", "mean"]].astype("float64")
    values.loc[values["pixels"].isna(), ["covered_share", "mean"]] = float("nan")
    return Image(cells[0]["kind"], cells[0]["date"], f"{place}.tif", values)


def judged(parcels, images, policy=POLICY):
    return judge_evidence(land_of(parcels), [image_of(cells, at) for at, cells in enumerate(images)], policy, AS_OF)


@MANY
@given(towns())
def test_the_rule_says_what_the_oracle_says(town):
    parcels, images = town
    found = judged(parcels, images)
    kept = {name: any(one[f"actual_{name}_date"] is not None for one in parcels) for name in MILESTONES}
    for at, parcel in enumerate(parcels):
        mine = [cells[at] for cells in images]
        rows = found.table[found.table["parcel_id"] == f"P{at}"]
        assert rows["says"].tolist() == [oracle.says(one) for one in mine]
        said = oracle.register(parcel, kept, AS_OF)[0]
        assert [None if pd.isna(cell) else cell for cell in rows["register_says"]] == [said] * len(mine)
        got = found.conflict.iloc[at]
        assert (None if pd.isna(got) else bool(got)) == oracle.conflict(parcel, mine, kept, AS_OF)
    hits = {f"P{at}" for at, verdict in enumerate(found.conflict.fillna(False)) if verdict}
    assert set(found.findings["subject_id"]) == hits
    assert len(found.findings) == len(hits)


def with_value(key, value):
    first, *rest = POLICY.layers
    return replace(POLICY, layers=(replace(first, values={**first.values, key: (
        replace(POLICY.history(key)[0], value=value),)}), *rest))


@FEW
@given(towns(), st.sampled_from([
    ("evidence.pixels_min", 9, 60), ("evidence.covered_share_min", 0.8, 0.95),
    ("evidence.built_share_min", 0.30, 0.5), ("evidence.bare_share_max", 0.10, 0.05),
    ("evidence.ndvi_green_min", 0.40, 0.6)]))
def test_asking_more_of_an_image_leaves_no_parcel_with_more_that_speaks(town, change):
    """Each limit says how clear an image must be; the rule is the plainer, the fewer images speak."""
    parcels, images = town
    key, now, stricter = change
    speaks = [set(found.table.index[found.table["says"].isin(["built", "bare"])]) for found in (
        judged(parcels, images, with_value(key, now)), judged(parcels, images, with_value(key, stricter)))]
    assert speaks[1] <= speaks[0]
