"""Forms of this room: they shape what was typed; services decide."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.choices import STATED_SOURCES, Basis, Source, TouchKind
from crm.fact_codes import FACT_CODES
from crm.models import Region, User
from pipeline.choices import DayKind
from pipeline.models import Application, Indicator
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

    def result_for(self, application: Application) -> dict[str, Any]:
        """What belongs to a recognition; nothing where the chosen move grants none, as the sheet offers it always."""
        chosen = self.cleaned_data["transition"]
        steps = application.workflow.moves_from(application.stage)
        if not any(step.grants for step in steps if step.code == chosen):
            return {}
        names = ("number", "document", "granted_on", "valid_until")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}


class NextActionForm(forms.Form):
    next_action = forms.CharField(label=_("下一步"), required=False, max_length=120)
    next_action_on = date_field(_("日期"))


class TouchForm(forms.Form):
    kind = forms.ChoiceField(label=_("方式"), choices=TouchKind)
    text = forms.CharField(label=_("内容"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000)
    on = date_field(_("日期"))


class ContactForm(forms.Form):
    name = forms.CharField(label=_("姓名"), max_length=60)
    title = forms.CharField(label=_("职务"), required=False, max_length=60)
    phone = forms.CharField(label=_("电话"), required=False, max_length=40)
    email = forms.EmailField(label=_("邮箱"), required=False)


def fact_choices() -> list[tuple[str, Any]]:
    return [(code, kind.label) for code, kind in FACT_CODES.items()]


class FactForm(forms.Form):
    """One figure. Money may be typed with its unit, as 380万元; a bare number is yuan."""

    code = forms.ChoiceField(label=_("指标"), choices=fact_choices)
    year = forms.TypedChoiceField(label=_("年度"), coerce=int, required=False, empty_value="0")
    value = forms.CharField(label=_("数值"), max_length=40)
    basis = forms.ChoiceField(label=_("口径"), choices=Basis, required=False)
    source = forms.ChoiceField(label=_("来源"), choices=STATED_SOURCES, initial=Source.DECLARED)
    evidence = forms.CharField(label=_("依据"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this_year = timezone.localdate().year
        years: list[tuple[str, Any]] = [(str(year), str(year)) for year in range(this_year, this_year - 8, -1)]
        self.fields["year"].choices = [*years, ("0", _("不分年度"))]  # type: ignore[attr-defined]
        self.fields["year"].initial = str(this_year - 1)


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


class QuotaForm(forms.Form):
    indicator = forms.ModelChoiceField(
        label=_("指标"), queryset=Indicator.objects.filter(active=True), to_field_name="code"
    )
    region = forms.ModelChoiceField(label=_("区划"), queryset=Region.objects.none(), to_field_name="code")
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    target = forms.DecimalField(label=_("目标"), min_value=Decimal(0), max_digits=18, decimal_places=6)
    document = forms.CharField(label=_("文号"), required=False, max_length=120)

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]


class CountForm(forms.Form):
    indicator = forms.ModelChoiceField(
        label=_("指标"), queryset=Indicator.objects.filter(active=True, counter=""), to_field_name="code"
    )
    region = forms.ModelChoiceField(label=_("区划"), queryset=Region.objects.none(), to_field_name="code")
    on = date_field(_("日期"), required=True)
    value = forms.DecimalField(label=_("数值"), max_digits=18, decimal_places=6)
    evidence = forms.CharField(label=_("依据（文号或证书号）"), max_length=200)
    verified = forms.BooleanField(label=_("已核验"), required=False, initial=True)

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]
        self.fields["on"].initial = timezone.localdate()


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

    @property
    def given(self) -> dict[str, Any]:
        """What was filled in, for the service."""
        return {name: value for name, value in self.cleaned_data.items() if value}
