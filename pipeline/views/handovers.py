"""Handing work over: what somebody holds, to whom it goes, what came of each row, and the list on paper."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import MANAGERS, may_write, scope_of
from crm.errors import DomainError
from crm.frame import current_region
from crm.models import Firm, Post, Region, User
from crm.paging import keyset
from crm.selectors.leaves import colleagues_of, writing_paths
from crm.views.common import attempt, person, refuse, say, staff_only, typed_key, wants_fragment
from pipeline.choices import Handed, HandOverState, Held
from pipeline.handover_forms import DeclineForm, HandOverForm
from pipeline.models import HandOver
from pipeline.selectors.handovers import drill, goes_along, held, paper, summary
from pipeline.services import handovers as service
from pipeline.services.handovers import hand_over, may_confirm, propose

ASKED = ("giver", "receiver", "region", "proposed_by", "decided_by", "job")


@staff_only
@require_GET
def handover_list(request: HttpRequest) -> HttpResponse:
    mine = HandOver.objects.visible_to(request.user).select_related("giver", "receiver", "region")
    page = keyset(mine, order=("-pk",), after=request.GET.get("after", ""))
    context = {"page": page, "writes": scope_of(request.user).has_role("officer", *MANAGERS)}
    return render(request, "pipeline/handovers/list.html", context)


@staff_only
@require_http_methods(["GET", "POST"])
def handover_new(request: HttpRequest) -> HttpResponse:
    """What moves, counted and listed, and the one action that moves it. The address says whose and where."""
    giver, region = _giver(request), _region(request)
    receivers = colleagues_of([giver], [region.path])
    form = HandOverForm(request.POST or None, receivers=receivers, initial={"kinds": list(Held)})
    outright = may_confirm(person(request), region.path)
    act, made = hand_over if outright else propose, list[HandOver]()
    given: dict[str, Any] = {"region": region, "actor": person(request)}
    if request.method == "POST" and attempt(form, lambda: made.append(act(giver, **given, **form.cleaned_data))):
        say(request, _("已开始交接") if outright else _("已提交，待本辖区科长或管理员确认"))
        return redirect("handover", made[0].pk)
    context = {"form": form, "giver": giver, "region": region, "outright": outright, **_preview(request, giver, region)}
    return render(request, "pipeline/handovers/new.html", context, status=409 if form.errors else 200)


def _preview(request: HttpRequest, giver: User, region: Region) -> dict[str, Any]:
    found = held(giver, region.path)
    show = request.GET.get("show", "")
    kind = show if show in found else Held.FIRMS.value
    page = keyset(drill(kind, found[kind]), order=("pk",), after=request.GET.get("after", ""))
    return {
        "counts": [(Held(each), rows.count()) for each, rows in found.items()],
        "along": goes_along(giver, region.path),
        "show": kind,
        "page": page,
        "givers": _givers(request, region),
        "regions": _regions(request),
    }


def _regions(request: HttpRequest) -> list[Region]:
    """The regions of one's posts and those right below them."""
    paths = writing_paths(person(request))
    tops = list(Region.objects.filter(path__in=paths))
    below = Region.objects.visible_to(request.user).filter(parent__in=tops)
    return sorted({*tops, *below}, key=lambda region: region.path)[:200]


def _region(request: HttpRequest) -> Region:
    """The region of which the page speaks; where one only reads it, the first in which one writes."""
    region = current_region(request)
    if region is not None and may_write(request.user, region.path):
        return region
    found = next(iter(_regions(request)), None)
    if found is None:
        raise Http404
    return found


def _givers(request: HttpRequest, region: Region) -> list[User]:
    """Oneself; for who manages the region everybody who has or had a post in it or firms of it."""
    if not may_confirm(person(request), region.path):
        return [person(request)]
    posts = Post.objects.filter(region__path__under=region.path).values("user")
    looking = Firm.objects.filter(region_path__under=region.path, officer__is_active=False).values("officer")
    found = User.objects.filter(pk__in=posts) | User.objects.filter(pk__in=looking)
    return list(found.distinct().order_by("name", "pk")[:200])


