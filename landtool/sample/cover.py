"""What covers the ground: buildings, land-use snapshots, approvals, control lines, proposals."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.messages import join
from landtool.sample import lattice, words
from landtool.sample.economy import Economy, trait
from landtool.sample.ground import COLUMNS, CRS, ROWS, Ground, road_polygons
from landtool.sample.life import NEVER, Life, day
from landtool.sample.registers import Plots

SNAPSHOTS = {"2020": "tdlb-2019", "2025": "yhfl-2023", "plan-2035": "yhfl-2023"}
NAMES = {
    "yhfl-2023": {
        "100100": "新型产业用地", "100101": "一类工业用地", "100102": "二类工业用地",
        "100103": "三类工业用地", "1101": "物流仓储用地", "0901": "商业用地", "0701": "城镇住宅用地",
        "1301": "供水用地", "1207": "城镇村道路用地", "0101": "水田", "0103": "旱地",
        "0301": "乔木林地",
    },
    "tdlb-2019": {
        "0601": "工业用地", "0508": "物流仓储用地", "05H1": "商业服务业设施用地",
        "0701": "城镇住宅用地", "0809": "公用设施用地", "1004": "城镇村道路用地", "0101": "水田",
        "0103": "旱地", "0301": "乔木林地",
    },
}  # fmt: skip
_TO_SURVEY = {"100100": "0601", "100101": "0601", "100102": "0601", "100103": "0601",
              "1101": "0508", "0901": "05H1", "1301": "0809", "1207": "1004"}  # fmt: skip
_BLOCK = COLUMNS * ROWS


def buildings_frame(seed: int, life: Life, plots: Plots, corners: np.ndarray) -> gpd.GeoDataFrame:
    """The buildings layer: one or two footprints on each parcel where building has begun."""
    rng = np.random.default_rng([seed, 40])
    plot = np.flatnonzero(plots.built > 0.02)
    cover = (plots.coverage * plots.built)[plot]
    two = (cover > 0.2) & (rng.random(len(plot)) < 0.12)
    wide = np.where(two, 0.75, 1.0) * cover / 0.8
    main = _in_quad(corners[plot], 0.06, 0.06 + wide, 0.1, 0.9)
    side = np.flatnonzero(two)
    west = 0.06 + wide[side] + 0.04
    small = _in_quad(corners[plot[side]], west, west + 0.25 * cover[side] / 0.5, 0.1, 0.6)
    parcel = np.concatenate([plot, plot[side]])
    polygon = lattice.quads(np.round(np.concatenate([main, small]), lattice.MILLIMETRE))
    minor = rng.choice(np.array(["building", "service", "yard"], dtype=object), len(side),
                       p=[0.55, 0.33, 0.12])  # fmt: skip
    kind = np.concatenate([np.full(len(plot), "building", dtype=object), minor])
    roofed = kind != "yard"
    floors = np.where(roofed, plots.floors[parcel], np.nan)
    high = np.where(roofed, plots.height_m[parcel], np.nan)
    order = np.argsort(parcel, kind="stable")
    frame = gpd.GeoDataFrame({
        "building_id": words.text(join(["F", words.digits(np.arange(len(parcel)) + 1, 7)],
                                       len(parcel))),
        "floors": floors[order], "height_m": high[order],
        "floor_area_m2": (shapely.area(polygon) * floors).round(1)[order],
        "kind": words.text(kind[order]),
    }, geometry=polygon[order], crs=CRS)  # fmt: skip
    return frame


def _in_quad(
    corners: np.ndarray, west: np.ndarray | float, east: np.ndarray | float, south: float,
    north: float,
) -> np.ndarray:  # fmt: skip
    """Corners of the part of each quad between shares of its sides."""
    count = len(corners)
    u = np.stack([np.broadcast_to(side, count) for side in (west, east, east, west)], axis=1)
    v = np.broadcast_to(np.array([south, south, north, north]), (count, 4))
    weights = np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], axis=2)
    return np.asarray(weights @ corners)


def land_use(seed: int, ground: Ground, life: Life, plots: Plots) -> dict[str, gpd.GeoDataFrame]:
    """The three snapshots: surveys of 2020 and 2025, and the plan for 2035.

    Fields became factories and some factories housing; the second district loses industrial land
    from 2020 to 2025, the first one by the plan. A few inner corners were digitised again (noise
    below a metre), and the last blocks of some parks were not surveyed in 2020.
    """
    rng = np.random.default_rng([seed, 41])
    slots = len(ground.park)
    field = rng.choice(np.array(["0101", "0103", "0301"], dtype=object), slots, p=[0.3, 0.5, 0.2])
    now = field.copy()
    now[ground.is_parcel] = np.where(plots.built > 0, plots.code,
                                     np.where(life.is_stage("unsupplied"), field[ground.is_parcel],
                                              plots.code))  # fmt: skip
    before = _before(rng, ground, life, plots, now, field)
    plan = _plan(rng, ground, now)
    again = _digitised_again(rng, ground.corners)
    surveyed = _surveyed_in_2020(ground)
    return {
        "2020": _snapshot(ground, "tdlb-2019", ground.corners, before, surveyed),
        "2025": _snapshot(ground, "yhfl-2023", again, now, np.ones(slots, dtype=bool)),
        "plan-2035": _snapshot(ground, "yhfl-2023", again, plan, np.ones(slots, dtype=bool)),
    }


def _survey_codes(codes: np.ndarray) -> np.ndarray:
    return pd.Series(codes, dtype="str").replace(_TO_SURVEY).to_numpy(dtype=object)


def _before(
    rng: np.random.Generator, ground: Ground, life: Life, plots: Plots, now: np.ndarray,
    field: np.ndarray,
) -> np.ndarray:  # fmt: skip
    before = _survey_codes(now)
    parcel = np.flatnonzero(ground.is_parcel)
    later = life.days["signed_date"] >= day("2020-01-01")
    second = ground.district[parcel] == min(1, ground.districts - 1)
    before[parcel[later & ~second]] = field[parcel[later & ~second]]
    lost = np.isin(life.land, ("residential", "commercial"))
    lost &= second | (rng.random(len(parcel)) < 0.3)
    before[parcel[lost]] = "0601"
    return before


def _plan(rng: np.random.Generator, ground: Ground, now: np.ndarray) -> np.ndarray:
    plan = now.copy()
    industrial = np.char.startswith(now.astype(str), "1001")
    first = ground.district == 0
    chance = rng.random(len(now))
    plan[industrial & first & (chance < 0.08)] = "0701"
    plan[industrial & ~first & (chance < 0.01)] = "0901"
    plan[industrial & (chance > 0.985)] = "100100"
    plan[np.isin(now, ("0101", "0103", "0301")) & ~first & (chance < 0.8)] = "100102"
    return plan


def _digitised_again(rng: np.random.Generator, corners: np.ndarray) -> np.ndarray:
    """Move the middle corner of one block in forty by 0.2 to 0.7 m, for its four quads alike."""
    moved = corners.copy()
    blocks = len(corners) // _BLOCK
    block = np.flatnonzero(rng.random(blocks) < 0.025) * _BLOCK
    turn, length = rng.uniform(0, 2 * np.pi, len(block)), rng.uniform(0.2, 0.7, len(block))
    shift = np.round(np.column_stack([np.cos(turn), np.sin(turn)]) * length[:, None], 3)
    half = COLUMNS // 2
    for slot, corner in ((half - 1, 2), (half, 3), (COLUMNS + half - 1, 1), (COLUMNS + half, 0)):
        moved[block + slot, corner] += shift
    return np.round(moved, lattice.MILLIMETRE)


def _surveyed_in_2020(ground: Ground) -> np.ndarray:
    """All slots but the last block of every third park."""
    last = np.r_[ground.park[1:] != ground.park[:-1], True]
    ends = np.flatnonzero(last) + 1
    surveyed = np.ones(len(ground.park), dtype=bool)
    for end in ends[::3]:
        surveyed[end - _BLOCK : end] = False
    return surveyed


def _snapshot(
    ground: Ground, classification: str, corners: np.ndarray, codes: np.ndarray, kept: np.ndarray
) -> gpd.GeoDataFrame:
    road = "1004" if classification == "tdlb-2019" else "1207"
    homes = np.array([park.district for park in ground.parks])
    polygon = np.concatenate([lattice.quads(corners[kept]), road_polygons(ground), _country(ground)])
    code = np.concatenate([codes[kept], np.full(len(homes), road, dtype=object),
                           np.full(ground.districts, "0103", dtype=object)])  # fmt: skip
    district = np.concatenate([ground.district[kept], homes, np.arange(ground.districts)])
    number = np.concatenate([np.flatnonzero(kept), len(kept) + np.arange(len(polygon) - kept.sum())])
    named = pd.Series(code, dtype="str")
    return gpd.GeoDataFrame({
        "land_use_code": named, "land_use_name": named.map(NAMES[classification]).astype("str"),
        "district_code": words.text(words.district_code(district)),
        "polygon_id": words.text(words.digits(number + 1, 8)),
        "recorded_area_m2": shapely.area(polygon).round(2),
    }, geometry=polygon, crs=CRS)  # fmt: skip


def _country(ground: Ground) -> np.ndarray:
    """Each district without its parks."""
    rings = ground.district_rings
    shells = np.split(rings.coords, np.cumsum(rings.counts)[:-1])
    return np.array([
        shapely.Polygon(shell, [park.boundary for park in ground.parks if park.district == number])
        for number, shell in enumerate(shells)
    ])  # fmt: skip


def districts_frame(ground: Ground) -> gpd.GeoDataFrame:
    """The districts layer."""
    return gpd.GeoDataFrame(words.district_rows(ground.districts),
                            geometry=ground.district_rings.polygons(), crs=CRS)  # fmt: skip


def parks_frame(seed: int, ground: Ground, economy: Economy) -> gpd.GeoDataFrame:
    """The parks layer."""
    rng = np.random.default_rng([seed, 42])
    home = np.array([park.district for park in ground.parks])
    rows = words.park_rows(home)
    polygon = np.array([shapely.Polygon(park.boundary) for park in ground.parks])
    division = np.array([code[:2] for code in trait("code")], dtype=object)[economy.leading]
    led = [list(dict.fromkeys(three)) for three in division]
    chemical = rows["kind"] == "化工园区"
    national = rows["level"] == "national"
    return gpd.GeoDataFrame({
        "park_id": rows["park_id"], "park_name": rows["park_name"], "level": rows["level"],
        "kind": rows["kind"], "district_code": words.text(words.district_code(home)),
        "leading_industries": pd.Series(led, dtype="object"),
        "has_special_safety": chemical.astype("boolean"),
        "is_characteristic_base": (rows["kind"] == "特色工业园区").astype("boolean"),
        "is_national_demonstration_base": national.astype("boolean"),
        "approved_area_m2": (shapely.area(polygon) * rng.uniform(0.97, 1.03, len(polygon))).round(-2),
    }, geometry=polygon, crs=CRS)  # fmt: skip


def land_by_park(ground: Ground, life: Life, plots: Plots) -> pd.DataFrame:
    """Developable, ready, supplied and built land of each park, m²."""
    count = len(ground.parks)
    park = ground.park[ground.is_parcel]
    slots = np.bincount(ground.park, shapely.area(lattice.quads(ground.corners)), minlength=count)
    ready = np.bincount(park, plots.area_m2, minlength=count)
    supplied = np.bincount(park, plots.area_m2 * ~life.is_stage("unsupplied"), minlength=count)
    built = np.bincount(park, plots.area_m2 * (plots.built >= 0.99), minlength=count)
    return pd.DataFrame({"developable_area_m2": slots, "ready_area_m2": ready,
                         "supplied_area_m2": supplied, "built_area_m2": built}).round(0)  # fmt: skip


def approvals_frame(seed: int, ground: Ground, life: Life) -> gpd.GeoDataFrame:
    """The approvals layer: every strip of blocks was approved before its first contract."""
    rng = np.random.default_rng([seed, 43])
    counts = np.array([len(park.strips) for park in ground.parks])
    start = np.concatenate([[0], np.cumsum(counts)[:-1]])
    strip = (start[ground.park] + ground.strip)[ground.is_parcel]
    first = np.full(int(counts.sum()), day("2024-03-01"), dtype=np.int64)
    signed = np.where(life.is_stage("unsupplied"), NEVER, life.days["signed_date"])
    np.minimum.at(first, strip[signed != NEVER], signed[signed != NEVER])
    approved = first - rng.integers(120, 500, len(first))
    year = approved.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    polygon = lattice.quads(np.concatenate([park.strips for park in ground.parks]))
    number = words.digits(np.arange(len(first)) + 1, 1)
    single = rng.random(len(first)) < 0.1
    return gpd.GeoDataFrame({
        "approval_id": words.text(join(["示例政地〔", year.astype(str).astype(object), "〕", number, "号"],
                                       len(first))),
        "approved_date": approved.astype("datetime64[D]").astype("datetime64[us]"),
        "kind": words.text(np.where(single, "single_site", "batch")),
        "area_m2": shapely.area(polygon).round(1),
    }, geometry=polygon, crs=CRS)  # fmt: skip


def control_lines_frame(ground: Ground) -> gpd.GeoDataFrame:
    """The control_lines layer: a first-level and, northwards, a second-level line in each park."""
    split = [max(1, int(len(park.strips) * 0.7)) for park in ground.parks]
    pairs = zip(ground.parks, split, strict=True)
    shapes = [(number, level, strips)
              for number, (park, cut) in enumerate(pairs)
              for level, strips in (("一级", park.strips[:cut]), ("二级", park.strips[cut:]))
              if len(strips)]  # fmt: skip
    quad = np.array([[s[0, 0], s[0, 1], s[-1, 2], s[-1, 3]] for _, _, s in shapes])
    return gpd.GeoDataFrame({
        "line_id": words.text(np.array([f"KZX{n + 1:04d}-{'1' if level == '一级' else '2'}"
                                        for n, level, _ in shapes])),
        "level": words.text(np.array([level for _, level, _ in shapes])),
    }, geometry=lattice.quads(quad), crs=CRS)  # fmt: skip


def proposals_frame(ground: Ground, plots: Plots, life: Life) -> gpd.GeoDataFrame:
    """The proposals layer: factories to become housing or shops, and fields named in their place."""
    parcel = np.flatnonzero(ground.is_parcel)
    industrial = np.char.startswith(plots.code.astype(str), "1001") & life.is_stage("producing")
    losses = parcel[industrial][:: max(1, int(industrial.sum()) // 8)][:8]
    gains = np.flatnonzero(~ground.is_parcel)[:4]
    slots = np.concatenate([losses, gains])
    number = words.digits(np.arange(len(slots)) + 1, 3)
    names = join(["TZ2026-", number], len(slots))
    to = np.where(np.arange(len(slots)) % 2 == 0, "0701", "0901").astype(object)
    to[len(losses):] = "100102"
    pair = np.full(len(slots), None, dtype=object)
    pair[len(losses):] = names[: len(gains)]
    stage = np.array(["draft", "submitted", "approved"], dtype=object)[np.arange(len(slots)) % 3]
    return gpd.GeoDataFrame({
        "proposal_id": words.text(names), "to_code": words.text(to), "stage": words.text(stage),
        "replaces": words.text(pair),
    }, geometry=lattice.quads(ground.corners[slots]), crs=CRS)  # fmt: skip


def projects_frame(seed: int, plots: Plots) -> pd.DataFrame:
    """The candidate_projects layer: a dozen projects that look for land."""
    rng = np.random.default_rng([seed, 44])
    count = 12
    industry = np.arange(count) % len(words.INDUSTRIES)
    area = rng.uniform(1.2e4, 6e4, count).round(-2)
    near = plots.ids[rng.integers(0, len(plots.ids), count)]
    return pd.DataFrame({
        "project_id": words.text(join(["XM2026-", words.digits(np.arange(count) + 1, 3)], count)),
        "industry_code": words.text(trait("code").astype(object)[industry]), "area_m2": area,
        "investment_cny": (area * trait("investment")[industry] * 1.2).round(-4),
        "output_cny": (area * trait("output")[industry] * 1.2).round(-4),
        "tax_cny": (area * (trait("output") * trait("tax"))[industry] * 1.1).round(-4),
        "far": rng.uniform(0.9, 1.9, count).round(2),
        "is_encouraged": pd.array(rng.random(count) < 0.5, dtype="boolean"),
        "is_standard_factory": pd.array(rng.random(count) < 0.15, dtype="boolean"),
        "near_parcel_id": words.text(near, rng.random(count) < 0.4),
    })  # fmt: skip
