"""Ugly workbooks, as they come from counties: the tests know what is in them, row by row."""

from __future__ import annotations

import io

import openpyxl

from tests import make


def saved(book: openpyxl.Workbook) -> io.BytesIO:
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def workbook(*rows, name="企业") -> io.BytesIO:
    book = openpyxl.Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    return saved(book)


def ledger() -> io.BytesIO:
    """Titles, a heading of two merged lines, running numbers, totals, a footnote, a sheet before it and a hidden one."""
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["请各县区于月底前报送"])
    hidden = book.create_sheet("旧表")
    hidden.append(["企业名称", "统一社会信用代码"])
    hidden.append(["藏公司", make.code(90090)])
    hidden.sheet_state = "hidden"
    sheet = book.create_sheet("台账")
    for row in LEDGER:
        sheet.append(row)
    for cells in ("A1:J1", "B3:D3", "F3:G3", "H3:I3", "A3:A4", "E3:E4", "J3:J4"):
        sheet.merge_cells(cells)
    return saved(book)


HEAD = [
    ["2024年贵港市科技型企业台账"],
    ["填报单位：某某局", "", "", "", "", "", "", "单位：万元"],
    ["序号", "企业基本信息", "", "", "所属县区", "2023年度", "", "2024年度", "", "备注"],
    ["", "企业名称", "统一社会信用代码", "成立日期", "", "销售收入", "研发费用", "销售收入", "研发费用", ""],
]
LEDGER = [
    *HEAD,
    [1, "甲公司", make.code(90001), "2015年3月1日", "平南县", 100, 5.5, 120, 8, ""],
    [2, "乙公司", make.code(90002), "2016.5.1", "桂平市", 200, "", 210.25, 20, "重点"],
    ["", "小计", "", "", "", 300, 5.5, 330.25, 28],
    [3, "丙公司", make.code(90003), 45000, "平南县", "", "", "不详", "3万", ""],
    [4, "丁公司", make.code(90004), "2018年5月", "平南", "", "", "一百", "", ""],
    HEAD[3],
    [5],
    ["合计", "", "", "", "", 300, 5.5, 330.25, 31],
    ["注：研发费用按加计扣除口径填报"],
]

DAMAGED_HEAD = ["企业全称", "信用代码", "成立时间", "注册资本(万元)", "从业人数", "年度", "营业收入（元）", "所属县区"]
DAMAGED_HEAD += ["联系人", "联系方式"]
ZERO_FILLED = "914508212004926000"


def damaged(known: str, same: str) -> io.BytesIO:
    """Mixed units, codes that a spreadsheet destroyed, duplicates. `known` is a firm on file, `same` another one."""
    return workbook(
        DAMAGED_HEAD,
        ["子公司", make.code(90011), 45000, 120, "35人", 2024, "120万元", "平南县", "张三", "0775-1"],
        ["丑公司", 9.14508212004926e17, "2015-01-01", "", "", "", "", "平南县"],
        ["寅公司", ZERO_FILLED, "2015-01-01", "", "", "", "", "平南县"],
        ["子公司", make.code(90011), 45000, 120, "", 2024, 7, "平南县"],
        ["在册公司", make.code(90012), "", "", "", "", "", "平南县", "王五", "0775-3"],
        ["在册公司", known, "", "", "40名", 2024, "1.5亿元", "平南县", "李四", "0775-2"],
        ["卯公司", make.code(90013), "2023.1", "很多", "", "", "", "平南县"],
        ["不变公司", same, "", "", "", "", "", "平南县"],
        ["辰公司", make.code(90014), "2023年5月", "80万美元", "", "", "", "天边县"],
    )
