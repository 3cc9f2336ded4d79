"""Parks (园区四至范围): boundaries of industrial parks and what the park is."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

LAYER = Layer(
    "parks", "园区", "Parks",
    (
        Field("park_id", "code", "园区代码", "Park code",
              ("园区代码", "园区编号", "开发区代码", "代码", "KFQDM", "YQDM", "park_code"),
              required=True, is_key=True),
        Field("park_name", "text", "园区名称", "Park name",
              ("园区名称", "开发区名称", "名称", "园区", "KFQMC", "YQMC", "NAME", "name"),
              required=True),
        Field("level", "choice", "级别", "Level",
              ("批准级别", "园区级别", "开发区级别", "级别", "等级"),
              choices={
                  "national": ("国家级", "国务院", "国家"),
                  "municipal": ("市级", "省级", "省政府", "市政府", "直辖市级", "provincial"),
                  "district": ("区级", "县级", "区县级", "区政府", "县政府", "county"),
              }),
        Field("kind", "text", "园区类型", "Kind", ("园区类型", "开发区类型", "类型")),
        Field("district_code", "code", "区县代码", "District code",
              ("区县代码", "行政区代码", "行政区划代码", "所属区县代码", "XZQDM")),
        Field("leading_industries", "list", "主导产业", "Leading industries",
              ("主导产业", "主导产业代码", "支柱产业", "ZDCY")),
        Field("has_special_safety", "boolean", "有特殊安全环保要求", "Special safety needs",
              ("有特殊安全环保要求", "是否有特殊安全环保要求", "特殊安全要求", "是否化工园区", "化工园区")),
        Field("is_characteristic_base", "boolean", "特色产业基地", "Characteristic base",
              ("特色产业基地", "是否特色产业基地", "是否市级特色产业基地")),
        Field("is_national_demonstration_base", "boolean", "国家新型工业化产业示范基地",
              "National demonstration base",
              ("国家新型工业化产业示范基地", "国家示范基地", "是否国家新型工业化产业示范基地",
               "是否国家示范基地")),
        Field("approved_area_m2", "number", "核准面积", "Approved area",
              ("核准面积", "批准面积", "审核面积", "规划面积", "approved_area", "HZMJ"),
              unit="m2", minimum=0, exclusive_minimum=True),
    ),
    geometry="polygon", unique_key=("park_id",),
)  # fmt: skip
