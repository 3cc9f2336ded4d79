"""Contracts (出让合同、划拨决定书、租赁合同): what was agreed on a parcel, and what came of it.

The register's 土地级别 (a city's own price level: 一级, 二级 …) is no land grade (土地等别 1-15) and is
therefore no alias of ``land_grade``: it would set a false floor price.
"""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

_MODE = ("供地方式", "供应方式", "土地供应方式", "出让方式", "供应类型", "supply", "supply_method",
         "Land supply method", "GDFS", "GYFS")  # fmt: skip
_KIND = ("合同类型", "合同种类", "供地类型", "contract_kind", "HTLX")
_GRANTS = {
    "listing": ("挂牌出让", "挂牌", "网上挂牌", "网挂"),
    "auction": ("拍卖出让", "拍卖"),
    "tender": ("招标出让", "招标"),
    "tender_auction_listing": ("招拍挂出让", "招拍挂", "公开出让"),
    "agreement": ("协议出让", "协议"),
    "grant": ("出让", "有偿出让", "国有建设用地使用权出让"),
    "flexible_term": ("弹性年期出让", "弹性出让", "弹性年期"),
}  # fmt: skip
_OTHERS = {
    "allocation": ("划拨", "行政划拨", "划拨供地", "划拨决定书"),
    "lease": ("租赁", "出租", "国有土地租赁", "土地租赁"),
    "long_lease": ("长期租赁", "长租"),
    "lease_then_grant": ("先租后让", "租后让"),
    "lease_grant_combination": ("租让结合", "租让并举"),
    "equity": ("作价出资", "作价出资或入股", "作价出资(入股)", "作价入股", "国家作价出资", "入股"),
    "authorised_operation": ("授权经营", "国家授权经营"),
}  # fmt: skip


def _date(name: str, zh: str, en: str, aliases: tuple[str, ...], *, known: bool = False) -> Field:
    return Field(name, "date", zh, en, aliases, blank_is_known=known)


def _area(name: str, zh: str, en: str, aliases: tuple[str, ...], *, open_minimum: bool) -> Field:
    return Field(name, "number", zh, en, aliases, unit="m2", minimum=0,
                 exclusive_minimum=open_minimum)


def _money(name: str, zh: str, en: str, aliases: tuple[str, ...]) -> Field:
    return Field(name, "number", zh, en, aliases, unit="cny", minimum=0)


def _far(name: str, zh: str, en: str, aliases: tuple[str, ...]) -> Field:
    return Field(name, "number", zh, en, aliases, unit="ratio", default_unit="ratio", minimum=0,
                 maximum=50)


