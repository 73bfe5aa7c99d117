"""Who can act for a firm, who was invited, and who is told what the firm should know."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import Contact, Firm, Invitation, Mandate, Membership, User


@dataclass(frozen=True)
class Access:
    """Everybody with access to one firm, and everybody on the way to it."""

    members: list[Membership]
    invitations: list[Invitation]
    mandates: list[Mandate]
    told: list[str]


def access_to(firm: Firm) -> Access:
    """For the page on which a firm's access is managed. Four queries, a fifth where nobody has an account."""
    mandates = firm.mandates.select_related("granted_by")
    return Access(
        members=list(firm.memberships.filter(ended_on=None).select_related("user").order_by("started_on", "pk")),
        invitations=list(Invitation.objects.open().filter(firm=firm).select_related("mandate")),
        mandates=list(mandates[:50]),
        told=told_names(firm),
    )


def told_accounts(firm: Firm) -> list[User]:
    """The active accounts of the firm's own people and of agents in force; `is_member` tells them apart. One query."""
    own = Membership.objects.filter(firm=firm, ended_on=None, user=OuterRef("pk"))
    lent = Mandate.objects.in_force(timezone.localdate()).filter(firm=firm, agent=OuterRef("pk"))
    users = User.objects.filter(is_active=True).annotate(is_member=Exists(own))
    return list(users.filter(Q(is_member=True) | Exists(lent)).order_by("pk"))


def told_contacts(firm: Firm) -> list[Contact]:
    """The contact persons with an address: told where the firm has no account of its own. One query."""
    return list(Contact.objects.filter(firm=firm).exclude(email="").order_by("pk"))


def told_names(firm: Firm) -> list[str]:
    """周文澜（zhou@…）: everybody who gets the mails of this firm, with the address they go to."""
    accounts = told_accounts(firm)
    people = [(user.name, user.email) for user in accounts]
    if not any(user.is_member for user in accounts):  # type: ignore[attr-defined]
        people += [(contact.name, contact.email) for contact in told_contacts(firm)]
    return [_("{name}（{email}）").format(name=name, email=email) if email else name for name, email in people]
