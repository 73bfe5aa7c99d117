"""What happens to a firm, and that every count follows the day on which it happened."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import ChangeRecord, Firm, FirmEvent, Region
from crm.services.firm_events import deregister, move_in, move_out, relocate_firm, rename_firm, withdraw_event
from crm.services.firms import move_firm, update_firm
from crm.services.merging import merge_firms, unmerge
from pipeline.errors import ApplicationRefused
from pipeline.models import Application, FormerPlace, Indicator, Recognition
from pipeline.selectors.counts import Period, compiled_counts, counts
from pipeline.services.recognition_changes import record_past_title
from pipeline.services.tallies import fold_counts, rebuild_counts
from tests import make
from tests.crm.test_imports import run
from tests.pipeline import world

TODAY = date(2026, 11, 23)
NEW_YEAR, NEW_YEARS_EVE = date(2026, 1, 1), date(2025, 12, 31)
SAID = {"document": "登记机关通知", "actor": None, "today": TODAY}
ELSEWHERE = {"place": "南宁市", **SAID}


def granted(firm, on, programme="high_tech", title="certificate"):
    return record_past_title(firm, programme=programme, title=title, granted_on=on, document="桂科1号", actor=None)


def counted(code, region, day):
    """The number by the full count, which the compiled cells must agree with."""
    indicator = Indicator.objects.get(code=code)
    fold_counts(today=TODAY)
    full = counts([indicator], Period(day.year, day)).get((code, region.path), 0)
    assert compiled_counts([indicator], Period(day.year, day)).get((code, region.path), 0) == full
    return int(full)


# The counters -----------------------------------------------------------------------------------------------------------

PROGRAMMES = [("high_tech", "certificate"), ("tech_sme", "registration"), ("gazelle", "certificate")]


@pytest.mark.parametrize(("programme", "title"), PROGRAMMES)
@pytest.mark.parametrize(
    "end", [lambda firm, on: move_out(firm, on=on, **ELSEWHERE), lambda firm, on: deregister(firm, on=on, **SAID)]
)
def test_a_firm_leaves_the_stock_on_its_day_however_late_that_is_recorded(firm, county, city, programme, title, end):
    granted(firm, date(2026, 2, 2), programme, title)

    end(firm, date(2026, 5, 6))

    stock = f"{programme}.stock"
    assert [counted(stock, county, date(2026, 5, day)) for day in (5, 6)] == [1, 0]
    assert [counted(stock, city, date(2026, 5, day)) for day in (5, 6)] == [1, 0]
    assert counted(f"{programme}.certified_in_year", county, TODAY) == 1  # it was certified here, and stays so


@pytest.mark.parametrize(
    ("on", "end_of_2025", "growth_2025", "growth_2026"), [(NEW_YEARS_EVE, 0, -1, 0), (NEW_YEAR, 1, 0, -1)]
)
def test_the_year_end_divides_the_net_growth(firm, county, on, end_of_2025, growth_2025, growth_2026):
    granted(firm, date(2024, 11, 1))

    move_out(firm, on=on, **ELSEWHERE)

    assert counted("high_tech.stock", county, NEW_YEARS_EVE) == end_of_2025
    assert counted("high_tech.net_growth", county, NEW_YEARS_EVE) == growth_2025
    assert counted("high_tech.net_growth", county, TODAY) == growth_2026


def test_a_move_between_counties_takes_the_stock_and_leaves_what_was_new(firm, county, other_county, city):
    granted(firm, date(2026, 3, 2))

    relocate_firm(firm, region=other_county, on=date(2026, 6, 1), **SAID)

    day, eve = date(2026, 6, 1), date(2026, 5, 31)
    assert [
        [counted("high_tech.stock", place, when) for place in (county, other_county, city)] for when in (eve, day)
    ] == [
        [1, 0, 1],
        [0, 1, 1],
    ]
    assert [counted("high_tech.first_time", place, TODAY) for place in (county, other_county, city)] == [1, 0, 1]
    assert [counted("high_tech.net_growth", place, TODAY) for place in (county, other_county, city)] == [0, 1, 1]


def test_a_number_of_the_year_stays_where_it_was_given(firm, county, other_county):
    granted(firm, date(2026, 3, 2), "tech_sme", "registration")

    relocate_firm(firm, region=other_county, on=date(2026, 6, 1), **SAID)

    assert [counted("tech_sme.registered", place, TODAY) for place in (county, other_county)] == [1, 0]


def test_what_came_with_a_firm_is_in_the_stock_and_new_nowhere(firm, county, city):
    granted(firm, date(2026, 2, 2))  # known before the coming was
    move_in(firm, region=county, on=date(2026, 5, 6), **ELSEWHERE)
    granted(firm, date(2026, 1, 5), "gazelle")  # recorded after it

    for programme in ("high_tech", "gazelle"):
        assert [counted(f"{programme}.stock", city, date(2026, 5, day)) for day in (5, 6)] == [0, 1]
        assert counted(f"{programme}.net_growth", county, TODAY) == 1
        assert counted(f"{programme}.first_time", county, TODAY) == counted(f"{programme}.first_time", city, TODAY) == 0


def test_a_firm_that_comes_back_counts_again_from_its_day(firm, county, other_county):
    granted(firm, date(2025, 11, 1))
    move_out(firm, on=date(2026, 3, 2), **ELSEWHERE)

    move_in(firm, region=other_county, on=date(2026, 8, 3), **ELSEWHERE)

    assert [counted("high_tech.stock", county, date(2026, 3, day)) for day in (1, 2)] == [1, 0]
    assert [counted("high_tech.stock", other_county, date(2026, 8, day)) for day in (2, 3)] == [0, 1]
    assert Firm.objects.get().status == "active"


def test_another_name_changes_no_number(firm, county):
    granted(firm, date(2026, 2, 2))
    codes = list(Indicator.objects.exclude(counter="").values_list("code", flat=True))
    before = [counted(code, county, TODAY) for code in codes]

    rename_firm(firm, name="平南新智造有限公司", on=date(2026, 5, 6), **SAID)

    assert [counted(code, county, TODAY) for code in codes] == before
    former = firm.former_names.get()
    assert (firm.name, former.name, former.until_on) == ("平南新智造有限公司", "平南智造科技有限公司", date(2026, 5, 6))
    assert Firm.objects.named_like("平南智造科技").get() == firm


def test_a_title_recorded_late_went_the_way_of_its_firm(firm, county, other_county):
    relocate_firm(firm, region=other_county, on=date(2026, 6, 1), **SAID)

    granted(firm, date(2025, 11, 3))

    assert [counted("high_tech.first_time", place, date(2025, 12, 31)) for place in (county, other_county)] == [1, 0]
    assert [counted("high_tech.stock", place, date(2026, 5, 31)) for place in (county, other_county)] == [1, 0]
    assert [counted("high_tech.stock", place, TODAY) for place in (county, other_county)] == [0, 1]


def test_a_day_is_told_as_it_was_known_then(firm, county):
    granted(firm, date(2025, 11, 1))
    fold_counts(today=date(2026, 5, 31))
    move_out(firm, on=date(2026, 3, 2), **ELSEWHERE)
    fold_counts(today=date(2026, 9, 1))

    def stock(known_on):
        indicator = Indicator.objects.get(code="high_tech.stock")
        found = compiled_counts([indicator], Period(2026, date(2026, 4, 1)), known_on=known_on)
        return int(found.get((indicator.code, county.path), 0))

    assert (stock(date(2026, 6, 30)), stock(date(2026, 9, 1))) == (1, 0)
    assert rebuild_counts(today=TODAY) == 0


# Taking back ------------------------------------------------------------------------------------------------------------

EVENTS = [
    lambda firm, there: rename_firm(firm, name="另名有限公司", on=date(2026, 5, 6), **SAID),
    lambda firm, there: relocate_firm(firm, region=there, on=date(2026, 5, 6), **SAID),
    lambda firm, there: move_in(firm, region=firm.region, on=date(2026, 5, 6), **ELSEWHERE),
    lambda firm, there: move_in(firm, region=there, on=date(2026, 5, 6), **ELSEWHERE),
    lambda firm, there: move_out(firm, on=date(2026, 5, 6), **ELSEWHERE),
    lambda firm, there: deregister(firm, on=date(2026, 5, 6), **SAID),
]


@pytest.mark.parametrize("happens", EVENTS)
def test_an_event_taken_back_leaves_the_firm_and_every_count_as_before(firm, other_county, happens):
    for day, (programme, title) in zip(
        (date(2024, 11, 1), date(2026, 2, 2), date(2026, 8, 3)), PROGRAMMES, strict=True
    ):
        granted(firm, day, programme, title)
    fields = ("name", "name_key", "region_id", "region_path", "status")
    places = ("pk", "region_path", "moved_to")
    before = Firm.objects.values(*fields).get(), list(Recognition.objects.order_by("pk").values(*places))

    event = happens(firm, other_county)
    withdraw_event(FirmEvent.objects.get(pk=event.pk), reason="误录", actor=None)

    assert (Firm.objects.values(*fields).get(), list(Recognition.objects.order_by("pk").values(*places))) == before
    assert not FormerPlace.objects.exists() and not firm.former_names.exists()
    kept = FirmEvent.objects.get()
    assert (kept.withdraw_reason, kept.withdrawn_at is None) == ("误录", False)


def test_only_the_newest_is_taken_back_and_only_once(firm, other_county):
    first = relocate_firm(firm, region=other_county, on=date(2026, 5, 6), **SAID)
    newest = move_out(firm, on=date(2026, 6, 1), **ELSEWHERE)

    with pytest.raises(InvalidInput, match="请先撤销后登记的"):
        withdraw_event(first, reason="误录", actor=None)
    withdraw_event(newest, reason="误录", actor=None)
    with pytest.raises(RowChanged):
        withdraw_event(FirmEvent.objects.get(pk=newest.pk), reason="再来", actor=None)

    assert list(FirmEvent.objects.standing()) == [first]
    assert Firm.objects.get().region == other_county


# Refusals ---------------------------------------------------------------------------------------------------------------


def test_every_reason_against_an_event_is_said_at_once_and_nothing_changes(firm, county):
    Firm.objects.filter(pk=firm.pk).update(registered_on=date(2020, 1, 1))
    firm.refresh_from_db()
    nothing = {"document": " ", "actor": None, "today": TODAY}

    with pytest.raises(InvalidInput) as early:
        move_out(firm, place="", on=date(2019, 1, 1), **nothing)
    with pytest.raises(InvalidInput) as late:
        rename_firm(firm, name=firm.name, on=date(2026, 11, 24), **nothing)
    with pytest.raises(InvalidInput) as same:
        relocate_firm(firm, region=county, on=TODAY, **SAID)

    assert early.value.reasons == [
        "请填写依据：登记机关的通知、公告或证照编号",
        "变动日期 2019-01-01 早于成立日期 2020-01-01；请核对",
        "请写明迁往哪里",
    ]
    assert late.value.reasons == [
        "请填写依据：登记机关的通知、公告或证照编号",
        "变动日期 2026-11-24 还没有到；请在生效后登记",
        "新名称与现名称相同；请核对",
    ]
    assert same.value.reasons == ["企业已在平南县；请选另一个县（市、区）"]
    assert (FirmEvent.objects.count(), Firm.objects.get().version) == (0, firm.version)


def test_events_come_in_the_order_in_which_they_happened(firm, county, other_county):
    relocate_firm(firm, region=other_county, on=date(2026, 6, 1), **SAID)

    with pytest.raises(InvalidInput, match="已登记“县区间迁移 2026-06-01”，不能再补登更早的变动"):
        move_out(firm, on=date(2026, 5, 31), **ELSEWHERE)
    with pytest.raises(InvalidInput, match="企业已在本辖区"):
        move_in(firm, region=county, on=TODAY, **ELSEWHERE)
    rename_firm(firm, name="另名有限公司", on=date(2026, 1, 5), **SAID)  # names have an order of their own

    assert [event.kind for event in FirmEvent.objects.all()] == ["moved", "renamed"]


def test_what_has_ended_cannot_leave_or_come_back(firm, county):
    deregister(firm, on=date(2026, 6, 1), **SAID)

    with pytest.raises(InvalidInput, match="企业已注销，不能再登记这项变动"):
        move_out(firm, on=TODAY, **ELSEWHERE)
    with pytest.raises(InvalidInput, match="企业已注销，不能迁入"):
        move_in(firm, region=county, on=TODAY, **ELSEWHERE)

    assert FirmEvent.objects.count() == 1


def test_who_may_not_write_records_nothing(firm, other_officer, viewer):
    for person in (other_officer, viewer):
        with pytest.raises(NotAllowed):
            deregister(firm, on=TODAY, document="公告", actor=person, today=TODAY)

    assert FirmEvent.objects.count() == 0


# Applications -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "ended"), [("prep", "dropped"), ("submitted", "withdrawn"), ("returned", "withdrawn")]
)
def test_an_application_that_can_end_ends_with_its_firm(firm, stage, ended):
    application = world.at(firm, stage)

    deregister(firm, on=TODAY, **SAID)

    application.refresh_from_db()
    event = application.events.last()
    assert (application.stage, application.closed_at is None) == (ended, False)
    assert (event.actor, event.note) == (None, "企业注销 2026-11-23（登记机关通知）")


def test_an_application_under_review_stands_against_it_and_nothing_changes(firm):
    application = world.at(firm, "formal")

    with pytest.raises(ApplicationRefused) as refused:
        move_out(firm, on=TODAY, **ELSEWHERE)

    assert refused.value.reasons == [
        f"申报 {application.reference} 正在“形式审查”，不能随企业变动结束；请先退回补正，或登记评审结果"
    ]
    assert (Firm.objects.get().status, FirmEvent.objects.count()) == ("active", 0)
    assert Application.objects.get().stage == "formal"


# Other doors ------------------------------------------------------------------------------------------------------------


def test_changes_of_name_and_county_by_other_doors_are_events_too(firm, county, other_county, lead):
    with time_machine.travel("2026-05-06 10:00+08:00", tick=False):
        update_firm(firm, changes={"name": "另名有限公司"}, actor=lead, reason="通知")
        move_firm(firm, region=other_county, actor=lead, reason="公告")

    told = FirmEvent.objects.order_by("pk").values_list("kind", "on", "before", "after", "document", "actor")
    assert list(told) == [
        ("renamed", date(2026, 5, 6), "平南智造科技有限公司", "另名有限公司", "通知", lead.pk),
        ("moved", date(2026, 5, 6), county.name, other_county.name, "公告", lead.pk),
    ]


def test_a_county_that_was_not_known_before_is_no_move(city, county):
    firm = make.firm("待定有限公司", city)

    move_firm(firm, region=county, actor=None)

    assert (firm.region, FirmEvent.objects.count()) == (county, 0)


def test_an_import_with_another_name_and_county_tells_of_both(firm, city, other_county):
    heads = ["统一社会信用代码", "企业名称", "所属县区"]
    before = firm.region.name

    run(
        city,
        [firm.credit_code, "另名有限公司", other_county.name],
        [make.code(), "新来有限公司", other_county.name],
        heads=heads,
    )

    told = FirmEvent.objects.order_by("kind").values_list("firm", "kind", "before", "after", "document")
    assert list(told) == [
        (firm.pk, "moved", before, other_county.name, "导入 a.csv 第 2 行"),
        (firm.pk, "renamed", "平南智造科技有限公司", "另名有限公司", "导入 a.csv 第 2 行"),
    ]


def test_a_merge_that_takes_the_other_name_and_county_tells_of_both_and_takes_them_back(firm, other_county, lead):
    double = make.firm("另名有限公司", other_county)
    granted(firm, date(2025, 11, 1))

    merge = merge_firms(firm, double, actor=lead, reason="换证", take={"field:name", "field:region"})
    told = list(FirmEvent.objects.order_by("kind").values_list("firm", "kind", "after", "document", "merge"))
    unmerge(merge, actor=lead)

    assert told == [
        (firm.pk, "moved", other_county.name, "换证", merge.pk),
        (firm.pk, "renamed", "另名有限公司", "换证", merge.pk),
    ]
    assert not FirmEvent.objects.standing().exists()
    assert Recognition.objects.values_list("moved_to", flat=True).get() is None
    assert not FormerPlace.objects.exists()


# The page ---------------------------------------------------------------------------------------------------------------


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_an_officer_records_a_new_name_and_reads_it_on_the_card(firm, officer):
    client = make.logged_in(officer)
    address = reverse("firm_events", args=[firm.credit_code])
    said = {"kind": "renamed", "name": "另名有限公司", "on": "2026-11-02", "document": "准予变更登记通知书"}

    refused = client.post(address, said | {"document": ""})
    done = client.post(address, said)
    card = client.get(address, headers={"hx-request": "true"}).content.decode()

    assert (refused.status_code, done.status_code) == (409, 302)
    assert "请填写依据" in refused.content.decode() and 'value="另名有限公司"' in refused.content.decode()
    assert all(word in card for word in ("平南智造科技有限公司 → 另名有限公司", "2026-11-02", "准予变更登记通知书"))
    assert ChangeRecord.objects.get(field="name").reason == "准予变更登记通知书"


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_what_will_end_is_shown_before_and_what_stands_against_it_too(firm, other_county, officer):
    ending = world.at(firm, "prep")
    held = make.firm("在审有限公司", firm.region)
    reviewed = world.at(held, "formal")
    client = make.logged_in(officer)

    def form(of):
        return client.get(reverse("firm_events", args=[of.credit_code]), {"kind": "deregistered"}).content.decode()

    assert "登记后同时结束的申报" in form(firm) and ending.reference in form(firm)
    assert "现在不能登记" in form(held) and reviewed.reference in form(held)


def test_readers_see_the_card_without_its_buttons(firm, viewer, officer):
    event = deregister(firm, on=date(2026, 6, 1), **SAID)
    address = reverse("firm_events", args=[firm.credit_code])

    reading = make.logged_in(viewer).get(address).content.decode()
    writing = make.logged_in(officer).get(address).content.decode()
    made = make.logged_in(viewer).post(
        reverse("firm_event_withdraw", args=[firm.credit_code, event.pk]), {"reason": "x"}
    )

    assert ("登记有误，撤销" in writing, "登记有误，撤销" in reading) == (True, False)
    assert made.status_code == 409
    assert FirmEvent.objects.standing().count() == 1


def test_a_kind_that_cannot_happen_to_the_firm_is_not_there(firm, officer):
    deregister(firm, on=date(2026, 6, 1), **SAID)
    client = make.logged_in(officer)

    assert client.get(reverse("firm_events", args=[firm.credit_code]), {"kind": "moved_out"}).status_code == 404
    assert client.get(reverse("firm_events", args=[firm.credit_code]), {"kind": "merged"}).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_card_costs_the_same_whatever_it_holds(firm, officer, django_assert_num_queries, number):
    for nth in range(number):
        rename_firm(firm, name=f"第{nth}有限公司", on=date(2026, 5, 6 + nth), **SAID)
    client = make.logged_in(officer)
    address = reverse("firm_events", args=[firm.credit_code])
    client.get(address)

    with django_assert_num_queries(5):
        client.get(address, headers={"hx-request": "true"})
    assert Region.objects.filter(pk=firm.region_id).exists()
