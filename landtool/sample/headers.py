"""Field names of the demo's files: Chinese with the unit in brackets, or short survey names."""

from __future__ import annotations

import pandas as pd

from landtool import units
from landtool.schema import LAYERS
from landtool.schema.fields import Field

# Where an office's own word differs from the label of the data model.
_OWN_WORDS = {
    "contracts": {"area_m2": "面积", "price_cny": "成交价款", "agreed_start_date": "约定动工时间",
                  "agreed_completion_date": "约定竣工时间", "actual_start_date": "实际动工时间"},
    "commitments": {"due_date": "达标日期"},
}  # fmt: skip
_OWN_UNITS = {
    "contracts": {"m2": "公顷", "cny": "万元"}, "commitments": {"cny": "万元", "cny_m2": "万元/公顷"},
    "operations": {"cny": "万元"}, "park_statistics": {"m2": "公顷", "cny": "万元"},
    "candidate_projects": {"m2": "亩", "cny": "万元"}, "parks": {"m2": "公顷"},
    "approvals": {"m2": "公顷"},
}  # fmt: skip
_PLAIN_UNITS = {"m2": "平方米", "cny": "元", "cny_m2": "元/平方米", "tce": "吨标准煤", "t": "吨",
                "m": "米", "pct": "%"}  # fmt: skip
_OWN_CHOICES = {
    ("contracts", "kind"): {
        "grant": "出让合同", "allocation": "划拨决定书", "lease": "租赁合同",
        "lease_then_grant": "先租后让", "equity": "作价出资",
    },
}  # fmt: skip

# Shapefile names have ten bytes at most; those that no alias knows stand in the catalogue.
SURVEY_NAMES = {
    "parcel_id": "ZDDM", "contract_id": "DZJGH", "land_use_code": "DLBM", "classification": "FLBZ",
    "park_id": "YQDM", "district_code": "区县代码", "holder": "权利人", "contract_area_m2": "HTMJ",
    "certificate_area_m2": "ZDMJ", "floor_area_m2": "JZMJ", "building_footprint_m2": "JZZDMJ",
    "structure_and_yard_area_m2": "GZWMJ", "service_land_m2": "PTYDMJ",
    "service_floor_area_m2": "PTJZMJ", "green_area_m2": "LDMJ", "supply_status": "供应状态",
    "is_m0": "SFM0", "is_standard_factory": "标准厂房",
}  # fmt: skip
SNAPSHOT_NAMES = {"land_use_code": "DLBM", "land_use_name": "DLMC", "district_code": "ZLDWDM",
                  "polygon_id": "BSM", "recorded_area_m2": "TBMJ"}  # fmt: skip


def header(layer: str, field: Field) -> str:
    """Header of a field in the demo's files.

    Examples
    --------
    >>> header("contracts", LAYERS["contracts"].field("price_cny"))
    '成交价款(万元)'
    """
    word = _OWN_WORDS.get(layer, {}).get(field.name, field.zh)
    unit = _unit(layer, field)
    return f"{word}({unit})" if unit else word


def _unit(layer: str, field: Field) -> str:
    return _OWN_UNITS.get(layer, {}).get(field.unit, _PLAIN_UNITS.get(field.unit, ""))


def in_words(
    layer: str, frame: pd.DataFrame, raw_cells: pd.DataFrame, *, texts: bool = True
) -> pd.DataFrame:
    """A layer as an office keeps it: Chinese headers, its units, its words for choices and yes/no.

    Parameters
    ----------
    raw_cells : DataFrame
        Cells of the layer to be written as they stand (``row``, ``field``, ``text``).
    texts : bool
        Write dates as texts; else leave them dates.
    """
    known = LAYERS[layer]
    columns: dict[str, object] = {}
    for name in [column for column in frame.columns if column != "geometry"]:
        field = known.field(name)
        cells = _cells(layer, field, frame[name], texts)
        odd = raw_cells[raw_cells["field"] == name]
        if len(odd):
            cells = cells.astype("object")
            cells.iloc[odd["row"].to_numpy()] = odd["text"].to_numpy()
        columns[header(layer, field)] = cells
    return pd.DataFrame(columns)


def _cells(layer: str, field: Field, column: pd.Series, texts: bool) -> pd.Series:
    if field.kind == "boolean":
        return column.map({True: "是", False: "否"}).astype("str")
    if field.kind == "list":
        return column.map("、".join).astype("str")
    if field.kind == "choice":
        spelled = _OWN_CHOICES.get((layer, field.name)) or {
            value: spellings[0] if spellings else value
            for value, spellings in (field.choices or {}).items()
        }
        return column.map(spelled).astype("str")
    if field.kind == "date" and texts:
        return column.dt.strftime("%Y-%m-%d").astype("str")
    unit = _unit(layer, field)
    if field.unit in units.DIMENSIONS and unit and units.factor(unit, field.unit) != 1:
        return (column / units.factor(unit, field.unit)).round(6)
    return column
