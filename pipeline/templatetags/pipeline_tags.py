"""Parts that repeat: shapes, ladder badges, deadline pills, stage strips, charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.templatetags.show import icon
from pipeline import charts
from pipeline.choices import Phase
from pipeline.models import Application
from pipeline.selectors.days import DueItem
from pipeline.selectors.firms import FULL, HALF, RUNG_WORDS, STRUCK, Rung
from pipeline.selectors.targets import BEHIND, MET, MISSED, PACE_LABELS, QuotaRow
from pipeline.workflow import Stage
from pipeline.workflows import PROGRAMMES

register = template.Library()

# The three shapes on a 14×14 grid, each with the clip that shows its left half.
OUTLINES = {
    "tech_sme": '<circle class="{0}" cx="7" cy="7" r="5.4"/>',
    "high_tech": '<path class="{0}" d="M7 1.2 12.8 7 7 12.8 1.2 7z"/>',
    "gazelle": '<path class="{0}" d="M7 1.6 13 12.400H1z"/>',
}
HALVES = {
    "tech_sme": '<path class="solid" d="M7 1.600a5.400 5.400 0 0 0 0 10.800z"/>',
    "high_tech": '<path class="solid" d="M7 1.200v11.600L1.200 7z"/>',
    "gazelle": '<path class="solid" d="M7 1.600v10.800H1z"/>',
}


def _svg(programme: str, state: str, size: int = 14) -> SafeString:
    inner = OUTLINES[programme].format("outline")
    if state == FULL:
        inner = OUTLINES[programme].format("solid")
    elif state == HALF:
        inner += HALVES[programme]
    elif state == STRUCK:
        inner += '<path class="strike" d="M1 13 13 1"/>'
    return mark_safe(  # constants only
        f'<svg class="shape" width="{size}" height="{size}" viewBox="0 0 14 14" aria-hidden="true">{inner}</svg>'
    )


@register.simple_tag
def shape(programme: str) -> SafeString:
    """The programme's own shape, so that colour is never alone."""
    return format_html('<span class="{}">{}</span>', programme, _svg(programme, FULL, 12))


@register.simple_tag
def ladder(rungs: Sequence[Rung]) -> SafeString:
    """A firm's ladder badge: three shapes, the year beneath, everything in words for those who cannot see it."""
    return format_html(
        '<span class="ladder">{}</span>',
        format_html_join(
            "",
            '<span class="rung {} {}" title="{}">{}<span aria-hidden="true">{}</span><span class="sr">{}</span></span>',
            (
                (r.state, r.programme, _words(r), _svg(r.programme, r.state), r.year or "·", _words(r) + _("；"))
                for r in rungs or ()
            ),
        ),
    )


def _words(rung: Rung) -> str:
    year = f" {rung.year}" if rung.year else ""
    return _("{programme}：{state}").format(
        programme=PROGRAMMES[rung.programme].short_label, state=f"{RUNG_WORDS[rung.state]}{year}"
    )


TONE_ICONS = {"act": "triangle-alert", "soon": "clock-alert", "wait": "clock", "fine": "circle-check"}


def pill(tone: str, text: Any) -> SafeString:
    """A state with its word and its icon, never colour alone."""
    return format_html('<span class="pill {}">{}{}</span>', tone, icon(TONE_ICONS[tone], 12), text)


@register.simple_tag
def due_pill(item: DueItem | None) -> SafeString | str:
    """Working days left in words."""
    if item is None:
        return ""
    mark = _("（暂定）") if item.deadline.provisional else ""
    return pill(item.tone, f"{days_left(item)}{mark}")


@register.filter
def days_left(item: DueItem) -> str:
    """剩 3 个工作日, 今天截止, 已逾期 2 个工作日."""
    if item.overdue:
        days = -item.workdays
        return ngettext("已逾期 {n} 个工作日", "已逾期 {n} 个工作日", days).format(n=days) if days else _("已逾期")
    if item.workdays == 0:
        return _("今天截止")
    return ngettext("剩 {n} 个工作日", "剩 {n} 个工作日", item.workdays).format(n=item.workdays)


@register.simple_tag
def pace_pill(row: QuotaRow) -> SafeString:
    return pill({MET: "fine", BEHIND: "soon", MISSED: "act"}.get(row.pace, "wait"), PACE_LABELS[row.pace])


@register.simple_tag
def programme_tag(programme: str) -> SafeString:
    label = PROGRAMMES[programme].short_label
    return format_html('<span class="tag {}">{} {}</span>', programme, _svg(programme, FULL, 10), label)


@register.simple_tag
def stage_strip(application: Application) -> SafeString:
    """The main line as steps: what is past, where it is, what is to come.

    A stage beside the main line, such as a return, stands under its own name where its phase begins.
    """
    line = application.workflow.main_line
    here = next((place for place, stage in enumerate(line) if stage.code == application.stage), None)
    beside = here is None and application.phase != Phase.CLOSED
    if here is None:
        here = _beside(application, line)
    labels = [
        application.current.label if beside and place == here else stage.label for place, stage in enumerate(line)
    ]
    rows = ((_state(place, here, application), label) for place, label in enumerate(labels))
    return format_html(
        '<ol class="strip {}">{}</ol>',
        application.programme,
        format_html_join("", '<li class="{}">{}</li>', rows),
    )


def _beside(application: Application, line: Sequence[Stage]) -> int:
    """Where a stage off the main line stands; a closed application has no place on it."""
    if application.phase == Phase.CLOSED:
        return -1
    return next((place for place, stage in enumerate(line) if stage.phase == application.phase), 0)


def _state(place: int, here: int, application: Application) -> str:
    if place == here:
        return "past" if application.phase == Phase.RECOGNISED else "now"
    return "past" if place < here else "next"


@register.inclusion_tag("pipeline/charts/quota_bars.html")
def quota_chart(rows: Sequence[QuotaRow], by_region: bool = False) -> dict[str, Any]:
    return {"chart": charts.quota_bars(rows, by_region=by_region), "rows": rows, "by_region": by_region}


@register.simple_tag
def move_targets(targets: Sequence[str]) -> str:
    """The stages a card may be dropped on, for the drag module."""
    return " ".join(targets)


@register.simple_tag
def stage_label(application: Application, code: str) -> str:
    return str(application.workflow.stage(code).label)


@register.simple_tag
def mails_firm(application: Application, code: str) -> SafeString | str:
    """Said before the click: this move mails the firm."""
    if not application.workflow.stage(code).mails_firm:
        return ""
    return format_html(' <span class="pill soon">{}{}</span>', icon("mail", 12), _("企业将收到通知"))
