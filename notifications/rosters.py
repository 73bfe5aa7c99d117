"""Whom to tell of many deadlines at once: the people of the firms of a batch, read set-wise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from crm.models import Contact, Mandate, Membership, User
from notifications.people import Person, Staff, of_user, unique
from pipeline.choices import Told
from pipeline.models import Deadline

People = dict[int, list[Person]]


@dataclass(frozen=True)
class Roster:
    """The people of some firms, by firm, and the staff of the authority. Contacts are told where no account is."""

    staff: Staff
    own: People = field(default_factory=dict)
    agents: People = field(default_factory=dict)

    def told_by(self, roles: Collection[str], deadline: Deadline) -> list[Person]:
        """The people whom these roles mean for a deadline; each once. The firm's side only of what it may know of."""
        officer = deadline.application.officer if deadline.application else deadline.firm.officer
        firm = deadline.firm_id if deadline.for_firm else None
        return self.told(roles, firm=firm, officer=officer, path=deadline.region_path)

    def told(self, roles: Collection[str], *, firm: int | None, officer: User | None, path: str) -> list[Person]:
        """The people whom these roles mean for a firm, or for a region where there is none; each once."""
        people: list[Person] = []
        if firm is not None and Told.FIRM in roles:
            people += self.own.get(firm, [])
        if firm is not None and Told.AGENT in roles:
            people += self.agents.get(firm, [])
        people.sort(key=lambda person: (person.user_id is None, person.user_id or 0))
        return unique([*people, *self.staff.present(unique(self._staff_by(roles, officer, path)), path)])

    def _staff_by(self, roles: Collection[str], officer: User | None, path: str) -> list[Person]:
        people: list[Person] = []
        if Told.OFFICER in roles:
            people += self.staff.in_charge(officer, path)
        if Told.CITY in roles:
            people += self.staff.of_city(path)
        for role in (Told.LEAD, Told.LEADER):
            if role in roles:
                people += self.staff.nearest(path, (role.value,))
        return people

    def person(self, user: User, deadline: Deadline) -> Person | None:
        """The account as a person to tell of this deadline; None for somebody who may not know of it any more."""
        firm_side = [*self.own.get(deadline.firm_id, []), *self.agents.get(deadline.firm_id, [])]
        if deadline.for_firm and any(person.user_id == user.pk for person in firm_side):
            return of_user(user, is_firm=True)
        return of_user(user) if user.is_active and self.staff.covers(user, deadline.region_path) else None

    def stand_ins(self, person: Person, deadline: Deadline) -> list[Person]:
        """The person, and their deputy where they are away."""
        return [person] if person.is_firm else self.staff.present([person], deadline.region_path)


def roster_of(deadlines: Iterable[Deadline], staff: Staff, today: date) -> Roster:
    """The people of the firms of these deadlines. Three queries, whatever the number."""
    return roster_of_firms({deadline.firm_id for deadline in deadlines if deadline.for_firm}, staff, today)


def roster_of_firms(firms: set[int], staff: Staff, today: date) -> Roster:
    """The people of these firms. Three queries, none where there is no firm."""
    if not firms:
        return Roster(staff)
    own: People = defaultdict(list)
    agents: People = defaultdict(list)
    members = Membership.objects.filter(firm__in=firms, ended_on=None, user__is_active=True).select_related("user")
    for member in members.order_by("user"):
        own[member.firm_id].append(of_user(member.user, is_firm=True))
    lent = Mandate.objects.in_force(today).filter(firm__in=firms, agent__is_active=True).select_related("agent")
    for mandate in lent.order_by("agent"):
        assert mandate.agent is not None
        agents[mandate.firm_id].append(of_user(mandate.agent, is_firm=True))
    alone = firms - own.keys()
    for contact in Contact.objects.filter(firm__in=alone).exclude(email="").order_by("pk"):
        own[contact.firm_id].append(Person(f"c{contact.pk}", contact.name, contact.email, is_firm=True))
    return Roster(staff, dict(own), dict(agents))
