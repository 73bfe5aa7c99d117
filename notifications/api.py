"""Messages, for programs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets

from crm.access import scope_of
from notifications.filters import MessageFilter
from notifications.models import Message


class MessageSerializer(serializers.ModelSerializer):
    firm = serializers.CharField(source="firm.credit_code", default=None, read_only=True)

    class Meta:
        model = Message
        fields = [
            "id",
            "key",
            "kind",
            "to",
            "to_name",
            "firm",
            "application",
            "subject",
            "body",
            "state",
            "send_after",
            "attempts",
            "error",
            "created_at",
            "sent_at",
            "read_at",
        ]

    def to_representation(self, instance: Message) -> dict[str, Any]:
        """What servers answered and why the office gave a mail up is the office's own."""
        shown = super().to_representation(instance)
        if not scope_of(self.context["request"].user).is_staff:
            shown["error"] = ""
        return shown


class MessageViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Messages to the caller, and those that went out in the caller's regions, newest first."""

    serializer_class = MessageSerializer
    filterset_class = MessageFilter
    lookup_value_regex = "[0-9]+"

    def get_queryset(self) -> QuerySet[Message]:
        return Message.objects.visible_to(self.request.user).select_related("firm").order_by("-pk")
