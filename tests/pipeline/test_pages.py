"""Pages as officers and firms use them, with the number of statements each costs at 1 and at 3 rows."""

import re
from datetime import date

import pytest
import time_machine

from crm.models import Contact, Fact, Firm, Touch, User
from notifications.models import Message
from pipeline.models import Application, Indicator, Quota
from pipeline.services.applications import move_application
from pipeline.services.metrics import compile_metrics
from tests import make
from tests.pipeline import world

MONDAY = "2026-11-23 10:00+08:00"


@pytest.fixture
def as_officer(client, officer):
    client.force_login(officer)
    return client


@pytest.fixture
def as_city(client, city_officer):
    client.force_login(city_officer)
    return client


@pytest.fixture
def as_firm(client, firm_user):
    client.force_login(firm_user)
    return client


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


# Lists -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "statements"),
    [
        ("/firms/", 9),
        ("/applications/", 7),
        ("/deadlines/", 10),
        ("/board/high_tech/", 12),
        ("/imports/", 7),
        ("/outbox/", 12),
        ("/", 16),
    ],
)
def test_a_list_costs_the_same_for_one_row_and_for_three(
    address, statements, as_city, county, officer, django_assert_num_queries
):
    for size in (1, 2):  # one, then two more
        for number in range(size):
            world.at(make.firm(f"{size}号企业{number}", county), "formal")
        as_city.get(address)
        with django_assert_num_queries(statements):
            response = as_city.get(address)
        assert response.status_code == 200


def test_the_list_has_filters_in_its_address_and_htmx_gets_the_rows_alone(as_city, firm, other_firm):
    page = as_city.get("/firms/", {"q": "平南智造"})
    rows = as_city.get("/firms/", {"q": "平南智造"}, headers={"HX-Request": "true"})

    assert firm.name in text(page)
    assert other_firm.name not in text(page)
    assert firm.name in text(rows)
    assert "<html" not in text(rows)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"region": "450821"}, {"平南智造科技有限公司"}),
        ({"programme": "high_tech"}, {"平南智造科技有限公司"}),
        ({"programme": "gazelle"}, set()),
        ({"holds": "tech_sme"}, {"桂平新材料有限公司"}),
        ({"whose": "none"}, {"平南智造科技有限公司", "桂平新材料有限公司", "待定公司"}),
        ({"place": "pending"}, {"待定公司"}),
        ({"q": "（平南）智造"}, {"平南智造科技有限公司"}),
        ({"q": "智造 科技"}, {"平南智造科技有限公司"}),
        ({"status": "moved_out"}, set()),
    ],
)
def test_filters(as_city, firm, other_firm, city, query, found):
    make.firm("待定公司", city)
    world.opened(firm, None)
    world.at(other_firm, "registered", programme="tech_sme")

    page = text(as_city.get("/firms/", query))

    assert {
        name for name in ("平南智造科技有限公司", "桂平新材料有限公司", "待定公司") if f">{name}</a>" in page
    } == found


def test_an_empty_list_says_whether_nothing_exists_or_nothing_matches(as_city, firm):
    assert "没有符合条件的企业" in text(as_city.get("/firms/", {"q": "没有这家"}))
    firm.delete()
    assert "企业库还是空的" in text(as_city.get("/firms/"))


def test_a_former_name_finds_the_firm(as_city, firm, officer):
    from crm.services.firms import update_firm

    update_firm(firm, changes={"name": "全新名称有限公司"}, actor=officer)

    assert "全新名称有限公司" in text(as_city.get("/firms/", {"q": "平南智造"}))


def test_a_region_that_one_may_not_see_is_not_found(as_officer):
    assert as_officer.get("/firms/", {"region": "450881"}).status_code == 404


def test_lists_page_by_fifty(as_city, county):
    for number in range(52):
        make.firm(f"第{number:02d}号企业", county)

    first = as_city.get("/firms/")
    following = re.search(r'href="(\?after=[^"]+)"', first.content.decode())[1]
    second = as_city.get("/firms/" + following)

    assert first.content.decode().count("号企业</a>") == 50
    assert second.content.decode().count("号企业</a>") == 2


# The record page -----------------------------------------------------------------------------------------------------


def test_the_record_page_costs_a_fixed_number_of_statements(as_officer, firm, officer, django_assert_num_queries):
    world.at(firm, "formal")
    for code in ("sales_cny", "rd_cny", "employees"):
        Fact.objects.create(firm=firm, year=2025, code=code, source="declared", value=1)
    as_officer.get(f"/firms/{firm.credit_code}/")

    with django_assert_num_queries(19):
        page = as_officer.get(f"/firms/{firm.credit_code}/")

    assert page.status_code == 200
    assert "形式审查" in text(page)


