"""Input that no form of ours sends: every answer is a refusal or a page, never a crash, and nothing changes."""

from base64 import b64encode

import pytest
from django.db import transaction
from django.test import Client

from crm.models import ChangeRecord, Fact
from notifications.models import Message
from pipeline.models import Application, Quota, Recognition, StageEvent
from tests.pipeline import world

pytestmark = pytest.mark.whole  # every page is asked dozens of questions

LISTS = ["firms", "applications", "deadlines", "rounds", "recognitions", "indicators", "quotas", "messages", "jobs"]
NASTY = ["\0", "长" * 3000, "-1", "0", "99999", "9" * 30, "NaN", "²", "1e400", "[]", "' OR 1=1 --"]


def cursor(position):
    return b64encode(f"p={position}".encode()).decode()


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def everything_stored():
    kinds = (Application, StageEvent, Recognition, Quota, Fact, Message, ChangeRecord)
    return [kind.objects.count() for kind in kinds], list(Application.objects.order_by("pk").values())


def is_problem(response, *statuses):
    body = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert response.status_code in statuses
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:cultivar:problem:{body['code']}"
    assert body["title"]
    assert body["reasons"]
    return body


@pytest.mark.parametrize("name", LISTS)
def test_no_parameter_breaks_a_list_of_the_api(name, admin, firm):
    world.at(firm, "certified")
    client = client_of(admin)

    for parameter in (
        "q",
        "region",
        "year",
        "stage",
        "firm",
        "until",
        "programme",
        "page_size",
        "indicator__code",
        "to",
    ):
        for value in NASTY:
            response = client.get(f"/api/v1/{name}/", {parameter: value})
            assert response.status_code == 200 or is_problem(response, 400, 404)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("mark", ["x", cursor("nonsense"), cursor("9" * 30), cursor("\0"), cursor("2026-02-30")])
def test_a_made_up_cursor_is_not_found(name, mark, admin, firm):
    world.at(firm, "certified")

    response = client_of(admin).get(f"/api/v1/{name}/", {"cursor": mark})

    assert response.status_code == 200 or is_problem(response, 404)


@pytest.mark.parametrize(
    "address",
    [
        "/firms/",
        "/applications/",
        "/board/high_tech/",
        "/deadlines/",
        "/targets/",
        "/targets/high_tech.stock/",
        "/outbox/",
        "/imports/",
        "/",
        "/funnel/",
        "/board/high_tech/formal/",
    ],
)
def test_no_parameter_breaks_a_page(address, admin, firm):
    world.at(firm, "formal")
    client = client_of(admin)

    for parameter in ("q", "region", "year", "stage", "after", "until", "state", "to"):
        for value in NASTY:
            assert client.get(address, {parameter: value}).status_code in {200, 400, 404}


@pytest.mark.parametrize(
    ("address", "parameters"),
    [
        ("/funnel/", ("programme", "quarter", "as_of")),
        ("/funnel/firms/", ("what", "stage", "outcome", "kind", "reason", "after")),
        ("/funnel/cohorts/", ("by", "year", "as_of")),
        ("/funnel/ladder/", ("year", "as_of")),
        ("/funnel/ladder/firms/", ("who", "within", "due", "outcome", "after")),
        ("/reports/", ("after",)),
        ("/reports/template/", ("version",)),
    ],
)
def test_no_question_breaks_a_page_of_conversion(address, parameters, admin):
    client = client_of(admin)

    for parameter in parameters:
        for value in NASTY:
            assert client.get(address, {parameter: value}).status_code in {200, 400, 404}


@pytest.mark.parametrize(
    "address",
    [
        "firms/%00/",
        "firms/a%00b/",
        "applications/%00/",
        "applications/99999999999999999999999/",
        "nowhere/",
        "%00/",
        "messages/99999999999999999999999/",
    ],
)
def test_an_address_that_is_none_is_a_problem_document(address, admin):
    is_problem(client_of(admin).get(f"/api/v1/{address}"), 400, 404)


@pytest.mark.parametrize(
    "address", ["/firms/%00/", "/targets/a%00/", "/board/%00/", "/board/high_tech/%00/", "/nowhere/"]
)
def test_a_page_that_is_none_is_a_page(address, admin):
    response = client_of(admin).get(address)

    assert response.status_code in {400, 404}
    assert response["Content-Type"].startswith("text/html")


VALUES = [None, [], {}, "", "\0", "长" * 5000, -1, 0, 10**30, 1.5, True, "NaN", "9999-12-31", "0001-01-01", "２０２６"]
MOVE = {
    "transition": "certify",
    "note": "x",
    "version": 0,
    "number": "GR1",
    "document": "x",
    "granted_on": "2026-01-01",
    "valid_until": "2028-12-31",
}
OPEN = {"firm": "", "programme": "tech_sme", "round": None, "year": None}
FACT = {"year": 2025, "code": "rd_cny", "basis": "high_tech", "source": "audit", "value": "1", "evidence": "x"}
QUOTA = {"indicator": "high_tech.stock", "region": "450800", "year": 2026, "target": "1", "document": "x"}


@pytest.fixture
def requests(lead, firm):
    """Each lawful request of the API, and where it goes."""
    application = world.at(firm, "filed")
    return {
        "move": (f"applications/{application.pk}/moves/", MOVE | {"version": application.version}),
        "open": ("applications/", OPEN | {"firm": firm.credit_code}),
        "fact": (f"firms/{firm.credit_code}/facts/", FACT),
        "quota": ("quotas/", QUOTA),
    }


@pytest.mark.parametrize("what", ["move", "open", "fact", "quota"])
def test_a_wrong_field_changes_nothing(what, requests, lead):
    address, lawful = requests[what]
    client, before = client_of(lead), everything_stored()

    def post(body):
        return client.post(f"/api/v1/{address}", body, content_type="application/json")

    for body in (None, [], "x", 1, {}, *({**lawful, field: value} for field in lawful for value in VALUES)):
        with transaction.atomic():
            response = post(body)
            if response.status_code >= 400:
                is_problem(response, 400, 404, 409)
                assert everything_stored() == before
            transaction.set_rollback(True)

    assert post(lawful).status_code in {200, 201}
    assert everything_stored() != before


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        ("a=1", "application/x-www-form-urlencoded", 415),
        ("x", "nonsense", 415),
        ('{"note": "' + "x" * 6_000_000 + '"}', "application/json", 413),
    ],
)
def test_a_body_that_is_none_is_a_problem_document(body, kind, status, requests, lead):
    address, _lawful = requests["move"]

    is_problem(client_of(lead).post(f"/api/v1/{address}", body, content_type=kind), status)


@pytest.mark.parametrize(("method", "address"), [("delete", "firms/"), ("put", "health/"), ("post", "progress/")])
def test_a_wrong_method_is_a_problem_document(method, address, lead):
    body = is_problem(getattr(client_of(lead), method)(f"/api/v1/{address}"), 405)

    assert body["code"] == "method_not_allowed"


def test_who_is_not_known_gets_a_problem_document(db):
    is_problem(Client().get("/api/v1/firms/"), 401, 403)
    is_problem(Client().get("/api/v1/firms/", headers={"authorization": "Token nonsense"}), 401, 403)
    is_problem(Client().get("/api/v1/firms/", headers={"authorization": "Token \xff"}), 401, 403)
