import io
from datetime import date

import pytest
import time_machine
from django.core.management import call_command

from crm.models import Fact
from pipeline.models import Application, Quota
from pipeline.services.applications import move_application
from pipeline.services.metrics import compile_metrics
from tests import make
from tests.pipeline import world


@pytest.fixture
def api(client):
    """Ask as somebody: `api(officer).get("firms/")`."""

    class Asked:
        def __init__(self, user):
            client.force_login(user)

        def get(self, address, **query):
            return client.get(f"/api/v1/{address}", query)

        def post(self, address, body):
            return client.post(f"/api/v1/{address}", body, content_type="application/json")

    return Asked


def test_the_schema_is_valid_and_says_everything(db):
    out = io.StringIO()

    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)

    text = out.getvalue()
    for path in ("firms/{credit_code}/facts/", "applications/{id}/moves/", "progress/", "funnel/", "jobs/{id}/"):
        assert f"/api/v1/{path}:" in text


def test_the_documentation_page_asks_nobody_else(client):
    page = client.get("/api/v1/docs/").content.decode()

    assert "swagger-ui" in page
    assert "//cdn" not in page


def test_firms_are_listed_by_scope_and_filter(api, officer, city_officer, firm, other_firm):
    own = api(officer).get("firms/").json()
    assert [row["credit_code"] for row in own["results"]] == [firm.credit_code]

    found = api(city_officer).get("firms/", q="桂平新").json()
    assert [row["name"] for row in found["results"]] == [other_firm.name]


def test_lists_are_paged_by_cursor(api, city_officer, county):
    for number in range(5):
        make.firm(f"第{number}公司", county)

    first = api(city_officer).get("firms/", page_size=3).json()
    second = api(city_officer).get(first["next"].split("/api/v1/")[1]).json()

    names = [row["name"] for row in (*first["results"], *second["results"])]
    assert names == [f"第{number}公司" for number in (4, 3, 2, 1, 0)]
    assert second["next"] is None


@pytest.mark.parametrize("address", ["firms/", "applications/", "deadlines/", "messages/"])
def test_a_list_costs_at_most_eight_statements(
    address, api, city_officer, county, officer, django_assert_max_num_queries
):
    for number in range(3):
        world.at(make.firm(f"第{number}公司", county), "formal")
    asked = api(city_officer)

    with django_assert_max_num_queries(8):
        assert asked.get(address).status_code == 200


def test_a_wrong_filter_is_a_problem_document(api, officer):
    response = api(officer).get("applications/", phase="nonsense", year="x")

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["code"], body["status"], sorted(body["errors"])) == ("invalid_input", 400, ["phase", "year"])


def test_figures_are_read_and_entered(api, officer, firm):
    asked = api(officer)
    body = {"year": 2025, "code": "rd_cny", "basis": "high_tech", "source": "audit", "value": "386000"}

    made = asked.post(f"firms/{firm.credit_code}/facts/", body)
    again = asked.post(f"firms/{firm.credit_code}/facts/", body | {"value": "400000"})

    assert (made.status_code, again.status_code) == (201, 201)
    shown = asked.get(f"firms/{firm.credit_code}/facts/").json()
    assert [(row["code"], row["value"], row["entered_by"]) for row in shown] == [
        ("rd_cny", "400000.0000", "姓名officer")
    ]


def test_wrong_figures_name_every_field(api, officer, firm):
    body = {"year": "x", "code": "nonsense", "source": "rumour", "value": "viel"}

    response = api(officer).post(f"firms/{firm.credit_code}/facts/", body)

    assert response.status_code == 400
    assert sorted(response.json()["errors"]) == ["code", "source", "value", "year"]
    assert Fact.objects.count() == 0


def test_an_application_is_opened_and_a_second_one_refused(api, officer, firm):
    asked = api(officer)
    body = {"firm": firm.credit_code, "programme": "high_tech", "round": None}

    made, again = asked.post("applications/", body), asked.post("applications/", body)

    assert made.status_code == 201
    assert made.json()["stage"] == "library"
    assert again.status_code == 409
    assert again.json() == {
        "type": "urn:cultivar:problem:application_refused",
        "title": "不能发起申报",
        "status": 409,
        "code": "application_refused",
        "reasons": [f"{firm.name} {date.today().year} 年的高新技术企业申报已在办理，请勿重复发起"],
    }


def test_a_firm_of_another_county_cannot_be_opened(api, officer, other_firm):
    response = api(officer).post("applications/", {"firm": other_firm.credit_code, "programme": "high_tech"})

    assert response.status_code == 404
    assert Application.objects.count() == 0


