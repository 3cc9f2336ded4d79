"""The registers of the land office: parcels, contracts, government causes, commitments."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from landtool.messages import join
from landtool.sample import words
from landtool.sample.economy import Economy, in_wan, trait
from landtool.sample.ground import CRS, Ground
from landtool.sample.life import AS_OF, BUILT, NEVER, Life, day

#: A storey above this height counts twice in FAR.
HIGH_STOREY_M = 8.0
_TODAY = int(AS_OF.astype(np.int64))
_CODES = {"storage": "1101", "m0": "100100", "commercial": "0901", "residential": "0701",
          "public": "1301"}  # fmt: skip
_NOT_BOUND = ("idle_2y", "idle_1y", "government", "at_risk", "not_due", "unclear", "suspended",
              "suspended_well_built")  # fmt: skip
_REMEDY = "每逾期一日,支付出让价款1‰的违约金"


@dataclass
class Plots:
    """What stands on each parcel, and what was agreed about it (arrays by parcel)."""

    ids: np.ndarray
    area_m2: np.ndarray
    industry: np.ndarray
    code: np.ndarray  # land-use code, yhfl-2023
    built: np.ndarray  # share of the plan that stands
    coverage: np.ndarray  # buildings over site when built out
    floors: np.ndarray
    height_m: np.ndarray  # of its buildings
    times: np.ndarray  # how often its storeys count in FAR: twice where they are high
    service: np.ndarray  # service land over site
    holder: np.ndarray
    contract: np.ndarray  # number of the contract in force, text; None = none


def make_plots(
    seed: int, ground: Ground, life: Life, economy: Economy, area_m2: np.ndarray
) -> Plots:
    """Draw what is built on each parcel, and name its holder and its contract."""
    rng = np.random.default_rng([seed, 30])
    count = len(area_m2)
    district = ground.district[ground.is_parcel]
    industry = economy.plot_industry(life.land)
    code = trait("land_use_code").astype(object)[industry]
    for land, fixed in _CODES.items():
        code[life.land == land] = fixed
    built = np.select(
        [life.is_stage(*BUILT), life.is_stage("building"), life.is_stage("suspended"),
         life.is_stage("suspended_well_built")],
        [np.ones(count), rng.uniform(0.35, 0.9, count), rng.uniform(0.04, 0.28, count),
         rng.uniform(0.45, 0.8, count)], 0.0,
    )  # fmt: skip
    spare = words.company_names(rng, trait("trade").astype(object)[industry])
    owner = economy.owner
    holder = np.where(owner >= 0, economy.names[np.maximum(owner, 0)], spare)
    signed = life.days["signed_date"].astype("datetime64[D]").astype("datetime64[Y]")
    number = join([words.district_code(district), (signed.astype(np.int64) + 1970).astype(str)
                   .astype(object), "B", words.digits(np.arange(count) + 1, 7)], count)  # fmt: skip
    supplied = ~life.is_stage("unsupplied")
    coverage = np.clip(rng.normal(0.44, 0.08, count), 0.16, 0.62)
    floors = rng.choice([1.0, 2.0, 3.0, 4.0, 6.0], count, p=[0.34, 0.26, 0.2, 0.14, 0.06])
    hall = np.random.default_rng([seed, 33]).uniform(6, 13, count).round(1)
    height = np.where(floors == 1, hall, (floors * 4.4).round(1))
    return Plots(
        ids=_parcel_ids(ground), area_m2=area_m2, industry=industry, code=code, built=built,
        coverage=coverage, floors=floors, height_m=height,
        times=np.where(height / floors > HIGH_STOREY_M, 2.0, 1.0),
        service=np.clip(rng.normal(0.045, 0.016, count), 0, 0.13),
        holder=words.null_unless(supplied, holder),
        contract=words.null_unless(supplied, number),
    )  # fmt: skip


def _parcel_ids(ground: Ground) -> np.ndarray:
    """19-character parcel codes: district, cadastral area, sub-area, GB, number."""
    park, strip = ground.park[ground.is_parcel], ground.strip[ground.is_parcel]
    district = ground.district[ground.is_parcel]
    first = np.searchsorted(park, park)
    order = np.arange(len(park)) - first + 1
    first_park = np.searchsorted(district, np.arange(ground.districts))
    within = park - park[np.minimum(first_park, len(park) - 1)][district] + 1
    return join([words.district_code(district), words.digits(within, 3), words.digits(strip + 1, 3),
                 "GB", words.digits(order, 5)], len(park))  # fmt: skip


def parcels_frame(
    seed: int, ground: Ground, life: Life, plots: Plots, polygons: np.ndarray
) -> gpd.GeoDataFrame:
    """The parcels layer."""
    rng = np.random.default_rng([seed, 31])
    count, area = len(plots.ids), plots.area_m2
    park = ground.park[ground.is_parcel]
    supplied = ~life.is_stage("unsupplied")
    stands = life.is_stage("producing", "completed", "expired")
    known = plots.built > 0
    footprint = area * plots.coverage * plots.built
    floor = footprint * plots.floors * plots.times * _as_registered(seed, rng.uniform(0.85, 1.0, count))
    contract = area * (1 + np.clip(rng.normal(0, 0.004, count), -0.011, 0.011))
    certificate = area * (1 + np.clip(rng.normal(0, 0.002, count), -0.006, 0.006))
    noise = rng.random((3, count))
    table = {
        "parcel_id": words.text(plots.ids), "contract_id": words.text(plots.contract),
        "land_use_code": words.text(plots.code),
        "classification": words.text(np.full(count, "yhfl-2023", dtype=object)),
        "park_id": words.text(words.park_id(park)),
        "district_code": words.text(words.district_code(ground.district[ground.is_parcel])),
        "holder": words.text(plots.holder),
        "contract_area_m2": np.where(supplied, contract.round(0), np.nan),
        "certificate_area_m2": np.where(supplied & stands, certificate.round(0), np.nan),
        "floor_area_m2": np.where(known, floor.round(0), np.nan),
        "building_footprint_m2": np.where(known, footprint.round(0), np.nan),
        "structure_and_yard_area_m2": np.where(stands, (area * 0.04 * noise[0]).round(0), np.nan),
        "service_land_m2": np.where(stands, (area * plots.service).round(0), np.nan),
        "service_floor_area_m2": np.where(
            stands, (floor / plots.times * np.clip(plots.service * (1 + noise[1]), 0, 0.2)).round(0), np.nan),
        "green_area_m2": np.where(stands, (area * (0.04 + 0.14 * noise[2])).round(0), np.nan),
        "supply_status": words.text(np.select(
            [supplied, noise[0] < 0.6], ["supplied", "approved"], "reserved")),
        "is_m0": pd.array(life.land == "m0", dtype="boolean"),
        "is_standard_factory": pd.array(np.zeros(count, dtype=bool), dtype="boolean"),
    }  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=polygons, crs=CRS)


def mark_standard_factories(parcels: gpd.GeoDataFrame, economy: Economy) -> None:
    """Set ``is_standard_factory`` where tenants sit."""
    tenants = economy.links.loc[economy.links["is_tenant"], "parcel"].unique()
    parcels.loc[tenants, "is_standard_factory"] = True


def contracts_frame(
    seed: int, ground: Ground, life: Life, plots: Plots, economy: Economy, parcels: pd.DataFrame
) -> pd.DataFrame:
    """The contracts layer: the contract in force of every supplied parcel, then its history."""
    rng = np.random.default_rng([seed, 32])
    count = len(plots.ids)
    district = ground.district[ground.is_parcel]
    rows = words.district_rows(ground.districts)
    grade = rows["land_grade"].to_numpy(dtype=np.int64)[district]
    kind, mode = _kinds(rng, life)
    area = parcels["contract_area_m2"].to_numpy()
    level = 880.0 * 0.87**grade * rng.uniform(1.0, 1.7, count)
    level = np.where(kind == "allocation", level * 0.5, level)
    lease = kind == "lease"
    promised = trait("investment")[plots.industry] * rng.uniform(0.75, 1.1, count)
    own = _invested(life, plots, economy)
    share = np.where(life.is_stage("suspended"), plots.built * 0.8, plots.built)
    progress = np.where(life.is_stage(*BUILT), own, in_wan(promised * share * area))
    term, expiry = _terms(rng, life, kind, mode)
    far = _agreed_far(rng.integers(0, 3, count), plots)
    begun = life.days["actual_start_date"] != NEVER
    frame = pd.DataFrame({
        "contract_id": words.text(plots.contract), "parcel_id": words.text(plots.ids),
        "district_name": rows["district_name"].to_numpy()[district],
        "holder": words.text(plots.holder), "kind": words.text(kind),
        "supply_mode": words.text(mode), "signed_date": _dates(life.days["signed_date"]),
        "area_m2": area,
        "price_cny": np.where(lease, np.nan, (level * area).round(-2)),
        "annual_rent_cny": np.where(lease, (level * area * 0.04).round(-2), np.nan),
        "term_years": np.where(np.isnan(term), np.nan, term), "expiry_date": _dates(expiry),
        "industry_code": words.text(trait("code").astype(object)[plots.industry],
                                    np.isin(life.land, ("industrial", "storage", "m0"))),
        "land_use_code": words.text(plots.code), "land_grade": pd.array(grade, dtype="Int64"),
        "far_min": far, "far_max": (far * 1.6).round(1),
        **{name: _dates(days) for name, days in life.days.items()
           if name.startswith(("agreed", "actual"))},
        "developed_area_m2": np.where(begun, (area * plots.built).round(0), np.nan),
        "area_due_m2": area, "invested_cny": np.where(begun, progress, np.nan),
        "total_investment_cny": (promised * area).round(-4),
        "suspended_since_date": _dates(life.days["suspended_since_date"]),
        "total_investment_includes_land": pd.array(np.zeros(count, dtype=bool), dtype="boolean"),
        **_disposals(rng, life),
        "remedy": words.text(np.full(count, _REMEDY, dtype=object), np.arange(count) % 3 == 0),
        "is_mortgaged": pd.array(rng.random(count) < 0.22, dtype="boolean"),
    })  # fmt: skip
    current = frame[~life.is_stage("unsupplied")]
    return pd.concat([current, _history(rng, life, current)], ignore_index=True)


def _as_registered(seed: int, share: np.ndarray) -> np.ndarray:
    """Floor area in the register over floor area as built: a little less, and far less on a few."""
    stale = np.random.default_rng([seed, 34]).random(len(share)) < 0.015
    return np.where(stale, share - 0.25, 0.6 + 0.4 * share)


def _agreed_far(draw: np.ndarray, plots: Plots) -> np.ndarray:
    """Least FAR of the contract: what was to be built allows it, but on one plot in thirty."""
    planned = plots.coverage * plots.floors * plots.times
    asked = np.floor(planned * np.array([0.8, 0.85, 0.9])[draw] * 10) / 10
    bold = np.arange(len(planned)) % 30 == 17
    return np.maximum(0.3, np.where(bold, asked + 0.4, asked)).round(1)


def _dates(days: np.ndarray) -> np.ndarray:
    """Day numbers as dates; ``NEVER`` is the number of NaT."""
    return days.astype("datetime64[D]").astype("datetime64[us]")


def _invested(life: Life, plots: Plots, economy: Economy) -> np.ndarray:
    """Fixed investment of a built parcel, the same as its enterprise reports.

    Null where several enterprises or several parcels share the figures: the register leaves it to
    them.
    """
    links = economy.links
    parcel, enterprise = links["parcel"].to_numpy(), links["enterprise"].to_numpy()
    alone = (np.bincount(parcel)[parcel] == 1) & (np.bincount(enterprise)[enterprise] == 1)
    invested = in_wan(trait("investment")[plots.industry] * plots.area_m2)
    invested[parcel] = np.where(
        alone | ~life.is_stage("producing")[parcel],
        in_wan(economy.investment[enterprise] * links["area_m2"].to_numpy()), np.nan,
    )  # fmt: skip
    return invested


def _kinds(rng: np.random.Generator, life: Life) -> tuple[np.ndarray, np.ndarray]:
    """Kind of contract and mode of supply; idle stages are grants and allocations only."""
    count = len(life.stage)
    mode = rng.choice(
        np.array(["listing", "agreement", "allocation", "long_lease", "lease_then_grant",
                  "lease_grant_combination", "equity", "flexible_term"], dtype=object),
        count, p=[0.60, 0.05, 0.03, 0.05, 0.06, 0.02, 0.02, 0.17],
    )  # fmt: skip
    bound = life.is_stage(*_NOT_BOUND) | ~np.isin(life.land, ("industrial", "storage", "m0"))
    plain = np.where(rng.random(count) < 0.12, "allocation", "listing").astype(object)
    mode = np.where(bound, plain, mode)
    new = life.days["signed_date"] >= day("2016-01-01")
    mode = np.where(~new & np.isin(mode, ["lease_then_grant", "lease_grant_combination",
                                          "flexible_term"]), "listing", mode)  # fmt: skip
    mode = np.where(life.is_stage("expired"), "lease", mode)
    kind = np.select(
        [np.isin(mode, ["listing", "agreement", "flexible_term"]),
         np.isin(mode, ["lease", "long_lease"]),
         np.isin(mode, ["lease_then_grant", "lease_grant_combination"])],
        ["grant", "lease", "lease_then_grant"], mode.astype(str))  # fmt: skip
    return kind.astype(object), mode


def _terms(
    rng: np.random.Generator, life: Life, kind: np.ndarray, mode: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Term in years and day of expiry; leases run on, but for the expired ones."""
    count = len(kind)
    signed = life.days["signed_date"]
    elapsed = np.ceil((_TODAY - signed) / 365.25)
    term = np.full(count, 50.0)
    term[mode == "flexible_term"] = 20
    running = np.maximum(elapsed + rng.integers(0, 8, count), 10)
    term = np.where(kind == "lease", running, term)
    term = np.where(life.is_stage("expired"), np.clip(elapsed - 2, 5, 10), term)
    day_of_month = signed.astype("datetime64[D]") - signed.astype("datetime64[D]").astype(
        "datetime64[M]").astype("datetime64[D]")  # fmt: skip
    month = signed.astype("datetime64[D]").astype("datetime64[M]") + (term * 12).astype(np.int64)
    expiry = (month.astype("datetime64[D]") + day_of_month).astype(np.int64) - 1
    soon = (kind == "lease") & ~life.is_stage("expired") & (expiry <= _TODAY)
    expiry = np.where(soon, _TODAY + 200, expiry)
    allocated = kind == "allocation"
    return np.where(allocated, np.nan, term), np.where(allocated, NEVER, expiry)


