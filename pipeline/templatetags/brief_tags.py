"""The leader's brief on pages and in mails."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from pipeline.selectors import brief_words
from pipeline.selectors.brief_words import LIGHT_WORDS
from pipeline.selectors.briefs import DANGER, MET, ON_WAY, Brief, BriefLine
from pipeline.selectors.forecasts import chance, whole
from pipeline.selectors.pushing import Call
from pipeline.templatetags.pipeline_tags import pill

register = template.Library()

PILLS = {DANGER: "act", ON_WAY: "wait", MET: "fine"}
MARKS = {DANGER: "!", ON_WAY: "→", MET: "✓"}

register.filter("whole", whole)
register.filter("chance", chance)
register.filter("brief_sentence", brief_words.sentence)
register.filter("brief_headline", brief_words.headline)
register.filter("brief_ask", brief_words.ask)
register.simple_tag(brief_words.ask_for)
register.filter("brief_elsewhere", brief_words.elsewhere)
register.filter("last_day_words", brief_words.last_day_words)
register.filter("editions_words", brief_words.editions_words)
register.filter("numbers", brief_words.numbers)
register.filter("folded", brief_words.folded)


@register.simple_tag
def light_pill(line: BriefLine) -> SafeString:
    """The light of a target with its icon and word."""
    return pill(PILLS[line.light], str(LIGHT_WORDS[line.light]))


@register.filter
def light_words(line: BriefLine) -> str:
    """The same where there are no icons: ! 有风险, → 推进中, ✓ 已完成."""
    return f"{MARKS[line.light]} {LIGHT_WORDS[line.light]}"


@register.filter
def not_named(line: BriefLine, brief: Brief) -> tuple[Call, ...]:
    """Whom to call for this target besides those who were named first."""
    return tuple(call for call in line.names if call not in brief.names)


@register.filter
def open_lines(lines: tuple[BriefLine, ...]) -> list[BriefLine]:
    """Those that are not met."""
    return [line for line in lines if line.light != MET]


@register.filter
def moved(lines: list[BriefLine]) -> list[BriefLine]:
    """Those that read otherwise than a week before."""
    return [line for line in lines if line.changed]


@register.filter
def unmoved(lines: list[BriefLine]) -> list[BriefLine]:
    return [line for line in lines if not line.changed]


@register.filter
def folded_places(lines: list[BriefLine]) -> str:
    return brief_words.folded(lines, places=True)
