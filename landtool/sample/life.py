"""What became of each parcel: its class of land, its stage, and the dates of its contract.

The stage is drawn first and the dates follow from it, so that the idle status that the dates must
lead to is known by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landtool.sample.ground import Ground

AS_OF = np.datetime64("2025-12-31", "D")
_TODAY = int(AS_OF.astype(np.int64))
NEVER = np.iinfo(np.int64).min  # a day that is not known

# stage -> share of factory parcels, idle status its dates lead to
STAGES: dict[str, tuple[float, str]] = {
    "producing": (0.700, "not_idle"),
    "completed": (0.035, "not_idle"),
    "building": (0.055, "not_idle"),
    "suspended": (0.020, "idle_suspended"),
    "suspended_well_built": (0.005, "not_idle"),
    "idle_2y": (0.025, "idle_2y"),
    "idle_1y": (0.030, "idle_1y"),
    "government": (0.018, "idle_government_cause"),
    "at_risk": (0.018, "at_risk"),
    "not_due": (0.030, "not_idle"),
    "unclear": (0.014, "not_assessable"),
    "expired": (0.010, "not_applicable"),
    "unsupplied": (0.040, ""),
}
NAMES = tuple(STAGES)
FACTORY = ("industrial", "storage", "m0")
CLASSES = {"industrial": 0.83, "storage": 0.05, "m0": 0.03, "commercial": 0.03,
           "residential": 0.04, "public": 0.02}  # fmt: skip
STARTED = ("producing", "completed", "building", "suspended", "suspended_well_built", "expired")
BUILT = ("producing", "completed", "expired")


def day(text: str) -> int:
    """Days since 1970-01-01."""
    return int(np.datetime64(text, "D").astype(np.int64))


def year_start(years: np.ndarray) -> np.ndarray:
    """Day number of 1 January."""
    return (np.asarray(years, dtype=np.int64) - 1970).astype("datetime64[Y]").astype(
        "datetime64[D]").astype(np.int64)  # fmt: skip


@dataclass
class Life:
    """Arrays on the parcels; days are day numbers, ``NEVER`` where there is none."""

    land: np.ndarray  # class of land, text
    stage: np.ndarray  # text
    days: dict[str, np.ndarray]  # signed, agreed_…, actual_…, suspended
    due: np.ndarray  # the day by which construction had to start

    def is_stage(self, *names: str) -> np.ndarray:
        """Which parcels are in one of the stages."""
        return np.isin(self.stage, names)


def make_life(seed: int, ground: Ground) -> Life:
    """Draw class, stage and dates of every parcel."""
    rng = np.random.default_rng([seed, 10])
    count = int(ground.is_parcel.sum())
    land = rng.choice(np.array(list(CLASSES), dtype=object), count, p=list(CLASSES.values()))
    land[: len(STAGES)] = "industrial"  # however small the town, every stage occurs
    factory = np.isin(land, FACTORY)
    stage = np.full(count, "completed", dtype=object)
    where = rng.permutation(np.flatnonzero(factory))
    stage[where] = rng.choice(np.array(NAMES, dtype=object), len(where),
                              p=[share for share, _ in STAGES.values()])  # fmt: skip
    stage[where[: len(NAMES)]] = NAMES
    life = Life(land=land, stage=stage, days={}, due=np.empty(0))
    _draw_dates(rng, life, _opened(rng, ground)[ground.is_parcel], ~factory)
    return life


def _opened(rng: np.random.Generator, ground: Ground) -> np.ndarray:
    """Year in which the strip of each slot was opened up: from south to north, 2006 to 2018."""
    most = np.array([len(park.strips) for park in ground.parks])[ground.park]
    start = rng.integers(2006, 2011, len(ground.parks))[ground.park]
    return start + np.floor(ground.strip / np.maximum(most, 1) * 8).astype(np.int64)


def _between(rng: np.random.Generator, low: object, high: object, count: int) -> np.ndarray:
    low_days = np.broadcast_to(np.asarray(low, dtype=np.int64), count)
    high_days = np.maximum(np.broadcast_to(np.asarray(high, dtype=np.int64), count), low_days + 1)
    return rng.integers(low_days, high_days)


def _start_due(rng: np.random.Generator, life: Life, opened: np.ndarray) -> np.ndarray:
    """Agreed start of construction by stage."""
    count = len(opened)
    first = year_start(opened) + 400
    windows: dict[str, tuple[object, object]] = {
        "producing": (first, np.minimum(first + 7 * 365, day("2022-06-30"))),
        "completed": (day("2021-06-01"), day("2023-01-01")),
        "building": (day("2023-06-01"), day("2025-03-01")),
        "suspended": (day("2019-01-01"), day("2021-12-01")),
        "suspended_well_built": (day("2019-01-01"), day("2021-12-01")),
        "idle_2y": (_TODAY - 5 * 365, _TODAY - 2 * 366 - 20),
        "idle_1y": (_TODAY - 2 * 365 + 10, _TODAY - 376),
        "government": (_TODAY - 1000, _TODAY - 420),
        "at_risk": (_TODAY - 358, _TODAY - 195),
        "not_due": (_TODAY - 150, _TODAY + 400),
        "unclear": (_TODAY - 1500, _TODAY - 400),
        "expired": (day("2011-01-01"), day("2014-06-01")),
        "unsupplied": (_TODAY, _TODAY + 1),
    }
    due = np.empty(count, dtype=np.int64)
    for name, (low, high) in windows.items():
        here = life.stage == name
        first_day, last_day = (np.broadcast_to(np.asarray(end), count)[here] for end in (low, high))
        due[here] = _between(rng, first_day, last_day, int(here.sum()))
    return due


def _edges(life: Life, due: np.ndarray) -> None:
    """The first parcel of three stages stands exactly on a boundary of the law's full years."""
    for name, date in (("idle_1y", "2024-12-31"), ("idle_2y", "2023-12-31"),
                       ("at_risk", "2025-01-01")):  # fmt: skip
        due[np.flatnonzero(life.stage == name)[0]] = day(date)


