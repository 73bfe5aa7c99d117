"""The weekly gap mail: the number in the subject, three names, one ask, what is unchanged folded, a workbook."""

import re
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from django.core import mail as django_mail
from python_calamine import CalamineWorkbook

from notifications.digests import send_gap_digests
from notifications.models import Attachment, Mail, Message
from notifications.outbox import deliver_messages
from pipeline.models import Application, Deadline, Forecast, Indicator
from pipeline.services.amounts import add_count
from pipeline.services.metrics import compile_metrics
from pipeline.services.targets import set_quota
from tests import make
from tests.pipeline import world
from tests.pipeline.test_push_list import due, forecast_of

MONDAY = date(2026, 11, 23)
HALF_PAST = "2026-11-23 08:30+08:00"


@pytest.fixture
def told(city, county, lead, leader, officer):
    """Four open firms of one county, one certified, and a forecast of 41 % for the city and 60 % for the county."""
    with time_machine.travel(HALF_PAST, tick=False):
        indicator = Indicator.objects.get(code="high_tech.first_time")
        for region, target in ((city, 5), (county, 4)):
            set_quota(indicator, region, 2026, target=Decimal(target), actor=lead)
        platforms = Indicator.objects.get(code="manual.national_platforms")
        set_quota(platforms, city, 2026, target=Decimal(1), actor=lead)
        add_count(platforms, city, on=date(2026, 5, 4), value=Decimal(1), evidence="贵科9号", verified=True, actor=lead)
        world.at(make.firm("已认定公司", county), "certified")
        firms = [world.at(make.firm(f"第{number}企业", county), "formal") for number in "一二三四"]
        Application.objects.filter(pk=firms[3].pk).update(officer=officer)
        compile_metrics()
        Deadline.objects.all().delete()
        Forecast.objects.all().delete()
        due(firms[2], MONDAY + timedelta(days=4))
        listed = [(firm, 0.3) for firm in firms]
        for region, probability in ((city, "0.41"), (county, "0.6")):
            row = forecast_of(region, listed, target=5, masses=(0.1, 0.2, 0.3, 0.2, 0.2))
            Forecast.objects.filter(pk=row.pk).update(
                year=2026, as_of=MONDAY, probability=Decimal(probability), expected=3, low=2, high=4
            )
    Message.objects.all().delete()
    return firms


@pytest.fixture
def mailbox(settings):
    settings.EMAIL_BACKEND = "notifications.backends.MailboxBackend"


def send(at="2026-11-23 08:30", **fields):
    with time_machine.travel(f"{at}+08:00", tick=False):
        return send_gap_digests(**fields)


def test_the_number_and_the_probability_stand_in_the_subject_then_names_and_one_ask(told):
    send()

    mail = Message.objects.get(to="leader@example.cn")
    assert mail.subject == "【缺口 4】高新技术企业首次认定 1/5，完成概率 41 % · 贵港市 2026 年第 48 周"
    first = mail.body.split("\n\n")
    assert first[0].split("\n")[0] == (
        "贵港市高新技术企业首次认定：目标 5，已认定 1，预计 3（2–4），完成概率 41 %，还差 4 家。"
    )
    assert re.findall(r"^  (\d)\. (\S+?)（", first[1], re.M) == [
        ("1", "第三企业"),
        ("2", "第一企业"),
        ("3", "第二企业"),
    ]
    assert "办结“形式审查” · 条件待评估 · 11月27日 周五前，剩 4 个工作日" in first[1]
    assert first[2] == "请本周过问这 3 家，最早一家须在 11月27日 周五 前办理。"
    assert "/targets/?region=450800&indicator=high_tech.first_time" in mail.body
    assert mail.link == "/targets/?region=450800&indicator=high_tech.first_time"
    for words in ("第三企业", "请本周过问这 3 家", "2–4", "41 %"):
        assert words in mail.html


def test_an_officer_reads_of_the_own_firms(told):
    send()

    body = Message.objects.get(to="officer@example.cn").body
    assert "第四企业" in body
    assert "第一企业" not in body
    assert "请本周过问这 1 家。" in body


