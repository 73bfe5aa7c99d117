"""What the frame of every page needs: the rail, the switches, the bell. Read only when a template asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from crm.access import scope_of
from crm.frame import current_region, current_year, region_choices
from notifications.centre import Badges, badges
from pipeline.workflows import PROGRAMMES


@dataclass(frozen=True)
class Entry:
    """One entry of the rail; `also` names addresses beside its own that belong to it."""

    label: str
    icon: str
    url: str
    sub: bool = False
    programme: str = ""
    count: int = 0
    also: tuple[str, ...] = ()
    key: str = ""  # the keys that lead there
    here: bool = False  # the page is this entry or lies below it


def rail(request: HttpRequest, numbers: Badges) -> list[Entry]:
    """The entries of the rail, with those the page belongs to: the nearest address above it decides."""
    entries = _entries(numbers)
    nearest = max((_depth(entry, request.path) for entry in entries), default=0)
    return [replace(entry, here=bool(nearest) and _depth(entry, request.path) == nearest) for entry in entries]


def _depth(entry: Entry, path: str) -> int:
    """How long the entry's address above `path` is; 0 where none is. The first page is above itself alone."""
    roots = (root for root in (entry.url, *entry.also) if path == root or (root != "/" and path.startswith(root)))
    return max(map(len, roots), default=0)


def _entries(numbers: Badges) -> list[Entry]:
    """The entries in the order of the work."""
    boards = [
        Entry(str(table.short_label), "", reverse("board", args=[programme]), sub=True, programme=programme)
        for programme, table in PROGRAMMES.items()
    ]
    return [
        Entry(_("我的一天"), "sun", reverse("my_day"), key="g h"),
        Entry(_("提醒"), "alarm-clock", reverse("reminders"), count=numbers.reminders),
        Entry(
            _("企业库"),
            "building-2",
            reverse("firms"),
            also=(reverse("duplicates"), reverse("hygiene"), reverse("visits")),
            key="g l",
        ),
        Entry(_("条件筛查"), "list-filter", reverse("screenings"), also=(reverse("shortlists"),)),
        Entry(
            _("培育看板"),
            "square-kanban",
            boards[0].url,
            also=(reverse("applications"), reverse("reveals")),
            key="g b",
        ),
        *boards,
        Entry(_("期限"), "calendar-clock", reverse("deadlines"), also=(reverse("recognitions"),)),
        Entry(_("目标"), "target", reverse("targets"), key="g f"),
        Entry(_("转化"), "funnel", reverse("funnel")),
        Entry(_("名单与导入"), "file-input", reverse("imports")),
        Entry(_("发件箱"), "send", reverse("outbox")),
        Entry(_("报告"), "file-text", reverse("reports")),
        Entry(_("政策"), "scroll-text", reverse("policies")),
        Entry(
            _("设置"), "settings", reverse("settings"), also=(reverse("notification_settings"), reverse("handovers"))
        ),
    ]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Nothing is read before a template uses it: API answers and fragments pay nothing."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"is_staff": False}
    scope = scope_of(user)
    numbers = cast(Badges, SimpleLazyObject(lambda: badges(user, timezone.localdate())))
    return {
        "is_staff": scope.is_staff,
        "rail": SimpleLazyObject(lambda: rail(request, numbers)),
        "rail_folded": request.COOKIES.get("rail") == "folded",
        "frame_region": SimpleLazyObject(lambda: current_region(request)),
        "frame_regions": SimpleLazyObject(lambda: region_choices(request)),
        "frame_year": current_year(request),
        "unread": SimpleLazyObject(lambda: numbers.unread),
        "reminder_count": SimpleLazyObject(lambda: numbers.reminders),
        "has_firms": bool(scope.firm_ids),
        "is_member": bool(scope.member_ids),
        "manages": scope.has_role("lead", "admin"),
        "writes": scope.has_role("officer", "lead", "admin"),
    }
