"""Districts (区县): the county-level divisions in which land is counted."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

LAYER = Layer(
    "districts", "区县", "Districts",
    (
        Field("district_code", "code", "区县代码", "District code",
              ("区县代码", "行政区代码", "行政区划代码", "区划代码", "XZQDM", "XZQHDM", "adcode", "gb",
               "gb_code", "PAC", "code"),
              required=True, is_key=True),
        Field("district_name", "text", "区县名称", "District name",
              ("区县名称", "行政区名称", "区县", "行政区", "名称", "XZQMC", "NAME", "name"),
              required=True),
        Field("region_group", "choice", "区域板块", "Region group",
              ("区域板块", "片区", "板块", "区域", "区域分组", "region"),
              choices={
                  "中心城区": ("主城区", "主城", "central", "central_urban"),
                  "主城新区": ("渝西", "main_new_area", "new_area"),
                  "渝东北": ("渝东北三峡库区城镇群", "渝东北城镇群", "northeast"),
                  "渝东南": ("渝东南武陵山区城镇群", "渝东南城镇群", "southeast"),
              }),
        Field("land_grade", "integer", "土地等别", "Land grade",
              ("土地等别", "等别", "城镇土地等别", "TDDB"), minimum=1, maximum=15),
    ),
    geometry="polygon", geometry_required=True, unique_key=("district_code",),
)  # fmt: skip
