"""One-time notices: issued from the material list, read by officers and the firm, as a page and as a Word document."""

from __future__ import annotations

from io import BytesIO

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.files import CONTENT_TYPES
from crm.services.downloads import note_download
from crm.views.common import attempt, person, say, staff_only
from pipeline.material_forms import NoticeForm
from pipeline.models import MaterialNotice
from pipeline.selectors.notice_document import as_docx
from pipeline.selectors.notices import letter_of
from pipeline.services.notices import issue_notice
from pipeline.views.material_list import base_of, list_page, seen_application


@staff_only
@require_POST
def notice_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Say everything at once; a refusal shows the list again with the reasons and what was typed."""
    application = seen_application(request, pk)
    form = NoticeForm(request.POST)
    done = attempt(
        form,
        lambda: issue_notice(
            application,
            actor=person(request),
            reason=form.cleaned_data["reason"],
            version=form.cleaned_data["version"],
        ),
    )
    if not done:
        return list_page(request, seen_application(request, pk), status=409, notice_form=form)
    say(request, _("一次性告知书已发出，企业会收到邮件"))
    return redirect("materials", pk)


def _notice(request: HttpRequest, pk: int, number: int) -> MaterialNotice:
    application = seen_application(request, pk)
    rows = MaterialNotice.objects.visible_to(request.user).standing().filter(application=application)
    notice = get_object_or_404(rows.select_related("sent_by"), number=number)
    notice.application = application
    return notice


@require_GET
def material_notice(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    notice = _notice(request, pk, number)
    context = {"letter": letter_of(notice), "application": notice.application, "base": base_of(request)}
    return render(request, "pipeline/materials/notice.html", context)


@require_GET
def material_notice_docx(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The same as a Word document, for print and seal."""
    notice = _notice(request, pk, number)
    file = BytesIO()
    as_docx(letter_of(notice)).save(file)
    name = _("一次性告知书") + f" {notice.reference}.docx"
    note_download(notice, name, firm=notice.application.firm, actor=person(request))
    response = HttpResponse(file.getvalue(), content_type=CONTENT_TYPES["docx"])
    response["Content-Disposition"] = str(content_disposition_header(True, name))
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
