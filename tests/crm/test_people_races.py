"""Two people at the same instant: a link opens once, a firm keeps its last account, a request is decided once."""

import pytest

from crm.errors import NotAllowed
from crm.models import Invitation, Membership, RegistrationRequest, User
from crm.services.invitations import InvitationOver, accept_as, invite
from crm.services.members import end_membership
from crm.services.registrations import RequestDecided, approve_request, ask_for_account
from tests import make
from tests.races import at_once

pytestmark = pytest.mark.usefixtures("committed_db")
ASKED = {"firm_name": "平南智造科技有限公司", "name": "周文澜", "phone": "1", "email": "zhou@example.cn"}


def test_a_link_accepted_twice_at_once_is_accepted_once(firm, officer):
    holder = make.person("holder")
    invitation = invite(firm, email=holder.email, name="x", actor=officer)

    def accept():
        mine, user = Invitation.objects.get(pk=invitation.pk), User.objects.get(pk=holder.pk)
        return lambda: accept_as(mine, user)

    results = at_once(*(accept() for _ in range(4)))

    assert sorted(str(type(result).__name__) for result in results) == ["InvitationOver"] * 3 + ["NoneType"]
    assert firm.memberships.count() == 1
    assert InvitationOver.code == "invitation_over"


def test_an_address_invited_twice_at_once_has_one_invitation(firm, officer):
    def again():
        actor = User.objects.get(pk=officer.pk)
        return lambda: invite(firm, email="new@example.cn", name="x", actor=actor)

    results = at_once(*(again() for _ in range(4)))

    assert {result.pk for result in results} == {Invitation.objects.get().pk}


def test_two_people_who_end_each_other_at_once_leave_one(firm):
    people = [make.firm_person(name, firm) for name in ("one", "two")]

    def end(whose, actor):
        mine = Membership.objects.select_related("firm", "user").get(user=whose)
        by = User.objects.get(pk=actor.pk)
        return lambda: end_membership(mine, actor=by)

    results = at_once(end(people[0], people[1]), end(people[1], people[0]))

    assert sorted(type(result).__name__ for result in results) == ["NoneType", "NotAllowed"]
    assert firm.memberships.filter(ended_on=None).count() == 1
    assert NotAllowed.code == "not_allowed"


def test_a_request_decided_twice_at_once_is_decided_once(firm, officer):
    ask_for_account(code=firm.credit_code, **ASKED)

    def approve():
        mine = RegistrationRequest.objects.select_related("firm").get()
        actor = User.objects.get(pk=officer.pk)
        return lambda: approve_request(mine, actor=actor)

    results = at_once(*(approve() for _ in range(4)))

    assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["RequestDecided"] * 3
    assert Invitation.objects.count() == 1
    assert RequestDecided.code == "request_decided"
