"""The bureau's own ladders: what is refused, what open deadlines do, how they read."""

from datetime import date, timedelta

import pytest
import time_machine

from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import ChangeRecord
from pipeline.choices import DeadlineKind, OccasionKind
from pipeline.ladder_words import preview_of, sentence_of
from pipeline.models import Deadline, Ladder
from pipeline.rungs import DEFAULTS, LadderTable, Rung
from pipeline.selectors.ladders import ladder_of, ladders
from pipeline.services.clocks import turn_the_day
from pipeline.services.ladders import reset_ladder, set_ladder
from pipeline.services.rounds import set_workday
from pipeline.workdays import WORKDAYS, WorkCalendar
from tests import make

NOW = "2026-11-23 10:00+08:00"
KIND = DeadlineKind.ANNUAL_REPORT.value
DESK = ("officer",)
OWN = LadderTable(
    KIND,
    (Rung(10, WORKDAYS, ("firm", "agent")), Rung(2, roles=DESK), Rung(None, roles=DESK, month_day=(4, 30))),
    overdue="once",
    overdue_roles=DESK,
    lead_after=2,
)


def test_without_rows_the_defaults_hold(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert ladders() == DEFAULTS


@time_machine.travel(NOW, tick=False)
def test_an_own_ladder_is_read_as_it_was_written_until_set_back(lead, city):
    first = set_ladder(OWN, actor=lead, region=city)
    assert (ladder_of(KIND), ladders()[KIND], first.version, first.changed_by) == (OWN, OWN, 1, lead)

    second = reset_ladder(KIND, actor=lead, region=city)
    assert (ladders(), second.version, Ladder.objects.count()) == (DEFAULTS, 2, 1)
    assert reset_ladder(KIND, actor=lead, region=city) is None
    kept = [(row.field, row.old, row.new, row.actor) for row in ChangeRecord.objects.order_by("pk")]
    own, default = sentence_of(OWN), sentence_of(DEFAULTS[KIND])
    assert kept == [("ladder", default, own, lead), ("ladder", own, default, lead)]


@pytest.mark.parametrize(
    ("table", "reasons"),
    [
        (LadderTable(KIND, (Rung(3, roles=DESK), Rung(3, roles=("firm",)))), ["“3 天”填了两次"]),
        (LadderTable(KIND, (Rung(3, roles=()),)), ["“3 天”没有选择提醒谁"]),
        (LadderTable(KIND, (Rung(3, roles=("friend",)),)), ["“3 天”含未知的对象：friend"]),
        (
            LadderTable(KIND, (Rung(401, roles=DESK), Rung(-31, roles=DESK))),
            [
                "“401 天”超出范围：到期前最多 400 天，到期后最多 30 天",
                "“过后 31 天”超出范围：到期前最多 400 天，到期后最多 30 天",
            ],
        ),
        (LadderTable(KIND, tuple(Rung(day, roles=DESK) for day in range(6))), ["最多设 5 档，现有 6 档"]),
        (
            LadderTable(KIND, (), overdue="daily", lead_after=0, leader_after=21),
            [
                "“逾期提醒”没有选择提醒谁",
                "逾期 0 个工作日报科长超出范围，应为 1 至 20 个工作日",
                "逾期 21 个工作日报局领导超出范围，应为 1 至 20 个工作日",
            ],
        ),
        (LadderTable(KIND, (), lead_after=5, leader_after=3), ["报局领导不应早于报科长"]),
        (LadderTable(KIND, ()), ["没有任何一档：请至少填写一档，或停用该提醒"]),
        (LadderTable(KIND, (), overdue="weekly", lead_after=1), ["请选择逾期后是否提醒"]),
        (
            LadderTable("follow_up", (Rung(0, roles=("officer", "firm")),), lead_after=3),
            ["“走访跟进”只由主管部门掌握，不能提醒企业或代理人", "“走访跟进”没有办结与否，不设逾期提醒与上报"],
        ),
        (LadderTable("tax", ()), ["没有代码为“tax”的期限类型"]),
        (LadderTable(OccasionKind.SPOT_CHECK.value, (Rung(3, roles=DESK),)), ["请填写每年的日期，如 12-15"]),
    ],
)
def test_a_wrong_ladder_is_refused_with_every_reason_and_changes_nothing(lead, city, table, reasons):
    with pytest.raises(InvalidInput) as refused:
        set_ladder(table, actor=lead, region=city)

    assert refused.value.reasons == reasons
    assert Ladder.objects.count() == ChangeRecord.objects.count() == 0


def test_only_who_manages_the_city_writes_it(officer, city_officer, leader, admin, city, county):
    county_lead = make.person("county_lead", county, "lead")
    for person, region in ((officer, county), (city_officer, city), (leader, city), (county_lead, county)):
        with pytest.raises(NotAllowed):
            set_ladder(OWN, actor=person, region=region)
    assert Ladder.objects.count() == 0

    assert set_ladder(OWN, actor=admin, region=city).version == 1


def test_who_saw_an_older_version_is_told_so(lead, city):
    set_ladder(OWN, actor=lead, region=city, version=0)

    with pytest.raises(RowChanged):
        set_ladder(OWN, actor=lead, region=city, version=0)
    assert set_ladder(OWN, actor=lead, region=city, version=1).version == 2


def deadline(key, firm, due_on, next_rung_on, **fields):
    row = {"kind": KIND, "firm": firm, "region_path": firm.region_path, "due_on": due_on, "next_rung_on": next_rung_on}
    return Deadline.objects.create(key=key, **row | fields)


@time_machine.travel(NOW, tick=False)
def test_open_deadlines_go_on_by_the_new_ladder_from_its_next_rung(firm, lead, city):
    later, soon = date(2027, 5, 31), date(2026, 11, 27)
    rows = [
        deadline("far", firm, later, date(2027, 4, 1)),
        deadline("far too", firm, later, date(2027, 4, 1)),
        deadline("told its last", firm, soon, date(2026, 11, 30)),
        deadline("silent so far", firm, soon, None),
        deadline("due this morning", firm, soon, date(2026, 11, 23)),
        deadline("long gone", firm, date(2026, 5, 31), None),
        deadline("met", firm, later, None, closed_at="2026-11-01T00:00Z"),
        deadline("of another kind", firm, later, date(2027, 5, 28), kind="correction_due"),
    ]

    set_ladder(OWN, actor=lead, region=city)

    for row in rows:
        row.refresh_from_db()
    assert {row.key: row.next_rung_on for row in rows} == {
        "far": date(2027, 4, 30),
        "far too": date(2027, 4, 30),
        "told its last": date(2026, 11, 25),
        "silent so far": date(2026, 11, 25),
        "due this morning": date(2026, 11, 23),
        "long gone": None,
        "met": None,
        "of another kind": date(2027, 5, 28),
    }


@time_machine.travel(NOW, tick=False)
def test_a_ladder_that_is_put_off_silences_even_what_was_due_this_morning(firm, lead, city):
    deadline("due this morning", firm, date(2026, 11, 27), date(2026, 11, 23))
    deadline("far", firm, date(2027, 5, 31), date(2027, 4, 1))

    set_ladder(LadderTable(KIND, (), active=False), actor=lead, region=city)
    assert set(Deadline.objects.values_list("next_rung_on", flat=True)) == {None}

    reset_ladder(KIND, actor=lead, region=city)
    assert list(Deadline.objects.order_by("pk").values_list("next_rung_on", flat=True)) == [
        date(2026, 11, 26),
        date(2027, 4, 1),
    ]


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("count", [1, 30])
def test_a_change_costs_one_update_for_each_date_not_each_deadline(firm, lead, city, django_assert_num_queries, count):
    for number in range(count):
        deadline(f"k{number}", firm, date(2027, 5, 31), date(2027, 4, 1))

    with django_assert_num_queries(13):
        set_ladder(OWN, actor=lead, region=city)


@time_machine.travel(NOW, tick=False)
def test_a_day_declared_off_moves_the_rungs_that_fell_on_it(firm, lead, city):
    row = deadline("k", firm, date(2026, 12, 31), date(2026, 12, 30), kind="notice_end")

    set_workday(date(2026, 12, 30), kind="holiday", actor=lead, region=city)
    row.refresh_from_db()
    assert row.next_rung_on == date(2026, 12, 31)

    set_workday(date(2026, 12, 31), kind="holiday", actor=lead, region=city)
    row.refresh_from_db()
    assert row.next_rung_on == date(2026, 12, 29)


@time_machine.travel(NOW, tick=False)
def test_the_turn_of_the_day_follows_what_a_new_release_knows(firm):
    """An older release told a certificate 180 days ahead at first; this one also on 1 March of its year."""
    old = deadline("old", firm, date(2029, 11, 19), date(2029, 5, 23), kind="certificate_expiry")
    due = deadline("due", firm, date(2026, 12, 23), date(2026, 11, 23))
    silent = deadline("silent", firm, date(2026, 5, 31), None)

    turn_the_day()

    for row in (old, due, silent):
        row.refresh_from_db()
    assert [row.next_rung_on for row in (old, due, silent)] == [date(2029, 3, 1), date(2026, 11, 23), None]


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (
            "correction_due",
            "到期前 3 天、1 天、当天提醒企业、代理人和经办人员；逾期后每个工作日提醒企业、代理人、经办人员和市级经办；"
            "逾期 3 个工作日报科长；逾期 5 个工作日报局领导",
        ),
        ("certificate_expiry", "到期前 180 天、90 天、30 天、当年 3月1日提醒经办人员"),
        ("follow_up", "当天、过后 3 天提醒经办人员"),
        ("spot_check", "提前 14 天、7 天提醒经办人员"),
        ("info_update", "已停用"),
    ],
)
def test_a_ladder_reads_as_a_sentence(kind, sentence):
    assert sentence_of(DEFAULTS[kind]) == sentence


def test_the_preview_names_every_day_of_a_date():
    lines = preview_of(DEFAULTS["correction_due"], date(2026, 12, 10), WorkCalendar())

    assert [(line.on.day, line.words, line.roles, line.urgent, line.again) for line in lines] == [
        (7, "还有 3 天", "企业、代理人和经办人员", False, False),
        (9, "还有 1 天", "企业、代理人和经办人员", False, False),
        (10, "当天", "企业、代理人和经办人员", True, False),
        (11, "过后 1 天", "企业、代理人、经办人员和市级经办", True, True),
        (15, "逾期 3 个工作日", "科长", True, False),
        (17, "逾期 5 个工作日", "局领导", True, False),
    ]
    assert lines[0].on - timedelta(days=3) == date(2026, 12, 4)