def _disposals(rng: np.random.Generator, life: Life) -> dict[str, object]:
    """A few suspended parcels have been dealt with under Art. 12, without a new start date."""
    treated = life.is_stage("suspended") & (rng.random(len(life.stage)) < 0.25)
    route = np.where(rng.random(len(treated)) < 0.5, "paid_recovery", "other")
    return {"disposal_route": words.text(route, treated),
            "disposal_start_date": _dates(np.full(len(treated), NEVER))}  # fmt: skip


def _history(rng: np.random.Generator, life: Life, current: pd.DataFrame) -> pd.DataFrame:
    """Former contracts of one parcel in twelve: a lease or a grant that ended before."""
    land = life.is_stage("producing")[current.index]
    old = current[land & (rng.random(len(current)) < 0.09)].copy()
    length = pd.to_timedelta(rng.integers(5 * 365, 9 * 365, len(old)), unit="D").as_unit("us")
    lease = (old["kind"] == "lease_then_grant").to_numpy() | (rng.random(len(old)) < 0.4)
    old["kind"] = words.text(np.where(lease, "lease", "grant")).to_numpy()
    old["supply_mode"] = words.text(np.where(lease, "lease", "listing")).to_numpy()
    for name in [*(c for c in old if c.startswith(("agreed", "actual"))), "signed_date"]:
        old[name] = old[name] - length
    old["expiry_date"] = current.loc[old.index, "signed_date"] - pd.Timedelta(days=1)
    old["term_years"] = (length.days / 365.25).to_numpy().round(0)
    old["contract_id"] = old["contract_id"].str.slice(0, 6) + old["signed_date"].dt.strftime(
        "%Y") + "C" + old["contract_id"].str.slice(11)  # fmt: skip
    old["holder"] = "示例原用地企业" + old["contract_id"].str.slice(11)
    old["annual_rent_cny"] = np.where(lease, old["price_cny"].fillna(2e6) * 0.04, np.nan).round(-2)
    old["price_cny"] = np.where(lease, np.nan, old["price_cny"].fillna(5e6) * 0.6).round(-2)
    old["invested_cny"] = (old["invested_cny"] * 0.2).round(-4)
    old["total_investment_cny"] = (old["total_investment_cny"] * 0.2).round(-4)
    return old


