import csv
import io
import json

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from crm.choices import ImportState, JobState
from crm.errors import NotAllowed, RowChanged
from crm.models import ChangeRecord, Fact, Firm, FormerName, Import, Job, Region
from crm.services import import_passes, imports, jobs
from crm.services.firms import move_firm
from tests import make
from tests.races import at_once
from tests.shared import needs_register, register

HEADS = ["企业名称", "统一社会信用代码", "注册日期", "注册资金", "注册地址"]


def csv_file(*rows, heads=HEADS, encoding="utf-8-sig"):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode(encoding))


def run(region, *rows, actor=None, heads=HEADS):
    batch = imports.keep_file(csv_file(*rows, heads=heads), name="a.csv", region=region, actor=actor)
    return batch, imports.apply_now(batch)


def counts(**given):
    return {"created": 0, "updated": 0, "unchanged": 0, "pending": 0, "refused": 0} | given


def test_a_new_row_becomes_a_firm_in_its_county(city):
    code = make.code(1)

    _batch, result = run(city, ["甲（集团）公司", code, "1981-09-10", "99(万)", "平南县平南镇乌江街５１８号"])

    firm = Firm.objects.get()
    assert result == counts(created=1)
    assert (firm.credit_code, firm.name, firm.region.name) == (code, "甲（集团）公司", "平南县")
    assert (str(firm.registered_on), firm.capital_amount, firm.capital_currency) == ("1981-09-10", 990_000, "CNY")
    assert firm.address == "平南县平南镇乌江街518号"


@pytest.mark.parametrize(
    ("address", "division", "place"),
    [
        ("桂平市石龙镇", "450800", "桂平市"),
        ("平南镇乌江街", "450821", "平南县"),
        ("江北大道中段", "450800", "贵港市"),
        ("江北大道中段", "450900", "贵港市"),
        ("平南县与桂平市交界", "450881", "桂平市"),
    ],
)
def test_the_county_comes_from_address_then_code_then_nobody(city, address, division, place):
    run(city, ["甲公司", make.code(7, division), "", "", address])

    assert Firm.objects.get().region.name == place


def test_a_second_run_changes_nothing(city):
    rows = [["甲公司", make.code(1), "1981-09-10", "99(万)", "平南县"], ["乙公司", make.code(2), "", "", ""]]
    run(city, *rows)
    before = list(Firm.objects.order_by("pk").values())

    _batch, result = run(city, *rows)

    assert result == counts(unchanged=2)
    assert list(Firm.objects.order_by("pk").values()) == before
    assert ChangeRecord.objects.count() == 0


def test_changed_cells_update_and_leave_history(city):
    code = make.code(1)
    run(city, ["甲公司", code, "1981-09-10", "", "平南县"])

    _batch, result = run(city, ["甲科技公司", code, "1981-09-10", "50万美元", "平南县"])

    firm = Firm.objects.get()
    assert result == counts(updated=1)
    assert (firm.name, firm.capital_amount, firm.capital_currency, firm.version) == ("甲科技公司", 500_000, "USD", 1)
    assert list(FormerName.objects.values_list("name", flat=True)) == ["甲公司"]
    assert {(r.field, r.old, r.new) for r in ChangeRecord.objects.all()} == {
        ("name", "甲公司", "甲科技公司"),
        ("capital_amount", "", "500000"),
        ("capital_currency", "", "USD"),
    }
    assert {r.reason for r in ChangeRecord.objects.all()} == {"导入 a.csv 第 2 行"}


def test_empty_cells_never_erase_what_is_known(city):
    code = make.code(1)
    run(city, ["甲公司", code, "1981-09-10", "99(万)", "平南县"])

    _batch, result = run(city, ["甲公司", code, "N/A", "", ""])

    assert result == counts(unchanged=1)
    assert str(Firm.objects.get().registered_on) == "1981-09-10"


def test_a_county_that_a_person_chose_stays(city, county):
    code = make.code(1, "450800")
    run(city, ["甲公司", code, "", "", "江北大道"])
    move_firm(Firm.objects.get(), region=county, actor=None)

    _batch, result = run(city, ["甲公司", code, "", "", "江北大道"])

    assert result == counts(unchanged=1)
    assert Firm.objects.get().region == county


def test_refused_rows_say_line_and_reason_and_the_others_come_in(city):
    good, bad = make.code(1), make.code(2)[:-1] + "I"

    batch, result = run(city, ["甲公司", good, "", "", ""], ["乙公司", bad, "", "", ""], ["", make.code(3), "", "", ""])

    assert result == counts(created=1, refused=2)
    assert [(row.line, row.reasons) for row in batch.rows.filter(outcome="refused")] == [
        (3, [f"统一社会信用代码“{bad}”含有不允许的字符（不使用 I、O、S、V、Z）；请核对营业执照"]),
        (4, ["企业库中没有该代码的企业，且本行缺少企业名称；请补上名称"]),
    ]


