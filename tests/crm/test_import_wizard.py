import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.utils import timezone

from crm.choices import FirmEventKind, ImportState
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.headings import Meaning
from crm.models import Contact, Fact, Firm, FirmEvent, FormerName, Import, ImportMapping, Job, Region
from crm.services import imports, jobs
from crm.services.firm_events import rename_firm
from crm.services.import_mappings import save_mapping
from pipeline.models import FormerPlace
from pipeline.services.recognition_changes import record_past_title
from tests import make
from tests.crm import sheets
from tests.crm.test_imports import counts


@pytest.fixture(autouse=True)
def _private(private_storage):
    """What is uploaded lies in a folder of the test."""


def checked(file, *, region, actor, name="台账.xlsx"):
    return settled(imports.upload(file, name=name, region=region, actor=actor))


def settled(batch):
    """The import after its job."""
    jobs.run(batch.job.pk)
    return Import.objects.select_related("job", "region").get(pk=batch.pk)


def applied(batch, actor):
    imports.confirm(batch, actor=actor)
    return settled(batch)


def reverted(batch, actor):
    imports.revert(batch, actor=actor)
    return settled(batch)


def reasons(batch):
    return {row.line: row.reasons for row in batch.rows.exclude(reasons=[])}


def refused_sheet(batch):
    with batch.refused.open("rb") as file:
        return openpyxl.load_workbook(io.BytesIO(file.read())).active


