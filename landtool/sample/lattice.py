"""Grids of irregular quads as arrays: shared nodes, densified and jittered edges, rings.

A block is a lattice of ``rows + 1`` by ``columns + 1`` nodes; its cells share edges exactly, so that
neighbours touch without gap or overlap. Everything is done for all blocks of a park at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

EDGE_POINTS = 6
MILLIMETRE = 3  # decimals kept in coordinates


@dataclass(frozen=True)
class Rings:
    """Rings in one coordinate array: ``coords`` (points, 2) and ``counts`` points per ring."""

    coords: np.ndarray
    counts: np.ndarray

    def polygons(self) -> np.ndarray:
        """The rings as shapely polygons (not closed: shapely closes them)."""
        return polygons(self.coords, self.counts)


def polygons(coords: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Polygons without holes from open rings laid end to end.

    Examples
    --------
    >>> polygons(np.array([[0, 0], [2, 0], [2, 1], [0, 1]]), np.array([4]))[0].area
    2.0
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    return np.asarray(shapely.polygons(shapely.linearrings(coords, indices=owner)))


def quads(corners: np.ndarray) -> np.ndarray:
    """Polygons of four corners, from an array (n, 4, 2)."""
    return np.asarray(shapely.polygons(corners)) if len(corners) else np.empty(0, dtype=object)


def place(points: np.ndarray, origin: np.ndarray, angle: float) -> np.ndarray:
    """Turn local points by ``angle`` (radians), move them to ``origin``, round to the millimetre."""
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = points @ np.array([[cosine, sine], [-sine, cosine]])
    return np.round(turned + origin, MILLIMETRE)


def edge_points(
    rng: np.random.Generator, begin: np.ndarray, end: np.ndarray, jitter_m: float, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points between the ends of edges, a little off the straight line.

    Parameters
    ----------
    begin, end : ndarray (..., 2)
        Ends of the edges, m.
    jitter_m : float
        Largest distance from the straight line.
    most : int
        Up to so many points an edge; how many is drawn, few more often than many.

    Returns
    -------
    tuple of ndarray
        Points (..., most, 2) and which of them are used (..., most).
    """
    shape = begin.shape[:-1]
    count = 1 + np.floor(most * rng.random(shape) ** 3.6).astype(np.int64)
    step = np.arange(1, most + 1)
    wobble = rng.uniform(-0.25, 0.25, (*shape, most))
    at = (step + wobble) / (count[..., None] + 1)
    along = end - begin
    length = np.hypot(along[..., 0], along[..., 1])[..., None]
    normal = np.stack([-along[..., 1], along[..., 0]], axis=-1) / np.maximum(length, 1e-9)
    off = rng.uniform(-jitter_m, jitter_m, (*shape, most))
    points = begin[..., None, :] + along[..., None, :] * at[..., None]
    return points + normal[..., None, :] * off[..., None], step <= count[..., None]


def cell_rings(
    rng: np.random.Generator, nodes: np.ndarray, jitter_m: float, most: int = EDGE_POINTS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rings of all cells of lattices, neighbours sharing every point of their common edge.

    Parameters
    ----------
    nodes : ndarray (blocks, rows + 1, columns + 1, 2)
        Lattice nodes, m.

    Returns
    -------
    tuple of ndarray
        Points (blocks, rows, columns, k, 2), which are used (… , k), and the four corners
        (…, 4, 2) from the south-west, counter-clockwise.
    """
    flat, flat_used = edge_points(rng, nodes[:, :, :-1], nodes[:, :, 1:], jitter_m, most)
    tall, tall_used = edge_points(rng, nodes[:, :-1], nodes[:, 1:], jitter_m, most)
    southwest, southeast = nodes[:, :-1, :-1], nodes[:, :-1, 1:]
    northeast, northwest = nodes[:, 1:, 1:], nodes[:, 1:, :-1]
    one = np.ones((*southwest.shape[:-1], 1), dtype=bool)
    points = np.concatenate([
        southwest[..., None, :], flat[:, :-1], southeast[..., None, :], tall[:, :, 1:],
        northeast[..., None, :], flat[:, 1:, :, ::-1], northwest[..., None, :],
        tall[:, :, :-1, ::-1],
    ], axis=-2)  # fmt: skip
    used = np.concatenate([
        one, flat_used[:, :-1], one, tall_used[:, :, 1:],
        one, flat_used[:, 1:, :, ::-1], one, tall_used[:, :, :-1, ::-1],
    ], axis=-1)  # fmt: skip
    corners = np.stack([southwest, southeast, northeast, northwest], axis=-2)
    return points, used, corners


def outline(nodes: np.ndarray) -> np.ndarray:
    """Perimeter nodes of each lattice, counter-clockwise: (blocks, perimeter, 2)."""
    return np.concatenate([
        nodes[:, 0, :-1], nodes[:, :-1, -1], nodes[:, -1, :0:-1], nodes[:, :0:-1, 0],
    ], axis=1)  # fmt: skip
