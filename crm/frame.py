"""Which region and year a page speaks of: from the address, else what was chosen before, else the widest post."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.utils import timezone

from crm.access import scope_of, ways_up
from crm.models import Region

FIRST_YEAR = 2018


def current_region(request: HttpRequest) -> Region | None:
    """The region that the page is about, always one that the reader may see; None for people without a post."""
    if not scope_of(request.user).is_staff:
        return None
    kept = getattr(request, "_region", None)
    if kept is None:
        kept = _wanted_region(request)
        request._region = kept  # type: ignore[attr-defined]
    return kept


def _wanted_region(request: HttpRequest) -> Region | None:
    visible = Region.objects.visible_to(request.user)
    if code := request.GET.get("region"):
        region = visible.filter(code=code).first()
        if region is None:
            raise Http404
        if request.session.get("region") != code:
            request.session["region"] = code
        return region
    chosen = request.session.get("region")
    region = visible.filter(code=chosen).first() if chosen else None
    return region or _home(request)


def _home(request: HttpRequest) -> Region | None:
    """The widest region of the reader's posts; for one who sees everything, the city rather than the province."""
    scope = scope_of(request.user)
    if scope.home is not None or not scope.everything:
        return scope.home
    return Region.objects.filter(kind="city").order_by("path").first() or Region.objects.order_by("path").first()


def region_choices(request: HttpRequest) -> list[Region]:
    """The regions offered by the switch: the way up, the current one, and those right below it."""
    region = current_region(request)
    if region is None:
        return []
    near = Region.objects.visible_to(request.user)
    siblings = near.filter(parent_id=region.parent_id) if region.parent_id else near.none()
    return list(
        (near.filter(path__in=ways_up(region.path)) | near.filter(parent=region) | siblings).distinct().order_by("path")
    )


def current_year(request: HttpRequest) -> int:
    """The year that the page is about: this one unless the address says another."""
    this_year = timezone.localdate().year
    text = request.GET.get("year", "")
    return int(text) if text.isdecimal() and FIRST_YEAR <= int(text) <= this_year + 1 else this_year
