"""Who acts as what on one application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm.access import Scope, scope_of, sits_at_city
from crm.choices import Role
from pipeline.choices import Acting
from pipeline.models import Application
from pipeline.workflow import SYSTEM, Actor

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from crm.models import User


def acting_role(user: User | None, application: Application) -> Actor:
    """The hats a person wears on this application; None is the system. At most one query, for the firm's accounts.

    An officer stands in for a firm that has no account of its own; once it has one, the firm acts itself.
    """
    if user is None:
        return SYSTEM
    scope = scope_of(user)
    hats: set[str] = {Acting.FIRM} if application.firm_id in scope.firm_ids else set()
    if scope.mandate_for(application.firm_id) is not None:
        hats.add(Acting.AGENT)
    roles = scope.roles_at(application.region_path)
    if roles & {Role.LEAD, Role.ADMIN}:
        hats |= {Acting.OFFICER, Acting.LEAD}
    elif Role.OFFICER in roles:
        hats.add(Acting.OFFICER)
    if Acting.OFFICER in hats and not firm_has_account(application):
        hats.add(Acting.PROXY)
    return Actor(frozenset(hats), at_city=_at_city(scope, application.region_path))


def _at_city(scope: Scope, path: str) -> bool:
    writing = {Role.OFFICER, Role.LEAD, Role.ADMIN}
    own = [post for post, role in scope.posts if role in writing and path.startswith(post)]
    return scope.everything or any(sits_at_city(post) for post in own)


def firm_has_account(application: Application) -> bool:
    """True when somebody of the firm can log in; lists annotate the answer, single rows ask once."""
    known = getattr(application, "has_account", None)
    if known is None:
        known = application.firm.memberships.filter(ended_on=None, user__is_active=True).exists()
        application.has_account = known  # type: ignore[attr-defined]
    return known


def may_write_policies(user: User | AnonymousUser) -> bool:
    """True for those who keep the law as data: administrators at the city's desk or above it."""
    return scope_of(user).at_city({Role.ADMIN})
