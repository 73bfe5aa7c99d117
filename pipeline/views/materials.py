"""The materials of an application, for its officers and for its firm: the list, uploads, decisions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access import scope_of
from crm.choices import ScanState
from crm.errors import DomainError
from crm.models import Firm
from crm.services.downloads import hand_out
from crm.views.common import back, person, refuse, say, staff_only, typed_key, wants_fragment
from pipeline.errors import MaterialRefused
from pipeline.material_forms import UploadForm, decisions_in
from pipeline.models import Application, Document, MaterialFile
from pipeline.selectors.materials import wallet
from pipeline.services.material_decisions import Decision, decide_materials
from pipeline.services.materials import Uploaded, reuse_document, take_off, upload_files
from pipeline.views.firms import visible_firm
from pipeline.views.material_list import base_of, list_page, own_list, seen_application
from pipeline.views.portal import firm_only


@require_GET
def materials(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole list; htmx gets the summary that the application's page shows."""
    application = seen_application(request, pk)
    return list_page(request, application)


def ownlist_page(request: HttpRequest, application: Application) -> str:
    """Where this person sees the list: officers on its page, firms on their tracker."""
    if scope_of(request.user).is_staff:
        return reverse("materials", args=[application.pk])
    return reverse("portal_application", args=[application.pk]) + "#materials"


@require_POST
def material_upload(request: HttpRequest, pk: int, item: str, year: int) -> HttpResponse:
    """Several files for one item, as any browser sends them; the good ones stay when others are refused."""
    application = seen_application(request, pk)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        for reasons in form.errors.values():
            for reason in reasons:
                messages.error(request, str(reason))
        return redirect(ownlist_page(request, application))
    day = form.cleaned_data["valid_until"]
    try:
        done = upload_files(
            application, item, year, form.cleaned_data["chosen"], actor=person(request), valid_until=day
        )
    except DomainError as error:
        refuse(request, error)
    else:
        tell(request, done)
    return back(request, ownlist_page(request, application))


def tell(request: HttpRequest, done: Uploaded) -> None:
    """Say what was kept and, of every other file, why not."""
    if done.kept:
        names = _("、").join(document.file_name for document in done.kept)
        say(request, _("已上传 {count} 个文件：{names}").format(count=len(done.kept), names=names))
    for reason in done.reasons:
        messages.error(request, reason)


@require_POST
def material_reuse(request: HttpRequest, pk: int, item: str, year: int) -> HttpResponse:
    """Use a paper that the firm has already."""
    application = seen_application(request, pk)
    number = request.POST.get("document", "")
    papers = Document.objects.visible_to(request.user).filter(firm=application.firm)
    document = get_object_or_404(papers, pk=typed_key(number))
    try:
        reuse_document(application, item, year, document, actor=person(request))
    except DomainError as error:
        refuse(request, error)
    else:
        say(request, _("已沿用“{name}”").format(name=document.file_name))
    return back(request, ownlist_page(request, application))


@require_POST
def material_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a document off an item, before anybody has judged it."""
    places = MaterialFile.objects.select_related("material__application__edition", "material__application__firm")
    place = get_object_or_404(places, pk=pk)
    application = seen_application(request, place.material.application_id)
    try:
        take_off(place, actor=person(request))
    except DomainError as error:
        refuse(request, error)
    else:
        say(request, _("已移除；文件仍在企业材料库中"))
    return back(request, ownlist_page(request, application))


@staff_only
@require_POST
def materials_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Every item in one form; a refusal keeps what was typed."""
    application = seen_application(request, pk)
    found = own_list(request, application)
    if found is None:
        raise Http404
    decisions = list(decisions_in(request.POST, found))
    try:
        decide_materials(application, decisions, actor=person(request))
    except DomainError as error:
        return list_page(request, application, status=409, refused=error.reasons, **_typed(decisions))
    say(request, _("已审 {count} 项材料").format(count=len(decisions)))
    return redirect("materials", pk)


def _typed(decisions: list[Decision]) -> dict[str, Any]:
    """What was chosen in the form, for the form that is shown again."""
    keyed = [(f"{one.item}-{one.year}", one) for one in decisions]
    return {
        "accepting": {key for key, one in keyed if one.accept},
        "refusing": {key for key, one in keyed if not one.accept},
        "ticked": {f"{key}:{code}" for key, one in keyed for code in one.reasons},
        "notes_typed": [(key, one.note) for key, one in keyed],
    }


@require_GET
def document_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A paper of a firm, to those who may see the firm; who took it is kept. What the scanner fears stays inside."""
    document = get_object_or_404(Document.objects.visible_to(request.user).select_related("firm"), pk=pk)
    if not document.is_readable:
        reason = (
            _("“{name}”含有病毒，不能下载") if document.scan == ScanState.INFECTED else _("“{name}”正在等待病毒扫描")
        )
        refuse(request, MaterialRefused(reason.format(name=document.file_name)))
        context = {"base": base_of(request), "document": document}
        return render(request, "pipeline/materials/unreadable.html", context, status=409)
    return hand_out(document, document.file, firm=document.firm, actor=person(request))


@staff_only
@require_GET
def firm_documents(request: HttpRequest, credit_code: str) -> HttpResponse:
    """A firm's wallet, for its officers; htmx gets the part for the firm's page."""
    firm = visible_firm(request, credit_code)
    papers = wallet(firm)
    context = {"firm": firm, "papers": papers, "base": "frame.html", "wallets": [(firm, papers)]}
    template = "pipeline/materials/_wallet_card.html" if wants_fragment(request) else "pipeline/materials/wallet.html"
    return render(request, template, context)


@firm_only
@require_GET
def portal_documents(request: HttpRequest) -> HttpResponse:
    """The papers of one's own firms."""
    firms = Firm.objects.filter(pk__in=scope_of(request.user).firm_ids).order_by("pk")
    context = {"base": "portal_base.html", "wallets": [(firm, wallet(firm)) for firm in firms[:20]]}
    return render(request, "pipeline/materials/wallet.html", context)
