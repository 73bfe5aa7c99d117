"""How the API speaks of errors: RFC 9457 problem documents with a stable code and every reason at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from crm.errors import DomainError

PROBLEM = "application/problem+json"


def document(*, status: int, code: str, title: str, reasons: list[str], **extra: Any) -> dict[str, Any]:
    """A problem document. `reasons` are sentences for a person; `extra` may name the wrong fields."""
    body = {"type": f"urn:cultivar:problem:{code}", "title": title, "status": status, "code": code, "reasons": reasons}
    return body | extra


def problem(*, status: int, **parts: Any) -> Response:
    """The answer that carries a problem document."""
    return Response(document(status=status, **parts), status=status, content_type=PROBLEM)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address: a problem document for programs, a page for people."""
    return _outside_views(request, 404, "not_found", _("没有这个地址")) or defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that cannot be read: a problem document for programs, a page for people."""
    return _outside_views(request, 400, "bad_request", _("请求无法识别")) or defaults.bad_request(request, exception)


def _outside_views(request: HttpRequest, status: int, code: str, title: str) -> HttpResponse | None:
    """The problem document of an address under /api/ that no view of the API has answered."""
    if not request.path.startswith("/api/"):
        return None
    body = document(status=status, code=code, title=title, reasons=[title])
    return JsonResponse(body, status=status, content_type=PROBLEM)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn refusals and REST framework's own errors into problem documents; anything else stays a 500."""
    if isinstance(error, DomainError):
        named = {"errors": dict(error.fields)} if error.fields else {}
        return problem(status=error.status, code=error.code, title=str(error.title), reasons=error.reasons, **named)
    if isinstance(error, RequestDataTooBig):
        title = _("请求内容过大")
        return problem(status=413, code="too_large", title=title, reasons=[_("请求内容过大；请分批提交")])
    response = drf_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        fields = dict(_flat(error.detail))
        answer = problem(
            status=400,
            code="invalid_input",
            title=_("填写内容有误"),
            reasons=[f"{name}：{text}" if name else text for name, text in fields.items()],
            errors=fields,
        )
    else:
        code = "not_found" if isinstance(error, Http404) else getattr(error, "default_code", "error")
        detail = getattr(error, "detail", None) or (response.data or {}).get("detail", "")
        answer = problem(status=response.status_code, code=str(code), title=str(detail), reasons=[str(detail)])
    for name in ("WWW-Authenticate", "Retry-After"):
        if name in response.headers:
            answer[name] = response[name]
    return answer


def _flat(detail: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested validation errors as `years.2025.sales_cny: …`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _flat(inner, ".".join(part for part in (prefix, own) if part))
    elif isinstance(detail, list):
        plain = [str(item) for item in detail if not isinstance(item, dict | list)]
        if plain:
            yield prefix, "；".join(plain)
        for index, item in enumerate(detail):
            if isinstance(item, dict | list):
                yield from _flat(item, f"{prefix}.{index}" if prefix else str(index))
    else:
        yield prefix, str(detail)
