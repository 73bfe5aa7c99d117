"""The palette, the short card and the list of keys: what they show, to whom, and what it costs."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.models import User
from crm.services.firms import add_touch, save_contact
from crm.services.tasks import plan_task
from pipeline.models import Application
from tests import make
from tests.pipeline import world

FRAGMENT = {"hx-request": "true"}
LIST = {"hx-request": "true", "hx-target": "palette-found"}


def found(client, q, **headers):
    return client.get(reverse("palette"), {"q": q}, headers=headers or LIST).content.decode()


def test_a_firm_is_found_by_name_or_code_and_an_application_by_its_number(firm, officer):
    application = world.opened(firm, officer)
    client = make.logged_in(officer)
    record = reverse("firm", args=[firm.credit_code])

    assert record in found(client, "平南智造")
    assert record in found(client, firm.credit_code[:8].lower())
    assert reverse("application", args=[application.pk]) in found(client, application.reference[:6].lower())
    assert record not in found(client, "平")  # one character alone fits half the library


def test_what_is_not_ones_own_is_not_found(firm, officer, other_officer):
    application = world.opened(firm, officer)
    client = make.logged_in(other_officer)

    assert reverse("firm", args=[firm.credit_code]) not in found(client, "平南智造")
    assert reverse("application", args=[application.pk]) not in found(client, application.reference)
    assert "也可能不在您的管辖范围内" in found(client, "平南智造")


def test_pages_are_found_by_their_names(officer):
    client = make.logged_in(officer)

    assert reverse("duplicates") in found(client, "重复") and reverse("targets") in found(client, "目标")
    assert reverse("duplicates") not in found(client, "目标")


def test_the_box_the_list_and_the_page_are_one_address(officer):
    client = make.logged_in(officer)

    page = client.get(reverse("palette")).content.decode()
    box = client.get(reverse("palette"), headers=FRAGMENT).content.decode()
    rows = found(client, "")

    assert [("<html" in text, "data-palette" in text) for text in (page, box, rows)] == [
        (True, True),
        (False, True),
        (False, False),
    ]


@pytest.mark.parametrize("number", [1, 3])
def test_the_palette_costs_the_same_whatever_it_finds(county, officer, django_assert_num_queries, number):
    for nth in range(number):
        world.opened(make.firm(f"同名{nth}号企业", county), officer)
    client = make.logged_in(officer)
    found(client, "同名")

    with django_assert_num_queries(7):
        found(client, "同名")


@pytest.mark.parametrize("number", [1, 3])
def test_the_short_card_costs_the_same_whatever_it_holds(firm, officer, django_assert_num_queries, number):
    for nth, programme in zip(range(number), ("tech_sme", "high_tech", "gazelle"), strict=False):
        world.opened(firm, officer, programme)
        save_contact(firm, name=f"联系人{nth}", actor=None)
        add_touch(firm, kind="call", text=f"第{nth}次通话", actor=officer)
        plan_task(firm, title=f"催办{nth}", due_on=timezone.localdate(), actor=officer)
    planned = {"next_action": "约谈", "next_action_on": timezone.localdate()}
    Application.objects.update(**planned)
    client = make.logged_in(officer)
    address = reverse("firm_peek", args=[firm.credit_code])
    client.get(address, headers=FRAGMENT)

    with django_assert_num_queries(10):
        card = client.get(address, headers=FRAGMENT).content.decode()
    assert all(word in card for word in ("平南智造", "联系人0", "第0次通话", "催办0"))


def test_single_keys_are_switched_off_for_oneself_alone(officer, other_officer):
    client = make.logged_in(officer)

    client.post(reverse("keys"), {"off": ""})

    assert 'data-single-keys="off"' in client.get(reverse("keys")).content.decode()
    assert list(User.objects.filter(single_keys=False)) == [officer]
    client.post(reverse("keys"), {"on": ""})
    assert not User.objects.filter(single_keys=False).exists()
