"""Who is away, and who stands in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.models import User


class LeaveForm(forms.Form):
    deputy = forms.ModelChoiceField(label=_("代理人员"), queryset=User.objects.none(), empty_label=_("请选择"))
    from_on = forms.DateField(label=_("开始日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until_on = forms.DateField(
        label=_("结束日期（含当天）"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(label=_("说明"), required=False, max_length=200)

    def __init__(self, *args: Any, deputies: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = User.objects.filter(pk__in=[user.pk for user in deputies]).order_by("name", "pk")
        self.fields["deputy"].queryset = known  # type: ignore[attr-defined]
