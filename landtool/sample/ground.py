"""The ground of the demo town: districts, parks, blocks between roads, and the slots inside them.

A slot is a place for one parcel. The first slots of a park are parcels, the rest is farmland not yet
used. Coordinates are metres in EPSG:4545 (CGCS2000, central meridian 108°E).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from landtool.errors import InputDataError
from landtool.sample import lattice

CRS = "EPSG:4545"
CENTRE = np.array([388_700.0, 3_276_000.0])  # about 106.85°E, 29.6°N
COLUMNS, ROWS = 4, 2  # parcels of one block
MARGIN = 60.0  # green belt between the outermost blocks and the park boundary, m
FEWEST = 16


@dataclass(frozen=True)
class Park:
    """One park: where it lies and how large its grid of blocks is."""

    number: int
    district: int
    origin: np.ndarray
    angle: float
    width: float
    height: float
    boundary: np.ndarray
    blocks: np.ndarray  # outlines (n, perimeter, 2)
    strips: np.ndarray  # row of blocks -> quad (n, 4, 2), to the middle of the roads

    def quad(self, west: float, south: float, east: float, north: float) -> np.ndarray:
        """Corners (4, 2) of a rectangle given in the park's own metres."""
        local = np.array([[west, south], [east, south], [east, north], [west, north]])
        return lattice.place(local, self.origin, self.angle)

    def site(self, number: int) -> np.ndarray:
        """Corners of a free site in the southern green belt, 60 m by 24 m."""
        west = 20.0 + 75.0 * number
        return self.quad(west, -40.0, west + 60.0, -16.0)


@dataclass
class Ground:
    """Everything that has a place, as arrays on one index of slots."""

    district_rings: lattice.Rings
    parks: list[Park]
    park: np.ndarray
    strip: np.ndarray
    is_parcel: np.ndarray
    corners: np.ndarray
    rings: lattice.Rings
    district: np.ndarray

    @property
    def districts(self) -> int:
        """How many districts."""
        return len(self.district_rings.counts)

    def parcel_polygons(self) -> np.ndarray:
        """Polygons of the parcels, in slot order."""
        return self.rings.polygons()


def make_ground(seed: int, parcels: int) -> Ground:
    """Lay out districts, parks, blocks and parcels.

    Raises
    ------
    InputDataError
        If fewer than 16 parcels are asked for.

    Examples
    --------
    >>> ground = make_ground(0, 40)
    >>> len(ground.parks), int(ground.is_parcel.sum())
    (8, 40)
    """
    if parcels < FEWEST:
        raise InputDataError(f"{parcels} parcels", "make_town", f"ask for at least {FEWEST}")
    rng = np.random.default_rng([seed, 1])
    shares = _shares(rng, parcels)
    count = len(shares)
    districts = 6 if count <= 8 else min(36, 6 * int(np.ceil(count / 60)))
    home = np.sort(districts - 1 - np.arange(count) % districts)
    grids = [_grid(np.random.default_rng([seed, 2, k]), int(n)) for k, n in enumerate(shares)]
    cell, corner, across = _district_grid(grids, home, districts)
    angles = rng.uniform(-0.35, 0.35, count)
    angles[-1] = angles[-2]
    middles = _middles(home, cell, corner, across)
    parks: list[Park] = []
    parts: list[dict[str, np.ndarray]] = []
    for number, grid in enumerate(grids):
        size = np.array([grid.width, grid.height])
        origin = middles[number] - _turn(size / 2, angles[number])
        if number == count - 1:  # the last two parks share a boundary
            before = parks[-1]
            origin = before.origin + _turn(np.array([before.width + 2 * MARGIN + 1.0, 0]), before.angle)
        park, part = _lay(seed, number, int(home[number]), grid, origin, float(angles[number]))
        parks.append(park)
        parts.append(part)
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    return Ground(
        district_rings=_districts(rng, cell, corner, across, districts), parks=parks,
        park=joined["park"], strip=joined["strip"], is_parcel=joined["is_parcel"],
        corners=joined["corners"], rings=lattice.Rings(joined["coords"], joined["counts"]),
        district=home[joined["park"]],
    )  # fmt: skip


@dataclass(frozen=True)
class _Grid:
    """A park's grid of blocks in local metres."""

    nodes: np.ndarray  # (blocks, ROWS + 1, COLUMNS + 1, 2)
    row: np.ndarray  # row of blocks
    parcels: int
    width: float
    height: float
    cuts: np.ndarray  # y of the road middles between rows of blocks


def _shares(rng: np.random.Generator, parcels: int) -> np.ndarray:
    count = max(8, int(np.ceil(parcels / 750)))
    weight = rng.uniform(0.4, 1.3, count)
    shares = np.maximum(1, np.floor(parcels * weight / weight.sum())).astype(np.int64)
    largest = int(np.argmax(shares))
    shares[largest] += parcels - int(shares.sum())
    return shares


