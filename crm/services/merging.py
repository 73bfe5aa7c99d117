"""Merges two rows of one firm, and takes a merge back within 30 days."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from django.db import transaction
from django.db.models import Field, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import MANAGERS, scope_of
from crm.choices import FirmEventKind, FirmStatus, PairState
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.identifiers import name_key
from crm.models import DuplicatePair, Firm, FirmEvent, FormerName, Merge, Region, User
from crm.relations import RELATIONS, model_of
from crm.selectors.merging import MergePreview, merge_preview
from crm.services.contact_days import refresh_contact_days
from crm.services.event_log import moved, renamed
from crm.services.firms import save_firm
from crm.services.history import record_changes
from crm.services.search import refresh_search
from crm.signals import firm_moved


def require_merger(user: User | None, *paths: str) -> None:
    """Merging is a lead's or an administrator's, in every region that it touches."""
    if user is None:
        return
    scope = scope_of(user)
    if not all(scope.roles_at(path) & set(MANAGERS) for path in paths):
        raise NotAllowed(_("合并企业须由两家企业所在辖区的科长或管理员办理"))


@transaction.atomic
def merge_firms(kept: Firm, other: Firm, *, actor: User | None, reason: str = "", take: Collection[str] = ()) -> Merge:
    """Put `other` into `kept`. `take` names the fields and rows whose value comes from `other`.

    Raises InvalidInput with every reason against it, RowChanged when somebody else merged or changed one first.
    """
    require_merger(actor, kept.region_path, other.region_path)
    if kept.pk == other.pk:
        raise InvalidInput(_("不能把企业并入它自己"))
    _claim(kept, other)
    preview = merge_preview(kept, other)
    if preview.reasons:
        raise InvalidInput(*preview.reasons)
    former = _keep_name(preview, take)
    fields = _take_fields(preview, take, actor, reason)
    swapped = [clash for clash in preview.choices if clash.key in take]
    for clash in swapped:
        _exchange(clash.relation, clash.kept_id, clash.other_id)
    merge = Merge.objects.create(
        kept=kept,
        merged=other,
        moved={part.relation: part.moves for part in preview.moving if part.moves},
        swapped=[[clash.relation, clash.kept_id, clash.other_id] for clash in swapped],
        fields=fields,
        former_name=former,
        before=other.status,
        reason=reason[:200],
        at=timezone.now(),
        by=actor,
    )
    for relation, keys in merge.moved.items():
        _hand_over(relation, keys, other, kept)
    refresh_contact_days([kept.pk, other.pk])
    refresh_search([kept.pk, other.pk])
    _settle(merge, preview, actor)
    return merge


def _claim(kept: Firm, other: Firm) -> None:
    """Both rows are ours from here on: the conditional updates count 1 each, or somebody else was first."""
    for firm in sorted((kept, other), key=lambda one: one.pk):
        if firm.merged_into_id is not None:
            raise RowChanged(_("“{name}”刚被并入其他企业，请刷新后再试").format(name=firm.name))
        save_firm(firm, {})


def _keep_name(preview: MergePreview, take: Collection[str]) -> FormerName | None:
    """The name that is not used any more leads to the firm as a former name. None where it did already."""
    kept, other = preview.kept, preview.other
    name = kept.name if "field:name" in take else other.name
    same = name_key(kept.name) == name_key(other.name)
    defaults = {"name_key": name_key(name)}
    former, created = (
        (None, False) if same else FormerName.objects.get_or_create(firm=kept, name=name, defaults=defaults)
    )
    return former if created else None


def _take_fields(preview: MergePreview, take: Collection[str], actor: User | None, reason: str) -> dict[str, Any]:
    """Write what comes from the other firm. Returns {field: [before, after]} as plain values."""
    kept, other = preview.kept, preview.other
    wanted = {clash.name: clash.other for clash in preview.fields if f"field:{clash.name}" in take} | preview.filled
    changed = {name: (getattr(kept, name), value) for name, value in wanted.items()}
    values: dict[str, Any] = dict(wanted)
    if "name" in values:
        values |= {"name_key": name_key(values["name"]), "name_core": ""}
    if "region" in values:
        values["region_path"] = values["region"].path
    if values:
        save_firm(kept, values)
        record_changes(kept, changed, actor=actor, reason=reason or _("合并 {code}").format(code=other.credit_code))
    return {name: [_plain(old), _plain(new)] for name, (old, new) in changed.items()}


def _plain(value: Any) -> Any:
    """A value as JSON keeps it: rows by their key, days and amounts as text."""
    if value is None or isinstance(value, str):
        return value
    return value.pk if hasattr(value, "pk") else str(value)


def _settle(merge: Merge, preview: MergePreview, actor: User | None) -> None:
    """The merged row is out of every list; what follows the firm's county follows the kept one's."""
    kept, other = preview.kept, preview.other
    save_firm(other, {"merged_into": kept, "status": FirmStatus.MERGED})
    pair = Q(first=kept, second=other) | Q(first=other, second=kept)
    DuplicatePair.objects.filter(pair).update(state=PairState.MERGED, decided_at=merge.at, decided_by=actor)
    words = {"merged_into": ("", f"{kept.name} {kept.credit_code}")}
    record_changes(other, words, actor=actor, reason=merge.reason)
    record_changes(kept, {"absorbed": ("", f"{other.name} {other.credit_code}")}, actor=actor, reason=merge.reason)
    firm_moved.send(sender=Firm, firm=other)
    firm_moved.send(sender=Firm, firm=kept, event=_note_events(merge, actor))


def _note_events(merge: Merge, actor: User | None) -> FirmEvent | None:
    """A name or a county that was chosen from the other row is the firm's own from today. Returns the move, if any."""
    kept, event = merge.kept, None
    said: dict[str, Any] = {"on": timezone.localdate(merge.at), "actor": actor, "merge": merge}
    said["document"] = merge.reason or _("合并 {code}").format(code=merge.merged.credit_code)
    if "name" in merge.fields:
        renamed(kept, merge.fields["name"][0], **said).save()
    if "region" in merge.fields:
        event = moved(kept, Region.objects.get(pk=merge.fields["region"][0]), **said)
        if event is not None:
            event.save()
    return event


