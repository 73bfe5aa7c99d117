"""The filter of the outbox."""

import django_filters
from django.utils.translation import gettext_lazy as _

from notifications.models import Message, MessageKind, MessageState


class MessageFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(label=_("类型"), choices=MessageKind, empty_label=_("不限"))
    state = django_filters.ChoiceFilter(label=_("状态"), choices=MessageState, empty_label=_("不限"))
    to = django_filters.CharFilter(label=_("收件地址"), lookup_expr="icontains")

    class Meta:
        model = Message
        fields = ["kind", "state", "to"]
