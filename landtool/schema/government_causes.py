"""Government causes (政府原因, Order 53 Art. 8): periods whose days do not count as idle."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

LAYER = Layer(
    "government_causes", "政府原因", "Government causes",
    (
        Field("contract_id", "code", "电子监管号", "Supervision number",
              ("电子监管号", "监管号", "合同编号", "合同号", "DZJGH", "HTBH"), required=True),
        Field("cause_code", "choice", "原因代码", "Cause",
              ("原因代码", "原因", "政府原因", "闲置原因", "原因类型", "原因类别", "cause"),
              required=True,
              choices={
                  "1": ("未按约定交付土地", "未按约定交地", "未按期交地",
                        "延迟交地", "交地延迟", "late_delivery"),
                  "2": ("规划修改", "规划调整", "规划依法修改", "plan_changed"),
                  "3": ("政策调整", "国家政策调整", "政策变化", "policy_changed"),
                  "4": ("群众信访", "信访", "处置群众信访", "petitions"),
                  "5": ("军事管制", "文物保护", "军事管制、文物保护", "军事管制文物保护",
                        "military_or_relics"),
                  "6": ("政府其他行为", "其他政府行为", "其他政府原因", "政府原因", "其他", "other",
                        "政府、政府有关部门的其他行为"),
                  "7": ("不可抗力", "自然灾害", "自然灾害等不可抗力", "force_majeure"),
              }),
        Field("from_date", "date", "起始日期", "From",
              ("起始日期", "开始日期", "起始时间", "开始时间", "起", "from"), required=True),
        Field("to_date", "date", "终止日期", "To",
              ("终止日期", "结束日期", "终止时间", "结束时间", "止", "to"), blank_is_known=True),
        Field("document", "text", "认定文书", "Document",
              ("认定文书", "文号", "依据文件", "文件", "依据", "证明材料")),
    ),
    unique_key=("contract_id", "cause_code", "from_date"),
)  # fmt: skip
