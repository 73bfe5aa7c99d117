"""Tasks: a person's own list, one task's page, and the buttons that close, put off, give away or cancel it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.access import may_write
from crm.change_words import field_words
from crm.models import ChangeRecord, Task
from crm.paging import capped_count, keyset
from crm.selectors.firms import officers_for
from crm.services.tasks import cancel_task, finish_task, put_off, reassign_task
from crm.views.common import attempt, back, form_address, person, say, staff_only, wants_fragment
from pipeline.contact_forms import CancelForm, DoneForm, GiveForm, PutOffForm
from pipeline.selectors.next_actions import PARTS, own_tasks, part_of

ORDER = ("due_on", "pk")


def visible_task(request: HttpRequest, pk: int) -> Task:
    rows = Task.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("firm", "owner", "created_by", "done_by", "next_task"), pk=pk)


@staff_only
@require_GET
def task_list(request: HttpRequest) -> HttpResponse:
    """All open tasks of the person who asks, of one part of the time or of all."""
    today, when = timezone.localdate(), request.GET.get("when", "")
    tasks = own_tasks(person(request))
    if when in PARTS:
        tasks = tasks.filter(part_of(when, today))
    number, more = capped_count(tasks)
    context = {
        "page": keyset(tasks, order=ORDER, after=request.GET.get("after", "")),
        "parts": PARTS.items(),
        "when": when if when in PARTS else "",
        "today": today,
        "number": number,
        "more": more,
    }
    template = "pipeline/tasks/_rows.html" if wants_fragment(request) else "pipeline/tasks/list.html"
    return render(request, template, context)


@staff_only
@require_GET
def task_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, visible_task(request, pk))


def _page(request: HttpRequest, task: Task, *, status: int = 200, **forms: Any) -> HttpResponse:
    """A task with its history, perhaps with a refused form on it."""
    history = ChangeRecord.objects.visible_to(request.user).filter(object_type="crm.task", object_id=str(task.pk))
    writes = may_write(request.user, task.firm.region_path)
    context = {
        "task": task,
        "firm": task.firm,
        "today": timezone.localdate(),
        "overdue": task.is_overdue(timezone.localdate()),
        "history": [
            (record, field_words(record.field, Task))
            for record in history.select_related("actor").order_by("-at", "-pk")[:50]
        ],
        "may_write": writes,
        "done_form": DoneForm(),
        "later_form": PutOffForm(),
        "cancel_form": CancelForm(),
        **({"give_form": _give_form(task)} if writes and task.is_open else {}),
        **forms,
    }
    return render(request, "pipeline/tasks/page.html", context, status=status)


def _give_form(task: Task, data: Any = None) -> GiveForm:
    officers = officers_for(task.firm.region_path)
    return GiveForm(data, officers=officers, initial={"owner": task.owner_id})


def _act(request: HttpRequest, task: Task, name: str, form: Any, act: Callable[[], Any], text: str) -> HttpResponse:
    if not attempt(form, act):
        return _page(request, visible_task(request, task.pk), status=409, **{name: form})
    say(request, text)
    return back(request, reverse("firm", args=[task.firm.credit_code]))


@staff_only
@form_address("task", "pk")
def task_done(request: HttpRequest, pk: int) -> HttpResponse:
    """Done, perhaps with what comes next."""
    task, form = visible_task(request, pk), DoneForm(request.POST)

    def act() -> None:
        following = form.step("next_title", "next_on")
        finish_task(task, actor=person(request), outcome=form.cleaned_data["outcome"], next=following)

    return _act(request, task, "done_form", form, act, _("已完成：{title}").format(title=task.title))


@staff_only
@form_address("task", "pk")
def task_later(request: HttpRequest, pk: int) -> HttpResponse:
    task, form = visible_task(request, pk), PutOffForm(request.POST)
    text = _("已推迟：{title}").format(title=task.title)
    return _act(
        request, task, "later_form", form, lambda: put_off(task, actor=person(request), **form.cleaned_data), text
    )


@staff_only
@form_address("task", "pk")
def task_give(request: HttpRequest, pk: int) -> HttpResponse:
    task = visible_task(request, pk)
    form, text = _give_form(task, request.POST), _("已转交：{title}").format(title=task.title)
    return _act(
        request, task, "give_form", form, lambda: reassign_task(task, actor=person(request), **form.cleaned_data), text
    )


@staff_only
@form_address("task", "pk")
def task_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    task, form = visible_task(request, pk), CancelForm(request.POST)
    text = _("已取消：{title}").format(title=task.title)
    return _act(
        request, task, "cancel_form", form, lambda: cancel_task(task, actor=person(request), **form.cleaned_data), text
    )