_WHO = (
    Field("contract_id", "code", "电子监管号", "Supervision number",
          ("电子监管号", "监管号", "电子监管编号", "电子监管代码", "合同编号", "合同号", "出让合同编号",
           "供地合同编号", "划拨决定书编号", "决定书编号", "DZJGH", "HTBH", "idnumber",
           "Electronic supervision number", "supervision_number", "contract_no"),
          required=True, is_key=True),
    Field("parcel_id", "code", "宗地代码", "Parcel code",
          ("宗地代码", "不动产单元号", "ZDDM", "BDCDYH", "宗地编号", "宗地号", "地块编号", "宗地标识",
           "地籍号", "地号")),
    Field("district_name", "text", "行政区", "District",
          ("行政区", "行政区名称", "所在地", "所属区县", "区县", "区县名称", "XZQMC", "district",
           "District")),
    Field("holder", "text", "土地使用权人", "Land-use-right holder",
          ("土地使用权人", "受让人", "使用权人", "竞得人", "受让单位", "竞得单位", "用地单位", "权利人",
           "承租人", "QLR", "SRR", "TDSYR", "Land use right holder", "Land use right holder Row 1")),
    Field("kind", "choice", "合同类型", "Contract kind", _KIND,
          choices={
              "grant": tuple(spelling for mode in _GRANTS.values() for spelling in mode)
              + tuple(name for name in _GRANTS if name != "grant") + ("出让合同",),
              "allocation": _OTHERS["allocation"],
              "lease": (*_OTHERS["lease"], *_OTHERS["long_lease"], "long_lease", "租赁合同"),
              "lease_then_grant": (*_OTHERS["lease_then_grant"],
                                   *_OTHERS["lease_grant_combination"], "lease_grant_combination"),
              "equity": _OTHERS["equity"],
          }),
    Field("supply_mode", "choice", "供地方式", "Supply mode", _MODE, choices={**_GRANTS, **_OTHERS}),
)  # fmt: skip
_TERMS = (
    _date("signed_date", "合同签订日期", "Signed",
          ("合同签订日期", "合同签订时间", "签订日期", "签订时间", "签约日期", "合同日期", "HTQDRQ",
           "QDRQ", "date4sign", "Contract signing date")),
    _area("area_m2", "供地面积", "Area",
          ("面积", "供地面积", "供应面积", "出让面积", "出让宗地面积", "合同面积", "成交面积", "宗地面积",
           "土地面积", "总面积", "宗地总面积", "area", "land_area", "GDMJ", "CRMJ", "TDMJ"),
          open_minimum=True),
    _money("price_cny", "成交价格", "Price",
           ("成交价格", "成交价款", "成交价", "成交总价", "出让价款", "土地出让价款", "土地出让金", "出让金",
            "出让价格", "合同价款", "土地价款", "划拨价款", "price", "Transaction price", "CJJG", "CRJK")),
    _money("annual_rent_cny", "年租金", "Yearly rent",
           ("年租金", "年租总金额", "年租金总额", "租金", "annual_rent", "NZJ")),
    Field("term_years", "number", "土地使用年限", "Term",
          ("土地使用年限", "使用年限", "出让年限", "使用年期", "出让年期", "土地年限", "出租期限", "租赁年限",
           "租赁期限", "租期", "年限", "duration", "Land use period in year", "term", "SYNX", "CRNX"),
          unit="years", default_unit="years", minimum=0, maximum=999, exclusive_minimum=True),
    _date("expiry_date", "到期日期", "Expiry",
          ("到期日期", "到期时间", "终止日期", "使用权终止日期", "土地使用终止日期", "使用期限止", "ZZRQ",
           "expiry", "end_date")),
    Field("industry_code", "code", "行业分类", "Industry",
          ("行业代码", "国民经济行业代码", "行业分类", "行业类别", "国民经济行业分类", "所属行业", "HYDM",
           "HYFL", "industry", "Industry category")),
    Field("land_use_code", "code", "土地用途", "Land use",
          ("土地用途", "规划用途", "批准用途", "用途", "地类编码", "TDYT", "YT", "use", "land_use",
           "Land utilisation", "Land utilization")),
    Field("land_grade", "integer", "土地等别", "Land grade",
          ("土地等别", "等别", "城镇土地等别", "TDDB"), minimum=1, maximum=15),
    _far("far_min", "容积率下限", "FAR, lower limit",
         ("容积率下限", "约定容积率(下限)", "约定容积率下限", "容积率(下限)", "最低容积率", "下限",
          "plot_ratio_minimum", "Agreed floor area ratio lower limit", "RJLXX")),
    _far("far_max", "容积率上限", "FAR, upper limit",
         ("容积率上限", "约定容积率(上限)", "约定容积率上限", "容积率(上限)", "最高容积率", "上限",
          "plot_ratio_maximum", "Agreed floor area ratio upper limit", "RJLSX")),
)  # fmt: skip
_AGREED = (
    _date("agreed_delivery_date", "约定交地日期", "Agreed delivery",
          ("约定交地时间", "约定交地日期", "约定交付时间", "约定交付日期", "合同约定交地时间", "YDJDSJ",
           "time4handover_plan", "Agreed land delivery time"), known=True),
    _date("agreed_start_date", "约定动工日期", "Agreed start",
          ("约定开工时间", "约定开工日期", "约定动工时间", "约定动工日期", "约定动工开发日期",
           "约定动工开发时间", "规定动工日期", "合同约定开工时间", "YDKGSJ", "YDDGSJ",
           "time4commencement_plan", "Agreed start time"), known=True),
    _date("agreed_completion_date", "约定竣工日期", "Agreed completion",
          ("约定竣工时间", "约定竣工日期", "约定完工时间", "合同约定竣工时间", "YDJGSJ",
           "time4completion_plan", "Agreed completion time")),
    _date("agreed_production_date", "约定投产日期", "Agreed production",
          ("约定投产时间", "约定投产日期", "协议投产时间", "YDTCSJ")),
)  # fmt: skip
_ACTUAL = (
    _date("actual_delivery_date", "实际交地日期", "Actual delivery",
          ("实际交地时间", "实际交地日期", "实际交付时间", "交地日期", "交地时间", "交地确认书日期",
           "SJJDSJ", "time4handover_reality", "Actual land delivery time"), known=True),
    _date("actual_start_date", "实际动工日期", "Actual start",
          ("实际开工时间", "实际开工日期", "实际动工时间", "实际动工日期", "实际动工开发日期", "开工时间",
           "开工日期", "动工日期", "SJKGSJ", "SJDGSJ", "time4commencement_reality",
           "Actual start time"), known=True),
    _date("actual_completion_date", "实际竣工日期", "Actual completion",
          ("实际竣工时间", "实际竣工日期", "实际完工时间", "竣工时间", "竣工日期", "SJJGSJ",
           "time4completion_reality", "Actual completion time"), known=True),
    _date("actual_production_date", "实际投产日期", "Actual production",
          ("实际投产时间", "实际投产日期", "投产时间", "投产日期", "SJTCSJ"), known=True),
)  # fmt: skip
_PROGRESS = (
    _area("developed_area_m2", "已动工开发面积", "Developed area",
          ("已动工开发面积", "已动工开发建设用地面积", "已动工面积", "已开发面积", "动工开发面积",
           "developed_area", "YDGMJ"), open_minimum=False),
    _area("area_due_m2", "应动工开发面积", "Area due for development",
          ("应动工开发面积", "应动工开发建设用地总面积", "应动工开发建设用地面积", "应动工面积",
           "应开发面积", "YINGDGMJ"), open_minimum=True),
    _money("invested_cny", "已投资额", "Invested",
           ("已投资额", "已投资", "已完成投资", "已完成投资额", "累计投资额", "实际投资额", "实际投资",
            "invested", "YTZE")),
    _money("total_investment_cny", "总投资额", "Total investment",
           ("总投资额", "总投资", "投资总额", "约定总投资", "项目总投资", "计划总投资",
            "total_investment", "ZTZE")),
    _date("suspended_since_date", "中止开发日期", "Suspended since",
          ("中止开发日期", "中止开发建设日期", "中止建设日期", "停工日期", "停工时间", "停建日期",
           "TGRQ"), known=True),
    Field("total_investment_includes_land", "boolean", "总投资含地价", "Total includes land price",
          ("总投资含地价", "总投资是否含地价", "总投资含土地价款", "总投资是否含土地价款", "含地价"),
          blank_is_known=True),
    Field("disposal_route", "choice", "处置方式", "Disposal route",
          ("处置方式", "闲置处置方式", "闲置土地处置方式", "CZFS"),
          choices={
              "extend": ("延长动工开发期限", "延长期限", "延期", "延期开工", "延期开发",
                         "延长开发期限"),
              "change_use": ("调整土地用途", "调整土地用途规划条件", "调整用途", "改变用途",
                             "调整规划条件"),
              "temporary_use": ("安排临时使用", "临时使用", "政府安排临时使用"),
              "paid_recovery": ("协议有偿收回", "有偿收回", "协议收回"),
              "exchange": ("置换土地", "置换", "土地置换"),
              "other": ("其他", "其它", "其他方式"),
          }),
    _date("disposal_start_date", "重新约定动工日期", "Newly agreed start",
          ("重新约定动工日期", "重新约定开工日期", "重新约定的动工日期", "处置后动工日期",
           "延期后动工日期", "新约定动工日期"), known=True),
    Field("remedy", "text", "违约责任", "Remedy for default",
          ("违约责任", "违约条款", "违约约定", "违约金约定", "逾期违约责任")),
    Field("is_mortgaged", "boolean", "是否抵押", "Mortgaged",
          ("是否抵押", "抵押", "抵押状态", "是否设定抵押", "SFDY")),
)  # fmt: skip
LAYER = Layer("contracts", "合同", "Contracts", _WHO + _TERMS + _AGREED + _ACTUAL + _PROGRESS,
              unique_key=("contract_id",))  # fmt: skip
