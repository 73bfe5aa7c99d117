"""What the API shows of clocks: the back-planned timetable and the announcements of a window."""

from __future__ import annotations

from rest_framework import serializers

from pipeline.models import RoundVersion


class PlannedStepSerializer(serializers.Serializer):
    """A step of the timetable; `slack_workdays` is negative once it should have begun."""

    code = serializers.CharField(source="step.code")
    label = serializers.CharField(source="step.label")  # type: ignore[assignment]
    who = serializers.CharField(source="step.who")
    workdays = serializers.IntegerField(source="step.workdays")
    confirmed = serializers.BooleanField(source="step.confirmed", help_text="False: the length is our default.")
    begin_on = serializers.DateField()
    end_on = serializers.DateField()
    slack_workdays = serializers.IntegerField(source="slack")
    pace = serializers.CharField(source="tone", help_text="`act`, `soon` or `fine`")
    done = serializers.BooleanField()


class PlanSerializer(serializers.Serializer):
    closes_on = serializers.DateField()
    begin_on = serializers.DateField(allow_null=True, help_text="The last responsible day; null when all is done.")
    pace = serializers.CharField(source="tone", help_text="`act`, `soon` or `fine`")
    provisional = serializers.BooleanField()
    steps = PlannedStepSerializer(many=True)


class RoundVersionSerializer(serializers.ModelSerializer):
    """One announcement of a window: what it changed, by which notice."""

    class Meta:
        model = RoundVersion
        fields = ["number", "change", "opens_on", "closes_on", "extended_to", "last_on", "notice_number", "at"]