def test_what_reads_as_last_week_is_folded(told):
    send()
    with time_machine.travel("2026-11-30 08:00+08:00", tick=False):
        compile_metrics()
    for row in Forecast.objects.filter(as_of=MONDAY):
        Forecast.objects.filter(as_of__gt=MONDAY, region=row.region).update(
            expected=row.expected, low=row.low, high=row.high, probability=row.probability, confidence="solid"
        )
    send("2026-11-30 08:30")

    body = Message.objects.filter(to="leader@example.cn")[0].body
    assert "与上周相同 2 项：高新技术企业首次认定 1/5、新增国家级创新平台 1/1。" in body
    assert "与上周相同 1 项：平南县 高新技术企业首次认定 1/4。" in body
    assert "完成 1 / 目标" not in body


def test_the_workbook_is_stored_once_and_goes_out_as_it_was(told, mailbox):
    send()
    leader = Message.objects.get(to="leader@example.cn")
    kept = bytes(leader.attachment.content)
    # leader and lead of the city share one; the officer's own is another
    assert Attachment.objects.count() == 2
    assert Message.objects.get(to="lead@example.cn").attachment == leader.attachment
    assert leader.attachment.name == "缺口-贵港市-2026-W48.xlsx"

    Forecast.objects.update(probability=Decimal("0.99"))
    with time_machine.travel(HALF_PAST, tick=False):
        deliver_messages()

    mail = Mail.objects.get(address="leader@example.cn")
    assert bytes(mail.attachment.content) == kept
    sheet = CalamineWorkbook.from_filelike(BytesIO(kept)).get_sheet_by_name("目标").to_python()
    assert [row[0:7] + row[10:11] for row in sheet[1:]] == [
        ["高新技术企业首次认定", "450800", "贵港市", "有风险", 5, 1, 4, "41 %"],
        ["新增国家级创新平台", "450800", "贵港市", "已完成", 1, 1, 0, "—"],
        ["高新技术企业首次认定", "450821", "平南县", "推进中", 4, 1, 3, "60 %"],
    ]


def test_a_mail_server_gets_the_workbook_with_its_name(told, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    send()
    with time_machine.travel(HALF_PAST, tick=False):
        deliver_messages()

    sent = next(mail for mail in django_mail.outbox if mail.to == ["leader@example.cn"])
    (attached,) = [part for part in sent.message().walk() if part.get_filename()]
    assert attached.get_filename() == "缺口-贵港市-2026-W48.xlsx"
    assert attached.get_content_type() == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert attached.get_payload(decode=True) == bytes(Attachment.objects.get(messages__to="leader@example.cn").content)


def test_the_mailbox_and_the_outbox_let_it_be_downloaded_by_who_may_read_the_mail(
    told, mailbox, client, leader, officer
):
    send()
    with time_machine.travel(HALF_PAST, tick=False):
        deliver_messages()
    mail, message = Mail.objects.get(address="leader@example.cn"), Message.objects.get(to="leader@example.cn")
    client.force_login(leader)

    for page in (f"/mailbox/{mail.pk}/", f"/outbox/{message.pk}/"):
        assert f'<a href="{page}attachment/">缺口-贵港市-2026-W48.xlsx</a>' in client.get(page).content.decode()
        answer = client.get(f"{page}attachment/")
        assert b"".join(answer.streaming_content) == bytes(message.attachment.content)
        assert answer["Cache-Control"] == "private, no-store"

    client.force_login(officer)
    assert client.get(f"/mailbox/{mail.pk}/attachment/").status_code == 404
    assert client.get(f"/outbox/{message.pk}/attachment/").status_code == 404


def test_a_mail_without_attachment_has_none_to_download(told, client, leader):
    mail = Mail.objects.create(address="leader@example.cn", recipient=leader, subject="x", at="2026-11-23T08:30Z")
    client.force_login(leader)

    assert client.get(f"/mailbox/{mail.pk}/attachment/").status_code == 404


def test_the_names_are_in_the_language_of_each_reader(told, leader):
    leader.language = "en"
    leader.save()
    send()

    assert "条件待评估" in Message.objects.get(to="lead@example.cn").body
    assert "条件待评估" not in Message.objects.get(to="leader@example.cn").body
