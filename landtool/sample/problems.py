"""What is wrong in the demo town on purpose, each with what must become of it.

Kinds are those of the problem tables where one exists; ``dates_impossible``,
``start_missing_but_completed``, ``start_before_delivery``, ``investment_differs`` and
``evidence_conflict`` are for the rules to find, and ``hostile_text`` must be shown as text and
nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.sample.ground import CRS, MARGIN, Ground
from landtool.sample.lattice import MILLIMETRE
from landtool.sample.life import Life
from landtool.sample.registers import Plots

COLUMNS = ["layer", "kind", "scope", "subject_id", "note"]
HOSTILE_NAME = "示例<img src=x onerror=alert(1)>有限公司"
FORMULA_NAME = "=1+1"


@dataclass
class Planter:
    """Working copies of the layers, what was planted, and which parcels have had their turn."""

    ground: Ground
    life: Life
    plots: Plots
    layers: dict[str, pd.DataFrame]
    planted: pd.DataFrame = field(default_factory=pd.DataFrame)
    raw_cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    odd: dict[str, np.ndarray] = field(default_factory=dict)
    notes: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    cells: list[tuple[str, int, str, str]] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def note(self, layer: str, kind: str, scope: str, subject: str, note: str) -> None:
        """Write down one problem."""
        self.notes.append((layer, kind, scope, subject, note))

    def take(self, fit: np.ndarray, count: int = 1) -> list[int]:
        """Parcels that fit and have had no problem yet, spread over the town."""
        free = [int(k) for k in np.flatnonzero(fit) if int(k) not in self.used]
        first = int(len(free) * ((len(self.used) * 0.618) % 1))
        picked = [free[(first + k * len(free) // count) % len(free)] for k in range(count)]
        self.used.update(picked)
        return picked

    def one(self, fit: np.ndarray) -> int:
        """One parcel that fits."""
        return self.take(fit)[0]

    @cached_property
    def plain(self) -> np.ndarray:
        """Parcels in production on industrial land, alone with their enterprise."""
        links = self.layers["occupancy"]["parcel_id"].value_counts()
        enterprise = self.layers["occupancy"].drop_duplicates("parcel_id").set_index("parcel_id")[
            "enterprise_id"]  # fmt: skip
        parcels = self.layers["occupancy"]["enterprise_id"].value_counts()
        ids = pd.Series(self.plots.ids)
        single = ids.map(links).eq(1) & ids.map(enterprise).map(parcels).eq(1)
        return np.asarray(
            self.life.is_stage("producing") & single & (self.life.land == "industrial"))  # fmt: skip

    def contract_row(self, parcel: int) -> int:
        """Position of the contract in force of a parcel."""
        ids = self.layers["contracts"]["contract_id"]
        return int(np.flatnonzero(ids == self.plots.contract[parcel])[0])

    def spoil(self, layer: str, row: int, name: str, text: str, kind: str, subject: str) -> None:
        """Make one cell unreadable: null in memory, ``text`` in the files."""
        frame = self.layers[layer]
        frame.loc[row, name] = None
        self.cells.append((layer, row, name, text))
        self.note(layer, kind, "field", subject, f"{name} = {text}")

    def add_parcel(self, number: int, geometry: shapely.Geometry | None, **cells: object) -> str:
        """Append a reserved parcel without contract; returns its code."""
        frame = self.layers["parcels"]
        row = frame.iloc[[0]].copy()
        blank = [name for name in frame.columns if name.endswith("_m2")] + ["contract_id", "holder"]
        row[blank] = None
        code = f"{self.plots.ids[0][:12]}GB9{number:04d}"
        for name, value in {"parcel_id": code, "supply_status": "reserved", **cells}.items():
            row[name] = value
        row["geometry"] = gpd.GeoSeries([geometry], index=row.index, crs=CRS)
        self.layers["parcels"] = pd.concat([frame, row.astype(frame.dtypes)], ignore_index=True)
        return str(row["parcel_id"].iloc[0])


def plant(
    ground: Ground, life: Life, plots: Plots, layers: dict[str, pd.DataFrame]
) -> Planter:
    """Plant every kind of problem in copies of the layers."""
    planter = Planter(ground, life, plots, {name: frame.copy() for name, frame in layers.items()})
    _shapes(planter)
    _parcel_attributes(planter)
    _contract_cells(planter)
    _contract_dates(planter)
    _enterprises(planter)
    _images(planter)
    _contract_rows(planter)
    _added_parcels(planter)
    _overlapping_contracts(planter)
    _built_without_supply(planter)
    planter.planted = pd.DataFrame(planter.notes, columns=COLUMNS).astype("str")
    planter.raw_cells = pd.DataFrame(
        planter.cells, columns=["layer", "row", "field", "text"]
    ).astype({"layer": "str", "field": "str", "text": "str"})
    return planter


def _shapes(planter: Planter) -> None:
    """An overlap and a gap between neighbours, and a spike."""
    parcels, ground = planter.layers["parcels"], planter.ground
    slot = np.flatnonzero(ground.is_parcel)
    east = np.isin(slot + 1, slot) & (slot % 4 != 3)
    plain = planter.plain
    geometry = parcels.geometry.to_numpy().copy()
    for kind, reach in (("overlap", (-6.0, 4.0)), ("gap", (-2.0, 3.0))):
        first = planter.one(plain & east)
        planter.used.add(first + 1)
        strip = _strip(ground.corners[slot[first]], *reach)
        change = shapely.union if kind == "overlap" else shapely.difference
        geometry[first] = _rounded(change(geometry[first], strip))
        planter.note("parcels", kind, "note", planter.plots.ids[first],
                     f"with {planter.plots.ids[first + 1]}")  # fmt: skip
    spiked = planter.one(plain)
    ring = shapely.get_coordinates(geometry[spiked])
    middle = shapely.get_coordinates(shapely.centroid(geometry[spiked]))[0]
    tip = np.round(ring[2] + (middle - ring[2]) * 0.3, MILLIMETRE)
    geometry[spiked] = shapely.Polygon(np.insert(ring, 3, [tip, ring[2]], axis=0))
    planter.note("parcels", "geometry_repaired", "note", planter.plots.ids[spiked], "a spike")
    planter.layers["parcels"] = parcels.set_geometry(gpd.GeoSeries(geometry, crs=CRS))


def _strip(corners: np.ndarray, begin: float, end: float) -> shapely.Polygon:
    """24 m of the eastern side, from ``begin`` to ``end`` metres across it (east is positive)."""
    south, north = corners[1], corners[2]
    along = (north - south) / np.hypot(*(north - south))
    across = np.array([along[1], -along[0]])
    middle = (south + north) / 2
    ends = ((-12, begin), (-12, end), (12, end), (12, begin))
    return shapely.Polygon([middle + along * a + across * b for a, b in ends])


def _rounded(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(geometry, lambda points: np.round(points, MILLIMETRE))


def _parcel_attributes(planter: Planter) -> None:
    parcels, ids, plain = planter.layers["parcels"], planter.plots.ids, planter.plain
    unknown = planter.one(plain)
    parcels.loc[unknown, "land_use_code"] = "9999"
    planter.note("parcels", "code_unknown", "field", ids[unknown], "land_use_code = 9999")
    contract, certificate = planter.take(plain, 2)
    larger = round(float(parcels.loc[contract, "contract_area_m2"]) * 1.12)
    parcels.loc[contract, "contract_area_m2"] = larger
    planter.layers["contracts"].loc[planter.contract_row(contract), "area_m2"] = larger
    planter.note("parcels", "area_difference", "note", ids[contract], "contract area 12 % larger")
    smaller = round(float(parcels.loc[certificate, "certificate_area_m2"]) * 0.9)
    parcels.loc[certificate, "certificate_area_m2"] = smaller
    planter.note("parcels", "area_difference", "note", ids[certificate],
                 "certificate area 10 % smaller")  # fmt: skip
    moved = planter.one(plain & (planter.ground.park[planter.ground.is_parcel] == 0))
    parcels.loc[moved, "park_id"] = "YQ0003"
    planter.note("parcels", "park_disagrees", "note", ids[moved], "says YQ0003, lies in YQ0001")
    _formula(planter, planter.one(plain))


def _formula(planter: Planter, parcel: int) -> None:
    planter.layers["parcels"].loc[parcel, "holder"] = FORMULA_NAME
    planter.layers["contracts"].loc[planter.contract_row(parcel), "holder"] = FORMULA_NAME
    planter.note("parcels", "hostile_text", "note", planter.plots.ids[parcel], "holder = =1+1")


def _contract_cells(planter: Planter) -> None:
    plain, idle = planter.plain, planter.life.is_stage("idle_2y")
    for name, text, kind, fit in (
        ("actual_completion_date", "2021-02-30", "date_unreadable", plain),
        ("price_cny", "面议", "number_unreadable", plain),
        ("area_m2", "-1.5", "area_not_positive", plain),
        ("actual_start_date", "1900-01-01", "placeholder_date", idle),
    ):
        parcel = planter.one(fit)
        planter.spoil("contracts", planter.contract_row(parcel), name, text, kind,
                      planter.plots.contract[parcel])  # fmt: skip


def _contract_dates(planter: Planter) -> None:
    contracts, plain = planter.layers["contracts"], planter.plain
    month = pd.Timedelta(days=30)
    late, silent, early = planter.take(plain, 3)
    row = planter.contract_row(late)
    contracts.loc[row, "actual_completion_date"] = contracts.loc[row, "actual_start_date"] - month
    planter.note("contracts", "dates_impossible", "note", planter.plots.contract[late],
                 "completed before the start")  # fmt: skip
    row = planter.contract_row(silent)
    contracts.loc[row, "actual_start_date"] = None
    planter.note("contracts", "start_missing_but_completed", "note", planter.plots.contract[silent],
                 "in production without a start date")  # fmt: skip
    row = planter.contract_row(early)
    contracts.loc[row, "agreed_delivery_date"] = contracts.loc[row, "agreed_start_date"] + month
    planter.note("contracts", "start_before_delivery", "note", planter.plots.contract[early],
                 "agreed start 30 days before the agreed delivery")  # fmt: skip


def _enterprises(planter: Planter) -> None:
    operations, enterprises = planter.layers["operations"], planter.layers["enterprises"]
    occupancy = planter.layers["occupancy"].drop_duplicates("parcel_id").set_index("parcel_id")
    richer, hostile, secret = planter.take(planter.plain, 3)
    who = [str(occupancy.loc[planter.plots.ids[k], "enterprise_id"]) for k in (richer, hostile, secret)]
    operations.loc[operations["enterprise_id"] == who[0], "fixed_investment_cny"] *= 3
    planter.note("operations", "investment_differs", "note", planter.plots.ids[richer],
                 f"three times the contract's, by {who[0]}")  # fmt: skip
    enterprises.loc[enterprises["enterprise_id"] == who[1], "name"] = HOSTILE_NAME
    planter.layers["parcels"].loc[hostile, "holder"] = HOSTILE_NAME
    planter.layers["contracts"].loc[planter.contract_row(hostile), "holder"] = HOSTILE_NAME
    planter.note("enterprises", "hostile_text", "note", who[1], HOSTILE_NAME)
    row = int(np.flatnonzero(operations["enterprise_id"] == who[2])[0])
    planter.spoil("operations", row, "gross_output_cny", "保密", "number_unreadable", who[2])
    lone = enterprises.iloc[[0]].assign(enterprise_id="91500161XN99999990", name="示例无地经营有限公司")
    years = operations[operations["enterprise_id"] == who[1]].assign(
        enterprise_id="91500161XN99999990")  # fmt: skip
    planter.layers["enterprises"] = pd.concat([enterprises, lone], ignore_index=True)
    planter.layers["operations"] = pd.concat([operations, years], ignore_index=True)
    planter.note("operations", "enterprise_without_parcel", "note", "91500161XN99999990",
                 "reports figures, occupies nothing")  # fmt: skip


def _images(planter: Planter) -> None:
    large = planter.plots.area_m2 > 9_000
    built = planter.take(planter.life.is_stage("idle_2y") & large, 2)
    bare = planter.take(planter.plain & large, 2)
    planter.odd = {"built": np.array(built, dtype=np.int64), "bare": np.array(bare, dtype=np.int64)}
    for parcel in built + bare:
        says = "not started" if parcel in built else "in production"
        planter.note("parcels", "evidence_conflict", "note", planter.plots.ids[parcel],
                     f"register: {says}; rasters: the opposite")  # fmt: skip


def _contract_rows(planter: Planter) -> None:
    """Rows twice, a number used again with another price, and a contract of no known parcel."""
    contracts = planter.layers["contracts"]
    same = planter.take(planter.plain, 2)
    other, stray = planter.take(planter.plain, 2)
    rows = contracts.iloc[[planter.contract_row(parcel) for parcel in (*same, other, stray)]].copy()
    for parcel in same:
        planter.note("contracts", "duplicate_row", "row", planter.plots.contract[parcel],
                     "the whole row stands twice")  # fmt: skip
    rows.iloc[2, rows.columns.get_loc("area_m2")] *= 0.5
    planter.note("contracts", "duplicate_key", "row", planter.plots.contract[other],
                 "the number stands twice, with another area")  # fmt: skip
    lost = f"{planter.plots.contract[stray][:11]}9999999"
    for name, value in {"contract_id": lost, "parcel_id": "500161099099GB99999",
                        "holder": "示例宗地不详有限公司"}.items():  # fmt: skip
        rows.iloc[3, rows.columns.get_loc(name)] = value
    planter.note("contracts", "contract_parcel_unknown", "note", lost, "no such parcel")
    planter.layers["contracts"] = pd.concat([contracts, rows], ignore_index=True)


def _overlapping_contracts(planter: Planter) -> None:
    """A former holder's contract that runs 60 days into the one that followed it."""
    contracts, ids = planter.layers["contracts"], planter.plots.ids
    current = {name: k for k, name in enumerate(planter.plots.contract) if name is not None}
    former = contracts["expiry_date"].notna() & ~contracts["contract_id"].isin(current)
    former &= contracts["parcel_id"].isin([ids[k] for k in range(len(ids)) if k not in planter.used])
    if not former.any():
        return
    row = int(np.flatnonzero(former)[0])
    parcel = int(np.flatnonzero(ids == contracts.loc[row, "parcel_id"])[0])
    planter.used.add(parcel)
    contracts.loc[row, "expiry_date"] += pd.Timedelta(days=60)
    planter.note("contracts", "contracts_overlap", "note", planter.plots.contract[parcel],
                 f"60 days with {contracts.loc[row, 'contract_id']}")  # fmt: skip