def cells_of(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def everything():
    """Every value of firms, figures, people and names, but the version and the time of the last change."""
    firms = list(Firm.objects.order_by("pk").values())
    for firm in firms:
        del firm["version"], firm["updated_at"]
    return firms, *(list(model.objects.order_by("pk").values()) for model in (Fact, Contact, FormerName))


# The ledger: merged headings, titles, totals, several sheets


def test_a_ledger_with_merged_headings_is_read_whole(city, city_officer):
    batch = checked(sheets.ledger(), region=city, actor=city_officer)

    assert (batch.state, batch.error, batch.counts) == ("checked", "", counts(created=3, refused=1))
    assert (batch.sheet, batch.looked["sheets"], batch.looked["hidden"]) == ("台账", ["说明", "台账"], ["旧表"])
    assert (batch.layout["header_line"], batch.layout["height"], batch.skipped) == (4, 2, 3)
    assert reasons(batch) == {
        9: ["2024年度 销售收入：金额“一百”无法识别；请写成“100万元”或“100万美元”"],
    }

    applied(batch, city_officer)

    assert list(Firm.objects.order_by("pk").values_list("name", "region__name")) == [
        ("甲公司", "平南县"),
        ("乙公司", "桂平市"),
        ("丙公司", "平南县"),
    ]
    assert [str(day) for day in Firm.objects.order_by("pk").values_list("registered_on", flat=True)] == [
        "2015-03-01",
        "2016-05-01",
        "2023-03-15",
    ]
    assert list(Fact.objects.order_by("firm", "year", "-code").values_list("firm__name", "year", "code", "value")) == [
        ("甲公司", 2023, "sales_cny", 1_000_000),
        ("甲公司", 2023, "rd_cny", 55_000),
        ("甲公司", 2024, "sales_cny", 1_200_000),
        ("甲公司", 2024, "rd_cny", 80_000),
        ("乙公司", 2023, "sales_cny", 2_000_000),
        ("乙公司", 2024, "sales_cny", Decimal("2102500")),
        ("乙公司", 2024, "rd_cny", 200_000),
        ("丙公司", 2024, "rd_cny", 30_000),
    ]


def test_refused_rows_come_back_in_their_own_layout_and_go_in_once_they_are_right(city, city_officer):
    first = applied(checked(sheets.ledger(), region=city, actor=city_officer), city_officer)
    sheet = refused_sheet(first)

    assert [row[:1] for row in cells_of(sheet)[:2]] == [["2024年贵港市科技型企业台账"], ["填报单位：某某局"]]
    assert [[cell or "" for cell in row[:10]] for row in cells_of(sheet)[2:4]] == sheets.HEAD[2:]
    assert cells_of(sheet)[2][10] == "未导入原因"
    assert cells_of(sheet)[4:] == [
        [4, "丁公司", make.code(90004), "2018年5月", "平南", None, None, "一百", None, None, reasons(first)[9][0]]
    ]
    assert sheet["H5"].fill.fgColor.rgb == sheet["K5"].fill.fgColor.rgb == "FFFBE3E0"

    sheet["H5"] = 100
    second = checked(sheets.saved(sheet.parent), region=city, actor=city_officer, name="台账-未导入.xlsx")

    assert (second.counts, second.layout["columns"]) == (counts(created=1), first.layout["columns"])
    assert applied(second, city_officer).counts == counts(created=1)
    assert Fact.objects.get(firm__name="丁公司").value == 1_000_000
    assert str(Firm.objects.get(name="丁公司").registered_on) == "2018-05-01"


# The damaged sheet: mixed units, destroyed codes, duplicates


@pytest.fixture
def known(county):
    return make.firm("在册公司", county), make.firm("不变公司", county)


def damaged(known, city, officer):
    file = sheets.damaged(*(firm.credit_code for firm in known))
    return checked(file, region=city, actor=officer)


def test_every_row_of_a_damaged_sheet_is_counted_with_its_reason(city, city_officer, known):
    batch = damaged(known, city, city_officer)

    assert batch.counts == counts(created=1, updated=1, unchanged=1, pending=1, refused=5)
    said = reasons(batch)
    assert said[3] == ["Excel 已损坏该代码（9.14508212004926e+17）；请把该列设为文本格式后重新填写"]
    assert said[4] == ["Excel 已损坏该代码（914508212004926000 末三位被改为 0）；请把该列设为文本格式后重新填写"]
    assert said[5] == ["与本文件第 2 行的代码相同；请合并为一行"]
    assert said[6] == [f"企业库中已有同名企业（代码 {known[0].credit_code}）；请确认是否为另一家企业"]
    assert said[8] == [
        "成立时间：日期“2023.1”分不清是 1 月还是 10 月（Excel 会去掉末尾的 0）；请写成 2023-10",
        "注册资本(万元)：金额“很多”无法识别；请写成“100万元”或“100万美元”",
    ]
    assert said[10][0].startswith("没有名为“天边县”的县区；可填：")
    assert list(batch.rows.filter(line__in=[3, 6, 8]).values_list("places", flat=True)) == [[1], [0], [2, 3]]


def test_mixed_units_come_in_as_yuan_and_heads(city, city_officer, known):
    applied(damaged(known, city, city_officer), city_officer)

    assert Firm.objects.get(name="子公司").capital_amount == 1_200_000
    assert list(Fact.objects.order_by("firm", "code").values_list("firm__name", "code", "value")) == [
        ("在册公司", "employees", 40),
        ("在册公司", "sales_cny", 150_000_000),
        ("子公司", "employees", 35),
        ("子公司", "sales_cny", 1_200_000),
    ]


@pytest.mark.parametrize(
    ("decision", "result", "firms"),
    [
        ("", counts(created=1, updated=1, unchanged=1, pending=1, refused=5), 3),
        ("create", counts(created=2, updated=1, unchanged=1, refused=5), 4),
        ("known", counts(created=1, updated=2, unchanged=1, refused=5), 3),
        ("skip", counts(created=1, updated=1, unchanged=1, refused=5) | {"skipped": 1}, 3),
    ],
)
@pytest.mark.parametrize("by", ["row", "tab"])
def test_a_person_says_what_a_double_is(city, city_officer, known, decision, result, firms, by):
    batch = damaged(known, city, city_officer)

    if by == "row":
        imports.decide(batch, line=6, decision=decision, actor=city_officer)
    else:
        imports.decide_all(batch, outcome="pending", decision=decision, actor=city_officer)

    assert (applied(batch, city_officer).counts, Firm.objects.count()) == (result, firms)
    if decision == "known":
        people = Contact.objects.filter(firm=known[0]).order_by("pk").values_list("name", "phone")
        assert list(people) == [("王五", "0775-3"), ("李四", "0775-2")]


def test_a_tab_is_left_out_but_for_the_rows_that_somebody_takes(city, city_officer):
    rows = [[f"第{number}公司", make.code(90100 + number)] for number in (1, 2, 3)]
    batch = checked(sheets.workbook(["企业名称", "信用代码"], *rows), region=city, actor=city_officer)

    imports.decide_all(batch, outcome="created", decision="skip", actor=city_officer)
    imports.decide(batch, line=3, decision="take", actor=city_officer)

    assert applied(batch, city_officer).counts == counts(created=1) | {"skipped": 2}
    assert Firm.objects.get().name == "第2公司"


@pytest.mark.parametrize(("outcome", "decision"), [("created", "known"), ("refused", "take"), ("unchanged", "skip")])
def test_a_decision_that_makes_no_sense_is_refused(city, city_officer, known, outcome, decision):
    batch = damaged(known, city, city_officer)

    with pytest.raises(InvalidInput):
        imports.decide_all(batch, outcome=outcome, decision=decision, actor=city_officer)

    batch.refresh_from_db()
    assert batch.choices == {}


# Mappings


ODD = ["单位", "编码", "营收"]


def odd(city, officer, name="a.xlsx"):
    return checked(sheets.workbook(ODD, ["甲公司", make.code(90001), 12]), region=city, actor=officer, name=name)


MEANINGS = {0: Meaning("name"), 1: Meaning("credit_code"), 2: Meaning("fact:sales_cny", "万元", 2024)}


def test_columns_that_nobody_knows_are_said_once_and_known_again(city, city_officer):
    batch = odd(city, city_officer)
    assert (batch.state, batch.may_be_mapped) == (ImportState.FAILED, True)
    said = {"header_line": 1, "height": 1, "meanings": MEANINGS, "actor": city_officer}

    mapping = save_mapping(batch, name="某县营收表", **said)
    imports.say_columns(batch, sheet=batch.sheet, mapping=mapping, **said)

    assert settled(batch).counts == counts(created=1)
    again = odd(city, city_officer, "b.xlsx")
    assert (again.mapping, again.counts) == (mapping, counts(created=1))
    applied(again, city_officer)
    assert Fact.objects.get().value == 120_000


def test_what_is_wrong_with_a_mapping_is_said_at_once(city, city_officer):
    batch = odd(city, city_officer)
    meanings = {0: Meaning("name"), 1: Meaning("name"), 2: Meaning("fact:nonsense")}

    with pytest.raises(InvalidInput) as refused:
        save_mapping(batch, name="x", header_line=1, height=1, meanings=meanings, actor=city_officer)

    assert refused.value.reasons == [
        "没有字段“fact:nonsense”",
        "还没有指定“统一社会信用代码”是哪一列：它是识别企业的关键",
        "除代码外请至少再对应一列",
        "“企业名称”对应了两列；请只保留一列",
    ]
    assert ImportMapping.objects.count() == 0


def test_columns_are_settled_once_rows_were_written(city, city_officer, known):
    batch = applied(damaged(known, city, city_officer), city_officer)
    layout = batch.layout

    with pytest.raises(RowChanged):
        imports.look_again(batch, sheet=batch.sheet, actor=city_officer)

    batch.refresh_from_db()
    assert (batch.state, batch.layout) == ("done", layout)


# Cancelling and going on


def test_a_cancelled_import_keeps_what_is_done_and_goes_on(city, city_officer, monkeypatch):
    monkeypatch.setattr("crm.services.import_passes.CHUNK", 2)
    rows = [[f"第{number}公司", make.code(90100 + number)] for number in range(1, 7)]
    batch = checked(sheets.workbook(["企业名称", "信用代码"], *rows), region=city, actor=city_officer)
    imports.confirm(batch, actor=city_officer)
    beat = jobs.Progress.beat

    def stop_after_two_chunks(progress, **values):
        if values["done"] == 4:
            jobs.cancel_job(Job.objects.get(pk=progress.job.pk))
        beat(progress, **values)

    monkeypatch.setattr(jobs.Progress, "beat", stop_after_two_chunks)
    stopped = settled(batch)
    monkeypatch.setattr(jobs.Progress, "beat", beat)

    assert (stopped.state, stopped.job.state, Firm.objects.count()) == ("cancelled", "cancelled", 4)
    imports.go_on(stopped, actor=city_officer)
    assert (settled(stopped).counts, Firm.objects.count()) == (counts(created=6), 6)


# Taking back


def lived_in(county, officer):
    """A firm with a past: a figure with evidence, a contact, a former name, an odd amount."""
    firm = make.firm(
        "老牌公司", county, capital_amount=Decimal("1234567.80"), capital_currency="CNY", address="旧街1号"
    )
    Firm.objects.update(name_core="老牌")
    Fact.objects.create(
        firm=firm,
        year=2024,
        code="sales_cny",
        source="tax",
        value=Decimal("7.1250"),
        evidence="申报表",
        entered_by=officer,
    )
    Contact.objects.create(firm=firm, name="赵六", title="厂长", phone="1", email="a@example.cn")
    FormerName.objects.create(firm=firm, name="更老公司", name_key="更老公司")
    return firm


TAKEN = [
    "企业名称",
    "信用代码",
    "曾用名",
    "注册地址",
    "注册资本(万元)",
    "联系人",
    "电话",
    "年度",
    "来源",
    "销售收入(万元)",
    "县区",
]


def taken(firm):
    return sheets.workbook(
        TAKEN,
        ["新牌公司", firm.credit_code, "最老公司", "新街2号", 99, "赵六", "2", 2024, "税务申报", 5, "桂平市"],
        ["新牌公司", firm.credit_code, "", "新街3号", "", "孙七", "3", 2023, "税务申报", 4, ""],
        ["新来公司", make.code(90021), "来过公司", "", "", "周八", "8", 2024, "", 3, "平南县"],
        ["另来公司", make.code(90022), "", "", "", "", "", "", "", "", "平南县"],
    )


def test_taking_back_restores_every_byte(city, county, city_officer):
    firm = lived_in(county, city_officer)
    before = everything()
    batch = applied(checked(taken(firm), region=city, actor=city_officer), city_officer)
    assert batch.counts == counts(created=2, updated=2)
    firm.refresh_from_db()
    assert (firm.name, firm.address, firm.region.name, Fact.objects.count()) == ("新牌公司", "新街3号", "桂平市", 3)

    batch = reverted(batch, city_officer)

    assert (batch.state, batch.undone) == ("reverted", {"done": 4, "refused": 0})
    assert everything() == before
    assert reverted_twice(batch, city_officer)


def reverted_twice(batch, actor):
    """A second time there is nothing left to take back."""
    before = everything()
    imports.revert(batch, actor=actor)
    return settled(batch).undone == {"done": 4, "refused": 0} and everything() == before


def test_what_somebody_changed_since_stays_and_says_why(city, county, city_officer):
    firm = lived_in(county, city_officer)
    batch = applied(checked(taken(firm), region=city, actor=city_officer), city_officer)
    Contact.objects.filter(name="孙七").update(phone="333")
    new = Firm.objects.get(name="新来公司")
    Contact.objects.create(firm=new, name="后来人")
    Firm.objects.filter(name="另来公司").update(officer=city_officer)

    batch = reverted(batch, city_officer)

    assert (batch.state, batch.undone) == ("reverted", {"done": 0, "refused": 4})
    assert {row.line: row.undo_reasons for row in batch.rows.all()} == {
        2: [
            "注册地址在导入后已被改为“新街3号”；请核对后手工修改",
        ],
        3: ["联系人孙七在导入后已被改为“333”；请核对后手工修改"],
        4: ["名下还有：联系人"],
        5: ["导入后有人修改过：经办人员"],
    }
    Contact.objects.filter(name="孙七").update(phone="3")
    Contact.objects.filter(name="后来人").delete()
    assert reverted(batch, city_officer).undone == {"done": 3, "refused": 1}


RENAMED = ["企业名称", "信用代码", "年度", "来源", "销售收入(万元)", "县区"]


def renaming(code):
    """A firm that comes twice in a file, the second time under another name and in another county."""
    return sheets.workbook(
        RENAMED,
        ["旧名公司", code, 2023, "税务申报", 1, "平南县"],
        ["新名公司", code, 2024, "税务申报", 2, "桂平市"],
    )


def told(firm):
    events = FirmEvent.objects.filter(firm=firm).order_by("kind", "pk")
    return [(e.kind, e.before, e.after, e.withdraw_reason) for e in events]


def test_what_an_import_says_to_have_happened_is_withdrawn_with_it(city, county, city_officer):
    firm = make.firm("旧名公司", county)
    title = record_past_title(
        firm, programme="high_tech", title="certificate", granted_on=date(2024, 1, 1), document="桂科1号", actor=None
    )
    before = everything()
    batch = applied(checked(renaming(firm.credit_code), region=city, actor=city_officer), city_officer)
    assert told(firm) == [("moved", "平南县", "桂平市", ""), ("renamed", "旧名公司", "新名公司", "")]
    assert FormerPlace.objects.count() == 1
    title.refresh_from_db()
    assert title.moved_to == Region.objects.get(name="桂平市").path

    assert reverted(batch, city_officer).undone == {"done": 2, "refused": 0}

    assert told(firm) == [("moved", "平南县", "桂平市", "撤销导入"), ("renamed", "旧名公司", "新名公司", "撤销导入")]
    assert everything() == before
    title.refresh_from_db()
    assert (title.moved_to, FormerPlace.objects.count()) == (None, 0)


def test_a_firm_that_an_import_made_and_renamed_goes_with_its_events(city, city_officer):
    batch = applied(checked(renaming(make.code(90041)), region=city, actor=city_officer), city_officer)
    assert (Firm.objects.count(), FirmEvent.objects.count()) == (1, 2)

    batch = reverted(batch, city_officer)

    assert ([row.undo_reasons for row in batch.rows.all()], batch.undone) == ([[], []], {"done": 2, "refused": 0})
    assert (Firm.objects.count(), FirmEvent.objects.count()) == (0, 0)


def test_what_happened_to_a_name_after_the_import_is_taken_back_first(city, county, city_officer):
    firm = make.firm("旧名公司", county)
    batch = applied(checked(renaming(firm.credit_code), region=city, actor=city_officer), city_officer)
    today = timezone.localdate()
    for name in ("别名公司", "新名公司"):
        firm.refresh_from_db()
        rename_firm(firm, name=name, on=today, document="通知", actor=city_officer, today=today)

    batch = reverted(batch, city_officer)

    assert batch.undone == {"done": 1, "refused": 1}
    assert batch.rows.get(line=3).undo_reasons == [f"导入之后还登记了“更名 {today}”；请先撤销后登记的"]
    assert not FirmEvent.objects.exclude(withdrawn_at=None).exists()
    assert FirmEvent.objects.filter(kind=FirmEventKind.RENAMED).count() == 3


def test_only_who_may_write_there_takes_back(city, county, officer, city_officer, viewer):
    batch = applied(checked(taken(lived_in(county, city_officer)), region=city, actor=city_officer), city_officer)
    before = everything()

    for person in (officer, viewer):
        with pytest.raises(NotAllowed):
            imports.revert(batch, actor=person)

    assert everything() == before


# The pages


def test_the_pages_show_decide_and_map(client, city, city_officer, known, django_assert_num_queries):
    batch = damaged(known, city, city_officer)
    client.force_login(city_officer)

    for outcome in ("created", "updated", "pending", "refused", "unchanged"):
        assert client.get(f"/imports/{batch.pk}/?outcome={outcome}").status_code == 200
    shown = client.get(f"/imports/{batch.pk}/?outcome=pending").content.decode()
    assert f'/firms/{known[0].credit_code}/"' in shown
    answer = client.post(f"/imports/{batch.pk}/rows/6/", {"decision": "create"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and answer.content.decode().strip().startswith("<tr>")
    assert client.post(f"/imports/{batch.pk}/decide/", {"outcome": "created", "decision": "skip"}).status_code == 302
    batch.refresh_from_db()
    assert (batch.choices, batch.rows.get(line=6).decision) == ({"created": "skip"}, "create")
    page = client.get(f"/imports/{batch.pk}/columns/").content.decode()
    assert "营业收入（元）" in page and "120万元" in page
    assert client.get(f"/imports/{batch.pk}/report/").status_code == 200


def test_the_preview_reads_in_units_and_shows_what_happens_unless_somebody_decides(client, city, city_officer, known):
    batch = checked(sheets.damaged(known[0].credit_code, known[1].credit_code), region=city, actor=city_officer)
    client.force_login(city_officer)

    updated = client.get(f"/imports/{batch.pk}/?outcome=updated")
    pending = client.get(f"/imports/{batch.pk}/?outcome=pending")

    changes = [view.changes for view in updated.context["views"]]
    assert ("2024 · 销售收入（企业申报）", "", "15,000 万元") in changes[0]
    assert ("2024 · 职工总数 · 季平均、满6个月（企业申报）", "", "40 人") in changes[0]
    assert (updated.context["said"], pending.context["said"]) == ("take", "skip")
    imports.decide_all(batch, outcome="updated", decision="skip", actor=city_officer)
    assert client.get(f"/imports/{batch.pk}/?outcome=updated").context["said"] == "skip"


@pytest.mark.parametrize(("looked", "advice"), [({}, "请重新上传文件。"), ({"head": []}, "打开“列对应”可重新预检。")])
def test_a_check_that_broke_says_so_and_what_to_do(client, city, city_officer, looked, advice):
    batch = imports.upload(sheets.workbook(["企业名称"], ["甲"]), name="a.xlsx", region=city, actor=city_officer)
    Job.objects.update(state="failed", error="程序出错")
    Import.objects.update(looked=looked)
    client.force_login(city_officer)

    page = client.get(f"/imports/{batch.pk}/").content.decode()

    assert ("已中断" in page, "程序出错" in page, advice in page) == (True, True, True)


def test_a_page_of_rows_costs_the_same_for_one_and_for_three(client, city, city_officer, django_assert_num_queries):
    client.force_login(city_officer)
    for numbers in ((1,), (2, 3, 4)):
        rows = [[f"第{number}公司", make.code(90100 + number)] for number in numbers]
        batch = checked(sheets.workbook(["企业名称", "信用代码"], *rows), region=city, actor=city_officer)
        client.get(f"/imports/{batch.pk}/")
        with django_assert_num_queries(9):
            assert client.get(f"/imports/{batch.pk}/?outcome=created").status_code == 200


def test_the_mapping_is_said_on_its_page(client, city, city_officer):
    batch = odd(city, city_officer)
    client.force_login(city_officer)
    given = {"header_line": 1, "height": 1, "name": "某县", "field0": "name", "field1": "credit_code"}

    refused = client.post(f"/imports/{batch.pk}/columns/", given | {"field1": ""})
    answer = client.post(f"/imports/{batch.pk}/columns/", given)

    assert (refused.status_code, answer.status_code) == (409, 302)
    batch.refresh_from_db()
    assert settled(batch).counts == counts(created=1)
    assert ImportMapping.objects.get().columns == {
        "单位": ["name", "", 0],
        "编码": ["credit_code", "", 0],
        "营收": ["", "", 0],
    }


def test_the_template_is_read_back_and_its_example_is_left_out(client, city, city_officer):
    client.force_login(city_officer)
    book = openpyxl.load_workbook(io.BytesIO(client.get("/imports/template/").content))
    sheet = book["企业"]
    lists = {str(rule.sqref)[:2].rstrip("2"): rule.formula1 for rule in sheet.data_validations.dataValidation}
    sheet["A3"], sheet["B3"] = make.code(90031), "填好公司"

    batch = checked(sheets.saved(book), region=city, actor=city_officer)

    assert sheet["A2"].number_format == sheet.column_dimensions["A"].number_format == "@"
    assert any("平南县" in rule for rule in lists.values()) and '"是,否"' in lists.values()
    assert (batch.counts, batch.skipped) == (counts(created=1), 1)


def test_the_page_of_its_job_leads_back_to_the_import(client, city, city_officer, known):
    batch = damaged(known, city, city_officer)
    client.force_login(city_officer)

    page = client.get(f"/jobs/{batch.job.pk}/").content.decode()

    assert (f'href="/imports/{batch.pk}/"' in page, "查看目标" in page) == (True, False)


def test_an_import_that_was_taken_back_offers_no_firms(client, city, city_officer, known):
    batch = applied(damaged(known, city, city_officer), city_officer)
    client.force_login(city_officer)

    offered = ["查看新增和更新的企业" in client.get(f"/imports/{batch.pk}/").content.decode()]
    reverted(batch, city_officer)
    offered.append("查看新增和更新的企业" in client.get(f"/imports/{batch.pk}/").content.decode())

    assert offered == [True, False]
