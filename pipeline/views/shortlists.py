"""Shortlists: their firms, and opening applications for all of them with what came of each."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from crm.access import may_write
from crm.errors import DomainError
from crm.models import Firm
from crm.paging import keyset
from crm.services.firms import require_writer
from crm.services.jobs import cancel_job
from crm.views.common import person, refuse, say, staff_only, wants_fragment
from pipeline.models import Shortlist, ShortlistOpening
from pipeline.selectors.shortlists import counts_of, latest_opening, listed, openings_of
from pipeline.services.shortlists import delete_shortlist, open_all, remove_firm

OPENED, REFUSED, WAITING = "opened", "refused", "waiting"
OUTCOMES = {
    "": gettext_lazy("全部"),
    OPENED: gettext_lazy("已发起"),
    REFUSED: gettext_lazy("未能发起"),
    WAITING: gettext_lazy("尚未处理"),
}


@staff_only
@require_GET
def shortlist_list(request: HttpRequest) -> HttpResponse:
    mine = Shortlist.objects.visible_to(request.user).select_related("region", "author")
    page = keyset(mine, order=("-pk",), after=request.GET.get("after", ""))
    return render(request, "pipeline/shortlists/list.html", {"page": page, "rows": listed(page.rows)})


def _visible(request: HttpRequest, pk: int) -> Shortlist:
    mine = Shortlist.objects.visible_to(request.user).select_related("region", "author", "edition")
    return get_object_or_404(mine, pk=pk)


@staff_only
@require_GET
def shortlist_page(request: HttpRequest, pk: int) -> HttpResponse:
    shortlist = _visible(request, pk)
    firms = Firm.objects.visible_to(request.user).filter(shortlists=shortlist).select_related("region", "officer")
    size, counts = firms.count(), counts_of(shortlist)
    outcome = request.GET.get("outcome", "")
    page = keyset(_with_outcome(firms, shortlist, outcome), order=("pk",), after=request.GET.get("after", ""))
    openings = openings_of(shortlist, [firm.pk for firm in page.rows])
    numbers = {"": size, WAITING: size - counts["opened"] - counts["refused"], **counts}
    context = {
        "shortlist": shortlist,
        "page": page,
        "rows": [(firm, openings.get(firm.pk)) for firm in page.rows],
        "tabs": [(code, label, numbers[code]) for code, label in OUTCOMES.items()],
        "outcome": outcome,
        "left": size - counts["opened"],
        **_status(request, shortlist),
    }
    return render(request, "pipeline/shortlists/page.html", context)


def _with_outcome(firms: QuerySet[Firm], shortlist: Shortlist, outcome: str) -> QuerySet[Firm]:
    mine = ShortlistOpening.objects.filter(shortlist=shortlist, firm=OuterRef("pk"))
    if outcome == WAITING:
        return firms.filter(~Exists(mine))
    if outcome in {OPENED, REFUSED}:
        return firms.filter(Exists(mine.filter(application__isnull=outcome == REFUSED)))
    return firms


def _status(request: HttpRequest, shortlist: Shortlist) -> dict[str, Any]:
    return {"job": latest_opening(shortlist), "may_write": may_write(request.user, shortlist.region_path)}


@staff_only
@require_GET
def shortlist_status(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the opening is; htmx asks again until it is over, then the page is read anew."""
    shortlist = _visible(request, pk)
    if not wants_fragment(request):
        return redirect("shortlist", pk)
    context = _status(request, shortlist) | {"shortlist": shortlist}
    response = render(request, "pipeline/shortlists/_status.html", context)
    if context["job"] is None or context["job"].is_over:
        response["HX-Refresh"] = "true"
    return response


@staff_only
@require_POST
def shortlist_open(request: HttpRequest, pk: int) -> HttpResponse:
    """One click: an application for every firm of the list."""
    shortlist = _visible(request, pk)
    try:
        open_all(shortlist, actor=person(request))
    except DomainError as error:
        refuse(request, error)
    return redirect("shortlist", pk)


@staff_only
@require_POST
def shortlist_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    shortlist = _visible(request, pk)
    job = latest_opening(shortlist)
    try:
        require_writer(person(request), shortlist.region_path)
        if job is not None and cancel_job(job):
            say(request, _("已取消，已完成的部分保留"))
    except DomainError as error:
        refuse(request, error)
    return redirect("shortlist", pk)


@staff_only
@require_POST
def shortlist_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one firm off the list; one that is not on it any more changes nothing."""
    shortlist = _visible(request, pk)
    firm = Firm.objects.visible_to(request.user).filter(credit_code=request.POST.get("firm", "")).first()
    try:
        if firm is not None and remove_firm(shortlist, firm, actor=person(request)):
            say(request, _("已移出 {firm}").format(firm=firm))
    except DomainError as error:
        refuse(request, error)
    return redirect("shortlist", pk)


@staff_only
@require_POST
def shortlist_delete(request: HttpRequest, pk: int) -> HttpResponse:
    shortlist = _visible(request, pk)
    try:
        delete_shortlist(shortlist, actor=person(request))
    except DomainError as error:
        refuse(request, error)
        return redirect("shortlist", pk)
    say(request, _("候选名单已删除，已发起的申报不受影响"))
    return redirect("shortlists")