def _built_without_supply(planter: Planter) -> None:
    """A factory on land that was approved and never supplied."""
    parcel = planter.one(planter.life.is_stage("unsupplied"))
    parcels, buildings = planter.layers["parcels"], planter.layers["buildings"]
    home = parcels.geometry.iloc[parcel]
    middle = home.representative_point()
    hall = _rounded(shapely.intersection(home, shapely.box(middle.x - 20, middle.y - 12, middle.x + 20,
                                                           middle.y + 12)))  # fmt: skip
    row = buildings.iloc[[0]].copy()
    row["building_id"], row["kind"], row["floors"], row["height_m"] = "F9999999", "building", 1.0, 8.0
    row["floor_area_m2"] = round(float(shapely.area(hall)), 1)
    row["geometry"] = gpd.GeoSeries([hall], index=row.index, crs=CRS)
    planter.layers["buildings"] = pd.concat([buildings, row.astype(buildings.dtypes)], ignore_index=True)
    planter.note("parcels", "built_without_supply", "note", planter.plots.ids[parcel],
                 "a building on approved land without a contract")  # fmt: skip


def _added_parcels(planter: Planter) -> None:
    """Parcels that stand beside the town's own: broken, doubled, too thin, without a shape."""
    ground, ids = planter.ground, planter.plots.ids
    park, before = ground.parks[0], ground.parks[-2]
    corners = park.site(0)
    code = planter.add_parcel(1, shapely.Polygon(corners[[0, 2, 1, 3]]))
    planter.note("parcels", "geometry_repaired", "note", code, "a bowtie")
    again = planter.one(planter.plain)
    planter.add_parcel(2, shapely.Polygon(park.site(1)), parcel_id=ids[again])
    planter.note("parcels", "duplicate_key", "row", ids[again], "the code stands twice")
    thin = park.quad(170.0, -30.0, 230.0, -29.5)
    code = planter.add_parcel(3, shapely.Polygon(thin))
    planter.note("parcels", "sliver", "note", code, "60 m by 0.5 m")
    twin = planter.one(planter.plain)
    like = planter.layers["parcels"].iloc[twin]
    code = planter.add_parcel(4, like["geometry"], park_id=like["park_id"],
                              district_code=like["district_code"])  # fmt: skip
    planter.note("parcels", "duplicate_geometry", "note", code, f"the same as {ids[twin]}")
    code = planter.add_parcel(5, None)
    planter.note("parcels", "geometry_empty", "row", code, "no polygon")
    edge = before.width + MARGIN
    last = len(ground.parks) - 1
    code = planter.add_parcel(6, shapely.Polygon(before.quad(edge - 40, 20, edge + 41, 55)),
                              park_id=None,
                              district_code=f"{500_161 + before.district}")  # fmt: skip
    planter.note("parcels", "park_split", "note", code, f"half in YQ{last:04d}, half in YQ{last + 1:04d}")
