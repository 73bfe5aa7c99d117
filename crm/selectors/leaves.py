"""Who is away, and who stands in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from crm.access import WRITERS, scope_of, ways_up
from crm.models import Leave, LeaveDay, Post, User

NEAR = 50  # colleagues offered; more are found by their own page


def away_on(day: date) -> dict[int, Leave]:
    """Whoever is away on this day, with the absence. One query."""
    days = LeaveDay.objects.filter(on=day).select_related("leave__user", "leave__deputy")
    return {row.user_id: row.leave for row in days}


def leaves_around(user: User, today: date) -> tuple[list[Leave], list[Leave]]:
    """Of today and later: the person's own absences, and today's in which they stand in. One query."""
    wanted = Q(user=user) | Q(deputy=user, from_on__lte=today)
    rows = Leave.objects.standing().filter(wanted, until_on__gte=today).select_related("user", "deputy")
    found = list(rows.order_by("from_on", "pk"))
    own = [leave for leave in found if leave.user_id == user.pk]
    return own, [leave for leave in found if leave.deputy_id == user.pk and leave.is_on(today)]


def colleagues_of(people: Iterable[User], paths: Iterable[str]) -> list[User]:
    """Who writes in one of these regions or in one above them, without `people` themselves. One query."""
    wanted = Q(pk__in=[])
    for path in paths:
        wanted |= Q(region__path__in=ways_up(path))
    posts = Post.objects.filter(wanted, role__in=WRITERS).values("user")
    holders = User.objects.filter(is_active=True, pk__in=posts).exclude(pk__in=[user.pk for user in people])
    return list(holders.order_by("name", "pk")[:NEAR])


def writing_paths(user: User) -> list[str]:
    """The regions in which a person writes, each widest one once."""
    paths = sorted({path for path, role in scope_of(user).posts if role in WRITERS})
    return [path for path in paths if not any(path != other and path.startswith(other) for other in paths)]
