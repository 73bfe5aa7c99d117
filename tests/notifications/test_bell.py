"""The fragment that every open page asks for."""

import pytest

from crm.models import Membership
from notifications.models import Message
from notifications.outbox import enqueue
from tests import make


def tell(person, number=1, **given):
    enqueue(
        key=f"k{number}:u{person.pk}",
        subject=f"消息{number}",
        body="文",
        kind="reminder",
        recipient_id=person.pk,
        **given,
    )


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_two_statements_beside_the_session(officer, count, django_assert_num_queries):
    client = make.logged_in(officer)
    for number in range(count):
        tell(officer, number)

    with django_assert_num_queries(2 + 2):
        page = client.get("/messages/bell/")

    assert f'data-unread="{count}"' in page.content.decode()


def test_it_is_304_until_something_changes(officer):
    client = make.logged_in(officer)
    tell(officer)
    tag = client.get("/messages/bell/")["ETag"]

    again = client.get("/messages/bell/", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    client.post(f"/messages/{Message.objects.get().pk}/read/")

    assert client.get("/messages/bell/", headers={"If-None-Match": tag}).status_code == 200


def test_it_shows_the_last_eight(officer):
    client = make.logged_in(officer)
    for number in range(10):
        tell(officer, number)

    page = client.get("/messages/bell/").content.decode()

    assert page.count("<li") == 8
    assert ("消息9" in page, "消息1<" in page) == (True, False)


def test_what_was_told_for_a_firm_goes_with_the_membership(firm, firm_user):
    tell(firm_user, firm=firm, to_firm=True)
    client = make.logged_in(firm_user)
    assert "消息1" in client.get("/messages/bell/").content.decode()

    Membership.objects.update(ended_on="2026-01-01")

    assert "消息1" not in client.get("/messages/bell/").content.decode()


def test_nobody_reads_for_another(officer, other_officer):
    tell(officer)

    assert make.logged_in(other_officer).post(f"/messages/{Message.objects.get().pk}/read/").status_code == 404
    assert Message.objects.get().read_at is None


def test_reading_all_leaves_a_draft_unread_for_the_day_it_is_sent(officer, firm, firm_user):
    tell(firm_user, 1, to_firm=True, firm=firm)
    tell(firm_user, 2, to_firm=True, firm=firm, state="draft")

    make.logged_in(firm_user).post("/messages/read/")

    assert [message.read_at is None for message in Message.objects.order_by("pk")] == [False, True]
