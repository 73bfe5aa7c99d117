"""Every counter against cases counted by hand, and the roll-forward of DOMAIN §7."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from crm.access import ways_up
from crm.models import Region, User
from crm.services.firm_events import deregister, move_in, move_out
from crm.services.firms import move_firm
from pipeline.charts import quota_bars, quota_finding
from pipeline.errors import QuotaRefused
from pipeline.models import Count, Indicator, Quota, Recognition, Snapshot
from pipeline.selectors.counts import Period, counted_rows, counts
from pipeline.selectors.pace import elapsed_ratio
from pipeline.selectors.snapshots import latest_snapshot
from pipeline.selectors.targets import QuotaRow
from pipeline.services.amounts import add_count
from pipeline.services.applications import move_application
from pipeline.services.metrics import compile_metrics
from pipeline.services.targets import set_quota
from tests import make
from tests.pipeline import world

TODAY = date(2026, 11, 23)


def granted(firm, on, until=None, *, programme="high_tech", title="certificate", ended=None):
    return Recognition.objects.create(
        firm=firm,
        programme=programme,
        title=title,
        granted_on=on,
        valid_until=until or date(on.year + 3, on.month, on.day),
        ended_on=ended,
        document="桂科〔2026〕1号",
        region=firm.region,
        region_path=firm.region_path,
    )


def counted(code, region, as_of=TODAY):
    indicator = Indicator.objects.get(code=code)
    result = counts([indicator], Period(as_of.year, as_of)).get((code, region.path), Decimal(0))
    if not code.endswith(("net_growth", "stock")) and not indicator.is_manual and not code.endswith("filed"):
        rows = counted_rows(indicator, Period(as_of.year, as_of)).filter(region_path__under=region.path)
        assert rows.count() == result
    return int(result)


def test_a_path_and_all_above_it():
    assert ways_up("a/b/c/") == ["a/b/c/", "a/b/", "a/"]


@pytest.fixture
def certificates(county, other_county):
    """One firm each: first-time, re-certified, still valid from before, lapsed, revoked, and one of another county."""
    names = ("first", "again", "valid", "lapsed", "revoked")
    firms = {name: make.firm(name, county) for name in names} | {"other": make.firm("other", other_county)}
    granted(firms["first"], date(2026, 11, 1))
    granted(firms["again"], date(2023, 11, 10), date(2026, 11, 9))
    granted(firms["again"], date(2026, 11, 12))
    granted(firms["valid"], date(2024, 11, 1))
    granted(firms["lapsed"], date(2023, 10, 1), date(2026, 9, 30))
    granted(firms["revoked"], date(2025, 11, 1), ended=date(2026, 6, 1))
    granted(firms["other"], date(2026, 3, 1))
    return firms


@pytest.mark.parametrize(
    ("counter", "in_county", "in_city"),
    [
        ("first_time", 1, 2),
        ("certified_in_year", 2, 3),
        ("stock", 3, 4),
        ("net_growth", -1, 0),
    ],
)
def test_the_four_counters_of_one_history(certificates, county, city, counter, in_county, in_city):
    assert counted(f"high_tech.{counter}", county) == in_county
    assert counted(f"high_tech.{counter}", city) == in_city


@pytest.mark.parametrize(
    ("as_of", "stock"),
    [(date(2026, 9, 30), 3), (date(2026, 10, 1), 2), (date(2026, 11, 9), 3), (date(2026, 11, 10), 2)],
)
def test_a_title_counts_through_its_last_day(certificates, county, as_of, stock):
    assert counted("high_tech.stock", county, as_of) == stock


def test_the_roll_forward(county, other_county, city):
    """150 + 30 − (40 − 28) + 2 − 1 − 1 = 168, net +18, certified in year 58 (DOMAIN §7)."""
    firms = [make.firm(f"企业{number}", county) for number in range(180)]
    held, new = firms[:150], firms[150:]
    comers = [make.firm(f"外来企业{number}", other_county) for number in range(2)]
    for firm in held[:40]:  # due this year
        granted(firm, date(2023, 11, 1), date(2026, 10, 31))
    for firm in (*held[40:], *comers):
        granted(firm, date(2024, 11, 1))
    for firm in (*held[:28], *new):
        granted(firm, date(2026, 11, 1))
    with time_machine.travel("2026-05-01 10:00+08:00", tick=False):
        for firm in comers:
            move_firm(firm, region=county, actor=None)
        move_firm(held[40], region=other_county, actor=None)
    Recognition.objects.filter(firm=held[41]).update(ended_on=date(2026, 5, 1))

    def numbers(region):
        names = ("stock", "net_growth", "certified_in_year", "first_time")
        return [counted(f"high_tech.{name}", region) for name in names]

    assert counted("high_tech.stock", county, date(2025, 12, 31)) == 150
    assert numbers(county) == [168, 18, 58, 30]
    assert numbers(other_county) == [1, -1, 0, 0]
    assert numbers(city) == [169, 17, 58, 30]
    indicator = Indicator.objects.get(code="high_tech.stock")
    behind = counted_rows(indicator, Period(2026, TODAY)).filter(place__under=county.path)
    assert set(comers) < {row.firm for row in behind.select_related("firm")}
    assert behind.count() == 168


def test_the_stock_goes_with_the_firm_from_the_day_it_moves_or_leaves(firm, county, other_county, city):
    granted(firm, date(2025, 11, 1))
    for day, place in (("2026-03-02", other_county), ("2026-04-01", county)):
        with time_machine.travel(f"{day} 10:00+08:00", tick=False):
            move_firm(firm, region=place, actor=None)
    said = {"document": "登记机关通知", "actor": None, "today": TODAY}
    move_out(firm, place="南宁市", on=date(2026, 5, 6), **said)
    move_in(firm, place="南宁市", region=county, on=date(2026, 6, 1), **said)
    deregister(firm, on=date(2026, 7, 1), **said)

    def stock(*month_and_day):
        on = date(2026, *month_and_day)
        return [counted("high_tech.stock", place, on) for place in (county, other_county, city)]

    assert [stock(1, 1), stock(3, 1), stock(3, 2), stock(3, 31), stock(4, 1)] == [
        [1, 0, 1],
        [1, 0, 1],
        [0, 1, 1],
        [0, 1, 1],
        [1, 0, 1],
    ]
    assert [stock(5, 5), stock(5, 6), stock(6, 1), stock(7, 1)] == [[1, 0, 1], [0, 0, 0], [1, 0, 1], [0, 0, 0]]
    assert counted("high_tech.net_growth", city) == -1


def test_a_title_is_read_where_its_firm_belongs_now(firm, county, other_county, officer, other_officer, firm_user):
    granted(firm, date(2025, 11, 1), date(2099, 1, 1))

    def readers():
        people = (User.objects.get(pk=person.pk) for person in (officer, other_officer, firm_user))
        return [Recognition.objects.visible_to(person).exists() for person in people]

    assert readers() == [True, False, True]
    move_firm(firm, region=other_county, actor=None)
    assert readers() == [False, True, True]
    assert Recognition.objects.within(other_county).count() == 1
    assert not Recognition.objects.within(county).exists()


def test_a_number_revoked_later_still_counts_on_an_earlier_day(firm, county):
    granted(
        firm,
        date(2026, 8, 1),
        date(2026, 12, 31),
        programme="tech_sme",
        title="registration",
        ended=date(2026, 10, 9),
    )

    days = (date(2026, 9, 30), date(2026, 10, 8), date(2026, 10, 9))
    assert [counted("tech_sme.registered", county, day) for day in days] == [1, 1, 0]


def test_tech_smes_registered_in_the_year_without_the_revoked(firm, other_firm, county, city):
    granted(firm, date(2026, 8, 1), date(2026, 12, 31), programme="tech_sme", title="registration")
    granted(
        other_firm,
        date(2026, 8, 1),
        date(2026, 12, 31),
        programme="tech_sme",
        title="registration",
        ended=date(2026, 9, 1),
    )

    assert (counted("tech_sme.registered", county), counted("tech_sme.registered", city)) == (1, 1)
    assert counted("tech_sme.certified_in_year", city) == 2


def test_a_library_entry_is_no_title(firm, city):
    granted(firm, date(2026, 8, 1), date(2026, 12, 31), programme="gazelle", title="library")

    assert counted("gazelle.in_library", city) == 1
    assert counted("gazelle.stock", city) == counted("gazelle.first_time", city) == 0


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_filed_counts_applications_not_resubmissions(firm, city, city_officer):
    application = world.at(firm, "formal")
    move_application(application, "return_for_correction", actor=city_officer, note="缺件")
    move_application(application, "submit", actor=None)

    assert counted("high_tech.filed", city) == 1


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_manual_amounts_add_up_with_decimals_and_only_when_verified(city, county, officer):
    indicator = Indicator.objects.get(code="manual.transformation_quality")
    for value, verified in (("12.34567", True), ("0.00001", True), ("100", False)):
        add_count(
            indicator,
            county,
            on=TODAY,
            value=Decimal(value),
            evidence="桂科〔2026〕1号",
            actor=officer,
            verified=verified,
        )

    result = counts([indicator], Period(2026, TODAY))

    assert result[(indicator.code, city.path)] == Decimal("12.34568")


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_an_entry_without_evidence_is_refused_with_every_reason(county, officer):
    counter = Indicator.objects.get(code="high_tech.stock")

    with pytest.raises(QuotaRefused) as refused:
        add_count(counter, county, on=date(2026, 12, 1), value=Decimal(1), evidence=" ", actor=officer)

    assert refused.value.reasons == [
        "“高新技术企业保有量”由认定结果自动统计，不能手工录入",
        "请写明依据，如公告文号或证书号",
        "日期不能晚于今天",
    ]
    assert Count.objects.count() == 0


def quota(code, region, target, actor=None, **given):
    indicator = Indicator.objects.get(code=code)
    return set_quota(indicator, region, 2026, target=Decimal(target), actor=actor, **given)


def test_a_changed_target_is_a_revision_and_the_same_number_is_none(city, lead):
    first = quota("high_tech.first_time", city, 45, lead, document="贵科〔2026〕7号")
    again = quota("high_tech.first_time", city, 45, lead, document="贵科〔2026〕7号")
    changed = quota("high_tech.first_time", city, 50, lead, document="贵科〔2026〕9号")

    assert first == again
    assert list(Quota.objects.order_by("revision").values_list("revision", "target")) == [(1, 45), (2, 50)]
    assert Quota.objects.current().get() == changed


def test_officers_set_no_targets(county, officer):
    from crm.errors import NotAllowed

    with pytest.raises(NotAllowed):
        quota("high_tech.first_time", county, 5, officer)


@pytest.mark.parametrize("target", ["-1", "NaN"])
def test_a_senseless_target_is_refused(city, lead, target):
    with pytest.raises(QuotaRefused):
        quota("high_tech.first_time", city, target, lead)


@pytest.mark.parametrize(
    ("done", "target", "as_of", "pace"),
    [
        (45, 45, date(2026, 3, 1), "met"),
        (60, 45, date(2027, 3, 1), "met"),
        (44, 45, date(2027, 3, 1), "missed"),
        (23, 45, date(2026, 7, 2), "on_pace"),
        (22, 45, date(2026, 7, 2), "behind"),
        (0, 45, date(2026, 1, 4), "on_pace"),  # 0.49 of a firm is due
        (0, 45, date(2026, 1, 5), "behind"),  # 0.62
    ],
)
def test_pace(city, done, target, as_of, pace):
    from pipeline.selectors.targets import quota_rows

    quota("high_tech.first_time", city, target)
    known = Quota.objects.current().select_related("indicator", "region")

    row = quota_rows(known, {("high_tech.first_time", city.path): Decimal(done)}, year=2026, as_of=as_of)[0]

    assert (row.pace, row.gap) == (pace, max(target - done, 0))


def test_completion_runs_past_a_hundred_per_cent_and_needs_a_target():
    row = QuotaRow("a", "甲", "家", 0, "", "1", "市", Decimal(3), Decimal(8), Decimal(1), "met", "")

    assert row.completion_ratio == Decimal(8) / 3
    assert row.as_dict()["completion_ratio"] == "2.6667"
    assert QuotaRow(**{**vars(row), "target": Decimal(0)}).completion_ratio is None


@pytest.mark.parametrize(
    ("as_of", "ratio"), [(date(2025, 12, 31), 0), (date(2026, 1, 1), Decimal(1) / 365), (date(2027, 1, 1), 1)]
)
def test_the_share_of_the_year_gone(as_of, ratio):
    assert elapsed_ratio(2026, as_of) == ratio


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_a_snapshot_holds_the_own_targets_and_those_right_below(certificates, city, county, other_county):
    quota("high_tech.first_time", city, 45)
    quota("high_tech.first_time", county, 3)
    quota("high_tech.first_time", other_county, 2)

    assert compile_metrics() == Region.objects.count()
    assert compile_metrics() == Region.objects.count()

    compiled = latest_snapshot(city)
    assert [(row.region, row.done, row.target, row.gap) for row in compiled.rows] == [("450800", 2, 45, 43)]
    assert [(row.region, row.done, row.gap) for row in compiled.children] == [("450821", 1, 2), ("450881", 1, 1)]
    assert latest_snapshot(county).children == ()
    assert Snapshot.objects.count() == Region.objects.count()


def test_compiling_costs_the_same_for_any_number_of_regions_and_firms(certificates, city, django_assert_num_queries):
    compile_metrics(as_of=TODAY)
    with django_assert_num_queries(76):
        compile_metrics(as_of=TODAY)
    for number in range(8):
        region = Region.objects.create(
            code=f"Z{number}",
            name=f"园{number}",
            short_name="园",
            kind="zone",
            parent=city,
            path=f"{city.path}Z{number}/",
        )
        granted(make.firm(f"园区企业{number}", region), date(2026, 5, 1))
    compile_metrics(as_of=TODAY)
    with django_assert_num_queries(76):
        compile_metrics(as_of=TODAY)


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_the_funnel_keeps_losses_and_counts_nobody_twice(county, city, city_officer, lead):
    stages = ["library", "prep", "formal", "certified", "rejected"]
    for number, stage in enumerate(stages):
        world.at(make.firm(f"企业{number}", county), stage)
    resubmitted = world.at(make.firm("补正企业", county), "formal")
    move_application(resubmitted, "return_for_correction", actor=city_officer, note="缺件")
    move_application(resubmitted, "submit", actor=None)
    compile_metrics()

    steps = {step.stage: (step.reached, step.lost) for step in latest_snapshot(city).funnels["high_tech"].steps}

    assert steps == {
        "library": (6, 0),
        "diagnose": (5, 0),
        "prep": (5, 0),
        "submitted": (4, 0),
        "formal": (4, 0),
        "recommended": (2, 0),
        "expert": (2, 1),
        "approved": (1, 0),
        "filed": (1, 0),
        "certified": (1, 0),
    }


def rows(*pairs):
    return [
        QuotaRow(
            "a", name, "家", 0, "high_tech", "1", name, Decimal(target), Decimal(done), Decimal(target) / 2, pace, ""
        )
        for name, target, done, pace in pairs
    ]


def test_bars_are_scaled_to_their_own_target():
    chart = quota_bars(rows(("甲", 100, 50, "on_pace"), ("乙", 10, 10, "met"), ("丙", 10, 99, "met")))

    full = chart.goal_x - chart.left
    assert [bar.done_width for bar in chart.bars] == [full // 2, full, int(full * 1.25)]
    assert chart.bars[0].pace_x == chart.left + full // 2


@pytest.mark.parametrize(
    ("given", "finding"),
    [
        ([], "尚未录入目标"),
        ([("甲", 10, 10, "met")], "1 项目标全部完成"),
        ([("甲", 10, 9, "on_pace"), ("乙", 10, 8, "on_pace")], "2 项尚有缺口，均跟上进度；乙还差 2 家"),
        ([("甲", 10, 9, "on_pace"), ("乙", 45, 18, "behind")], "1 项落后进度，乙还差 27 家"),
    ],
)
def test_a_chart_is_titled_with_its_finding(given, finding):
    assert quota_finding(rows(*given)) == finding
