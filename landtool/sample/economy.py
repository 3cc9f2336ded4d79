"""Who uses the land and what they make of it: enterprises, occupancy, operations, park statistics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.sample import words
from landtool.sample.ground import Ground
from landtool.sample.life import NEVER, STARTED, Life, year_start
from landtool.units import CNY_PER_WAN

YEARS = np.arange(2019, 2026)
CITY_OUTPUT_CNY_M2 = 6_230.0  # the town as a whole lies a little below the target of its policy
_ALL = (*words.INDUSTRIES, words.LOGISTICS)
_LOGISTICS = len(words.INDUSTRIES)
_PRODUCING = ("producing", "expired")


def trait(name: str) -> np.ndarray:
    """One attribute of all industries, by industry number."""
    return np.array([getattr(industry, name) for industry in _ALL])


@dataclass
class Economy:
    """Enterprises (arrays by enterprise number) and how they sit on parcels."""

    owner: np.ndarray  # by parcel: enterprise number, -1 where nobody uses it
    industry: np.ndarray  # by enterprise: number in words.INDUSTRIES
    investment: np.ndarray  # by enterprise, CNY/m²
    district: np.ndarray  # by enterprise
    park: np.ndarray  # by enterprise
    names: np.ndarray
    codes: np.ndarray
    leading: np.ndarray  # by park: three industry numbers
    links: pd.DataFrame  # enterprise, parcel (numbers), area_m2, is_tenant, left
    first_year: np.ndarray  # by enterprise: first year of production, 9999 = never

    def plot_industry(self, land: np.ndarray) -> np.ndarray:
        """Industry number of each parcel; parcels in nobody's use get one by turns."""
        spare = np.arange(len(self.owner)) % _LOGISTICS
        found = np.where(self.owner >= 0, self.industry[np.maximum(self.owner, 0)], spare)
        return np.where(land == "storage", _LOGISTICS, found)


def make_economy(seed: int, ground: Ground, life: Life, area_m2: np.ndarray) -> Economy:
    """Put enterprises on the parcels where building has begun, tenants into standard factories."""
    rng = np.random.default_rng([seed, 20])
    park = ground.park[ground.is_parcel]
    district = ground.district[ground.is_parcel]
    owner = _owners(rng, life, park)
    owners = int(owner.max()) + 1
    links = _owner_links(owner, area_m2)
    shared = _standard_factories(rng, life, owner)
    links, tenants = _add_tenants(rng, links, shared, owners)
    count = owners + tenants
    first_link = links.drop_duplicates("enterprise").set_index("enterprise")["parcel"]
    home = first_link.reindex(np.arange(count)).to_numpy()
    leading = np.argsort(-(trait("weight")[:-1] * rng.random((len(ground.parks), _LOGISTICS)))
                         )[:, :3]  # fmt: skip
    industry = _industries(rng, leading, park[home])
    industry[life.land[home] == "storage"] = _LOGISTICS
    investment = trait("investment")[industry] * np.exp(rng.normal(0, 0.45, count))
    return Economy(
        owner=owner, industry=industry, investment=investment, district=district[home],
        park=park[home], names=words.company_names(rng, trait("trade")[industry].astype(object)),
        codes=words.credit_codes(district[home], np.arange(count)), leading=leading, links=links,
        first_year=_first_years(life, links, count),
    )  # fmt: skip


def _owners(rng: np.random.Generator, life: Life, park: np.ndarray) -> np.ndarray:
    """Enterprise number of each parcel; an eighth of the producing parcels join their neighbour's."""
    used = life.is_stage(*STARTED) & np.isin(life.land, ("industrial", "storage", "m0"))
    owner = np.full(len(park), -1, dtype=np.int64)
    order = np.flatnonzero(used)
    alike = (
        life.is_stage("producing")[order] & (life.land[order] == "industrial")
        & (rng.random(len(order)) < 0.13)
    )  # fmt: skip
    joins = alike & np.r_[False, _alike_before(life, park, order)]
    owner[order] = np.cumsum(~joins) - 1
    return owner


