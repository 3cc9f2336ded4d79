"""landtool: see a city's industrial land, judge it against law and contract, explain every flag.

The notebook API. Everything is loaded on first use, so that ``import landtool`` costs nothing.

Examples
--------
>>> import landtool as lt
>>> lt.load_policy("chongqing-2021")["output.target_cny_m2"].value
6500.0
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "Assessment",
    "CrsError",
    "InputDataError",
    "LandBalance",
    "LandtoolError",
    "OutputError",
    "PolicyError",
    "UnknownCodeError",
    "Workspace",
    "apply_proposals",
    "assess",
    "calendar",
    "district_part",
    "ellipsoidal_area_m2",
    "explain",
    "land_balance",
    "land_series",
    "load_policy",
    "make_town",
    "map_assessment",
    "open_workspace",
    "read_land_use",
    "read_results",
    "scenario_of",
    "scenario_result",
    "write_calendar",
    "write_geopackage",
    "write_notice",
    "write_report",
    "write_results",
    "write_town",
    "write_workbook",
]

_HOMES = {
    "Assessment": "landtool.assessment",
    "CrsError": "landtool.errors",
    "InputDataError": "landtool.errors",
    "LandBalance": "landtool.balance",
    "LandtoolError": "landtool.errors",
    "OutputError": "landtool.errors",
    "PolicyError": "landtool.errors",
    "UnknownCodeError": "landtool.errors",
    "Workspace": "landtool.workspace",
    "apply_proposals": "landtool.balance",
    "assess": "landtool.assessment",
    "calendar": "landtool.reports.calendar_file",
    "district_part": "landtool.reports.district",
    "ellipsoidal_area_m2": "landtool.geometry.area",
    "explain": "landtool.explanation",
    "land_balance": "landtool.balance",
    "land_series": "landtool.balance",
    "load_policy": "landtool.policy",
    "make_town": "landtool.sample",
    "map_assessment": "landtool.maps.assessment_map",
    "open_workspace": "landtool.workspace",
    "read_land_use": "landtool.balance",
    "read_results": "landtool.reports.results",
    "scenario_of": "landtool.balance.of_workspace",
    "scenario_result": "landtool.balance",
    "write_calendar": "landtool.reports.calendar_file",
    "write_geopackage": "landtool.reports.geopackage",
    "write_notice": "landtool.reports.notices",
    "write_report": "landtool.reports.document",
    "write_results": "landtool.reports.results",
    "write_town": "landtool.sample",
    "write_workbook": "landtool.reports.workbook",
}

if TYPE_CHECKING:
    from landtool.assessment import Assessment, assess
    from landtool.balance import (
        LandBalance,
        apply_proposals,
        land_balance,
        land_series,
        read_land_use,
        scenario_result,
    )
    from landtool.balance.of_workspace import scenario_of
    from landtool.errors import (
        CrsError,
        InputDataError,
        LandtoolError,
        OutputError,
        PolicyError,
        UnknownCodeError,
    )
    from landtool.explanation import explain
    from landtool.geometry.area import ellipsoidal_area_m2
    from landtool.maps.assessment_map import map_assessment
    from landtool.policy import load_policy
    from landtool.reports.calendar_file import calendar, write_calendar
    from landtool.reports.district import district_part
    from landtool.reports.document import write_report
    from landtool.reports.geopackage import write_geopackage
    from landtool.reports.notices import write_notice
    from landtool.reports.results import read_results, write_results
    from landtool.reports.workbook import write_workbook
    from landtool.sample import make_town, write_town
    from landtool.workspace import Workspace, open_workspace


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'landtool' has no attribute {name!r}")
    # A submodule of the same name (landtool.assessment) must not shadow the function.
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
