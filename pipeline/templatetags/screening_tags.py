"""Parts of screening: the chart of what is lacking, buckets, score ranges, gap chips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pipeline import charts
from pipeline.assessment.missing import Missing
from pipeline.choices import Bucket
from pipeline.models import Assessment
from pipeline.selectors.chips import GapChip
from pipeline.selectors.screening import Lack
from pipeline.templatetags.pipeline_tags import pill, shape

register = template.Library()

TONES = {Bucket.MET: "fine", Bucket.READY: "fine", Bucket.LACKS_ONE: "soon"}


@register.inclusion_tag("pipeline/charts/lack_bars.html", takes_context=True)
def lack_chart(context: dict[str, Any], rows: Sequence[Lack]) -> dict[str, Any]:
    return {"chart": charts.lack_bars(rows), "request": context["request"]}


@register.simple_tag
def bucket_pill(assessment: Assessment) -> SafeString:
    return pill(TONES.get(Bucket(assessment.bucket), "wait"), Bucket(assessment.bucket).label)


@register.simple_tag
def score_range(assessment: Assessment) -> str:
    """60, or 42–78 while something is unknown; a dash for an edition without a score."""
    low, high = assessment.score_min, assessment.score_max
    if low is None:
        return "—"
    return str(low) if low == high else f"{low}–{high}"


@register.simple_tag
def missing_words(missing: Sequence[tuple[str, Missing]]) -> SafeString | str:
    """Each figure with its year and who can tell: 研发费用 2025（企业）."""
    rows = ((name, f" {entry.year}" if entry.year else "", entry.ask) for name, entry in missing)
    return format_html_join("", '<div>{}{} <span class="soft">{}</span></div>', rows) if missing else "—"


@register.simple_tag
def gap_chip(chip: GapChip | None) -> SafeString | str:
    """How far a firm is from a programme, with the programme's shape: ● 差 1 项 · 研发投入."""
    if chip is None:
        return ""
    label = _("条件筛查：{text}").format(text=chip.text)
    return format_html(
        '<span class="gapchip" title="{}">{}<span class="text">{}</span></span>',
        label,
        shape(chip.programme),
        chip.text,
    )
