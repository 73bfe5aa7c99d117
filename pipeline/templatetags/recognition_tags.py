"""Parts of the cards of titles."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from crm.models import ChangeRecord
from pipeline.selectors.recognition_paths import change_field

register = template.Library()


@register.simple_tag
def change_text(record: ChangeRecord) -> str:
    """What was changed of a title, in words: 暂停日期：空 → 2026-05-01."""
    return _("{field}：{old} → {new}").format(
        field=change_field(record.field), old=record.old or _("空"), new=record.new or _("空")
    )
