"""Setting targets: one number, a whole table with its sum check, or a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.access import MANAGERS, scope_of
from crm.errors import DomainError
from crm.frame import current_region, current_year
from crm.models import Region, User
from crm.services.jobs import start_job
from crm.views.common import attempt, person, say, staff_only
from pipeline.choices import TargetKind
from pipeline.models import Indicator, Quota
from pipeline.selectors.quota_tree import officers_of, quotas_around, sum_checks
from pipeline.services.target_tables import TableReport, import_quotas
from pipeline.services.targets import Asked, set_quota, set_quotas
from pipeline.target_forms import QuotaForm, TableForm, TargetLine, TargetTableForm


@staff_only
@require_http_methods(["GET", "POST"])
def target_table(request: HttpRequest) -> HttpResponse:
    """One indicator and year for the region, all below it and its officers, in one table."""
    region, year, indicator = _subject(request)
    lines = _lines(request, region, year, indicator)
    form = TargetTableForm(request.POST or None, lines=lines)
    if request.method != "POST":
        return _page(request, form=form)
    if not attempt(form, lambda: _save(request, form, indicator, year)):
        return _page(request, status=409, form=form)
    say(request, _("目标已保存，数字正在重新统计"))
    return redirect(f"{request.path}?indicator={indicator.code}&year={year}")


def _save(request: HttpRequest, form: TargetTableForm, indicator: Indicator, year: int) -> None:
    asked = [Asked(**row) for row in form.asked()]
    set_quotas(indicator, year, asked, document=form.cleaned_data["document"], actor=person(request))
    recompile(request)


def _subject(request: HttpRequest) -> tuple[Region, int, Indicator]:
    region = current_region(request)
    assert region is not None
    code = request.GET.get("indicator") or "high_tech.first_time"
    return region, current_year(request), get_object_or_404(Indicator, code=code, active=True)


def _lines(request: HttpRequest, region: Region, year: int, indicator: Indicator) -> list[TargetLine]:
    quotas = [quota for quota in quotas_around(region, year) if quota.indicator_id == indicator.pk]
    known = {(quota.region_id, quota.officer_id, quota.kind): quota for quota in quotas}
    scope = scope_of(request.user)

    def manages(path: str) -> bool:
        return bool(scope.roles_at(path) & set(MANAGERS))

    def line(where: Region, officer: Any = None) -> TargetLine:
        above = where.path[: where.path.rstrip("/").rfind("/") + 1]
        told_by = where.path if officer or where.is_city_or_above or not where.parent_id else above
        told, pledge = (known.get((where.pk, officer and officer.pk, kind)) for kind in TargetKind.values)
        return TargetLine(where, officer, told, pledge, manages(told_by), manages(where.path))

    below = Region.objects.visible_to(request.user).filter(parent=region).order_by("path")
    officers = [] if indicator.is_manual else officers_of(region)
    return [line(region), *(line(child) for child in below), *(line(region, officer) for officer in officers)]


def _page(request: HttpRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    region, year, indicator = _subject(request)
    visible = Region.objects.visible_to(request.user)
    if "form" not in given:
        given["form"] = TargetTableForm(lines=_lines(request, region, year, indicator))
    checks = [c for c in sum_checks(region, quotas_around(region, year)) if c.indicator == indicator]
    old = Quota.objects.visible_to(request.user).filter(region_path__under=region.path, year=year, indicator=indicator)
    context = {
        "region": region,
        "year": year,
        "indicator": indicator,
        "indicators": Indicator.objects.filter(active=True),
        "check": checks[0] if checks else None,
        "revisions": list(old.exclude(superseded_at=None).select_related("region", "officer", "set_by")[:50]),
        "quota_form": QuotaForm(visible=visible, initial={"year": year, "region": region.code}),
        "table_form": TableForm(),
        **given,
    }
    return render(request, "pipeline/targets/table.html", context, status=status)


@staff_only
@require_POST
def quota_set(request: HttpRequest) -> HttpResponse:
    """One number, for any region in reach."""
    form = QuotaForm(request.POST, visible=Region.objects.visible_to(request.user))
    if not attempt(form, lambda: set_quota(actor=person(request), **form.cleaned_data)):
        return _page(request, status=409, quota_form=form)
    recompile(request)
    say(request, _("目标已保存，数字正在重新统计"))
    return redirect("targets")


@staff_only
@require_POST
def quota_import(request: HttpRequest) -> HttpResponse:
    """A decomposition as it was sent out: every line, or none with what is wrong in each."""
    form = TableForm(request.POST, request.FILES)
    report = read_table(import_quotas, form, actor=person(request))
    if report is None or report.refused:
        return _page(request, status=409, table_form=form, report=report)
    recompile(request)
    say(request, _("已导入 {n} 行目标，数字正在重新统计").format(n=report.saved))
    return redirect("targets")


def read_table(read: Callable[..., TableReport], form: TableForm, *, actor: User) -> TableReport | None:
    """What became of the file in a form. None where there is none to read; the form then says why."""
    if not form.is_valid():
        return None
    file = form.cleaned_data["file"]
    try:
        return read(file, name=file.name, actor=actor)
    except DomainError as error:
        for reason in error.reasons:
            form.add_error("file", reason)
    return None


def recompile(request: HttpRequest) -> None:
    start_job("metrics.compile", title=_("重新统计指标"), actor=person(request), params={}, total=1)
