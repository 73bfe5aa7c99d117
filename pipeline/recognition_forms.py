"""Forms of recognitions: they shape what was typed; services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pipeline.choices import ChangeKind, Title
from pipeline.forms import date_field
from pipeline.workflows import PROGRAMMES


def title_choices() -> list[tuple[str, str]]:
    """Every title that a programme grants, as `programme:title`."""
    return [
        (f"{code}:{title}", f"{table.short_label} · {Title(title).label}")
        for code, table in PROGRAMMES.items()
        for title in table.titles
    ]


class PastTitleForm(forms.Form):
    """A title from before the product."""

    kind = forms.ChoiceField(label=_("资格"), choices=title_choices)
    number = forms.CharField(label=_("编号"), required=False, max_length=40)
    granted_on = date_field(_("认定日期"), required=True)
    valid_until = date_field(_("有效期至（不填则按规定）"))
    document = forms.CharField(label=_("公告文号"), required=False, max_length=120)

    @property
    def given(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        programme, _colon, title = said.pop("kind").partition(":")
        return {**said, "programme": programme, "title": title}


class CompleteForm(forms.Form):
    number = forms.CharField(label=_("编号"), required=False, max_length=40)
    document = forms.CharField(label=_("公告文号"), required=False, max_length=120)


class ReissueForm(forms.Form):
    name = forms.CharField(label=_("新的企业名称"), required=False, max_length=120)
    number = forms.CharField(label=_("新的编号"), required=False, max_length=40)
    on = date_field(_("换证日期"), required=True)
    document = forms.CharField(label=_("换证文号"), max_length=120)


class DatedReasonForm(forms.Form):
    """From when, why, and by which document."""

    on = date_field(_("日期"), required=True)
    reason = forms.CharField(label=_("原因"), max_length=150)
    document = forms.CharField(label=_("文号"), required=False, max_length=40)


class RevokeForm(DatedReasonForm):
    document = forms.CharField(label=_("撤销文号"), max_length=120)


class ReportForm(forms.Form):
    """The report due by 31 May of a year."""

    year = forms.IntegerField(label=_("填报年份（报上一年度情况）"), min_value=2000, max_value=2100)
    on = date_field(_("填报日期"), required=True)
    number = forms.CharField(label=_("凭证编号"), max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["year"].initial, self.fields["on"].initial = today.year, today


class MajorChangeForm(forms.Form):
    kind = forms.ChoiceField(label=_("变化类型"), choices=ChangeKind)
    on = date_field(_("变化日期"), required=True)
    what = forms.CharField(label=_("变化内容"), max_length=200)


class ChangeReportForm(forms.Form):
    change = forms.IntegerField(widget=forms.HiddenInput)
    on = date_field(_("报告日期"), required=True)
    document = forms.CharField(label=_("报告凭证"), max_length=120)
