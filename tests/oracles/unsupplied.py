"""Unsupplied land on a grid of unit cells, cell by cell: slow, and easy to check by hand.

Approvals, parcels and buildings are rectangles (west, south, east, north) of whole cells.
"""

from __future__ import annotations


def cells(box: tuple[int, int, int, int]) -> set[tuple[int, int]]:
    west, south, east, north = box
    return {(x, y) for x in range(west, east) for y in range(south, north)}


def sums(approvals: list[dict], parcels: list[dict], this_year: int) -> dict[str, dict[str, int]]:
    """Cells approved, supplied, unsupplied and disposed of this year, by approval number."""
    taken: set = set()
    answer = {}
    given = set().union(*(cells(one["box"]) for one in parcels if one["is_supplied"]), set())
    old = set().union(*(cells(one["box"]) for one in parcels
                        if one["is_supplied"] and one["year"] < this_year), set())
    for one in sorted(approvals, key=lambda row: (row["date"], row["id"])):
        own = cells(one["box"]) - taken
        taken |= own
        answer[one["id"]] = {"approved": len(own), "supplied": len(own & given),
                             "unsupplied": len(own - given), "disposed": len((own & given) - old)}
    return answer
