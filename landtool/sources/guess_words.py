"""Words in file, layer and sheet names that tell what a source is."""

from __future__ import annotations

NAME_WORDS: dict[str, tuple[str, ...]] = {
    "districts": ("区县", "行政区", "区划", "县界", "xzq", "district", "districts", "county", "counties"),
    "parks": ("园区", "开发区", "工业园", "产业园", "高新区", "kfq", "park", "parks"),
    "parcels": ("宗地", "地块", "界址点", "zd", "zddk", "parcel", "parcels", "lot", "lots"),
    "contracts": ("供地结果", "出让合同", "合同", "供地", "供应结果", "土地供应", "出让结果", "成交",
                  "contract", "contracts", "supply_results"),
    "government_causes": ("政府原因", "闲置原因", "government_causes", "government_cause", "causes"),
    "commitments": ("招商", "投资协议", "监管协议", "承诺", "履约", "commitment", "commitments"),
    "enterprises": ("企业名录", "企业清单", "企业", "enterprise", "enterprises", "companies"),
    "occupancy": ("企业用地", "占用", "入驻", "用地关系", "租赁关系", "occupancy"),
    "operations": ("经营", "产值", "税收", "亩均", "企业运行", "运营", "operation", "operations"),
    "buildings": ("建筑", "房屋", "building", "buildings", "footprint", "footprints"),
    "approvals": ("农转用", "批次", "建设用地批准", "报批", "审批", "approval", "approvals"),
    "land_use": ("地类图斑", "dltb", "土地利用", "三调", "二调", "变更调查", "用地现状", "现状用地",
                 "规划用地", "用地规划", "用地用海", "规划", "land_use", "landuse"),
    "control_lines": ("控制线", "红线", "control_line", "control_lines", "kzx"),
    "proposals": ("调整方案", "用地调整", "方案", "proposal", "proposals"),
    "park_statistics": ("园区统计", "开发区统计", "园区年报", "园区评价", "park_statistics", "park_stats"),
    "candidate_projects": ("拟供地", "拟落地", "储备项目", "意向项目", "candidate_projects"),
}
"""Layer -> words, Chinese ones found anywhere, Latin ones as whole words."""

RASTER_WORDS: dict[str, tuple[str, ...]] = {
    "ndvi": ("ndvi", "植被指数"),
    "night_lights": ("night_lights", "nightlight", "nightlights", "night", "viirs", "ntl", "夜光", "灯光"),
    "built_up": ("built_up", "built", "builtup", "impervious", "建成区", "不透水"),
    "land_cover": ("land_cover", "landcover", "lucc", "corine", "lcz", "地表覆盖", "土地覆被"),
}

CLASSIFICATION_BY_FIELD: tuple[tuple[str, str], ...] = (
    ("YDYHFLDM", "yhfl-2023"), ("用地用海分类代码", "yhfl-2023"),
    ("GHFLDM", "yhfl-2023"), ("DLBM", "tdlb-2019"),
)  # fmt: skip
"""Field name (upper case) -> classification, the more telling first."""
