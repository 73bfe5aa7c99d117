"""What waits in the outbox for somebody whose work goes to another; a part of the page of a hand-over."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from crm.frame import current_region
from crm.models import User
from crm.paging import capped_count
from crm.views.common import staff_only, wants_fragment
from notifications.models import Message, MessageState, Snooze


@staff_only
@require_GET
def handover_mails(request: HttpRequest, pk: int) -> HttpResponse:
    """Drafts to firms that this person looks after, and what they put off; both go by the firm."""
    giver = get_object_or_404(User, pk=pk)
    if not wants_fragment(request):
        return redirect("outbox")
    region = current_region(request)
    looked_after = Q(firm__officer=giver) | Q(application__officer=giver)
    drafts = Message.objects.visible_to(request.user).filter(looked_after, state=MessageState.DRAFT)
    put_off = Snooze.objects.filter(user=giver, told_on=None, deadline__closed_at=None)
    if region is not None:
        drafts = drafts.filter(region_path__under=region.path)
        put_off = put_off.filter(deadline__region_path__under=region.path)
    context = {"drafts": capped_count(drafts)[0], "put_off": capped_count(put_off)[0]}
    return render(request, "notifications/_handover_mails.html", context)
