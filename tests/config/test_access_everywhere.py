"""Every address, as people who must not see one firm. A new route that is not in the table fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from crm.choices import Role
from crm.models import Import, ImportRow, Job, Membership, Post, Region, User
from crm.services.chunks import work_on
from crm.services.facts import record_fact
from crm.services.holdings import save_right
from crm.services.people import renew_calendar_key
from notifications.models import Mail, Message
from pipeline.models import OfficialList, OfficialListRow
from pipeline.policy import policy_of
from pipeline.services.bench import start_bench
from pipeline.services.drafts import copy_edition
from pipeline.services.metrics import compile_metrics
from pipeline.services.rounds import save_round
from pipeline.services.screening import start_screening
from pipeline.services.shortlists import save_shortlist
from tests import make
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
    "firm_gap": Route(HIDDEN, ("credit_code",)),
    "firm_figures": Route(HIDDEN, ("credit_code",)),
    "firm_entry": Route(HIDDEN, ("credit_code",), {"code": "dishonesty", "value": "0", "source": "tax"}),
    "firm_holdings": Route(HIDDEN, ("credit_code",)),
    "firm_holding_add": Route(HIDDEN, ("credit_code", "what"), {"kind": "invention", "number": "x"}),
    "firm_holding": Route(HIDDEN, ("credit_code", "what", "right"), {"kind": "invention", "number": "x"}),
    "firm_holding_remove": Route(HIDDEN, ("credit_code", "what", "right"), {}),
    "fact_file": Route(HIDDEN, ("fact",)),
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
    "screenings": Route(LIST),
    "screening": Route(LIST, ("programme",)),
    "screening_start": Route(OWN, ("programme",), {}),
    "screening_status": Route(OWN, ("programme",)),
    "screening_cancel": Route(OWN, ("programme",), {}),
    "screening_save": Route(OWN, ("programme",), {"name": "x", "all": "1"}),
    "shortlists": Route(LIST),
    "shortlist": Route(HIDDEN, ("shortlist",)),
    "shortlist_remove": Route(HIDDEN, ("shortlist",), {"firm": "x"}),
    "shortlist_delete": Route(HIDDEN, ("shortlist",), {}),
    "shortlist_open": Route(HIDDEN, ("shortlist",), {}),
    "shortlist_status": Route(HIDDEN, ("shortlist",)),
    "shortlist_cancel": Route(HIDDEN, ("shortlist",), {}),
    "deadlines": Route(LIST),
    "deadline_month": Route(LIST),
    "recognitions": Route(LIST),
    "firm_recognitions": Route(HIDDEN, ("credit_code",)),
    "recognition_act": Route(HIDDEN, ("credit_code", "title", "act"), {"number": "GR1"}),
    "recognition_add": Route(HIDDEN, ("credit_code",), {"kind": "high_tech:certificate", "granted_on": "2024-01-01"}),
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
    "policies": Route(LIST),
    "policy": Route(LIST, ("programme", "edition")),
    "policy_compare": Route(LIST, ("programme", "edition")),
    "policy_yaml": Route(LIST, ("programme", "edition")),
    "policy_copy": Route(HIDDEN, ("programme", "edition"), {}),
    "policy_upload": Route(HIDDEN, ("programme", "edition"), {}),
    "policy_bench": Route(LIST),
    "policy_bench_region": Route(MANAGE, (), {"old": "high_tech/CN-2016", "new": "high_tech/CN-2016"}),
    "policy_bench_result": Route(HIDDEN, ("trial",)),
    "draft": Route(HIDDEN, ("draft",)),
    "draft_yaml": Route(HIDDEN, ("draft",)),
    "draft_upload": Route(HIDDEN, ("draft",), {"version": 0}),
    "draft_discard": Route(HIDDEN, ("draft",), {"version": 0}),
    "draft_publish": Route(HIDDEN, ("draft",)),
    "rounds": Route(LIST),
    "round": Route(LIST, ("round",)),
    "calendar": Route(LIST),
    "workday_set": Route(MANAGE, (), {"date": "2026-12-25", "kind": "holiday"}),
    "calendar_feed": Route(PUBLIC, ("key",)),
    "check_index": Route(PUBLIC),
    "check": Route(PUBLIC, ("programme",)),
    "portal": Route(LIST),
    "portal_check": Route(LIST, ("programme",)),
    "portal_application": Route(HIDDEN, ("application",)),
    "portal_report": Route(HIDDEN, ("title",), {"year": 2026, "on": "2026-05-01", "number": "x"}),
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
    "official_lists": Route(LIST),
    "official_list": Route(HIDDEN, ("list",)),
    "official_list_confirm": Route(HIDDEN, ("list",), {"every": "1"}),
    "official_list_undo": Route(HIDDEN, ("list",), {"line": "2"}),
    "official_list_report": Route(HIDDEN, ("list",)),
    "official_list_decide": Route(HIDDEN, ("list", "line"), {"choice": "none"}),
    "official_list_add": Route(HIDDEN, ("list", "line"), {}),
    "job": Route(HIDDEN, ("job",)),
    "job_cancel": Route(HIDDEN, ("job",), {}),
    "choose_language": Route(PUBLIC, (), {"language": "en"}),
    "settings": Route(OWN),
    "account": Route(OWN),
    "token_renew": Route(OWN, (), {}),
    "calendar_renew": Route(OWN, (), {}),
    "people": Route(LIST),
    "post_add": Route(HIDDEN, ("post",), {"role": "admin", "region": "450881"}),
    "post_remove": Route(HIDDEN, ("post",), {}),
    "api-firm-list": Route(LIST),
    "api-firm-detail": Route(HIDDEN, ("credit_code",)),
    "api-firm-facts": Route(HIDDEN, ("credit_code",)),
    "api-firm-assessments": Route(HIDDEN, ("credit_code",)),
    "api-firm-rights": Route(HIDDEN, ("credit_code",)),
    "api-firm-credentials": Route(HIDDEN, ("credit_code",)),
    "api-application-list": Route(LIST),
    "api-application-detail": Route(HIDDEN, ("pk",)),
    "api-application-moves": Route(HIDDEN, ("pk",)),
    "api-application-events": Route(HIDDEN, ("pk",)),
    "api-deadline-list": Route(LIST),
    "api-round-list": Route(LIST),
    "api-round-detail": Route(LIST, ("round_pk",)),
    "api-recognition-list": Route(LIST),
    "api-official-list-list": Route(LIST),
    "api-official-list-detail": Route(HIDDEN, ("list_pk",)),
    "api-official-list-rows": Route(HIDDEN, ("list_pk",)),
    "api-official-list-missing": Route(HIDDEN, ("list_pk",)),
    "api-official-list-decide": Route(HIDDEN, ("list_pk", "line"), {"choice": "none"}),
    "api-official-list-confirm": Route(HIDDEN, ("list_pk",), {}),
    "api-official-list-undo": Route(HIDDEN, ("list_pk",), {}),
    "api-indicator-list": Route(LIST),
    "api-quota-list": Route(LIST),
    "api-message-list": Route(LIST),
    "api-message-detail": Route(HIDDEN, ("message_pk",)),
    "api-job-list": Route(LIST),
    "api-job-detail": Route(HIDDEN, ("job_pk",)),
    "api-assessment-preview": Route(OWN, (), {"programme": "tech_sme", "facts": {}}),
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
def everything(private_storage, firm, officer, firm_user, city, county, lead, admin, other_officer):
    """The firm with something of every kind attached."""
    application = world.at(firm, "formal")
    world.at(firm, "registered", programme="tech_sme")
    proof = SimpleUploadedFile(f"{SECRET}.pdf", b"%PDF-1.7")
    fact = record_fact(
        firm, code="sales_cny", value=Decimal(1), year=2025, source="declared", actor=officer, file=proof
    )
    right = save_right(firm, kind="invention", number="ZL1", title=SECRET, actor=officer)
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
    mail = Mail.objects.create(
        address=firm_user.email,
        recipient=firm_user,
        region_path=firm.region_path,
        subject=SECRET,
        text=SECRET,
        html=SECRET,
        at=timezone.now(),
    )
    batch = Import.objects.create(
        name=f"{SECRET}.csv", digest="x", region=county, region_path=county.path, actor=officer, state="checked"
    )
    ImportRow.objects.create(batch=batch, line=2, raw={"企业名称": SECRET}, outcome="pending")
    job = Job.objects.create(kind="import.check", title=SECRET, actor=officer)
    window = save_round(
        programme="high_tech", region=city, year=2026, opens_on=date(2026, 5, 1), closes_on=date(2026, 9, 1), actor=lead
    )
    published = OfficialList.objects.create(
        name=f"{SECRET} 名单",
        programme="high_tech",
        kind="notice",
        stage="filed",
        published_on=date(2026, 1, 1),
        file_name="x.txt",
        region=city,
        region_path=city.path,
        state="ready",
    )
    OfficialListRow.objects.create(
        official_list=published,
        line=2,
        name=SECRET,
        firm=firm,
        region_path=firm.region_path,
        standing="matched",
        offered="matched",
    )
    compile_metrics()
    edition = world.published("high_tech", "CN-2016")
    work_on(start_screening(county, "high_tech", actor=None, here=True).pk)
    shortlist = save_shortlist(SECRET, edition=edition, region=county, firms=[firm.pk], actor=officer)
    policy = policy_of(edition)
    trial = start_bench(county, policy, policy, on=date(2026, 7, 1), actor=officer)
    return {
        "title": firm.recognitions.get().pk,
        "act": "complete",
        "shortlist": shortlist.pk,
        "list": published.pk,
        "list_pk": published.pk,
        "edition": edition.code,
        "draft": copy_edition(edition, actor=admin).pk,
        "trial": trial.pk,
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
        "fact": fact.pk,
        "what": "right",
        "key": renew_calendar_key(other_officer),
        "right": right.pk,
    }


def ask(client: Client, name: str, world_: dict):
    route = ROUTES[name]
    renamed = {"application": "pk", "membership": "pk", "message": "pk", "mail": "pk", "batch": "pk", "job": "pk"}
    renamed |= {"edition": "code", "draft": "pk", "trial": "pk"}
    renamed |= {"shortlist": "pk", "round": "pk", "post": "pk", "round_pk": "pk", "message_pk": "pk", "job_pk": "pk"}
    renamed |= {"fact": "pk", "right": "pk"}
    renamed |= {"list": "pk", "list_pk": "pk", "title": "pk"}
    address = reverse(name, kwargs={renamed.get(key, key): world_[key] for key in route.kwargs})
    if name == "board_lane":
        address += f"?after={world_['application']}"
    if route.post is None:
        return client.get(address)
    return client.post(address, route.post, **({"content_type": "application/json"} if "api" in name else {}))


def body(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", errors="replace")


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_route_is_in_the_table():
    assert ours() == sorted(ROUTES)


@contextmanager
def undone() -> Iterator[None]:
    """What is asked inside leaves nothing behind, so that one world serves every kind of person."""
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)


def strangers(other_county, other_firm):
    """Everybody whom another county may have."""
    people = [make.person(f"stranger_{role}", other_county, role) for role in Role.values]
    people.append(make.person("two_posts", other_county, Role.VIEWER))
    Post.objects.create(user=people[-1], region=Region.objects.get(code="450802"), role=Role.LEAD)
    people.append(make.firm_person("of_a_firm_too", other_firm))
    Post.objects.create(user=people[-1], region=other_county, role=Role.OFFICER)
    return people


def those_who_lost_it(firm, county):
    """People whose session is open and whose right is gone."""
    disabled, ended, moved, nobody = (make.person(name) for name in ("disabled", "ended", "moved", "nobody"))
    for member in (disabled, ended):
        Membership.objects.create(user=member, firm=firm, started_on=date(2020, 1, 1))
    for staff in (disabled, moved):
        Post.objects.create(user=staff, region=county, role=Role.ADMIN)
    clients = {person.username: logged_in(person) for person in (disabled, ended, moved, nobody)}
    assert clients["ended"].get("/portal/").status_code == clients["moved"].get("/firms/").status_code == 200
    User.objects.filter(pk=disabled.pk).update(is_active=False)
    ended.memberships.update(ended_on=date(2026, 1, 1))
    moved.posts.all().delete()
    return clients


# What each kind of person may get from a route of each kind. MANAGE is refused even to a manager of another county.
STRANGER = {HIDDEN: {404}, LIST: {200, 202, 404}, OWN: {200, 302}, PUBLIC: {200, 302}, MANAGE: {409}}
OTHER_FIRM = {HIDDEN: {404}, LIST: {200, 202, 302, 404}, OWN: {200, 302, 404}, PUBLIC: {200, 302}, MANAGE: {404}}
LOST_IT = {kind: {200, 202, 302, 403, 404} for kind in (HIDDEN, LIST)}


def refuse(client: Client, who: str, name: str, world_: dict, allowed: set[int]) -> None:
    """The route answers this person as it may and never speaks of the firm."""
    with undone():
        response = ask(client, name, world_)

        assert response.status_code in allowed, who
        assert SECRET not in body(response), who


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_no_stranger_ever_meets_the_firm(
    name, everything, firm, county, officer, firm_user, admin, other_county, other_firm, other_firm_user
):
    """Every kind of person of another county, a person of another firm, people who lost the right, and nobody.

    What is hidden from them is shown to its own people, so that this cannot pass because it is hidden from everybody.
    """
    kind = ROUTES[name].kind
    for stranger in strangers(other_county, other_firm):
        refuse(logged_in(stranger), stranger.username, name, everything, STRANGER[kind])
    refuse(logged_in(other_firm_user), "other firm", name, everything, OTHER_FIRM[kind])
    if kind in LOST_IT:
        for username, client in those_who_lost_it(firm, county).items():
            refuse(client, username, name, everything, LOST_IT[kind])
    with undone():
        _without_log_in(name, ask(Client(), name, everything))
    if kind == HIDDEN:
        own = {_status(person, name, everything) for person in (officer, firm_user, admin)}
        assert own & {200, 202, 302, 403, 409}


def _status(person, name, world_):
    with undone():
        return ask(logged_in(person), name, world_).status_code


def _without_log_in(name, response):
    """Only public pages answer."""
    if ROUTES[name].kind == PUBLIC:
        assert response.status_code in {200, 302, 503}
    elif name.startswith("api-"):
        assert response.status_code == 403
    else:
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/accounts/login/")
    assert SECRET not in body(response)
