import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from crm.identifiers import Unreadable, _is_sound, blank, credit_code, day, is_destroyed, name_key, tidy

GOOD = "914508212004926014"


@pytest.mark.parametrize(
    "value",
    [GOOD, f" {GOOD} ", "9145 0821 2004 9260 14", "９１４５０８２１２００４９２６０１４", "91450821-2004926014"],
)
def test_a_credit_code_has_one_form(value):
    assert credit_code(value) == GOOD


def test_letters_become_upper_case():
    assert credit_code("91450800200451869t") == "91450800200451869T"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "缺少统一社会信用代码；请补上 18 位代码"),
        (None, "缺少统一社会信用代码；请补上 18 位代码"),
        ("9145082120049260", "统一社会信用代码“9145082120049260”为 16 位，应为 18 位；请核对营业执照"),
        (
            "91450881MA5K90U19A",
            "统一社会信用代码“91450881MA5K90U19A”校验位不符：前 17 位对应的末位是 M；请核对营业执照",
        ),
        (
            "91450821MA5KL492IO",
            "统一社会信用代码“91450821MA5KL492IO”含有不允许的字符（不使用 I、O、S、V、Z）；请核对营业执照",
        ),
        ("9.14508E+17", "Excel 已损坏该代码（9.14508E+17）；请把该列设为文本格式后重新填写"),
        (914508212004926000, "Excel 已损坏该代码（914508212004926000）；请把该列设为文本格式后重新填写"),
        (
            "914508212004926000",
            "Excel 已损坏该代码（914508212004926000 末三位被改为 0）；请把该列设为文本格式后重新填写",
        ),
        ("0" * 18, "统一社会信用代码“000000000000000000”不是有效代码；请核对营业执照"),
    ],
)
def test_a_false_credit_code_says_why(value, reason):
    with pytest.raises(Unreadable) as refused:
        credit_code(value)

    assert str(refused.value) == reason


def test_tidy_narrows_digits_and_keeps_chinese_brackets():
    assert tidy(" 乌江街５１８号（Ａ座）　二楼\x00 ") == "乌江街518号（A座） 二楼"


@pytest.mark.parametrize("value", ["", None, "N/A", "n/a", "无", "—", "　", "null"])
def test_the_many_ways_of_nothing(value):
    assert blank(value)


def test_a_wrong_decoding_is_seen():
    assert is_destroyed("��ĵļ�")
    assert not is_destroyed("平南县?公司")


@pytest.mark.parametrize(
    ("one", "other"),
    [("贵港（集团）公司", "贵港(集团)公司"), ("ＡＢＣ科技", "abc科技"), ("贵 港科技", "贵港科技")],
)
def test_spellings_of_one_name_share_a_key(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    "text", ["1981-09-10", "1981/9/10", "1981.9.10", "1981年9月10日", "19810910", "1981-09-10 00:00:00"]
)
def test_days_in_their_spellings(text):
    assert str(day(text)) == "1981-09-10"


def test_a_day_that_does_not_exist_is_refused():
    with pytest.raises(Unreadable) as refused:
        day("2023-02-30")

    assert str(refused.value) == "日期“2023-02-30”无法识别；请写成 2023-05-31"


@given(st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXYIOSVZ", min_size=17, max_size=19))
def test_a_code_is_sound_exactly_where_the_library_finds_nothing_wrong(text):
    for candidate in (text, *(text[:17] + sign for sign in "0123456789ABCDEFGHJKLMNPQRTUWXY")):
        assert _is_sound(candidate) == uscc.is_valid(candidate)
