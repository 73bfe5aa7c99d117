"""One mail of every template, made through the product's own doors: for tests that look at mails, and for pictures.

A new template under templates/notifications/mail/ needs a line here: `test_every_template_has_a_sample` says so.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from crm.choices import Role
from crm.models import Contact, Firm, Region, RegistrationRequest, User
from crm.services.chunks import work_on
from crm.services.firms import assign_firm
from crm.services.invitations import invite
from crm.services.leaves import plan_leave
from crm.services.mandates import grant_mandate
from crm.services.registrations import ask_for_account, refuse_request
from notifications.digests import send_gap_digests
from notifications.letters import letter_of, write_letter
from notifications.models import Message
from notifications.reminders import plan_reminders
from notifications.topics import TOPICS
from notifications.watch import watch
from notifications.wording import own_wording
from pipeline.choices import Held
from pipeline.models import Indicator
from pipeline.selectors.materials import material_list
from pipeline.services.applications import move_application
from pipeline.services.handovers import confirm, propose
from pipeline.services.material_decisions import Decision, decide_materials
from pipeline.services.materials import upload_files
from pipeline.services.metrics import compile_metrics
from pipeline.services.notices import issue_notice
from pipeline.services.targets import set_quota
from tests import make
from tests.pipeline import world

TEMPLATES = Path(settings.BASE_DIR) / "notifications" / "templates" / "notifications" / "mail"
MONDAY = "2026-11-23 08:30+08:00"
REFUSED = {"business_licence", "rd_projects"}
NOTE = "缺第三季度研发支出凭证，请补充记账凭证和发票复印件。\n知识产权 ZL2024 与主营产品的关系请补充说明。"


def template_names() -> set[str]:
    return {path.name.removesuffix(".html") for path in TEMPLATES.glob("[!_]*.html")} - {"base"}


class Town:
    """A city with one officer, one firm with a person, all reading in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.city, self.county = Region.objects.get(code="450800"), Region.objects.get(code="450821")
        self.officer = self._person("liang", self.county, Role.OFFICER)
        self.lead = self._person("huang", self.city, Role.LEAD)
        self.firm = make.firm("平南智造科技有限公司", self.county)
        self.boss = make.firm_person("zhou", self.firm)
        Contact.objects.create(firm=self.firm, name="周文澜", email="contact@example.cn")
        User.objects.update(language=language)
        self.called(self.boss, "周文澜")
        assign_firm(self.firm, officer=self.officer, actor=None)

    def _person(self, username: str, region: Region, role: str) -> User:
        person = make.person(username, region, role)
        self.called(person, "莫清扬" if role == Role.OFFICER else "黄科长")
        return person

    def called(self, person: User, name: str) -> None:
        User.objects.filter(pk=person.pk).update(name=name, language=self.language)

    def applicant(self, name: str) -> tuple[Firm, User]:
        """Another firm with a person of its own."""
        firm = make.firm(name, self.county)
        boss = make.firm_person(f"boss{firm.pk}", firm)
        self.called(boss, "张立新")
        return firm, boss

    def last(self, **wanted: object) -> Message:
        return Message.objects.filter(**wanted).order_by("-pk")[0]


def samples(language: str) -> dict[str, Message]:
    """template or template-variant → the message as it stands in the outbox, on a Monday morning."""
    with time_machine.travel(MONDAY, tick=False), override_settings(LANGUAGE_CODE=language):
        town = Town(language)
        found = _moves(town) | _notice(town) | _written(town) | _accounts(town) | _gap(town) | _alarm(town)
        return found | _reminders(town) | _raised(town) | _morning(town) | _absences(town)


def _absences(town: Town) -> dict[str, Message]:
    """A colleague stands in for the officer, and then takes everything over."""
    away, colleague = (town._person(name, town.county, Role.OFFICER) for name in ("tan", "meng"))
    town.called(colleague, "蒙景和")
    assign_firm(make.firm("平南新材料有限公司", town.county), officer=away, actor=None)
    plan_leave(
        away,
        deputy=colleague,
        from_on=date(2026, 12, 7),
        until_on=date(2026, 12, 11),
        actor=away,
        today=date(2026, 11, 23),
    )
    said = {"receiver": colleague, "region": town.county, "actor": away}
    handover = propose(away, kinds=list(Held.values), note=NOTE, **said)
    found = {"leave": town.last(template="leave"), "handover_asked": town.last(template="handover_asked")}
    confirm(handover, actor=town.lead)
    handover.refresh_from_db()
    work_on(handover.job_id)
    return found | {"handover": town.last(template="handover")}


def _moves(town: Town) -> dict[str, Message]:
    found = {}
    names = {
        "filed": "平南宏远机电",
        "certified": "平南瑞丰制药",
        "rejected": "平南金源陶瓷",
        "revoked": "平南百川化工",
    }
    for stage, name in names.items():
        firm, boss = town.applicant(f"{name}有限公司")
        world.at(firm, stage, officer=town.officer)
        found[f"letter-{stage}"] = town.last(recipient=boss)
    application = world.at(world.with_basics(town.firm), "prep", officer=town.officer)
    move_application(application, "submit", actor=town.boss)
    found["stage_officer"] = town.last(recipient=town.officer)
    move_application(application, "start_formal", actor=None)
    move_application(application, "return_for_correction", actor=None, note=NOTE)
    found["letter-returned"] = town.last(recipient=town.boss)
    return found


