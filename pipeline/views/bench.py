"""The test bench: chosen firms at once, a whole region in the background."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.frame import current_region
from crm.models import Firm, Job
from crm.views.common import person, staff_only
from pipeline.access import may_write_policies
from pipeline.models import PolicyDraft, PolicyEdition
from pipeline.policy import policy_from_json
from pipeline.policy_forms import BenchForm
from pipeline.selectors.bench import bench_table
from pipeline.services.bench import KIND, MOST_CHOSEN, start_bench, summed, tried

MATCHES = 10


@staff_only
@require_GET
def policy_bench(request: HttpRequest) -> HttpResponse:
    """Choose two editions, a day and up to twenty firms; the answer stands beneath. Nothing is stored."""
    running, codes = "run" in request.GET, list(dict.fromkeys(request.GET.getlist("firm")))
    form, region_form = _forms(request, request.GET)
    chosen = list(Firm.objects.visible_to(request.user).filter(credit_code__in=codes[:MOST_CHOSEN]).order_by("name"))
    context: dict[str, Any] = {"form": form, "chosen": chosen, **_search(request, chosen)}
    refusal = _refusal(codes, chosen) if running else ""
    if running and not refusal and form.is_valid():
        context |= _trial(form, chosen)
    wrong = bool(refusal) or (running and bool(form.errors))
    context |= {"refusal": refusal, "wrong": wrong, "region_form": region_form}
    return render(request, "pipeline/policies/bench.html", context, status=409 if wrong else 200)


def _refusal(codes: list[str], chosen: list[Firm]) -> str:
    if len(codes) > MOST_CHOSEN:
        form = _("一次最多试算 {most} 家，已选 {n} 家；更多企业请试算整个辖区")
        return form.format(most=MOST_CHOSEN, n=len(codes))
    return "" if chosen else _("请先查找并勾选企业，或试算整个辖区")


def _trial(form: BenchForm, chosen: list[Firm]) -> dict[str, Any]:
    old, new = form.cleaned_data["policies"]
    trials = tried(chosen, old, new, on=form.cleaned_data["on"])
    same = [(firm, trial.buckets[1].label) for firm, trial in trials if not trial.flips]
    return {"table": bench_table(summed(trials), old, new), "same_firms": same, "old": old, "new": new}


def _search(request: HttpRequest, chosen: list[Firm]) -> dict[str, Any]:
    """The firms whose name or code fits what was typed, those already chosen left out."""
    text = request.GET.get("q", "").strip()
    if not text:
        return {"q": ""}
    user = person(request)
    rows = Firm.objects.visible_to(user).named_like(text, among=user).exclude(pk__in=[firm.pk for firm in chosen])
    return {"q": text, "matches": list(rows.order_by("name", "pk")[:MATCHES])}


@staff_only
@require_POST
def policy_bench_region(request: HttpRequest) -> HttpResponse:
    """The whole current region in the background."""
    (form, region_form), region = _forms(request, request.POST), current_region(request)
    if region is None or not region_form.is_valid():
        context = {"form": form, "region_form": region_form, "chosen": [], "q": ""}
        return render(request, "pipeline/policies/bench.html", context, status=409)
    data = region_form.cleaned_data
    job = start_bench(region, *data["policies"], on=data["on"], actor=person(request), draft=data["draft"])
    return redirect("policy_bench_result", job.pk)


@staff_only
@require_GET
def policy_bench_result(request: HttpRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk, kind=KIND)
    old, new = (policy_from_json(job.params[side]) for side in ("old", "new"))
    draft = job.params["draft"] if may_write_policies(request.user) else None
    is_open = draft is not None and PolicyDraft.objects.filter(pk=draft, published=None).exists()
    context: dict[str, Any] = {"job": job, "old": old, "new": new, "on": job.params["on"]}
    context["draft_pk"] = draft if is_open else None
    if "kinds" in job.result:
        context["table"] = bench_table(job.result, old, new)
    return render(request, "pipeline/policies/bench_result.html", context)


def _forms(request: HttpRequest, data: Any) -> tuple[BenchForm, BenchForm]:
    """The form for chosen firms and that for a region. Bound once both editions are chosen, before that only begun."""
    drafts = list(PolicyDraft.objects.filter(published=None)) if may_write_policies(request.user) else []
    editions = list(PolicyEdition.objects.order_by("programme", "-effective_from", "code"))
    day = timezone.localdate().isoformat()
    bound = {"on": day, **data.dict()} if "old" in data and "new" in data else None
    initial = {"on": day, "old": data.get("old"), "new": data.get("new")}
    chosen, region = (
        BenchForm(bound, initial=initial, editions=editions, drafts=drafts, auto_id=auto_id)
        for auto_id in ("id_%s", "region_%s")
    )
    return chosen, region
