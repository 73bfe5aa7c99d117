"""The refusals of this room. Codes are stable; sentences may improve."""

from django.utils.translation import gettext_lazy as _

from crm.errors import DomainError


class PipelineError(DomainError):
    """Something the pipeline's rules forbid."""


class UnknownTransition(PipelineError):
    code = "unknown_transition"
    title = _("没有这个操作")


class TransitionRefused(PipelineError):
    """The move is not lawful now; `reasons` holds every reason at once."""

    code = "transition_refused"
    title = _("暂不能执行此操作")


class StageMoved(PipelineError):
    """Somebody else moved the application first."""

    code = "stage_moved"
    title = _("阶段已被他人更改")


class ApplicationRefused(PipelineError):
    """The application cannot be opened."""

    code = "application_refused"
    title = _("不能发起申报")


class QuotaRefused(PipelineError):
    code = "quota_refused"
    title = _("指标数据有误")
    status = 400
