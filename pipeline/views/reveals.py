"""Results that are decided but not public: the list of them, and making them public together."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access import scope_of
from crm.choices import Role
from crm.errors import DomainError
from crm.paging import capped_count, keyset
from crm.views.common import person, refuse, say, staff_only, typed_key
from pipeline.filters import PendingFilter
from pipeline.forms import RevealDateForm
from pipeline.models import PendingResult
from pipeline.services.reveals import MOST, date_results, start_reveal, withdraw_result


def _waiting(request: HttpRequest) -> QuerySet[PendingResult]:
    return PendingResult.objects.visible_to(request.user).waiting()


@staff_only
@require_GET
def reveals(request: HttpRequest) -> HttpResponse:
    rows = _waiting(request).select_related("application__firm", "application__region", "entered_by")
    filterset = PendingFilter(request.GET, queryset=rows, request=request)
    found = filterset.qs if filterset.is_valid() else rows.none()
    number, more = capped_count(found)
    context = {
        "filterset": filterset,
        "page": keyset(found, order=("-pk",), after=request.GET.get("after", "")),
        "number": number,
        "more": more,
        "date_form": RevealDateForm(),
        "may_write": scope_of(request.user).has_role(Role.OFFICER, Role.LEAD, Role.ADMIN),
    }
    return render(request, "pipeline/reveals.html", context)


def _chosen(request: HttpRequest) -> QuerySet[PendingResult]:
    """The ticked rows, or all that the filter of the address finds."""
    rows = _waiting(request)
    if request.POST.get("everything"):
        filterset = PendingFilter(request.GET, queryset=rows, request=request)
        return filterset.qs if filterset.is_valid() else rows.none()
    return rows.filter(pk__in=[typed_key(number) for number in request.POST.getlist("row")])


@staff_only
@require_POST
def reveal_now(request: HttpRequest) -> HttpResponse:
    """Make the chosen results public, in the background."""
    try:
        job = start_reveal(_chosen(request).values_list("pk", flat=True)[: MOST + 1], actor=person(request))
    except DomainError as error:
        refuse(request, error)
        return redirect("reveals")
    return redirect("job", job.pk)


@staff_only
@require_POST
def reveal_date(request: HttpRequest) -> HttpResponse:
    """Set the day on which the chosen results become public by themselves; without one, nobody does it for you."""
    form = RevealDateForm(request.POST)
    if not form.is_valid():
        say(request, _("看不懂公布日期；请写成 2026-12-25"))
        return redirect("reveals")
    rows = _chosen(request).select_related("application")
    try:
        changed = date_results(rows, on=form.cleaned_data["on"], actor=person(request))
    except DomainError as error:
        refuse(request, error)
    else:
        say(request, _("已改 {count} 项的公布日期").format(count=changed))
    return redirect("reveals")


@staff_only
@require_POST
def reveal_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one result back before it is public."""
    pending = get_object_or_404(_waiting(request).select_related("application"), pk=pk)
    try:
        withdraw_result(pending, actor=person(request))
    except DomainError as error:
        refuse(request, error)
    else:
        say(request, _("已撤销待公布的结果；企业从未看到"))
    return redirect("reveals")
