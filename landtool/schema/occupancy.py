"""Occupancy: which enterprise stands on which parcel, from when to when."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

LAYER = Layer(
    "occupancy", "占用关系", "Occupancy",
    (
        Field("enterprise_id", "code", "统一社会信用代码", "Unified social credit code",
              ("统一社会信用代码", "社会信用代码", "信用代码", "组织机构代码", "企业代码", "企业编号",
               "TYSHXYDM", "USCC"), required=True),
        Field("parcel_id", "code", "宗地代码", "Parcel code",
              ("宗地代码", "不动产单元号", "宗地编号", "宗地号", "地块编号", "ZDDM", "BDCDYH"),
              required=True),
        Field("from_date", "date", "起始日期", "From",
              ("起始日期", "开始日期", "入驻日期", "入驻时间", "起始时间", "租赁起始日期", "from")),
        Field("to_date", "date", "终止日期", "To",
              ("终止日期", "结束日期", "退出日期", "迁出日期", "终止时间", "租赁终止日期", "to")),
        Field("occupied_area_m2", "number", "占用面积", "Occupied area",
              ("占用面积", "用地面积", "使用面积", "占地面积", "租赁面积", "实际用地面积",
               "occupied_area"), unit="m2", minimum=0, exclusive_minimum=True),
        Field("is_tenant", "boolean", "是否租用", "Tenant",
              ("是否租用", "是否承租", "租用", "承租", "是否租赁")),
    ),
    unique_key=("enterprise_id", "parcel_id", "from_date"),
)  # fmt: skip
