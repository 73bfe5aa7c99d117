"""Every address, as people who must not see one firm. A new route that is not in the table fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from crm.models import Import, ImportRow, Job, Membership
from crm.services.facts import record_fact
from notifications.models import Mail, Message
from pipeline.services.metrics import compile_metrics
from pipeline.services.rounds import save_round
from tests.pipeline import world

SECRET = "平南智造"  # the firm's name, which a stranger must not meet anywhere
LIST, HIDDEN, OWN, PUBLIC, MANAGE = "list", "hidden", "own", "public", "manage"


@dataclass(frozen=True)
class Route:
    """How a route is asked, and what strangers get: a list without the firm, a 404, their own page, or a public one."""

    kind: str
    kwargs: tuple[str, ...] = ()
    post: dict | None = None


MOVE = {"transition": "recommend", "version": 0, "note": "x"}
ROUTES = {
    "my_day": Route(LIST),
    "firms": Route(LIST),
    "firm": Route(HIDDEN, ("credit_code",)),
    "firm_touch": Route(HIDDEN, ("credit_code",), {"kind": "note", "text": "x"}),
    "firm_fact": Route(HIDDEN, ("credit_code",), {"code": "rd_cny", "value": "1", "year": "2025", "source": "tax"}),
    "firm_contact": Route(HIDDEN, ("credit_code",), {"name": "x"}),
    "firm_assign": Route(HIDDEN, ("credit_code",), {"officer": ""}),
    "firm_move": Route(HIDDEN, ("credit_code",), {"region": "450881"}),
    "firm_open": Route(HIDDEN, ("credit_code",), {"programme": "tech_sme"}),
    "firm_account_add": Route(HIDDEN, ("credit_code",), {"username": "x", "name": "x", "email": "x@example.cn"}),
    "firm_account_end": Route(HIDDEN, ("membership",), {}),
    "board": Route(LIST, ("programme",)),
    "board_lane": Route(HIDDEN, ("programme", "stage")),
    "applications": Route(LIST),
    "bulk_move": Route(LIST, (), {"rows": "1:0"}),
    "application": Route(HIDDEN, ("application",)),
    "application_move": Route(HIDDEN, ("application",), MOVE),
    "application_plan": Route(HIDDEN, ("application",), {"next_action": "x"}),
    "application_assign": Route(HIDDEN, ("application",), {"officer": ""}),
    "deadlines": Route(LIST),
    "targets": Route(LIST),
    "target_rows": Route(LIST, ("code",)),
    "quota_set": Route(MANAGE, (), {"indicator": "high_tech.stock", "region": "450821", "year": 2026, "target": 1}),
    "count_add": Route(
        MANAGE,
        (),
        {
            "indicator": "manual.national_platforms",
            "region": "450821",
            "on": "2026-01-01",
            "value": 1,
            "evidence": "x",
        },
    ),
    "compile_now": Route(OWN, (), {}),
    "funnel": Route(LIST),
    "rounds": Route(LIST),
    "round": Route(LIST, ("round",)),
    "calendar": Route(LIST),
    "workday_set": Route(MANAGE, (), {"date": "2026-12-25", "kind": "holiday"}),
    "portal": Route(LIST),
    "portal_application": Route(HIDDEN, ("application",)),
    "portal_move": Route(HIDDEN, ("application",), MOVE),
    "notices": Route(LIST),
    "notices_read": Route(OWN, (), {}),
    "notice_open": Route(HIDDEN, ("message",), {}),
    "outbox": Route(LIST),
    "outbox_message": Route(HIDDEN, ("message",)),
    "mailbox": Route(LIST),
    "mailbox_mail": Route(HIDDEN, ("mail",)),
    "mailbox_html": Route(HIDDEN, ("mail",)),
    "imports": Route(LIST),
    "import_template": Route(LIST),
    "import": Route(HIDDEN, ("batch",)),
    "import_confirm": Route(HIDDEN, ("batch",), {}),
    "import_report": Route(HIDDEN, ("batch",)),
    "import_decide": Route(HIDDEN, ("batch", "line"), {"decision": "skip"}),
    "job": Route(HIDDEN, ("job",)),
    "job_cancel": Route(HIDDEN, ("job",), {}),
    "choose_language": Route(PUBLIC, (), {"language": "en"}),
    "settings": Route(OWN),
    "account": Route(OWN),
    "token_renew": Route(OWN, (), {}),
    "people": Route(LIST),
    "post_add": Route(HIDDEN, ("post",), {"role": "admin", "region": "450881"}),
    "post_remove": Route(HIDDEN, ("post",), {}),
    "api-firm-list": Route(LIST),
    "api-firm-detail": Route(HIDDEN, ("credit_code",)),
    "api-firm-facts": Route(HIDDEN, ("credit_code",)),
    "api-application-list": Route(LIST),
    "api-application-detail": Route(HIDDEN, ("pk",)),
    "api-application-moves": Route(HIDDEN, ("pk",)),
    "api-application-events": Route(HIDDEN, ("pk",)),
    "api-deadline-list": Route(LIST),
    "api-round-list": Route(LIST),
    "api-round-detail": Route(LIST, ("round_pk",)),
    "api-recognition-list": Route(LIST),
    "api-indicator-list": Route(LIST),
    "api-quota-list": Route(LIST),
    "api-message-list": Route(LIST),
    "api-message-detail": Route(HIDDEN, ("message_pk",)),
    "api-job-list": Route(LIST),
    "api-job-detail": Route(HIDDEN, ("job_pk",)),
    "api-job-outcomes": Route(HIDDEN, ("job_pk",)),
    "api-bulk-move": Route(LIST, (), {"transition": "recommend", "applications": [{"id": 1, "version": 0}]}),
    "api-progress": Route(LIST),
    "api-funnel": Route(LIST),
    "health": Route(PUBLIC),
    "health_live": Route(PUBLIC),
    "api-schema": Route(PUBLIC),
    "api-docs": Route(PUBLIC),
}
FROM_LIBRARIES = ("account_", "mfa_")  # allauth's own pages: about the caller alone
PUBLIC_PAGES = {"favicon"}


def routes(patterns=None, prefix="") -> Iterator[tuple[str, str]]:
    """Every route: its name and its path."""
    for pattern in patterns or get_resolver().url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or path, path


def ours() -> list[str]:
    return sorted(
        {name for name, path in routes() if not name.startswith(FROM_LIBRARIES) and not path.startswith("favicon")}
    )


@pytest.fixture
def everything(firm, officer, firm_user, city, county, lead):
    """The firm with something of every kind attached."""
    application = world.at(firm, "formal")
    world.at(firm, "registered", programme="tech_sme")
    record_fact(firm, code="sales_cny", value=Decimal(1), year=2025, source="declared", actor=officer)
    message = Message.objects.create(
        key="secret",
        kind="stage",
        recipient=firm_user,
        to=firm_user.email,
        to_firm=True,
        firm=firm,
        application=application,
        region_path=firm.region_path,
        subject=f"{SECRET} x",
        body=SECRET,
        send_after=timezone.now(),
        message_id="<x>",
    )
    mail = Mail.objects.create(address=firm_user.email, subject=SECRET, text=SECRET, html=SECRET, at=timezone.now())
    batch = Import.objects.create(
        name=f"{SECRET}.csv", digest="x", region=county, region_path=county.path, actor=officer, state="checked"
    )
    ImportRow.objects.create(batch=batch, line=2, raw={"企业名称": SECRET}, outcome="pending")
    job = Job.objects.create(kind="import.check", title=SECRET, actor=officer)
    window = save_round(
        programme="high_tech", region=city, year=2026, opens_on=date(2026, 5, 1), closes_on=date(2026, 9, 1), actor=lead
    )
    compile_metrics()
    return {
        "credit_code": firm.credit_code,
        "application": application.pk,
        "pk": application.pk,
        "membership": Membership.objects.get(user=firm_user).pk,
        "programme": "high_tech",
        "stage": "formal",
        "code": "tech_sme.certified_in_year",
        "round": window.pk,
        "round_pk": window.pk,
        "message": message.pk,
        "message_pk": message.pk,
        "mail": mail.pk,
        "batch": batch.pk,
        "line": 2,
        "job": job.pk,
        "job_pk": job.pk,
        "post": officer.posts.get().pk,
    }


def ask(client: Client, name: str, world_: dict):
    route = ROUTES[name]
    renamed = {"application": "pk", "membership": "pk", "message": "pk", "mail": "pk", "batch": "pk", "job": "pk"}
    renamed |= {"round": "pk", "post": "pk", "round_pk": "pk", "message_pk": "pk", "job_pk": "pk"}
    address = reverse(name, kwargs={renamed.get(key, key): world_[key] for key in route.kwargs})
    if name == "board_lane":
        address += f"?after={world_['application']}"
    if route.post is None:
        return client.get(address)
    return client.post(address, route.post, **({"content_type": "application/json"} if name.startswith("api-") else {}))


def body(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", errors="replace")


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_route_is_in_the_table():
    assert ours() == sorted(ROUTES)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_an_officer_of_another_county_never_meets_the_firm(name, everything, other_officer):
    response = ask(logged_in(other_officer), name, everything)

    allowed = {
        HIDDEN: {404},
        LIST: {200, 202, 404},
        OWN: {200, 302},
        PUBLIC: {200, 302},
        MANAGE: {409},
    }
    assert response.status_code in allowed[ROUTES[name].kind]
    assert SECRET not in body(response)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_a_person_of_another_firm_never_meets_the_firm(name, everything, other_firm_user):
    response = ask(logged_in(other_firm_user), name, everything)

    allowed = {HIDDEN: {404}, LIST: {200, 202, 302, 404}, OWN: {200, 302, 404}, PUBLIC: {200, 302}, MANAGE: {404}}
    assert response.status_code in allowed[ROUTES[name].kind]
    assert SECRET not in body(response)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_without_log_in_only_public_pages_answer(name, everything):
    response = ask(Client(), name, everything)

    if ROUTES[name].kind == PUBLIC:
        assert response.status_code in {200, 302, 503}
    elif name.startswith("api-"):
        assert response.status_code == 403
    else:
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/accounts/login/")
    assert SECRET not in body(response)


@pytest.mark.parametrize("name", sorted(name for name, route in ROUTES.items() if route.kind == HIDDEN))
def test_the_own_officer_or_firm_does_meet_it(name, everything, officer, firm_user, admin):
    """So that the tests above cannot pass because everything is hidden from everybody."""
    statuses = {ask(logged_in(person), name, everything).status_code for person in (officer, firm_user, admin)}

    assert statuses & {200, 302, 403, 409}
