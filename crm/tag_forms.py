"""A tag in the settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.models import Region


class TagForm(forms.Form):
    """A new tag, for one of the regions where the person writes."""

    name = forms.CharField(label=_("标签名称"), max_length=20, strip=True)
    region = forms.ModelChoiceField(label=_("用于哪个区划的企业"), queryset=Region.objects.none(), empty_label=None)

    def __init__(self, *args: Any, regions: list[Region], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Region.objects.filter(pk__in=[region.pk for region in regions]).order_by("path")
        self.fields["region"].queryset = known  # type: ignore[attr-defined]
