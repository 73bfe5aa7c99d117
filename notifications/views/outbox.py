"""The outbox: what went out, what waits, and what an officer does with one mail or with many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import WRITERS, scope_of
from crm.errors import DomainError, NotAllowed
from crm.paging import keyset
from crm.services.firms import require_writer
from crm.views.common import attempt, back, person, refuse, say, staff_only, typed_key
from notifications import bounces, drafts
from notifications.conflicts import conflicts_of
from notifications.filters import OutboxFilter
from notifications.forms import TextForm
from notifications.models import WAITING, Message, MessageState
from notifications.selectors import ALL, DRAFTS, TABS, in_tab, rows_of, tabs_of
from notifications.topics import TOPICS
from notifications.wording import topic_called, wording_of

ORDER = ("-pk",)
NAMED = 20  # so many recipients are named before many mails go


def _found(request: HttpRequest) -> tuple[OutboxFilter, QuerySet[Message]]:
    rows = Message.objects.visible_to(request.user)
    filterset = OutboxFilter(request.GET, queryset=rows, request=request)
    return filterset, filterset.qs if filterset.is_valid() else rows.none()


def _tab(request: HttpRequest) -> str:
    tab = request.GET.get("tab", ALL)
    return tab if tab in TABS else ALL


@staff_only
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """Everything that went or goes out in the reader's regions, with what became of it."""
    filterset, found = _found(request)
    tab = _tab(request)
    page = keyset(drafts.with_case(in_tab(found, tab)), order=ORDER, after=request.GET.get("after", ""))
    context = {
        "filterset": filterset,
        "page": page,
        "rows": rows_of(page.rows),
        "tab": tab,
        "tabs": tabs_of(found),
        "may_send": tab == DRAFTS and scope_of(request.user).has_role(*WRITERS),
        "now": timezone.now(),
    }
    return render(request, "notifications/outbox.html", context)


def _visible(request: HttpRequest, pk: int) -> Message:
    return get_object_or_404(drafts.with_case(Message.objects.visible_to(request.user)), pk=pk)


@staff_only
@require_http_methods(["GET", "POST"])
def outbox_message(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail: its text, its decision, what became of it. A draft is edited here."""
    message = _visible(request, pk)
    if request.method == "GET":
        return _page(request, message, _text_form(message))
    form = TextForm(request.POST)
    data = form.data
    said = {"subject": data.get("subject", ""), "body": data.get("body", ""), "seen": data.get("seen", "")}
    if attempt(form, lambda: drafts.edit(message, actor=person(request), **said)):
        say(request, _("草稿已保存"))
        return redirect("outbox_message", pk)
    return _page(request, _visible(request, pk), form, status=409)


def _text_form(message: Message) -> TextForm:
    text = message.parts.get("text", message.body)
    return TextForm(initial={"subject": message.subject, "body": text, "seen": drafts.edited_mark(message)})


def _page(request: HttpRequest, message: Message, form: TextForm, *, status: int = 200) -> HttpResponse:
    found = conflicts_of([message]).get(message.pk, [])
    context = {
        "message": message,
        "deliveries": list(message.deliveries.all()),
        "conflicts": found,
        "hard": any(each.is_hard for each in found),
        "warned": any(not each.is_note for each in found),
        "may_send": drafts.may_send(person(request), message),
        "waits": message.state in WAITING,
        "form": form,
        **_template_of(message),
    }
    return render(request, "notifications/outbox_message.html", context, status=status)


def _template_of(message: Message) -> dict[str, Any]:
    """What its wording is called, and whether a newer one holds by now."""
    topic = topic_called(message.template) if message.template else None
    if topic is None:
        return {"topic": None}
    renewable = message.state == MessageState.DRAFT and message.event is not None and topic.code in TOPICS
    newest = wording_of(topic, message.language).version
    return {"topic": topic, "newest": newest, "outdated": newest != message.template_version, "renewable": renewable}


def _send(request: HttpRequest, message: Message) -> str:
    drafts.send(message, actor=person(request), anyway=bool(request.POST.get("anyway")))
    return _("已放行，将按时发出；发出前可以撤回")


def _recall(request: HttpRequest, message: Message) -> str:
    drafts.recall(message, actor=person(request), reason=request.POST.get("reason", ""))
    return _("已撤回，没有发出")


def _discard(request: HttpRequest, message: Message) -> str:
    drafts.discard(message, actor=person(request), reason=request.POST.get("reason", ""))
    return _("草稿已弃用")


def _anew(request: HttpRequest, message: Message) -> str:
    count = drafts.make_anew(message, actor=person(request))
    return _("已按最新模板和收件人重新生成 {count} 封草稿").format(count=count)


def _bounced(request: HttpRequest, message: Message) -> str:
    bounces.mark_bounced(message, actor=person(request))
    return _("已标记为退信；此地址更正前不再投递")


def _resend(request: HttpRequest, message: Message) -> str:
    require_writer(person(request), message.region_path)
    count = bounces.resend([message], to="", actor=person(request))
    return _("已重新排队") if count else _("没有重发：这封邮件不是失败状态，或所依据的办理已撤销、事项已办结")


ACTS: dict[str, Callable[[HttpRequest, Message], str]] = {
    "send": _send,
    "recall": _recall,
    "discard": _discard,
    "anew": _anew,
    "bounced": _bounced,
    "resend": _resend,
}


@staff_only
@require_POST
def outbox_act(request: HttpRequest, pk: int) -> HttpResponse:
    """One button of one mail: `act` says which."""
    message = _visible(request, pk)
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    try:
        say(request, act(request, message))
    except DomainError as error:
        refuse(request, error)
    return back(request, f"/outbox/{pk}/")


@staff_only
@require_POST
def outbox_send(request: HttpRequest) -> HttpResponse:
    """Send many: asks again with the number and the people, then starts the job."""
    ids = _chosen(request)
    try:
        if not scope_of(request.user).has_role(*WRITERS):
            raise NotAllowed(_("当前身份只能查阅；发送请找本辖区经办人员"))
        if request.POST.get("sure"):
            return redirect("job", drafts.start_sending(ids, actor=person(request)).pk)
    except DomainError as error:
        refuse(request, error)
        return redirect("outbox")
    rows = drafts.with_case(Message.objects.visible_to(request.user).filter(pk__in=ids, state=MessageState.DRAFT))
    named = list(rows.order_by("-pk")[:NAMED])
    number = rows.count()
    context = {"rows": rows_of(named), "number": number, "left": number - len(named), "ids": ",".join(map(str, ids))}
    return render(request, "notifications/outbox_send.html", context)


def _chosen(request: HttpRequest) -> list[int]:
    """The drafts meant: ticked ones, one field with all of them, or everything that the filter finds."""
    if request.POST.get("everything"):
        found = in_tab(_found(request)[1], DRAFTS)
        return list(found.order_by("pk").values_list("pk", flat=True)[: drafts.MOST + 1])
    marks = [*request.POST.getlist("row"), *request.POST.get("rows", "").split(",")]
    return sorted({key for mark in marks if (key := typed_key(mark.strip()))})
