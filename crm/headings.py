"""What a Chinese column heading means: the field that goes by that name, its unit and its year. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.fact_codes import FACT_CODES, NO_YEAR, YUAN, kind_of
from crm.identifiers import tidy

FACT = "fact:"
FIRM_HEADERS = {
    "credit_code": (
        "统一社会信用代码",
        "社会信用代码",
        "信用代码",
        "统一信用代码",
        "统一社会信用代码证号",
        "统一代码",
        "纳税人识别号",
    ),
    "name": ("企业名称", "单位名称", "公司名称", "名称", "企业全称", "单位全称", "公司全称", "申报单位", "纳税人名称"),
    "former_name": ("曾用名", "原名称", "曾用名称", "原企业名称"),
    "registered_on": ("注册日期", "成立日期", "成立时间", "注册时间", "设立日期", "登记日期", "注册成立时间"),
    "firm_type": ("企业类型", "公司类型", "登记类型", "企业登记类型"),
    "legal_representative": ("法定代表人", "法人代表", "法人", "法定代表人姓名", "法人姓名"),
    "capital": ("注册资金", "注册资本", "注册资本金"),
    "business_scope": ("经营范围", "主营业务"),
    "province": ("所在省份", "省份", "省"),
    "city": ("地区", "地市", "所在城市", "城市"),
    "county": ("县区", "所属县区", "县(市、区)", "县市区", "所属区划", "园区", "所在县区", "所属县市区", "所属地"),
    "address": ("注册地址", "地址", "住所", "企业地址", "注册住所", "详细地址"),
    "industry": ("行业代码", "国民经济行业代码", "行业"),
    "contact_name": ("联系人", "联系人姓名", "企业联系人"),
    "contact_phone": ("联系电话", "电话", "手机", "联系方式", "手机号", "手机号码", "联系人电话"),
    "contact_email": ("邮箱", "电子邮箱", "电子邮件", "联系邮箱"),
    "year": ("年度", "数据年度", "年份", "会计年度"),
    "basis": ("口径", "统计口径"),
    "source": ("来源", "数据来源"),
}
FIELD_LABELS: dict[str, str | Promise] = {
    "credit_code": _("统一社会信用代码"),
    "name": _("企业名称"),
    "former_name": _("曾用名"),
    "registered_on": _("注册日期"),
    "firm_type": _("企业类型"),
    "legal_representative": _("法定代表人"),
    "capital": _("注册资本"),
    "business_scope": _("经营范围"),
    "province": _("省份"),
    "city": _("地市"),
    "county": _("县区"),
    "address": _("注册地址"),
    "industry": _("行业代码"),
    "contact_name": _("联系人"),
    "contact_phone": _("联系电话"),
    "contact_email": _("邮箱"),
    "year": _("年度"),
    "basis": _("口径"),
    "source": _("来源"),
}
UNITS = ("元", "千元", "万元", "百万元", "亿元")
_UNIT = re.compile(r"[(（\[【]\s*(?:单位[:：])?\s*(元|千元|万元|百万元|亿元|人|项|件|家|个|分|%|％)\s*[)）\]】]$")
_BARE_UNIT = re.compile(r"[,，/]?(万|千|百万|亿)?元$")
_REMARK = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]$")
_YEAR = re.compile(r"^((?:19|20)\d\d)\s*年?度?[-—_·/]?|[(（]?((?:19|20)\d\d)年?度?[)）]?$")
_STATED_UNIT = re.compile(r"单位\s*[:：]?\s*(?:人民币)?\s*(百万元|千元|万元|亿元|元)")
_SPACE = re.compile(r"[\s*＊:：]+")


class Meaning(NamedTuple):
    """What a column holds: a field of the firm or `fact:<code>`, its unit, and the year that its heading names.

    An empty field says that the column is left out.
    """

    field: str
    unit: str = ""
    year: int = NO_YEAR


def plain(heading: str) -> str:
    """What two spellings of one heading share."""
    return _SPACE.sub("", heading).replace("（", "(").replace("）", ")").lower()


@lru_cache(maxsize=1)
def synonyms() -> Mapping[str, str]:
    """The field of each heading that we know, in its plain form."""
    known = {plain(name): field for field, names in FIRM_HEADERS.items() for name in names}
    for fact in FACT_CODES.values():
        for name in (*fact.headers, fact.code):
            known[plain(name)] = f"{FACT}{fact.code}"
    return known


def is_money(field: str) -> bool:
    kind = kind_of(field.removeprefix(FACT)) if field.startswith(FACT) else None
    return field == "capital" or (kind is not None and kind.unit == YUAN)


def is_yearly(field: str) -> bool:
    kind = kind_of(field.removeprefix(FACT)) if field.startswith(FACT) else None
    return kind is not None and kind.per_year


def meaning_of(heading: object) -> Meaning | None:
    """The meaning of a heading such as `研发费用（万元）` or `2024年销售收入`; None when no field goes by that name."""
    text = tidy(heading)
    if not text:
        return None
    if found := _with_unit(text):
        return found
    if (year := _YEAR.search(text)) and (found := _with_unit(text[: year.start()] + text[year.end() :])):
        return found._replace(year=int(year[1] or year[2])) if is_yearly(found.field) else None
    bare = synonyms().get(plain(_REMARK.sub("", text)))  # a remark such as (18位); of a figure it may be its 口径
    return Meaning(bare) if bare and not bare.startswith(FACT) else None


def _with_unit(text: str) -> Meaning | None:
    known = synonyms()
    if field := known.get(plain(text)):
        return Meaning(field)
    if (found := _UNIT.search(text)) and (field := known.get(plain(text[: found.start()]))):
        return Meaning(field, found[1])
    if text.endswith("元"):
        bare = _BARE_UNIT.sub("", text)
        if field := known.get(plain(bare)):
            return Meaning(field, text[len(bare) :].lstrip(",，/"))
    return None


def under(group: str, heading: str) -> Meaning | None:
    """The meaning of a heading below a merged one: the group may give the year, the unit or half of the name."""
    found = meaning_of(heading) or (meaning_of(group + heading) if group else None)
    if found is None or not group:
        return found
    if not found.year and is_yearly(found.field) and (year := _YEAR.search(group)):
        found = found._replace(year=int(year[1] or year[2]))
    if not found.unit and is_money(found.field) and (unit := _UNIT.search(group)):
        found = found._replace(unit=unit[1])
    return found


def stated_unit(text: str) -> str:
    """The unit that a title row states for the whole table, such as 单位：万元; empty when it states none."""
    found = _STATED_UNIT.search(text)
    return found[1] if found else ""