def causes_frame(seed: int, life: Life, plots: Plots) -> pd.DataFrame:
    """The government_causes layer: causes that excuse, and short ones that do not."""
    rng = np.random.default_rng([seed, 33])
    excused = np.flatnonzero(life.is_stage("government"))
    short = np.flatnonzero(life.is_stage("idle_2y") & (life.due < _TODAY - 3 * 366))[::3]
    parcel = np.concatenate([excused, short])
    is_short = np.arange(len(parcel)) >= len(excused)
    begin = life.due[parcel] + rng.integers(5, 60, len(parcel))
    end = np.where(rng.random(len(parcel)) < 0.5, _TODAY - rng.integers(10, 80, len(parcel)), NEVER)
    end = np.where(is_short, begin + rng.integers(20, 90, len(parcel)), end)
    year = begin.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return pd.DataFrame({
        "contract_id": words.text(plots.contract[parcel]),
        "cause_code": words.text(rng.integers(1, 8, len(parcel)).astype(str)),
        "from_date": _dates(begin), "to_date": _dates(end),
        "document": words.text(join(["示例府函〔", year.astype(str).astype(object), "〕",
                                     words.digits(np.arange(len(parcel)) + 1, 1), "号"],
                                    len(parcel))),
    })  # fmt: skip


def commitments_frame(
    seed: int, life: Life, plots: Plots, contracts: pd.DataFrame
) -> pd.DataFrame:
    """The commitments layer, long: investment, output and tax per parcel, by contract and agreement."""
    rng = np.random.default_rng([seed, 34])
    supplied = np.flatnonzero(~life.is_stage("unsupplied"))
    own = contracts.iloc[: len(supplied)]
    factory = np.isin(life.land[supplied], ("industrial", "m0"))
    picked = factory & (own["signed_date"] >= "2013-01-01").to_numpy() & (own["kind"] != "lease")
    picked &= rng.random(len(own)) < 0.5
    rows, parcel = own[picked].reset_index(drop=True), supplied[picked]
    industry = plots.industry[parcel]
    promised = rows["total_investment_cny"] / rows["area_m2"]
    output = pd.Series(trait("output")[industry] * rng.uniform(0.5, 1.1, len(rows)))
    tax = pd.Series((trait("output") * trait("tax"))[industry] * rng.uniform(0.5, 1.1, len(rows)))
    ready, made = rows["agreed_completion_date"], rows["agreed_production_date"]
    full = made + pd.Timedelta(days=1096)
    signed = rng.random(len(rows)) < 0.35
    parts = [
        _commitment(rows, "contract", "investment", promised, ready),
        _commitment(rows, "contract", "output", output, full),
        _commitment(rows, "contract", "tax", tax, full),
        _commitment(rows[signed], "agreement", "output", output[signed] * 1.15, full[signed]),
        _commitment(rows[signed], "agreement", "tax", tax[signed] * 1.1, full[signed]),
    ]
    joined = pd.concat(parts)
    joined["source"] = joined["source"].astype("str")
    return joined.sort_index(kind="stable").reset_index(drop=True)


def _commitment(
    rows: pd.DataFrame, source: str, metric: str, intensity: pd.Series, due: pd.Series
) -> pd.DataFrame:
    total = metric == "investment"
    value = (intensity * rows["area_m2"]).round(-4) if total else intensity.round(-1)
    return pd.DataFrame({
        "contract_id": rows["contract_id"], "source": source, "metric": metric,
        "intensity_cny_m2": np.nan if total else value,
        "total_cny": value if total else np.nan, "amount": np.nan, "due_date": due,
    })  # fmt: skip
