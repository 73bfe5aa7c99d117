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
from crm.models import (
    ChangeRecord,
    DuplicatePair,
    Import,
    ImportRow,
    Job,
    Mandate,
    Membership,
    Post,
    Region,
    RegistrationRequest,
    User,
)
from crm.services.chunks import run as run_job
from crm.services.chunks import work_on
from crm.services.downloads import note_download
from crm.services.exports import start_export
from crm.services.facts import record_fact
from crm.services.firm_events import move_in
from crm.services.firms import assign_firm, save_contact, update_firm
from crm.services.holdings import save_right
from crm.services.invitations import invite
from crm.services.leaves import plan_leave
from crm.services.mandates import grant_mandate
from crm.services.merging import merge_firms
from crm.services.people import renew_calendar_key
from crm.services.registrations import ask_for_account
from crm.services.saved_views import save_view
from crm.services.tags import make_tag
from crm.services.tasks import plan_task
from crm.signals import invited
from notifications.bounces import note_bounce
from notifications.models import Attachment, Channel, Digest, Mail, Message
from notifications.unsubscribing import link_for
from pipeline.models import Indicator, OfficialList, OfficialListRow, PendingResult, Scenario
from pipeline.policy import policy_of
from pipeline.services.amounts import add_count
from pipeline.services.applications import move_application
from pipeline.services.bench import start_bench
from pipeline.services.drafts import copy_edition
from pipeline.services.firm_acts import start_firm_act
from pipeline.services.handovers import propose
from pipeline.services.hygiene import look_at_all
from pipeline.services.material_decisions import Decision, decide_materials
from pipeline.services.materials import upload_files
from pipeline.services.metrics import compile_metrics
from pipeline.services.notices import issue_notice
from pipeline.services.reports import make_report
from pipeline.services.rounds import save_round
from pipeline.services.screening import start_screening
from pipeline.services.shortlists import save_shortlist
from pipeline.services.uploads import begin_upload
from tests import make
from tests.pipeline import world
from tests.pipeline.test_push_list import forecast_of

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
    "firm_names": Route(LIST, ("firm_field",)),
    "firm_sums": Route(LIST),
    "firm_views": Route(LIST),
    "firm_view": Route(HIDDEN, ("view",), {"act": "rename", "name": "x", "version": 0}),
    "firm_bulk": Route(LIST, (), {"act": "assign", "firm": "1"}),
    "firm_bulk_undo": Route(HIDDEN, ("act_job",), {}),
    "firm": Route(HIDDEN, ("credit_code",)),
    "firm_touch": Route(HIDDEN, ("credit_code",), {"kind": "note", "text": "x"}),
    "firm_fact": Route(HIDDEN, ("credit_code",), {"code": "rd_cny", "value": "1", "year": "2025", "source": "tax"}),
    "firm_contact": Route(HIDDEN, ("credit_code",), {"name": "x"}),
    "firm_assign": Route(HIDDEN, ("credit_code",), {"officer": ""}),
    "firm_move": Route(HIDDEN, ("credit_code",), {"region": "450881"}),
    "firm_task": Route(HIDDEN, ("credit_code",), {"title": "x", "due_on": "2099-01-01"}),
    "firm_edit": Route(HIDDEN, ("credit_code",), {"name": "x"}),
    "firm_contact_edit": Route(HIDDEN, ("credit_code", "contact"), {"name": "x"}),
    "firm_restore": Route(HIDDEN, ("credit_code", "change"), {}),
    "firm_people": Route(HIDDEN, ("credit_code",)),
    "firm_timeline": Route(HIDDEN, ("credit_code",)),
    "firm_questions": Route(HIDDEN, ("credit_code",)),
    "firm_checklist": Route(HIDDEN, ("credit_code",)),
    "firm_similar": Route(HIDDEN, ("credit_code",)),
    "tasks": Route(LIST),
    "task": Route(HIDDEN, ("todo",)),
    "task_done": Route(HIDDEN, ("todo",), {}),
    "task_later": Route(HIDDEN, ("todo",), {"due_on": "2099-01-01"}),
    "task_give": Route(HIDDEN, ("todo",), {"owner": "1"}),
    "task_cancel": Route(HIDDEN, ("todo",), {"reason": "x"}),
    "firm_peek": Route(HIDDEN, ("credit_code",)),
    "palette": Route(LIST),
    "keys": Route(LIST),
    "firm_events": Route(HIDDEN, ("credit_code",)),
    "firm_event_withdraw": Route(HIDDEN, ("credit_code", "event"), {"reason": "x"}),
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
    "duplicates": Route(LIST),
    "duplicates_search": Route(LIST, (), {}),
    "duplicate_dismiss": Route(HIDDEN, ("pair",), {"note": "x"}),
    "merge_page": Route(HIDDEN, ("kept", "other"), {"reason": "x"}),
    "firm_same": Route(HIDDEN, ("credit_code",)),
    "merge_undo": Route(HIDDEN, ("merge",), {}),
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
    "hygiene": Route(LIST),
    "hygiene_place": Route(LIST),
    "contact_rules": Route(LIST),
    "lapse_mend": Route(HIDDEN, ("lapse",), {"title": "x", "due_on": "2099-01-01"}),
    "visits": Route(LIST),
    "visit_sheets": Route(LIST),
    "visits_plan": Route(LIST, (), {"firm": "1", "on": "2099-01-01"}),
    "firm_visit": Route(HIDDEN, ("credit_code",)),
    "handovers": Route(LIST),
    "handover_new": Route(LIST),
    "handover": Route(HIDDEN, ("handover",)),
    "handover_status": Route(HIDDEN, ("handover",)),
    "handover_decline": Route(HIDDEN, ("handover",), {"reason": "x"}),
    "handover_paper": Route(HIDDEN, ("handover",)),
    "handover_act": Route(HIDDEN, ("handover", "handing"), {}),
    "handover_mails": Route(LIST, ("giver",)),
    "tags": Route(LIST),
    "tag_change": Route(HIDDEN, ("tag",), {"act": "rename", "name": "x"}),
    "leaves": Route(LIST),
    "leave_end": Route(HIDDEN, ("leave",), {}),
    "deadlines": Route(LIST),
    "deadline_month": Route(LIST),
    "recognitions": Route(LIST),
    "firm_recognitions": Route(HIDDEN, ("credit_code",)),
    "recognition_act": Route(HIDDEN, ("credit_code", "title", "act"), {"number": "GR1"}),
    "recognition_add": Route(HIDDEN, ("credit_code",), {"kind": "high_tech:certificate", "granted_on": "2024-01-01"}),
    "targets": Route(LIST),
    "target_rows": Route(LIST, ("code",)),
    "target_firms": Route(LIST, ("code",)),
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
    "target_table": Route(LIST),
    "quota_import": Route(MANAGE, (), {}),
    "amounts": Route(LIST),
    "count_import": Route(MANAGE, (), {}),
    "quality_set": Route(MANAGE, (), {"year": 2026, "amount_class": "A"}),
    "count_correct": Route(HIDDEN, ("entry",)),
    "published": Route(LIST),
    "compile_now": Route(OWN, (), {}),
    "forecast": Route(LIST),
    "push_list": Route(LIST),
    "brief": Route(LIST),
    "what_if": Route(LIST),
    "scenario_save": Route(HIDDEN, (), {"name": "x", "region": "450821", "indicator": "high_tech.first_time"}),
    "scenario": Route(HIDDEN, ("scenario",)),
    "scenario_forget": Route(HIDDEN, ("scenario",), {}),
    "override": Route(HIDDEN, ("application", "indicator"), {"percent": "50", "reason": "x"}),
    "calibration": Route(LIST),
    "funnel": Route(LIST),
    "funnel_firms": Route(LIST),
    "funnel_cohorts": Route(LIST),
    "funnel_ladder": Route(LIST),
    "funnel_ladder_firms": Route(LIST),
    "reports": Route(LIST),
    "report_make": Route(OWN, (), {"period": "year", "year": 2026}),
    "report_template": Route(LIST),
    "report_file": Route(HIDDEN, ("report",)),
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
    "ladders": Route(LIST),
    "ladder": Route(LIST, ("kind",)),
    "ladder_reset": Route(MANAGE, ("kind",), {"version": "0"}),
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
    "reminders": Route(LIST),
    "portal_reminders": Route(LIST),
    "reminder_threshold": Route(OWN, (), {"threshold": "2"}),
    "reminder_snooze": Route(HIDDEN, ("deadline",), {"until": "2099-01-01"}),
    "reminder_stop": Route(HIDDEN, ("deadline",), {"reason": "x"}),
    "reminder_resume": Route(HIDDEN, ("deadline",), {}),
    "digests": Route(LIST),
    "digest_again": Route(HIDDEN, ("digest",), {}),
    "outbox": Route(LIST),
    "outbox_delivery": Route(LIST),
    "outbox_delivery_resend": Route(LIST, (), {"row": "1"}),
    "outbox_delivery_give_up": Route(LIST, (), {"row": "1", "reason": "x"}),
    "outbox_message": Route(HIDDEN, ("message",)),
    "outbox_attachment": Route(HIDDEN, ("message",)),
    "outbox_act": Route(HIDDEN, ("message",), {"act": "send"}),
    "outbox_send": Route(LIST, (), {"everything": "1"}),
    "outbox_templates": Route(LIST),
    "outbox_template": Route(LIST, ("topic", "language")),
    "template_preview": Route(LIST, ("topic", "language"), {"subject": "{企业}", "body": "{企业}", "seen": 0}),
    "template_act": Route(LIST, ("topic", "language"), {"act": "hold"}),
    "letter_firm": Route(HIDDEN, ("credit_code",)),
    "letter_application": Route(HIDDEN, ("application",)),
    "letter_many": Route(LIST, (), {"everything": "1"}),
    "addresses": Route(LIST),
    "address_contact": Route(HIDDEN, ("credit_code",), {"name": "x", "email": "x@example.cn"}),
    "bounce_settle": Route(HIDDEN, ("bounce",), {"address": "x@example.cn"}),
    "bounce_resend": Route(HIDDEN, ("bounce",), {"address": "x@example.cn"}),
    "firm_messages": Route(HIDDEN, ("credit_code",)),
    "application_messages": Route(HIDDEN, ("application",)),
    "portal_inbox": Route(LIST),
    "mailbox": Route(LIST),
    "mailbox_mail": Route(HIDDEN, ("mail",)),
    "mailbox_html": Route(HIDDEN, ("mail",)),
    "mailbox_attachment": Route(HIDDEN, ("mail",)),
    "bell": Route(OWN),
    "notice_read": Route(HIDDEN, ("message",), {}),
    "notification_settings": Route(OWN),
    "unsubscribe": Route(PUBLIC, ("stop",)),
    "channels": Route(LIST),
    "channel_add": Route(LIST),
    "channel": Route(HIDDEN, ("channel",)),
    "channel_test": Route(HIDDEN, ("channel",), {}),
    "channel_switch": Route(HIDDEN, ("channel",), {"on": "0"}),
    "imports": Route(LIST),
    "import_template": Route(LIST),
    "import": Route(HIDDEN, ("batch",)),
    "import_columns": Route(HIDDEN, ("batch",)),
    "import_sheet": Route(HIDDEN, ("batch",), {}),
    "import_decide_all": Route(HIDDEN, ("batch",), {"outcome": "pending", "decision": "skip"}),
    "import_confirm": Route(HIDDEN, ("batch",), {}),
    "import_go_on": Route(HIDDEN, ("batch",), {}),
    "import_revert": Route(HIDDEN, ("batch",), {}),
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
    "job_refused": Route(HIDDEN, ("job",)),
    "exports": Route(LIST),
    "export_rows": Route(LIST, ("rows_kind",), {"rows": "1"}),
    "export_file": Route(HIDDEN, ("export",)),
    "choose_language": Route(PUBLIC, (), {"language": "en"}),
    "fold_rail": Route(OWN, (), {"rail": "folded"}),
    "settings": Route(OWN),
    "account": Route(OWN),
    "token_renew": Route(OWN, (), {}),
    "calendar_renew": Route(OWN, (), {}),
    "periodic": Route(LIST),
    "periodic_run": Route(OWN, ("task",), {}),
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
    "api-firm-bulk": Route(LIST, (), {"act": "assign", "firms": ["91450821DEM0000010"]}),
    "api-bulk-move": Route(LIST, (), {"transition": "recommend", "applications": [{"id": 1, "version": 0}]}),
    "api-lookup": Route(PUBLIC, (), {"credit_code": "x", "reference": "x"}),
    "api-progress": Route(LIST),
    "api-forecast": Route(LIST),
    "api-push-list": Route(LIST),
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
    **dict.fromkeys(("my_day", "notices", "mailbox", "portal_inbox"), ACCOUNTS),
    **dict.fromkeys(("portal", "portal_check", "portal_figures"), FIRM),
    **dict.fromkeys(("portal_application", "portal_move", "portal_receipt", "portal_messages"), FIRM),
    **dict.fromkeys(
        ("materials", "material_upload", "material_reuse", "material_remove", "upload_begin"), STAFF | FIRM
    ),
    **dict.fromkeys(("upload", "upload_finish"), frozenset({"firm_user"})),  # who began it goes on with it
    **dict.fromkeys(("material_notice", "material_notice_docx", "document_file"), STAFF | FIRM),
    **dict.fromkeys(("portal_documents", "portal_report", "portal_reminders"), FIRM),
    **dict.fromkeys(("reminder_snooze", "reminder_stop", "reminder_resume"), STAFF | FIRM),
    **dict.fromkeys(("firm_edit", "firm_contact_edit"), frozenset({"officer", "lead", "admin"})),  # who may write
    "digest_again": frozenset({"officer", "lead", "admin"}),
    "handover_new": frozenset({"officer", "lead", "admin"}),  # who holds work or manages those who do
    "downloads": frozenset({"lead", "admin"}),
    **dict.fromkeys(("portal_people", "access_end", "access_invite", "access_mandate"), MANAGERS),
    **dict.fromkeys(("invitation_again", "invitation_withdraw", "mandate_revoke", "mandate_file"), MANAGERS),
    **dict.fromkeys(("fact_file", "api-round-detail"), STAFF | FIRM),
    # One's own: the message's and the mail's recipient, who started a job or a trial.
    **dict.fromkeys(("notice_open", "notice_read"), frozenset({"firm_user"})),
    **dict.fromkeys(("channels", "channel_add", "channel"), frozenset({"lead", "admin"})),
    **dict.fromkeys(("channel_test", "channel_switch"), frozenset({"lead", "admin"})),
    **dict.fromkeys(("mailbox_mail", "mailbox_html", "mailbox_attachment"), frozenset({"firm_user", "admin"})),
    **dict.fromkeys(("job_refused", "firm_bulk_undo", "export_file"), frozenset({"officer"})),
    **dict.fromkeys(("job", "job_cancel", "api-job-detail", "api-job-outcomes"), frozenset({"officer"})),
    "policy_bench_result": frozenset({"officer"}),
    # The law is written by administrators; what is computed for all is started by the authority.
    **dict.fromkeys(("draft", "draft_yaml", "draft_upload", "draft_discard", "draft_publish"), frozenset({"admin"})),
    **dict.fromkeys(("policy_copy", "policy_upload"), frozenset({"admin"})),
    **dict.fromkeys(("screening_start", "screening_status", "screening_cancel", "screening_save"), STAFF),
    "compile_now": STAFF,
    "report_make": STAFF,
    "periodic_run": STAFF,
}
# Programs find lists empty, not missing; the firm's people find what is theirs there, too.
LISTS_OF_STAFF = {"api-progress", "api-funnel", "api-forecast", "api-push-list"}
STAFF_ONLY = {
    "api-firm-bulk",
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


def twins_of(firm) -> dict[str, object]:
    """A firm that looks like this one, and one that went into it."""
    twin, absorbed = (make.firm(f"{SECRET}{word}", firm.region) for word in ("乙", "丙"))
    pair = DuplicatePair.objects.create(first=firm, second=twin, reasons=["similar_name"])
    merge = merge_firms(firm, absorbed, actor=None)
    return {"kept": firm.credit_code, "other": twin.credit_code, "pair": pair.pk, "merge": merge.pk}


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


def work_of(officer, firm, county) -> dict[str, object]:
    """The officer holds the firm, is away once, and hands everything to a colleague."""
    colleague = make.person("colleague", county, Role.OFFICER)
    assign_firm(firm, officer=officer, actor=officer)
    day = date(2099, 1, 5)
    leave = plan_leave(officer, deputy=colleague, from_on=day, until_on=day, actor=officer, today=day, note=SECRET)
    handover = propose(officer, receiver=colleague, region=county, kinds=["firms"], actor=officer, note=SECRET)
    work_on(look_at_all(here=True).pk)
    lapse = firm.lapses.all()[0]
    held = {"lapse": lapse.pk, "leave": leave.pk, "handover": handover.pk, "giver": officer.pk, "handing": "receive"}
    return held | {"tag": make_tag(SECRET[:20], region=county, actor=officer).pk}


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
        attachment=(book := Attachment.objects.keep("x", f"{SECRET}.xlsx", b"x")),
    )
    bounce = note_bounce(message, 550, SECRET)
    mail = Mail.objects.create(
        address=firm_user.email,
        recipient=firm_user,
        region_path=firm.region_path,
        attachment=book,
        subject=SECRET,
        text=SECRET,
        html=SECRET,
        at=timezone.now(),
    )
    channel = Channel.objects.create(
        name=SECRET,
        kind="robot",
        region=county,
        region_path=county.path,
        address="json://127.0.0.1:9/x",
        kinds=["reminder"],
        active=False,
        changed_at=timezone.now(),
    )
    failed = Digest.objects.create(
        kind="morning", recipient=officer, period="2026-11-25", region_path=county.path, state="failed", error=SECRET
    )
    batch = Import.objects.create(
        name=f"{SECRET}.csv", digest="x", region=county, region_path=county.path, actor=officer, state="checked"
    )
    batch.refused.save(f"{SECRET}.xlsx", proof(), save=True)
    ImportRow.objects.create(batch=batch, line=2, raw=[SECRET], outcome="pending")
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
    entry = add_count(
        Indicator.objects.get(code="manual.national_platforms"),
        county,
        on=date(2026, 1, 5),
        value=Decimal(1),
        evidence=SECRET,
        actor=officer,
    )
    move_in(firm, region=county, place=SECRET, on=date(2020, 1, 5), document="x", actor=officer, today=date(2026, 7, 1))
    compile_metrics()
    work_on(start_screening(county, "high_tech", actor=None, here=True).pk)
    shortlist = save_shortlist(SECRET, edition=edition, region=county, firms=[firm.pk], actor=officer)
    policy = policy_of(edition)
    trial = start_bench(county, policy, policy, on=date(2026, 7, 1), actor=officer)
    pending = PendingResult.objects.create(
        application=application, version=0, transition="reject", entered_by=lead, entered_at=timezone.now()
    )
    taken = start_export("firms", [firm.pk], region=county, actor=officer, reason=SECRET)
    run_job(taken.pk)
    return {
        **work_of(officer, firm, county),
        "export": taken.export.pk,
        "rows_kind": "applications",
        "firm_field": "officer",
        "view": save_view(SECRET, "", owner=officer, shared=True).pk,
        "act_job": start_firm_act("assign", [firm.pk], actor=officer).pk,
        "report": make_report(county, date(2026, 1, 1), date(2026, 6, 30), actor=officer, today=date(2026, 7, 1)).pk,
        "pending": pending.pk,
        "results": [pending.pk],
        **people_of(firm, other_firm),
        **twins_of(firm),
        "scenario": Scenario.objects.create(
            name=SECRET,
            owner=officer,
            region=county,
            region_path=county.path,
            indicator=forecast_of(county, [(application, 0.5)]).indicator,
            year=timezone.localdate().year,
        ).pk,
        "document": paper.pk,
        "material_file": paper.uses.get().pk,
        "upload": on_its_way.key,
        "item": "business_licence",
        "year": 0,
        "number": 1,
        "title": firm.recognitions.get().pk,
        "entry": entry.pk,
        "event": firm.events.get().pk,
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
        "kind": "annual_report",
        "code": "tech_sme.certified_in_year",
        "indicator": "high_tech.first_time",
        "round": window.pk,
        "round_pk": window.pk,
        "message": message.pk,
        "bounce": bounce.pk,
        "topic": "stage_notice",
        "language": "zh-hans",
        "message_pk": message.pk,
        "mail": mail.pk,
        "channel": channel.pk,
        "stop": link_for(message).rstrip("/").rpartition("/")[2],
        "deadline": firm.deadlines.filter(for_firm=True)[0].pk,
        "digest": failed.pk,
        "batch": batch.pk,
        "line": 2,
        "job": job.pk,
        "job_pk": job.pk,
        "post": officer.posts.get().pk,
        "fact": fact.pk,
        "what": "right",
        "key": renew_calendar_key(other_officer),
        "right": right.pk,
        "task": "crm.tasks.beat_heart",
        **dealings_of(firm, officer),
    }


