"""The board of a programme: lanes by stage, real counts, the first cards of each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from crm.access import scope_of
from crm.choices import Role
from crm.frame import current_region, current_year
from crm.views.common import staff_only, wants_fragment
from pipeline.filters import ApplicationFilter
from pipeline.models import Application
from pipeline.models.applications import ApplicationQuerySet
from pipeline.selectors.applications import LANE_CARDS, board_lanes, lane_cards
from pipeline.selectors.cards import Card, cards
from pipeline.selectors.chips import GapChip, gap_chips
from pipeline.selectors.stays import compiled_stays
from pipeline.selectors.swimlanes import COUNTY, OFFICER, Cell, Row, swimlanes
from pipeline.workflow import Stage
from pipeline.workflows import PROGRAMMES

# The list's filters, but for those that the board itself stands for: programme, year, region, stage and phase.
FILTERS = ("q", "whose", "officer", "pending", "plan", "late")


def _scoped(request: HttpRequest, programme: str) -> tuple[ApplicationFilter, ApplicationQuerySet]:
    """The applications of this board: scope, region, year and the same filters as the list."""
    if programme not in PROGRAMMES:
        raise Http404
    rows = Application.objects.visible_to(request.user).filter(programme=programme, year=current_year(request))
    if (region := current_region(request)) is not None:
        rows = rows.filter(region_path__under=region.path)
    data = {name: value for name, value in request.GET.items() if name in FILTERS}
    filterset = ApplicationFilter(data, queryset=rows, request=request)
    return filterset, filterset.qs if filterset.is_valid() else rows.none()


@staff_only
@require_GET
def board(request: HttpRequest, programme: str) -> HttpResponse:
    filterset, rows = _scoped(request, programme)
    closed, by = request.GET.get("closed") == "1", request.GET.get("by", "")
    across = by if by in {COUNTY, OFFICER} else ""
    context = {
        "programme": programme,
        "table": PROGRAMMES[programme],
        "filterset": filterset,
        "fields": [filterset.form[name] for name in FILTERS if name != "officer"],
        "usual": compiled_stays(programme),
        "closed": closed,
        "by": across,
        "part": "pipeline/_swimlanes.html" if across else "pipeline/_board.html",
        "may_move": scope_of(request.user).has_role(Role.OFFICER, Role.LEAD, Role.ADMIN),
        **(_rows(request, rows, programme, across, closed) if across else _lanes(request, rows, programme, closed)),
    }
    return render(request, context["part"] if wants_fragment(request) else "pipeline/board.html", context)


def _lanes(request: HttpRequest, rows: ApplicationQuerySet, programme: str, closed: bool) -> dict[str, Any]:
    """A lane for each stage."""
    lanes = board_lanes(rows, programme, closed=closed)
    shown = [application for lane in lanes for application in lane.cards]
    made = iter(cards(shown, request.user))
    return {
        "lanes": [(lane, list(islice(made, len(lane.cards)))) for lane in lanes],
        "chips": _chips(shown, programme),
        "total": sum(lane.count for lane in lanes),
    }


def _rows(request: HttpRequest, rows: ApplicationQuerySet, programme: str, by: str, closed: bool) -> dict[str, Any]:
    """The same cut across: a row for each county or officer."""
    region = current_region(request)
    assert region is not None  # whoever belongs to the authority speaks of a region
    found = swimlanes(rows, programme, by=by, region=region, closed=closed)
    made = iter(cards(found.shown, request.user))

    def cells(row: Row) -> list[tuple[Stage, Cell, list[Card]]]:
        return [
            (stage, cell, list(islice(made, len(cell.cards))))
            for stage, cell in zip(found.stages, row.cells, strict=True)
        ]

    return {
        "heads": list(zip(found.stages, found.totals, strict=True)),
        "rows": [(row, cells(row)) for row in found.rows],
        "left_out": found.left_out,
        "chips": _chips(found.shown, programme),
        "total": sum(found.totals),
    }


def _chips(applications: Sequence[Application], programme: str) -> dict[int, GapChip]:
    """How far each firm is from this programme."""
    found = gap_chips({application.firm_id for application in applications}, programmes=[programme])
    return {firm: chips[0] for firm, chips in found.items()}


@staff_only
@require_GET
def board_lane(request: HttpRequest, programme: str, stage: str) -> HttpResponse:
    """The next cards of a lane, after the card named by `after`."""
    _filterset, rows = _scoped(request, programme)
    after = request.GET.get("after", "")
    last = get_object_or_404(rows, pk=after if after.isdecimal() else 0)
    found = lane_cards(rows, stage, after=last)
    context = {
        "cards": cards(found, request.user),
        "chips": _chips(found, programme),
        "programme": programme,
        "stage": stage,
        "usual": compiled_stays(programme),
        "more": len(found) == LANE_CARDS,
    }
    return render(request, "pipeline/_lane_cards.html", context)
