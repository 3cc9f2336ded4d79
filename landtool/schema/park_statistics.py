"""Park statistics: yearly figures of a whole park."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer


def _money(name: str, zh: str, en: str, aliases: tuple[str, ...]) -> Field:
    return Field(name, "number", zh, en, aliases, unit="cny", minimum=0)


def _area(name: str, zh: str, en: str, aliases: tuple[str, ...]) -> Field:
    return Field(name, "number", zh, en, aliases, unit="m2", minimum=0)


def _count(name: str, zh: str, en: str, aliases: tuple[str, ...]) -> Field:
    return Field(name, "integer", zh, en, aliases, unit="count", minimum=0)


LAYER = Layer(
    "park_statistics", "园区统计", "Park statistics",
    (
        Field("park_id", "code", "园区代码", "Park code",
              ("园区代码", "园区编号", "开发区代码", "代码", "YQDM", "KFQDM"), required=True),
        Field("year", "integer", "年份", "Year", ("年份", "年度", "统计年度", "统计年份", "年"),
              required=True, minimum=1949, maximum=2199),
        _money("above_scale_revenue_cny", "规上企业营业收入", "Revenue of above-scale enterprises",
               ("规上企业营业收入", "规上工业企业营业收入", "规上营业收入", "规上工业营业收入",
                "规模以上工业企业营业收入")),
        _money("city_above_scale_revenue_cny", "全市规上企业营业收入",
               "The city's revenue of above-scale enterprises",
               ("全市规上企业营业收入", "全市规上工业企业营业收入", "全市规上营业收入",
                "全市规模以上工业企业营业收入")),
        _money("leading_industry_output_cny", "主导产业产值", "Output of the leading industries",
               ("主导产业产值", "主导产业总产值", "主导产业工业总产值")),
        _money("gross_output_cny", "工业总产值", "Gross output",
               ("工业总产值", "总产值", "规上工业总产值", "产值")),
        _money("rd_cny", "研发经费", "R&D spending",
               ("研发经费", "研发经费支出", "研发投入", "研发费用", "R&D经费支出", "R&D经费")),
        _count("enterprises", "企业数", "Enterprises",
               ("企业数", "规上企业数", "规上工业企业数", "企业数量", "企业个数")),
        _count("enterprises_with_rd_body", "有研发机构企业数", "Enterprises with an R&D body",
               ("有研发机构企业数", "有研发机构的企业数", "设立研发机构企业数")),
        _count("enterprises_with_rd_activity", "有研发活动企业数", "Enterprises with R&D activity",
               ("有研发活动企业数", "有研发活动的企业数", "开展研发活动企业数")),
        Field("facility_satisfaction_pct", "number", "配套设施满意度", "Facility satisfaction",
              ("配套设施满意度", "配套满意度", "设施满意度", "满意度"), unit="pct",
              default_unit="pct", minimum=0, maximum=100),
        _area("developable_area_m2", "可开发建设用地面积", "Developable land",
              ("可开发建设用地面积", "可开发面积", "规划建设用地面积", "可建设用地面积")),
        _area("ready_area_m2", "达到供地条件土地面积", "Land ready for supply",
              ("达到供地条件土地面积", "已达到供地条件土地面积", "达到供地条件面积", "已开发面积")),
        _area("supplied_area_m2", "已供应土地面积", "Supplied land",
              ("已供应土地面积", "已供应国有建设用地面积", "已供应面积", "已供地面积", "已供面积")),
        _area("built_area_m2", "已建成城镇建设用地面积", "Built land",
              ("已建成城镇建设用地面积", "已建成建设用地面积", "已建成面积", "建成面积")),
    ),
    unique_key=("park_id", "year"),
)  # fmt: skip
