import io
import zipfile

import openpyxl
import pytest

from crm import tables
from crm.columns import find_layout
from crm.errors import UnreadableFile
from crm.rows import parse_row
from crm.tables import Line, read_lines
from tests import make

TEXT = "企业名称,统一社会信用代码\n甲公司,1\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_each_encoding(encoding):
    lines = list(read_lines(io.BytesIO(TEXT.encode(encoding)), "a.csv"))

    assert lines == [Line(1, ["企业名称", "统一社会信用代码"]), Line(2, ["甲公司", "1"])]


def test_a_quoted_line_break_keeps_the_numbers_of_the_lines_below():
    lines = list(read_lines(io.BytesIO(b'a,b\n"x\ny",1\nz,2\n'), "a.csv"))

    assert [line.number for line in lines] == [1, 2, 4]


def test_xlsx_lines_are_numbered_as_the_sheet_shows_them():
    book = openpyxl.Workbook()
    book.active["A3"], book.active["B3"] = "企业名称", "统一社会信用代码"
    book.active["A4"], book.active["B4"] = "甲公司", "914508212004926014"
    file = io.BytesIO()
    book.save(file)
    file.seek(0)

    layout, lines = find_layout(read_lines(file, "a.xlsx"))

    assert layout.header_line == 3
    assert [(line.number, line.cells) for line in lines] == [(4, ["甲公司", "914508212004926014"])]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pdf", b"%PDF"), ("a.xlsx", b"not a workbook"), ("a.csv", b"\x00\x01\x02,"), ("a.csv", b"\xff\xff\xff\xff")],
)
def test_a_file_that_makes_no_sense_is_refused(name, content):
    with pytest.raises(UnreadableFile):
        find_layout(read_lines(io.BytesIO(content), name))


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_a_workbook_that_unpacks_to_far_too_much_is_refused_before_it_is_opened(monkeypatch, ending):
    monkeypatch.setattr(tables, "MOST_UNPACKED", 2 << 20)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (3 << 20))

    with pytest.raises(UnreadableFile) as refused:
        list(read_lines(file, f"a.{ending}"))

    assert refused.value.reasons == ["文件解压后超过 2 MB，可能是恶意文件，未作处理；请拆分后上传"]


def test_a_table_without_a_credit_code_says_what_it_found():
    with pytest.raises(UnreadableFile) as refused:
        find_layout([Line(1, ["企业名称", "注册日期"])])

    assert refused.value.reasons == [
        "前 20 行没有找到带“统一社会信用代码”的表头（认出的列：企业名称、注册日期）；请下载模板对照表头"
    ]


def test_headings_in_their_spellings_and_with_units():
    heads = ["单位名称", "信用代码", "年度", "研发费用（万元）", "销售收入 (元)", "资产总额万元", "备注"]

    layout, _lines = find_layout([Line(1, ["2025年高企台账"]), Line(2, heads)])

    assert [(column.field, column.unit) for column in layout.columns] == [
        ("name", ""),
        ("credit_code", ""),
        ("year", ""),
        ("fact:rd_cny", "万元"),
        ("fact:sales_cny", "元"),
        ("fact:assets_cny", "万元"),
    ]
    assert layout.unknown == ("备注",)


def parsed(heads, cells):
    layout, _lines = find_layout([Line(1, heads)])
    return parse_row(Line(2, cells), layout, this_year=2026)


def test_a_row_of_facts_is_read_with_year_basis_and_source():
    code = make.code(1)

    row = parsed(
        ["统一社会信用代码", "企业名称", "年度", "研发费用(万元)", "职工总数", "查账征收", "来源", "口径"],
        [code, "甲公司", "2025", "38.6", "27.5", "是", "税务申报", ""],
    )

    assert row.reasons == []
    assert {key: str(value) for key, value in row.facts.items()} == {
        (2025, "rd_cny", "super_deduction", "tax"): "386000",
        (2025, "employees", "quarterly_6m", "tax"): "27.5",
        (0, "audit_based_tax", "", "tax"): "1",
    }


def test_every_reason_against_a_row_is_given_at_once():
    row = parsed(
        ["统一社会信用代码", "企业名称", "注册日期", "注册资金", "年度", "研发费用", "职工总数"],
        ["123", "甲", "2023-13-01", "很多", "1900", "38.6", "-3"],
    )

    assert row.reasons == [
        "统一社会信用代码“123”为 3 位，应为 18 位；请核对营业执照",
        "注册日期：日期“2023-13-01”无法识别；请写成 2023-05-31",
        "注册资金：金额“很多”无法识别；请写成“100万元”或“100万美元”",
        "年度：年度“1900”应在 1990 与 2026 之间",
        "研发费用：金额“38.6”没有写明是元还是万元；请在单元格或表头写明单位",
        "职工总数：“-3”不能为负数",
    ]


def test_a_yearly_figure_without_a_year_is_refused():
    row = parsed(["统一社会信用代码", "企业名称", "研发费用(万元)"], [make.code(2), "甲", "38.6"])

    assert row.reasons == ["研发费用(万元)：没有写明年度；请加“年度”一列"]


def test_an_empty_line_is_no_row():
    assert parsed(["统一社会信用代码", "企业名称"], ["", "N/A"]) is None
