"""What the API says of moves: what is asked for, what stands against them, what they bring."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from crm.access import scope_of
from pipeline.models import Application
from pipeline.selectors.moves import moves_of


class MoveSerializer(serializers.Serializer):
    """`{"transition", "note", "version"}`, and what a recognition needs where the move grants one."""

    transition = serializers.CharField(max_length=40)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    version = serializers.IntegerField(min_value=0, required=False)
    number = serializers.CharField(required=False, allow_blank=True, max_length=40)
    document = serializers.CharField(required=False, allow_blank=True, max_length=120)
    granted_on = serializers.DateField(required=False, allow_null=True)
    valid_until = serializers.DateField(required=False, allow_null=True)
    hold = serializers.BooleanField(required=False, default=False, help_text="Keep a result until it is revealed.")
    reveal_on = serializers.DateField(required=False, allow_null=True, default=None)


class UndoSerializer(serializers.Serializer):
    """`{"version"}`: the application as the client saw it after its move."""

    version = serializers.IntegerField(min_value=0, required=False)


class NeedSerializer(serializers.Serializer):
    """One thing a move asks for: a note, a figure of a year, or what a recognition is recorded with."""

    kind = serializers.ChoiceField(choices=["note", "fact", "result", "materials"])
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    required = serializers.BooleanField()  # type: ignore[assignment]
    missing = serializers.BooleanField()
    year = serializers.IntegerField(allow_null=True)


class ConsequenceSerializer(serializers.Serializer):
    """One thing a move brings with it."""

    kind = serializers.ChoiceField(choices=["clock", "mail", "count", "title", "end"])
    text = serializers.CharField()


class LawfulMoveSerializer(serializers.Serializer):
    """One move that the table allows from here, with what still stands against it for this person."""

    transition = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    to = serializers.CharField()
    to_label = serializers.CharField()
    note_required = serializers.BooleanField()
    mails_firm = serializers.BooleanField()
    grants = serializers.CharField(allow_null=True)
    allowed = serializers.BooleanField(help_text="The person's role fits; without it the gesture is not offered.")
    blockers = serializers.ListField(child=serializers.CharField())
    needs = NeedSerializer(many=True, help_text="What the move asks for, and what of it is still missing.")
    consequences = ConsequenceSerializer(many=True, help_text="What it would bring if it were made today.")


class MovesSerializer(serializers.Serializer):
    """Where an application is and where it may go."""

    version = serializers.IntegerField()
    stage = serializers.CharField()
    stage_label = serializers.CharField()
    moves = LawfulMoveSerializer(many=True)

    def to_representation(self, application: Application) -> dict[str, Any]:
        user = self.context["request"].user
        staff = self._staff = scope_of(user).is_staff
        face = (lambda stage: str(stage.label)) if staff else (lambda stage: str(stage.public_label))
        moves = [move for move in moves_of(application, user) if staff or move.allowed]
        return {
            "version": application.version,
            "stage": application.stage,
            "stage_label": face(application.current),
            "moves": [self._move(application, move, face) for move in moves],
        }

    def _move(self, application: Application, move: Any, face: Any) -> dict[str, Any]:
        target = application.workflow.stage(move.step.target)
        return {
            "transition": move.step.code,
            "label": str(move.step.label),
            "to": target.code,
            "to_label": face(target),
            "note_required": move.step.note_required,
            "mails_firm": target.mails_firm,
            "grants": move.step.grants and str(move.step.grants),
            "allowed": move.allowed,
            "blockers": list(move.blockers),
            "needs": NeedSerializer(move.needs, many=True).data,
            "consequences": ConsequenceSerializer(move.consequences, many=True).data if self._staff else [],
        }
