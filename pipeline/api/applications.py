"""Applications and their moves, for programs."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from crm.models import Firm
from crm.views.common import person
from pipeline.api.bulk import BulkJobSerializer
from pipeline.api.move_serializers import MoveSerializer, MovesSerializer, UndoSerializer
from pipeline.api.serializers import (
    ApplicationDetailSerializer,
    ApplicationSerializer,
    DeadlineSerializer,
    OpenSerializer,
    PendingResultSerializer,
    RecognitionSerializer,
    RevealSerializer,
    RoundSerializer,
    StageEventSerializer,
)
from pipeline.filters import ApplicationFilter, DeadlineFilter, PendingFilter, RecognitionFilter
from pipeline.models import Application, Deadline, PendingResult, Recognition, Round, StageEvent
from pipeline.selectors.calendar import with_versions
from pipeline.services.applications import RESULT_FIELDS, move_application, open_application
from pipeline.services.reveals import enter_result, start_reveal
from pipeline.services.undoing import undo_last


class ApplicationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    serializer_class = ApplicationSerializer  # explicit fields; shapes data, decides nothing
    filterset_class = ApplicationFilter  # declared once, shared with the HTML list
    lookup_value_regex = "[0-9]+"

    def get_serializer_class(self) -> type[BaseSerializer]:
        return ApplicationDetailSerializer if self.action == "retrieve" else super().get_serializer_class()

    def get_queryset(self) -> QuerySet[Application]:
        rows = Application.objects.visible_to(self.request.user)
        return rows.select_related("firm", "region", "officer").order_by("-stage_since", "-pk")

    @extend_schema(request=OpenSerializer, responses={201: ApplicationSerializer})
    def create(self, request: Request) -> Response:
        """Start a firm on a programme; 409 with every reason when that cannot be."""
        form = OpenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        firm = get_object_or_404(Firm.objects.visible_to(request.user), credit_code=form.validated_data["firm"])
        number = form.validated_data["round"]
        chosen = get_object_or_404(Round.objects.visible_to(request.user), pk=number) if number else None
        application = open_application(
            firm,
            form.validated_data["programme"],
            round=chosen,
            year=form.validated_data["year"] or (chosen.year if chosen else None),
            actor=person(request),
        )
        return Response(self.get_serializer(application).data, status=201)

    @extend_schema(methods=["GET"], responses=MovesSerializer, filters=False)
    @extend_schema(methods=["POST"], request=MoveSerializer, responses=MovesSerializer)
    @action(detail=True, methods=["get", "post"], serializer_class=MoveSerializer, pagination_class=None)
    def moves(self, request: Request, pk: str) -> Response:
        """GET: the lawful moves with their blockers. POST: make one."""
        application = self.get_object()
        if request.method == "POST":
            form = self.get_serializer(data=request.data)  # transition, note, version
            form.is_valid(raise_exception=True)
            data = {name: value for name, value in form.validated_data.items() if value or name not in RESULT_FIELDS}
            hold, day = data.pop("hold"), data.pop("reveal_on", None)
            if hold:
                enter_result(application, data.pop("transition"), actor=person(request), reveal_on=day, **data)
            else:
                move_application(application, actor=person(request), **data)
        return Response(MovesSerializer(application, context=self.get_serializer_context()).data)

    @extend_schema(request=UndoSerializer, responses=MovesSerializer)
    @action(detail=True, methods=["post"], serializer_class=UndoSerializer, pagination_class=None)
    def undo(self, request: Request, pk: str) -> Response:
        """Take back one's own move of the last minute; 409 when that minute is over or it is somebody else's."""
        application = self.get_object()
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        undo_last(application, actor=person(request), version=form.validated_data.get("version"))
        return Response(MovesSerializer(application, context=self.get_serializer_context()).data)

    @extend_schema(responses=StageEventSerializer(many=True), filters=False)
    @action(detail=True, serializer_class=StageEventSerializer, pagination_class=None)
    def events(self, request: Request, pk: str) -> Response:
        """What has happened, oldest first; for a firm only what concerns it."""
        application = self.get_object()
        events = StageEvent.objects.visible_to(request.user).filter(application=application)
        return Response(
            self.get_serializer(events.select_related("actor", "application").order_by("version"), many=True).data
        )


class PendingResultViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Results that are decided but not public, newest first."""

    serializer_class = PendingResultSerializer
    filterset_class = PendingFilter

    def get_queryset(self) -> QuerySet[PendingResult]:
        rows = PendingResult.objects.visible_to(self.request.user).waiting()
        return rows.select_related("application__firm", "entered_by").order_by("-pk")

    @extend_schema(request=RevealSerializer, responses={202: BulkJobSerializer}, filters=False)
    @action(detail=False, methods=["post"], serializer_class=RevealSerializer, pagination_class=None)
    def reveal(self, request: Request) -> Response:
        """Make results public together: 202 with a job; each is moved or refused on its own."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        mine = list(self.get_queryset().filter(pk__in=form.validated_data["results"]).values_list("pk", flat=True))
        if form.validated_data["results"] and not mine:
            raise Http404
        job = start_reveal(mine, actor=person(request))
        return Response({"job": job.pk}, status=202)


class DeadlineViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Open deadlines, the nearest first."""

    serializer_class = DeadlineSerializer
    filterset_class = DeadlineFilter

    def get_queryset(self) -> QuerySet[Deadline]:
        rows = Deadline.objects.visible_to(self.request.user).open()
        return rows.select_related("firm", "application__round").order_by("due_on", "pk")


class RoundViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Filing windows, newest first."""

    serializer_class = RoundSerializer
    filterset_fields = ["programme", "year"]
    lookup_value_regex = "[0-9]+"

    def get_queryset(self) -> QuerySet[Round]:
        return with_versions(Round.objects.visible_to(self.request.user).select_related("region")).order_by(
            "-opens_on", "-pk"
        )


class RecognitionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Titles granted, newest first."""

    serializer_class = RecognitionSerializer
    filterset_class = RecognitionFilter

    def get_queryset(self) -> QuerySet[Recognition]:
        rows = Recognition.objects.visible_to(self.request.user)
        return rows.select_related("firm", "region").order_by("-granted_on", "-pk")
