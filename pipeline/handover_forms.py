"""Whose work goes to whom."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.models import User
from pipeline.choices import Held


class HandOverForm(forms.Form):
    kinds = forms.MultipleChoiceField(
        label=_("交接内容"), choices=Held, widget=forms.CheckboxSelectMultiple, required=False
    )
    receiver = forms.ModelChoiceField(label=_("接收人"), queryset=User.objects.none(), empty_label=_("请选择"))
    note = forms.CharField(
        label=_("交接说明"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("正在谈的事、答应过的事、要留意的企业。请勿写入密码等账号信息。"),
    )

    def __init__(self, *args: Any, receivers: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = User.objects.filter(pk__in=[user.pk for user in receivers]).order_by("name", "pk")
        self.fields["receiver"].queryset = known  # type: ignore[attr-defined]


class DeclineForm(forms.Form):
    reason = forms.CharField(label=_("不交接的原因"), max_length=200)
