"""What a run came to, in the reader's language."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.utils.translation import gettext as _

register = template.Library()
WORD = re.compile(r"\b(?:(\d+) )?(sent|later|failed|unknown|new pairs|new|morning mails|expired|forgotten|a day off)\b")


@register.filter
def outcome_words(result: Any) -> str:
    """`37` → 处理 37 项; `sent 3, later 0` → 发出 3，稍后再发 0; `4 new` → 新增 4: the words of logs, translated."""
    text = str(result or "")
    if text.isdecimal():
        return _("处理 {n} 项").format(n=text)
    words = {
        "sent": _("发出"),
        "later": _("稍后再发"),
        "failed": _("失败"),
        "unknown": _("结果未知"),
        "new": _("新增"),
        "new pairs": _("新增疑似重复"),
        "morning mails": _("早上邮件"),
        "expired": _("到期"),
        "forgotten": _("已清理"),
        "a day off": _("休息日，不安排"),
    }
    said = WORD.sub(lambda found: f"{words[found[2]]} {found[1]}" if found[1] else words[found[2]], text)
    return said.replace(": ", _("：")).replace(", ", _("，"))
