"""What people said they want, what follows from their role, and what is sent whatever they said."""

import pytest
from django.utils import timezone

from crm.models import Firm, User
from notifications.copies import repeat_by_channels
from notifications.models import Channel, Message, Preference, QuietAddress
from notifications.outbox import enqueue
from notifications.preferences import choices_of, save_choices, wanting, wants
from tests import make
from tests.pipeline import world


def tell(person, key="k", **given):
    fields = {"subject": "题", "body": "文", "kind": "reminder", "to": person.email, "recipient_id": person.pk}
    enqueue(**({"key": f"{key}:u{person.pk}"} | fields | given))
    return Message.objects.get(key=f"{key}:u{person.pk}").state


def said(person, kind, *, way="mail", wanted=False):
    Preference.objects.create(user=person, kind=kind, way=way, wanted=wanted, changed_at=timezone.now())


def test_mails_are_wanted_until_somebody_says_no(officer):
    assert tell(officer) == "queued"
    said(officer, "reminder")

    assert tell(officer, "k2") == "in_app"
    assert tell(officer, "k3", kind="gap_digest") == "queued"
    assert tell(officer, "k4", statutory=True) == "queued"
    assert tell(officer, "k5", kind="account") == "queued"


def test_the_default_follows_the_role(officer, leader, viewer, firm_user):
    people = [person.pk for person in (officer, leader, viewer, firm_user)]

    assert wanting(people, "stage", "mail") == {officer.pk, firm_user.pk}
    assert wanting(people, "reminder", "mail") == {officer.pk, leader.pk, firm_user.pk}
    assert wanting(people, "gap_digest", "mail") == set(people)
    assert wanting(people, "reminder", "sms") == set()


@pytest.mark.parametrize("count", [1, 3])
def test_many_people_cost_as_much_as_one(county, count, django_assert_num_queries):
    people = [make.person(f"p{number}", county, "officer").pk for number in range(count)]

    with django_assert_num_queries(2):
        assert wanting(people, "stage", "mail") == set(people)
    with django_assert_num_queries(0):
        assert wanting(people, "stage", "mail", statutory=True) == set(people)


def test_only_what_differs_is_kept(officer):
    chosen = {(choice.kind, way): choice.kind != "reminder" for choice in choices_of(officer) for way in ("mail",)}

    assert (save_choices(officer, chosen), save_choices(officer, chosen)) == (1, 0)
    assert list(Preference.objects.values_list("kind", "way", "wanted")) == [("reminder", "mail", False)]
    assert save_choices(officer, chosen | {("reminder", "mail"): True}) == 1
    assert wants(officer, "reminder", "mail")


def test_an_address_without_an_account_can_be_quiet(db):
    QuietAddress.objects.create(address="zhou@example.cn", kind="reminder", at=timezone.now())
    fields = {"subject": "题", "body": "文", "to": "Zhou@example.cn"}

    enqueue(key="a", kind="reminder", **fields)
    enqueue(key="b", kind="stage", statutory=True, **fields)

    assert list(Message.objects.order_by("key").values_list("state", flat=True)) == ["in_app", "queued"]


def robot(region, kinds, name="群"):
    return Channel.objects.create(
        name=name, kind="robot", region=region, region_path=region.path, address="json://127.0.0.1:9/x",
        kinds=kinds, changed_at=timezone.now(),
    )  # fmt: skip


def test_a_robot_hears_of_a_thing_once(officer, lead, city, other_county):
    ours = robot(city, ["reminder"])
    robot(other_county, ["reminder"])
    robot(city, ["gap_digest"], "另一群")
    for person in (officer, lead):
        tell(person, "deadline:5:2026-11-25:0d", urgent=True, region_path="450000/450800/450821/", link="/deadlines/")
        tell(person, "deadline:6:2026-12-25:30d", region_path="450000/450800/450821/")

    repeated = Message.objects.exclude(channel=None)
    assert list(repeated.values_list("key", "channel", "recipient", "state", "link")) == [
        (f"deadline:5:2026-11-25:0d:r{ours.pk}", ours.pk, None, "queued", "/deadlines/")
    ]


def test_a_group_is_not_flooded(officer, lead, city):
    ours = robot(city, ["reminder"])
    for number in range(13):
        for person in (officer, lead):
            tell(person, f"deadline:{number}:2026-11-25:0d", urgent=True, region_path=city.path)

    told = Message.objects.filter(channel=ours).order_by("pk")
    assert told.count() == 11
    assert (told.last().subject, told.last().link) == (
        "今天还有更多到期和逾期的期限，请在“期限”中查看",
        "/deadlines/",
    )


@pytest.mark.parametrize("count", [1, 3])
def test_copies_cost_the_same_for_any_number(officer, city, count, django_assert_num_queries):
    robot(city, ["reminder"])
    tell(officer, "first", urgent=True, region_path=city.path)
    told = [
        Message(
            key=f"n{number}:u{officer.pk}",
            kind="reminder",
            urgent=True,
            recipient=officer,
            region_path=city.path,
            state="queued",
            send_after=timezone.now(),
        )
        for number in range(count)
    ]

    with django_assert_num_queries(4):
        assert repeat_by_channels(told) == count


