"""Every address, as people who must not see one firm. A new route that is not in the table fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from crm.choices import Role
from crm.models import Import, ImportRow, Job, Mandate, Membership, Post, Region, RegistrationRequest, User
from crm.services.chunks import work_on
from crm.services.downloads import note_download
from crm.services.facts import record_fact
from crm.services.holdings import save_right
from crm.services.invitations import invite
from crm.services.mandates import grant_mandate
from crm.services.people import renew_calendar_key
from crm.services.registrations import ask_for_account
from crm.signals import invited
from notifications.models import Mail, Message
from pipeline.models import OfficialList, OfficialListRow, PendingResult
from pipeline.policy import policy_of
from pipeline.services.applications import move_application
from pipeline.services.bench import start_bench
from pipeline.services.drafts import copy_edition
from pipeline.services.material_decisions import Decision, decide_materials
from pipeline.services.materials import upload_files
from pipeline.services.metrics import compile_metrics
from pipeline.services.notices import issue_notice
from pipeline.services.rounds import save_round
from pipeline.services.screening import start_screening
from pipeline.services.shortlists import save_shortlist
from pipeline.services.uploads import begin_upload
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.whole
SECRET = "平南智造"  # the firm's name, which a stranger must not meet anywhere
LIST, HIDDEN, OWN, PUBLIC, MANAGE = "list", "hidden", "own", "public", "manage"


@dataclass(frozen=True)
class Route:
    """How a route is asked, and what strangers get: a list without the firm, a 404, their own page, or a public one."""

    kind: str
    kwargs: tuple[str, ...] = ()
    post: dict | None = None


GRANT = {"mandate-name": "x", "mandate-email": "x@example.cn", "mandate-ends_on": "2099-01-01"}
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
    "firm_access": Route(HIDDEN, ("credit_code",)),
    "portal_people": Route(LIST),
    "access_invite": Route(HIDDEN, ("credit_code",), {"name": "x", "email": "x@example.cn"}),
    "access_mandate": Route(HIDDEN, ("credit_code",), GRANT),
    "access_end": Route(HIDDEN, ("membership",), {}),
    "invitation_again": Route(HIDDEN, ("invitation",), {}),
    "invitation_withdraw": Route(HIDDEN, ("invitation",), {}),
    "mandate_revoke": Route(HIDDEN, ("mandate",), {"reason": "x"}),
    "mandate_file": Route(HIDDEN, ("mandate",)),
    "invitation": Route(PUBLIC, ("token",)),
    "register": Route(PUBLIC),
    "register_done": Route(PUBLIC),
    "registrations": Route(LIST),
    "registration_decide": Route(HIDDEN, ("request",), {"reason": "x"}),
    "registration_file": Route(HIDDEN, ("request",)),
    "board": Route(LIST, ("programme",)),
    "board_lane": Route(HIDDEN, ("programme", "stage")),
    "applications": Route(LIST),
    "bulk_move": Route(LIST, (), {"rows": "1:0"}),
    "application": Route(HIDDEN, ("application",)),
    "application_move": Route(HIDDEN, ("application",), MOVE),
    "application_undo": Route(HIDDEN, ("application",), {}),
    "application_plan": Route(HIDDEN, ("application",), {"next_action": "x"}),
    "application_assign": Route(HIDDEN, ("application",), {"officer": ""}),
    "reveals": Route(LIST),
    "reveal_now": Route(LIST, (), {"everything": "1"}),
    "reveal_date": Route(LIST, (), {"everything": "1", "on": ""}),
    "reveal_withdraw": Route(HIDDEN, ("pending",), {}),
    "application_round": Route(HIDDEN, ("application",), {"round": "1"}),
    "application_step": Route(HIDDEN, ("application",), {"code": "seal", "done": "1"}),
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
    "round_close": Route(MANAGE, ("round",), {"close-on": "2026-06-01", "close-notice_number": "x"}),
    "clock_rule": Route(MANAGE, (), {"programme": "high_tech", "mode": "restart"}),
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
    "portal_receipt": Route(HIDDEN, ("application",)),
    "portal_messages": Route(HIDDEN, ("application",)),
    "portal_figures": Route(LIST),
    "lookup": Route(PUBLIC, (), {"credit_code": "x", "reference": "x"}),
    "portal_documents": Route(LIST),
    "firm_documents": Route(HIDDEN, ("credit_code",)),
    "document_file": Route(HIDDEN, ("document",)),
    "materials": Route(HIDDEN, ("application",)),
    "materials_decide": Route(HIDDEN, ("application",), {"say-business_licence-0": "accept"}),
    "material_upload": Route(HIDDEN, ("application", "item", "year"), {}),
    "material_reuse": Route(HIDDEN, ("application", "item", "year"), {"document": "1"}),
    "material_remove": Route(HIDDEN, ("material_file",), {}),
    "upload_begin": Route(HIDDEN, ("application", "item", "year"), {"name": "x.pdf", "size": 1}),
    "upload": Route(HIDDEN, ("upload",)),
    "upload_finish": Route(HIDDEN, ("upload",), {}),
    "notice_issue": Route(HIDDEN, ("application",), {}),
    "material_notice": Route(HIDDEN, ("application", "number")),
    "material_notice_docx": Route(HIDDEN, ("application", "number")),
    "checklists": Route(LIST),
    "checklist_start": Route(MANAGE, (), {"programme": "high_tech", "starts_on": "2026-01-01"}),
    "downloads": Route(LIST),
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
    "api-application-undo": Route(HIDDEN, ("pk",), {}),
    "api-application-materials": Route(HIDDEN, ("pk",)),
    "api-document-list": Route(LIST),
    "api-application-events": Route(HIDDEN, ("pk",)),
    "api-pending-result-list": Route(LIST),
    "api-pending-result-reveal": Route(HIDDEN, (), {"results": []}),
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
    "api-lookup": Route(PUBLIC, (), {"credit_code": "x", "reference": "x"}),
    "api-progress": Route(LIST),
    "api-funnel": Route(LIST),
    "health": Route(PUBLIC),
    "health_live": Route(PUBLIC),
    "api-schema": Route(PUBLIC),
    "api-docs": Route(PUBLIC),
}
# Nine kinds of person of the firm's own place, and for which of them each route is there.
STAFF = frozenset({"viewer", "officer", "lead", "leader", "admin"})
FIRM = frozenset({"firm_user", "agent"})
ACCOUNTS = STAFF | FIRM | {"expired_agent"}
EVERYBODY = ACCOUNTS | {"anonymous"}
OPENS = {HIDDEN: STAFF, LIST: STAFF, MANAGE: STAFF, OWN: ACCOUNTS, PUBLIC: EVERYBODY}
MANAGERS = STAFF | {"firm_user"}  # who may know of the firm's accounts and agents; an agent may not
EXCEPTIONS = {
    **dict.fromkeys(("my_day", "notices", "mailbox"), ACCOUNTS),
    **dict.fromkeys(("portal", "portal_check", "portal_figures"), FIRM),
    **dict.fromkeys(("portal_application", "portal_move", "portal_receipt", "portal_messages"), FIRM),
    **dict.fromkeys(
        ("materials", "material_upload", "material_reuse", "material_remove", "upload_begin"), STAFF | FIRM
    ),
    **dict.fromkeys(("upload", "upload_finish"), frozenset({"firm_user"})),  # who began it goes on with it
    **dict.fromkeys(("material_notice", "material_notice_docx", "document_file"), STAFF | FIRM),
    **dict.fromkeys(("portal_documents", "portal_report"), FIRM),
    "downloads": frozenset({"lead", "admin"}),
    **dict.fromkeys(("portal_people", "access_end", "access_invite", "access_mandate"), MANAGERS),
    **dict.fromkeys(("invitation_again", "invitation_withdraw", "mandate_revoke", "mandate_file"), MANAGERS),
    **dict.fromkeys(("fact_file", "api-round-detail"), STAFF | FIRM),
    # One's own: the message's and the mail's recipient, who started a job or a trial.
    "notice_open": frozenset({"firm_user"}),
    **dict.fromkeys(("mailbox_mail", "mailbox_html"), frozenset({"firm_user", "admin"})),
    **dict.fromkeys(("job", "job_cancel", "api-job-detail", "api-job-outcomes"), frozenset({"officer"})),
    "policy_bench_result": frozenset({"officer"}),
    # The law is written by administrators; what is computed for all is started by the authority.
    **dict.fromkeys(("draft", "draft_yaml", "draft_upload", "draft_discard", "draft_publish"), frozenset({"admin"})),
    **dict.fromkeys(("policy_copy", "policy_upload"), frozenset({"admin"})),
    **dict.fromkeys(("screening_start", "screening_status", "screening_cancel", "screening_save"), STAFF),
    "compile_now": STAFF,
}
# Programs find lists empty, not missing; the firm's people find what is theirs there, too.
LISTS_OF_STAFF = {"api-progress", "api-funnel"}
STAFF_ONLY = {
    "api-pending-result-reveal",
    "api-official-list-detail",
    "api-official-list-rows",
    "api-official-list-missing",
    "api-official-list-decide",
    "api-official-list-confirm",
    "api-official-list-undo",
}


def opens_to(name: str) -> frozenset[str]:
    """For which of the nine kinds a route is there."""
    kind = ROUTES[name].kind
    if name in EXCEPTIONS:
        return EXCEPTIONS[name]
    if name.startswith("api-") and name not in STAFF_ONLY | LISTS_OF_STAFF:
        return {LIST: ACCOUNTS, HIDDEN: STAFF | FIRM}.get(kind, OPENS[kind])
    return OPENS[kind]


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


def proof() -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{SECRET}.pdf", b"%PDF-1.7")


def mandated(username: str, firm, *, begins: int = -30, days: int = 60, **fields) -> User:
    """An agent of the firm, from so many days ago and for so many days."""
    agent, starts_on = make.person(username), timezone.localdate() + timedelta(days=begins)
    Mandate.objects.create(
        firm=firm,
        agent=agent,
        name=agent.name,
        email=agent.email,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=days),
        **fields,
    )
    return agent


@pytest.fixture
def agent(firm) -> User:
    return mandated("agent", firm)


@pytest.fixture
def expired_agent(firm) -> User:
    """Whose mandate ended yesterday."""
    return mandated("expired_agent", firm, days=29)


def people_of(firm, other_firm) -> dict[str, object]:
    """Everything about who may act for the firm, and a link for somebody of another."""
    sent: list[str] = []
    invited.connect(lambda token, **kwargs: sent.append(token), weak=False, dispatch_uid="kept")
    invite(other_firm, email="invited@example.cn", name="x", actor=None)
    invited.disconnect(dispatch_uid="kept")
    letter = {"file": SimpleUploadedFile(f"{SECRET}.pdf", b"%PDF-1.7")}
    ask_for_account(code=firm.credit_code, firm_name=SECRET, name="x", phone="1", email="asks@example.cn", **letter)
    today = timezone.localdate()
    mandate = grant_mandate(
        firm, name="x", email="waits@example.cn", starts_on=today, ends_on=today, actor=None, file=letter["file"]
    )
    return {
        "token": sent[0],
        "invitation": invite(firm, email="colleague@example.cn", name="x", actor=None).pk,
        "mandate": mandate.pk,
        "request": RegistrationRequest.objects.get().pk,
    }


@pytest.fixture
def everything(private_storage, firm, officer, firm_user, city, county, lead, admin, other_officer, other_firm):
    """The firm with something of every kind attached."""
    edition = world.published("high_tech", "CN-2016")
    application = world.at(firm, "prep")
    world.with_basics(firm)
    move_application(application, "submit", actor=firm_user)
    move_application(application, "start_formal", actor=None)
    paper = upload_files(application, "business_licence", 0, [proof()], actor=officer).kept[0]
    decide_materials(application, [Decision("business_licence", reasons=("illegible",))], actor=officer)
    issue_notice(application, actor=lead)
    on_its_way = begin_upload(application, "business_licence", 0, name=f"{SECRET}.pdf", size=9, actor=firm_user)
    note_download(paper, SECRET, firm=firm, actor=officer)
    world.at(firm, "registered", programme="tech_sme")
    fact = record_fact(
        firm, code="sales_cny", value=Decimal(1), year=2025, source="declared", actor=officer, file=proof()
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
    work_on(start_screening(county, "high_tech", actor=None, here=True).pk)
    shortlist = save_shortlist(SECRET, edition=edition, region=county, firms=[firm.pk], actor=officer)
    policy = policy_of(edition)
    trial = start_bench(county, policy, policy, on=date(2026, 7, 1), actor=officer)
    pending = PendingResult.objects.create(
        application=application, version=0, transition="reject", entered_by=lead, entered_at=timezone.now()
    )
    return {
        "pending": pending.pk,
        "results": [pending.pk],
        **people_of(firm, other_firm),
        "document": paper.pk,
        "material_file": paper.uses.get().pk,
        "upload": on_its_way.key,
        "item": "business_licence",
        "year": 0,
        "number": 1,
        "title": firm.recognitions.get().pk,
        "act": "complete",
        "shortlist": shortlist.pk,
        "list": published.pk,
        "list_pk": published.pk,
        "edition": edition.code,
        "draft": copy_edition(edition, actor=admin).pk,
        "trial": trial.pk,
        "credit_code": firm.credit_code,
        "reference": application.reference,
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


@pytest.fixture
def nine(viewer, officer, lead, leader, admin, firm_user, agent, expired_agent) -> dict[str, User | None]:
    """Every kind of person there is, at home where the firm is; nobody logged in is None."""
    people = (viewer, officer, lead, leader, admin, firm_user, agent, expired_agent)
    return {person.username: person for person in people} | {"anonymous": None}


def ask(client: Client, name: str, world_: dict):
    route = ROUTES[name]
    renamed = {"application": "pk", "membership": "pk", "message": "pk", "mail": "pk", "batch": "pk", "job": "pk"}
    renamed |= {"edition": "code", "draft": "pk", "trial": "pk"}
    renamed |= {"shortlist": "pk", "round": "pk", "post": "pk", "round_pk": "pk", "message_pk": "pk", "job_pk": "pk"}
    renamed |= {"fact": "pk", "right": "pk", "document": "pk", "material_file": "pk", "upload": "key", "title": "pk"}
    renamed |= {"list": "pk", "list_pk": "pk"} | dict.fromkeys(("invitation", "mandate", "request", "pending"), "pk")
    address = reverse(name, kwargs={renamed.get(key, key): world_[key] for key in route.kwargs})
    if name == "board_lane":
        address += f"?after={world_['application']}"
    if route.post is None:
        return client.get(address)
    known = {
        key: world_[key] for key in ("credit_code", "reference", "results", "round", "document") if key in route.post
    }
    return client.post(
        address,
        route.post | known if known else route.post,
        **({"content_type": "application/json"} if "api" in name else {}),
    )


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
def undone(client: Client) -> Iterator[None]:
    """What is asked inside leaves nothing behind, so that one world serves every route and every kind of person."""
    cookies, before = client.cookies.copy(), transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)
    client.cookies = cookies
    cache.clear()  # the counters of public pages


def strangers(firm, other_county, other_firm):
    """Everybody whom another county may have, and agents whose mandate of this firm is over, revoked or to come."""
    people = [make.person(f"stranger_{role}", other_county, role) for role in Role.values]
    people.append(make.person("two_posts", other_county, Role.VIEWER))
    Post.objects.create(user=people[-1], region=Region.objects.get(code="450802"), role=Role.LEAD)
    people.append(make.firm_person("of_a_firm_too", other_firm))
    Post.objects.create(user=people[-1], region=other_county, role=Role.OFFICER)
    people.append(mandated("agent_of_another", other_firm))
    people.append(mandated("agent_until_yesterday", firm, days=29))
    people.append(mandated("agent_revoked", firm, revoked_at=timezone.now()))
    people.append(mandated("agent_from_tomorrow", firm, begins=1))
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
STRANGER = {HIDDEN: {404}, LIST: {200, 202, 302, 404}, OWN: {200, 302}, PUBLIC: {200, 302}, MANAGE: {409}}
OTHER_FIRM = {HIDDEN: {404}, LIST: {200, 202, 302, 404}, OWN: {200, 302, 404}, PUBLIC: {200, 302}, MANAGE: {404}}
LOST_IT = {kind: {200, 202, 302, 403, 404} for kind in (HIDDEN, LIST)}


@pytest.fixture
def outside(firm, county, other_county, other_firm, other_firm_user) -> list[tuple[str, Client, dict[str, set[int]]]]:
    """Everybody who must not meet the firm, logged in, and what they may get from a route of each kind."""
    found = []
    for stranger in strangers(firm, other_county, other_firm):
        allowed = STRANGER if stranger.posts.exists() else OTHER_FIRM
        found.append((stranger.username, logged_in(stranger), allowed))
    found.append(("other firm", logged_in(other_firm_user), OTHER_FIRM))
    return found + [(username, client, LOST_IT) for username, client in those_who_lost_it(firm, county).items()]


@pytest.fixture
def inside(nine) -> dict[str, Client]:
    return {who: logged_in(person) if person else Client() for who, person in nine.items()}


GROUPS = 16  # a world is built for each of them; more would build more often, fewer would leave workers idle


@pytest.mark.parametrize("names", [sorted(ROUTES)[group::GROUPS] for group in range(GROUPS)], ids=lambda _: "")
def test_no_stranger_ever_meets_the_firm(names, everything, outside):
    """Every kind of person of another county, a person of another firm, agents without a mandate of today, people
    who lost the right, and nobody."""
    wrong = [
        (name, who, answer)
        for name in names
        for who, client, allowed in outside
        if ROUTES[name].kind in allowed
        and (answer := refused(client, name, everything)) not in allowed[ROUTES[name].kind]
    ]

    assert wrong == []
    for name in names:
        client = Client()
        with undone(client):
            _without_log_in(name, ask(client, name, everything))


@pytest.mark.parametrize("names", [sorted(ROUTES)[group::GROUPS] for group in range(GROUPS)], ids=lambda _: "")
def test_nine_kinds_of_person_find_what_is_meant_for_them(names, everything, inside):
    """At home where the firm is. Without this the test above could pass because a route is hidden from everybody."""
    found = {name: {who for who, client in inside.items() if finds(client, name, everything)} for name in names}

    assert found == {name: opens_to(name) for name in names}


def refused(client: Client, name: str, world_: dict) -> int | str:
    """The status of the answer, or what is wrong with it: a stranger read the firm's name."""
    with undone(client):
        response = ask(client, name, world_)
        return "the firm's name" if SECRET in body(response) else response.status_code


def finds(client: Client, name: str, world_: dict) -> bool:
    """True when the route is there for this person, whatever it then says to what was asked of it."""
    with undone(client):
        response = ask(client, name, world_)
    away = response.status_code == 302 and response["Location"].startswith("/accounts/login/")
    nobody = "sessionid" not in client.cookies
    return not (away or response.status_code == 404 or (nobody and response.status_code == 403))


def _without_log_in(name, response):
    """Only public pages answer."""
    if ROUTES[name].kind == PUBLIC:
        assert response.status_code in {200, 302, 503}, name
    elif name.startswith("api-"):
        assert response.status_code == 403, name
    else:
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/accounts/login/"), name
    assert SECRET not in body(response), name
