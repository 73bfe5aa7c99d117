"""The form of a judged probability: shapes what was typed; the service decides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _


class OverrideForm(forms.Form):
    """A probability in per cent and the reason; with `withdraw` the judgement in force is taken back."""

    percent = forms.DecimalField(
        label=_("判断概率（%）"), required=False, max_digits=5, decimal_places=1, min_value=0, max_value=100
    )
    reason = forms.CharField(label=_("理由"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    withdraw = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("withdraw") and data.get("percent") is None and "percent" not in self.errors:
            self.add_error("percent", _t("请填写 0 至 100 之间的数"))
        return data

    @property
    def probability(self) -> Decimal | None:
        """0–1, or None to withdraw."""
        return None if self.cleaned_data["withdraw"] else self.cleaned_data["percent"] / 100
