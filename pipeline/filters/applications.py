"""The filters of applications, results that are not public yet and dates."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Firm
from pipeline.choices import DeadlineKind, Phase
from pipeline.filters.common import PROGRAMME_CHOICES, WHOSE, DayInput, ScopedFilterSet, within
from pipeline.models import Application, Deadline, PendingResult
from pipeline.selectors.clocks import late_ones, with_tone

PLAN_TONES = [("act", _("已晚")), ("soon", _("临近")), ("fine", _("来得及"))]


def looked_for(applications: QuerySet[Application], words: str) -> QuerySet[Application]:
    """Those whose reference or whose firm's name or code is meant."""
    if words.strip().upper()[:2].isalpha() and "-" in words:
        return applications.filter(reference__istartswith=words.strip())
    return applications.filter(firm__in=Firm.objects.named_like(words).values("pk"))


class ApplicationFilter(ScopedFilterSet):
    q = django_filters.CharFilter(method="search", label=_("企业或受理编号"))
    programme = django_filters.ChoiceFilter(label=_("计划"), choices=PROGRAMME_CHOICES, empty_label=_("不限"))
    year = django_filters.NumberFilter(label=_("年度"))
    stage = django_filters.CharFilter(label=_("阶段"))
    officer = django_filters.NumberFilter(field_name="officer_id", label=_("经办人员"), widget=forms.HiddenInput)
    phase = django_filters.ChoiceFilter(label=_("状态"), choices=Phase, empty_label=_("不限"))
    pending = django_filters.ChoiceFilter(
        method="undecided", label=_("结果"), choices=[("yes", _("待公布"))], empty_label=_("不限")
    )
    plan = django_filters.ChoiceFilter(method="of_tone", label=_("倒排进度"), choices=PLAN_TONES, empty_label=_("不限"))
    late = django_filters.BooleanFilter(method="only_late", label=_("只看逾期申报"), widget=forms.CheckboxInput)

    class Meta:
        model = Application
        fields = ["q", "programme", "year", "stage", "officer", "phase", "pending", "plan", "late", "whose", "region"]

    def of_tone(self, queryset, name, value):
        return with_tone(queryset, value, timezone.localdate())

    def only_late(self, queryset, name, value):
        return late_ones(queryset, timezone.localdate()) if value else queryset

    def search(self, queryset, name, value):
        return looked_for(queryset, value)

    def undecided(self, queryset, name, value):
        seen = PendingResult.objects.visible_to(self.request.user).waiting()  # nothing for a firm
        return queryset.filter(Exists(seen.filter(application=OuterRef("pk"))))


class PendingFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("企业或受理编号"))
    programme = django_filters.ChoiceFilter(
        field_name="application__programme", label=_("计划"), choices=PROGRAMME_CHOICES, empty_label=_("不限")
    )

    class Meta:
        model = PendingResult
        fields = ["q", "programme"]

    def search(self, queryset, name, value):
        return queryset.filter(application__in=looked_for(Application.objects.all(), value).values("pk"))


class DeadlineFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(label=_("类型"), choices=DeadlineKind, empty_label=_("不限"))
    programme = django_filters.ChoiceFilter(
        method="of_programme", label=_("计划"), choices=PROGRAMME_CHOICES, empty_label=_("不限")
    )
    whose = django_filters.ChoiceFilter(method="of_whom", label=_("经办"), choices=WHOSE[:1], empty_label=_("全部"))
    region = django_filters.CharFilter(method=within, label=_("区划"), widget=forms.HiddenInput)
    since = django_filters.DateFilter(
        field_name="due_on",
        lookup_expr="gte",
        label=_("截止不早于"),
        widget=DayInput(),
    )
    until = django_filters.DateFilter(
        field_name="due_on",
        lookup_expr="lte",
        label=_("截止不晚于"),
        widget=DayInput(),
    )

    class Meta:
        model = Deadline
        fields = ["kind", "programme", "whose", "since", "until", "region"]

    def of_programme(self, queryset, name, value):
        return queryset.filter(application__programme=value) | queryset.filter(recognition__programme=value)

    def of_whom(self, queryset, name, value):
        user = getattr(self.request, "user", None)
        return queryset.filter(application__officer=user) | queryset.filter(firm__officer=user)
