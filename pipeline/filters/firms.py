"""What officers ask of the firm library. The list, its exports, bulk acts and the API read this one declaration."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import django_filters
from django import forms
from django.core.validators import RegexValidator
from django.db.models import Exists, Q
from django.db.models.functions import Substr
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.choices import FirmStatus, RegionKind, RowOutcome
from crm.models import Fact, Firm, FirmTag, Import, ImportRow, Tag, User
from pipeline.choices import Bucket, Phase
from pipeline.filters.common import MOST_KEY, PROGRAMME_CHOICES, DayInput, ScopedFilterSet, WholeFilter
from pipeline.models import Application, Recognition
from pipeline.selectors.applications import IN_PROGRESS
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.firm_names import tag_words
from pipeline.selectors.judged import OF_FIRM, criterion_groups, judged
from pipeline.selectors.renewals import running_out
from pipeline.workflows import PROGRAMMES

OPEN = "open"  # in place of a programme: any of which the firm holds no valid title
NEVER, DAYS, WORKDAYS = "never", "days", "workdays"
NONE, OVERDUE, WEEK = "none", "overdue", "week"
ANY, ALL = "any", "all"
FIGURES = {"sales_cny": _("销售收入"), "rd_cny": _("研发费用"), "employees": _("职工人数")}
CONTACTS = [(NEVER, _("从未联系")), (DAYS, _("超过若干天未联系")), (WORKDAYS, _("超过若干个工作日未联系"))]
NEXT = [(NONE, _("没有下一步")), (OVERDUE, _("已逾期")), (WEEK, _("本周到期"))]
UNKNOWN = [(ANY, _("三项中缺任一项")), (ALL, _("三项都缺")), *FIGURES.items()]
SILENT_DAYS = 60  # of silence where no number was typed; the field shows it
MOST_DAYS = 1500  # days of silence: about four years
INDUSTRY = RegexValidator(r"^[A-Za-z]?\d{0,4}$", _("行业代码是一个字母和最多四位数字，可以只写开头，如 C39"))
Group = tuple[str, list[Any]]  # a heading of options, and these


def _stages() -> list[Group]:
    """The phases of all programmes, then the stages of each, `programme:stage`."""
    running = [(phase.value, phase.label) for phase in IN_PROGRESS]
    found: list[Group] = [(str(_("状态")), running)]
    for code, table in PROGRAMMES.items():
        stages = [(f"{code}:{stage.code}", stage.label) for stage in table.stages if stage.phase in IN_PROGRESS]
        found.append((str(table.short_label), stages))
    return found


def _buckets() -> list[Group]:
    near = [(f"{OPEN}:{bucket}", Bucket(bucket).label) for bucket in (Bucket.READY, Bucket.LACKS_ONE, Bucket.LACKS_TWO)]
    found: list[Group] = [(str(_("任一未取得的计划")), near)]
    for code, table in PROGRAMMES.items():
        found.append((str(table.short_label), [(f"{code}:{each.value}", each.label) for each in Bucket]))
    return found


class FirmFilterForm(forms.Form):
    """Fields that mean something only together, and names that somebody or something must have."""

    request: HttpRequest | None = None  # who asks: the tags that are known are theirs

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, unless_typed in (("contact_days", SILENT_DAYS), ("unknown_year", _last_year())):
            self.fields[name].widget.attrs["placeholder"] = str(unless_typed)

    def clean_officer(self) -> str:
        name: str = self.cleaned_data["officer"]
        known = Q(posts__isnull=False) | Q(firms__isnull=False)
        if name and not User.objects.filter(known, name__contains=name).exists():
            raise forms.ValidationError(gettext("没有名叫“{name}”的工作人员").format(name=name))
        return name

    def clean_tag(self) -> str:
        words: str = self.cleaned_data["tag"]
        if asked := tag_words(words):
            mine = Tag.objects.visible_to(self.request.user) if self.request else Tag.objects.none()
            known = set(mine.filter(name__in=asked).values_list("name", flat=True))
            if lost := [word for word in asked if word not in known]:
                raise forms.ValidationError(gettext("没有标签“{names}”").format(names="、".join(lost)))
        return words

    def clean(self) -> dict[str, object]:
        data = self.cleaned_data
        counted, days = data.get("contact") in (DAYS, WORKDAYS), data.get("contact_days")
        if counted and not days and "contact_days" not in self.errors:
            data["contact_days"] = SILENT_DAYS
        if days and not counted and "contact" not in self.errors:
            self.add_error("contact", gettext("请选择按天还是按工作日计算"))
        if data.get("unknown") and not data.get("unknown_year") and "unknown_year" not in self.errors:
            data["unknown_year"] = _last_year()
        return data


class FirmFilter(ScopedFilterSet):
    q = django_filters.CharFilter(method="search", label=_("名称、联系人、代码或首字母"))
    programme = django_filters.ChoiceFilter(
        method="running", label=_("正在办理"), choices=PROGRAMME_CHOICES, empty_label=_("不限")
    )
    stage = django_filters.ChoiceFilter(method="in_stage", label=_("办理阶段"), choices=_stages, empty_label=_("不限"))
    holds = django_filters.ChoiceFilter(
        method="holding", label=_("现有资格"), choices=PROGRAMME_CHOICES, empty_label=_("不限")
    )
    gap = django_filters.ChoiceFilter(method="in_bucket", label=_("差距"), choices=_buckets, empty_label=_("不限"))
    officer = django_filters.CharFilter(method="of_officer", label=_("经办人员姓名"), max_length=40)
    ending = WholeFilter(method="running_out", label=_("几个月内到期"), min_value=1, max_value=36)
    lacks = django_filters.ChoiceFilter(
        method="lacking", label=_("缺少的条件"), choices=criterion_groups, empty_label=_("不限")
    )
    contact = django_filters.ChoiceFilter(method="silent", label=_("最近联系"), choices=CONTACTS, empty_label=_("不限"))
    contact_days = WholeFilter(method="kept", label=_("未联系天数"), min_value=1, max_value=MOST_DAYS)
    contact_since = django_filters.DateFilter(
        field_name="last_contact_on", lookup_expr="gte", label=_("联系不早于"), widget=DayInput()
    )
    next = django_filters.ChoiceFilter(method="planned", label=_("下一步"), choices=NEXT, empty_label=_("不限"))
    tag = django_filters.CharFilter(method="tagged", label=_("标签"), max_length=120)
    unknown = django_filters.ChoiceFilter(method="unstated", label=_("缺数据"), choices=UNKNOWN, empty_label=_("不限"))
    unknown_year = WholeFilter(method="kept", label=_("缺数据的年度"), min_value=2000, max_value=2100)
    industry = django_filters.CharFilter(
        method="in_industry", label=_("行业代码开头"), max_length=5, validators=[INDUSTRY]
    )
    registered_since = django_filters.DateFilter(
        field_name="registered_on", lookup_expr="gte", label=_("成立不早于"), widget=DayInput()
    )
    place = django_filters.ChoiceFilter(
        method="placed", label=_("县区"), choices=[("pending", _("县区待定"))], empty_label=_("不限")
    )
    status = django_filters.ChoiceFilter(label=_("登记状态"), choices=FirmStatus, empty_label=_("不限"))
    imported = WholeFilter(
        method="of_import", label=_("导入"), min_value=1, max_value=MOST_KEY, widget=forms.HiddenInput
    )

    class Meta:
        model = Firm
        form = FirmFilterForm
        fields = [
            *("q", "programme", "stage", "holds", "gap", "whose", "officer"),
            *("ending", "lacks", "contact", "contact_days", "contact_since", "next", "tag", "unknown", "unknown_year"),
            *("industry", "registered_since", "place", "status", "imported", "region"),
        ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        asked = str(self.data.get("lacks", "")) if self.data else ""
        self.filters["lacks"].extra["choices"] = partial(criterion_groups, asked)

    @property
    def form(self):
        form = super().form
        form.request = self.request
        return form

    @property
    def wanted(self) -> dict[str, object]:
        """What the form holds, for filters that read another field too."""
        return self.form.cleaned_data

    def kept(self, queryset, name, value: int):
        """Read by the filter of the field beside it."""
        return queryset

    def search(self, queryset, name, value):
        return queryset.named_like(value, among=getattr(self.request, "user", None))

    def running(self, queryset, name, value):
        """A programme and a stage are asked of the same application."""
        return queryset if self.wanted.get("stage") else queryset.filter(self._under_way(value, ""))

    def in_stage(self, queryset, name, value: str):
        return queryset.filter(self._under_way(str(self.wanted.get("programme") or ""), value))

    def _under_way(self, programme: str, stage: str) -> Exists:
        rows = Application.objects.filter(OF_FIRM, phase__in=IN_PROGRESS)
        rows = rows.filter(programme=programme) if programme else rows
        if stage in Phase.values:
            rows = rows.filter(phase=stage)
        elif stage:
            of, _colon, code = stage.partition(":")
            rows = rows.filter(programme=of, stage=code)
        return Exists(rows)

    def holding(self, queryset, name, value):
        """A title and its end are asked of the same title."""
        if self.wanted.get("ending"):
            return queryset
        return queryset.filter(Exists(Recognition.objects.valid_on(_today()).filter(OF_FIRM, programme=value)))

    def running_out(self, queryset, name, value: int):
        rows = Recognition.objects.filter(OF_FIRM)
        if held := self.wanted.get("holds"):
            rows = rows.filter(programme=held)
        return queryset.filter(Exists(running_out(rows, months=value, today=_today())))

    def in_bucket(self, queryset, name, value: str):
        programme, _colon, bucket = value.partition(":")
        chosen = list(PROGRAMMES) if programme == OPEN else [programme]
        return queryset.filter(judged(chosen, bucket=bucket, today=_today(), unheld=programme == OPEN))

    def lacking(self, queryset, name, value: str):
        programme, _colon, criterion = value.partition(":")
        return queryset.filter(judged([programme], lacking=criterion, today=_today()))

    def of_officer(self, queryset, name, value):
        return queryset.filter(officer__in=User.objects.filter(name__contains=value).values("pk"))

    def silent(self, queryset, name, value):
        if value == NEVER:
            return queryset.filter(last_contact_on=None)
        since = _days_ago(value, int(str(self.wanted["contact_days"])), _today())
        return queryset.filter(Q(last_contact_on=None) | Q(last_contact_on__lt=since))

    def planned(self, queryset, name, value):
        today = _today()
        if value == NONE:
            return queryset.filter(next_action_on=None)
        if value == OVERDUE:
            return queryset.filter(next_action_on__lt=today)
        monday = today - timedelta(days=today.weekday())
        return queryset.filter(next_action_on__range=(monday, monday + timedelta(days=6)))

    def tagged(self, queryset, name, value):
        """Every tag that is named; of those that the reader may see."""
        mine = Tag.objects.visible_to(self.request.user) if self.request else Tag.objects.none()
        for word in tag_words(value):
            queryset = queryset.filter(Exists(FirmTag.objects.filter(OF_FIRM, tag__in=mine.filter(name=word))))
        return queryset

    def unstated(self, queryset, name, value):
        """A figure that nobody has stated for the year, on any basis."""
        year = self.wanted["unknown_year"]
        codes = list(FIGURES) if value in (ANY, ALL) else [value]
        gone = [Q(~Exists(Fact.objects.filter(OF_FIRM, year=year, code=code))) for code in codes]
        wanted = Q()
        for each in gone:
            wanted = wanted | each if value == ANY else wanted & each
        return queryset.filter(wanted)

    def in_industry(self, queryset, name, value):
        """With or without the letter of the section."""
        if value[:1].isdecimal():
            return queryset.alias(digits=Substr("industry", 2)).filter(digits__startswith=value)
        return queryset.filter(industry__startswith=value.upper())

    def placed(self, queryset, name, value):
        return queryset.filter(region__kind__in=[RegionKind.CITY, RegionKind.PROVINCE])

    def of_import(self, queryset, name, value: int):
        """Firms that an import made or changed; of an import that the reader may see."""
        mine = Import.objects.visible_to(self.request.user) if self.request else Import.objects.none()
        written = ImportRow.objects.filter(batch__in=mine.filter(pk=value), firm__isnull=False)
        return queryset.filter(pk__in=written.filter(outcome__in=WRITTEN).values("firm"))


WRITTEN = (RowOutcome.CREATED, RowOutcome.UPDATED)


def _today() -> date:
    return timezone.localdate()


def _last_year() -> int:
    """The year whose figures firms have closed."""
    return _today().year - 1


def _days_ago(unit: str, days: int, today: date) -> date:
    """The day so many days or working days before; one query for working days."""
    return work_calendar().back(today, days) if unit == WORKDAYS else today - timedelta(days=days)
