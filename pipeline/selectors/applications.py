"""Applications shaped for pages, boards and mails."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, QuerySet, Value, When

from crm.models import Membership, Region, User
from pipeline.choices import Counter, Phase, Title
from pipeline.models import Application, Recognition, StageEvent
from pipeline.workflow import Stage, Transition
from pipeline.workflows import PROGRAMMES

LANE_CARDS = 20
GOALS: dict[str, str] = {Counter.IN_LIBRARY: "in_lib"}  # what a counter counts where it is not the programme's own goal
IN_PROGRESS = (Phase.POOL, Phase.PREPARING, Phase.REVIEW, Phase.NOTICE)


def with_account(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Each row with `has_account`: whether somebody of the firm can log in, which decides who submits."""
    accounts = Membership.objects.filter(firm=OuterRef("firm"), ended_on=None, user__is_active=True)
    return applications.annotate(has_account=Exists(accounts))


@dataclass(frozen=True)
class Lane:
    """One stage of a board: its real count, and the first cards."""

    stage: Stage
    count: int
    cards: list[Application]
    entries: tuple[Transition, ...]  # the moves that lead here, for dropping

    @property
    def hidden(self) -> int:
        return self.count - len(self.cards)


def board_lanes(applications: QuerySet[Application], programme: str, *, closed: bool = False) -> list[Lane]:
    """The lanes of a programme's board over a scoped queryset: one count, one statement a lane that has cards."""
    table = PROGRAMMES[programme]
    counts = dict(applications.order_by().values_list("stage").annotate(number=Count("pk")))
    lanes = []
    for stage in table.stages:
        if stage.phase == Phase.CLOSED and not closed:
            continue
        number = counts.get(stage.code, 0)
        cards = lane_cards(applications, stage.code) if number else []
        entries = tuple(step for step in table.transitions if step.target == stage.code)
        lanes.append(Lane(stage, number, cards, entries))
    return lanes


def lane_cards(
    applications: QuerySet[Application], stage: str, *, after: Application | None = None
) -> list[Application]:
    """Up to 20 cards of a lane, newest arrivals first, perhaps those after a card."""
    wanted = with_account(applications.filter(stage=stage)).select_related("firm", "region", "officer")
    if after is not None:
        older = {"stage_since__lt": after.stage_since}
        wanted = wanted.filter(**older) | wanted.filter(stage_since=after.stage_since, pk__lt=after.pk)
    return list(wanted.order_by("-stage_since", "-pk")[:LANE_CARDS])


def nearest_to_counting(
    region: Region, indicator: str, *, year: int, officer: User | None = None, limit: int = 5
) -> list[Application]:
    """The open applications of a region, perhaps of one officer, that would close the gap first. One query.

    Those furthest on their way to what the indicator counts come first, then those waiting longest. A firm that held
    the title before closes no gap of first-time certificates.
    """
    programme, _dot, counter = indicator.partition(".")
    stages = PROGRAMMES[programme].stages
    codes = [stage.code for stage in stages]
    before = codes[: codes.index(GOALS.get(counter, PROGRAMMES[programme].goal))]
    rank = Case(
        *(When(stage=code, then=Value(place)) for place, code in enumerate(before)), output_field=IntegerField()
    )
    wanted = Application.objects.open().filter(
        programme=programme, year=year, region_path__under=region.path, stage__in=before
    )
    if counter == Counter.FIRST_TIME:
        held = Recognition.objects.filter(firm=OuterRef("firm"), programme=programme).exclude(title=Title.LIBRARY)
        wanted = wanted.filter(~Exists(held))
    if officer is not None:
        wanted = wanted.filter(officer=officer)
    wanted = wanted.annotate(rank=rank).select_related("firm", "region", "officer", "round")
    return list(wanted.order_by("-rank", "stage_since", "pk")[:limit])


def timeline_events(application: Application) -> QuerySet[StageEvent]:
    return application.events.select_related("actor", "application").order_by("-version")
