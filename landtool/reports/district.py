"""One district's part of an assessment: the same frames and headline, of its land alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from landtool.assessment import Assessment
from landtool.codes.nearest import nearest
from landtool.errors import InputDataError
from landtool.indicators.progress import STAGES
from landtool.reports.stored_balance import district_memo
from landtool.rules.statuses import IDLE_ORDER
from landtool.summary import by_status, commitment_counts, records

_RATIOS = (
    "output_year", "output_cny", "output_intensity_cny_m2", "output_numerator", "output_denominator",
    "coverage_pct", "target_cny_m2", "output_verdict", "output_gap_cny", "output_gap_m2",
)  # fmt: skip
# What two outlines of one border share.
_BORDER_M2 = 100.0
# Frames that name a parcel or a contract in every row.
_BY_SUBJECT = ("milestones", "deadlines", "control", "low_efficiency", "evidence")
# Headline of the whole workspace that is not told of one district.
_WHOLE_ALONE = ("milestones", "deadlines", "parks", "unsupplied", "control", "evidence", "grades",
                "low_efficiency", "findings")  # fmt: skip


def district_part(result: Assessment, code: str) -> Assessment:
    """Cut an assessment down to one district.

    Parameters
    ----------
    result : Assessment
        With a layer of districts.
    code : str
        ``district_code``, or the district's name.

    Returns
    -------
    Assessment
        Every frame with the rows of the district's land, contracts and enterprises alone; ratios as
        the district's own row has them. What concerns no district (sources, policy numbers, what was
        set aside and what was not assessed) stays whole.

    Raises
    ------
    InputDataError
        If there is no such district.
    """
    row = _district(result, code)
    code, name = str(row["district_code"]), str(row["district_name"])
    parcels = _of(result.parcels, "district_code", code)
    contracts = _contracts(result, parcels, name)
    parks = _of(result.parks, "district_code", code)
    ids = set() if contracts is None else set(contracts["contract_id"].dropna())
    commitments = result.commitments
    if commitments is not None:
        commitments = commitments[commitments["contract_id"].isin(ids)]
    subjects = ids | {code} | _ids(parcels, "parcel_id") | _ids(parks, "park_id")
    findings = result.findings
    if findings is not None:
        findings = findings[findings["subject_id"].isin(subjects)]
    judged = parcels if parcels is not None else contracts
    summary = {
        **{key: value for key, value in result.summary.items() if key not in _WHOLE_ALONE},
        "district": code, "district_name": name, "name": f"{result.summary['name']} {name}",
        "idle": by_status(judged, "idle_status", IDLE_ORDER),
        "lifecycle": by_status(judged, "lifecycle_stage", STAGES),
        "commitments": commitment_counts(commitments),
        "output": _output(result, row, parks), "balance": _balance(result.summary.get("balance"), code, _ids(parks, "park_id")),
        "target_board": [row for row in result.summary.get("target_board") or []
                         if row["subject_id"] in subjects],
    }  # fmt: skip
    part = replace(
        result, summary=summary, parcels=parcels, contracts=contracts, parks=parks,
        districts=_of(result.districts, "district_code", code), region_groups=None, commitments=commitments, findings=findings,
        balance=None if result.balance is None else result.balance[
            (result.balance["region_kind"] == "district") & (result.balance["region_id"] == code)],
        changes=_of(result.changes, "district_code", code),
        unsupplied=_of(result.unsupplied, "district_code", code),
        control_lines=_lines(result.control_lines, row.get("geometry"), result.districts),
        grades=_grades(result.grades, parcels), **{
            name: _inside(getattr(result, name), subjects) for name in _BY_SUBJECT})  # fmt: skip
    if summary["balance"]:
        summary["balance"]["memo"] = district_memo(part, name, result.language)
    return part


def _district(result: Assessment, code: str) -> dict[str, Any]:
    if result.districts is None:
        raise InputDataError("there is no layer of districts", "--district", "leave --district out")
    table = result.districts
    rows = table[(table["district_code"] == code) | (table["district_name"] == code)]
    if rows.empty:
        known = [*table["district_code"].astype("str"), *table["district_name"].astype("str")]
        near = nearest(code, known)
        raise InputDataError(f"no district {code!r}", "--district",
                             f"did you mean {near}?" if near else "use one of: " + ", ".join(known))
    return {str(name): value for name, value in rows.iloc[0].items()}


def _of(frame: pd.DataFrame | None, key: str, value: str) -> pd.DataFrame | None:
    return None if frame is None or key not in frame else frame[frame[key] == value]


def _ids(frame: pd.DataFrame | None, key: str) -> set[Any]:
    return set() if frame is None or key not in frame else set(frame[key].dropna())


def _contracts(result: Assessment, parcels: pd.DataFrame | None, name: str) -> pd.DataFrame | None:
    table = result.contracts
    if table is None:
        return None
    here = pd.Series(False, index=table.index)
    if parcels is not None and "parcel_id" in table:
        here |= table["parcel_id"].isin(_ids(parcels, "parcel_id"))
        here |= table["contract_id"].isin(_ids(parcels, "contract_id"))
    if "district_name" in table:
        here |= (table["district_name"] == name).fillna(False).astype("bool")
    return table[here]


def _inside(frame: pd.DataFrame | None, subjects: set[Any]) -> pd.DataFrame | None:
    """Rows whose parcel or contract is of the district."""
    if frame is None:
        return None
    names = [name for name in ("parcel_id", "contract_id", "subject_id") if name in frame]
    here = pd.Series(False, index=frame.index)
    for name in names:
        here |= frame[name].isin(subjects)
    return frame[here]


def _lines(lines: Any, ground: Any, districts: Any) -> Any:
    """Control lines that enclose ground of the district: one that crosses a border is told in both, whole."""
    if not isinstance(lines, gpd.GeoDataFrame) or ground is None or lines.empty:
        return lines
    own = districts.crs
    shapes = lines.geometry if lines.crs == own else lines.to_crs(own).geometry
    return lines[shapely.area(shapely.intersection(shapes.array, ground)) > _BORDER_M2]


def _grades(frame: pd.DataFrame | None, parcels: pd.DataFrame | None) -> pd.DataFrame | None:
    if frame is None or parcels is None:
        return frame
    return frame[frame["main_parcel_id"].isin(_ids(parcels, "parcel_id"))]


def _output(result: Assessment, row: dict[str, Any], parks: pd.DataFrame | None) -> dict[str, Any]:
    whole = result.summary["output"]
    if not whole["city"]:
        return dict(whole)
    known = pd.DataFrame([{name: row.get(name) for name in _RATIOS}])
    names = set() if parks is None else set(parks["park_name"].dropna())
    return {**whole, "city": records(known)[0], "region_groups": [],
            "parks": [park for park in whole["parks"] if park["name"] in names],
            "lorenz": {"gini": None, "land_share": [], "output_share": []}}


def _balance(found: dict[str, Any] | None, code: str, parks: set[Any]) -> dict[str, Any] | None:
    """The district's own row as the whole, its parks as regions."""
    if not found:
        return None
    rows = [row for row in found["regions"] if row["region_kind"] == "district" and row["region_id"] == code]
    inside = [row for row in found["regions"] if row["region_kind"] == "park" and row["region_id"] in parks]
    return None if not rows else {**found, **rows[0], "regions": inside, "memo": ""}
