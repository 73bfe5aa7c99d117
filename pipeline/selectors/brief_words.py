"""The leader's brief in words: one sentence a target, one ask a region; the same on page, mail and workbook."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from crm.templatetags.show import due_day, figure, percent
from pipeline.choices import Confidence, Counter
from pipeline.selectors.briefs import DANGER, MET, ON_WAY, Brief, BriefLine
from pipeline.selectors.forecasts import DONE_WORDS, chance, whole
from pipeline.selectors.pushing import Call
from pipeline.selectors.targets import BEHIND, MISSED, PACE_LABELS, QuotaRow
from pipeline.workflows import PROGRAMMES

LIGHT_WORDS = {DANGER: gettext_lazy("有风险"), ON_WAY: gettext_lazy("推进中"), MET: gettext_lazy("已完成")}
HELD_WORDS = {
    Counter.STOCK: pgettext_lazy("in a sentence", "现有"),
    Counter.NET_GROWTH: pgettext_lazy("in a sentence", "已净增"),
}


def sentence(line: BriefLine) -> str:
    """高企认定：目标 30，已认定 18，预计 27（24–30），完成概率 41 %，还差 12 家."""
    row = line.row
    said = _("{label}：目标 {target}，{word} {done}").format(
        label=row.name, target=figure(row.target), word=_done_word(row), done=figure(row.done, row.decimals)
    )
    said += _outlook(line)
    if row.gap:
        said += _("，还差 {gap} {unit}").format(gap=figure(row.gap), unit=row.unit_name)
    return said


def _done_word(row: QuotaRow) -> str:
    counter = row.indicator.partition(".")[2]
    if row.programme and counter in Counter.values:
        return str((DONE_WORDS | HELD_WORDS)[Counter(counter)])
    return _("已完成")


def _outlook(line: BriefLine) -> str:
    """What is expected, between which numbers and how probably; or why nothing is; else the completion."""
    found = line.forecast
    if found is None:
        return _("，完成率 {ratio}").format(ratio=percent(line.row.completion_ratio))
    if line.too_little:
        return _("，历史样本 {history} 家，太少，不作预测").format(history=found.history)
    said = _("，预计 {expected}（{low}–{high}），完成概率 {probability}").format(
        expected=whole(found.expected),
        low=whole(found.low),
        high=whole(found.high),
        probability=chance(found.probability),
    )
    if found.confidence == Confidence.THIN:
        said += _("（历史样本 {history} 家，仅供参考）").format(history=found.history)
    return said


def headline(brief: Brief) -> str:
    """What matters now in this region, in one sentence; or that nothing needs action."""
    if brief.worst is None:
        text = _("{region} {count} 项目标均已完成，本周无需催办。")
        return text.format(region=brief.region.name, count=len(brief.lines))
    return _("{region}{sentence}。").format(region=brief.region.name, sentence=sentence(brief.worst))


def ask(brief: Brief) -> str:
    """The one thing asked for this week; empty where nothing needs action."""
    if brief.worst is None:
        return ""
    return _ask_of(brief.names) if brief.names else ask_for(brief.worst, own=brief.own)


def ask_for(line: BriefLine, *, own: bool = False) -> str:
    """The one thing asked for one target; that nothing is where it is met."""
    if line.light == MET:
        return _("已完成，无需催办。")
    if line.names:
        return _ask_of(line.names)
    if not line.row.programme:
        return _("请过问“{name}”的进展，并核实已录入的数据。").format(name=line.row.name)
    if own:
        return _("您经办的企业里没有要催的；请核对各家的进度。")
    if line.too_late:
        return _("在办申报里没有催办就能提高概率的，今年再启动也来不及计入；请研判缺口并储备明年的企业。")
    return _("在办申报里没有催办就能提高概率的；请决定是否再启动新的申报。")


def elsewhere(brief: Brief) -> str:
    """That the names are for other targets than the one spoken of first; empty where they are for that one."""
    if brief.worst is None or brief.worst.names or not brief.names:
        return ""
    return _("这项目标没有可催的在办申报；对其他目标作用最大的是：")


def _ask_of(names: tuple[Call, ...]) -> str:
    """请本周过问这 3 家，最早一家须在 11月27日 周五 前办理."""
    number = len(names)
    late = sum(call.overdue for call in names)
    days = [call.due_on for call in names if call.due_on is not None and not call.overdue]
    said = ngettext("请本周过问这 {n} 家", "请本周过问这 {n} 家", number).format(n=number)
    if late:
        said += ngettext("，其中 {n} 家已过最晚应办日", "，其中 {n} 家已过最晚应办日", late).format(n=late)
    elif days:
        said += _("，最早一家须在 {day} 前办理").format(day=due_day(min(days)))
    return _("{said}。").format(said=said)


def last_day_words(call: Call) -> str:
    """11月27日 周五 前，剩 3 个工作日; that it has passed; or that there is none."""
    if call.due_on is None:
        return _("无期限")
    day = due_day(call.due_on)
    if call.overdue:
        return _("{day} 已过").format(day=day)
    return _("{day}前，剩 {n} 个工作日").format(day=day, n=call.workdays)


def editions_words(brief: Brief) -> str:
    """高新技术企业 CN-2016、瞪羚企业 450000-2022."""
    return _("、").join(f"{PROGRAMMES[programme].short_label} {code}" for programme, code in brief.editions)


def numbers(line: BriefLine) -> str:
    """高新技术企业首次认定：完成 18 / 目标 30，缺口 12，完成率 60%，预计 27（24–30），完成概率 41 %，落后进度.

    That it is on pace is left out beside a probability, which says more: 有风险 and 跟上进度 on one line puzzle.
    """
    row = line.row
    said = _("{name}：完成 {done} / 目标 {target}，缺口 {gap}，完成率 {ratio}").format(
        name=row.name,
        done=figure(row.done, row.decimals),
        target=figure(row.target),
        gap=figure(row.gap),
        ratio=percent(row.completion_ratio),
    )
    said += _outlook(line) if line.forecast else ""
    if line.light == MET or (row.pace not in (BEHIND, MISSED) and line.probability is not None):
        return said
    return said + _("，{pace}").format(pace=PACE_LABELS[row.pace])


def folded(lines: list[BriefLine], *, places: bool = False) -> str:
    """与上周相同：高新技术企业首次认定 18/30、…: what needs no second look, in one sentence."""
    parts = []
    for line in lines:
        name = f"{line.row.region_name} {line.row.name}" if places else line.row.name
        parts.append(f"{name} {figure(line.row.done, line.row.decimals)}/{figure(line.row.target)}")
    number = len(lines)
    said = ngettext("与上周相同 {n} 项：{lines}。", "与上周相同 {n} 项：{lines}。", number)
    return said.format(n=number, lines=_("、").join(parts))
