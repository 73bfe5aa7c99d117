"""Whom to tell: the firm's people, the officers of a firm, the leaders of a region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crm.choices import Role
from crm.models import Firm, Post, User
from crm.selectors.people import told_accounts, told_contacts
from pipeline.models import Application


@dataclass(frozen=True)
class Person:
    """Somebody to tell: an account, or a contact person of a firm who has none."""

    key: str
    name: str
    email: str
    language: str = "zh-hans"
    user_id: int | None = None
    is_firm: bool = False


def of_user(user: User, *, is_firm: bool = False) -> Person:
    return Person(f"u{user.pk}", user.name, user.email, user.language, user.pk, is_firm)


def firm_people(firm: Firm) -> list[Person]:
    """The firm's own accounts and its agents of today; where it has no account, its contact persons with an address.

    At most two queries.
    """
    accounts = told_accounts(firm)
    people = [of_user(user, is_firm=True) for user in accounts]
    if any(user.is_member for user in accounts):  # type: ignore[attr-defined]
        return people
    contacts = told_contacts(firm)
    return people + [Person(f"c{contact.pk}", contact.name, contact.email, is_firm=True) for contact in contacts]


def officers_of(application: Application) -> list[Person]:
    """The officer in charge; where nobody is, the officers of the nearest region that has some."""
    if application.officer_id and application.officer is not None and application.officer.is_active:
        return [of_user(application.officer)]
    return officers_at(application.region_path)


def officers_at(path: str) -> list[Person]:
    """The active officers posted nearest to a region path: its county's, else its city's. One query."""
    wanted = [Role.OFFICER, Role.LEAD]
    posts = Post.objects.filter(role__in=wanted, user__is_active=True).select_related("user", "region")
    covering = [post for post in posts if path.startswith(post.region.path)]
    if not covering:
        return []
    nearest = max(len(post.region.path) for post in covering)
    return unique(of_user(post.user) for post in covering if len(post.region.path) == nearest)


def unique(people: Iterable[Person]) -> list[Person]:
    """Each person once, in order."""
    return list({person.key: person for person in people}.values())
