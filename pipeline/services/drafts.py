"""Every write of a draft: copied from an edition, changed, replaced by a file, discarded, published. All or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import NotAllowed, RowChanged
from crm.models import User
from crm.services.history import record_changes
from pipeline.access import may_write_policies
from pipeline.errors import DraftRefused, PolicyRefused
from pipeline.models import PolicyDraft, PolicyEdition
from pipeline.policy import Policy, Status, edited, policy_from_json, policy_from_yaml
from pipeline.policy.sources import canonical
from pipeline.services.policies import publish

NAMES = ("edition", "title", "title_en")  # what an edition is called; the rest is what it says


def require_policy_writer(actor: User) -> None:
    if not may_write_policies(actor):
        raise NotAllowed(_("只有市级及以上的管理员可以起草和发布政策版本"))


@transaction.atomic
def copy_edition(edition: PolicyEdition, *, actor: User, today: date | None = None) -> PolicyDraft:
    """A draft that says what the edition says, under the next free code, in force from today until changed."""
    require_policy_writer(actor)
    today = today or timezone.localdate()
    content = dict(edition.content)
    content["edition"] = _free_code(edition, today.year)
    content |= {"effective_from": today.isoformat(), "dates_status": str(Status.OUR_READING)}
    content.pop("effective_to", None)
    return _create(edition, content, actor, _("另存自 {code}").format(code=edition.code))


def _free_code(edition: PolicyEdition, year: int) -> str:
    taken = set(PolicyEdition.objects.filter(programme=edition.programme).values_list("code", flat=True))
    open_drafts = PolicyDraft.objects.filter(programme=edition.programme, published=None)
    taken |= set(open_drafts.values_list("code", flat=True))
    while f"{edition.region_code}-{year:04d}" in taken:
        year += 1
    return f"{edition.region_code}-{year:04d}"


@transaction.atomic
def upload_draft(edition: PolicyEdition, text: str, *, name: str, actor: User) -> PolicyDraft:
    """A draft from a YAML file of the same programme. Raises InvalidPolicy with every fault, each with its line."""
    require_policy_writer(actor)
    policy = _read_file(edition.programme, text, name)
    _require_free(policy, None)
    return _create(edition, dict(policy.content), actor, _("上传 {name}").format(name=name))


@transaction.atomic
def replace_draft(draft: PolicyDraft, text: str, *, name: str, version: int, actor: User) -> None:
    """The draft as a YAML file says it, structure and all."""
    require_policy_writer(actor)
    draft = _current(draft, version)
    policy = _read_file(draft.programme, text, name)
    _require_free(policy, draft)
    if policy.content != draft.content:
        reason = _("上传 {name}").format(name=name)
        old = policy_from_json(draft.content).digest
        _store(
            draft, dict(policy.content), {"content": (old, policy.digest)}, version=version, actor=actor, reason=reason
        )


def _read_file(programme: str, text: str, name: str) -> Policy:
    policy = policy_from_yaml(text, name)
    if policy.programme != programme:
        raise PolicyRefused(
            _("文件写的是“{found}”，应为“{wanted}”；请到相应的政策版本页面上传").format(
                found=policy.programme, wanted=programme
            )
        )
    return policy


@transaction.atomic
def change_draft(draft: PolicyDraft, typed: Mapping[str, str], *, version: int, actor: User) -> dict[str, Any]:
    """Put typed texts in place. Returns what changed: name → (old, new).

    Raises DraftRefused with every fault beside its entry, and RowChanged when somebody else was first; then nothing
    is kept.
    """
    require_policy_writer(actor)
    draft = _current(draft, version)
    found = edited(policy_from_json(draft.content), typed)
    if found.faults:
        raise DraftRefused(found.faults)
    content = canonical(found.content)
    if found.changes:
        _require_free(policy_from_json(content), draft)
    _store(draft, content, found.changes, version=version, actor=actor)
    return found.changes


@transaction.atomic
def discard_draft(draft: PolicyDraft, *, version: int, actor: User) -> None:
    require_policy_writer(actor)
    record_changes(draft, {"edition": (draft.code, None)}, actor=actor, reason=_("丢弃草稿"))
    if not _mine(draft, version).delete()[0]:
        raise _stale()


@transaction.atomic
def publish_draft(draft: PolicyDraft, *, version: int, actor: User) -> PolicyEdition:
    """Make the draft an edition, for good. Raises PolicyRefused for a code or a content that is published already."""
    require_policy_writer(actor)
    draft = _current(draft, version)
    if not _mine(draft, version).update(version=F("version") + 1):
        raise _stale()
    policy = policy_from_json(draft.content)
    if (twin := same_as_published(policy)) is not None:
        raise PolicyRefused(_("内容与已发布的 {code} 相同，不必再发布").format(code=twin.code))
    made = publish([policy], actor=actor)
    if not made:
        raise PolicyRefused(_("{code} 已发布").format(code=policy.edition))
    PolicyDraft.objects.filter(pk=draft.pk).update(published=made[0])
    record_changes(draft, {"published": (None, made[0])}, actor=actor)
    return made[0]


def same_as_published(policy: Policy) -> PolicyEdition | None:
    """The published edition that says the same under whatever name."""
    wanted = _said(policy.content)
    editions = PolicyEdition.objects.filter(programme=policy.programme, region_code=policy.region)
    return next((edition for edition in editions if _said(edition.content) == wanted), None)


def _said(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in NAMES}


def _create(edition: PolicyEdition, content: dict[str, Any], actor: User, reason: str) -> PolicyDraft:
    code = str(content["edition"])
    try:
        with transaction.atomic():
            draft = PolicyDraft.objects.create(
                programme=edition.programme, code=code, based_on=edition, content=content, author=actor
            )
    except IntegrityError:  # somebody else took the code in this moment
        raise _taken(code, _("另一份草稿")) from None
    record_changes(draft, {"edition": (None, code)}, actor=actor, reason=reason)
    return draft


def _store(
    draft: PolicyDraft,
    content: dict[str, Any],
    changes: Mapping[str, tuple[Any, Any]],
    *,
    version: int,
    actor: User,
    reason: str = "",
) -> None:
    values = {"content": content, "code": content["edition"], "version": F("version") + 1}
    if not _mine(draft, version).update(**values, updated_at=timezone.now()):
        raise _stale()
    record_changes(draft, changes, actor=actor, reason=reason)


def _mine(draft: PolicyDraft, version: int) -> QuerySet[PolicyDraft]:
    """The row while it is as the page showed it and not published."""
    return PolicyDraft.objects.filter(pk=draft.pk, version=version, published=None)


def _current(draft: PolicyDraft, version: int) -> PolicyDraft:
    """The draft as it is stored, where that is the version that the page showed."""
    found = _mine(draft, version).first()
    if found is None:
        raise _stale()
    return found


def _stale() -> RowChanged:
    return RowChanged(_("草稿刚被他人更改或发布，请刷新后再改；您填写的内容仍在页面上"))


def _require_free(policy: Policy, draft: PolicyDraft | None) -> None:
    """Refuse a code that another open draft or a published edition has."""
    same = {"programme": policy.programme, "code": policy.edition}
    if PolicyEdition.objects.filter(**same).exists():
        raise _taken(policy.edition, _("已发布的版本"))
    drafts = PolicyDraft.objects.filter(**same, published=None)
    if (drafts.exclude(pk=draft.pk) if draft else drafts).exists():
        raise _taken(policy.edition, _("另一份草稿"))


def _taken(code: str, by: str) -> DraftRefused:
    sentence = _("{by}已用 {code}，请换一个年份").format(by=by, code=code)
    return DraftRefused({"edition": [sentence]})
