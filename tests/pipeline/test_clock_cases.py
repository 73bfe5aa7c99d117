"""The clock, case by case: working days over holidays, the Shanghai day at midnight, late notices, closing rounds."""

from datetime import date, datetime

import pytest
import time_machine
from django.utils import timezone

from notifications.models import Message
from notifications.reminders import plan_reminders
from pipeline.explaining import explain
from pipeline.models import Deadline
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.clocks import clocks
from pipeline.selectors.days import DueItem
from pipeline.services.applications import move_application, open_application
from pipeline.services.clocks import turn_the_day
from pipeline.services.rounds import save_round, set_workday
from pipeline.workdays import DAYS, WORKDAYS, Pause, WorkCalendar
from tests import make
from tests.pipeline import world

PLAIN = WorkCalendar()
CLOSE = date(2026, 9, 4)  # a Friday


@pytest.fixture(autouse=True)
def _server_on_utc(monkeypatch):
    """The machine's own clock is on UTC, as servers are."""
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def on(text):
    """An instant in Shanghai: `2026-09-04 23:59`."""
    return datetime.fromisoformat(f"{text}+08:00")


# Working days ------------------------------------------------------------------------------------------------------

CASES = [
    # what                                          from           length  ends
    ("国庆节：9月28日、10月11日调休上班（DOMAIN §7）", "2025-09-24", 10, "2025-10-14"),
    ("节前一天开始", "2025-09-30", 1, "2025-10-09"),
    ("在假期中开始", "2025-10-03", 1, "2025-10-09"),
    ("调休的周日是第 1 天", "2025-09-27", 1, "2025-09-28"),
    ("调休的周六是第 3 天", "2025-10-08", 3, "2025-10-11"),
    ("调休的周六之后", "2025-10-10", 2, "2025-10-13"),
    ("春节：2月14日、28日（周六）调休上班", "2026-02-12", 2, "2026-02-14"),
    ("跨春节九天", "2026-02-13", 2, "2026-02-24"),
    ("春节后的调休周六", "2026-02-24", 4, "2026-02-28"),
    ("跨春节的十个工作日", "2026-02-10", 10, "2026-03-02"),
    ("元旦：1月4日（周日）调休上班", "2025-12-31", 1, "2026-01-04"),
    ("清明节", "2026-04-03", 1, "2026-04-07"),
    ("劳动节：5月9日（周六）调休上班", "2026-04-30", 4, "2026-05-09"),
    ("国庆节 2026：9月20日、10月10日调休上班", "2026-09-18", 5, "2026-09-24"),
    ("普通一周", "2026-11-23", 5, "2026-11-30"),
    ("周五次日起算", "2026-11-20", 1, "2026-11-23"),
    ("周末开始", "2026-11-21", 1, "2026-11-23"),
    ("零天就是当天", "2026-11-21", 0, "2026-11-21"),
]