def dealings_of(firm, officer):
    """A contact person, a change of the firm, and something to do there."""
    contact = save_contact(firm, name=SECRET, actor=officer)
    update_firm(firm, changes={"address": SECRET}, actor=officer)
    change = ChangeRecord.objects.get(object_type="crm.firm", object_id=str(firm.pk), field="address")
    todo = plan_task(firm, title=SECRET, due_on=timezone.localdate(), actor=officer)
    return {"contact": contact.pk, "change": change.pk, "todo": todo.pk}


@pytest.fixture
def nine(viewer, officer, lead, leader, admin, firm_user, agent, expired_agent) -> dict[str, User | None]:
    """Every kind of person there is, at home where the firm is; nobody logged in is None."""
    people = (viewer, officer, lead, leader, admin, firm_user, agent, expired_agent)
    return {person.username: person for person in people} | {"anonymous": None}


def ask(client: Client, name: str, world_: dict):
    route = ROUTES[name]
    renamed = {"application": "pk", "membership": "pk", "message": "pk", "mail": "pk", "batch": "pk", "job": "pk"}
    renamed |= {"export": "pk", "rows_kind": "kind", "act_job": "pk", "channel": "pk", "stop": "token", "event": "pk"}
    renamed |= {"report": "pk", "edition": "code", "draft": "pk", "trial": "pk", "bounce": "pk", "topic": "code"}
    renamed |= {"shortlist": "pk", "round": "pk", "post": "pk", "round_pk": "pk", "message_pk": "pk", "job_pk": "pk"}
    renamed |= {"entry": "pk", "fact": "pk", "right": "pk", "document": "pk", "material_file": "pk", "upload": "key"}
    renamed |= {"title": "pk", "list": "pk", "list_pk": "pk", "deadline": "pk", "digest": "pk", "task": "name"}
    renamed |= dict.fromkeys(("contact", "change", "todo"), "pk")
    renamed |= dict.fromkeys(("invitation", "mandate", "request", "pending", "pair", "merge", "scenario"), "pk")
    renamed |= {"handover": "pk", "giver": "pk", "leave": "pk", "lapse": "pk", "handing": "act", "tag": "pk"}
    renamed |= {"firm_field": "field", "view": "pk"}
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
