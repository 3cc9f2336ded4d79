"""Buildings: footprints that stand on parcels."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

LAYER = Layer(
    "buildings", "建筑物", "Buildings",
    (
        Field("building_id", "code", "建筑编号", "Building number",
              ("建筑编号", "建筑物编号", "幢号", "楼幢号", "自然幢号", "ZRZH", "JZWBH", "BSM"),
              required=True, is_key=True),
        Field("floors", "number", "层数", "Storeys",
              ("层数", "总层数", "地上层数", "楼层数", "ZCS", "CS", "Floor", "floor"), unit="count",
              minimum=0, maximum=300),
        Field("height_m", "number", "高度", "Height",
              ("高度", "建筑高度", "层高", "JZGD", "GD", "height"), unit="m", default_unit="m",
              minimum=0, maximum=2000),
        Field("floor_area_m2", "number", "建筑面积", "Floor area",
              ("建筑面积", "总建筑面积", "JZMJ", "SCJZMJ", "floor_area"), unit="m2", minimum=0),
        Field("kind", "choice", "类型", "Kind", ("类型", "建筑类型", "地物类型", "JZLX"),
              choices={
                  "building": ("建筑物", "建筑", "厂房", "房屋"),
                  "structure": ("构筑物",),
                  "yard": ("堆场", "露天堆场", "露天操作场地"),
                  "service": ("行政办公", "生活服务", "配套", "行政办公及生活服务设施", "办公", "宿舍"),
              }),
    ),
    geometry="polygon", geometry_required=True, unique_key=("building_id",),
)  # fmt: skip
