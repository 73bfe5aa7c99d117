"""An incident as a sentence, and what to do about it, in the reader's language."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.periodic import periodic_jobs
from crm.templatetags.show import moment
from notifications.models import Incident, IncidentKind


def sentence(incident: Incident) -> str:
    """What is wrong, with its number."""
    if incident.kind == IncidentKind.QUEUE:
        return _stands(incident.detail)
    if incident.kind == IncidentKind.LATE and incident.about:
        at = moment(datetime.fromisoformat(incident.detail))
        return _("“{job}”没有按时运行，应于 {at} 运行").format(job=_title(incident.about), at=at)
    if incident.kind == IncidentKind.FAILED:
        return _("“{job}”运行失败：{error}").format(job=_title(incident.about), error=incident.detail)
    number = int(incident.detail)
    if incident.kind == IncidentKind.LATE:
        return ngettext("有 {n} 项定时任务没有按时运行", "有 {n} 项定时任务没有按时运行", number).format(n=number)
    if incident.kind == IncidentKind.DEAD_LETTERS:
        return ngettext("有 {n} 条消息发送失败，等待处理", "有 {n} 条消息发送失败，等待处理", number).format(n=number)
    if incident.about:
        return ngettext("渠道“{name}”连续失败 {n} 次", "渠道“{name}”连续失败 {n} 次", number).format(
            name=incident.about, n=number
        )
    return ngettext("邮件已积压 {n} 分钟没有发出", "邮件已积压 {n} 分钟没有发出", number).format(n=number)


def _stands(minutes: str) -> str:
    if not minutes:
        return _("后台队列从未动过")
    return ngettext("后台队列已 {n} 分钟没有动静", "后台队列已 {n} 分钟没有动静", int(minutes)).format(n=minutes)


def _title(task: str) -> str:
    job = periodic_jobs().get(task)
    return job.title if job else task


def advice(incident: Incident) -> str:
    """What to do."""
    return {
        IncidentKind.QUEUE: _(
            "请查看 worker、beat 和 Redis 是否在运行；用 manage.py up 启动的会自动重启。消息没有丢失，恢复后会补发。"
        ),
        IncidentKind.LATE: _("请在“设置 · 后台任务”查看原因，必要时立即运行；补跑不会重复通知。"),
        IncidentKind.FAILED: _("请在“设置 · 后台任务”查看错误，排除后立即运行；补跑不会重复通知。"),
        IncidentKind.DEAD_LETTERS: _("请在“投递状况”按原因重新发送，或说明理由后放弃。"),
        IncidentKind.CHANNEL: _("请检查邮件服务器或渠道的地址；消息没有丢失，恢复后会补发。"),
    }[IncidentKind(incident.kind)]
