"""Mails to firms leave in working hours, and not before the minute in which a slip can be taken back."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from notifications.models import Message
from notifications.outbox import deliver_messages
from notifications.quiet import next_morning
from pipeline.models.applications import UNDO
from pipeline.services.applications import move_application
from pipeline.services.undoing import undo_last
from pipeline.workdays import WorkCalendar
from tests.pipeline import world

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2026-11-25 08:00", "2026-11-25 08:00"),
        ("2026-11-25 19:59", "2026-11-25 19:59"),
        ("2026-11-25 20:00", "2026-11-26 08:00"),
        ("2026-11-25 07:59", "2026-11-25 08:00"),
        ("2026-11-27 23:59", "2026-11-30 08:00"),  # a Friday night
        ("2026-11-28 12:00", "2026-11-30 08:00"),  # a Saturday
        ("2026-09-30 21:00", "2026-10-08 08:00"),  # before the National Day
        ("2026-10-10 12:00", "2026-10-10 12:00"),  # a Saturday that is worked
    ],
)
def test_a_mail_leaves_in_the_hours_of_a_working_day(now, leaves):
    assert next_morning(local(now), WorkCalendar()) == local(leaves)


@pytest.fixture
def filed(firm, firm_user):
    return world.at(firm, "filed", when=local("2026-11-20 10:00"))


def moved(application, officer, at):
    with time_machine.travel(local(at), tick=False):
        move_application(application, "certify", actor=officer)


def waiting():
    return Message.objects.get(event__transition="certify", to_firm=True)


def test_a_result_waits_for_the_minute_of_the_undo(filed, city_officer):
    moved(filed, city_officer, "2026-11-25 10:00:00")

    assert waiting().send_after == local("2026-11-25 10:01:00")


def test_a_result_of_the_night_stands_in_the_site_at_once_and_leaves_in_the_morning(filed, city_officer, firm_user):
    moved(filed, city_officer, "2026-11-25 21:00")

    message = waiting()
    assert (message.state, message.send_after) == ("queued", local("2026-11-26 08:00"))
    assert message in Message.objects.told(firm_user)


def test_what_the_law_asks_for_waits_for_no_morning(firm, firm_user, city_officer):
    application = world.at(firm, "formal", when=local("2026-11-20 10:00"))
    with time_machine.travel(local("2026-11-28 23:00"), tick=False):
        move_application(application, "return_for_correction", actor=city_officer, note="缺件")

    message = Message.objects.get(event__transition="return_for_correction")
    assert (message.statutory, message.send_after) == (True, local("2026-11-28 23:01"))


def test_what_the_system_moves_waits_for_nobody(firm, firm_user):
    with time_machine.travel(local("2026-11-25 10:00"), tick=False):
        world.at(firm, "filed")

    assert Message.objects.get(to_firm=True).send_after == local("2026-11-25 10:00")


def test_an_undone_result_never_leaves(filed, city_officer, settings):
    settings.EMAIL_BACKEND = "notifications.backends.MailboxBackend"
    with time_machine.travel(local("2026-11-25 10:00:00"), tick=False) as clock:
        move_application(filed, "certify", actor=city_officer)
        deliver_messages()
        assert waiting().state == "queued"
        clock.shift(30)
        undo_last(filed, actor=city_officer)
        clock.shift(60)
        deliver_messages()

    assert (waiting().state, waiting().reason) == ("superseded", "办理已撤销")
    assert not Message.objects.filter(event__transition=UNDO).exists()


def test_officers_hear_of_a_firms_move_only_once_it_can_no_longer_undo_it(firm, firm_user, officer, settings):
    settings.EMAIL_BACKEND = "notifications.backends.MailboxBackend"
    application = world.at(world.with_basics(firm, year=2025), "prep", officer=officer)
    with time_machine.travel(local("2026-11-25 10:00:00"), tick=False) as clock:
        move_application(application, "submit", actor=firm_user)
        told = Message.objects.get(event__transition="submit", to_firm=False)
        assert told.send_after == local("2026-11-25 10:01:00")
        undo_last(application, actor=firm_user)
        clock.shift(120)
        deliver_messages()

    told.refresh_from_db()
    assert told.state == "superseded"
    assert not Message.objects.filter(event__transition=UNDO).exists()


def test_officers_who_have_heard_hear_of_the_correction(firm, firm_user, officer):
    application = world.at(world.with_basics(firm, year=2025), "prep", officer=officer)
    with time_machine.travel(local("2026-11-25 10:00:00"), tick=False):
        move_application(application, "submit", actor=firm_user)
        Message.objects.filter(to_firm=False).update(state="sent")
        undo_last(application, actor=firm_user)

    told = Message.objects.get(event__transition=UNDO)
    assert (told.to, told.to_firm) == ("officer@example.cn", False)
