"""Candidate projects: who asks for land, and what they promise."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer


def _money(name: str, zh: str, en: str, aliases: tuple[str, ...]) -> Field:
    return Field(name, "number", zh, en, aliases, unit="cny", minimum=0)


LAYER = Layer(
    "candidate_projects", "拟供地项目", "Candidate projects",
    (
        Field("project_id", "code", "项目编号", "Project number",
              ("项目编号", "项目代码", "项目编码", "编号", "XMBH", "XMDM"), required=True, is_key=True),
        Field("industry_code", "code", "行业代码", "Industry code",
              ("行业代码", "国民经济行业代码", "行业分类", "行业类别", "所属行业", "行业", "HYDM")),
        Field("area_m2", "number", "用地面积", "Area",
              ("用地面积", "拟用地面积", "拟供地面积", "需求面积", "用地需求", "面积", "area"), unit="m2",
              required=True, minimum=0, exclusive_minimum=True),
        _money("investment_cny", "固定资产投资", "Investment",
               ("固定资产投资", "总投资", "投资额", "总投资额", "计划总投资", "项目总投资")),
        _money("output_cny", "达产年产值", "Yearly output",
               ("达产年产值", "年产值", "预计产值", "预期产值", "产值", "达产产值")),
        _money("tax_cny", "达产年税收", "Yearly tax",
               ("达产年税收", "年税收", "预计税收", "预期税收", "税收", "达产税收")),
        Field("far", "number", "容积率", "FAR", ("容积率", "规划容积率", "拟建容积率", "RJL"),
              unit="ratio", default_unit="ratio", minimum=0, maximum=50, exclusive_minimum=True),
        Field("is_encouraged", "boolean", "鼓励类", "Encouraged",
              ("鼓励类", "是否鼓励类", "是否鼓励类项目", "是否优先发展产业")),
        Field("is_standard_factory", "boolean", "标准厂房", "Standard factory building",
              ("标准厂房", "是否标准厂房")),
        Field("near_parcel_id", "code", "邻近宗地", "Near parcel",
              ("邻近宗地", "邻近宗地代码", "就近宗地", "临近宗地代码")),
    ),
    unique_key=("project_id",),
)  # fmt: skip
