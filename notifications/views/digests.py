"""The ledger of periodic mails: every weekly and morning mail, also those that could not be made."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access import may_write
from crm.errors import DomainError
from crm.paging import keyset
from crm.views.common import back, refuse, say, staff_only
from notifications.again import make_again
from notifications.forms import DigestFilter
from notifications.models import Digest, DigestState
from pipeline.selectors.calendar import work_calendar

ORDER = ("-pk",)


@staff_only
@require_GET
def digests(request: HttpRequest) -> HttpResponse:
    rows = Digest.objects.visible_to(request.user).select_related("recipient", "message")
    filterset = DigestFilter(request.GET, queryset=rows.defer("message__body", "message__html"))
    found = filterset.qs if filterset.is_valid() else rows.none()
    page = keyset(found, order=ORDER, after=request.GET.get("after", ""))
    waiting = Digest.objects.visible_to(request.user).filter(state=DigestState.FAILED).count()
    context = {"filterset": filterset, "page": page, "failed": waiting}
    for row in page.rows:
        row.may_be_made = row.state == DigestState.FAILED and may_write(request.user, row.region_path)
    return render(request, "notifications/digests.html", context)


@staff_only
@require_POST
def digest_again(request: HttpRequest, pk: int) -> HttpResponse:
    digest = get_object_or_404(Digest.objects.visible_to(request.user).select_related("recipient"), pk=pk)
    if not may_write(request.user, digest.region_path):
        raise Http404
    try:
        make_again(digest, today=timezone.localdate(), calendar=work_calendar())
    except DomainError as error:
        refuse(request, error)
    else:
        say(request, _("已生成并排队发送"))
    return back(request, "digests")
