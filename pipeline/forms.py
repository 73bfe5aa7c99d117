"""Forms of this room: they shape what was typed; services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.choices import (
    CREDENTIAL_FIELDS,
    STATED_SOURCES,
    Basis,
    CredentialKind,
    Level,
    RightKind,
    Source,
)
from crm.fact_codes import FACT_CODES
from crm.files import ACCEPT
from crm.models import Region, User
from pipeline.choices import ClockMode, DayKind
from pipeline.models import Application
from pipeline.workflows import PROGRAMMES


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def date_field(label: Any, *, required: bool = False, **kwargs: Any) -> forms.DateField:
    return forms.DateField(label=label, required=required, widget=DateInput(), **kwargs)


class MoveForm(forms.Form):
    """One move: which, why, and what a recognition needs. `version` is the application as the page showed it."""

    transition = forms.CharField()
    version = forms.IntegerField(min_value=0)
    note = forms.CharField(label=_("说明"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
    number = forms.CharField(label=_("编号"), required=False, max_length=40)
    document = forms.CharField(label=_("公告文号"), required=False, max_length=120)
    granted_on = date_field(_("认定日期"))
    valid_until = date_field(_("有效期至"))

    hold = forms.BooleanField(label=_("先登记，暂不公布"), required=False)
    reveal_on = date_field(_("公布日期"))

    def result_for(self, application: Application) -> dict[str, Any]:
        """What belongs to a recognition; nothing where the chosen move grants none, as the sheet offers it always."""
        chosen = self.cleaned_data["transition"]
        steps = application.workflow.moves_from(application.stage)
        if not any(step.grants for step in steps if step.code == chosen):
            return {}
        names = ("number", "document", "granted_on", "valid_until")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}


class RevealDateForm(forms.Form):
    on = date_field(_("公布日期"))


class NextActionForm(forms.Form):
    next_action = forms.CharField(label=_("下一步"), required=False, max_length=120)
    next_action_on = date_field(_("日期"))


class ContactForm(forms.Form):
    name = forms.CharField(label=_("姓名"), max_length=60)
    title = forms.CharField(label=_("职务"), required=False, max_length=60)
    phone = forms.CharField(label=_("电话"), required=False, max_length=40)
    email = forms.EmailField(label=_("邮箱"), required=False)


def fact_choices() -> list[tuple[str, Any]]:
    return [(code, kind.label) for code, kind in FACT_CODES.items()]


class EvidenceForm(forms.Form):
    """Where a statement comes from, and what proves it."""

    source = forms.ChoiceField(label=_("来源"), choices=STATED_SOURCES, initial=Source.DECLARED)
    evidence = forms.CharField(label=_("依据"), required=False, max_length=200)
    file = forms.FileField(
        label=_("证明材料（pdf、jpg、png、xlsx、docx，20 MB 以内）"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )


class FactForm(EvidenceForm):
    """One figure. Money may be typed with its unit, as 380万元; a bare number is yuan."""

    code = forms.ChoiceField(label=_("指标"), choices=fact_choices)
    year = forms.TypedChoiceField(label=_("年度"), coerce=int, required=False, empty_value="0")
    value = forms.CharField(label=_("数值"), max_length=40)
    basis = forms.ChoiceField(label=_("口径"), choices=Basis, required=False)
    field_order = ["code", "year", "value", "basis"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this_year = timezone.localdate().year
        years: list[tuple[str, Any]] = [(str(year), str(year)) for year in range(this_year, this_year - 8, -1)]
        self.fields["year"].choices = [*years, ("0", _("不分年度"))]  # type: ignore[attr-defined]
        self.fields["year"].initial = str(this_year - 1)


class FigureForm(EvidenceForm):
    """One figure whose code, year and basis are given. Money may carry its unit; a bare number is yuan."""

    value = forms.CharField(label=_("数值"), max_length=40, widget=forms.TextInput(attrs={"autofocus": True}))
    field_order = ["value"]


class AnswerForm(EvidenceForm):
    """One yes/no fact."""

    value = forms.ChoiceField(label=_("是否"), choices=[("1", _("是")), ("0", _("否"))], widget=forms.RadioSelect)
    field_order = ["value"]


class PointsForm(EvidenceForm):
    """What experts said beforehand: both ends at once."""

    low = forms.DecimalField(label=_("最低分"), widget=forms.NumberInput(attrs={"autofocus": True}))
    high = forms.DecimalField(label=_("最高分"))
    field_order = ["low", "high"]


class FoundedForm(forms.Form):
    value = date_field(_("成立日期"), required=True)
    reason = forms.CharField(label=_("依据"), required=False, max_length=200)


class IndustryForm(forms.Form):
    value = forms.CharField(label=_("行业代码"), max_length=5, help_text=_("国民经济行业代码，如 C3612"))
    reason = forms.CharField(label=_("依据"), required=False, max_length=200)


class RightForm(forms.Form):
    kind = forms.ChoiceField(label=_("种类"), choices=RightKind)
    number = forms.CharField(label=_("编号"), max_length=60)
    title = forms.CharField(label=_("名称"), required=False, max_length=200)
    granted_on = date_field(_("授权日期"))
    self_developed = forms.BooleanField(label=_("自主研发"), required=False, initial=True)
    in_force = forms.BooleanField(label=_("有效"), required=False, initial=True)


class CredentialForm(forms.Form):
    """A credential with the fields that its kind may state; the others are not offered once the kind is known."""

    kind = forms.ChoiceField(label=_("种类"), choices=CredentialKind)
    name = forms.CharField(label=_("名称"), required=False, max_length=200)
    level = forms.ChoiceField(label=_("级别"), choices=[("", "—"), *Level.choices], required=False)
    rank = forms.IntegerField(label=_("名次"), required=False)
    on = date_field(_("日期"))
    valid_until = date_field(_("有效期至"))
    year = forms.IntegerField(label=_("年度"), required=False)

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind:
            self.fields["kind"].widget = forms.HiddenInput()
            for name in {"level", "rank", "on", "valid_until", "year"} - set(CREDENTIAL_FIELDS[kind]):
                del self.fields[name]


class AssignForm(forms.Form):
    officer = forms.ModelChoiceField(label=_("经办人员"), queryset=User.objects.none(), required=False)

    def __init__(self, *args: Any, officers: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["officer"].queryset = User.objects.filter(pk__in=[user.pk for user in officers])  # type: ignore[attr-defined]


class MoveFirmForm(forms.Form):
    region = forms.ModelChoiceField(label=_("所属区划"), queryset=Region.objects.none(), to_field_name="code")
    reason = forms.CharField(label=_("原因"), required=False, max_length=200)

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]


class RoundForm(forms.Form):
    programme = forms.ChoiceField(
        label=_("计划"), choices=lambda: [(code, table.short_label) for code, table in PROGRAMMES.items()]
    )
    region = forms.ModelChoiceField(label=_("区划"), queryset=Region.objects.none(), to_field_name="code")
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    batch = forms.IntegerField(label=_("批次"), min_value=1, max_value=99, initial=1)
    opens_on = date_field(_("开始日期"), required=True)
    closes_on = date_field(_("截止日期"), required=True)
    extended_to = date_field(_("延长至"))
    notice_number = forms.CharField(label=_("通知文号"), required=False, max_length=120)

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]


class CloseRoundForm(forms.Form):
    """End a window early: the new last day, and the notice that says so."""

    prefix = "close"
    on = date_field(_("提前截止于"), required=True)
    notice_number = forms.CharField(label=_("通知文号"), max_length=120)


class ClockRuleForm(forms.Form):
    programme = forms.ChoiceField(choices=lambda: [(code, table.short_label) for code, table in PROGRAMMES.items()])
    mode = forms.ChoiceField(choices=ClockMode)


class WorkdayForm(forms.Form):
    date = date_field(_("日期"), required=True)
    kind = forms.ChoiceField(label=_("类型"), choices=DayKind)
    name = forms.CharField(label=_("名称"), required=False, max_length=40)
    notice = forms.CharField(label=_("文号"), required=False, max_length=120)


class OpenForm(forms.Form):
    """Start a firm on a programme."""

    programme = forms.ChoiceField(choices=lambda: [(code, table.short_label) for code, table in PROGRAMMES.items()])
    year = forms.IntegerField(min_value=2000, max_value=2100, required=False)


class BulkMoveForm(forms.Form):
    """One move for many applications, with what those that grant something share."""

    transition = forms.CharField(max_length=40)
    note = forms.CharField(label=_("说明"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    document = forms.CharField(label=_("公告文号"), required=False, max_length=120)
    granted_on = date_field(_("认定日期"))
    valid_until = date_field(_("有效期至"))
    hold = forms.BooleanField(label=_("先登记，暂不公布"), required=False)
    reveal_on = date_field(_("公布日期"))

    @property
    def given(self) -> dict[str, Any]:
        """What was filled in, for the service."""
        return {name: value for name, value in self.cleaned_data.items() if value}