def test_a_call_is_recorded_and_a_wrong_one_keeps_what_was_typed(as_officer, firm):
    address = f"/firms/{firm.credit_code}/touch/"

    refused = as_officer.post(address, {"kind": "call", "text": "谈了研发费用", "on": "2099-01-01"})
    assert refused.status_code == 409
    assert "联系日期不能晚于今天" in text(refused)
    assert "谈了研发费用" in text(refused)
    assert Touch.objects.count() == 0

    done = as_officer.post(address, {"kind": "call", "text": "谈了研发费用", "on": ""}, follow=True)
    assert "谈了研发费用" in text(done)
    assert Touch.objects.get().kind == "call"


@pytest.mark.parametrize(
    ("value", "stored"), [("380万元", 3_800_000), ("38.6万", 386_000), ("500", 500), ("1,200元", 1200)]
)
def test_a_figure_is_typed_with_or_without_its_unit(as_officer, firm, value, stored):
    given = {"code": "rd_cny", "year": "2025", "value": value, "basis": "high_tech", "source": "declared"}

    as_officer.post(f"/firms/{firm.credit_code}/fact/", given)

    assert Fact.objects.get().value == stored


@pytest.mark.parametrize("value", ["很多", "", "-5", "100美元"])
def test_a_senseless_figure_is_refused_and_kept_on_the_page(as_officer, firm, value):
    given = {"code": "rd_cny", "year": "2025", "value": value, "basis": "high_tech", "source": "declared"}

    page = as_officer.post(f"/firms/{firm.credit_code}/fact/", given)

    assert page.status_code == 409
    assert f'value="{value}"' in text(page) or not value
    assert Fact.objects.count() == 0


def test_a_programme_is_opened_with_one_click_and_once(as_officer, firm):
    given = {"programme": "tech_sme", "year": date.today().year}

    first = as_officer.post(f"/firms/{firm.credit_code}/open/", given)
    second = as_officer.post(f"/firms/{firm.credit_code}/open/", given, follow=True)

    assert first["Location"] == f"/applications/{Application.objects.get().pk}/"
    assert "申报已在办理，请勿重复发起" in text(second)


def test_a_title_suggests_the_next_programme(as_officer, firm):
    world.at(firm, "registered", programme="tech_sme")

    page = text(as_officer.get(f"/firms/{firm.credit_code}/"))

    assert "已是科技型中小企业，可进入下一级" in page


def test_a_viewer_meets_no_forms(client, viewer, firm):
    client.force_login(viewer)
    world.at(firm, "formal")

    page = text(client.get(f"/firms/{firm.credit_code}/"))

    for words in ("保存记录", "保存数据", "可以发起", "开通企业账号"):
        assert words not in page
    assert client.post(f"/firms/{firm.credit_code}/touch/", {"kind": "note", "text": "x"}).status_code == 409
    assert Touch.objects.count() == 0


def test_an_officer_opens_an_account_for_a_firm_once(as_officer, firm):
    given = {"username": "boss", "name": "王五", "email": "boss@example.cn"}

    page = as_officer.post(f"/settings/firms/{firm.credit_code}/accounts/", given, follow=True)
    again = as_officer.post(f"/settings/firms/{firm.credit_code}/accounts/", given, follow=True)

    password = re.search(r"初始密码：(\S+)（", text(page))[1]
    assert User.objects.get(username="boss").check_password(password)
    assert "用户名“boss”已被使用，请换一个" in text(again)
    assert firm.memberships.count() == 1


def test_a_contact_and_a_county(as_city, firm, other_county):
    as_city.post(f"/firms/{firm.credit_code}/contact/", {"name": "王五", "email": "w@example.cn"})
    as_city.post(f"/firms/{firm.credit_code}/region/", {"region": "450881", "reason": "迁址"})

    assert Contact.objects.get().email == "w@example.cn"
    assert Firm.objects.get().region == other_county


# Moving -------------------------------------------------------------------------------------------------------------


def sheet(application):
    return f"/applications/{application.pk}/move/"


def test_the_sheet_is_a_page_and_a_fragment(as_city, formal):
    page, fragment = as_city.get(sheet(formal)), as_city.get(sheet(formal), headers={"HX-Request": "true"})

    for response in (page, fragment):
        assert "退回补正" in text(response)
        assert "企业将收到通知" in text(response)
    assert "<html" in text(page)
    assert "<html" not in text(fragment)


