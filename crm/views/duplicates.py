"""Firms that are in the library twice: the queue, the merge with its preview, taking it back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import MANAGERS, scope_of
from crm.errors import DomainError
from crm.identifiers import tidy
from crm.models import DuplicatePair, Firm, Merge
from crm.paging import capped_count, keyset
from crm.selectors.merging import merge_preview, recent_merges
from crm.services.duplicates import dismiss, search_now
from crm.services.merging import merge_firms, unmerge
from crm.views.common import person, refuse, say, staff_only

FOUND = 20


def _firm(request: HttpRequest, credit_code: str) -> Firm:
    firms = Firm.objects.visible_to(request.user).select_related("region", "officer")
    return get_object_or_404(firms, credit_code=credit_code)


@staff_only
@require_GET
def duplicate_list(request: HttpRequest) -> HttpResponse:
    """The open pairs that this person may know of, the likeliest first."""
    pairs = DuplicatePair.objects.visible_to(request.user).open()
    rows = pairs.select_related("first__region", "second__region")
    page = keyset(rows, order=("-strength", "pk"), after=request.GET.get("after", ""))
    context = {
        "page": page,
        "count": capped_count(pairs),
        "may_merge": scope_of(request.user).has_role(*MANAGERS),
    }
    return render(request, "crm/duplicates.html", context)


@staff_only
@require_POST
def duplicates_search(request: HttpRequest) -> HttpResponse:
    """What the night does, now."""
    try:
        return redirect("job", search_now(person(request)).pk)
    except DomainError as error:
        refuse(request, error)
        return redirect("duplicates")


@staff_only
@require_POST
def duplicate_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    rows = DuplicatePair.objects.visible_to(request.user).select_related("first", "second")
    pair = get_object_or_404(rows, pk=pk)
    try:
        dismiss(pair, actor=person(request), note=request.POST.get("note", ""))
        say(request, _("已标记为不是同一家，以后不再提示"))
    except DomainError as error:
        refuse(request, error)
    return redirect("duplicates")


@staff_only
@require_GET
def firm_same(request: HttpRequest, credit_code: str) -> HttpResponse:
    """For one firm: what looks like it, a search for another, and what went into it lately."""
    firm = _firm(request, credit_code)
    words = tidy(request.GET.get("q", ""))
    others = Firm.objects.visible_to(request.user).exclude(pk=firm.pk).select_related("region")
    alike = DuplicatePair.objects.visible_to(request.user).open()
    context = {
        "firm": firm,
        "q": words,
        "found": list(others.named_like(words, among=person(request)).order_by("pk")[:FOUND]) if words else [],
        "alike": [
            pair
            for side in ("first", "second")
            for pair in alike.filter(**{side: firm}).select_related("first__region", "second__region")
        ],
        "merges": list(recent_merges(firm)),
        "may_merge": scope_of(request.user).has_role(*MANAGERS),
    }
    return render(request, "crm/firm_same.html", context)


@staff_only
@require_http_methods(["GET", "POST"])
def merge_page(request: HttpRequest, kept: str, other: str) -> HttpResponse:
    """What would move, what has to be chosen; then the merge."""
    firm, double = _firm(request, kept), _firm(request, other)
    reasons: list[str] = []
    if request.method == "POST":
        try:
            take, reason = request.POST.getlist("take"), request.POST.get("reason", "")
            merge_firms(firm, double, actor=person(request), reason=reason.strip(), take=take)
            say(request, _("已合并；30 天内可在企业页“同一企业”处撤销"))
            return redirect("firm", firm.credit_code)
        except DomainError as error:
            reasons = error.reasons
    preview = merge_preview(firm, double)
    context = {"preview": preview, "reasons": reasons or preview.reasons, "taken": request.POST.getlist("take")}
    context["may_merge"] = scope_of(request.user).has_role(*MANAGERS)
    return render(request, "crm/merge_page.html", context, status=409 if reasons else 200)


@staff_only
@require_POST
def merge_undo(request: HttpRequest, pk: int) -> HttpResponse:
    visible = Firm.objects.visible_to(request.user)
    merge = get_object_or_404(Merge.objects.select_related("kept", "merged"), pk=pk, kept__in=visible)
    try:
        unmerge(merge, actor=person(request))
        say(request, _("已撤销合并，“{name}”恢复为单独的企业").format(name=merge.merged.name))
    except DomainError as error:
        refuse(request, error)
    return redirect("firm_same", merge.kept.credit_code)
