"""Whoever has left the firm by the time a mail leaves gets none."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Mandate, Membership, User
from notifications.leavers import withdraw_from_leavers
from notifications.models import Message
from notifications.outbox import enqueue
from tests import make


def queued(key, recipient, firm, **fields):
    enqueue(
        key=key, kind="stage", to=recipient.email, recipient_id=recipient.pk, to_firm=True, firm=firm,
        statutory=True, subject="题", body="文", **fields,
    )  # fmt: skip
    return Message.objects.get(key=key)


def mandated(firm, *, days):
    agent, today = make.person("agent"), timezone.localdate()
    Mandate.objects.create(
        firm=firm, agent=agent, name="代理", email=agent.email, starts_on=today - timedelta(days=30),
        ends_on=today + timedelta(days=days),
    )  # fmt: skip
    return agent


@pytest.mark.parametrize(("days", "state"), [(0, "queued"), (-1, "expired")])
def test_a_mandate_that_ended_meanwhile_ends_its_mails(firm, days, state):
    message = queued("k", mandated(firm, days=days), firm)

    assert withdraw_from_leavers() == (state == "expired")
    message.refresh_from_db()
    assert message.state == state


def test_who_left_or_lost_the_account_gets_nothing_and_who_stays_does(firm, firm_user, other_firm_user):
    left, gone, stays = (make.firm_person(name, firm) for name in ("left", "gone", "stays"))
    rows = {person.username: queued(person.username, person, firm) for person in (left, gone, stays)}
    Membership.objects.filter(user=left).update(ended_on=timezone.localdate())
    User.objects.filter(pk=gone.pk).update(is_active=False)

    withdraw_from_leavers()

    states = {name: Message.objects.get(pk=row.pk).state for name, row in rows.items()}
    assert states == {"left": "expired", "gone": "expired", "stays": "queued"}


def test_officers_contacts_and_what_is_not_due_are_left_alone(firm, officer):
    later = timezone.now() + timedelta(hours=1)
    enqueue(key="o", kind="stage", to=officer.email, recipient_id=officer.pk, firm=firm, subject="题", body="文")
    enqueue(key="c", kind="stage", to="c@example.cn", to_firm=True, firm=firm, statutory=True, subject="题", body="文")
    queued("l", mandated(firm, days=-1), firm, send_after=later)

    assert withdraw_from_leavers() == 0
