"""The shipped templates as they are written: `python -m landtool.reports.notice_drafts` makes the files anew.

The files under ``notice_templates/`` are what is used; a bureau edits copies of them in Word.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt, RGBColor

from landtool.reports.docx_parts import (
    FANGSONG,
    HEI,
    SONG,
    add_page_numbers,
    add_table,
    document_bytes,
    new_document,
    write,
)

FOLDER = Path(__file__).parent / "notice_templates"
_FACTS = (
    ("土地使用权人", "{{土地使用权人}}"), ("宗地代码", "{{宗地代码}}"), ("电子监管号", "{{电子监管号}}"),
    ("所在园区、区县", "{{园区}}　{{区县}}"), ("宗地面积", "{{宗地面积}}"),
    ("合同类型、签订日期", "{{合同类型}}　{{合同签订日期}}"), ("成交价款", "{{成交价款}}"),
    ("约定、实际交地日期", "{{约定交地日期}}　{{实际交地日期}}"),
    ("约定、实际动工日期", "{{约定动工日期}}　{{实际动工日期}}"), ("抵押情况", "{{抵押情况}}"),
)  # fmt: skip
_REMEDY = ("如不服本决定，可以在法定期限内依法申请行政复议或者提起行政诉讼。逾期不申请行政复议、不提起行政诉讼，"
           "又不履行本决定的，将依法申请人民法院强制执行。")  # fmt: skip
_TEXTS: dict[str, tuple[str, list[str]]] = {
    "investigation": ("闲置土地调查通知书", [
        "经核查，你单位使用的下列国有建设用地涉嫌构成闲置土地。根据《闲置土地处置办法》第五条、第六条的规定，"
        "现决定对该宗土地的开发利用情况进行调查核实。",
        "#一、土地基本情况", "@facts",
        "#二、涉嫌闲置的事实和依据",
        "截至{{评估基准日}}，该宗土地{{闲置情形}}（{{依据条款}}）。起算日为{{起算日}}（{{起算依据}}），"
        "已记录的政府原因为：{{政府原因}}，扣除{{扣除天数}}。计算过程见附件一。",
        "#三、调查的主要内容和需要提交的材料",
        "请自收到本通知书之日起{{答复天数}}内，就土地开发利用情况、闲置原因以及相关说明提交书面材料，包括合同及补充协议、"
        "规划和施工许可文件、已投资额和已动工开发面积的证明，以及主张政府原因、政府有关部门的行为或者不可抗力的证明。",
        "#四、权利和义务",
        "你单位有权陈述、申辩并查阅有关材料；应当配合现场勘测，如实提供情况和材料。逾期不提交材料的，将依据已掌握的证据依法认定。",
    ]),
    "determination": ("闲置土地认定书", [
        "根据《闲置土地处置办法》第九条、第十条的规定，经调查核实，现就下列国有建设用地是否构成闲置土地认定如下。",
        "#一、土地基本情况", "@facts",
        "#二、认定的事实和依据",
        "该宗土地应动工日期（或中止开发日期）为{{起算日}}（{{起算依据}}）；截至{{评估基准日}}，{{闲置情形}}。"
        "已记录的政府原因为：{{政府原因}}，扣除{{扣除天数}}。计算过程见附件一。",
        "#三、闲置原因及认定结论",
        "闲置原因：{{闲置原因}}。依据{{依据条款}}，拟认定该宗土地为闲置土地。",
        "#四、其他事项",
        "认定后，将依法通过门户网站等途径公开有关信息，并按照《闲置土地处置办法》的规定进行处置。抵押情况：{{抵押情况}}。",
    ]),
    "fee_decision": ("征缴土地闲置费决定书", [
        "你单位使用的下列国有建设用地已依法认定为闲置土地。现依据《中华人民共和国城市房地产管理法》第二十六条、"
        "《闲置土地处置办法》第十四条第一项，作出如下决定。",
        "#一、土地基本情况", "@facts",
        "#二、事实和证据",
        "该宗土地应动工日期为{{起算日}}（{{起算依据}}），至{{满一年之日}}满一年未动工开发，闲置原因为{{闲置原因}}；"
        "已告知听证权利。计算过程见附件一。",
        "#三、决定事项",
        "按照土地出让或者划拨价款{{成交价款}}的{{闲置费比例}}征缴土地闲置费，计人民币{{闲置费}}（大写：{{闲置费大写}}）。"
        "土地闲置费不得列入生产成本。",
        "#四、履行方式和期限",
        "自本决定书送达之日起{{缴纳天数}}内，按照规定缴纳土地闲置费。", "#五、救济途径", _REMEDY,
    ]),
    "recovery_decision": ("收回国有建设用地使用权决定书", [
        "你单位使用的下列国有建设用地已依法认定为闲置土地。现依据《中华人民共和国土地管理法》第三十八条、"
        "《中华人民共和国城市房地产管理法》第二十六条、《闲置土地处置办法》第十四条第二项，作出如下决定。",
        "#一、土地基本情况", "@facts",
        "#二、事实和证据",
        "该宗土地应动工日期为{{起算日}}（{{起算依据}}），至{{满两年之日}}满两年未动工开发，闲置原因为{{闲置原因}}；"
        "已告知听证权利。计算过程见附件一。",
        "#三、决定事项", "无偿收回该宗国有建设用地使用权。抵押情况：{{抵押情况}}。",
        "#四、履行方式和期限",
        "自本决定书送达之日起{{注销天数}}内，到不动产登记机构办理国有建设用地使用权注销登记，交回土地权利证书。",
        "#五、救济途径", _REMEDY,
    ]),
    "rectification": ("整改通知书", [
        "根据国有建设用地使用权出让合同和招商引资协议，你单位使用的下列工业用地在全周期土地利用绩效评估中存在未达到约定的情形，"
        "现通知如下。",
        "#一、土地基本情况", "@facts",
        "#二、未达到约定的事项",
        "截至{{评估基准日}}：{{未达标事项}}。逐项数据见附件一。",
        "#三、整改要求",
        "请自收到本通知书之日起{{整改天数}}内提交整改方案，说明原因、措施和完成时限，并按方案完成整改。对上述数据有异议的，"
        "请一并提交证明材料。",
        "#四、后续处理",
        "整改期满将进行复核。仍未达到约定的，将按照合同和协议约定追究违约责任。",
    ]),
}  # fmt: skip


def build(key: str) -> bytes:
    """One shipped template."""
    title, paragraphs = _TEXTS[key]
    document = new_document(FANGSONG, 13)
    header = document.sections[0].header.paragraphs[0]
    header.alignment = WD_ALIGN_PARAGRAPH.CENTER
    write(header, "{{草稿标记}}", HEI, 10.5, bold=True).font.color.rgb = RGBColor(0xC0, 0x00, 0x00)
    add_page_numbers(document.sections[0])
    _line(document, title, SONG, 22, bold=True, centre=True, after=6)
    _line(document, "{{文号}}", FANGSONG, 13, centre=True, after=10)
    _line(document, "{{土地使用权人}}：", FANGSONG, 13)
    for text in paragraphs:
        if text == "@facts":
            add_table(document, ("项目", "内容"), _FACTS, (50.0, 110.0), size_pt=10.5)
            _line(document, "", FANGSONG, 6)
        elif text.startswith("#"):
            _line(document, text[1:], HEI, 13, indent=True, together=True)
        else:
            _line(document, text, FANGSONG, 13, indent=True)
    _line(document, "附件：一、计算表　二、宗地位置示意图", FANGSONG, 13, indent=True, after=12, together=True)
    for text in ("{{发文机关}}", "{{发文日期}}"):
        _line(document, text, FANGSONG, 13, right=True, together=text == "{{发文机关}}")
    _line(document, "附件一　计算表", HEI, 13, page=True, together=True, after=6)
    _line(document, "{{计算表}}", SONG, 10.5)
    _line(document, "附件二　宗地位置示意图", HEI, 13, together=True, before=18, after=6)
    _line(document, "{{位置图}}", SONG, 10.5)
    _line(document, "案件编号：{{案件编号}}", SONG, 9, before=10)
    return document_bytes(document, title)


def _line(
    document: Any, text: str, font: str, size_pt: float, *, bold: bool = False, centre: bool = False,
    right: bool = False, indent: bool = False, together: bool = False, page: bool = False,
    before: float = 0, after: float = 0,
) -> None:  # fmt: skip
    paragraph = document.add_paragraph()
    write(paragraph, text, font, size_pt, bold=bold)
    form = paragraph.paragraph_format
    if centre or right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centre else WD_ALIGN_PARAGRAPH.RIGHT
    if indent:
        form.first_line_indent = Pt(size_pt * 2)
    if right:
        form.right_indent = Mm(15)
    form.keep_with_next, form.page_break_before = together, page
    form.space_before, form.space_after, form.line_spacing = Pt(before), Pt(after), 1.2


if __name__ == "__main__":
    for name in _TEXTS:
        (FOLDER / f"{name}.docx").write_bytes(build(name))
