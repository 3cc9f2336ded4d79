"""Total industrial land between two snapshots: ledger, transitions, changed pieces, scenario.

The same polygons are paired by a hash of their segments (:mod:`~landtool.balance.identity`) and need no
cutting, the rest is overlaid (:mod:`~landtool.balance.pieces`), every changed piece gets one cause
(:mod:`~landtool.balance.causes`), and the terms are added up and reconciled
(:mod:`~landtool.balance.ledger`). Proposals make a scenario (:mod:`~landtool.balance.scenario`).
"""

from landtool.balance.describe import memo
from landtool.balance.land_use_table import LandUseTable, read_land_use
from landtool.balance.ledger import LandBalance, land_balance
from landtool.balance.raster_balance import RasterBalance, raster_balance
from landtool.balance.rezoning import ScenarioResult, scenario_result
from landtool.balance.scenario import apply_proposals, difference, headroom, pair_replacements
from landtool.balance.series import LandSeries, land_series
from landtool.balance.workspace_layers import (
    WorkspaceBalance,
    balance_of_workspace_layers,
    surveys,
)

__all__ = [
    "LandBalance", "LandSeries", "LandUseTable", "RasterBalance", "ScenarioResult", "WorkspaceBalance",
    "apply_proposals", "balance_of_workspace_layers", "difference", "headroom", "land_balance",
    "land_series", "memo", "pair_replacements", "raster_balance", "read_land_use", "scenario_result", "surveys",
]  # fmt: skip