def _alike_before(life: Life, park: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Whether the parcel before is also a producing industrial one of the same park."""
    before, here = order[:-1], order[1:]
    fit = life.is_stage("producing") & (life.land == "industrial")
    return fit[before] & fit[here] & (park[before] == park[here])


def _owner_links(owner: np.ndarray, area_m2: np.ndarray) -> pd.DataFrame:
    parcel = np.flatnonzero(owner >= 0)
    return pd.DataFrame({"enterprise": owner[parcel], "parcel": parcel, "area_m2": area_m2[parcel],
                         "is_tenant": False, "left": False})  # fmt: skip


def _standard_factories(rng: np.random.Generator, life: Life, owner: np.ndarray) -> np.ndarray:
    alone = np.bincount(owner[owner >= 0], minlength=1)[np.maximum(owner, 0)] == 1
    fit = life.is_stage("producing") & (life.land == "industrial") & alone & (owner >= 0)
    return np.flatnonzero(fit & (rng.random(len(owner)) < 0.03))


def _add_tenants(
    rng: np.random.Generator, links: pd.DataFrame, shared: np.ndarray, owners: int
) -> tuple[pd.DataFrame, int]:
    """Three to eight tenants a standard factory; the owner keeps a tenth of the ground."""
    per = rng.integers(3, 9, len(shared))
    parcel = np.repeat(shared, per)
    weight = rng.uniform(0.5, 1.5, len(parcel))
    whole = links.set_index("parcel")["area_m2"]
    total = pd.Series(weight).groupby(parcel).transform("sum").to_numpy()
    area = 0.9 * whole.reindex(parcel).to_numpy() * weight / total
    kept = links.copy()
    kept.loc[kept["parcel"].isin(shared), "area_m2"] *= 0.1
    tenants = pd.DataFrame({
        "enterprise": owners + np.arange(len(parcel)), "parcel": parcel, "area_m2": area,
        "is_tenant": True, "left": rng.random(len(parcel)) < 0.06,
    })  # fmt: skip
    return pd.concat([kept, tenants], ignore_index=True), len(parcel)


def _industries(rng: np.random.Generator, leading: np.ndarray, park: np.ndarray) -> np.ndarray:
    weight = trait("weight")[:-1]
    free = rng.choice(_LOGISTICS, len(park), p=weight / weight.sum())
    led = leading[park, rng.integers(0, 3, len(park))]
    return np.where(rng.random(len(park)) < 0.6, led, free)


def _first_years(life: Life, links: pd.DataFrame, count: int) -> np.ndarray:
    produced = life.days["actual_production_date"][links["parcel"].to_numpy()]
    years = produced.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    known = (produced != NEVER) & life.is_stage(*_PRODUCING)[links["parcel"].to_numpy()]
    first = np.full(count, 9999, dtype=np.int64)
    np.minimum.at(first, links["enterprise"].to_numpy()[known], years[known])
    return first


def enterprise_frame(seed: int, economy: Economy, operations: pd.DataFrame) -> pd.DataFrame:
    """The enterprises layer."""
    rng = np.random.default_rng([seed, 21])
    count = len(economy.codes)
    latest = operations[operations["year"] == YEARS[-1]]
    revenue = latest.set_index("enterprise_id")["revenue_cny"].reindex(economy.codes).to_numpy()
    spends = trait("research")[economy.industry] > 0.015
    body = rng.random(count) < np.where(spends, 0.55, 0.2)
    founded = year_start(np.minimum(economy.first_year, 2024) - 3) + rng.integers(-2500, 300, count)
    utility, activity = rng.random(count) < 0.008, rng.random(count) < 0.6
    # Half of those that began last year are young: they are not graded yet.
    young = (economy.first_year == YEARS[-1]) & (rng.random(count) < 0.5)
    founded = np.where(young, year_start(YEARS[-1] - 1) + rng.integers(10, 300, count), founded)
    return pd.DataFrame({
        "enterprise_id": words.text(economy.codes), "name": words.text(economy.names),
        "industry_code": words.text(trait("code")[economy.industry]),
        "registered_date": founded.astype("datetime64[D]").astype("datetime64[us]"),
        "is_above_scale": pd.array(np.nan_to_num(revenue) >= 2e7, dtype="boolean"),
        "is_public_utility": pd.array(utility, dtype="boolean"),
        "has_rd_body": pd.array(body, dtype="boolean"),
        "has_rd_activity": pd.array(body | activity, dtype="boolean"),
    })  # fmt: skip


def occupancy_frame(life: Life, economy: Economy, parcel_ids: np.ndarray) -> pd.DataFrame:
    """The occupancy layer: which enterprise uses which parcel, since when, how much of it."""
    links = economy.links
    parcel = links["parcel"].to_numpy()
    begin = life.days["actual_delivery_date"][parcel].astype("datetime64[D]")
    end = np.where(links["left"], np.datetime64("2023-06-30"), np.datetime64("NaT"))
    return pd.DataFrame({
        "enterprise_id": words.text(economy.codes[links["enterprise"].to_numpy()]),
        "parcel_id": words.text(parcel_ids[parcel]),
        "from_date": begin.astype("datetime64[us]"), "to_date": end.astype("datetime64[us]"),
        "occupied_area_m2": links["area_m2"].round(1).to_numpy(),
        "is_tenant": pd.array(links["is_tenant"], dtype="boolean"),
    })  # fmt: skip


def operations_frame(
    seed: int, life: Life, economy: Economy, area_m2: np.ndarray
) -> pd.DataFrame:
    """The operations layer: one row per enterprise and year of production, 2019 to 2025."""
    rng = np.random.default_rng([seed, 22])
    links, count = economy.links, len(economy.codes)
    ground = np.bincount(links["enterprise"], links["area_m2"], minlength=count)
    enterprise, year = _reporting(rng, life, economy)
    age = year - economy.first_year[enterprise]
    kind = economy.industry[enterprise]
    level = trait("output")[economy.industry] * np.exp(rng.normal(0, 0.95, count))
    ramp = np.array([0.35, 0.65, 0.88, 1.0])[np.minimum(age, 3)]
    trend = np.array([0.66, 0.64, 0.74, 0.80, 0.87, 0.94, 1.0])[year - YEARS[0]]
    output = (level * ground)[enterprise] * ramp * trend * np.exp(rng.normal(0, 0.09, len(year)))
    output *= _scale(life, economy, area_m2, enterprise, year, output)
    dead = (rng.random(count) < 0.02)[enterprise] & (year >= YEARS[-1] - 2)
    output = np.where(dead, 0.0, output)
    revenue = output * rng.uniform(0.93, 1.02, len(year))
    energy = output / 1e4 * trait("energy")[kind] * rng.uniform(0.7, 1.4, len(year))
    invested = (economy.investment * ground)[enterprise] * (1 - 0.02 * np.maximum(YEARS[-2] - year, 0))
    tax = output * trait("tax")[kind] * np.exp(rng.normal(0, 0.25, len(year)))
    added = output * trait("value_added")[kind] * rng.uniform(0.8, 1.2, len(year))
    research = revenue * trait("research")[kind] * rng.uniform(0.2, 1.8, len(year))
    people = np.ceil(output / rng.uniform(7e5, 1.6e6, count)[enterprise])
    return pd.DataFrame({
        "enterprise_id": words.text(economy.codes)[enterprise].reset_index(drop=True),
        "year": pd.array(year, dtype="Int64"),
        "gross_output_cny": in_wan(output), "revenue_cny": in_wan(revenue),
        "value_added_cny": in_wan(added), "tax_cny": in_wan(tax),
        "fixed_investment_cny": in_wan(invested),
        "energy_tce": energy.round(0), "emissions_t": (energy * 0.004).round(1),
        "rd_cny": in_wan(research), "employees": pd.array(people, dtype="Int64"),
    })  # fmt: skip


def in_wan(cny: np.ndarray) -> np.ndarray:
    """Round to 万元, as the statistics do."""
    return np.round(cny / CNY_PER_WAN) * CNY_PER_WAN


def _reporting(
    rng: np.random.Generator, life: Life, economy: Economy
) -> tuple[np.ndarray, np.ndarray]:
    """Enterprise and year of every row: from the first year of production to the last report."""
    count = len(economy.codes)
    last = np.where(rng.random(count) < 0.035, YEARS[-1] - 1, YEARS[-1])
    parcel = economy.links["parcel"].to_numpy()
    gone = economy.links["left"].to_numpy() | life.is_stage("expired")[parcel]
    last[economy.links["enterprise"].to_numpy()[gone]] = 2022
    enterprise, column = np.nonzero(
        (YEARS[None, :] >= economy.first_year[:, None]) & (YEARS[None, :] <= last[:, None])
    )
    return enterprise, YEARS[column]


def _scale(
    life: Life, economy: Economy, area_m2: np.ndarray, enterprise: np.ndarray, year: np.ndarray,
    output: np.ndarray,
) -> float:  # fmt: skip
    """Factor that brings industrial output of the last year over producing land to its level."""
    industrial = economy.industry != _LOGISTICS
    shown = (year == YEARS[-1]) & industrial[enterprise]
    land = area_m2[life.is_stage("producing") & np.isin(life.land, ("industrial", "m0"))].sum()
    made = output[shown].sum()
    return CITY_OUTPUT_CNY_M2 * float(land) / float(made) if made > 0 else 1.0


def park_statistics_frame(
    seed: int, economy: Economy, operations: pd.DataFrame, enterprises: pd.DataFrame,
    ground: Ground, land: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """The park_statistics layer: yearly totals of each park as its office would report them."""
    rng = np.random.default_rng([seed, 23])
    number = pd.Series(np.arange(len(economy.codes)), index=economy.codes)
    row = number.reindex(operations["enterprise_id"]).to_numpy()
    large = enterprises["is_above_scale"].to_numpy(bool)
    led = (economy.leading[economy.park] == economy.industry[:, None]).any(axis=1)
    made = operations.assign(
        park=economy.park[row], enterprises=1,
        above_scale_revenue_cny=operations["revenue_cny"].where(large[row], 0.0),
        leading_industry_output_cny=operations["gross_output_cny"].where(led[row], 0.0),
        enterprises_with_rd_body=enterprises["has_rd_body"].to_numpy(bool)[row].astype(int),
        enterprises_with_rd_activity=enterprises["has_rd_activity"].to_numpy(bool)[row].astype(int),
    )  # fmt: skip
    sums = ["above_scale_revenue_cny", "leading_industry_output_cny", "gross_output_cny", "rd_cny",
            "enterprises", "enterprises_with_rd_body", "enterprises_with_rd_activity"]  # fmt: skip
    every = pd.MultiIndex.from_product([range(len(ground.parks)), YEARS], names=["park", "year"])
    total = made.groupby(["park", "year"])[sums].sum().reindex(every, fill_value=0).reset_index()
    city = total.groupby("year")["above_scale_revenue_cny"].transform("sum") / 0.84
    counts = {name: total[name].astype("Int64") for name in sums if name.startswith("enterprises")}
    park = total["park"].to_numpy()
    return pd.DataFrame({
        "park_id": words.text(words.park_id(park)), "year": total["year"].astype("Int64"),
        "above_scale_revenue_cny": total["above_scale_revenue_cny"],
        "city_above_scale_revenue_cny": in_wan(city.to_numpy()),
        "leading_industry_output_cny": total["leading_industry_output_cny"],
        "gross_output_cny": total["gross_output_cny"], "rd_cny": total["rd_cny"], **counts,
        "facility_satisfaction_pct": rng.uniform(82, 97, len(total)).round(1),
        **{name: land[name].to_numpy()[park] for name in land.columns},
    })  # fmt: skip


