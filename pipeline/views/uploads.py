"""A file in parts: announce it, send the parts, finish. Answers are JSON, for the script of the upload form."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from crm.errors import DomainError
from crm.views.common import person
from pipeline.material_forms import BeginForm, UploadForm
from pipeline.models import Upload
from pipeline.services.uploads import PART_BYTES, add_part, begin_upload, finish_upload
from pipeline.views.material_list import seen_application
from pipeline.views.materials import tell


def _refused(error: DomainError, **more: object) -> JsonResponse:
    return JsonResponse({"code": error.code, "reasons": error.reasons, **more}, status=error.status)


def _own(request: HttpRequest, key: str) -> Upload:
    """One's own unfinished upload, of an application that one still may see."""
    rows = Upload.objects.filter(user=person(request)).select_related("application")
    upload = get_object_or_404(rows, key=key)
    upload.application = seen_application(request, upload.application_id)
    return upload


@require_POST
def upload_begin(request: HttpRequest, pk: int, item: str, year: int) -> JsonResponse:
    application = seen_application(request, pk)
    form = BeginForm(request.POST)
    if not form.is_valid():
        reasons = [reason for reasons in form.errors.values() for reason in reasons]
        return JsonResponse({"code": "invalid_input", "reasons": reasons}, status=400)
    try:
        upload = begin_upload(application, item, year, actor=person(request), **form.cleaned_data)
    except DomainError as error:
        return _refused(error)
    place = {"url": reverse("upload", args=[upload.key]), "finish": reverse("upload_finish", args=[upload.key])}
    return JsonResponse({"offset": 0, "part_bytes": PART_BYTES, **place})


@require_http_methods(["GET", "PUT"])
def upload(request: HttpRequest, key: str) -> JsonResponse:
    """GET: how far it has got. PUT: the part that begins at the header Upload-Offset."""
    own = _own(request, key)
    if request.method == "PUT":
        offset = request.headers.get("Upload-Offset", "")
        try:
            own = add_part(own, request.body, offset=int(offset) if offset.isdecimal() and len(offset) < 12 else -1)
        except DomainError as error:
            return _refused(error, offset=own.received)
    place = {"url": reverse("upload", args=[own.key]), "finish": reverse("upload_finish", args=[own.key])}
    return JsonResponse({"offset": own.received, "part_bytes": PART_BYTES, **place})


@require_POST
def upload_finish(request: HttpRequest, key: str) -> JsonResponse:
    """Judge the whole file; what was kept is said on the next page, what was not is in the answer."""
    own = _own(request, key)
    form = UploadForm(request.POST)
    if not form.is_valid():
        reasons = [reason for reasons in form.errors.values() for reason in reasons]
        return JsonResponse({"code": "invalid_input", "reasons": reasons}, status=400)
    try:
        done = finish_upload(own, actor=person(request), valid_until=form.cleaned_data["valid_until"])
    except DomainError as error:
        return _refused(error, offset=own.received)
    if done.reasons:
        return JsonResponse({"code": "invalid_input", "reasons": done.reasons}, status=400)
    tell(request, done)
    return JsonResponse({"kept": [document.pk for document in done.kept]})
