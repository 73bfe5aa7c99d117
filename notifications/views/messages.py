"""What one was told, what went out, and the mailbox of a closed network."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from crm.access import may_write, scope_of
from crm.models import Firm
from crm.paging import keyset
from crm.views.common import person, staff_only, wants_fragment
from notifications.models import NOT_TOLD, Mail, Message, MessageState
from notifications.selectors import own_messages, told_of_application, told_of_firm
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
    Message.objects.told(request.user).filter(read_at=None).update(read_at=timezone.now())
    return redirect("notices")


@require_GET
def portal_messages(request: HttpRequest, pk: int) -> HttpResponse:
    """What the firm was told about one application; the tracker loads it as a part of itself."""
    firm_ids = scope_of(request.user).firm_ids
    applications = Application.objects.visible_to(request.user).filter(firm_id__in=firm_ids)
    application = get_object_or_404(applications.select_related("firm"), pk=pk)
    told = Message.objects.filter(application=application, to_firm=True, channel=None).exclude(
        state__in=[MessageState.EXPIRED, *NOT_TOLD]
    )
    context = {"application": application, "told": list(told.order_by("-pk")[:PORTAL_SHOWN])}
    template = "notifications/_told.html" if wants_fragment(request) else "notifications/told.html"
    return render(request, template, context)


@require_GET
def portal_inbox(request: HttpRequest) -> HttpResponse:
    """Everything that one's firms were told, by notice, reminder or letter."""
    firm_ids = scope_of(request.user).firm_ids
    rows = Message.objects.visible_to(request.user).filter(firm_id__in=firm_ids, to_firm=True)
    rows = rows.exclude(state=MessageState.EXPIRED).select_related("firm", "application")
    page = keyset(rows, order=ORDER, after=request.GET.get("after", ""))
    return render(request, "notifications/portal_inbox.html", {"page": page})


@staff_only
@require_GET
def firm_messages(request: HttpRequest, credit_code: str) -> HttpResponse:
    """What a firm was told; its page loads it as a part of itself."""
    firm = get_object_or_404(Firm.objects.visible_to(request.user), credit_code=credit_code)
    return _history(request, firm, told_of_firm(firm, person(request)))


@staff_only
@require_GET
def application_messages(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Application.objects.visible_to(request.user).select_related("firm")
    application = get_object_or_404(rows, pk=pk)
    told = told_of_application(application, person(request))
    return _history(request, application.firm, told, application=application)


def _history(request: HttpRequest, firm: Firm, told: list[Message], **context: Any) -> HttpResponse:
    fragment = wants_fragment(request)
    template = "notifications/_history.html" if fragment else "notifications/history.html"
    may = may_write(request.user, firm.region_path)
    return render(request, template, {"firm": firm, "told": told, "may_write": may, **context})


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