def test_one_code_twice_in_a_file_is_taken_once(city):
    code = make.code(1)

    batch, result = run(city, ["甲公司", code, "", "", ""], ["甲公司", code, "", "", ""])

    assert result == counts(created=1, refused=1)
    assert batch.rows.get(outcome="refused").reasons == ["与本文件第 2 行的代码相同；请合并为一行"]


def test_a_known_name_under_another_code_waits_for_a_person(city):
    run(city, ["甲公司", make.code(1), "", "", ""])

    batch, result = run(city, ["甲 公司", make.code(2), "", "", ""])

    assert result == counts(pending=1)
    assert batch.rows.get().reasons == [f"企业库中已有同名企业（代码 {make.code(1)}）；请确认是否为另一家企业"]
    assert Firm.objects.count() == 1


def test_another_city_is_refused(city):
    _batch, result = run(city, ["甲", make.code(1), "南宁"], heads=["企业名称", "统一社会信用代码", "地区"])

    assert result == counts(refused=1)


def test_rows_of_facts_fill_the_years(city, firm):
    heads = ["统一社会信用代码", "年度", "研发费用(万元)", "口径"]
    rows = [[firm.credit_code, year, rd, "高企认定口径"] for year, rd in (("2024", "30"), ("2025", "38.6"))]

    _batch, first = run(city, *rows, heads=heads)
    _batch, second = run(city, *rows, heads=heads)

    assert first == counts(updated=2)
    assert second == counts(unchanged=2)
    assert list(Fact.objects.order_by("year").values_list("year", "code", "basis", "value")) == [
        (2024, "rd_cny", "high_tech", 300_000),
        (2025, "rd_cny", "high_tech", 386_000),
    ]


def test_a_county_officer_cannot_import_into_another_county(county, other_county, other_firm, officer):
    with pytest.raises(NotAllowed):
        imports.upload(csv_file(), name="a.csv", region=other_county, actor=officer)

    _batch, result = run(county, ["新名", other_firm.credit_code, "", "", ""], actor=officer)

    other_firm.refresh_from_db()
    assert result == counts(refused=1)
    assert other_firm.name == "桂平新材料有限公司"


def test_the_page_checks_first_and_applies_when_told(city, city_officer, django_capture_on_commit_callbacks):
    rows = [["甲公司", make.code(1), "", "", ""], ["乙公司", "1", "", "", ""]]
    batch = imports.upload(csv_file(*rows), name="a.csv", region=city, actor=city_officer)
    jobs.run(batch.job.pk)
    batch.refresh_from_db()

    assert (batch.state, batch.counts, Firm.objects.count()) == ("checked", counts(created=1, refused=1), 0)

    imports.confirm(batch, actor=city_officer)
    with pytest.raises(RowChanged):
        imports.confirm(batch, actor=city_officer)
    batch.refresh_from_db()
    jobs.run(batch.job.pk)
    batch.refresh_from_db()

    assert (batch.state, batch.counts, Firm.objects.count()) == ("done", counts(created=1, refused=1), 1)
    assert Job.objects.get(pk=batch.job.pk).state == JobState.DONE


def test_a_person_may_take_a_pending_row_in(city, city_officer):
    run(city, ["甲公司", make.code(1), "", "", ""])
    again = csv_file(["甲公司", make.code(2), "", "", ""])
    batch = imports.upload(again, name="b.csv", region=city, actor=city_officer)
    jobs.run(batch.job.pk)
    batch.refresh_from_db()

    imports.decide(batch, line=2, decision="create", actor=city_officer)
    imports.confirm(batch, actor=city_officer)
    batch.refresh_from_db()
    jobs.run(batch.job.pk)

    assert Firm.objects.count() == 2


def test_a_killed_import_goes_on_where_it_stopped(city, monkeypatch):
    monkeypatch.setattr(import_passes, "CHUNK", 10)
    rows = [[f"第{number}公司", make.code(number), "", "", ""] for number in range(1, 36)]
    batch = imports.keep_file(csv_file(*rows), name="a.csv", region=city, actor=None)

    def die_after_two_chunks(done, refused):
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), batch.file.open("rb") as file:
        import_passes.process(batch, file, apply=True, beat=die_after_two_chunks)
    batch.refresh_from_db()
    assert (Firm.objects.count(), batch.rows_seen) == (20, 21)

    assert imports.apply_now(batch) == counts(created=35)
    assert (Firm.objects.count(), batch.rows.count()) == (35, 35)


