"""The filters of lists, declared once and shared by pages and API. The address is their state."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.choices import FirmStatus, RegionKind
from crm.models import Firm, Region
from pipeline.choices import DeadlineKind, Phase
from pipeline.models import Application, Assessment, Deadline, PendingResult, PolicyEdition, Recognition
from pipeline.selectors.applications import IN_PROGRESS
from pipeline.selectors.clocks import late_ones, with_tone
from pipeline.selectors.renewals import running_out
from pipeline.selectors.screening import criteria_choices
from pipeline.workflows import PROGRAMMES

PROGRAMME_CHOICES = [(code, table.short_label) for code, table in PROGRAMMES.items()]
OF_FIRM = Q(firm=OuterRef("pk"))  # asked of each firm on the way to one page, not of all that ever applied
PLAN_TONES = [("act", _("已晚")), ("soon", _("临近")), ("fine", _("来得及"))]
WHOSE = [("me", _("我负责的")), ("none", _("无人负责"))]


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


class FirmFilter(ScopedFilterSet):
    q = django_filters.CharFilter(method="search", label=_("名称或代码"))
    programme = django_filters.ChoiceFilter(
        method="running", label=_("正在办理"), choices=PROGRAMME_CHOICES, empty_label=_("不限")
    )
    holds = django_filters.ChoiceFilter(
        method="holding", label=_("现有资格"), choices=PROGRAMME_CHOICES, empty_label=_("不限")
    )
    place = django_filters.ChoiceFilter(
        method="placed", label=_("县区"), choices=[("pending", _("县区待定"))], empty_label=_("不限")
    )
    status = django_filters.ChoiceFilter(label=_("登记状态"), choices=FirmStatus, empty_label=_("不限"))

    class Meta:
        model = Firm
        fields = ["q", "programme", "holds", "place", "status", "whose", "region"]

    def search(self, queryset, name, value):
        return queryset.named_like(value)

    def running(self, queryset, name, value):
        return queryset.filter(Exists(Application.objects.filter(OF_FIRM, programme=value, phase__in=IN_PROGRESS)))

    def holding(self, queryset, name, value):
        return queryset.filter(
            Exists(Recognition.objects.valid_on(timezone.localdate()).filter(OF_FIRM, programme=value))
        )

    def placed(self, queryset, name, value):
        return queryset.filter(region__kind__in=[RegionKind.CITY, RegionKind.PROVINCE])


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
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = django_filters.DateFilter(
        field_name="due_on",
        lookup_expr="lte",
        label=_("截止不晚于"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    class Meta:
        model = Deadline
        fields = ["kind", "programme", "whose", "since", "until", "region"]

    def of_programme(self, queryset, name, value):
        return queryset.filter(application__programme=value) | queryset.filter(recognition__programme=value)

    def of_whom(self, queryset, name, value):
        user = getattr(self.request, "user", None)
        return queryset.filter(application__officer=user) | queryset.filter(firm__officer=user)


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
        """Words stand between spaces, so that `rd` does not find `rd_ratio`."""
        spaced = Concat(Value(" "), name, Value(" "), output_field=TextField())
        return queryset.alias(**{f"{name}_words": spaced}).filter(**{f"{name}_words__contains": f" {value} "})

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