def test_a_robot_repeats_the_gap_mail_of_its_own_region_and_nothing_for_firms(officer, city, county):
    ours = robot(city, ["gap_digest", "stage"])
    tell(officer, "gap:2026-W47", kind="gap_digest", region_path=county.path)
    assert not Message.objects.filter(channel=ours).exists()

    tell(officer, "gap:2026-W48", kind="gap_digest", region_path=city.path)
    tell(officer, "stage:1", kind="stage", region_path=county.path, to_firm=True)

    assert list(Message.objects.filter(channel=ours).values_list("key", flat=True)) == [f"gap:2026-W48:r{ours.pk}"]


def test_a_text_message_goes_to_who_asked_and_has_a_number_by_the_nearest_gateway(officer, lead, city, county):
    made = {}
    for region in (city, county):
        made[region.code] = Channel.objects.create(
            name="短信", kind="sms", region=region, region_path=region.path, address="json://127.0.0.1:9/{phone}",
            changed_at=timezone.now(),
        )  # fmt: skip
    said(officer, "reminder", way="sms", wanted=True)
    said(lead, "reminder", way="sms", wanted=True)
    User.objects.filter(pk=officer.pk).update(phone="13800001111")

    for person in (officer, lead):
        tell(person, region_path=county.path)

    copy = Message.objects.get(channel__isnull=False)
    assert (copy.key, copy.channel, copy.recipient) == (f"k:u{officer.pk}:sms", made[county.code], officer)
    assert list(Message.objects.told(officer).values_list("key", flat=True)) == [f"k:u{officer.pk}"]


def test_results_reach_the_firm_whatever_it_prefers_and_the_start_of_a_notice_does_not(county, firm_user, officer):
    said(firm_user, "stage")
    firm = Firm.objects.get()

    world.at(firm, "certified", officer=officer)

    told = Message.objects.filter(recipient=firm_user).order_by("pk")
    assert list(told.values_list("statutory", "state")) == [(False, "in_app"), (True, "queued")]


def test_the_page_says_what_may_be_chosen_and_who_is_told(firm, firm_user, leader):
    client = make.logged_in(firm_user)

    page = client.get("/account/notifications/").content.decode()
    assert "谁收到本企业的消息" in page
    assert "firm_user@example.cn" in page
    said = {"stage-mail": "on", "letter-mail": "on", "morning-mail": "on", "reminder-sms": "on"}
    client.post("/account/notifications/", said)

    assert set(Preference.objects.values_list("kind", "way", "wanted")) == {
        ("reminder", "mail", False),
        ("reminder", "sms", True),
    }
    assert "每周缺口" in make.logged_in(leader).get("/account/notifications/").content.decode()


def test_what_waits_follows_what_was_said(officer, lead):
    assert [tell(officer, "queued"), tell(officer, "held", state="held"), tell(lead)] == ["queued", "held", "queued"]
    tell(officer, "law", statutory=True)
    tell(officer, "draft", state="draft")
    tell(officer, "other", kind="letter")

    save_choices(officer, {("reminder", "mail"): False})

    assert dict(Message.objects.values_list("key", "state")) == {
        f"queued:u{officer.pk}": "in_app",
        f"held:u{officer.pk}": "in_app",
        f"k:u{lead.pk}": "queued",
        f"law:u{officer.pk}": "queued",
        f"draft:u{officer.pk}": "draft",
        f"other:u{officer.pk}": "queued",
    }


def test_a_firm_reads_a_text_message_as_the_message_that_it_repeats(firm, firm_user, city):
    said(firm_user, "letter", way="sms", wanted=True)
    User.objects.filter(pk=firm_user.pk).update(phone="13800001111")
    Channel.objects.create(
        name="短信", kind="sms", region=city, region_path=city.path, address="json://127.0.0.1:9/{phone}",
        changed_at=timezone.now(),
    )  # fmt: skip
    tell(firm_user, kind="letter", to_firm=True, firm=firm, region_path=firm.region_path)
    assert Message.objects.count() == 2

    assert list(Message.objects.visible_to(firm_user).values_list("key", flat=True)) == [f"k:u{firm_user.pk}"]
    save_choices(firm_user, {("letter", "sms"): False})
    assert Message.objects.get(channel__isnull=False).state == "recalled"


def test_a_firm_does_not_read_why_the_office_gave_a_mail_up(firm, firm_user, officer):
    tell(firm_user, kind="letter", to_firm=True, firm=firm, region_path=firm.region_path)
    Message.objects.update(state="given_up", error="姓名admin 放弃：不必再催")

    errors = [
        [row["error"] for row in make.logged_in(person).get("/api/v1/messages/").json()["results"]]
        for person in (firm_user, officer)
    ]

    assert errors == [[""], ["姓名admin 放弃：不必再催"]]
