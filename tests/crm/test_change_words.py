"""What was changed is told in words: no code, no unit left out, no needless nought."""

import pytest
from django.utils.translation import override

from crm.change_words import field_words, value_words
from crm.models import Contact

CASES = [
    # the field as history names it, a value, how both are told
    ("2025:rd_cny:super_deduction:declared", "470900.0000", "2025 · 研发费用 · 加计扣除口径（企业申报）", "47.09 万元"),
    ("2024:sales_cny::tax", "12005000", "2024 · 销售收入（税务申报）", "1,200.5 万元"),
    ("2024:employees:quarterly_6m:declared", "35.0", "2024 · 职工总数 · 季平均、满6个月（企业申报）", "35 人"),
    ("0:listed::declared", "1.0000", "已上市（企业申报）", "是"),
    ("0:listed::declared", "0.0000", "已上市（企业申报）", "否"),
    ("0:ip_class1::declared", "", "Ⅰ类知识产权（企业申报）", ""),
    ("capital_amount", "30000000.00", "注册资本", "3,000 万"),
    ("contact:张三:phone", "0775-1", "张三 电话", "0775-1"),
    ("contact.phone", "0775-1", "联系人 电话", "0775-1"),
    ("contact:张三:name", "张三", "联系人", "张三"),
    ("former:甲公司", "甲公司", "曾用名", "甲公司"),
    ("status", "active", "登记状态", "存续"),
    ("mandate", "某所", "代理授权", "某所"),
    ("2024:no_such_figure::declared", "1", "2024:no_such_figure::declared", "1"),
]


@pytest.mark.parametrize(("name", "value", "label", "words"), CASES)
def test_a_change_is_told_in_words(name, value, label, words):
    assert (field_words(name), value_words(name, value)) == (label, words)


def test_a_contact_tells_its_own_fields():
    assert field_words("phone", Contact) == "电话"


def test_english_knows_no_ten_thousands():
    with override("en"):
        assert value_words("2025:rd_cny:super_deduction:declared", "470900.0000") == "470,900 yuan"
        assert value_words("capital_amount", "30000000.00") == "30,000,000"
