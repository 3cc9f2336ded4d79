"""Enterprises: who works on the land."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

LAYER = Layer(
    "enterprises", "企业", "Enterprises",
    (
        Field("enterprise_id", "code", "统一社会信用代码", "Unified social credit code",
              ("统一社会信用代码", "社会信用代码", "信用代码", "组织机构代码", "企业代码", "企业编号",
               "TYSHXYDM", "USCC"), required=True, is_key=True),
        Field("name", "text", "企业名称", "Name",
              ("企业名称", "单位名称", "单位详细名称", "名称", "QYMC")),
        Field("industry_code", "code", "行业代码", "Industry code",
              ("行业代码", "国民经济行业代码", "行业分类", "行业类别", "所属行业", "行业", "HYDM",
               "industry")),
        Field("registered_date", "date", "成立日期", "Registered",
              ("成立日期", "注册日期", "成立时间", "注册时间", "登记日期")),
        Field("is_above_scale", "boolean", "规模以上", "Above scale",
              ("规模以上", "是否规上", "是否规模以上", "规上企业", "规上", "是否规上企业")),
        Field("is_public_utility", "boolean", "公用事业", "Public utility",
              ("公用事业", "是否公用事业", "公共事业", "是否公用企业")),
        Field("has_rd_body", "boolean", "有研发机构", "Has an R&D body",
              ("有研发机构", "是否有研发机构", "研发机构", "是否建立研发机构")),
        Field("has_rd_activity", "boolean", "有研发活动", "Has R&D activity",
              ("有研发活动", "是否有研发活动", "研发活动", "是否开展研发活动")),
    ),
    unique_key=("enterprise_id",),
)  # fmt: skip
