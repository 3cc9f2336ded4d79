"""Operations: yearly figures of an enterprise or a parcel."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer


def _money(name: str, zh: str, en: str, aliases: tuple[str, ...], *, below_zero: bool) -> Field:
    return Field(name, "number", zh, en, aliases, unit="cny", minimum=None if below_zero else 0)


LAYER = Layer(
    "operations", "经营数据", "Operations",
    (
        Field("enterprise_id", "code", "统一社会信用代码", "Unified social credit code",
              ("统一社会信用代码", "社会信用代码", "信用代码", "组织机构代码", "企业代码", "企业编号",
               "TYSHXYDM", "USCC")),
        Field("parcel_id", "code", "宗地代码", "Parcel code",
              ("宗地代码", "不动产单元号", "宗地编号", "宗地号", "地块编号", "ZDDM", "BDCDYH")),
        Field("year", "integer", "年份", "Year",
              ("年份", "年度", "统计年度", "统计年份", "年", "报告期", "NF"), required=True,
              minimum=1949, maximum=2199),
        _money("gross_output_cny", "工业总产值", "Gross output",
               ("工业总产值", "总产值", "产值", "规上工业总产值", "gross_output", "output"),
               below_zero=False),
        _money("revenue_cny", "营业收入", "Main-business revenue",
               ("主营业务收入", "营业收入", "销售收入", "revenue"), below_zero=False),
        _money("value_added_cny", "工业增加值", "Value added",
               ("工业增加值", "增加值", "value_added"), below_zero=True),
        _money("tax_cny", "税收", "Tax",
               ("实缴税金", "实缴税收", "税收", "税收总额", "纳税总额", "入库税收", "税收收入", "税金",
                "tax"), below_zero=True),
        _money("fixed_investment_cny", "累计固定资产投资", "Fixed investment (cumulative)",
               ("累计固定资产投资", "累计固定资产投资额", "累计完成固定资产投资", "固定资产投资额",
                "固定资产投资", "固定资产原值", "fixed_investment"), below_zero=False),
        Field("energy_tce", "number", "综合能耗", "Energy",
              ("综合能耗", "综合能源消费量", "能源消费量", "能耗", "energy"), unit="tce",
              default_unit="tce", minimum=0),
        Field("emissions_t", "number", "主要污染物排放量", "Emissions",
              ("主要污染物排放量", "污染物排放量", "排放量", "emissions"), unit="t", default_unit="t",
              minimum=0),
        _money("rd_cny", "研发经费", "R&D spending",
               ("研发经费", "研发费用", "研发经费支出", "研发投入", "R&D经费", "R&D经费支出", "rd"),
               below_zero=False),
        Field("employees", "integer", "从业人员", "Employees",
              ("从业人员", "从业人数", "职工人数", "平均用工人数", "用工人数", "员工人数",
               "从业人员平均人数"), unit="count", minimum=0),
    ),
    unique_key=("enterprise_id", "parcel_id", "year"),
)  # fmt: skip