def test_a_move_by_page_returns_to_where_one_came_from(as_city, formal):
    given = {"transition": "recommend", "version": formal.version, "next": "/board/high_tech/"}

    assert as_city.post(sheet(formal), given)["Location"] == "/board/high_tech/"


def test_a_return_address_elsewhere_is_ignored(as_city, formal):
    given = {"transition": "recommend", "version": formal.version, "next": "https://evil.example/"}

    assert as_city.post(sheet(formal), given)["Location"] == f"/applications/{formal.pk}/"


def test_a_move_by_htmx_tells_the_board(as_city, formal):
    given = {"transition": "recommend", "version": formal.version}

    response = as_city.post(sheet(formal), given, headers={"HX-Request": "true"})

    assert response.status_code == 204
    assert "moved" in response["HX-Trigger"]
    formal.refresh_from_db()
    assert formal.stage == "recommended"


def test_a_refused_move_shows_every_reason_and_keeps_the_note(as_city, formal):
    given = {"transition": "return_for_correction", "version": formal.version, "note": "  "}
    response = as_city.post(sheet(formal), given)

    assert response.status_code == 409
    assert "“退回补正”须写明原因" in text(response)


def test_a_stale_sheet_loses_nothing_typed_and_can_be_sent_again(as_city, formal, lead):
    stale = formal.version
    move_application(formal, "return_for_correction", actor=lead, note="先到")
    move_application(formal, "submit", actor=None)
    move_application(formal, "start_formal", actor=lead)
    typed = {"transition": "return_for_correction", "version": stale, "note": "缺第三季度凭证"}

    refused = as_city.post(sheet(formal), typed)

    page = text(refused)
    assert refused.status_code == 409
    assert "该申请的阶段刚被他人更改，请刷新后再试" in page
    assert "缺第三季度凭证" in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    again = as_city.post(sheet(formal), typed | {"version": version})
    assert again.status_code == 302
    formal.refresh_from_db()
    assert formal.stage == "returned"


@pytest.mark.parametrize(
    "given",
    [{}, {"transition": "recommend"}, {"transition": "recommend", "version": "x"}, {"transition": "fly", "version": 8}],
)
def test_senseless_moves_change_nothing(as_city, formal, given):
    before = formal.version

    assert as_city.post(sheet(formal), given).status_code == 409

    formal.refresh_from_db()
    assert formal.version == before


def test_the_next_action_is_planned(as_city, formal):
    as_city.post(f"/applications/{formal.pk}/plan/", {"next_action": "约审计", "next_action_on": "2026-12-01"})

    formal.refresh_from_db()
    assert (formal.next_action, formal.next_action_on) == ("约审计", date(2026, 12, 1))


# The board ----------------------------------------------------------------------------------------------------------


def test_lanes_hold_real_counts_and_twenty_cards(as_city, county):
    for number in range(23):
        world.opened(make.firm(f"看板企业{number:02d}", county), None)

    page = as_city.get("/board/high_tech/").content.decode()
    lane = page[page.index('data-stage="library"') :]
    lane = lane[: lane.index("</section>")]

    assert '<span class="soft num">23</span>' in lane
    assert lane.count("data-card=") == 20
    more = re.search(r'hx-get="(/board/high_tech/library/\?after=\d+)"', lane)[1]
    assert as_city.get(more).content.decode().count("data-card=") == 3


def test_a_card_carries_the_moves_its_reader_may_make(client, formal, officer, city_officer, viewer):
    def targets(person):
        client.force_login(person)
        found = re.search(r'data-draggable data-targets="([^"]*)"', client.get("/board/high_tech/").content.decode())
        return found and set(found[1].split())

    assert targets(city_officer) == {"returned", "recommended"}
    assert targets(officer) is None
    assert targets(viewer) is None


def test_the_board_keeps_region_year_and_filters(as_city, formal, other_firm):
    world.at(other_firm, "formal")

    assert other_firm.name in text(as_city.get("/board/high_tech/"))
    assert other_firm.name not in text(as_city.get("/board/high_tech/", {"region": "450821"}))
    assert formal.firm.name not in text(as_city.get("/board/high_tech/", {"year": "2020", "region": "450800"}))
    assert formal.firm.name not in text(as_city.get("/board/high_tech/", {"q": "别的"}))
    assert formal.firm.name not in text(as_city.get("/board/high_tech/", {"pending": "yes"}))
    assert formal.firm.name not in text(as_city.get("/board/high_tech/", {"late": "true"}))
    assert as_city.get("/board/nonsense/").status_code == 404


