"""What stands around a message when it leaves as a mail: headers that other machines understand, and the foot.

The foot is added here and not stored: it holds the reader's own link, which is nobody else's to see.
"""

from __future__ import annotations

from email.utils import formataddr
from html import escape

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from crm.models import User
from notifications.models import Message, MessageKind
from notifications.preferences import is_fixed
from notifications.unsubscribing import link_for

FOOT = "<!-- foot -->"  # where base.html wants it


def headers_of(message: Message) -> dict[str, str]:
    """The Message-ID stays the same however often the mail is sent; Date is set by the mail itself."""
    headers = {
        "Message-ID": message.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "X-Cultivar-Kind": message.kind,
    }
    if link := link_for(message):
        headers["List-Id"] = f"<{message.kind.replace('_', '-')}.{settings.SITE_HOST}>"
        headers["List-Unsubscribe"] = f"<{link}>"
        if link.startswith("https:"):  # one click is defined for https alone
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def answered_by(message: Message) -> User | None:
    """The officer whom a firm's answer should reach."""
    officer = message.application.officer if message.to_firm and message.application else None
    return officer if officer is not None and officer.is_active and officer.email else None


def reply_to(message: Message) -> list[str]:
    officer = answered_by(message)
    return [formataddr((officer.name, officer.email))] if officer else []


def with_foot(message: Message) -> tuple[str, str]:
    """Text and HTML of the mail, each with why one gets it, who reads an answer, and how to stop it."""
    language = message.recipient.language if message.recipient else message.language
    with translation.override(language):
        lines = [_reason(message), _answers(message)]
        ways = _ways_out(message)
    text = message.body.rstrip("\n") + "\n\n" + "\n".join([*lines, *(f"{name}{link}" for name, link in ways)]) + "\n"
    if not message.html:
        return text, ""
    parts = [escape(line) for line in lines]
    links = [
        f'<a href="{escape(link)}" style="color: #2b4a9b;">{escape(name.strip().rstrip(":："))}</a>'
        for name, link in ways
    ]
    foot = "<br>".join([*parts, *([" · ".join(links)] if links else [])])
    return text, message.html.replace(FOOT, foot)


def _reason(message: Message) -> str:
    if message.statutory:
        return _("这是办理事项依规定送达的通知，不能退订。")
    if message.kind == MessageKind.ACCOUNT:
        return _("本邮件涉及账号或授权，不能退订。")
    if message.to_firm:
        return _("您收到本邮件，是因为您是该企业的人员、登记联系人或代理人。")
    return _("您收到本邮件，是因为您在本系统承担相关工作。")


def _answers(message: Message) -> str:
    officer = answered_by(message)
    if officer is None:
        return _("本邮件由系统自动发送，请勿直接回复。")
    return _("直接回复本邮件，经办人 {name} 会收到。").format(name=officer.name)


def _ways_out(message: Message) -> list[tuple[str, str]]:
    if is_fixed(message.kind, statutory=message.statutory):
        return []
    kind = str(MessageKind(message.kind).label)
    ways = [(_("不再接收“{kind}”邮件：").format(kind=kind), link_for(message))]
    if message.recipient_id:
        ways.append((_("通知设置："), f"{settings.SITE_URL}{reverse('notification_settings')}"))
    return ways
