"""Official lists through the services: 500 lines from file to undo, what a line comes to, decisions, who sees what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import ChangeRecord, Firm, Job
from crm.published.matching import Standing
from pipeline.errors import ListRefused
from pipeline.listing import LIST_TYPES
from pipeline.models import (
    Application,
    OfficialList,
    OfficialListRow,
    Recognition,
    StageEvent,
    UndoneMove,
)
from pipeline.selectors.lists import list_counts, missing_from
from pipeline.services.list_confirm import confirm_list
from pipeline.services.lists import add_to_library, compare, decide
from pipeline.workflows import PROGRAMMES
from tests import make
from tests.pipeline import lists, world

DAY = date(2026, 11, 2)
RECOGNISED, NOTICE, REVOKED = "tech_sme:registered", "tech_sme:notice", "tech_sme:revoked"


@pytest.fixture(autouse=True)
def in_november(time_machine):
    time_machine.move_to("2026-11-25 10:00+08:00", tick=True)


# Five hundred lines --------------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_a_list_of_500_lines_is_matched_confirmed_and_undone(county, city, city_officer):
    firms, lines = lists.five_hundred(county)
    before = lists.world_now()

    found = lists.uploaded(lists.xlsx(lines), file_name="公告.xlsx", actor=city_officer, region=city, type=RECOGNISED)

    tally = list_counts([found], city_officer)[found.pk]
    assert tally.standings == {
        "matched": 495,
        "decide": 0,
        "wrong_code": 2,
        "unknown": 3,
        "duplicate": 0,
        "elsewhere": 0,
    }
    wrong = found.rows.filter(standing=Standing.WRONG_CODE).order_by("line")
    assert [[one["name"] for one in row.candidates] for row in wrong] == [[firm.name] for firm in firms[495:]]
    for row in wrong:
        decide(row, choice=row.candidates[0]["credit_code"], actor=city_officer)

    job = lists.confirmed(found, city_officer)

    assert (job.state, job.done, job.refused) == ("done", 497, 0)
    assert Application.objects.filter(stage="registered").count() == Recognition.objects.count() == 497
    assert StageEvent.objects.filter(transition="register").count() == 497
    assert lists.counted()[("tech_sme.registered", city.path)] == 497
    assert set(Recognition.objects.values_list("document", "granted_on", "valid_until")) == {
        ("桂科发〔2026〕1号", DAY, date(2026, 12, 31))
    }
    after = lists.world_now()

    with pytest.raises(ListRefused, match="没有可办理的行"):
        confirm_list(found, actor=city_officer)
    assert lists.world_now() == after

    job = lists.undone(found, city_officer)

    assert (job.state, job.done, job.refused) == ("done", 497, 0)
    assert lists.world_now() == before
    assert StageEvent.objects.filter(transition="undo").count() == UndoneMove.objects.count() == 497
    assert set(lists.results(found).values()) == {"undone"}


def test_a_batch_of_500_lines_costs_the_same_queries_as_one(county, city, city_officer, django_assert_num_queries):
    from crm.published.files import text_lines
    from crm.published.rows import read_list

    _firms, lines = lists.five_hundred(county)
    found = lists.uploaded(lists.text(lines[:2]), actor=city_officer, region=city, type=RECOGNISED)
    few = read_list(text_lines(lists.text(lines[:2]).decode())).rows
    many = read_list(text_lines(lists.text(lines).decode())).rows

    assert found.region == city

    with django_assert_num_queries(4):  # two for the places, two for the names; no codes to ask for
        list(compare(few, found))
    with django_assert_num_queries(5):  # and one for the codes; the wrong ones have candidates of their name: no walk
        list(compare(many, found))
    with django_assert_num_queries(5):  # a name that nobody has, and no code: one walk over the names
        list(compare([*few, type(few[0])(99, "谁也不是有限公司")], found))


# What each line comes to ---------------------------------------------------------------------------------------------


def test_lines_of_other_cities_are_set_apart(county, city, city_officer):
    make.firm("平南智造科技有限公司", county)
    content = lists.text(
        [
            lists.HEADER,
            ("1", "南宁某某有限公司", make.code(), "", "南宁市"),
            ("2", "贵港某某有限公司", make.code(), "", "贵港市平南县"),
            ("3", "区直某某有限公司", make.code(), "", "广西壮族自治区"),
            ("4", "平南智造科技有限公司", "", "", "南宁市"),
        ]
    )

    found = lists.uploaded(content, actor=city_officer, region=city, type=RECOGNISED)

    assert lists.standings(found) == {2: "elsewhere", 3: "unknown", 4: "unknown", 5: "matched"}


def test_a_similar_name_is_a_candidate_and_never_a_match(county, city, city_officer):
    firm = make.firm("平南智造科技有限公司", county)
    content = "平南智造科技有限责任公司\n平南制造科技有限公司\n平南智造科技有限公司".encode()

    found = lists.uploaded(content, actor=city_officer, region=city, type=RECOGNISED)

    assert lists.standings(found) == {1: "decide", 2: "decide", 3: "matched"}
    assert lists.row_of(found, 1).candidates == [
        {"firm": firm.pk, "credit_code": firm.credit_code, "name": firm.name, "why": "名称相似（100%）"}
    ]


def test_a_number_of_an_unusual_shape_is_kept_and_told(firm, city, city_officer):
    content = lists.text([lists.HEADER, ("1", firm.name, firm.credit_code, "GX2026", "")])

    found = lists.uploaded(content, actor=city_officer, region=city, type="high_tech:certified")

    assert (lists.row_of(found).number, lists.row_of(found).reasons) == (
        "GX2026",
        ["编号 GX2026 的格式与常见的不同，请核对"],
    )


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        ({"name": " ", "published_on": date(2026, 11, 26)}, ["请填写名单名称", "发布日期不能晚于今天"]),
        ({"valid_until": DAY}, ["只有认定 / 备案名单才有有效期"]),
        (
            {"type": RECOGNISED, "valid_until": date(2026, 11, 1)},
            ["有效期至 2026-11-01 早于发布日期 2026-11-02"],
        ),
        (
            {"content": b" ", "file_name": "a.exe"},
            [
                "文件是空的；请重新选择文件或粘贴名单文字",
                "不支持“.exe”格式；请上传 xlsx、xls、csv、docx、pdf 或 txt 文件，或直接粘贴名单文字",
            ],
        ),
        ({"content": b"x" * (10 * 2**20 + 1)}, ["文件超过 10 MB；请拆分后上传"]),
    ],
)
def test_a_list_is_refused_with_every_reason(given, reasons, city, city_officer):
    values = {"content": b"x", "type": NOTICE, **given}

    with pytest.raises(InvalidInput) as refused:
        lists.uploaded(values.pop("content"), actor=city_officer, region=city, **values)

    assert refused.value.reasons == reasons
    assert OfficialList.objects.count() == Job.objects.count() == 0


def test_only_writers_of_the_region_take_lists_in(city, officer, leader):
    for person in (officer, leader):
        with pytest.raises(NotAllowed):
            lists.uploaded(b"x", actor=person, region=city, type=NOTICE)
    assert OfficialList.objects.count() == 0


def test_a_file_that_cannot_be_read_says_so_on_the_list(city, city_officer):
    found = lists.uploaded("请各单位参会".encode(), actor=city_officer, region=city, type=NOTICE)

    assert (found.state, found.error) == ("failed", "没有找到企业；请上传带“企业名称”表头的表格，或每行粘贴一家企业")
    with pytest.raises(ListRefused):
        confirm_list(found, actor=city_officer)


def test_reading_again_after_a_kill_gives_the_same_lines(firm, city, city_officer):
    found = lists.uploaded(lists.one_line(firm), actor=city_officer, region=city, type=NOTICE)
    OfficialList.objects.filter(pk=found.pk).update(state="reading")
    Job.objects.filter(pk=found.job_id).update(state="running", alive_at=timezone.now() - timedelta(minutes=3))

    lists.work(found.job)

    assert lists.standings(found) == {2: "matched"}


# Decisions -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def undecided(firm, city, city_officer):
    """A list of three lines: a similar name, the same firm by code, and nobody we know."""
    content = f"平南智造科技有限责任公司\n{firm.name}\t{firm.credit_code}\n从未跟踪有限公司\t{make.code()}".encode()
    return lists.uploaded(content, actor=city_officer, region=city, type=RECOGNISED)


def test_a_person_decides_and_may_change_their_mind(undecided, firm, other_firm, city_officer):
    row = lists.row_of(undecided, 1)
    assert row.standing == Standing.DECIDE

    decide(row, choice=other_firm.credit_code.lower(), actor=city_officer)
    assert (lists.row_of(undecided, 1).firm, lists.row_of(undecided, 1).standing) == (other_firm, Standing.MATCHED)
    assert lists.row_of(undecided, 1).region_path == other_firm.region_path

    decide(row, choice="none", actor=city_officer)
    assert (lists.row_of(undecided, 1).firm, lists.row_of(undecided, 1).standing) == (None, Standing.UNKNOWN)

    decide(row, choice="", actor=city_officer)
    assert lists.row_of(undecided, 1).standing == Standing.DECIDE
    assert ChangeRecord.objects.filter(object_type="pipeline.officiallist", field="line.1").count() == 3


@pytest.mark.parametrize(
    ("line", "choice", "reason"),
    [
        (1, "91450800", "8 位，应为 18 位"),
        (1, "stranger", "企业库中没有代码为"),
        (1, "own", "“平南智造科技有限公司”已对应第 2 行"),
        (2, "", "请选择企业，或判为未在库"),
    ],
)
def test_a_decision_that_cannot_be_changes_nothing(undecided, firm, city_officer, line, choice, reason):
    choice = {"stranger": make.code(), "own": firm.credit_code}.get(choice, choice)
    before = list(OfficialListRow.objects.values())

    with pytest.raises(InvalidInput, match=reason):
        decide(lists.row_of(undecided, line), choice=choice, actor=city_officer)

    assert list(OfficialListRow.objects.values()) == before


def test_a_line_that_was_carried_out_is_not_decided_again(undecided, city_officer, firm):
    lists.confirmed(undecided, city_officer)

    with pytest.raises(RowChanged, match="已经办理"):
        decide(lists.row_of(undecided, 2), choice="none", actor=city_officer)


def test_a_firm_never_tracked_is_added_and_gets_its_title(undecided, county, city_officer):
    row = lists.row_of(undecided, 3)

    added = add_to_library(row, actor=city_officer)

    assert (added.name, added.credit_code, added.region) == ("从未跟踪有限公司", row.credit_code, county)
    with pytest.raises(RowChanged):
        add_to_library(lists.row_of(undecided, 3), actor=city_officer)
    lists.confirmed(undecided, city_officer, [3])
    assert Recognition.objects.get().firm == added


def test_a_firm_without_a_valid_code_is_not_added(city, city_officer):
    found = lists.uploaded("从未跟踪有限公司".encode(), actor=city_officer, region=city, type=RECOGNISED)

    with pytest.raises(InvalidInput):
        add_to_library(lists.row_of(found, 1), actor=city_officer)
    assert Firm.objects.count() == 0


# Who is missing, and who sees what -----------------------------------------------------------------------------------


def test_ours_that_are_missing_are_named(city, county, other_county, city_officer, officer):
    stages = {"在榜": "notice", "缺席": "notice", "异议": "objection", "未到": "review"}
    made = {name: make.firm(f"平南{name}有限公司", county) for name in stages}
    for name, stage in stages.items():
        world.at(made[name], stage, programme="tech_sme")
    world.at(make.firm("桂平缺席有限公司", other_county), "notice", programme="tech_sme")
    content = lists.text([lists.HEADER, ("", made["在榜"].name, made["在榜"].credit_code, "", "")])

    found = lists.uploaded(content, actor=city_officer, region=city, type=RECOGNISED)

    assert {row.firm.name for row in missing_from(found, city_officer)} == {
        "平南缺席有限公司",
        "平南异议有限公司",
        "桂平缺席有限公司",
    }
    assert {row.firm.name for row in missing_from(found, officer)} == {"平南缺席有限公司", "平南异议有限公司"}
    lists.confirmed(found, city_officer)
    assert missing_from(found, city_officer).count() == 3


def test_a_county_sees_of_a_list_from_above_its_own_rows(undecided, officer, other_officer, firm_user, leader):
    seen = {
        person.username: (
            OfficialList.objects.visible_to(person).count(),
            list(OfficialListRow.objects.visible_to(person).order_by("line").values_list("line", flat=True)),
        )
        for person in (officer, other_officer, firm_user, leader)
    }

    assert seen == {"officer": (1, [2]), "other_officer": (0, []), "firm_user": (0, []), "leader": (1, [1, 2, 3])}


def test_the_rows_of_a_firm_go_with_it_to_another_county(undecided, firm, other_county, lead, other_officer):
    from crm.services.firms import move_firm

    move_firm(firm, region=other_county, actor=lead)

    assert OfficialList.objects.visible_to(other_officer).count() == 1


@pytest.mark.parametrize("kind", LIST_TYPES.values(), ids=LIST_TYPES)
def test_every_sort_of_list_has_a_road_from_where_it_is_expected(kind):
    table = PROGRAMMES[kind.programme]

    assert all(kind.road(table, stage)[-1].target == kind.stage for stage in kind.expected_from)
    assert bool(kind.expected_from) == (kind.kind != "revoked")
    assert kind.last_step().target == kind.stage
