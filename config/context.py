"""What the frame of every page needs: the rail, the switches, the bell. Read only when a template asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from crm.access import scope_of
from crm.frame import current_region, current_year, region_choices
from notifications.selectors import unread_count
from pipeline.workflows import PROGRAMMES


@dataclass(frozen=True)
class Entry:
    """One entry of the rail."""

    label: str
    icon: str
    url: str
    sub: bool = False
    programme: str = ""


def rail(request: HttpRequest) -> list[Entry]:
    """The entries of the rail, in the order of the work."""
    boards = [
        Entry(str(table.short_label), "", reverse("board", args=[programme]), sub=True, programme=programme)
        for programme, table in PROGRAMMES.items()
    ]
    return [
        Entry(_("我的一天"), "sun", reverse("my_day")),
        Entry(_("企业库"), "building-2", reverse("firms")),
        Entry(_("条件筛查"), "list-filter", reverse("screenings")),
        Entry(_("培育看板"), "square-kanban", boards[0].url),
        *boards,
        Entry(_("期限"), "calendar-clock", reverse("deadlines")),
        Entry(_("目标"), "target", reverse("targets")),
        Entry(_("转化"), "funnel", reverse("funnel")),
        Entry(_("名单与导入"), "file-input", reverse("imports")),
        Entry(_("发件箱"), "send", reverse("outbox")),
        Entry(_("政策"), "scroll-text", reverse("policies")),
        Entry(_("设置"), "settings", reverse("settings")),
    ]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Nothing is read before a template uses it: API answers and fragments pay nothing."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"is_staff": False}
    scope = scope_of(user)
    return {
        "is_staff": scope.is_staff,
        "rail": SimpleLazyObject(lambda: rail(request)),
        "frame_region": SimpleLazyObject(lambda: current_region(request)),
        "frame_regions": SimpleLazyObject(lambda: region_choices(request)),
        "frame_year": current_year(request),
        "unread": SimpleLazyObject(lambda: unread_count(user)),
        "has_firms": bool(scope.firm_ids),
        "is_member": bool(scope.member_ids),
        "manages": scope.has_role("lead", "admin"),
        "writes": scope.has_role("officer", "lead", "admin"),
    }
