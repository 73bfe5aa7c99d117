"""What the targets pages say in words: the sentence on top, places, paces, what stands apart."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.templatetags.show import day, figure
from pipeline.models import Count, QualityRule
from pipeline.selectors.apart import Restart
from pipeline.selectors.quota_tree import SumCheck
from pipeline.selectors.target_page import Line
from pipeline.selectors.targets import QuotaRow
from pipeline.templatetags.pipeline_tags import pill

register = template.Library()


@register.simple_tag
def pace_basis(row: QuotaRow) -> str:
    """From what the pace was taken: the rounds of earlier years, or the calendar where there were none."""
    if row.pace_years:
        return _("按近 {n} 年批次").format(n=row.pace_years)
    return _("按日历（无往年数据）")


@register.simple_tag
def place(line: Line) -> SafeString | str:
    """第 3 / 14 位, who is one place above and how far, and of which day the others' numbers are."""
    found = line.standing
    if found.rank is None:
        return "—"
    text = _("第 {rank} / {of} 位").format(rank=found.rank, of=found.of)
    small = []
    if found.above:
        away = f"{figure(found.away)} {line.row.unit_name}"
        small.append(_("距前一位{above} {away}").format(above=found.above, away=away))
    if found.as_of:
        small.append(_("各市数截至 {day}").format(day=day(found.as_of)))
    lines = format_html_join("", '<div class="small soft">{}</div>', ((words,) for words in small))
    return format_html('<span title="{}">{}</span>{}', found.source, text, lines)


@register.simple_tag
def lapsed_sentence(apart: dict[str, int]) -> str:
    """Certificates that ran out this year, with and without an open renewal."""
    waiting, lost = apart.get("pending", 0), apart.get("lapsed", 0)
    text = _("今年高企证书到期 {all} 家：重新认定在办 {waiting} 家（未计入保有量），未在办 {lost} 家。")
    return text.format(all=waiting + lost, waiting=waiting, lost=lost)


@register.simple_tag
def restart_sentence(restart: Restart, year: int) -> str:
    """Tech-SME numbers end with their year: who is back, who is not."""
    text = _(
        "上年末 {last} 家科技型中小企业的编号已于 12 月 31 日失效：{year} 年已重新入库 {back} 家，尚未 {left} 家。"
    )
    return text.format(last=restart.last_year, year=year, back=restart.back, left=restart.left)


@register.simple_tag
def check_pill(check: SumCheck) -> SafeString:
    agrees = check.own is not None and not check.difference
    return pill("fine" if agrees else "soon", _("一致") if agrees else _("不一致"))


@register.simple_tag
def quality_rule(rule: QualityRule | None) -> SafeString | str:
    """技术交易额 × 0.5，单项至多 10（桂科〔2026〕1号), or that nobody has said yet."""
    if rule is None:
        return pill("soon", _("待核实"))
    text = _("{measure} × {coefficient}").format(measure=rule.measure_label, coefficient=figure(rule.coefficient))
    if rule.cap is not None:
        text = _("{text}，单项至多 {cap}").format(text=text, cap=figure(rule.cap))
    return _("{text}（{document}）").format(text=text, document=rule.document)


@register.simple_tag
def entry_pill(count: Count) -> SafeString:
    if count.withdrawn_at:
        return pill("wait", _("已撤回"))
    return pill("fine", _("已核验")) if count.verified else pill("soon", _("未核验"))
