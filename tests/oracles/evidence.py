"""Evidence from images, parcel by parcel in plain Python; unknown is None."""

from __future__ import annotations

PIXELS_MIN, COVERED_MIN, BUILT_MIN, BARE_MAX, GREEN_MIN = 9, 0.80, 0.30, 0.10, 0.40


def register(parcel: dict, kept: dict, as_of) -> tuple[str | None, object]:
    """What the register says of a parcel, and since when.

    ``kept`` names the milestones whose date some row of the register holds: only there does an empty
    cell say "not yet".
    """
    if parcel["contract_id"] is None:
        return None, None

    def reached(milestone: str) -> bool | None:
        when = parcel[f"actual_{milestone}_date"]
        if when is None:
            return False if kept[milestone] else None
        return when <= as_of

    if reached("production"):
        return "in_production", parcel["actual_production_date"]
    if reached("start") is False and not reached("completion"):
        delivered = parcel["actual_delivery_date"]
        return "not_started", parcel["signed_date"] if delivered is None else delivered
    return None, None


def says(image: dict) -> str:
    """What one image says of one parcel: ``built``, ``bare``, ``unclear`` or ``not_judged``."""
    if image["pixels"] is None or image["pixels"] < PIXELS_MIN:
        return "not_judged"
    if image["covered_share"] < COVERED_MIN or image["kind"] == "night_lights":
        return "not_judged"
    if image["kind"] == "ndvi":
        return "bare" if image["mean"] >= GREEN_MIN else "unclear"
    if image["mean"] >= BUILT_MIN:
        return "built"
    return "bare" if image["mean"] <= BARE_MAX else "unclear"


def conflict(parcel: dict, images: list[dict], kept: dict, as_of) -> bool | None:
    """Whether the latest images that can speak contradict the register; None: open."""
    said, since = register(parcel, kept, as_of)
    if said is None or since is None:
        return None
    speaking = [one for one in images if says(one) in ("built", "bare") and since <= one["date"] <= as_of]
    if not speaking:
        return None
    last = max(one["date"] for one in speaking)
    against = {"not_started": "built", "in_production": "bare"}[said]
    answers = {says(one) == against for one in speaking if one["date"] == last}
    return answers.pop() if len(answers) == 1 else None
