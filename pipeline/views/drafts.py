"""Drafts on the page, for those who keep the law as data; for everybody else they do not exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.errors import DomainError
from crm.views.common import person, refuse, say
from pipeline.access import may_write_policies
from pipeline.errors import DraftRefused
from pipeline.models import PolicyDraft
from pipeline.policy import Block, Entry, blocks, policy_from_json, policy_of, to_yaml
from pipeline.policy.differences import SAME, side_by_side
from pipeline.policy.typing_in import CHOICES, accepted
from pipeline.policy_forms import PolicyFileForm
from pipeline.selectors.bench import bench_table, last_bench
from pipeline.services import drafts
from pipeline.views.policies import as_file, published

WHOLE = ""  # the name under which faults of the whole edition stand


def policy_writers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Administrators of the city; for others the page does not exist."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_write_policies(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


@policy_writers_only
@require_POST
def policy_copy(request: HttpRequest, programme: str, code: str) -> HttpResponse:
    draft = drafts.copy_edition(published(programme, code), actor=person(request))
    say(request, _("已另存为草稿 {code}").format(code=draft.code))
    return redirect("draft", draft.pk)


@policy_writers_only
@require_POST
def policy_upload(request: HttpRequest, programme: str, code: str) -> HttpResponse:
    """A draft from a file, beside the edition it will be compared with."""
    edition, made = published(programme, code), []
    if _upload(
        request,
        lambda name, text: made.append(drafts.upload_draft(edition, text, name=name, actor=person(request))),
    ):
        return redirect("draft", made[0].pk)
    return redirect("policy", programme, code)


@policy_writers_only
@require_http_methods(["GET", "POST"])
def draft_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Every place that can be changed, as fields; what is wrong stands beside its field, and what was typed stays."""
    draft = _draft(pk)
    if request.method == "GET":
        return _draft_form(request, draft)
    typed = request.POST.dict()
    try:
        changes = drafts.change_draft(draft, typed, version=_version(request), actor=person(request))
    except DomainError as error:
        faults = error.faults if isinstance(error, DraftRefused) else {WHOLE: error.reasons}
        return _draft_form(request, draft, typed, faults)
    say(request, _("已保存 {n} 处修改").format(n=len(changes)) if changes else _("没有改动"))
    return redirect("draft", draft.pk)


@policy_writers_only
@require_POST
def draft_upload(request: HttpRequest, pk: int) -> HttpResponse:
    draft, version, actor = _draft(pk), _version(request), person(request)
    if _upload(request, lambda name, text: drafts.replace_draft(draft, text, name=name, version=version, actor=actor)):
        say(request, _("草稿已按文件更新"))
    return redirect("draft", pk)


@policy_writers_only
@require_GET
def draft_yaml(request: HttpRequest, pk: int) -> HttpResponse:
    draft = _draft(pk)
    return as_file(to_yaml(draft.content), draft.code)


@policy_writers_only
@require_POST
def draft_discard(request: HttpRequest, pk: int) -> HttpResponse:
    draft = _draft(pk)
    try:
        drafts.discard_draft(draft, version=_version(request), actor=person(request))
    except DomainError as error:
        refuse(request, error)
        return redirect("draft", pk)
    say(request, _("草稿 {code} 已丢弃").format(code=draft.code))
    return redirect("policies")


@policy_writers_only
@require_http_methods(["GET", "POST"])
def draft_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: what would change and how many firms would flip. POST: publish."""
    draft = _draft(pk)
    reasons: list[str] = []
    if request.method == "POST":
        try:
            edition = drafts.publish_draft(draft, version=_version(request), actor=person(request))
        except DomainError as error:
            reasons = error.reasons
        else:
            say(request, _("{code} 已发布，自 {day} 起施行").format(code=edition.code, day=edition.effective_from))
            return redirect("policy", edition.programme, edition.code)
    context = {**_confirmation(request, draft), "reasons": reasons}
    return render(request, "pipeline/policies/publish.html", context, status=409 if reasons else 200)


def _confirmation(request: HttpRequest, draft: PolicyDraft) -> dict[str, Any]:
    old, new = policy_of(draft.based_on), policy_from_json(draft.content)
    pairs = [pair for pair in side_by_side(old, new) if pair.kind != SAME]
    job = last_bench(draft.pk, person(request))
    return {
        "draft": draft,
        "policy": new,
        "pairs": pairs,
        "job": job,
        "table": job and bench_table(job.result, *(policy_from_json(job.params[side]) for side in ("old", "new"))),
        "outdated": job is not None and job.params["digest"] != new.digest,
        "backdated": new.effective_from < timezone.localdate(),
    }


# The form -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FieldRow:
    """One field: what stands in it and what is wrong with it."""

    entry: Entry
    text: str
    faults: list[str]

    @property
    def row(self) -> str:
        return self.entry.row

    @property
    def choices(self) -> dict[Any, Any]:
        return CHOICES.get(self.entry.kind, {})

    @property
    def help(self) -> str:
        return accepted(self.entry.kind)


@dataclass(frozen=True)
class BlockRow:
    block: Block
    fields: list[FieldRow]

    @property
    def group(self) -> str:
        return self.block.group

    @property
    def is_open(self) -> bool:
        return any(field.faults for field in self.fields)


def _draft_form(
    request: HttpRequest,
    draft: PolicyDraft,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, Any] | None = None,
) -> HttpResponse:
    policy, typed, faults = policy_from_json(draft.content), typed or {}, faults or {}
    rows = [BlockRow(block, [_field(entry, typed, faults) for entry in block.entries]) for block in blocks(policy)]
    context = {
        "draft": draft,
        "policy": policy,
        "rows": rows,
        "version": typed.get("version", draft.version),
        "wrong": [field for row in rows for field in row.fields if field.faults],
        "wrong_whole": faults.get(WHOLE, []),
        "form": PolicyFileForm(),
    }
    return render(request, "pipeline/policies/draft.html", context, status=409 if faults else 200)


def _field(entry: Entry, typed: Mapping[str, str], faults: Mapping[str, Any]) -> FieldRow:
    return FieldRow(entry, typed.get(entry.name, entry.shown), list(faults.get(entry.name, ())))


def _draft(pk: int) -> PolicyDraft:
    return get_object_or_404(PolicyDraft.objects.select_related("based_on", "author"), pk=pk, published=None)


def _version(request: HttpRequest) -> int:
    """The draft as the page showed it; nonsense matches no version and is refused as stale."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 9 else -1


def _upload(request: HttpRequest, action: Callable[[str, str], Any]) -> bool:
    form = PolicyFileForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise DomainError(*(reason for reasons in form.errors.values() for reason in reasons))
        action(*form.cleaned_data["file"])
    except DomainError as error:
        refuse(request, error)
        return False
    return True
