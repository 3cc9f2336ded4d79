"""Industrial-land control lines (工业用地控制线)."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

LAYER = Layer(
    "control_lines", "工业用地控制线", "Control lines",
    (
        Field("line_id", "code", "控制线编号", "Line number",
              ("控制线编号", "控制线代码", "编号", "BSM", "标识码", "KZXBH"), required=True,
              is_key=True),
        Field("level", "text", "控制线级别", "Level",
              ("控制线级别", "控制线等级", "控制线类型", "级别", "等级", "KZXJB")),
    ),
    geometry="polygon", geometry_required=True,
)  # fmt: skip
