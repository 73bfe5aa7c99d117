"""What happened to a firm: the card of its page with every event, and the recording and taking back of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.access import may_write
from crm.choices import FirmEventKind, FirmStatus
from crm.models import Firm, FirmEvent, Region
from crm.selectors.firms import regions_to_move_to
from crm.services import firm_events as services
from crm.views.common import attempt, person, say, staff_only, wants_fragment
from pipeline.event_forms import (
    DeregisterForm,
    EventForm,
    MoveInForm,
    MoveOutForm,
    RelocateForm,
    RenameForm,
    WithdrawForm,
)
from pipeline.selectors.leaving import leaving
from pipeline.views.firms import visible_firm

SHOWN = 50


@dataclass(frozen=True)
class Act:
    """One kind of event: its form, its service, and the statuses of the firms that it can happen to."""

    kind: FirmEventKind
    form: type[EventForm]
    service: Callable[..., Any]
    statuses: tuple[str, ...] = (FirmStatus.ACTIVE,)

    @property
    def ends(self) -> bool:
        """True where the firm's running applications end with it."""
        return self.kind in {FirmEventKind.MOVED_OUT, FirmEventKind.DEREGISTERED}


ACTS = {
    act.kind: act
    for act in (
        Act(FirmEventKind.RENAMED, RenameForm, services.rename_firm, (*FirmStatus.values,)),
        Act(FirmEventKind.MOVED, RelocateForm, services.relocate_firm),
        Act(FirmEventKind.MOVED_IN, MoveInForm, services.move_in, (FirmStatus.ACTIVE, FirmStatus.MOVED_OUT)),
        Act(FirmEventKind.MOVED_OUT, MoveOutForm, services.move_out),
        Act(FirmEventKind.DEREGISTERED, DeregisterForm, services.deregister),
    )
}


@staff_only
@require_http_methods(["GET", "POST"])
def firm_events(request: HttpRequest, credit_code: str) -> HttpResponse:
    """The card alone for htmx, a page of its own for everybody else; `kind` opens the form of one kind of event."""
    firm = visible_firm(request, credit_code)
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    if not kind:
        return _card(request, firm)
    act = next((act for act in ACTS.values() if act.kind == kind and firm.status in act.statuses), None)
    if act is None:
        raise Http404
    if request.method == "GET":
        return _card(request, firm, act=act, form=_form(request, firm, act, None))
    form = _form(request, firm, act, request.POST)
    today = timezone.localdate()
    if not attempt(form, lambda: act.service(firm, actor=person(request), today=today, **form.cleaned_data)):
        return _card(request, firm, act=act, form=form, status=409)
    say(request, _("已登记：{what}").format(what=act.kind.label))
    return redirect("firm", firm.credit_code)


def _form(request: HttpRequest, firm: Firm, act: Act, data: Any) -> EventForm:
    regions = regions_to_move_to(firm.region, Region.objects.visible_to(request.user))
    return act.form(data, regions=regions, auto_id=f"{act.kind}-%s")


@staff_only
@require_POST
def firm_event_withdraw(request: HttpRequest, credit_code: str, pk: int) -> HttpResponse:
    """Take back an event that was recorded by mistake."""
    firm = visible_firm(request, credit_code)
    event = get_object_or_404(firm.events.select_related("region_before", "region_after"), pk=pk)
    event.firm, form = firm, WithdrawForm(request.POST)
    if not attempt(form, lambda: services.withdraw_event(event, actor=person(request), **form.cleaned_data)):
        return _card(request, firm, refused=form, status=409)
    say(request, _("已撤销：{what}").format(what=event))
    return redirect("firm", firm.credit_code)


def _card(
    request: HttpRequest,
    firm: Firm,
    *,
    act: Act | None = None,
    form: EventForm | None = None,
    refused: WithdrawForm | None = None,
    status: int = 200,
) -> HttpResponse:
    writes = may_write(request.user, firm.region_path)
    context = {
        "firm": firm,
        "may_write": writes,
        "events": _shown(firm),
        "acts": [each for each in ACTS.values() if firm.status in each.statuses] if writes else [],
        "act": act,
        "form": form,
        "refused": refused,
        "leaving": leaving(firm) if act is not None and act.ends else None,
    }
    template = "pipeline/firm/_events.html" if wants_fragment(request) else "pipeline/firm/events_page.html"
    return render(request, template, context, status=status)


def _shown(firm: Firm) -> list[FirmEvent]:
    """The newest events; the newest standing one of names and of places can be taken back."""
    events = list(firm.events.select_related("actor", "withdrawn_by")[:SHOWN])
    seen: set[bool] = set()
    for event in events:
        line = event.kind == FirmEventKind.RENAMED
        event.newest = event.withdrawn_at is None and line not in seen  # type: ignore[attr-defined]
        if event.withdrawn_at is None:
            seen.add(line)
    return events
