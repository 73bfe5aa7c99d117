"""Exports: what the reader may see and nothing else, codes as text, no formulas, a reason, and seven days."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
import time_machine
from django.utils import timezone

from crm.errors import InvalidInput, NotAllowed
from crm.models import DownloadLog, Export, Fact, Firm, Job
from crm.services import chunks
from crm.services.exports import clear_exports, start_export
from crm.services.firms import assign_firm, move_firm, save_contact
from crm.services.jobs import cancel_job
from crm.services.tags import make_tag, tag_firm
from notifications.models import Message
from pipeline.models import Recognition
from pipeline.services.firm_acts import start_firm_act
from tests import make
from tests.make import logged_in
from tests.pipeline import world

pytestmark = pytest.mark.usefixtures("private_storage")


def exported(firms, region, actor, **options):
    """The export of these firms, made."""
    job = start_export("firms", [firm.pk for firm in firms], region=region, actor=actor, reason="年度盘点", **options)
    chunks.run(job.pk)
    return Export.objects.select_related("job").get(job=job)


def cells(export):
    with export.file.open("rb") as file:
        sheet = openpyxl.load_workbook(BytesIO(file.read())).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()], sheet


def test_the_table_has_the_columns_of_the_list(firm, county, officer):
    assign_firm(firm, officer=officer, actor=officer)
    tag_firm(firm, make_tag("重点培育", region=county, actor=officer), actor=officer)
    Firm.objects.filter(pk=firm.pk).update(registered_on=date(2015, 3, 1))
    world.opened(firm, officer, "tech_sme")

    export = exported([firm], county, officer)

    (heads, row), sheet = cells(export)
    year = timezone.localdate().year
    assert dict(zip(heads, row, strict=True)) == {
        "企业名称": "平南智造科技有限公司",
        "统一社会信用代码": firm.credit_code,
        "区划": "平南县",
        "经办人员": "姓名officer",
        "科技型中小企业": f"办理中 {year}",
        "高新技术企业": "未取得",
        "瞪羚企业": "未取得",
        "标签": "重点培育",
        "登记状态": "存续",
        "成立日期": timezone.datetime(2015, 3, 1),
        "更新日期": timezone.datetime.combine(timezone.localdate(), timezone.datetime.min.time()),
    }
    assert sheet["B2"].number_format == "@"
    assert (export.rows, export.missing, export.reason, export.job.result["rows"]) == (1, 0, "年度盘点", 1)


def test_the_full_table_says_units_in_its_heads(firm, county, officer):
    Firm.objects.filter(pk=firm.pk).update(capital_amount=Decimal(5_000_000), capital_currency="CNY")
    save_contact(firm, name="周文澜", phone="013900000001", actor=officer)
    for source, value in (("declared", 1), ("audit", 3_800_000)):
        Fact.objects.create(firm=firm, year=2025, code="sales_cny", source=source, value=value)

    (heads, row), _sheet = cells(exported([firm], county, officer, columns="full", year=2025))

    said = dict(zip(heads, row, strict=True))
    assert (said["注册资本（万元）"], said["币种"]) == (500, "CNY")
    assert (said["联系人"], said["电话"]) == ("周文澜", "013900000001")
    assert said["2025 年销售收入（元）"] == 3_800_000
    assert said["2025 年研发费用·加计扣除口径（元）"] is None


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_is_a_formula(start, firm, county, officer):
    evil = f'{start}HYPERLINK("http://x")'
    Firm.objects.filter(pk=firm.pk).update(name=evil)

    _rows, sheet = cells(exported([firm], county, officer))
    text = exported([firm], county, officer, format="csv").file.read().decode()

    assert (sheet["A2"].value.strip(), sheet["A2"].data_type, sheet["A2"].style_id > 0) == (evil.strip(), "s", True)
    assert sheet["A2"].quotePrefix
    assert text.startswith("\ufeff") and f"\"'{start}HYPERLINK" in text


def test_a_csv_keeps_long_numbers(firm, county, officer):
    Firm.objects.filter(pk=firm.pk).update(credit_code="914508210123456789")

    text = exported([firm], county, officer, format="csv").file.read().decode("utf-8-sig")

    assert ",914508210123456789\t," in text


def test_what_left_the_readers_region_is_not_in_the_table_and_is_said(firm, county, other_county, officer, lead):
    stays = make.firm("平南第二企业", county)
    job = start_export("firms", [firm.pk, stays.pk], region=county, actor=officer, reason="x")
    move_firm(firm, region=other_county, actor=lead)

    chunks.run(job.pk)

    export = Export.objects.get()
    job.refresh_from_db()
    assert [row[0] for row in cells(export)[0][1:]] == ["平南第二企业"]
    assert (export.rows, export.missing, job.done, job.refused) == (1, 1, 1, 1)


def test_rows_stand_in_the_order_of_the_list(county, officer):
    firms = [make.firm(f"第{number}企业", county) for number in range(3)]

    rows, _sheet = cells(exported(firms[::-1], county, officer))

    assert [row[0] for row in rows[1:]] == ["第2企业", "第1企业", "第0企业"]


def test_applications_and_titles_are_exported_too(firm, county, officer):
    application = world.opened(firm, officer, "tech_sme")
    title = Recognition.objects.create(
        firm=firm, programme="tech_sme", title="registration", number="2026450821A8000001",
        granted_on=date(2026, 6, 1), region=county, region_path=county.path,
    )  # fmt: skip
    made = []
    for kind, key in (("applications", application.pk), ("recognitions", title.pk)):
        job = start_export(kind, [key], region=county, actor=officer, reason="x")
        chunks.run(job.pk)
        made.append(cells(Export.objects.get(job=job))[0])

    assert made[0][1][:3] == [application.reference, firm.name, firm.credit_code]
    assert made[1][1][5] == "2026450821A8000001"


def test_lists_export_what_was_ticked_or_else_all_that_they_find(firm, other_firm, county, officer, lead):
    mine, other = world.opened(firm, officer, "tech_sme"), world.opened(firm, officer, "high_tech")
    world.opened(other_firm, lead, "tech_sme")
    client = logged_in(officer)

    ticked = client.post("/exports/new/applications/", {"row": [f"{mine.pk}:0", "x"]})
    found = client.post("/exports/new/applications/?programme=high_tech")
    posted = {"rows": found.context["marks"], "reason": "周会", "format": "csv", "go": "1"}
    client.post("/exports/new/applications/", posted)

    assert (ticked.context["marks"], found.context["marks"]) == (str(mine.pk), str(other.pk))
    export = Export.objects.get()
    assert (export.kind, export.selection, export.format) == ("applications", [other.pk], "csv")
    nothing = client.post("/exports/new/applications/", {"rows": "", "reason": "x", "go": "1"})
    titles = client.post("/exports/new/recognitions/?tab=all")
    assert "没有选择要导出的内容" in nothing.content.decode() and titles.context["number"] == 0
    assert client.get("/exports/new/recognitions/")["Location"] == "/recognitions/"
    assert client.post("/exports/new/firms/").status_code == 404


# Who, why, how long -----------------------------------------------------------------------------------------------------


def test_an_export_needs_rows_and_a_reason(firm, county, officer):
    with pytest.raises(InvalidInput) as refused:
        start_export("firms", [], region=county, actor=officer, reason=" ")

    assert refused.value.reasons == [
        "没有选择要导出的内容；请先勾选，或选择全部结果",
        "请填写导出事由，事由与导出一并留存备查",
    ]
    assert Export.objects.count() == Job.objects.count() == 0


@pytest.mark.parametrize("who", ["viewer", "other_officer", "firm_user"])
def test_who_may_not_export_here_is_refused_by_the_server(who, request, firm, county):
    person = request.getfixturevalue(who)

    with pytest.raises(NotAllowed):
        start_export("firms", [firm.pk], region=county, actor=person, reason="x")
    logged_in(person).post("/firms/bulk/", {"act": "export", "firms": firm.pk, "reason": "x", "go": "1"})

    assert Export.objects.exclude(owner=person).count() == 0
    assert not Export.objects.filter(region=county).exists()


def test_the_bell_says_that_it_is_ready(firm, county, officer):
    exported([firm], county, officer)

    message = Message.objects.get()
    assert (message.recipient, message.subject, message.link, message.state) == (
        officer,
        "导出已完成：企业 1 行",
        "/exports/",
        "in_app",
    )


def test_only_its_owner_takes_it_and_every_taking_is_kept(firm, county, officer, lead, other_officer):
    export = exported([firm], county, officer)
    address = f"/exports/{export.pk}/file/"

    taken = logged_in(officer).get(address)

    assert b"".join(taken.streaming_content)[:2] == b"PK"
    assert [logged_in(person).get(address).status_code for person in (lead, other_officer)] == [404, 404]
    line = DownloadLog.objects.get()
    assert (line.actor, line.object_type, line.about) == (officer, "crm.export", "平南县")


def test_who_lost_the_post_takes_nothing(firm, county, officer, other_county):
    export = exported([firm], county, officer)
    officer.posts.update(region=other_county)

    assert logged_in(officer).get(f"/exports/{export.pk}/file/").status_code == 404


def test_the_file_goes_after_seven_days_and_the_line_stays(firm, county, officer):
    export = exported([firm], county, officer)
    name, storage = export.file.name, export.file.storage
    assert clear_exports() == 0

    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert logged_in(officer).get(f"/exports/{export.pk}/file/").status_code == 404
        assert (clear_exports(), clear_exports()) == (1, 0)
        page = logged_in(officer).get("/exports/").content.decode()

    assert not storage.exists(name)
    assert "已过期删除" in page and "年度盘点" in page


def test_a_lead_reads_who_exported_what_and_why(firm, county, officer, lead, other_officer):
    exported([firm], county, officer)

    assert "年度盘点" in logged_in(lead).get("/exports/").content.decode()
    assert "年度盘点" not in logged_in(other_officer).get("/exports/").content.decode()


def test_a_cancelled_export_leaves_no_file(firm, county, officer, private_storage):
    job = start_export("firms", [firm.pk], region=county, actor=officer, reason="x")
    cancel_job(job)

    chunks.run(job.pk)

    assert (Export.objects.get().file, list(private_storage.rglob("*.xlsx")), Message.objects.count()) == ("", [], 0)


def test_the_refused_rows_of_a_job_are_a_table(firm, county, officer):
    Firm.objects.filter(pk=firm.pk).update(status="deregistered")
    job = start_firm_act("open", [firm.pk], actor=officer, programme="tech_sme")
    chunks.run(job.pk)

    response = logged_in(officer).get(f"/jobs/{job.pk}/refused/")

    sheet = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["编号或代码", "企业", "原因"],
        [firm.credit_code, firm.name, "企业已注销，不能申报"],
    ]
    assert DownloadLog.objects.get().actor == officer


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_with_one_and_three_exports(count, firm, county, officer, django_assert_num_queries):
    for _number in range(count):
        exported([firm], county, officer)
    client = logged_in(officer)
    client.get("/exports/")

    with django_assert_num_queries(6):
        assert len(client.get("/exports/").context["page"].rows) == count
