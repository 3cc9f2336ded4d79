"""Proposals (用地调整方案): rezoning that has been drafted, submitted or approved."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

LAYER = Layer(
    "proposals", "用地调整方案", "Proposals",
    (
        Field("proposal_id", "code", "方案编号", "Proposal number",
              ("方案编号", "调整编号", "项目编号", "编号", "FABH"), required=True, is_key=True),
        Field("to_code", "code", "调整后用地代码", "Use after",
              ("调整后用地代码", "调整后用途", "调整后地类", "调整后用地性质", "调整后", "规划地类编码",
               "GHDLBM", "DLBM"), required=True),
        Field("stage", "choice", "阶段", "Stage", ("阶段", "状态", "审批阶段", "办理状态"),
              choices={
                  "draft": ("草案", "编制", "编制中", "拟定", "方案"),
                  "submitted": ("报批", "已上报", "上报", "已报批", "审查", "审查中", "公示"),
                  "approved": ("批准", "已批准", "已批", "批复", "已批复"),
              }),
        Field("replaces", "code", "置换对象", "Paired with",
              ("置换对象", "改一补一对象", "补划对象", "对应方案编号", "替代对象")),
    ),
    geometry="polygon", geometry_required=True, unique_key=("proposal_id",),
)  # fmt: skip
