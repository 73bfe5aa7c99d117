"""The reminder centre of officers and of firms: what waits, put off, stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access import scope_of
from crm.errors import DomainError
from crm.paging import capped_count, keyset
from crm.templatetags.show import due_day
from crm.views.common import back, person, refuse, say, staff_only, typed_key
from notifications.centre import TABS, WAITING, heaps, reminded_of
from notifications.forms import SnoozeForm, StopForm, ThresholdForm
from notifications.models import MorningRule
from notifications.mornings import set_threshold
from notifications.snoozes import resume, snooze, stop_reminding
from pipeline.models import Deadline
from pipeline.selectors.calendar import work_calendar
from pipeline.views.portal import firm_only

ORDER = ("due_on", "pk")


@staff_only
@require_GET
def reminders(request: HttpRequest) -> HttpResponse:
    return _centre(request, base="frame.html", here="reminders")


@firm_only
@require_GET
def portal_reminders(request: HttpRequest) -> HttpResponse:
    return _centre(request, base="portal_base.html", here="portal_reminders")


def _centre(request: HttpRequest, *, base: str, here: str) -> HttpResponse:
    """One tab; with `deadline`, as a mail links, that one alone."""
    user, today, calendar = person(request), timezone.localdate(), work_calendar()
    tab = request.GET.get("tab", WAITING)
    tab = tab if tab in TABS else WAITING
    rows = {code: reminded_of(user, code, today) for code in TABS}
    found = rows[tab]
    if only := typed_key(request.GET.get("deadline", "")):
        tab = next((code for code in TABS if rows[code].filter(pk=only).exists()), tab)
        found = rows[tab].filter(pk=only)
    found = found.select_related("application", "recognition", "firm")
    page = keyset(found, order=ORDER, after=request.GET.get("after", ""))
    context: dict[str, Any] = {
        "base": base,
        "here": here,
        "tab": tab,
        "tabs": [(code, label, capped_count(rows[code])) for code, label in TABS.items()],
        "page": page,
        "heaps": heaps(user, page.rows, tab, today, calendar),
        "only": only,
        "rule": MorningRule.objects.filter(user=user).first(),
        "threshold": settings.MORNING_THRESHOLD,
        "today": today,
    }
    return render(request, "notifications/reminders.html", context)


@require_POST
def reminder_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    deadline, form, user = _seen(request, pk), SnoozeForm(request.POST), person(request)
    if not form.is_valid():
        messages.error(request, _("请选择推迟到哪一天"))
        return _back(request)
    until, today = form.cleaned_data["until"], timezone.localdate()

    def act() -> str:
        kept = snooze(deadline, user, until, today=today, calendar=work_calendar())
        return _("{firm}：{day} 再提醒您").format(firm=deadline.firm.name, day=due_day(kept.until))

    return _done(request, act)


@require_POST
def reminder_stop(request: HttpRequest, pk: int) -> HttpResponse:
    deadline, form, user = _seen(request, pk), StopForm(request.POST), person(request)
    reason = form.cleaned_data["reason"] if form.is_valid() else request.POST.get("reason", "")

    def act() -> str:
        stop_reminding(deadline, user, reason)
        return _("{firm}：不再提醒您；逾期上报时会写明您的原因").format(firm=deadline.firm.name)

    return _done(request, act)


@require_POST
def reminder_resume(request: HttpRequest, pk: int) -> HttpResponse:
    deadline = _seen(request, pk)
    resume(deadline, person(request))
    say(request, _("{firm}：已恢复提醒").format(firm=deadline.firm.name))
    return _back(request)


@require_POST
def reminder_threshold(request: HttpRequest) -> HttpResponse:
    form = ThresholdForm(request.POST)
    if form.is_valid():
        set_threshold(person(request), form.cleaned_data["threshold"])
        say(request, _("已保存，下一个工作日早上起按此合并"))
    else:
        messages.error(request, _("请填写 0 至 99 的整数；留空则按统一设置"))
    return _back(request)


def _seen(request: HttpRequest, pk: int) -> Deadline:
    return get_object_or_404(Deadline.objects.visible_to(request.user).select_related("firm"), pk=pk)


def _done(request: HttpRequest, act: Callable[[], str]) -> HttpResponse:
    try:
        say(request, act())
    except DomainError as error:
        refuse(request, error)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return back(request, "reminders" if scope_of(request.user).is_staff else "portal_reminders")
