"""Settings of time: filing rounds and the working calendar."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.frame import current_region
from crm.models import Region
from crm.views.common import attempt, person, say, staff_only
from pipeline.choices import ClockMode
from pipeline.forms import ClockRuleForm, CloseRoundForm, RoundForm, WorkdayForm
from pipeline.models import Round, Workday
from pipeline.selectors.calendar import missing_notices, with_versions, work_calendar
from pipeline.selectors.stops import rules_in_force
from pipeline.services.rounds import close_round, save_round, set_workday
from pipeline.services.stops import set_clock_rule
from pipeline.workdays import announced_year, months_after


@staff_only
@require_http_methods(["GET", "POST"])
def rounds(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The filing windows; one of them may be opened for a change."""
    visible = Region.objects.visible_to(request.user)
    changing = get_object_or_404(Round.objects.visible_to(request.user), pk=pk) if pk else None
    form = RoundForm(request.POST or None, visible=visible, initial=_initial(request, changing))
    close_form = CloseRoundForm()
    if request.method == "POST":
        save = lambda: save_round(actor=person(request), round=changing, **form.cleaned_data)  # noqa: E731
        if attempt(form, save):
            say(request, _("批次已保存，相关期限已更新"))
            return redirect("rounds")
    return round_page(request, changing, form, close_form, status=409 if form.errors else 200)


def round_page(
    request: HttpRequest, changing: Round | None, form: RoundForm, close_form: CloseRoundForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "close_form": close_form,
        "rounds": list(with_versions(Round.objects.visible_to(request.user).select_related("region"))[:100]),
        "form": form,
        "changing": changing,
        "today": timezone.localdate(),
    }
    return render(request, "pipeline/rounds.html", context, status=status)


@staff_only
@require_POST
def round_close(request: HttpRequest, pk: int) -> HttpResponse:
    """End a window earlier than announced."""
    window = get_object_or_404(Round.objects.visible_to(request.user).select_related("region"), pk=pk)
    form = CloseRoundForm(request.POST)
    if attempt(form, lambda: close_round(window, actor=person(request), **form.cleaned_data)):
        say(request, _("批次已提前截止，相关期限已更新"))
        return redirect("rounds")
    unchanged = Round.objects.select_related("region").get(pk=pk)
    visible = Region.objects.visible_to(request.user)
    return round_page(
        request, unchanged, RoundForm(visible=visible, initial=_initial(request, unchanged)), form, status=409
    )


def _initial(request: HttpRequest, changing: Round | None) -> dict[str, Any]:
    if changing is None:
        region = current_region(request)
        return {"year": timezone.localdate().year, "region": region.code if region else ""}
    names = ("programme", "year", "batch", "opens_on", "closes_on", "extended_to", "notice_number")
    return {name: getattr(changing, name) for name in names} | {"region": changing.region.code}


@staff_only
@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    return _calendar(request, WorkdayForm())


@staff_only
@require_POST
def workday_set(request: HttpRequest) -> HttpResponse:
    form = WorkdayForm(request.POST)
    region = current_region(request)
    assert region is not None
    moved: list[int] = []
    if not attempt(form, lambda: moved.append(_set(form, region, request))):
        return _calendar(request, form, status=409)
    say(request, _("日历已更新，{count} 个期限随之调整").format(count=moved[0]))
    return redirect("calendar")


def _set(form: WorkdayForm, region: Region, request: HttpRequest) -> int:
    data = form.cleaned_data
    return set_workday(
        data["date"],
        kind=data["kind"],
        name=data["name"],
        notice=data["notice"],
        region=region,
        actor=person(request),
    )


@staff_only
@require_POST
def clock_rule(request: HttpRequest) -> HttpResponse:
    """Decide for a programme whether terms run on after a correction or begin anew."""
    form, region = ClockRuleForm(request.POST), current_region(request)
    assert region is not None
    if not attempt(form, lambda: set_clock_rule(**form.cleaned_data, actor=person(request), region=region)):
        return _calendar(request, WorkdayForm(), rule_form=form, status=409)
    say(request, _("计时规则已保存，自下一次重新提交起适用"))
    return redirect("calendar")


def _calendar(
    request: HttpRequest, form: WorkdayForm, *, rule_form: ClockRuleForm | None = None, status: int = 200
) -> HttpResponse:
    known = work_calendar()
    today = timezone.localdate()
    missing = missing_notices(known, today)
    context = {
        "form": form,
        "rules": rules_in_force(),
        "modes": ClockMode.choices,
        "rule_form": rule_form,
        "workdays": list(Workday.objects.order_by("-date")[:200]),
        "announced": max([announced_year(), *known.noticed_years]),
        "missing_notices": missing,
        "provisional": [year for year in known.unannounced(today, months_after(today, 12)) if year not in missing],
    }
    return render(request, "pipeline/calendar.html", context, status=status)
