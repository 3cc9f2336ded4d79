"""Approvals (建设用地批准): construction land approved in batches or for single sites."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

LAYER = Layer(
    "approvals", "建设用地批准", "Approvals",
    (
        Field("approval_id", "code", "批准文号", "Approval number",
              ("批准文号", "批次编号", "批文号", "批准编号", "农转用批准文号", "PZWH", "PCBH"),
              required=True, is_key=True),
        Field("approved_date", "date", "批准日期", "Approved",
              ("批准日期", "批准时间", "批复日期", "批复时间", "批准年月", "PZRQ", "PZSJ"),
              required=True),
        Field("kind", "choice", "批准类型", "Kind",
              ("批准类型", "用地类型", "报批类型", "类型"),
              choices={
                  "batch": ("批次", "批次用地", "城市批次", "城镇批次", "城市分批次"),
                  "single_site": ("单独选址", "单选", "单独选址项目", "单独选址用地"),
              }),
        Field("area_m2", "number", "批准面积", "Approved area",
              ("批准面积", "批准建设用地面积", "面积", "用地面积", "PZMJ", "area"), unit="m2",
              minimum=0, exclusive_minimum=True),
    ),
    geometry="polygon", geometry_required=True,
)  # fmt: skip
