"""The form of a what-if: shapes what an address carries; a number that cannot be says so."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.views.common import typed_key
from pipeline.forecasting.whatif import MOST_STARTS
from pipeline.selectors.whatif import WEEKS, Imagined, Offered


class WhatIfForm(forms.Form):
    """The firms that pass or fail come as lists beside the form's own fields."""

    target = forms.DecimalField(label=_("目标改为"), required=False, min_value=0, max_value=10**9, decimal_places=2)
    newcomers = forms.IntegerField(label=_("再启动几家"), required=False, min_value=0, max_value=MOST_STARTS)
    by = forms.TypedChoiceField(label=_("在此日前启动"), required=False, coerce=int)
    round = forms.TypedChoiceField(label=_("移动批次"), required=False, coerce=int)
    weeks = forms.TypedChoiceField(label=_("移动几周"), required=False, coerce=int)

    def __init__(self, *args: Any, offered: Offered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["by"].choices = [(place, f"{day:%Y-%m-%d}") for place, day in enumerate(offered.days)]
        fields["round"].choices = [("", _("不移动")), *((row.pk, str(row)) for row in offered.rounds)]
        words = {-8: _("提前 8 周"), -4: _("提前 4 周"), 0: _("不变"), 4: _("推迟 4 周"), 8: _("推迟 8 周")}
        fields["weeks"].choices = [(weeks, words[weeks]) for weeks in WEEKS]

    def clean(self) -> dict[str, Any]:
        if self._ticked("pass") & self._ticked("fail"):
            raise forms.ValidationError(_("同一家企业不能既算通过又算落选；请去掉其中一个"))
        return self.cleaned_data

    def imagined(self) -> Imagined:
        """What the valid form says, with the firms ticked."""
        data = self.cleaned_data
        return Imagined(
            passes=self._ticked("pass"),
            fails=self._ticked("fail"),
            target=data["target"],
            newcomers=data["newcomers"] or 0,
            by=data["by"] or 0,
            round=data["round"] or None,
            weeks=data["weeks"] or 0,
        )

    def _ticked(self, name: str) -> frozenset[int]:
        listed = self.data.getlist(name) if hasattr(self.data, "getlist") else self.data.get(name, [])
        return frozenset(typed_key(str(key)) for key in listed) - {0}
