"""Published lists read from any format, and each line matched with the firms we know. Pure tables first."""

import io
import zipfile

import pytest

from crm import archives
from crm.errors import UnreadableFile
from crm.models import FormerName
from crm.published import files, rows
from crm.published.files import published_lines, text_lines
from crm.published.matching import Known, Register, Standing, Twice, match
from crm.published.rows import Listed, listed, read_list
from crm.selectors.register import lookalikes, own_part, register_for
from tests import make
from tests.pipeline import lists

CODE, OTHER = make.code(90001), make.code(90002)


def read(content, name):
    return read_list(published_lines(io.BytesIO(content), name)).rows


TABLE = [
    lists.HEADER,
    ("1", "甲科技（贵港）有限公司", CODE, "GR202545000001", "贵港市"),
    ("2", "乙有限公司", "", "", ""),
]
WANTED = [("甲科技（贵港）有限公司", CODE, "GR202545000001", "贵港市"), ("乙有限公司", "", "", "")]
CSV = "\n".join(",".join(line) for line in TABLE).encode()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (lists.xlsx(TABLE), "a.xlsx"),
        (lists.xlsx([["附件1"], ["拟认定名单"], *TABLE]), "titles.xlsx"),
        (CSV, "a.csv"),
        (CSV.decode().encode("gb18030"), "gb.csv"),
        (lists.docx(TABLE), "a.docx"),
        (lists.text(TABLE), "a.txt"),
        (lists.pdf(["拟认定名单", f"1 甲科技（贵港）有限公司 {CODE} GR202545000001 贵港市", "2 乙有限公司"]), "a.pdf"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_format_gives_the_same_rows(content, name):
    assert [(row.name, row.code, row.number, row.place) for row in read(content, name)] == WANTED


def test_a_merged_cell_of_a_word_table_goes_on_downwards():
    from docx import Document

    document, out = Document(), io.BytesIO()
    table = document.add_table(rows=3, cols=2)
    for place, said in enumerate(["所属地区", "企业名称", "平南县", "甲公司", "", "乙公司"]):
        table.cell(place // 2, place % 2).text = said
    table.cell(1, 0).merge(table.cell(2, 0))
    document.save(out)

    assert [(row.name, row.place) for row in read(out.getvalue(), "a.docx")] == [
        ("甲公司", "平南县"),
        ("乙公司", "平南县"),
    ]


@pytest.mark.parametrize(
    ("line", "name", "number", "place"),
    [
        ("1 广西甲科技有限公司", "广西甲科技有限公司", "", ""),
        (
            "12、桂平市 乙新材料（广西）股份 有限公司 GR202545000002",
            "乙新材料（广西）股份 有限公司",
            "GR202545000002",
            "桂平市",
        ),
        ("3. 平南智造投资中心（有限合伙） 平南县", "平南智造投资中心（有限合伙）", "", "平南县"),
        ("丙农业专业合作社 20264508000A000123", "丙农业专业合作社", "20264508000A000123", ""),
        ("广西贵港 丁科技有限公司", "广西贵港 丁科技有限公司", "", ""),
        ("戊电子厂", "戊电子厂", "", ""),
    ],
)
def test_a_line_of_text_is_taken_apart_by_what_its_parts_look_like(line, name, number, place):
    found = read_list(text_lines(line)).rows[0]

    assert (found.name, found.number, found.place) == (name, number, place)


def test_titles_are_told_and_a_broken_name_is_joined():
    reading = read_list(
        text_lines("附件2\n2026年拟认定高新技术企业名单\n1 广西壮族自治区贵港市平南县某\n科技有限公司\n2 乙公司")
    )

    assert [row.name for row in reading.rows] == ["广西壮族自治区贵港市平南县某科技有限公司", "乙公司"]
    assert reading.skipped == ["附件2", "2026年拟认定高新技术企业名单"]


def test_a_heading_that_comes_again_on_the_next_page_is_no_firm():
    assert [row.name for row in read(lists.xlsx([*TABLE, TABLE[0], ("3", "丙公司", "", "", "")]), "a.xlsx")][2:] == [
        "丙公司"
    ]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("9.14508E+17", "Excel 已损坏该代码"),
        (CODE[:-1] + ("0" if CODE[-1] != "0" else "1"), "校验位不符"),
        ("91450800", "8 位，应为 18 位"),
        ("9145\ufffd0800", "文字在来源处已损坏"),
    ],
)
def test_a_wrong_code_is_told_and_never_guessed(cell, said):
    row = listed(2, raw={}, name="甲公司", code=cell)

    assert row.code == ""
    assert said in row.wrong[0]


