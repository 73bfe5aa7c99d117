"""The filters of the outbox."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from crm.models import Firm, Region
from notifications.models import Message, MessageKind, MessageState
from notifications.topics import TOPICS
from pipeline.workflows import PROGRAMMES


class MessageFilter(django_filters.FilterSet):
    """What programs ask for."""

    kind = django_filters.ChoiceFilter(label=_("类型"), choices=MessageKind, empty_label=_("不限"))
    state = django_filters.ChoiceFilter(label=_("状态"), choices=MessageState, empty_label=_("不限"))
    to = django_filters.CharFilter(label=_("收件地址"), lookup_expr="icontains")

    class Meta:
        model = Message
        fields = ["kind", "state", "to"]


class OutboxFilter(MessageFilter):
    """The form of the outbox: what programs ask for, and what officers look for."""

    q = django_filters.CharFilter(method="of_firm", label=_("企业"))
    template = django_filters.ChoiceFilter(
        label=_("模板"), choices=[(code, topic.label) for code, topic in TOPICS.items()], empty_label=_("不限")
    )
    programme = django_filters.ChoiceFilter(
        field_name="application__programme",
        label=_("计划"),
        choices=[(code, table.short_label) for code, table in PROGRAMMES.items()],
        empty_label=_("不限"),
    )
    whom = django_filters.ChoiceFilter(
        method="to_whom",
        label=_("对象"),
        choices=[("firm", _("企业")), ("staff", _("工作人员"))],
        empty_label=_("不限"),
    )
    state = django_filters.ChoiceFilter(choices=MessageState, widget=forms.HiddenInput)  # the tabs say it to people
    region = django_filters.CharFilter(method="within", label=_("区划"), widget=forms.HiddenInput)
    batch = django_filters.CharFilter(method="of_batch", widget=forms.HiddenInput)

    class Meta:
        model = Message
        fields = ["q", "kind", "template", "programme", "state", "to", "whom", "region", "batch"]

    def of_firm(self, queryset, name, value):
        return queryset.filter(firm__in=Firm.objects.named_like(value).values("pk"))

    def to_whom(self, queryset, name, value):
        return queryset.filter(to_firm=value == "firm")

    def within(self, queryset, name, code):
        region = Region.objects.filter(code=code).first()
        return queryset.filter(region_path__under=region.path) if region else queryset.none()

    def of_batch(self, queryset, name, value):
        return queryset.filter(key__startswith=f"letter:{value}:")


class DeadLetterFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(label=_("类型"), choices=MessageKind, empty_label=_("不限"))
    error = django_filters.CharFilter(label=_("原因包含"), lookup_expr="icontains")
    to = django_filters.CharFilter(label=_("收件地址"), lookup_expr="icontains")

    class Meta:
        model = Message
        fields = ["kind", "error", "to"]