def _notice(town: Town) -> dict[str, Message]:
    world.published("high_tech", "CN-2016")
    firm, boss = town.applicant("平南绿色建材有限公司")
    application = world.at(firm, "formal", officer=town.officer)
    for slot in material_list(application, ("firm",)).slots:
        if slot.item.is_required and slot.item.code != "no_accident":
            paper = SimpleUploadedFile("x.pdf", b"%PDF-1.7")
            upload_files(application, slot.item.code, slot.year, [paper], actor=town.officer)
    pending = material_list(application, ("officer",)).pending
    decide_materials(application, [_judged(slot) for slot in pending], actor=town.lead)
    issue_notice(application, actor=town.lead)
    return {"letter-notice": town.last(recipient=boss)}


ASKED = {
    "zh-hans": "请于本月底前补交2025年度审计报告。",
    "en": "Please hand in the audit report for 2025 by the end of the month.",
}


def _written(town: Town) -> dict[str, Message]:
    topic = TOPICS["letter"]
    own = own_wording(topic, town.language)
    opening, gap, close = own.body.rpartition("\n\n")
    said = ASKED.get(town.language, ASKED["en"])
    letter = letter_of(topic, subject=own.subject, body=f"{opening}{gap}{said}{gap}{close}", version=0)
    write_letter(letter, town.firm, actor=town.officer, batch="x", draft=False)
    return {"letter-own": town.last(recipient=town.boss, kind="letter")}


def _judged(slot: Any) -> Decision:
    if slot.item.code in REFUSED:
        return Decision(slot.item.code, slot.year, reasons=("illegible",), note="第 3 页")
    return Decision(slot.item.code, slot.year, accept=True)


def _accounts(town: Town) -> dict[str, Message]:
    invite(town.firm, email="colleague@example.cn", name="韦小梅", actor=town.officer)
    found = {"invitation": town.last(to="colleague@example.cn")}
    fields = {"starts_on": date(2026, 11, 23), "ends_on": date(2027, 11, 22)}
    grant_mandate(town.firm, name="覃代理", email="agent@example.cn", actor=town.boss, **fields)
    found["invitation-mandate"] = town.last(to="agent@example.cn")
    ask_for_account(
        code=town.firm.credit_code,
        firm_name=town.firm.name,
        name="陆一鸣",
        phone="0775-4000000",
        email="asks@example.cn",
    )
    found["registration_asked"] = town.last(recipient=town.officer)
    refuse_request(RegistrationRequest.objects.get(), reason="电话核实时，贵单位表示未委托该人员。", actor=town.lead)
    found["registration_refused"] = town.last(to="asks@example.cn")
    return found


def _gap(town: Town) -> dict[str, Message]:
    for code, target in (("high_tech.first_time", 12), ("high_tech.stock", 2)):
        for region, share in ((town.city, 3), (town.county, 1)):
            if indicator := Indicator.objects.filter(code=code).first():
                set_quota(indicator, region, 2026, target=Decimal(target * share), actor=town.lead)
    for number, stage in enumerate(("approved", "expert", "recommended", "prep")):
        world.at(make.firm(f"平南第{number + 1}新材料有限公司", town.county), stage, officer=town.officer)
    compile_metrics()
    send_gap_digests()
    return {"gap_digest": town.last(recipient=town.lead, kind="gap_digest")}


def _alarm(town: Town) -> dict[str, Message]:
    admin = make.person("admin", town.city, Role.ADMIN)
    town.called(admin, "管理员")
    watch()
    return {"operation": town.last(recipient=admin, kind="operation")}


def _raised(town: Town) -> dict[str, Message]:
    """What the lead hears three working days later, and who was told before."""
    with time_machine.travel("2026-12-03 08:00+08:00", tick=False):
        return {"escalation": town.last(recipient=town.lead, kind="reminder", template="escalation")}


def _morning(town: Town) -> dict[str, Message]:
    with time_machine.travel("2026-12-04 08:00+08:00", tick=False), override_settings(MORNING_THRESHOLD=0):
        plan_reminders()
        return {
            "morning": town.last(recipient=town.boss, kind="morning"),
            "morning-officer": town.last(recipient=town.officer, kind="morning"),
        }


def _reminders(town: Town) -> dict[str, Message]:
    found = {}
    for name, day in (("ahead", "2026-11-27"), ("today", "2026-11-30"), ("overdue", "2026-12-03")):
        with time_machine.travel(f"{day} 08:00+08:00", tick=False):
            plan_reminders()
        found[f"reminder-{name}"] = town.last(recipient=town.boss, kind="reminder")
        found[f"reminder-{name}_officer"] = town.last(recipient=town.officer, kind="reminder", firm=town.firm)
    return found
