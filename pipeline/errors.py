"""The refusals of this room. Codes are stable; sentences may improve."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from crm.errors import DomainError, InvalidInput


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


class RecognitionRefused(PipelineError):
    """A title cannot be recorded or changed as it was asked; `reasons` holds every reason at once."""

    code = "recognition_refused"
    title = _("认定结果没有保存")


class QuotaRefused(PipelineError):
    code = "quota_refused"
    title = _("指标数据有误")
    status = 400


class OverrideRefused(PipelineError):
    """A judged probability cannot be kept as it was asked; `reasons` holds every reason at once."""

    code = "override_refused"
    title = _("判断没有保存")


class InvalidPolicy(PipelineError):
    """A policy file or a stored edition is wrong; `reasons` holds every fault, with file and line if it has them.

    `faults` holds the same without the place, each with its path in the edition, for a page that shows the field.
    """

    code = "invalid_policy"
    title = _("政策版本有误")
    status = 400

    def __init__(self, *reasons: object, faults: Iterable[tuple[tuple[str | int, ...], str]] = ()) -> None:
        self.faults = list(faults)
        super().__init__(*reasons)


class InvalidFacts(InvalidInput):
    """Facts are malformed. `fields` says what is wrong with each field, by its path: `facts.years.2025.sales_cny`."""

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        super().__init__(*(f"{path}：{sentence}" for path, sentence in fields.items()))


class PolicyRefused(PipelineError):
    """An edition that cannot be published as it is."""

    code = "policy_refused"
    title = _("政策版本不能发布")


class ScreeningRefused(PipelineError):
    """There is nothing to screen by, or nothing to pick."""

    code = "screening_refused"
    title = _("不能筛查")


class ListRefused(PipelineError):
    """Nothing on an official list can be carried out or taken back now."""

    code = "list_refused"
    title = _("名单不能办理")


class DraftRefused(PipelineError):
    """A draft that cannot be kept as it was typed. `faults` holds the reasons by entry, "" those of the whole."""

    code = "draft_refused"
    title = _("草稿没有保存")
    status = 400

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        self.faults = faults
        super().__init__(*(reason for reasons in faults.values() for reason in reasons))


class MaterialRefused(PipelineError):
    """A paper that cannot be put where it was meant to go, or a decision that cannot be made about it now."""

    code = "material_refused"
    title = _("材料未能办理")


class NoticeRefused(PipelineError):
    """A one-time notice that cannot be issued as it is."""

    code = "notice_refused"
    title = _("告知书不能发出")


class ReportRefused(PipelineError):
    """A work report cannot be made of these days, or its sentences cannot be used; every reason at once."""

    code = "report_refused"
    title = _("报告没有生成")
    status = 400