def _draw_dates(
    rng: np.random.Generator, life: Life, opened: np.ndarray, other: np.ndarray
) -> None:
    count = len(opened)
    due = _start_due(rng, life, opened)
    early = _start_due(rng, Life(life.land, np.full(count, "producing", object), {}, due), opened)
    due[other] = early[other]
    _edges(life, due)
    delivery = due - _between(rng, 170, 365, count)
    signed = np.minimum(delivery - _between(rng, 30, 120, count),
                        _TODAY - _between(rng, 5, 60, count))  # fmt: skip
    completion = due + _between(rng, 540, 1100, count)
    production = completion + _between(rng, 60, 300, count)
    late = np.where(rng.random(count) < 0.08, _between(rng, 40, 200, count), 0)
    delivered = np.maximum(delivery + _between(rng, -10, 15, count) + late, signed + 1)
    slow = np.where(rng.random(count) < 0.12, _between(rng, 60, 500, count), 0)
    started = np.maximum(due + _between(rng, -100, 40, count) + slow, delivered + 10)
    started = np.where(life.is_stage("building"), np.minimum(started, _TODAY - 20), started)
    completed = np.maximum(completion + _between(rng, -150, 200, count) + slow, started + 300)
    completed = np.minimum(completed, _TODAY - 120)
    producing = np.minimum(completed + _between(rng, 40, 300, count), _TODAY - 30)
    suspended = np.maximum(started + 130, _between(rng, day("2022-03-01"), day("2024-10-01"), count))
    life.due = due
    life.days = {
        "signed_date": signed, "agreed_delivery_date": delivery, "agreed_start_date": due,
        "agreed_completion_date": completion, "agreed_production_date": production,
        "actual_delivery_date": delivered, "actual_start_date": started,
        "actual_completion_date": completed, "actual_production_date": producing,
        "suspended_since_date": suspended,
    }  # fmt: skip
    _forget(rng, life, other)


def _forget(rng: np.random.Generator, life: Life, other: np.ndarray) -> None:
    """Take away the dates that a parcel of that stage does not have."""
    count = len(life.stage)
    no_start = ~life.is_stage(*STARTED)
    building = ~life.is_stage(*BUILT)
    unclear = life.is_stage("unclear")
    # Art. 22: no agreed start, but a delivery from which the year runs
    edge = np.isin(life.due, [day("2023-12-31"), day("2024-12-31")])
    by_delivery = life.is_stage("idle_2y") & (rng.random(count) < 0.25) & ~edge
    delivered = life.days["actual_delivery_date"]
    for name, before in (("actual_delivery_date", 365), ("agreed_delivery_date", 368),
                         ("signed_date", 430)):  # fmt: skip
        life.days[name][by_delivery] = life.due[by_delivery] - before
    gone = {
        "agreed_start_date": unclear | by_delivery,
        "agreed_delivery_date": unclear & (rng.random(count) < 0.5),
        "agreed_production_date": other,
        "actual_delivery_date": unclear | (delivered > _TODAY),
        "actual_start_date": no_start,
        "actual_completion_date": building,
        "actual_production_date": building | other | life.is_stage("completed"),
        "suspended_since_date": ~life.is_stage("suspended", "suspended_well_built"),
    }  # fmt: skip
    for name, mask in gone.items():
        life.days[name] = np.where(mask, NEVER, life.days[name])
