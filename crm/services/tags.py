"""Every write of a tag: making it, renaming it, putting it on a firm, taking it off, retiring it."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import WRITERS, scope_of
from crm.errors import InvalidInput, NotAllowed
from crm.models import Firm, FirmTag, Region, Tag, User
from crm.services.firms import require_writer
from crm.services.history import record_changes


@transaction.atomic
def make_tag(name: str, *, region: Region, actor: User | None) -> Tag:
    """The tag of this name in the region, made where there is none; a retired one is used again."""
    require_writer(actor, region.path)
    name = _proper(name)
    tag, created = Tag.objects.get_or_create(
        region=region, name=name, defaults={"region_path": region.path, "made_by": actor}
    )
    if created:
        record_changes(tag, {"name": (None, name)}, actor=actor)
    elif Tag.objects.filter(pk=tag.pk).exclude(retired_at=None).update(retired_at=None):
        record_changes(tag, {"retired_at": (tag.retired_at, None)}, actor=actor)
        tag.retired_at = None
    return tag


def _proper(name: str) -> str:
    """The name without needless spaces. Raises InvalidInput when it is none or too long."""
    name = " ".join(name.split())
    if not name:
        raise InvalidInput(_("请填写标签名称"))
    if len(name) > 20:
        raise InvalidInput(_("标签名称最多 20 个字，现有 {count} 个；请缩短").format(count=len(name)))
    return name


@transaction.atomic
def rename_tag(tag: Tag, name: str, *, actor: User | None) -> bool:
    """Another word for the same firms. False when nothing changes. Raises NotAllowed, InvalidInput."""
    require_writer(actor, tag.region_path)
    name, old = _proper(name), tag.name
    try:
        with transaction.atomic():
            changed = Tag.objects.filter(pk=tag.pk).exclude(name=name).update(name=name)
    except IntegrityError:
        text = _("{region}已有标签“{name}”；请换一个名称，或直接使用它").format(region=tag.region, name=name)
        raise InvalidInput(text) from None
    if changed:
        record_changes(tag, {"name": (old, name)}, actor=actor)
        tag.name = name
    return bool(changed)


def tag_named(name: str, *, actor: User) -> Tag:
    """The tag people mean by a name: the widest one they see that stands, or a new one of their own widest region."""
    name = " ".join(name.split())
    known = Tag.objects.visible_to(actor).standing().filter(name=name).order_by("region_path").first()
    return known or make_tag(name, region=_own_region(actor), actor=actor)


def _own_region(actor: User) -> Region:
    scope = scope_of(actor)
    paths = sorted(path for path, role in scope.posts if role in WRITERS)
    regions = Region.objects.all() if scope.everything else Region.objects.filter(path__in=paths)
    region = regions.order_by("path").first()
    if region is None:
        raise NotAllowed(_("当前身份只能查阅；请联系本辖区的经办人员或管理员"))
    return region


@transaction.atomic
def tag_firm(firm: Firm, tag: Tag, *, actor: User | None, reason: str = "") -> bool:
    """Put a tag on a firm. False when it has it already. Raises NotAllowed, InvalidInput."""
    require_writer(actor, firm.region_path)
    if tag.retired_at is not None:
        raise InvalidInput(_("标签“{tag}”已停用；请换一个标签，或先恢复它").format(tag=tag))
    if not firm.region_path.startswith(tag.region_path):
        raise InvalidInput(_("标签“{tag}”只用于{region}的企业").format(tag=tag, region=tag.region))
    _row, created = FirmTag.objects.get_or_create(firm=firm, tag=tag, defaults={"by": actor})
    if created:
        record_changes(firm, {"tag": (None, tag)}, actor=actor, reason=reason)
    return created


@transaction.atomic
def untag_firm(firm: Firm, tag: Tag, *, actor: User | None, reason: str = "") -> bool:
    """Take a tag off a firm, a retired one too. False when it does not have it."""
    require_writer(actor, firm.region_path)
    removed, _rows = FirmTag.objects.filter(firm=firm, tag=tag).delete()
    if removed:
        record_changes(firm, {"tag": (tag, None)}, actor=actor, reason=reason)
    return bool(removed)


@transaction.atomic
def retire_tag(tag: Tag, *, actor: User | None) -> bool:
    """No firm can be given the tag from now on; those that have it keep it. False when it was retired already."""
    require_writer(actor, tag.region_path)
    now = timezone.now()
    retired = Tag.objects.filter(pk=tag.pk, retired_at=None).update(retired_at=now)
    if retired:
        record_changes(tag, {"retired_at": (None, now)}, actor=actor)
    return bool(retired)
