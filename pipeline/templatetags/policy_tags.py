"""Parts of the policy pages: how sure we are, what changed, which figures a verdict stood on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.templatetags.show import icon
from pipeline.policy import Status
from pipeline.policy.differences import ADDED, CHANGED, REMOVED, Pair, Piece
from pipeline.policy.nodes import STATUS_LABELS
from pipeline.policy.words import listed
from pipeline.selectors.bench import ReasonRow

register = template.Library()


@register.simple_tag
def status_badge(status: Status | None) -> SafeString | str:
    """已核实 or 待核实, with its word and icon; nothing where a clause has no status."""
    if status is None:
        return ""
    tone, name = ("fine", "circle-check") if status is Status.CONFIRMED else ("soon", "circle-question-mark")
    return format_html('<span class="pill {}">{}{}</span>', tone, icon(name, 12), STATUS_LABELS[status])


@register.simple_tag
def kind_pill(kind: str) -> SafeString:
    """新增, 删去 or 有改动."""
    word, name = {
        ADDED: (_("新增"), "circle-plus"),
        REMOVED: (_("删去"), "circle-minus"),
        CHANGED: (_("有改动"), "pencil"),
    }[kind]
    return format_html('<span class="pill">{}{}</span>', icon(name, 12), word)


@register.simple_tag
def pairs_in_words(pairs: Sequence[Pair]) -> str:
    """新增 1 条、修改 3 条."""
    counts = Counter(pair.kind for pair in pairs)
    forms = {ADDED: _("新增 {n} 条"), CHANGED: _("修改 {n} 条"), REMOVED: _("删去 {n} 条")}
    found = [form.format(n=counts[kind]) for kind, form in forms.items() if counts[kind]]
    return listed(found) if found else _("没有不同")


@register.simple_tag
def clause_side(side: dict[str, list[Piece]], mark: str) -> SafeString:
    """One clause in one edition; what the other has otherwise stands in <del> or <ins>."""
    return format_html(
        '<strong>{}</strong><p>{}</p><p class="small soft">{} {}</p>',
        *(_marked(side[name], mark) for name in ("label", "text", "source", "status")),
    )


def _marked(pieces: Sequence[Piece], mark: str) -> SafeString:
    shown = [
        format_html("<{0}>{1}</{0}>", mark, piece.text) if piece.changed else format_html("{}", piece.text)
        for piece in pieces
    ]
    return format_html_join("", "{}", ((part,) for part in shown))


@register.simple_tag
def reason_figures(row: ReasonRow) -> str:
    """实际 62 分；标准 60 分 → 70 分."""
    parts = [_("实际 {actual}").format(actual=row.actual)] if row.actual else []
    if row.old_threshold or row.new_threshold:
        old, new = row.old_threshold or "—", row.new_threshold or "—"
        parts.append(
            _("标准 {old} → {new}").format(old=old, new=new) if old != new else _("标准 {old}").format(old=old)
        )
    return _("；").join(parts)