def test_an_unreadable_file_fails_as_a_whole(city, city_officer):
    batch = imports.upload(io.BytesIO(b"a,b\n1,2\n"), name="a.csv", region=city, actor=city_officer)

    jobs.run(batch.job.pk)

    batch.refresh_from_db()
    assert batch.state == ImportState.FAILED
    assert batch.error.startswith("前 20 行没有找到带“统一社会信用代码”的表头")
    assert Job.objects.get(pk=batch.job.pk).state == JobState.FAILED


def test_the_statements_of_a_chunk_do_not_grow_with_its_rows(city, django_assert_num_queries):
    def batch_of(size, start):
        rows = [[f"第{start + n}公司", make.code(start + n), "1999-01-01", "10万", "平南县"] for n in range(size)]
        return imports.keep_file(csv_file(*rows), name="a.csv", region=city, actor=None)

    for size, start in ((3, 1), (30, 100)):
        batch = batch_of(size, start)
        with django_assert_num_queries(20):
            imports.apply_now(batch)


@needs_register
def test_the_real_register(city):
    out = io.StringIO()

    call_command("import_firms", register(), stdout=out)

    lines = out.getvalue().splitlines()
    assert json.loads(lines[-1]) == counts(created=1251, refused=7)
    assert [line.split(":")[0] for line in lines[:-1]] == [
        f"line {number} refused" for number in (978, 1254, 1255, 1256, 1257, 1258, 1259)
    ]
    assert Firm.objects.count() == 1251
    placed = {name: Firm.objects.filter(region__name=name).count() for name in ("平南县", "桂平市", "贵港市")}
    assert placed["贵港市"] + placed["平南县"] + placed["桂平市"] < 1251
    assert set(Firm.objects.values_list("capital_currency", flat=True)) == {"", "CNY", "USD", "HKD"}

    again = io.StringIO()
    call_command("import_firms", register(), stdout=again)
    assert json.loads(again.getvalue().splitlines()[-1]) == counts(unchanged=1251, refused=7)


def test_the_command_reports_refused_rows_and_changes_nothing_when_dry(tmp_path, db):
    path, report = tmp_path / "a.csv", tmp_path / "report.csv"
    path.write_bytes(csv_file(["甲公司", make.code(1), "", "", ""], ["=cmd()", "1", "", "", ""]).getvalue())
    out = io.StringIO()

    call_command("import_firms", str(path), "--dry-run", "--report", str(report), stdout=out)

    assert json.loads(out.getvalue().splitlines()[-1]) == counts(created=1, refused=1)
    assert (Firm.objects.count(), Import.objects.count()) == (0, 0)
    rows = list(csv.reader(io.StringIO(report.read_text("utf-8-sig"))))
    assert rows[0] == ["行号", "结果", "原因", *HEADS]
    assert rows[1] == ["3", "错误", "统一社会信用代码“1”为 1 位，应为 18 位；请核对营业执照", "'=cmd()", "1"]


def test_the_command_fails_when_the_file_is_not_there(db):
    with pytest.raises(CommandError):
        call_command("import_firms", "/nowhere.csv")


@needs_register
def test_the_real_register_through_the_page(client, city, city_officer):
    client.force_login(city_officer)

    def through_the_page():
        with open(register(), "rb") as file:
            answer = client.post("/imports/", {"file": file, "region": city.code})
        batch = Import.objects.get(pk=int(answer["Location"].strip("/").split("/")[-1]))
        jobs.run(batch.job.pk)
        before = Firm.objects.count()
        checked = client.get(f"/imports/{batch.pk}/").content.decode()
        assert "第 978 行" in checked or ">978<" in checked
        assert client.post(f"/imports/{batch.pk}/confirm/").status_code == 302
        assert Firm.objects.count() == before  # only the job writes
        batch.refresh_from_db()
        jobs.run(batch.job.pk)
        batch.refresh_from_db()
        return batch

    first, second = through_the_page(), through_the_page()

    assert (first.state, first.counts) == ("done", counts(created=1251, refused=7))
    assert (second.state, second.counts) == ("done", counts(unchanged=1251, refused=7))
    assert Firm.objects.count() == 1251
    file = b"".join(client.get(f"/imports/{first.pk}/report/").streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(file)).active
    assert sheet.max_row == 1 + 7
    assert sheet.cell(1, sheet.max_column).value == "未导入原因"


def test_one_file_imported_by_two_workers_at_once_makes_each_firm_once(committed_db):
    city = Region.objects.get(code="450800")
    rows = [[f"第{number}公司", make.code(number), "1999-01-01", "10万", "平南县"] for number in range(1, 31)]

    def job():
        batch = imports.keep_file(csv_file(*rows), name="a.csv", region=city, actor=None)
        return lambda: imports.apply_now(batch)

    results = at_once(job(), job(), job())

    assert Firm.objects.count() == 30
    assert sorted(result["created"] for result in results) == [0, 0, 30]
    assert sorted(result["unchanged"] for result in results) == [0, 30, 30]