@pytest.mark.parametrize(("start", "length", "end"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_working_days(start, length, end):
    assert PLAIN.add(date.fromisoformat(start), length) == date.fromisoformat(end)
    assert PLAIN.end(date.fromisoformat(start), length) == date.fromisoformat(end)


PAUSES = [
    # what                                  unit       from          length  stopped, resumed                 ends
    ("不停", WORKDAYS, "2026-11-23", 10, [], "2026-12-07"),
    ("停一周", WORKDAYS, "2026-11-23", 10, [("2026-11-25", "2026-12-02")], "2026-12-14"),
    ("停两次", WORKDAYS, "2026-11-23", 10, [("2026-11-25", "2026-11-27"), ("2026-12-01", "2026-12-03")], "2026-12-11"),
    ("当天停当天恢复", WORKDAYS, "2026-11-23", 10, [("2026-11-25", "2026-11-25")], "2026-12-07"),
    ("最后一天停", WORKDAYS, "2026-11-23", 5, [("2026-11-30", "2026-12-04")], "2026-12-04"),
    ("已逾期后停", WORKDAYS, "2026-11-23", 5, [("2026-12-01", "2026-12-04")], "2026-11-30"),
    ("停过国庆节", WORKDAYS, "2026-09-21", 10, [("2026-09-23", "2026-10-12")], "2026-10-22"),
    ("自然日", DAYS, "2026-11-23", 10, [("2026-11-25", "2026-11-28")], "2026-12-06"),
]


@pytest.mark.parametrize(
    ("unit", "start", "length", "held", "end"), [case[1:] for case in PAUSES], ids=[case[0] for case in PAUSES]
)
def test_a_term_stands_still_while_the_firm_corrects(unit, start, length, held, end):
    pauses = [Pause(date.fromisoformat(first), date.fromisoformat(last)) for first, last in held]

    assert PLAIN.end(date.fromisoformat(start), length, unit, pauses) == date.fromisoformat(end)


EXPLAINED = [
    (
        {"starts_on": date(2025, 9, 24), "length": 10, "unit": WORKDAYS},
        date(2025, 10, 14),
        "自 9月24日 的次日起第 10 个工作日；跳过国庆节、中秋节 10月1日–8日；9月28日、10月11日（调休）上班，计入",
    ),
    (
        {"starts_on": date(2026, 9, 3), "length": 5, "unit": WORKDAYS, "latest_on": date(2026, 9, 5)},
        date(2026, 9, 5),
        "自 9月3日 的次日起第 5 个工作日；不晚于批次截止 9月5日",
    ),
    (
        {
            "starts_on": date(2026, 11, 23),
            "length": 10,
            "unit": WORKDAYS,
            "pauses": [Pause(date(2026, 11, 25), date(2026, 12, 2))],
        },
        date(2026, 12, 14),
        "自 11月23日 的次日起第 10 个工作日；暂停 5 个工作日（11月26日–12月2日）：等待企业补正",
    ),
    (
        {"starts_on": date(2026, 12, 28), "length": 5, "unit": WORKDAYS},
        date(2027, 1, 5),
        "自 12月28日 的次日起第 5 个工作日；跳过元旦 2027-01-01–2027-01-03；暂定：2027 年放假通知未发布",
    ),
    ({"starts_on": date(2026, 11, 23), "length": 30, "unit": DAYS}, date(2026, 12, 23), "自 11月23日 的次日起第 30 天"),
    (
        {"starts_on": date(2026, 11, 23), "length": 0, "unit": DAYS},
        date(2026, 12, 15),
        "须于当年 12月15日 前办结，日期由年度通知规定",
    ),
]


@pytest.mark.parametrize(("given", "due_on", "sentence"), EXPLAINED)
def test_every_date_explains_itself(given, due_on, sentence):
    assert explain("stage_term", due_on, PLAIN, **given) == sentence


def test_dates_of_the_law_name_their_article_and_a_round_its_notice():
    assert "国科火发〔2016〕32号 第十三条" in explain("annual_report", date(2026, 5, 31), PLAIN)
    assert "桂科发〔2026〕9号" in explain("round_close", CLOSE, PLAIN, notice="桂科发〔2026〕9号")


def test_a_holiday_of_the_bureaus_own_is_named():
    calendar = WorkCalendar(overrides={date(2026, 11, 26): False}, names={date(2026, 11, 26): "台风停工"})

    assert explain(
        "correction_due", date(2026, 12, 1), calendar, starts_on=date(2026, 11, 23), length=5, unit=WORKDAYS
    ) == ("自 11月23日 的次日起第 5 个工作日；跳过台风停工 11月26日")


# A late holiday notice -----------------------------------------------------------------------------------------------

NOTICES = [
    ("窗口内放假一天", [("2026-11-26", "holiday")], "2026-12-01", "2026-11-30"),
    ("窗口内周六上班", [("2026-11-28", "workday")], "2026-11-28", "2026-11-25"),
    ("放假与调休相抵", [("2026-11-26", "holiday"), ("2026-11-28", "workday")], "2026-11-30", "2026-11-27"),
    ("截止日放假", [("2026-11-30", "holiday")], "2026-12-01", "2026-12-01"),
    ("窗口外的日子", [("2026-12-25", "holiday")], "2026-11-30", "2026-11-27"),
]


@pytest.mark.parametrize(("days", "end", "told_on"), [case[1:] for case in NOTICES], ids=[case[0] for case in NOTICES])
def test_a_late_notice_moves_open_deadlines(days, end, told_on, formal, city_officer, lead, city):
    with time_machine.travel(on("2026-11-23 10:00"), tick=False):
        move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
        for day, kind in days:
            set_workday(date.fromisoformat(day), kind=kind, name="通知", actor=lead, region=city)

    deadline = Deadline.objects.open().get()
    assert (deadline.due_on, deadline.next_rung_on) == (
        date.fromisoformat(end),
        date.fromisoformat(told_on),  # three days before, or the working day after that
    )


def test_a_year_without_notice_is_settled_by_its_notice(formal, city_officer, lead, city):
    with time_machine.travel(on("2026-12-28 10:00"), tick=False):
        move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
        assert Deadline.objects.open().get().provisional
        for day in (1, 2, 3):
            set_workday(date(2027, 1, day), kind="holiday", name="元旦", actor=lead, region=city)
        for day in (4, 5):
            set_workday(date(2027, 1, day), kind="holiday", name="元旦", actor=lead, region=city)

    deadline = Deadline.objects.open().get()
    assert (deadline.due_on, deadline.provisional) == (date(2027, 1, 7), False)


# Midnight in Shanghai, the server on UTC ------------------------------------------------------------------------------

MIDNIGHT = [("2026-11-23 23:59", date(2026, 11, 30)), ("2026-11-24 00:01", date(2026, 12, 1))]


@pytest.mark.parametrize(("at", "due_on"), MIDNIGHT)
def test_a_move_counts_by_its_shanghai_day(at, due_on, firm, city_officer):
    with time_machine.travel(on(at), tick=False):
        application = world.at(firm, "formal")
        move_application(application, "return_for_correction", actor=city_officer, note="缺件")

        assert Deadline.objects.open().get().due_on == due_on


@pytest.fixture
def window(city, lead):
    return save_round(
        programme="high_tech", region=city, year=2026, opens_on=date(2026, 5, 21), closes_on=CLOSE, actor=lead
    )


@pytest.mark.parametrize(
    ("at", "late_days"), [("2026-09-04 23:59", 0), ("2026-09-05 00:01", 1), ("2026-09-07 00:01", 3)]
)
def test_filing_at_the_end_of_the_last_day_is_in_time(at, late_days, firm, window):
    application = open_application(firm, "high_tech", actor=None, round=window, at=on("2026-06-01 10:00"))
    for code in ("diagnose", "prepare"):
        move_application(application, code, actor=None, note="x", at=on("2026-06-02 10:00"))
    move_application(application, "submit", actor=None, at=on(at))

    with time_machine.travel(on("2026-09-20 10:00"), tick=False):
        assert clocks([application], timezone.localdate())[application.pk].late_days == late_days


@pytest.mark.parametrize(("at", "late_days"), [("2026-09-04 23:59", 0), ("2026-09-05 00:01", 1)])
def test_who_has_not_filed_is_late_from_midnight_on(at, late_days, firm, window):
    application = open_application(firm, "high_tech", actor=None, round=window, at=on("2026-06-01 10:00"))

    with time_machine.travel(on(at), tick=False):
        clock = clocks([application], timezone.localdate())[application.pk]
        assert (clock.late_days, clock.submitted_on, clock.plan is None) == (late_days, None, late_days > 0)


@pytest.mark.parametrize(("at", "open_ones"), [("2026-09-04 23:59", 1), ("2026-09-05 00:01", 0)])
def test_a_round_closes_at_midnight(at, open_ones, firm, window):
    with time_machine.travel(on("2026-06-01 10:00"), tick=False):
        open_application(firm, "high_tech", actor=None, round=window)

    with time_machine.travel(on(at), tick=False):
        turn_the_day()

    assert Deadline.objects.open().filter(kind="round_close").count() == open_ones


@pytest.mark.parametrize(("at", "overdue"), [("2026-11-30 23:59", False), ("2026-12-01 00:01", True)])
def test_a_deadline_is_overdue_from_midnight_on(at, overdue, formal, city_officer):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺件", at=on("2026-11-23 10:00"))

    with time_machine.travel(on(at), tick=False):
        item = DueItem.of(Deadline.objects.open().get(), timezone.localdate(), work_calendar())
        assert item.overdue is overdue


@pytest.mark.parametrize(("at", "rung"), [("2026-11-26 23:59", None), ("2026-11-27 00:01", "3d")])
def test_reminders_go_by_the_shanghai_day(at, rung, county, city_officer):
    firm = make.firm("提醒公司", county)
    make.firm_person("reminded", firm)
    application = world.at(firm, "formal", when=on("2026-11-20 10:00"))
    move_application(application, "return_for_correction", actor=city_officer, note="缺件", at=on("2026-11-23 10:00"))

    with time_machine.travel(on(at), tick=False):
        plan_reminders()

    keys = Message.objects.filter(kind="reminder").values_list("key", flat=True)
    assert {key.split(":")[3] for key in keys} == ({rung} if rung else set())
