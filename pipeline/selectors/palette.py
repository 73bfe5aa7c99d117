"""What the palette finds: firms and applications that the reader may know of. Five statements at most."""

from __future__ import annotations

from dataclasses import dataclass

from crm.models import Firm, User
from pipeline.models import Application

MOST = 8
SHORTEST = 2  # characters: one alone fits half the library


@dataclass(frozen=True)
class Found:
    firms: tuple[Firm, ...] = ()
    applications: tuple[Application, ...] = ()


def found_by(text: str, *, user: User) -> Found:
    """The firms of a name or a code, and the applications of a number, the first few of each."""
    wanted = text.strip()
    if len(wanted) < SHORTEST:
        return Found()
    firms = Firm.objects.visible_to(user).named_like(wanted, among=user).select_related("region")
    applications = Application.objects.visible_to(user).filter(reference__startswith=wanted.upper())
    return Found(
        tuple(firms.order_by("-updated_at", "-pk")[:MOST]),
        tuple(applications.select_related("firm").order_by("reference")[:MOST]),
    )
