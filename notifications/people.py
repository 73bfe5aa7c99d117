"""Whom to tell: the firm's people, the officers of a firm, the leads and leaders of a region."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from django.utils.translation import gettext as _

from crm.access import city_of
from crm.choices import Role
from crm.models import Firm, Leave, Post, User
from crm.selectors.leaves import away_on
from crm.selectors.people import told_accounts, told_contacts
from pipeline.models import Application

DESK = (Role.OFFICER, Role.LEAD)


@dataclass(frozen=True)
class Person:
    """Somebody to tell: an account, or a contact person of a firm who has none.

    Who is `away` finds it in the site on coming back; a deputy is told it for whom they stand in.
    """

    key: str
    name: str
    email: str
    language: str = "zh-hans"
    user_id: int | None = None
    is_firm: bool = False
    away: bool = False
    for_id: int | None = None
    for_name: str = ""


def of_user(user: User, *, is_firm: bool = False) -> Person:
    return Person(f"u{user.pk}", user.name, user.email, user.language, user.pk, is_firm)


def firm_people(firm: Firm) -> list[Person]:
    """The firm's own accounts and its agents of today; where it has no account, its contact persons with an address.

    At most two queries.
    """
    own, agents = firm_and_agents(firm)
    return _in_order([*own, *agents])


def firm_and_agents(firm: Firm) -> tuple[list[Person], list[Person]]:
    """The firm's own people, or its contact persons where it has no account, and its agents of today.

    At most two queries.
    """
    accounts = told_accounts(firm)
    own = [of_user(user, is_firm=True) for user in accounts if user.is_member]  # type: ignore[attr-defined]
    agents = [of_user(user, is_firm=True) for user in accounts if not user.is_member]  # type: ignore[attr-defined]
    if not own:
        own = [Person(f"c{contact.pk}", contact.name, contact.email, is_firm=True) for contact in told_contacts(firm)]
    return own, agents


def _in_order(people: list[Person]) -> list[Person]:
    """Accounts in the order in which they were made, then contacts."""
    return sorted(people, key=lambda person: (person.user_id is None, person.user_id or 0))


@dataclass(frozen=True)
class Staff:
    """Who holds which post in the authority and who stands in for whom on a day, read once: a run of the planner asks
    for thousands of firms. Two queries.
    """

    today: date

    @cached_property
    def _posts(self) -> list[Post]:
        return list(Post.objects.filter(user__is_active=True).select_related("user", "region"))

    @cached_property
    def _found(self) -> dict[tuple[str, tuple[str, ...]], list[Person]]:
        return {}

    def nearest(self, path: str, roles: Collection[str]) -> list[Person]:
        """The holders of the roles posted nearest to a region path: its county's, else its city's."""
        asked = (path, tuple(roles))
        if asked not in self._found:
            covering = [post for post in self._posts if post.role in roles and path.startswith(post.region.path)]
            depth = max((len(post.region.path) for post in covering), default=0)
            self._found[asked] = unique(of_user(post.user) for post in covering if len(post.region.path) == depth)
        return self._found[asked]

    @cached_property
    def _away(self) -> dict[int, Leave]:
        return away_on(self.today)

    def present(self, people: list[Person], path: str) -> list[Person]:
        """These people, and after each who is away a deputy who may know of a firm there: told in their stead, unless
        told for themselves as well. Without such a deputy the person is told as ever.
        """
        if not any(person.user_id in self._away for person in people):
            return people
        told = {person.key: person for person in people}
        for person in people:
            leave = self._away.get(person.user_id or 0)
            if leave is None or not (leave.deputy.is_active and self.covers(leave.deputy, path)):
                continue
            told[person.key] = replace(person, away=True)
            deputy = replace(of_user(leave.deputy), for_id=person.user_id, for_name=person.name)
            told.setdefault(deputy.key, deputy)
        return list(told.values())

    def covers(self, user: User, path: str) -> bool:
        """True when the person may know of a firm there."""
        mine = (post.region.path for post in self._posts if post.user_id == user.pk)
        return user.is_superuser or any(path.startswith(own) for own in mine)

    def in_charge(self, officer: User | None, path: str) -> list[Person]:
        """The officer in charge while active and in scope; where nobody is, the officers nearest to the region."""
        if officer is not None and officer.is_active and self.covers(officer, path):
            return [of_user(officer)]
        return self.nearest(path, DESK)

    def of_city(self, path: str) -> list[Person]:
        """The city's officers; where it has none, its leads, and where neither is, nobody."""
        city = city_of(path)
        return self.nearest(city, (Role.OFFICER,)) or self.nearest(city, (Role.LEAD,))


def officers_of(application: Application, today: date) -> list[Person]:
    """The officer in charge, or who stands in; where nobody is, the officers of the nearest region that has some."""
    staff, path = Staff(today), application.region_path
    return staff.present(staff.in_charge(application.officer, path), path)


def officers_at(path: str, today: date) -> list[Person]:
    """The active officers posted nearest to a region path: its county's, else its city's. Two queries."""
    staff = Staff(today)
    return staff.present(staff.nearest(path, DESK), path)


def unique(people: Iterable[Person]) -> list[Person]:
    """Each person once, in order."""
    return list({person.key: person for person in people}.values())


def for_whom(person: Person, subject: str) -> str:
    """代 莫清扬 · 补正截止…, as a deputy reads it."""
    return _("代 {name} · {subject}").format(name=person.for_name, subject=subject) if person.for_name else subject


def in_whose_stead(person: Person, sentence: str) -> str:
    """The sentence, said to a deputy with for whom it is."""
    if not person.for_name:
        return sentence
    return _("您正代理{name}的工作。").format(name=person.for_name) + sentence