def bomb(ending, members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"{number}{ending}", b"\0" * (1 << 20))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"MZ\x90\0", "virus.exe", "不支持“.exe”格式"),
        (b"not a zip", "a.xlsx", "文件内容不是真正的 .xlsx"),
        (b"PK\x03\x04broken", "a.docx", "文件已损坏或已加密"),
        (b"%PDF-1.4 broken", "a.pdf", "PDF 无法读取"),
        (lists.pdf([""]), "scan.pdf", "PDF 里没有文字"),
        (b"\0\0\0\0\xff", "a.txt", "编码无法识别"),
        ("会议通知\n请各单位参会".encode(), "a.txt", "没有找到企业"),
        (bomb("x", 130), "bomb.xlsx", "解压后超过 120 MB"),
        (lists.docx([["企业名称"]]), "empty.docx", "没有找到企业"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_read_gives_one_sentence(content, name, said):
    with pytest.raises(UnreadableFile) as refused:
        read(content, name)

    assert len(refused.value.reasons) == 1
    assert said in refused.value.reasons[0]


def test_an_archive_of_very_many_members_is_refused(monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)

    with pytest.raises(UnreadableFile, match="内部条目过多"):
        read(lists.xlsx(TABLE), "a.xlsx")


def test_a_list_and_a_document_have_an_end(monkeypatch):
    monkeypatch.setattr(rows, "MAX_ROWS", 1)
    monkeypatch.setattr(files, "MAX_PAGES", 0)

    with pytest.raises(UnreadableFile, match="名单超过 1 行"):
        read(CSV, "a.csv")
    with pytest.raises(UnreadableFile, match="PDF 超过 0 页"):
        read(lists.pdf(["甲公司"]), "a.pdf")


# Matching, without a database ----------------------------------------------------------------------------------------

FIRM = Known(1, CODE, "甲科技（贵港）有限公司", "甲科技贵港有限公司", "450000/450800/")
SECOND = Known(2, OTHER, "乙科技有限公司", "乙科技有限公司", "450000/450800/")
REGISTER = Register(
    by_code={CODE: FIRM, OTHER: SECOND},
    by_key={FIRM.key: [FIRM], SECOND.key: [SECOND]},
    by_former={"老甲科技有限公司": [FIRM]},
)
NEW = make.code(90003)


@pytest.mark.parametrize(
    ("name", "code", "standing", "firm"),
    [
        ("甲科技（贵港）有限公司", CODE, Standing.MATCHED, FIRM),
        ("甲科技(贵港)有限公司", "", Standing.MATCHED, FIRM),
        ("甲 科技（贵港） 有限公司", "", Standing.MATCHED, FIRM),
        ("甲科技（贵港）有限公司　", "", Standing.MATCHED, FIRM),
        ("甲科技（贵港）有限责任公司", "", Standing.UNKNOWN, None),
        ("老甲科技有限公司", "", Standing.MATCHED, FIRM),
        ("老甲科技有限公司", CODE, Standing.MATCHED, FIRM),
        ("全新名字有限公司", CODE, Standing.MATCHED, FIRM),
        ("", CODE, Standing.MATCHED, FIRM),
        ("乙科技有限公司", CODE, Standing.DECIDE, None),
        ("乙科技有限公司", NEW, Standing.DECIDE, None),
        ("谁也不认识有限公司", NEW, Standing.UNKNOWN, None),
    ],
)
def test_code_then_name_then_former_name(name, code, standing, firm):
    found = match(Listed(1, name, code), REGISTER)

    assert (found.standing, found.firm) == (standing, firm)


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        (Listed(1, "甲科技(贵港)有限公司", CODE), []),
        (Listed(1, "甲科技(贵港)有限公司"), ["名单没有代码，按名称匹配"]),
        (Listed(1, "老甲科技有限公司", CODE), ["名单使用曾用名；现名“甲科技（贵港）有限公司”"]),
        (
            Listed(1, "新名有限公司", CODE),
            ["代码相同而名称不同：名单为“新名有限公司”，库内为“甲科技（贵港）有限公司”；疑为更名，请核对"],
        ),
        (
            Listed(1, "乙科技有限公司", NEW),
            [f"名称与库内企业相同，但代码不同：名单为 {NEW}，库内为 {OTHER}"],
        ),
    ],
)
def test_a_difference_is_shown(row, reasons):
    assert match(row, REGISTER).reasons == reasons


def test_a_wrong_code_waits_for_a_person_even_where_the_name_is_ours():
    found = match(Listed(1, "乙科技有限公司", wrong=("校验位不符",)), REGISTER)

    assert (found.standing, found.firm) == (Standing.WRONG_CODE, None)
    assert [(one.firm, one.why) for one in found.candidates] == [(SECOND, "名称相同")]


@pytest.mark.parametrize(
    ("again", "standing"),
    [
        (Listed(2, "甲科技（贵港）有限公司"), Standing.DUPLICATE),
        (Listed(2, "随便什么", CODE), Standing.DUPLICATE),
        (Listed(2, "乙科技有限公司", OTHER), Standing.MATCHED),
    ],
)
def test_a_firm_that_stands_twice_is_told(again, standing):
    twice = Twice()
    first = Listed(1, "甲科技(贵港)有限公司", CODE)

    assert twice.check(first, match(first, REGISTER)).standing == Standing.MATCHED
    found = twice.check(again, match(again, REGISTER))

    assert found.standing == standing
    assert found.reasons == (["与第 1 行是同一家企业"] if standing == Standing.DUPLICATE else [])


# With the library ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("广西贵港市甲乙科技有限公司", "甲乙科技"),
        ("平南县智造股份有限公司", "智造"),
        ("桂平新材料有限责任公司", "桂平新材料"),
        ("甲厂", "甲厂"),
    ],
)
def test_the_own_part_of_a_name(name, own):
    assert own_part(name) == own


def test_the_register_is_three_queries_and_lookalikes_one(county, django_assert_num_queries):
    first = make.firm("平南智造科技有限公司", county)
    FormerName.objects.create(firm=first, name="老名有限公司", name_key="老名有限公司")
    make.firm("完全不同食品有限公司", county)

    with django_assert_num_queries(3):
        found = register_for(
            [Listed(1, "平南智造科技（有限公司）", first.credit_code), Listed(2, "老名有限公司")], county.path
        )
    with django_assert_num_queries(1):
        alike = lookalikes(["平南智造科技有限责任公司", "平南制造科技公司", "毫不相干集团"], county.path)

    assert [firm.pk for firm in (found.by_code[first.credit_code], found.by_former["老名有限公司"][0])] == [
        first.pk
    ] * 2
    assert [[(firm.pk, score) for firm, score in one] for one in alike] == [[(first.pk, 100)], [(first.pk, 83)], []]