def test_moves_are_listed_with_blockers_and_made(api, officer, firm):
    application = world.opened(firm, officer)
    asked = api(officer)
    address = f"applications/{application.pk}/moves/"

    shown = asked.get(address).json()
    assert (shown["version"], shown["stage"], shown["stage_label"]) == (0, "library", "培育入库")
    assert shown["moves"][0] == {
        "transition": "diagnose",
        "label": "开始诊断",
        "to": "diagnose",
        "to_label": "诊断辅导",
        "note_required": False,
        "mails_firm": False,
        "grants": None,
        "allowed": True,
        "blockers": [],
        "needs": [],
        "consequences": [],
    }

    moved = asked.post(address, {"transition": "diagnose", "note": "先看", "version": 0})
    assert (moved.status_code, moved.json()["stage"], moved.json()["version"]) == (200, "diagnose", 1)
    stale = asked.post(address, {"transition": "prepare", "version": 0})
    assert (stale.status_code, stale.json()["code"]) == (409, "stage_moved")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ({"transition": "diagnose", "version": -1}, 400, "invalid_input"),
        ({"transition": "fly"}, 409, "unknown_transition"),
        ({"transition": "drop", "note": ""}, 409, "transition_refused"),
    ],
)
def test_wrong_moves_change_nothing(api, officer, firm, body, status, code):
    application = world.opened(firm, officer)

    response = api(officer).post(f"applications/{application.pk}/moves/", body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    application.refresh_from_db()
    assert (application.stage, application.version) == ("library", 0)


def test_a_firm_sees_the_public_face(api, firm_user, formal, city_officer):
    from pipeline.services.applications import move_application, plan_next

    plan_next(formal, action="内部计划", on=None, actor=city_officer)
    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
    asked = api(firm_user)

    shown = asked.get(f"applications/{formal.pk}/").json()
    moves = asked.get(f"applications/{formal.pk}/moves/").json()

    assert (shown["stage_label"], shown["next_action"], shown["turn"]) == ("待补正", "", "firm")
    assert [(move["transition"], move["to_label"]) for move in moves["moves"]] == [
        ("submit", "已提交"),
        ("withdraw", "已撤回"),
    ]
    assert asked.get("progress/").status_code == 404


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_targets_progress_and_funnel(api, lead, firm):
    world.at(firm, "certified")
    asked = api(lead)
    quota = {
        "indicator": "high_tech.first_time",
        "region": "450800",
        "year": 2026,
        "target": "45",
        "document": "贵科7号",
    }

    assert asked.post("quotas/", quota).status_code == 201
    assert asked.post("quotas/", quota | {"target": "-1"}).status_code == 400
    compile_metrics()

    row = asked.get("progress/").json()["rows"][0]
    assert (row["indicator"], row["done"], row["target"], row["gap"], row["completion_ratio"]) == (
        "high_tech.first_time",
        "1",
        "45",
        "44",
        "0.0222",
    )
    high_tech = asked.get("funnel/").json()[0]
    assert high_tech["programme"] == "high_tech"
    assert high_tech["steps"][-1] == {
        "stage": "certified",
        "label": "认定",
        "reached": 1,
        "lost": 0,
        "ratio": 1.0,
        "before": 1,
        "waiting": 0,
        "low": 0.2699,
        "high": 1.0,
        "outcomes": {},
    }
    assert Quota.objects.count() == 1


def test_an_officer_may_not_set_targets(api, officer):
    body = {"indicator": "high_tech.first_time", "region": "450821", "year": 2026, "target": "5"}

    response = api(officer).post("quotas/", body)

    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")


def test_a_target_for_a_region_that_one_does_not_see_is_not_found(api, county, lead):
    county_lead = make.person("county_lead", county, "lead")
    body = {"indicator": "high_tech.first_time", "region": "450881", "year": 2026, "target": "5"}

    assert api(county_lead).post("quotas/", body).status_code == 404


def test_health_says_whether_the_queue_moves(client, db):
    from crm.services.jobs import beat_heart

    before = client.get("/api/v1/health/").json()
    beat_heart("queue")
    after = client.get("/api/v1/health/").json()

    assert (before["ready"], before["queue_moves"], before["queue_age_seconds"]) == (True, False, None)
    assert (after["queue_moves"], after["queue_age_seconds"]) == (True, 0)
    assert client.get("/api/v1/health/live/").json() == {"live": True}


def test_a_firm_reads_no_internal_note_and_no_officers_name(api, firm, firm_user, city_officer):
    application = world.at(firm, "formal")
    move_application(application, "recommend", actor=city_officer, note="内部意见")

    shown = api(firm_user).get(f"applications/{application.pk}/events/").json()

    assert (shown[-1]["transition"], shown[-1]["note"], shown[-1]["actor"]) == ("recommend", "", None)
    assert api(city_officer).get(f"applications/{application.pk}/events/").json()[-1]["note"] == "内部意见"
