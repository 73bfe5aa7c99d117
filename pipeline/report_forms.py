"""What the pages of work reports are given."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pipeline.forms import date_field
from pipeline.report_words import LONGEST, SENTENCES

FIRST_HALF, SECOND_HALF, WHOLE, OTHER = "first", "second", "year", "other"
PERIODS = [(FIRST_HALF, _("上半年")), (SECOND_HALF, _("下半年")), (WHOLE, _("全年")), (OTHER, _("其他期间"))]


class PeriodForm(forms.Form):
    """Half a year, a year, or any days; cleaned to `since` and `until`."""

    period = forms.ChoiceField(label=_("期间"), choices=PERIODS)
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    since = date_field(_("起"))
    until = date_field(_("止"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        period, year = given.get("period"), given.get("year")
        if period == OTHER:
            for name in ("since", "until"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("请填写日期"))
        elif period and year:
            first = date(year, 7, 1) if period == SECOND_HALF else date(year, 1, 1)
            last = date(year, 6, 30) if period == FIRST_HALF else date(year, 12, 31)
            given |= {"since": first, "until": last}
        return given


class TemplateForm(forms.Form):
    """Every sentence of the report as a field; services judge what they hold."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    note = forms.CharField(label=_("修改说明"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, sentence in SENTENCES.items():
            area = forms.Textarea(attrs={"rows": 4})
            field = forms.CharField(label=str(sentence.label), required=False, max_length=LONGEST * 2, widget=area)
            field.help_text = " ".join(f"{{{place}}}" for place in sentence.allowed)
            self.fields[f"s-{key}"] = field

    def sentences(self) -> dict[str, str]:
        return {key: self.cleaned_data[f"s-{key}"] for key in SENTENCES}

    @property
    def areas(self) -> list[forms.BoundField]:
        return [self[f"s-{key}"] for key in SENTENCES]
