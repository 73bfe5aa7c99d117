"""The one-time notice: everything at once, by page, mail and Word; a second one is a lead's, with a reason."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from docx import Document as WordDocument

from crm.errors import NotAllowed
from notifications.models import Message
from notifications.topics import NOTICE
from notifications.versions import set_hold
from pipeline.errors import NoticeRefused
from pipeline.models import MaterialNotice, StageEvent
from pipeline.selectors.materials import material_list
from pipeline.selectors.notices import SecondRate, second_notice_rates
from pipeline.services.applications import move_application
from pipeline.services.material_decisions import Decision, decide_materials
from pipeline.services.materials import upload_files
from pipeline.services.notices import issue_notice
from pipeline.services.undoing import undo_last, undo_moves
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.usefixtures("private_storage")


def pdf(name="x.pdf"):
    return SimpleUploadedFile(name, b"%PDF-1.7")


@pytest.fixture
def formal(firm, firm_user, officer):
    """At formal review with everything handed in but one item, one refused and the rest accepted."""
    world.published("high_tech", "CN-2016")
    application = world.at(firm, "formal")
    for slot in material_list(application, ("firm",)).slots:
        if slot.item.is_required and slot.item.code != "no_accident":
            upload_files(application, slot.item.code, slot.year, [pdf()], actor=officer)
    return application


def judge(application, officer, **refused):
    """Accept everything that waits but what is refused, by item, with a reason."""
    pending = material_list(application, ("officer",)).pending
    said = [
        Decision(slot.item.code, slot.year, reasons=(refused[slot.item.code],), note="第 3 页")
        if slot.item.code in refused
        else Decision(slot.item.code, slot.year, accept=True)
        for slot in pending
    ]
    decide_materials(application, said, actor=officer)


def again(application, firm_user):
    """The firm corrects what it was told, and the city receives it."""
    for slot in material_list(application, ("firm",)).lacking:
        upload_files(application, slot.item.code, slot.year, [pdf("新.pdf")], actor=firm_user)
    move_application(application, "submit", actor=firm_user)
    move_application(application, "start_formal", actor=None)


def test_one_notice_says_everything_and_returns_the_application(formal, city_officer, firm_user):
    judge(formal, city_officer, financial_statements="unstamped")

    notice = issue_notice(formal, actor=city_officer, version=formal.version)

    assert [(item["item"], item["year"], item["reasons"]) for item in notice.items] == [
        ("financial_statements", 2025, ["unstamped"]),
        ("financial_statements", 2024, ["unstamped"]),
        ("financial_statements", 2023, ["unstamped"]),
        ("no_accident", 0, ["missing"]),
    ]
    assert (notice.second, notice.returned, formal.stage) == (False, True, "returned")
    assert notice.due_on == formal.deadlines.get(kind="correction_due", closed_at=None).due_on
    event = StageEvent.objects.filter(application=formal).latest("version")
    assert event.note.splitlines()[0] == (
        "1. 财务会计报告（2025）：未签字或未盖章（第 3 页）。请签字、加盖公章后重新扫描上传。"
    )
    assert len(event.note.splitlines()) == 4


def test_the_firm_gets_one_mail_with_everything(formal, city_officer, firm_user):
    judge(formal, city_officer, rd_projects="inconsistent")
    Message.objects.all().delete()

    issue_notice(formal, actor=city_officer)

    message = Message.objects.get(to_firm=True)
    for text in (message.body, message.html):
        assert "研发项目立项证明" in text
        assert "数据与申报数据不一致" in text
        assert "未提交" in text
        assert "国科火发〔2016〕32号、国科火发〔2016〕195号" in text
        assert "最晚" in text
    assert message.link == f"/applications/{formal.pk}/notices/1/"


def test_nothing_is_told_before_all_is_judged_or_when_nothing_is_lacking(formal, city_officer, officer):
    with pytest.raises(NoticeRefused) as refused:
        issue_notice(formal, actor=city_officer)
    assert refused.value.reasons[0].startswith("还有 20 项未审：")

    upload_files(formal, "no_accident", 0, [pdf()], actor=officer)
    judge(formal, city_officer)
    with pytest.raises(NoticeRefused) as refused:
        issue_notice(formal, actor=city_officer)

    assert refused.value.reasons == ["没有缺少或需补正的材料，不需要告知"]
    assert MaterialNotice.objects.count() == 0
    assert formal.stage == "formal"


def test_a_county_does_not_return_what_the_city_reviews_and_a_firm_tells_nothing(formal, officer, firm_user):
    judge(formal, officer)

    with pytest.raises(NoticeRefused) as refused:
        issue_notice(formal, actor=officer)
    with pytest.raises(NotAllowed):
        issue_notice(formal, actor=firm_user)

    assert refused.value.reasons == ["当前身份无权执行“退回补正”，须由市级经办人员办理"]


def test_a_second_notice_is_a_leads_with_a_reason_and_is_counted(formal, city, city_officer, lead, firm_user):
    judge(formal, city_officer, rd_projects="incomplete")
    issue_notice(formal, actor=city_officer)
    again(formal, firm_user)
    judge(formal, city_officer, rd_projects="incomplete")

    with pytest.raises(NoticeRefused) as refused:
        issue_notice(formal, actor=city_officer)
    assert refused.value.reasons == [
        "这些材料此前已经告知过；再次告知须由科长发出，请写明理由后报科长",
        "再次告知须写明理由",
    ]
    with pytest.raises(NoticeRefused):
        issue_notice(formal, actor=lead)
    notice = issue_notice(formal, actor=lead, reason="首次补正后仍缺第 5 页")

    assert (notice.number, notice.second, [item["item"] for item in notice.items]) == (2, True, ["rd_projects"])
    assert second_notice_rates(city, year=formal.year) == [SecondRate("平南县", 1, 1)]


def test_before_review_a_notice_stands_alone_with_a_term_of_its_own(firm, firm_user, officer):
    world.published("high_tech", "CN-2016")
    application = world.at(firm, "prep")

    notice = issue_notice(application, actor=officer)

    assert (application.stage, notice.returned, len(notice.items)) == ("prep", False, 21)


def test_a_notice_is_never_changed(formal, city_officer):
    judge(formal, city_officer)
    notice = issue_notice(formal, actor=city_officer)

    with pytest.raises(TypeError):
        MaterialNotice.objects.update(reason="x")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE pipeline_materialnotice SET reason = 'x' WHERE id = %s", [notice.pk])


def test_the_notice_is_a_page_and_a_word_document_for_officer_and_firm(formal, city_officer, firm_user, other_officer):
    judge(formal, city_officer, rd_projects="incomplete")
    page = make.logged_in(city_officer).get(f"/applications/{formal.pk}/materials/").content.decode()
    assert "发出告知书并退回补正" in page
    sent = make.logged_in(city_officer).post(
        f"/applications/{formal.pk}/materials/notice/", {"version": formal.version}
    )
    assert sent.status_code == 302
    address = f"/applications/{formal.pk}/notices/1/"

    for person in (city_officer, firm_user):
        shown = make.logged_in(person).get(address).content.decode()
        assert "研发项目立项证明" in shown
        assert "内容不全或缺页" in shown
    answer = make.logged_in(firm_user).get(f"{address}docx/")
    text = "\n".join(cell.text for row in WordDocument(BytesIO(answer.content)).tables[0].rows for cell in row.cells)
    assert "内容不全或缺页" in text
    assert make.logged_in(other_officer).get(f"{address}docx/").status_code == 404
    assert "一次性告知书" in make.logged_in(firm_user).get(f"/portal/applications/{formal.pk}/").content.decode()


def test_a_refused_notice_keeps_the_reason_that_was_typed(formal, city_officer):
    page = make.logged_in(city_officer).post(f"/applications/{formal.pk}/materials/notice/", {"reason": "想再告知"})

    assert page.status_code == 409
    assert "还有 20 项未审" in page.content.decode()


def test_a_return_that_is_taken_back_holds_its_mail_back(formal, city_officer, firm_user):
    judge(formal, city_officer)
    issue_notice(formal, actor=city_officer)
    formal.refresh_from_db()

    undo_moves(formal, first=formal.version, last=formal.version, actor=city_officer, reason="点错")

    assert Message.objects.get(key__startswith="notice:").state == "superseded"


def test_a_notice_whose_return_was_taken_back_never_was(client, formal, city_officer, firm_user):
    judge(formal, city_officer, financial_statements="unstamped")
    first = issue_notice(formal, actor=city_officer)
    formal.refresh_from_db()
    undo_last(formal, actor=city_officer)

    client.force_login(firm_user)
    assert client.get(f"/applications/{formal.pk}/notices/{first.number}/").status_code == 404
    again = issue_notice(formal, actor=city_officer)
    assert (again.number, again.second) == (2, False)


@pytest.mark.parametrize("stage", ["submitted", "recommended", "expert", "filed"])
def test_no_notice_where_the_firm_could_not_correct(firm, firm_user, lead, stage):
    world.published("high_tech", "CN-2016")
    application = world.at(firm, stage)

    with pytest.raises(NoticeRefused) as refused:
        issue_notice(application, actor=lead)

    label = application.current.label
    assert refused.value.reasons == [f"“{label}”阶段企业不能补交材料，告知了也无法补正；请在可以退回补正的阶段告知"]
    assert MaterialNotice.objects.count() == 0


def test_a_second_notice_makes_the_draft_of_the_first_void(formal, city_officer, lead, firm_user):
    set_hold(NOTICE, hold=True, actor=lead)
    judge(formal, city_officer, financial_statements="unstamped")
    issue_notice(formal, actor=city_officer)
    formal.refresh_from_db()
    again(formal, firm_user)
    formal.refresh_from_db()
    judge(formal, city_officer, financial_statements="unstamped")

    issue_notice(formal, actor=lead, reason="新文件仍未盖章")

    drafts = Message.objects.filter(key__startswith="notice:").order_by("pk")
    assert list(drafts.values_list("state", flat=True)) == ["superseded", "draft"]
