"""Per-mu grading, one enterprise at a time: slow, and easy to check by hand.

An enterprise is a dict of indicator values (None: unknown). Classes go by the mean place of those
with equal scores.
"""

from __future__ import annotations


def score_of(values: dict, weights: dict, benchmarks: dict, cap: float) -> float | None:
    total = 0.0
    for name, weight in weights.items():
        if weight == 0:
            continue
        value = values[name]
        if value is None:
            return None
        mark = benchmarks[name]
        part = value / mark if mark > 0 else (cap if value >= 0 else 0.0)
        total += weight * 100.0 * min(max(part, 0.0), cap)
    return round(total, 9)


def min_max_score_of(values: dict, everyone: list[dict], weights: dict) -> float | None:
    total = 0.0
    for name, weight in weights.items():
        if weight == 0:
            continue
        if values[name] is None:
            return None
        seen = [other[name] for other in everyone]
        low, high = min(seen), max(seen)
        total += weight * 100.0 * ((values[name] - low) / (high - low) if high > low else 1.0)
    return round(total, 9)


def grades_of(scores: list[float | None], cuts: dict) -> list[str | None]:
    known = sorted((score for score in scores if score is not None), reverse=True)
    grades: list[str | None] = []
    for score in scores:
        if score is None:
            grades.append(None)
            continue
        places = [at + 1 for at, other in enumerate(known) if other == score]
        place = sum(places) / len(places)
        for grade in "ABC":
            if place <= cuts[grade] * len(known) + 1e-9:
                grades.append(grade)
                break
        else:
            grades.append("D")
    return grades


def graded(enterprises: list[dict], weights: dict, cuts: dict, benchmarks: dict, cap: float) -> list:
    return grades_of([score_of(row, weights, benchmarks, cap) for row in enterprises], cuts)


def graded_by_min_max(enterprises: list[dict], weights: dict, cuts: dict) -> list:
    used = [name for name, weight in weights.items() if weight > 0]
    counted = [row for row in enterprises if all(row[name] is not None for name in used)]
    return grades_of([min_max_score_of(row, counted, weights) for row in enterprises], cuts)