# Targets --------------------------------------------------------------------------------------------------------------


@time_machine.travel(MONDAY, tick=False)
def test_a_target_is_set_counted_and_opened_down_to_the_firms(client, lead, firm):
    client.force_login(lead)
    world.at(firm, "certified")
    given = {"indicator": "high_tech.first_time", "region": "450800", "year": 2026, "target": 45, "document": "贵科7号"}

    client.post("/targets/quota/", given)
    compile_metrics()

    page = text(client.get("/targets/"))
    assert "1/45" in page
    assert "2.2%" in page
    assert firm.name in text(client.get("/targets/high_tech.first_time/"))


def test_an_officer_sets_no_target_and_hears_why(as_officer):
    given = {"indicator": "high_tech.first_time", "region": "450821", "year": 2026, "target": 45}

    page = as_officer.post("/targets/quota/", given)

    assert page.status_code == 409
    assert Quota.objects.count() == 0


def test_a_manual_amount_needs_its_evidence(as_officer):
    given = {"indicator": "manual.national_platforms", "region": "450821", "on": "2026-01-05", "value": 1}

    page = as_officer.post("/targets/count/", given)

    assert page.status_code == 409
    assert Indicator.objects.get(code="manual.national_platforms").counts.count() == 0


@time_machine.travel(MONDAY, tick=False)
def test_progress_and_funnel_cost_the_same_whatever_they_hold(as_city, firm, django_assert_num_queries):
    world.at(firm, "certified")
    compile_metrics()
    as_city.get("/targets/")

    with django_assert_num_queries(10):
        as_city.get("/targets/")
    with django_assert_num_queries(6):
        as_city.get("/funnel/")


# The portal -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def returned(formal, city_officer, firm_user):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺第三季度凭证")
    return formal


def test_the_portal_says_what_to_do_and_until_when(as_firm, returned):
    page = text(as_firm.get("/portal/"))

    assert "您现在要做的" in page
    assert "请按退回意见补正材料后重新提交" in page
    assert "个工作日" in page


def test_the_portal_speaks_public_words_only(as_firm, returned, firm, officer):
    Touch.objects.create(firm=firm, kind="note", text="内部意见", on=date(2026, 1, 1), actor=officer)

    page = text(as_firm.get(f"/portal/applications/{returned.pk}/"))

    assert "缺第三季度凭证" in page
    assert "待补正" in page
    for internal in ("内部意见", "退回补正", "姓名city_officer", "依据材料"):
        assert internal not in page


def test_a_firm_resubmits_and_may_not_do_more(as_firm, returned):
    address = f"/portal/applications/{returned.pk}/move/"

    assert as_firm.post(address, {"transition": "start_formal", "version": returned.version}).status_code == 409
    done = as_firm.post(address, {"transition": "submit", "version": returned.version, "note": "已补"}, follow=True)

    returned.refresh_from_db()
    assert returned.stage == "submitted"
    assert done.redirect_chain == [(f"/portal/applications/{returned.pk}/receipt/", 302)]
    assert "目前无需操作" in text(as_firm.get(f"/portal/applications/{returned.pk}/"))


def test_a_refused_withdrawal_keeps_the_note(as_firm, returned):
    given = {"transition": "withdraw", "version": 0, "note": "不报了"}

    page = as_firm.post(f"/portal/applications/{returned.pk}/move/", given)

    assert page.status_code == 409
    assert "不报了" in text(page)
    assert "该申请的阶段刚被他人更改，请刷新后再试" in text(page)


def test_officers_pages_do_not_exist_for_firms(as_firm, returned, firm):
    for address in ("/firms/", f"/firms/{firm.credit_code}/", "/board/high_tech/", f"/applications/{returned.pk}/"):
        assert as_firm.get(address).status_code == 404


def test_the_portal_costs_a_fixed_number_of_statements(as_firm, returned, firm, django_assert_num_queries):
    as_firm.get("/portal/")
    with django_assert_num_queries(22):
        as_firm.get("/portal/")
    with django_assert_num_queries(14):
        as_firm.get(f"/portal/applications/{returned.pk}/")


def test_a_message_is_read_and_leads_to_what_it_is_about(as_firm, returned, firm_user):
    message = Message.objects.get(recipient=firm_user)

    assert message.subject in text(as_firm.get("/messages/"))
    response = as_firm.post(f"/messages/{message.pk}/open/")

    message.refresh_from_db()
    assert response["Location"] == f"/portal/applications/{returned.pk}/"
    assert message.read_at is not None
