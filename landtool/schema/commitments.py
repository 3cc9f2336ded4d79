"""Commitments (约定的投资、产出、税收强度): by grant contract or by investment agreement, one a row."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

METRICS: dict[str, tuple[str, ...]] = {
    "investment": ("投资", "投资强度", "固定资产投资", "固定资产投资强度", "约定投资强度"),
    "output": ("产出", "产值", "产出强度", "土地产出", "地均产出", "亩均产值", "约定产出强度", "工业总产值"),
    "tax": ("税收", "税收强度", "土地税收", "地均税收", "亩均税收", "约定税收强度"),
    "value_added": ("增加值", "工业增加值", "亩均增加值", "地均增加值"),
    "revenue": ("营业收入", "主营业务收入", "亩均营业收入", "亩均收入"),
    "rd": ("研发投入", "研发经费", "研发", "R&D"),
    "employees": ("就业", "就业人数", "带动就业", "带动就业人数", "吸纳就业", "吸纳就业人数", "新增就业", "就业岗位", "提供就业岗位"),
    "energy": ("单位增加值能耗", "单位工业增加值能耗", "万元增加值能耗", "能耗强度", "能耗"),
}  # fmt: skip
#: Metrics that are no money -> the unit of ``amount``: so many persons at least; so many tonnes of coal
#: equivalent for 10 000 CNY of value added at most.
AMOUNTS = {"employees": "persons", "energy": "tce_per_wan"}

LAYER = Layer(
    "commitments", "承诺指标", "Commitments",
    (
        Field("contract_id", "code", "电子监管号", "Supervision number",
              ("电子监管号", "监管号", "合同编号", "合同号", "DZJGH", "HTBH")),
        Field("parcel_id", "code", "宗地代码", "Parcel code",
              ("宗地代码", "不动产单元号", "宗地编号", "宗地号", "地块编号", "ZDDM", "BDCDYH")),
        Field("source", "choice", "约定来源", "Where it is committed",
              ("约定来源", "来源", "文件类型", "协议类型"), required=True,
              choices={
                  "contract": ("出让合同", "合同", "土地出让合同", "国有建设用地使用权出让合同"),
                  "agreement": ("招商引资协议", "投资协议", "协议", "招商协议", "监管协议", "履约监管协议",
                                "产业监管协议", "招商引资合同"),
              }),
        Field("metric", "choice", "指标", "Metric", ("指标", "指标名称", "约定指标", "承诺指标"),
              required=True, choices=METRICS),
        Field("intensity_cny_m2", "number", "约定强度", "Committed intensity",
              ("约定强度", "强度", "承诺强度", "指标值", "约定值", "intensity"), unit="cny_m2",
              minimum=0),
        Field("total_cny", "number", "约定总额", "Committed total",
              ("约定总额", "总额", "承诺总额", "约定金额", "金额", "total"), unit="cny", minimum=0),
        Field("amount", "number", "约定数量", "Committed amount",
              ("约定数量", "数量", "承诺数量", "amount"), minimum=0),
        Field("due_date", "date", "到期日期", "Due",
              ("到期日期", "达标日期", "约定达标日期", "约定日期", "履约日期", "应达成日期", "达产日期",
               "due")),
    ),
    unique_key=("contract_id", "parcel_id", "source", "metric", "due_date"),
)  # fmt: skip