def _grid(rng: np.random.Generator, parcels: int) -> _Grid:
    blocks = -(-parcels // (COLUMNS * ROWS))
    across = max(1, round(float(np.sqrt(blocks * 0.55))))
    up = -(-blocks // across)
    wide, high = rng.uniform(400, 560, across), rng.uniform(230, 330, up)
    road_x, road_y = rng.uniform(24, 40, across), rng.uniform(24, 40, up)
    west = np.concatenate([[0.0], np.cumsum(wide + road_x)[:-1]])
    south = np.concatenate([[0.0], np.cumsum(high + road_y)[:-1]])
    part_x = np.cumsum(rng.uniform(0.4, 1.6, (up, across, COLUMNS)), axis=-1)
    part_x = np.concatenate([np.zeros((up, across, 1)), part_x / part_x[..., -1:]], axis=-1)
    middle = rng.uniform(0.4, 0.6, (up, across, 1))
    part_y = np.concatenate([np.zeros_like(middle), middle, np.ones_like(middle)], axis=-1)
    nodes = np.empty((up, across, ROWS + 1, COLUMNS + 1, 2))
    nodes[..., 0] = (west[:, None] + part_x * wide[:, None])[:, :, None, :]
    nodes[..., 1] = (south[:, None, None] + part_y * high[:, None, None])[..., None]
    nodes += rng.uniform(-6, 6, nodes.shape)
    cuts = np.concatenate([[-MARGIN], (south + high + road_y / 2)[:-1], [south[-1] + high[-1] + MARGIN]])
    return _Grid(
        nodes=nodes.reshape(-1, ROWS + 1, COLUMNS + 1, 2), row=np.repeat(np.arange(up), across),
        parcels=parcels, width=float(west[-1] + wide[-1]), height=float(south[-1] + high[-1]),
        cuts=cuts,
    )  # fmt: skip


def _lay(
    seed: int, number: int, district: int, grid: _Grid, origin: np.ndarray, angle: float
) -> tuple[Park, dict[str, np.ndarray]]:
    rng = np.random.default_rng([seed, 3, number])
    points, used, corners = lattice.cell_rings(rng, grid.nodes, jitter_m=0.6)
    slots = points.shape[0] * ROWS * COLUMNS
    points, used = points.reshape(slots, -1, 2), used.reshape(slots, -1)
    is_parcel = np.arange(slots) < grid.parcels
    kept = used & is_parcel[:, None]
    west, east = -MARGIN, grid.width + MARGIN
    quad = [np.column_stack([[west, east, east, west], [low, low, high, high]])
            for low, high in zip(grid.cuts[:-1], grid.cuts[1:], strict=True)]  # fmt: skip
    park = Park(
        number=number, district=district, origin=origin, angle=angle,
        width=grid.width, height=grid.height,
        boundary=lattice.place(_boundary(rng, grid), origin, angle),
        blocks=lattice.place(lattice.outline(grid.nodes), origin, angle),
        strips=lattice.place(np.array(quad), origin, angle),
    )  # fmt: skip
    return park, {
        "park": np.full(slots, number), "strip": np.repeat(grid.row, ROWS * COLUMNS),
        "is_parcel": is_parcel,
        "corners": lattice.place(corners.reshape(slots, 4, 2), origin, angle),
        "coords": lattice.place(points[kept], origin, angle),
        "counts": kept.sum(axis=1)[is_parcel],
    }  # fmt: skip


def _boundary(rng: np.random.Generator, grid: _Grid) -> np.ndarray:
    """Open ring in local metres: straight to east and west, a little ragged to south and north."""
    x = np.linspace(-MARGIN, grid.width + MARGIN, 12)
    ragged = rng.uniform(0, 12, (2, 12))
    south = np.column_stack([x, -MARGIN + ragged[0]])
    north = np.column_stack([x, grid.height + MARGIN - ragged[1]])[::-1]
    return np.concatenate([south, north])


def _turn(vector: np.ndarray, angle: float) -> np.ndarray:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([vector[0] * cosine - vector[1] * sine, vector[0] * sine + vector[1] * cosine])


def _district_grid(
    grids: list[_Grid], home: np.ndarray, districts: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Cell size (2,), south-west corner (2,), and how many districts lie side by side."""
    largest = max(float(np.hypot(grid.width, grid.height)) for grid in grids)
    most = int(np.bincount(home).max())
    side = int(np.ceil(np.sqrt(most)))
    pitch = 1.7 * (largest + 2 * MARGIN)
    cell = np.maximum([22_500.0, 33_000.0], side * pitch)
    across = 3 if districts == 6 else int(np.ceil(np.sqrt(districts)))
    corner = CENTRE - cell * np.array([across, -(-districts // across)]) / 2
    return cell, corner, across


def _middles(home: np.ndarray, cell: np.ndarray, corner: np.ndarray, across: int) -> np.ndarray:
    """Where the middle of each park goes: a regular place inside its district."""
    first = np.searchsorted(home, home)
    order = np.arange(len(home)) - first
    side = int(np.ceil(np.sqrt(np.bincount(home).max())))
    inner = np.column_stack([order % side, order // side]) + 0.5
    southwest = corner + np.column_stack([home % across, home // across]) * cell
    return southwest + inner / side * cell


def _districts(
    rng: np.random.Generator, cell: np.ndarray, corner: np.ndarray, across: int, districts: int
) -> lattice.Rings:
    up = -(-districts // across)
    x, y = np.meshgrid(np.arange(across + 1) * cell[0], np.arange(up + 1) * cell[1])
    nodes = (np.stack([x, y], axis=-1) + corner)[None]
    nodes += rng.uniform(-600, 600, nodes.shape)
    points, used, _ = lattice.cell_rings(rng, nodes, jitter_m=350.0, most=16)
    count = across * up
    points, used = points.reshape(count, -1, 2), used.reshape(count, -1)
    points, used = points[:districts], used[:districts]
    return lattice.Rings(np.round(points[used], lattice.MILLIMETRE), used.sum(axis=1))


def road_polygons(ground: Ground) -> np.ndarray:
    """One polygon a park: its ground between the blocks, with the blocks as holes."""
    return np.array([shapely.Polygon(park.boundary, park.blocks) for park in ground.parks])
