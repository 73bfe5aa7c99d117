"""What the filters of several lists share."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.models import Region
from pipeline.workflows import PROGRAMMES

PROGRAMME_CHOICES = [(code, table.short_label) for code, table in PROGRAMMES.items()]
WHOSE = [("me", _("我负责的")), ("none", _("无人负责"))]
MOST_KEY = 10**15  # no table grows so far; the databases know no numbers of more than 18 digits


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class WholeFilter(django_filters.NumberFilter):
    """A whole number, typed."""

    field_class = forms.IntegerField


def within(queryset: QuerySet, name: str, code: str) -> QuerySet:
    """Rows of a region and all below it; an unknown or invisible code gives none."""
    region = Region.objects.filter(code=code).first()
    return queryset.filter(region_path__under=region.path) if region else queryset.none()


class ScopedFilterSet(django_filters.FilterSet):
    """Knows who asks: `whose=me` means the reader."""

    region = django_filters.CharFilter(method=within, label=_("区划"), widget=forms.HiddenInput)
    whose = django_filters.ChoiceFilter(method="of_whom", label=_("经办"), choices=WHOSE, empty_label=_("全部"))

    def of_whom(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        user = getattr(self.request, "user", None)
        return queryset.filter(officer=user if value == "me" else None)
