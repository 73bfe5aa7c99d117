"""Who may know of what: a person's posts give region paths, memberships give firms. Everything reads through this."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.db.models import Exists, Q, QuerySet, Value
from django.utils import timezone

from crm.choices import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from crm.models import Region, User

NOTHING = Q(pk__in=[])
EVERYTHING = ~NOTHING  # not Q(): that one vanishes where it is joined by "or"
CITY_DEPTH = 2  # 自治区/市/


def sits_at_city(path: str) -> bool:
    """True for the region of a city or above it: a post there sits at the city's desk."""
    return path.count("/") <= CITY_DEPTH


def city_of(path: str) -> str:
    """The city that a region lies in; a region above the cities is its own."""
    return path if sits_at_city(path) else "/".join(path.split("/")[:CITY_DEPTH]) + "/"


def ways_up(path: str) -> list[str]:
    """The path itself and every one above it, the nearest first: a firm of a county is one of its city, too."""
    found = []
    while path:
        found.append(path)
        path = path[: path.rfind("/", 0, -1) + 1]
    return found


@dataclass(frozen=True)
class Scope:
    """What one person may see: the regions of their posts, the firms they belong to and those they act for."""

    everything: bool = False
    posts: tuple[tuple[str, str], ...] = ()  # (region path, role)
    member_ids: tuple[int, ...] = ()  # firms whose own person this is
    mandates: tuple[tuple[int, int], ...] = ()  # (firm, mandate) where this is an agent today and not a member
    home: Region | None = None  # the widest region of the posts, where a page begins

    @property
    def paths(self) -> tuple[str, ...]:
        """The region paths, each widest one once: a path inside another adds nothing."""
        paths = sorted({path for path, _role in self.posts})
        return tuple(path for path in paths if not any(path != other and path.startswith(other) for other in paths))

    @property
    def firm_ids(self) -> tuple[int, ...]:
        """Every firm this person may follow and act for, as its own or as its agent."""
        return (*self.member_ids, *(firm for firm, _mandate in self.mandates))

    def at_city(self, roles: Collection[str] = frozenset(Role)) -> bool:
        """True for who holds one of these roles at the city's desk, and for who sees everything."""
        return self.everything or any(role in roles and sits_at_city(path) for path, role in self.posts)

    def mandate_for(self, firm_id: int) -> int | None:
        """The mandate on which this person acts for the firm; None for the firm's own people."""
        return dict(self.mandates).get(firm_id)

    def q(self, *, path: str = "region_path", firm: str | None = "firm_id") -> Q:
        """The WHERE that keeps this person's rows, on columns of the table itself: no join, so no doubles."""
        if self.everything:
            return EVERYTHING
        wanted = NOTHING
        for prefix in self.paths:
            wanted |= Q(**{f"{path}__under": prefix})
        if firm and self.firm_ids:
            wanted |= Q(**{f"{firm}__in": self.firm_ids})
        return wanted

    def near(self, *, path: str = "region_path") -> Q:
        """Rows of one's regions and of those above them: what a wider region keeps for all that lie in it."""
        above = [way for own in self.paths for way in ways_up(own)]
        return self.q(path=path, firm=None) | Q(**{f"{path}__in": above})

    def roles_at(self, path: str) -> frozenset[str]:
        """The roles whose region contains `path`."""
        if self.everything:
            return frozenset({Role.ADMIN})
        return frozenset(role for own, role in self.posts if path.startswith(own))

    def has_role(self, *roles: str) -> bool:
        """True when the person holds one of the roles anywhere."""
        return self.everything or any(role in roles for _path, role in self.posts)

    @property
    def is_staff(self) -> bool:
        """True for people of the authority, false for people of firms."""
        return self.everything or bool(self.posts)


def scope_of(user: User | AnonymousUser) -> Scope:
    """The scope of a person, read once per user object and kept on it for the request: one query for people of the
    authority, a second for whom a firm knows."""
    if not user.is_authenticated or not user.is_active:
        return Scope()
    kept: Scope | None = getattr(user, "_scope", None)
    if kept is None:
        person = cast("User", user)
        own, lent = _firms_of(person)
        known = Exists(own) | Exists(lent)
        posts = list(person.posts.select_related("region").annotate(known=known).order_by("region__path", "role"))
        members, mandates = _read(own, lent) if not posts or posts[0].known else ((), ())
        kept = Scope(
            everything=person.is_superuser,
            posts=tuple((post.region.path, post.role) for post in posts),
            member_ids=members,
            mandates=mandates,
            home=posts[0].region if posts else None,
        )
        person._scope = kept  # type: ignore[attr-defined]
    return kept


def _firms_of(person: User) -> tuple[QuerySet, QuerySet]:
    """The firms one belongs to, and those one is mandated to act for today in Shanghai."""
    own = person.memberships.filter(ended_on=None).values_list("firm_id", Value(0))
    lent = person.mandates.in_force(timezone.localdate()).order_by().values_list("firm_id", "pk")  # type: ignore[attr-defined]
    return own, lent


def _read(own: QuerySet, lent: QuerySet) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    rows = sorted(own.union(lent))
    members = tuple(firm for firm, mandate in rows if not mandate)
    return members, tuple(dict(row for row in rows if row[0] not in members).items())


WRITERS = (Role.OFFICER, Role.LEAD, Role.ADMIN)
MANAGERS = (Role.LEAD, Role.ADMIN)


EXPORTERS = (Role.OFFICER, Role.LEAD, Role.LEADER, Role.ADMIN)


def may_export(user: User | AnonymousUser, path: str) -> bool:
    """True when the person may take tables out of this region; who is there to look things up may not."""
    return bool(scope_of(user).roles_at(path) & set(EXPORTERS))


def may_write(user: User | AnonymousUser, path: str) -> bool:
    """True when the person may change rows that belong to this region path."""
    return bool(scope_of(user).roles_at(path) & set(WRITERS))
