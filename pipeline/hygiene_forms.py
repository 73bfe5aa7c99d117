"""What is planned against something that is lacking, how long silence may last, and what came of a visit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.choices import TaskKind
from pipeline.forms import date_field

FOLLOW_UPS = 3


class PlanForm(forms.Form):
    title = forms.CharField(label=_("下一步"), max_length=120)
    due_on = date_field(_("日期"), required=True)


class LimitForm(forms.Form):
    position = forms.CharField()
    workdays = forms.IntegerField(label=_("工作日"), min_value=1, max_value=500)
    source = forms.CharField(label=_("依据"), required=False, max_length=120)
    verified = forms.BooleanField(label=_("已核实"), required=False)
    version = forms.IntegerField(min_value=0)


class VisitDayForm(forms.Form):
    on = date_field(_("走访日期"), required=True)


class VisitForm(forms.Form):
    """What came of a visit, and up to three things that follow from it, ours or the firm's."""

    on = date_field(_("走访日期"), required=True)
    text = forms.CharField(label=_("走访情况"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, FOLLOW_UPS + 1):
            self.fields[f"title{number}"] = forms.CharField(label=_("事项"), required=False, max_length=120)
            self.fields[f"due{number}"] = date_field(_("到期日"))
            self.fields[f"kind{number}"] = forms.ChoiceField(label=_("谁来做"), choices=TaskKind, required=False)

    @property
    def lines(self) -> list[list[forms.BoundField]]:
        return [[self[f"{name}{number}"] for name in ("title", "due", "kind")] for number in range(1, FOLLOW_UPS + 1)]

    @property
    def follow_ups(self) -> list[tuple[str, Any, str]]:
        """Title, day and kind of each line that says something."""
        data = self.cleaned_data
        lines = [(data[f"title{n}"], data[f"due{n}"], data[f"kind{n}"]) for n in range(1, FOLLOW_UPS + 1)]
        return [(title, due, kind or TaskKind.TASK) for title, due, kind in lines if title or due]