def _withdraw_events(merge: Merge, actor: User | None) -> None:
    """What the merge changed of the name and the county has been given back, unless somebody changed it since."""
    kept = merge.kept
    for event in FirmEvent.objects.standing().filter(merge=merge):
        if event.before not in {kept.name, kept.region.name}:
            continue
        values = {"withdrawn_at": timezone.now(), "withdrawn_by": actor, "withdraw_reason": _("撤销合并")}
        FirmEvent.objects.filter(pk=event.pk).update(**values)
        if event.kind == FirmEventKind.MOVED:
            firm_moved.send(sender=Firm, firm=kept, event=event, withdrawn=True)


def _hand_over(relation: str, keys: list[int], giver: Firm, taker: Firm) -> int:
    """Give rows from one firm to the other; those that are the giver's no longer are left alone."""
    name = RELATIONS[relation].link
    rows = model_of(relation)._default_manager.filter(pk__in=keys, **{name: giver})
    return rows.update(**{name: taker})


def _exchange(relation: str, one_id: int, other_id: int) -> None:
    """Exchange the contents of two rows: which firm has which row, and its key, stay as they are."""
    manager, names = model_of(relation)._default_manager, RELATIONS[relation].contents
    one, other = (manager.filter(pk=pk) for pk in (one_id, other_id))
    values = [rows.values(*names).get() for rows in (one, other)]
    one.update(**values[1])
    other.update(**values[0])


@transaction.atomic
def unmerge(merge: Merge, *, actor: User | None) -> None:
    """Take a merge back: what moved and is still there returns, values that nobody changed since as well.

    Raises InvalidInput when it is too late or taken back already.
    """
    kept, other = merge.kept, merge.merged
    require_merger(actor, kept.region_path, other.region_path)
    now = timezone.now()
    standing = Merge.objects.filter(pk=merge.pk, undone_at=None, at__gte=now - (merge.undo_until - merge.at))
    if not standing.update(undone_at=now, undone_by=actor):
        raise InvalidInput(_("这次合并已撤销，或已超过 30 天，不能再撤销"))
    if later := Merge.objects.filter(merged=kept, undone_at=None).first():
        raise InvalidInput(_("“{name}”后来又并入了其他企业；请先撤销那次合并").format(name=later.merged.name))
    save_firm(other, {"merged_into": None, "status": merge.before})
    for relation, keys in merge.moved.items():
        _hand_over(relation, keys, kept, other)
    for relation, one_id, other_id in reversed(merge.swapped):
        _exchange(relation, one_id, other_id)
    refresh_contact_days([kept.pk, other.pk])
    _give_back_fields(merge, actor)
    if merge.former_name is not None:
        merge.former_name.delete()
    refresh_search([kept.pk, other.pk])
    record_changes(other, {"merged_into": (kept, "")}, actor=actor, reason=_("撤销合并"))
    _withdraw_events(merge, actor)
    for firm in (kept, other):
        firm_moved.send(sender=Firm, firm=firm)


def _give_back_fields(merge: Merge, actor: User | None) -> None:
    kept, values = merge.kept, {}
    for name, (before, taken) in merge.fields.items():
        if _plain(getattr(kept, name)) == taken:
            values[name] = _read(name, before)
    if not values:
        return
    changed = {name: (getattr(kept, name), value) for name, value in values.items()}
    if "name" in values:
        values |= {"name_key": name_key(values["name"]), "name_core": ""}
    if "region" in values:
        values["region_path"] = values["region"].path
    save_firm(kept, values)
    record_changes(kept, changed, actor=actor, reason=_("撤销合并"))


def _read(name: str, plain: Any) -> Any:
    """A plain value as the field holds it."""
    if name == "region":
        return Region.objects.get(pk=plain)
    if name == "officer":
        return User.objects.filter(pk=plain).first()
    return cast(Field, Firm._meta.get_field(name)).to_python(plain)
