"""What one was told, what went out, and the mailbox of a closed network."""

from __future__ import annotations

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from crm.access import scope_of
from crm.paging import keyset
from crm.views.common import person, staff_only, wants_fragment
from notifications.filters import MessageFilter
from notifications.models import Mail, Message, MessageState
from notifications.selectors import own_messages
from pipeline.models import Application

ORDER = ("-pk",)
PORTAL_SHOWN = 50


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """One's own messages, the bell's page."""
    page = keyset(own_messages(person(request)), order=ORDER, after=request.GET.get("after", ""))
    base = "frame.html" if scope_of(request.user).is_staff else "portal_base.html"
    return render(request, "notifications/notices.html", {"page": page, "base": base})


@require_POST
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one's own message read and go to what it is about."""
    message = get_object_or_404(Message.objects.told(request.user), pk=pk)
    Message.objects.filter(pk=pk, read_at=None).update(read_at=timezone.now())
    return redirect(message.link or "notices")


@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    Message.objects.filter(recipient=person(request), read_at=None).update(read_at=timezone.now())
    return redirect("notices")


@require_GET
def portal_messages(request: HttpRequest, pk: int) -> HttpResponse:
    """What the firm was told about one application; the tracker loads it as a part of itself."""
    firm_ids = scope_of(request.user).firm_ids
    applications = Application.objects.visible_to(request.user).filter(firm_id__in=firm_ids)
    application = get_object_or_404(applications.select_related("firm"), pk=pk)
    told = Message.objects.filter(application=application, to_firm=True).exclude(state=MessageState.EXPIRED)
    context = {"application": application, "told": list(told.order_by("-pk")[:PORTAL_SHOWN])}
    template = "notifications/_told.html" if wants_fragment(request) else "notifications/told.html"
    return render(request, template, context)


@staff_only
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """Everything that went or goes out in the reader's regions, with what became of it."""
    rows = Message.objects.visible_to(request.user).select_related("firm", "application")
    filterset = MessageFilter(request.GET, queryset=rows)
    found = filterset.qs if filterset.is_valid() else rows.none()
    page = keyset(found, order=ORDER, after=request.GET.get("after", ""))
    return render(request, "notifications/outbox.html", {"filterset": filterset, "page": page})


@staff_only
@require_GET
def outbox_message(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Message.objects.visible_to(request.user).select_related("firm", "application")
    message = get_object_or_404(rows, pk=pk)
    context = {"message": message, "deliveries": list(message.deliveries.all())}
    return render(request, "notifications/outbox_message.html", context)


@require_GET
def mailbox(request: HttpRequest) -> HttpResponse:
    """The mails that did not leave the machine: one's own; for administrators all."""
    page = keyset(Mail.objects.visible_to(request.user), order=ORDER, after=request.GET.get("after", ""))
    base = "frame.html" if scope_of(request.user).is_staff else "portal_base.html"
    return render(request, "notifications/mailbox.html", {"page": page, "base": base})


@require_GET
def mailbox_mail(request: HttpRequest, pk: int) -> HttpResponse:
    mail = get_object_or_404(Mail.objects.visible_to(request.user), pk=pk)
    base = "frame.html" if scope_of(request.user).is_staff else "portal_base.html"
    return render(request, "notifications/mailbox_mail.html", {"mail": mail, "base": base})


@require_GET
@xframe_options_sameorigin
@csp_replace(  # type: ignore[arg-type]
    {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "img-src": ["data:"], "frame-ancestors": ["'self'"]}
)
def mailbox_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of a mail alone, as a mail client shows it; no script, nothing from elsewhere."""
    mail = get_object_or_404(Mail.objects.visible_to(request.user), pk=pk)
    return HttpResponse(mail.html or "")
