"""Mails about accounts: an invitation with its link, a request for an account, its refusal; and `tell` for the like."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.utils import timezone

from crm.models import Invitation, RegistrationRequest
from crm.services.invitations import account_of
from crm.signals import invited, registration_asked, registration_refused
from notifications import mails
from notifications.models import MessageKind
from notifications.outbox import enqueue
from notifications.people import Person, officers_at


@receiver(invited, dispatch_uid="mail_invitation")
def mail_invitation(sender: type, invitation: Invitation, token: str, **kwargs: Any) -> None:
    """The link, to the invited address alone: the row names no firm, region or person and no link of its own.

    Whoever says that an address is theirs has not shown it: only the mail that arrives there opens the invitation.
    """
    account = account_of(invitation)
    link = f"/invitation/{token}/"
    _write(
        "invitation",
        key=f"invitation:{invitation.pk}:{invitation.invited_at:%Y%m%d%H%M%S%f}",
        to=invitation.email,
        to_name=invitation.name,
        language=account.language if account else settings.LANGUAGE_CODE,
        context={"invitation": invitation, "link": link, "account": account},
        expires_at=invitation.expires_at,
    )


@receiver(registration_asked, dispatch_uid="tell_of_request")
def tell_of_request(sender: type, request: RegistrationRequest, **kwargs: Any) -> None:
    """The officers nearest to the firm; of a firm that nobody knows, the city's desk."""
    path = request.firm.region_path if request.firm else request.region_path
    for person in officers_at(path, timezone.localdate()):
        tell(
            "registration_asked",
            person,
            key=f"registration:{request.pk}:{person.key}",
            context={"request": request},
            link="/settings/registrations/",
            firm=request.firm,
            region_path=path,
        )


@receiver(registration_refused, dispatch_uid="mail_refusal")
def mail_refusal(sender: type, request: RegistrationRequest, **kwargs: Any) -> None:
    _write(
        "registration_refused",
        key=f"registration:{request.pk}:refused",
        to=request.email,
        to_name=request.name,
        language=settings.LANGUAGE_CODE,
        context={"request": request, "link": "/register/"},
        region_path=request.firm.region_path if request.firm else request.region_path,
    )


def tell(name: str, person: Person, *, key: str, context: dict[str, Any], link: str, **fields: Any) -> None:
    """To somebody with an account; who is away finds it in the site."""
    _write(
        name,
        key=key,
        language=person.language,
        context={"person": person, "link": link, **context},
        recipient_id=person.user_id,
        to="" if person.away else person.email,
        to_name=person.name,
        stands_for=person.for_name,
        link=link,
        **fields,
    )


def _write(name: str, *, key: str, language: str, context: dict[str, Any], **fields: Any) -> None:
    rendered = mails.render(name, context, language=language)
    enqueue(
        key=key,
        kind=MessageKind.ACCOUNT,
        language=language,
        subject=rendered.subject,
        body=rendered.text,
        html=rendered.html,
        **fields,
    )
