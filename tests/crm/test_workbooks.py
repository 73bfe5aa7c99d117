import io

import openpyxl

from crm.workbooks import new_book


def written(*rows, **given):
    file = io.BytesIO()
    with new_book(file) as book:
        sheet = book.sheet("企业", **given)
        for row in rows:
            sheet.write(row)
    return openpyxl.load_workbook(io.BytesIO(file.getvalue())).active


def test_codes_stay_text_and_numbers_numbers():
    sheet = written(["914508212004926014", 12.5, 914508212004926014], headings=["代码", "金额", "数"])

    assert [cell.value for cell in sheet[2]] == ["914508212004926014", 12.5, "914508212004926014"]
    assert [cell.number_format for cell in sheet[2]] == ["@", "General", "@"]
    assert sheet.freeze_panes == "A2"


def test_nothing_in_it_is_a_formula():
    sheet = written(["=1+1", "+86 775", "-3", "@cmd", "甲=乙"])

    assert [cell.data_type for cell in sheet[1]] == ["s"] * 5
    assert [cell.value for cell in sheet[1]] == ["=1+1", "+86 775", "-3", "@cmd", "甲=乙"]
    assert [cell.quotePrefix for cell in sheet[1]] == [True, True, True, True, False]


def test_an_empty_cell_is_left_out():
    assert [cell.value for cell in written(["甲", None, "", 0])[1]] == ["甲", None, None, 0]
