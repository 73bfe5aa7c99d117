"""What programs see and enter beside figures: rights and credentials."""

from __future__ import annotations

from rest_framework import serializers

from crm.models import Credential, IntellectualProperty


class RightSerializer(serializers.ModelSerializer):
    is_class_one = serializers.BooleanField(read_only=True)
    entered_by = serializers.CharField(source="entered_by.name", default=None, read_only=True)

    class Meta:
        model = IntellectualProperty
        fields = [
            "id",
            "kind",
            "number",
            "title",
            "granted_on",
            "self_developed",
            "in_force",
            "is_class_one",
            "entered_by",
            "entered_at",
        ]
        read_only_fields = ["id", "entered_at"]
        validators: list = []  # the service names every reason at once


class CredentialSerializer(serializers.ModelSerializer):
    entered_by = serializers.CharField(source="entered_by.name", default=None, read_only=True)

    class Meta:
        model = Credential
        fields = ["id", "kind", "name", "level", "rank", "on", "valid_until", "year", "entered_by", "entered_at"]
        read_only_fields = ["id", "entered_at"]
