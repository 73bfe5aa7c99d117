"""Forms of what happens to a firm: they shape what was typed; services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.models import Region
from pipeline.forms import date_field


class EventForm(forms.Form):
    """Every event has its day and its evidence."""

    on = date_field(_("变动日期"), required=True)
    document = forms.CharField(
        label=_("依据"), max_length=200, help_text=_("登记机关的通知、公告或证照编号"), required=False
    )

    def __init__(self, *args: Any, regions: list[Region], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields.get("region")
        if field is not None:
            places = [region for region in regions if not region.is_city_or_above]
            field.choices = [(region.code, region.name) for region in places]
            self.regions = {region.code: region for region in places}
        self.order_fields(["name", "region", "place", "on", "document"])

    def clean_region(self) -> Region:
        return self.regions[self.cleaned_data["region"]]


class RenameForm(EventForm):
    name = forms.CharField(label=_("新的企业名称"), max_length=120)


class RelocateForm(EventForm):
    region = forms.ChoiceField(label=_("迁到"))


class MoveInForm(EventForm):
    region = forms.ChoiceField(label=_("迁到"))
    place = forms.CharField(label=_("从哪里迁入"), max_length=120)


class MoveOutForm(EventForm):
    place = forms.CharField(label=_("迁往哪里"), max_length=120)


class DeregisterForm(EventForm):
    """Its day and its evidence are all."""


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=_("撤销的原因"), max_length=200)
