"""Every write of a saved view: kept under a name, renamed, replaced, shared, pinned, deleted."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from crm.access import MANAGERS, scope_of
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import SavedView, User
from crm.services.history import record_changes
from crm.signals import view_deleted

LONGEST_NAME, LONGEST_QUERY, MOST = 40, 2000, 100  # characters, characters, views of one person


@transaction.atomic
def save_view(name: str, query: str, *, owner: User, shared: bool = False) -> SavedView:
    """Keep the list under a new name. Raises NotAllowed, or InvalidInput with every reason."""
    if not scope_of(owner).is_staff:
        raise NotAllowed(_("只有工作人员可以保存视图"))
    name = _checked_name(name)
    _check_query(query)
    if SavedView.objects.filter(owner=owner).count() >= MOST:
        raise InvalidInput(_("每人最多保存 {most} 个视图；请先删除不用的").format(most=MOST))
    view = SavedView(owner=owner, name=name, query=query, shared=shared, region_path=_path_of(owner) if shared else "")
    _write(view)
    if shared:
        record_changes(view, {"shared": (None, name)}, actor=owner)
    return view


@transaction.atomic
def change_view(view: SavedView, *, actor: User, version: int, **changes: Any) -> bool:
    """Rename (`name`), replace (`query`), share (`shared`) or pin (`pinned`) one's own view. False without a change.

    What others see is kept in its history. Raises NotAllowed, InvalidInput, or RowChanged when it was changed since.
    """
    if view.owner_id != actor.pk:
        raise NotAllowed(_("只有保存这个视图的人可以修改；可以另存为自己的视图"))
    if "name" in changes:
        changes["name"] = _checked_name(changes["name"])
    _check_query(changes.get("query", ""))
    changed = {name: (getattr(view, name), new) for name, new in changes.items() if getattr(view, name) != new}
    if not changed:
        return False
    seen_by_others = view.shared or changes.get("shared", False)
    if "shared" in changed:
        changes["region_path"] = _path_of(actor) if changes["shared"] else ""
    path = view.region_path or changes.get("region_path", "")
    _update(view, version, changes)
    if seen_by_others:
        record_changes(view, changed, actor=actor, path=path)
    return True


@transaction.atomic
def delete_view(view: SavedView, *, actor: User, version: int) -> None:
    """Away with one's own view, or as a manager of the region with a shared one: its owner is told.

    Raises NotAllowed, or RowChanged when it was changed since or is gone.
    """
    if not may_delete(view, actor):
        raise NotAllowed(_("只有保存这个视图的人或本区划的管理人员可以删除"))
    if view.shared:
        record_changes(view, {"deleted": (view.name, None)}, actor=actor)
    if not SavedView.objects.filter(pk=view.pk, version=version).delete()[0]:
        raise RowChanged(_("这个视图刚被更改或删除，请刷新后再看"))
    if view.owner_id != actor.pk:
        view_deleted.send(sender=SavedView, view=view, actor=actor)


def may_delete(view: SavedView, user: User) -> bool:
    """True for the owner, and of a shared view for who manages its region."""
    manages = view.shared and bool(scope_of(user).roles_at(view.region_path) & set(MANAGERS))
    return view.owner_id == user.pk or manages


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidInput(_("请填写视图名称"))
    if len(name) > LONGEST_NAME:
        text = _("视图名称最多 {most} 个字，现有 {count} 个；请缩短")
        raise InvalidInput(text.format(most=LONGEST_NAME, count=len(name)))
    return name


def _check_query(query: str) -> None:
    if len(query) > LONGEST_QUERY:
        raise InvalidInput(_("筛选条件太长，不能保存；请减少条件"))


def _path_of(owner: User) -> str:
    """Where a person's view is shared: the widest region of their posts."""
    home = scope_of(owner).home
    if home is None:
        raise NotAllowed(_("没有岗位的账号不能共享视图"))
    return home.path


def _write(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise InvalidInput(_same_name(view.name)) from None


def _update(view: SavedView, version: int, changes: dict[str, Any]) -> None:
    seen = SavedView.objects.filter(pk=view.pk, version=version)
    try:
        with transaction.atomic():
            updated = seen.update(version=F("version") + 1, **changes)
    except IntegrityError:
        raise InvalidInput(_same_name(changes.get("name", ""))) from None
    if not updated:
        raise RowChanged(_("这个视图刚被更改或删除，请刷新后再看"))
    view.refresh_from_db()


def _same_name(name: str) -> str:
    return _("已有名为“{name}”的视图；请换一个名称，或打开它再保存").format(name=name)
