"""What is known of the exports that real sources come in: units they leave out, headers that mislead.

A format is recognised by headers that only it has, and each says on what evidence it rests. A unit that
a header, the catalogue or the format does not give stays unknown: it is never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NEXT = "+1"
"""Suffix of a header that means: the column to the right of it (which may have no name)."""


@dataclass(frozen=True)
class ExportFormat:
    """One known form of export.

    Attributes
    ----------
    name : str
        Stable name; may be given to :func:`landtool.schema.conform.conform`.
    layer : str
        The layer it fills.
    marks : tuple of str
        Headers that together tell it; all must be there.
    nameless_after : str
        Header whose neighbour on the right must have no name.
    reason : str
        Why the units and columns below hold.
    units : mapping
        Header to unit, for headers without one.
    columns : mapping
        Canonical name to source headers, where the aliases would choose wrongly; a later header fills
        the cells that the earlier ones leave blank. None: the format does not hold the field, whatever
        its headers say.
    """

    name: str
    layer: str
    marks: tuple[str, ...]
    reason: str
    nameless_after: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_HA_WAN = {"面积": "公顷", "总面积": "公顷", "土地面积": "公顷", "成交价格": "万元", "年租总金额": "万元"}

FORMATS: tuple[ExportFormat, ...] = (
    ExportFormat(
        "landchina-term-without-header", "contracts",
        marks=("供地方式", "土地级别", "电子监管号"), nameless_after="行业分类",
        reason="the term stands under 行业分类 and the industry under the nameless column beside it",
        units=_HA_WAN,
        columns={"term_years": ("行业分类",), "industry_code": ("行业分类" + NEXT,)},
    ),
    ExportFormat(
        "landchina-joined-notices", "contracts",
        marks=("供应公告标题", "电子监管号", "行政区.3"),
        reason="notice, list and result are joined side by side; the result's own columns count",
        units=_HA_WAN,
        columns={"district_name": ("行政区.3",), "area_m2": ("面积",), "supply_mode": ("供地方式",),
                 "land_use_code": ("土地用途.2",), "signed_date": ("合同签订日期",),
                 "term_years": ("土地使用年限",), "parcel_id": ()},
    ),
    ExportFormat(
        "landchina-swapped-far", "contracts",
        marks=("链接", "分期支付", "约定容积率(上限)", "约定容积率(下限)"),
        reason="upper and lower FAR are swapped: wherever both are given, the 'upper' is the smaller",
        units=_HA_WAN,
        columns={"far_min": ("约定容积率(上限)",), "far_max": ("约定容积率(下限)",)},
    ),
    ExportFormat(
        "landchina-english", "contracts",
        marks=("Electronic supervision number", "Land use right holder Row 1"),
        reason="the holder is spread over two columns, one of which is filled",
        columns={"holder": ("Land use right holder Row 1", "Land use right holder Row 2")},
    ),
    ExportFormat(
        "landchina-json", "contracts",
        marks=("idnumber", "time4commencement_plan", "area", "price"),
        reason="the national land-market site states hectares and 万元; the field names drop them",
        units={"area": "公顷", "price": "万元"},
    ),
    ExportFormat(
        "landchina-lease", "contracts",
        marks=("宗地标识", "出租期限", "年租总金额"),
        reason="the national land-market site states hectares and 万元; the first 到期时间 is the expiry",
        units=_HA_WAN,
    ),
    ExportFormat(
        "landchina", "contracts",
        marks=("电子监管号", "供地方式", "土地级别"),
        reason="the national land-market site states hectares and 万元",
        units=_HA_WAN,
    ),
)  # fmt: skip

REGULATION_UNITS: Mapping[str, str] = MappingProxyType(dict.fromkeys(
    ("TBMJ", "KCMJ", "TBDLMJ", "ZDMJ", "JZMJ", "JZZDMJ", "SCJZMJ", "SYQMJ", "FZMJ"), "平方米"
))
"""Field codes whose unit the survey and registration database regulations set (square metres)."""
