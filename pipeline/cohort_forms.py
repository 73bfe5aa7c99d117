"""What the pages of conversion are asked for by their address."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.frame import FIRST_YEAR
from pipeline.forms import date_field
from pipeline.selectors.climbs import HORIZONS, OUTCOMES, WHO
from pipeline.selectors.cohorts import LOST, OPEN, REACHED
from pipeline.selectors.funnel import CRITERION, NOTE, SILENT
from pipeline.workflows import PROGRAMMES

QUARTERS = [("", _("全年")), (1, _("一季度")), (2, _("二季度")), (3, _("三季度")), (4, _("四季度"))]


class CohortForm(forms.Form):
    """Programme, quarter of opening and the day as of which it is counted, none required; the year is the frame's."""

    programme = forms.ChoiceField(label=_("计划"), required=False)
    quarter = forms.TypedChoiceField(label=_("季度"), choices=QUARTERS, coerce=int, required=False)
    as_of = date_field(_("截至"))

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        self.today = today
        self.fields["programme"].choices = [  # type: ignore[attr-defined]
            (name, table.short_label) for name, table in PROGRAMMES.items()
        ]

    def clean_as_of(self) -> date | None:
        day = self.cleaned_data["as_of"]
        if day and day > self.today:
            raise forms.ValidationError(_("截至日期不能晚于今天"))
        if day and day.year < FIRST_YEAR:
            raise forms.ValidationError(_("截至日期太早，请从 {year} 年起").format(year=FIRST_YEAR))
        return day


class DrillForm(CohortForm):
    """Which number of a funnel is opened; all firms of the cohort where nothing is said."""

    what = forms.ChoiceField(choices=[(REACHED, ""), (OPEN, ""), (LOST, "")], required=False)
    stage = forms.CharField(required=False)
    outcome = forms.CharField(required=False)
    kind = forms.ChoiceField(choices=[(CRITERION, ""), (NOTE, ""), (SILENT, "")], required=False)
    reason = forms.CharField(required=False, strip=False)

    def clean_what(self) -> str:
        return self.cleaned_data["what"] or REACHED


class LadderDrillForm(CohortForm):
    """Which number is opened: who of a cohort, or the certificates due in a year by what became of them."""

    who = forms.ChoiceField(choices=[(name, "") for name in WHO], required=False)
    within = forms.TypedChoiceField(choices=[(years, "") for years in HORIZONS], coerce=int, required=False)
    due = forms.IntegerField(min_value=FIRST_YEAR, max_value=2100, required=False)
    outcome = forms.ChoiceField(choices=[(name, "") for name in OUTCOMES], required=False)
