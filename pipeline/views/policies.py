"""The law as pages: every published edition, one in sentences, two side by side, and each as a file."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.frame import current_region
from crm.views.common import staff_only
from pipeline.access import may_write_policies
from pipeline.models import PolicyDraft, PolicyEdition
from pipeline.policy import policy_of, to_yaml
from pipeline.policy.differences import SAME, side_by_side
from pipeline.policy.grouping import sections
from pipeline.policy_forms import PolicyFileForm
from pipeline.selectors.policies import doubtful, edition_rows


@staff_only
@require_GET
def policy_list(request: HttpRequest) -> HttpResponse:
    """Every published edition by programme; the drafts for those who write them."""
    region = current_region(request)
    writes = may_write_policies(request.user)
    drafts = PolicyDraft.objects.filter(published=None).select_related("based_on", "author") if writes else ()
    context = {
        "programmes": edition_rows(region.path if region else "", timezone.localdate()),
        "drafts": list(drafts),
        "writes_policies": writes,
    }
    return render(request, "pipeline/policies/list.html", context)


@staff_only
@require_GET
def policy_page(request: HttpRequest, programme: str, code: str) -> HttpResponse:
    edition = published(programme, code)
    policy = policy_of(edition)
    context = {
        "edition": edition,
        "policy": policy,
        "sections": sections(policy),
        "doubtful": doubtful(policy),
        "others": other_codes(edition),
        "writes_policies": may_write_policies(request.user),
        "form": PolicyFileForm(),
    }
    return render(request, "pipeline/policies/page.html", context)


@staff_only
@require_GET
def policy_compare(request: HttpRequest, programme: str, code: str) -> HttpResponse:
    """This edition as the new one beside another of the programme as the old one."""
    edition = published(programme, code)
    others = other_codes(edition)
    wanted = request.GET.get("with", "") or (others[0] if others else "")
    if wanted and wanted not in others:
        raise Http404
    context = {"edition": edition, "others": others, "wanted": wanted}
    if wanted:
        other = published(programme, wanted)
        pairs = side_by_side(policy_of(other), policy_of(edition))
        context |= {
            "other": other,
            "pairs": [pair for pair in pairs if pair.kind != SAME],
            "same": [pair for pair in pairs if pair.kind == SAME],
        }
    return render(request, "pipeline/policies/compare.html", context)


@staff_only
@require_GET
def policy_yaml(request: HttpRequest, programme: str, code: str) -> HttpResponse:
    edition = published(programme, code)
    return as_file(to_yaml(edition.content), edition.code)


def published(programme: str, code: str) -> PolicyEdition:
    editions = PolicyEdition.objects.select_related("published_by")
    return get_object_or_404(editions, programme=programme, code=code)


def other_codes(edition: PolicyEdition) -> list[str]:
    """The other editions of the programme, those of the same region first, newest first."""
    rows = PolicyEdition.objects.filter(programme=edition.programme).exclude(pk=edition.pk)
    found = rows.order_by("-effective_from", "code").values_list("code", "region_code")
    return [code for code, region in sorted(found, key=lambda row: row[1] != edition.region_code)]


def as_file(text: str, code: str) -> HttpResponse:
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{code}.yaml"'
    return response
