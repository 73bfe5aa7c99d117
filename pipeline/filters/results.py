"""The filters of screenings and of titles."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Firm, Region
from pipeline.filters.common import PROGRAMME_CHOICES, WHOSE
from pipeline.models import Application, Assessment, PolicyEdition, Recognition
from pipeline.selectors.renewals import running_out
from pipeline.selectors.screening import criteria_choices


class ScreeningFilter(django_filters.FilterSet):
    """The rows of one edition's screening, of every bucket. What is asked for (`asking`) comes from a link."""

    q = django_filters.CharFilter(method="search", label=_("名称或代码"))
    lacking = django_filters.ChoiceFilter(method="holds_word", label=_("缺少的条件"), empty_label=_("不限"))
    asking = django_filters.CharFilter(method="holds_word", label=_("缺少的数据"), widget=forms.HiddenInput)
    whose = django_filters.ChoiceFilter(method="of_whom", label=_("经办"), choices=WHOSE, empty_label=_("全部"))
    officer = django_filters.CharFilter(method="of_officer", label=_("经办人员姓名"))
    idle = django_filters.BooleanFilter(
        method="not_running", label=_("没有在办的本计划申报"), widget=forms.CheckboxInput
    )

    class Meta:
        model = Assessment
        fields = ["q", "lacking", "asking", "whose", "officer", "idle"]

    def __init__(self, *args, edition: PolicyEdition, **kwargs):
        super().__init__(*args, **kwargs)
        self.edition = edition
        self.filters["lacking"].extra["choices"] = criteria_choices(edition)

    def search(self, queryset, name, value):
        return queryset.filter(firm__in=Firm.objects.named_like(value).values("pk"))

    def holds_word(self, queryset, name, value):
        return queryset.holding_word(name, value)

    def of_whom(self, queryset, name, value):
        user = getattr(self.request, "user", None)
        return queryset.filter(firm__officer=user if value == "me" else None)

    def of_officer(self, queryset, name, value):
        return queryset.filter(firm__officer__name__contains=value.strip())

    def not_running(self, queryset, name, value):
        running = Application.objects.in_progress().filter(firm=OuterRef("firm"), programme=self.edition.programme)
        return queryset.filter(~Exists(running)) if value else queryset


class RecognitionFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("名称或代码"))
    due = django_filters.NumberFilter(method="running_out", label=_("几个月内到期"), min_value=1, max_value=36)
    programme = django_filters.ChoiceFilter(label=_("计划"), choices=PROGRAMME_CHOICES, empty_label=_("不限"))
    region = django_filters.CharFilter(method="placed", label=_("区划"))
    year = django_filters.NumberFilter(
        field_name="granted_on", lookup_expr="year", label=_("认定年度"), min_value=1990, max_value=2100
    )
    firm = django_filters.CharFilter(field_name="firm__credit_code", label=_("统一社会信用代码"))

    class Meta:
        model = Recognition
        fields = ["q", "due", "programme", "title", "region", "year", "firm"]

    def search(self, queryset, name, value):
        return queryset.filter(firm__in=Firm.objects.named_like(value).values("pk"))

    def running_out(self, queryset, name, value):
        return running_out(queryset, months=int(value), today=timezone.localdate())

    def placed(self, queryset, name, code):
        region = Region.objects.filter(code=code).first()
        return queryset.within(region) if region else queryset.none()
