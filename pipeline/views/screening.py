"""Screening: choose a programme, see who meets it, who lacks what, and pick firms for a shortlist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access import may_write
from crm.errors import DomainError
from crm.frame import current_region
from crm.models import Job, Region
from crm.paging import keyset
from crm.services.firms import require_writer
from crm.services.jobs import cancel_job
from crm.views.common import person, refuse, say, staff_only, wants_fragment
from pipeline.choices import Bucket
from pipeline.filters import ScreeningFilter
from pipeline.models import Assessment, PolicyEdition
from pipeline.policy import policy_of
from pipeline.selectors.policies import edition_in_force
from pipeline.selectors.screening import Tally, fact_name, lacks, latest_screening, questions, screened_rows, tally
from pipeline.services.screening import start_screening
from pipeline.services.shortlists import MOST, save_shortlist
from pipeline.workflow import Workflow
from pipeline.workflows import PROGRAMMES

ORDER = ("region_path", "firm_id")  # the order of the index that serves one list
FIRST_SHOWN = (Bucket.LACKS_ONE, Bucket.MET, Bucket.READY, *Bucket)
SHOWN_LACKS = 8


@dataclass(frozen=True)
class Subject:
    """What a page is about: a region before an edition of a programme."""

    programme: str
    region: Region
    edition: PolicyEdition | None

    @property
    def table(self) -> Workflow:
        return PROGRAMMES[self.programme]

    @property
    def address(self) -> str:
        return reverse("screening", args=[self.programme])


def _subject(request: HttpRequest, programme: str) -> Subject:
    region = current_region(request)
    if programme not in PROGRAMMES or region is None:
        raise Http404
    if code := request.GET.get("edition") or request.POST.get("edition"):
        edition = PolicyEdition.objects.filter(programme=programme, code=code).first()
        if edition is None:
            raise Http404
        return Subject(programme, region, edition)
    return Subject(programme, region, edition_in_force(programme, region.path, timezone.localdate()))


def _rows(request: HttpRequest, subject: Subject) -> Any:
    """The stored assessments of this region and edition that the reader may see."""
    mine = Assessment.objects.visible_to(request.user)
    return mine.filter(edition=subject.edition, region_path__under=subject.region.path)


@staff_only
@require_GET
def screening_list(request: HttpRequest) -> HttpResponse:
    """Each programme with its edition and how the region stands."""
    entries = []
    for programme in PROGRAMMES:
        subject = _subject(request, programme)
        found = tally(_rows(request, subject)) if subject.edition else None
        title = policy_of(subject.edition).title if subject.edition else ""
        entries.append({"subject": subject, "title": title, "tally": found, "buckets": _tabs(found) if found else []})
    return render(request, "pipeline/screening/list.html", {"entries": entries})


def _tabs(found: Tally) -> list[tuple[Bucket, int]]:
    return [(bucket, found.buckets[bucket]) for bucket in Bucket]


@staff_only
@require_GET
def screening_page(request: HttpRequest, programme: str) -> HttpResponse:
    """The lists and the chart; htmx asks for the same address and gets what the filters change."""
    subject = _subject(request, programme)
    context: dict[str, Any] = {"subject": subject, "may_write": may_write(request.user, subject.region.path)}
    if subject.edition is None:
        return render(request, "pipeline/screening/page.html", context)
    context |= _found(request, subject, subject.edition) | _status(subject, subject.edition)
    template = "pipeline/screening/_found.html" if wants_fragment(request) else "pipeline/screening/page.html"
    return render(request, template, context)


def _found(request: HttpRequest, subject: Subject, edition: PolicyEdition) -> dict[str, Any]:
    """Counts over everything that the filters leave, and a page of one list."""
    policy = policy_of(edition)
    filterset = _filtered(request, subject, edition, request.GET)
    left = filterset.qs if filterset.is_valid() else Assessment.objects.none()
    found = tally(left)
    bucket = _bucket(request.GET.get("bucket", ""), found)
    shown = left.filter(bucket=bucket).select_related("firm__region", "firm__officer").defer("outcome")
    page = keyset(shown, order=ORDER, after=request.GET.get("after", ""))
    asking = request.GET.get("asking", "")
    return {
        "policy": policy,
        "filterset": filterset,
        "tally": found,
        "tabs": _tabs(found),
        "bucket": bucket,
        "number": found.buckets[bucket],
        "lacks": lacks(found, policy)[:SHOWN_LACKS],
        "questions": questions(found, policy)[:SHOWN_LACKS],
        "asking_name": fact_name(asking, policy) if asking else "",
        "page": page,
        "rows": screened_rows(page.rows, edition),
        "filtered": any(value for name, value in request.GET.items() if name in filterset.filters),
    }


def _filtered(request: HttpRequest, subject: Subject, edition: PolicyEdition, data: Any) -> ScreeningFilter:
    return ScreeningFilter(data, queryset=_rows(request, subject), request=request, edition=edition)


def _bucket(wanted: str, found: Tally) -> str:
    """The list that is asked for, else the first that has firms: those nearest to the line."""
    return wanted if wanted in Bucket.values else next((b for b in FIRST_SHOWN if found.buckets[b]), FIRST_SHOWN[0])


def _status(subject: Subject, edition: PolicyEdition) -> dict[str, Any]:
    """The newest screening that took in this region; `own` where it was asked for this very region."""
    job = latest_screening(edition, subject.region)
    own = job is not None and job.params["path"] == subject.region.path
    query = f"?region={subject.region.code}&edition={edition.code}"
    return {"job": job, "own": own, "query": query}


@staff_only
@require_GET
def screening_status(request: HttpRequest, programme: str) -> HttpResponse:
    """How far the screening is; htmx asks again until it is over, then the page is read anew."""
    subject = _subject(request, programme)
    if subject.edition is None or not wants_fragment(request):
        return redirect(f"{subject.address}?{request.GET.urlencode()}")
    context = _status(subject, subject.edition) | {"subject": subject}
    context["may_write"] = may_write(request.user, subject.region.path)
    response = render(request, "pipeline/screening/_status.html", context)
    if context["job"] is None or context["job"].is_over:
        response["HX-Refresh"] = "true"
    return response


@staff_only
@require_POST
def screening_start(request: HttpRequest, programme: str) -> HttpResponse:
    subject = _subject(request, programme)
    code = subject.edition.code if subject.edition else ""
    try:
        start_screening(subject.region, programme, actor=person(request), edition=code)
    except DomainError as error:
        refuse(request, error)
    return redirect(_address(subject))


@staff_only
@require_POST
def screening_cancel(request: HttpRequest, programme: str) -> HttpResponse:
    """Stop the screening of this region; whoever may start one may stop one."""
    subject = _subject(request, programme)
    job: Job | None = latest_screening(subject.edition, subject.region) if subject.edition else None
    try:
        require_writer(person(request), job.params["path"] if job else subject.region.path)
        if job is not None and cancel_job(job):
            say(request, _("已取消，已完成的部分保留"))
    except DomainError as error:
        refuse(request, error)
    return redirect(_address(subject))


@staff_only
@require_POST
def screening_save(request: HttpRequest, programme: str) -> HttpResponse:
    """Save the chosen rows, or all that the filters leave, as a shortlist."""
    subject = _subject(request, programme)
    if subject.edition is None:
        raise Http404
    query = QueryDict(request.POST.get("query", ""))
    try:
        shortlist = save_shortlist(
            request.POST.get("name", ""),
            edition=subject.edition,
            region=subject.region,
            firms=_picked(request, subject, subject.edition, query),
            actor=person(request),
        )
    except DomainError as error:
        refuse(request, error)
        return redirect(f"{subject.address}?{query.urlencode()}")
    say(request, _("候选名单已保存"))
    return redirect("shortlist", shortlist.pk)


def _picked(request: HttpRequest, subject: Subject, edition: PolicyEdition, query: QueryDict) -> list[int]:
    """The firms meant: ticked ones that are really on this list, or everything that the filters leave."""
    if request.POST.get("all"):
        filterset = _filtered(request, subject, edition, query)
        rows = filterset.qs if filterset.is_valid() else Assessment.objects.none()
        rows = rows.filter(bucket=request.POST.get("bucket", ""))
    else:
        numbers = [number for number in request.POST.getlist("firm") if number.isdecimal()]
        rows = _rows(request, subject).filter(firm__in=numbers)
    return list(rows.order_by(*ORDER).values_list("firm_id", flat=True)[: MOST + 1])


def _address(subject: Subject) -> str:
    edition = f"&edition={subject.edition.code}" if subject.edition else ""
    return f"{subject.address}?region={subject.region.code}{edition}"
