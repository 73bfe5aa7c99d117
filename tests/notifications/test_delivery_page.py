"""The delivery page: what moves, what does not, and the letters that a person settles."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.errors import InvalidInput, NotAllowed
from crm.models import Heartbeat
from notifications import bounces
from notifications.dead_letters import dead_letters, give_up, send_again
from notifications.delivery_report import way_lines
from notifications.models import Channel, Delivery, Incident, Message, QuietAddress
from notifications.outbox import deliver_messages, enqueue
from notifications.vital_signs import vital_signs
from pipeline.models import Deadline
from pipeline.services.applications import move_application
from pipeline.services.undoing import undo_last


def dead(key, region, error="550 no such user", **fields):
    enqueue(
        key=key, kind="stage", to=f"{key}@example.cn", subject=f"题{key}", body="文", region_path=region.path, **fields
    )
    Message.objects.filter(key=key).update(state="failed", error=error, attempts=8, swept=3, resent=True)
    message = Message.objects.get(key=key)
    Delivery.objects.create(message=message, at=timezone.now(), outcome="failed", detail=error)
    return message


def rows():
    return dict(Message.objects.values_list("key", "state"))


def test_a_dead_letter_is_sent_again_under_its_message_id_with_its_history(admin, county):
    message = dead("a", county, expires_at=timezone.now() - timedelta(days=1))

    assert send_again(dead_letters(admin), actor=admin) == 1
    assert send_again(dead_letters(admin), actor=admin) == 0
    deliver_messages()

    sent = Message.objects.get()
    assert (sent.state, sent.attempts, sent.message_id) == ("sent", 1, message.message_id)
    assert [line.outcome for line in sent.deliveries.all()] == ["failed", "queued", "sent"]


def test_a_dead_letter_is_given_up_with_a_reason(admin, county):
    dead("a", county)

    with pytest.raises(InvalidInput):
        give_up(dead_letters(admin), actor=admin, reason=" ")
    assert rows() == {"a": "failed"}

    assert give_up(dead_letters(admin), actor=admin, reason="企业已注销") == 1
    assert (rows(), Message.objects.get().error) == ({"a": "given_up"}, "姓名admin 放弃：企业已注销")


def test_only_an_administrator_acts_and_only_on_the_own_region(officer, admin, county, other_county, city):
    from crm.choices import Role
    from tests import make

    dead("a", county)
    county_admin = make.person("county_admin", other_county, Role.ADMIN)

    with pytest.raises(NotAllowed):
        send_again(dead_letters(officer), actor=officer)
    assert send_again(Message.objects.all(), actor=county_admin) == 0
    assert rows() == {"a": "failed"}


def test_the_page_acts_on_one_row_or_on_what_the_filter_finds(client, admin, county):
    one = dead("a", county)
    dead("b", county, error="451 busy")
    dead("c", county, error="451 busy")
    client.force_login(admin)

    client.post("/outbox/delivery/resend/", {"row": one.pk})
    assert rows() == {"a": "queued", "b": "failed", "c": "failed"}

    client.post("/outbox/delivery/give-up/", {"error": "451", "reason": "不再需要", "query": "error=451"})
    assert rows() == {"a": "queued", "b": "given_up", "c": "given_up"}


def test_a_wrong_row_changes_nothing(client, admin, county):
    dead("a", county)
    client.force_login(admin)

    for data in ({"row": "x"}, {"row": "9" * 30}, {"kind": "nonsense"}):
        assert client.post("/outbox/delivery/resend/", data).status_code == 302

    assert rows() == {"a": "failed"}


def test_each_way_says_what_left_and_what_failed(admin, city, county):
    channel = Channel.objects.create(
        name="科技群",
        kind="robot",
        region=city,
        region_path=city.path,
        failures=2,
        error="93000",
        changed_at=timezone.now(),
    )
    now = timezone.now()
    dead("a", county)
    robot = dead("b", county, channel=channel)
    Delivery.objects.create(message=robot, at=now, outcome="sent")
    Delivery.objects.create(message=robot, at=now - timedelta(days=2), outcome="sent")

    lines = [(line.name, line.sent, line.failed, line.error, line.is_well) for line in way_lines(admin, now=now)]

    assert lines == [("邮件", 0, 1, "550 no such user", False), ("科技群", 1, 1, "93000", False)]


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_costs_the_same_for_one_and_three(number, client, admin, county, django_assert_num_queries):
    for index in range(number):
        dead(str(index), county)
        Incident.objects.create(
            kind="queue", about=str(index), detail="6", opened_at=timezone.now(), seen_at=timezone.now()
        )
    Heartbeat.objects.create(name="queue", at=timezone.now())
    client.force_login(admin)
    client.get("/outbox/delivery/")

    with django_assert_num_queries(16):
        page = client.get("/outbox/delivery/").content.decode()

    assert f"有 {number} 条消息没有送达" in page
    assert "后台队列已 6 分钟没有动静" in page


def test_health_says_what_the_page_says_and_names_nobody(client, admin, county):
    dead("a", county)
    Heartbeat.objects.create(name="queue", at=timezone.now() - timedelta(minutes=7))
    Heartbeat.objects.create(name="plan_reminders", at=timezone.now(), result="2026-11-25: 3 new")

    answer = client.get("/api/v1/health/")
    said = answer.json()

    assert (said["queue_moves"], said["dead_letters"], said["unconfirmed"]) == (False, 1, 0)
    assert 420 <= said["queue_age_seconds"] < 425
    assert said["failures_24h"] == {"mail": 1}
    assert (said["last_plan"] is None, said["last_digest"], said["late_jobs"]) == (False, None, [])
    assert "example.cn" not in answer.content.decode()


def test_a_dead_letter_is_not_mailed_to_who_stopped_its_kind(admin, county):
    dead("a", county)
    dead("b", county, statutory=True)
    for name in "ab":
        QuietAddress.objects.create(address=f"{name}@example.cn", kind="stage", at=timezone.now())

    send_again(dead_letters(admin), actor=admin)

    assert rows() == {"a": "in_app", "b": "queued"}


def test_a_dead_letter_about_what_was_taken_back_or_done_is_not_sent_again(admin, city_officer, formal, firm_user):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
    undone = Message.objects.get(to_firm=True)
    deadline = Deadline.objects.get(closed_at=None, kind="correction_due")
    undo_last(formal, actor=city_officer)
    reminder = dead("r", formal.firm.region, deadline=deadline)
    Message.objects.filter(pk=reminder.pk).update(kind="reminder")
    Message.objects.filter(pk__in=[undone.pk, reminder.pk]).update(state="failed")
    deadline.refresh_from_db()
    assert deadline.closed_at

    assert send_again(Message.objects.filter(pk__in=[undone.pk, reminder.pk]), actor=admin) == 0
    assert bounces.resend([undone, reminder], to="", actor=city_officer) == 0


def test_a_channel_out_of_use_holds_up_nothing(admin, city):
    channel = Channel.objects.create(
        name="群", kind="robot", region=city, region_path=city.path, address="json://127.0.0.1:9/x", active=False,
        changed_at=timezone.now(),
    )  # fmt: skip
    dead("a", city)
    Message.objects.update(channel=channel, to="")
    assert send_again(dead_letters(admin), actor=admin) == 0

    Message.objects.update(state="unconfirmed", resent=False)

    assert vital_signs(now=timezone.now() + timedelta(hours=1)).oldest_age == timedelta()