def _giver(request: HttpRequest) -> User:
    wanted = typed_key(request.GET.get("giver", ""))
    if wanted in {0, person(request).pk}:
        return person(request)
    found = next((user for user in _givers(request, _region(request)) if user.pk == wanted), None)
    if found is None:
        raise Http404
    return found


def _visible(request: HttpRequest, pk: int) -> HandOver:
    return get_object_or_404(HandOver.objects.visible_to(request.user).select_related(*ASKED), pk=pk)


@staff_only
@require_GET
def handover_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _visible(request, pk))


def _page(
    request: HttpRequest, handover: HandOver, *, decline: DeclineForm | None = None, status: int = 200
) -> HttpResponse:
    outcome = request.GET.get("outcome", "")
    rows = handover.rows.select_related("firm")
    rows = rows.filter(outcome=outcome) if outcome in Handed.values else rows
    context = {
        **_status(request, handover),
        "outcome": outcome,
        "outcomes": [("", _("全部")), *Handed.choices],
        "page": keyset(rows, order=("pk",), after=request.GET.get("after", "")),
        "sees": may_write(request.user, handover.region_path) or request.user.pk == handover.giver_id,
        "summary": summary(handover, timezone.localdate()) if handover.state == HandOverState.DONE else None,
        "kinds": [Held(kind).label for kind in handover.kinds],
        "waiting": _waiting(handover) if handover.state == HandOverState.PROPOSED else [],
        "decline_form": decline or DeclineForm(),
    }
    return render(request, "pipeline/handovers/page.html", context, status=status)


def _waiting(handover: HandOver) -> list[tuple[str, int]]:
    """How much of each kind a wish would hand over now, so that nobody confirms it unseen. A query for each kind."""
    found = held(handover.giver, handover.region_path)
    return [(str(Held(kind).label), found[kind].count()) for kind in handover.kinds if kind in found]


def _status(request: HttpRequest, handover: HandOver) -> dict[str, Any]:
    confirms = may_confirm(person(request), handover.region_path)
    waiting, job = handover.state == HandOverState.PROPOSED, handover.job
    return {
        "handover": handover,
        "job": job,
        "may_confirm": waiting and confirms,
        "may_decline": waiting and (confirms or handover.giver_id == request.user.pk),
        "may_receive": handover.state == HandOverState.DONE
        and handover.received_at is None
        and handover.receiver_id == request.user.pk,
        "may_resume": confirms and handover.state == HandOverState.RUNNING and (job is None or job.is_over),
    }


@staff_only
@require_GET
def handover_status(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is; htmx asks again until the job is over, then the page is read anew."""
    handover = _visible(request, pk)
    if not wants_fragment(request):
        return redirect("handover", pk)
    context = _status(request, handover)
    response = render(request, "pipeline/handovers/_status.html", context)
    if handover.job is None or handover.job.is_over:
        response["HX-Refresh"] = "true"
    return response


@staff_only
@require_POST
def handover_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Confirm, go on, or receive: a button each."""
    handover = _visible(request, pk)
    done = {"confirm": _("已开始交接"), "resume": _("继续交接"), "receive": _("已签收")}
    if act not in done:
        raise Http404
    try:
        getattr(service, act)(handover, actor=person(request))
    except DomainError as error:
        refuse(request, error)
    else:
        say(request, done[act])
    return redirect("handover", pk)


@staff_only
@require_POST
def handover_decline(request: HttpRequest, pk: int) -> HttpResponse:
    handover = _visible(request, pk)
    form = DeclineForm(request.POST)
    if attempt(form, lambda: service.decline(handover, actor=person(request), **form.cleaned_data)):
        say(request, _("已记录，不交接"))
        return redirect("handover", pk)
    return _page(request, handover, decline=form, status=409)


@staff_only
@require_GET
def handover_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The list on A4, firm by firm, with lines for both signatures."""
    handover = _visible(request, pk)
    context = {"handover": handover, "sheets": paper(handover, person(request)), "today": timezone.localdate()}
    return render(request, "pipeline/handovers/paper.html", context)
