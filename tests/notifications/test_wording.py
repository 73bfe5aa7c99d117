"""Wording as data: pure substitution, versions that are kept, a preview on a real case."""

import pytest
from django.db import DatabaseError, transaction

from crm.errors import InvalidInput, NotAllowed, RowChanged
from notifications import versions
from notifications.models import MailTemplate, MailTopic, Message
from notifications.samples import cases_for, shown_on
from notifications.topics import TOPICS
from notifications.versions import add_letter, compared, newest, restore, retire_letter, save_wording, set_hold
from notifications.wording import Wording, fill, own_wording, problems, topic_called
from pipeline.services.applications import move_application
from tests import make
from tests.pipeline import world

NOTICE = TOPICS["stage_notice"]
VALUES = {"企业": "甲", "最晚": "", "意见": "看 {企业} [x]"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{企业}好", "甲好"),
        ("a[，请于 {最晚} 前]b", "ab"),
        ("a[，请 {企业} 看]b", "a，请 甲 看b"),
        ("[{企业}{最晚}]x", "x"),
        ("[备注]", "[备注]"),
        ("{意见}", "看 {企业} [x]"),  # what a value holds is never read again
        ("{{ firm.name }}{% load x %}", "{}"),
        ("{ 企业 }", "甲"),
    ],
)
def test_placeholders_are_filled_in_one_pass(text, filled):
    assert fill(text, VALUES) == filled


def test_every_text_of_the_product_knows_its_own_placeholders():
    for topic in TOPICS.values():
        for language in ("zh-hans", "en"):
            text = own_wording(topic, language)
            assert problems(text.subject, text.body, topic) == [], (topic.code, language)


def test_an_unknown_placeholder_is_refused_with_the_known_ones():
    reasons = problems("{计画}", "x {", NOTICE)

    assert reasons == [
        "不认识的占位符：{计画}；可用的有 {收件人}、{企业}、{计划}、{年度}、{阶段}、{受理编号}、{经办人}、{提示}、{最晚}、{意见}",
        "花括号没有成对；占位符写作 {企业}",
    ]


def test_everything_wrong_with_a_text_is_said_at_once(lead):
    with pytest.raises(InvalidInput) as refused:
        save_wording(NOTICE, "fr", subject="", body=" ", seen=0, actor=lead)

    assert refused.value.reasons == ["请填写主题", "请填写正文", "没有这种语言"]
    assert MailTemplate.objects.count() == 0


def save(actor, text="文 {企业}", seen=0, language="zh-hans"):
    return save_wording(NOTICE, language, subject="题 {计划}", body=text, seen=seen, actor=actor)


def test_a_new_version_words_the_mails_from_now_on(firm, firm_user, city_officer, lead):
    application = world.at(firm, "approved")
    save(lead)

    move_application(application, "file", actor=city_officer)

    message = Message.objects.get(to_firm=True)
    assert (message.subject, message.template, message.template_version) == ("题 高新技术企业", "stage_notice", 1)
    assert message.body.startswith(f"文 {firm.name}\n\n受理编号：{application.reference}\n")


def test_another_language_keeps_its_own_wording(lead):
    save(lead)

    assert newest(NOTICE, "en").version == 0


def test_who_was_second_is_told(lead, admin):
    save(lead)
    with pytest.raises(RowChanged):
        save(admin)
    assert save(admin, seen=1).version == 2


@pytest.mark.parametrize("who", ["officer", "city_officer", "viewer", "leader"])
def test_wording_is_the_business_of_the_citys_leads_and_administrators(who, request, county):
    user = request.getfixturevalue(who)
    for act in (
        lambda: save(user),
        lambda: set_hold(NOTICE, hold=True, actor=user),
        lambda: add_letter("x", actor=user),
        lambda: retire_letter("letter", actor=user),
        lambda: save(make.person("county_lead", county, "lead")),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert MailTemplate.objects.count() == MailTopic.objects.count() == 0


def test_an_earlier_version_holds_again_as_a_new_one(lead):
    save(lead, "一")
    save(lead, "二", seen=1)

    restore(NOTICE, "zh-hans", 1, seen=2, actor=lead)
    assert (newest(NOTICE, "zh-hans").body, newest(NOTICE, "zh-hans").version) == ("一", 3)
    restore(NOTICE, "zh-hans", 0, seen=3, actor=lead)
    assert newest(NOTICE, "zh-hans").body == own_wording(NOTICE, "zh-hans").body
    with pytest.raises(InvalidInput):
        restore(NOTICE, "zh-hans", 9, seen=4, actor=lead)


def test_versions_are_never_changed(lead):
    row = save(lead)

    with pytest.raises(TypeError):
        MailTemplate.objects.update(body="x")
    row.body = "x"
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save()


def test_two_versions_line_by_line():
    assert compared("一\n二", "一\n三") == [("same", "一"), ("gone", "二"), ("new", "三")]


def test_letters_of_the_bureaus_own(lead):
    row = add_letter("年报催报函", actor=lead)
    with pytest.raises(InvalidInput):
        add_letter("年报催报函", actor=lead)
    topic = topic_called(row.code)
    save_wording(topic, "zh-hans", subject="致 {企业}", body="请报年报。", seen=0, actor=lead)

    assert [topic.label for topic in versions.letters()] == [TOPICS["letter"].label, "年报催报函"]
    retire_letter(row.code, actor=lead)
    assert len(versions.letters()) == 1
    assert newest(topic, "zh-hans").body == "请报年报。"


def test_what_cannot_wait_cannot_be_held(lead):
    with pytest.raises(InvalidInput):
        set_hold(TOPICS["stage_corrected"], hold=True, actor=lead)


def test_a_wording_is_tried_on_a_real_case(firm, firm_user, other_firm, city_officer, officer):
    application = world.at(firm, "filed")
    world.at(other_firm, "filed")

    assert cases_for(NOTICE, officer) == [application]
    shown = shown_on(NOTICE, application, Wording("题 {企业}", "{收件人}：{阶段}"), language="zh-hans")
    assert (shown.subject, shown.parts["text"]) == (f"题 {firm.name}", "姓名firm_user：国家公示")
    assert shown_on(TOPICS["stage_rejected"], application, Wording("x", "x"), language="zh-hans") is None


def test_every_kind_of_mail_can_be_tried(firm, firm_user, city_officer, lead):
    application = world.at(firm, "formal")
    move_application(application, "return_for_correction", actor=city_officer, note="缺件")

    for code in ("stage_returned", "reminder", "letter"):
        topic = TOPICS[code]
        assert cases_for(topic, lead) == [application]
        shown = shown_on(topic, application, own_wording(topic, "zh-hans"), language="zh-hans")
        assert firm.name in shown.subject + shown.text
