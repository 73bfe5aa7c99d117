"""Parts of the gap panel: verdicts with their word and icon, and points as bars."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.models import Fact
from crm.templatetags.show import icon
from pipeline.choices import VerdictKind
from pipeline.policy.tables import expert_name
from pipeline.policy.words import money
from pipeline.rules import exact

register = template.Library()

TONES = {"met": "fine", "not_met": "soon", "unknown": "wait"}
ICONS = {"met": "circle-check", "not_met": "circle-x", "unknown": "circle-question-mark"}


@register.simple_tag
def verdict_pill(verdict: str) -> SafeString:
    """符合, 不符合, 待定: with an icon, never colour alone."""
    return format_html('<span class="pill {}">{}{}</span>', TONES[verdict], icon(ICONS[verdict], 12), _word(verdict))


@register.simple_tag
def verdict_mark(verdict: str) -> SafeString:
    """The icon alone, with its word for those who cannot see it."""
    return format_html(
        '<span class="mark {}">{}<span class="sr">{}</span></span>',
        TONES[verdict],
        icon(ICONS[verdict]),
        _word(verdict),
    )


def _word(verdict: str) -> str:
    return str(VerdictKind(verdict).label)


@register.simple_tag
def points_bar(low: int, high: int, most: int) -> SafeString:
    """Certain points solid, possible ones in outline, on a track of all there are. The numbers stand beside it."""
    scale = 200 / most if most else 0
    return format_html(
        '<svg class="points" viewBox="0 0 200 8" role="img" aria-label="{}" preserveAspectRatio="none">'
        '<rect class="track" width="200" height="8" rx="2"/>'
        '<rect class="open" x="{}" width="{}" height="8"/><rect class="sure" width="{}" height="8" rx="2"/></svg>',
        _("{low} 至 {high} 分，满分 {most} 分").format(low=low, high=high, most=most),
        f"{low * scale:.1f}",
        f"{max(high - low, 0) * scale:.1f}",
        f"{low * scale:.1f}",
    )


@register.filter
def money_text(value: Decimal) -> str:
    """Yuan in the unit that officers use, exact: 200 万元."""
    return money(exact(value))


@register.filter
def entry_query(fact: Fact) -> str:
    """Opens the field for this figure of this year, basis and source."""
    said = {"code": expert_name(fact.code) or fact.code, "year": fact.year, "basis": fact.basis, "source": fact.source}
    return urlencode({name: value for name, value in said.items() if value})
