"""The demo's ``landtool.yaml``."""

from __future__ import annotations

import re

from landtool.sample.town import Town

MARK = "# landtool demo"
MIXED_FILES = {
    "districts": "planning.gpkg", "parks": "planning.gpkg", "parcels": "parcels.shp",
    "contracts": "供地结果.xlsx", "government_causes": "政府原因.csv",
    "commitments": "招商引资协议.xlsx", "enterprises": "企业名录.csv", "occupancy": "occupancy.csv",
    "operations": "operations.csv", "buildings": "buildings.fgb", "approvals": "planning.gpkg",
    "control_lines": "planning.gpkg", "proposals": "proposals.geojson",
    "park_statistics": "park_statistics.xlsx", "candidate_projects": "拟供地项目.csv",
}  # fmt: skip
_HEAD = """\
{mark}
# 示例工作区:区县、园区、企业、数字均为虚构,由 landtool 生成,可以随意修改或删除。
# Demo workspace: every place, company and figure is made up.
name: {name}
policy: {policy}        # 采用的政策参数
as_of: {as_of}              # 评估基准日(当日终了)
crs: {crs}                 # 工作平面坐标系(CGCS2000,中央经线 108°E);面积按椭球面计算
language: zh
layers:
"""
_MIXED = """\
  districts: {path: planning.gpkg, layer: districts}   # 区县(经纬度,EPSG:4490)
  parks: {path: planning.gpkg, layer: parks}           # 园区四至范围
  parcels:                                         # 宗地(GBK 编码的 shapefile,没有 .cpg)
    path: parcels.shp
    encoding: GBK
    columns:                                       # 字段名不超过 10 个字节,单位写在这里
      classification: FLBZ
      contract_area_m2: {field: HTMJ, unit: 平方米}
      certificate_area_m2: {field: ZDMJ, unit: 平方米}
      floor_area_m2: {field: JZMJ, unit: 平方米}
      building_footprint_m2: {field: JZZDMJ, unit: 平方米}
      structure_and_yard_area_m2: {field: GZWMJ, unit: 平方米}
      service_land_m2: {field: PTYDMJ, unit: 平方米}
      service_floor_area_m2: {field: PTJZMJ, unit: 平方米}
      green_area_m2: {field: LDMJ, unit: 平方米}
  contracts: {path: 供地结果.xlsx, sheet: 0}        # 供地结果(单位写在表头)
  government_causes: {path: 政府原因.csv}           # 闲置土地的政府原因
  commitments: {path: 招商引资协议.xlsx}            # 约定的投资、产出、税收
  enterprises: {path: 企业名录.csv}
  occupancy: {path: occupancy.csv}                 # 企业占用宗地
  operations: {path: operations.csv}               # 历年经营数据(GB18030)
  buildings: {path: buildings.fgb}
  approvals: {path: planning.gpkg, layer: approvals}   # 建设用地批准
  control_lines: {path: planning.gpkg, layer: control_lines}  # 工业用地控制线
  proposals: {path: proposals.geojson}             # 用地调整方案
  park_statistics: {path: park_statistics.xlsx}
  candidate_projects: {path: 拟供地项目.csv}
  land_use:                                        # 地类图斑:两期现状、一期规划
    2020:
      path: dltb_2020.gdb
      layer: DLTB
      classification: tdlb-2019
      columns: {recorded_area_m2: {field: TBMJ, unit: 平方米}}
    2025:
      path: dltb_2025.parquet
      classification: yhfl-2023
      columns: {recorded_area_m2: {field: TBMJ, unit: 平方米}}
    plan-2035:
      path: plan_2035.zip
      classification: yhfl-2023
      columns: {recorded_area_m2: {field: TBMJ, unit: 平方米}}
"""


def catalogue_text(town: Town, formats: str) -> str:
    """Text of the catalogue for one of the two ways of writing."""
    head = _HEAD.format(mark=MARK, name=town.name, policy=town.policy, as_of=town.as_of, crs=town.crs)
    body = _mixed(town) if formats == "mixed" else _plain(town)
    if "rasters" not in town.parts:
        return head + body
    rasters = "".join(f"    - {{path: {name}.tif, kind: {raster.kind}, date: {raster.date}}}\n"
                      for name, raster in town.rasters.items())  # fmt: skip
    return f"{head}{body}  rasters:                                         # 影像佐证\n{rasters}"


def _mixed(town: Town) -> str:
    """The entries of the parts that are there: an entry runs to the next of its indent."""
    entries = re.split(r"(?m)^(?=  \w)", _MIXED)
    return "".join(entry for entry in entries if entry.strip().partition(":")[0] in town.parts)


def _plain(town: Town) -> str:
    lines = [f"  {name}: {{path: {name}.{'parquet' if 'geometry' in frame else 'csv'}}}\n"
             for name, frame in town.layers.items()]  # fmt: skip
    snapshots = [f"    {name}: {{path: land_use_{name}.parquet, classification: {classification}}}\n"
                 for name, classification in town.classifications.items()]  # fmt: skip
    return "".join([*lines, *(["  land_use:\n", *snapshots] if "land_use" in town.parts else [])])
