"""The work report: every number in the document is found again by an independent count."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO, StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation
from docx import Document
from docx.oxml.ns import qn

from crm.models import DownloadLog, Job, Region
from crm.services import chunks
from crm.services.jobs import run
from pipeline.errors import ReportRefused
from pipeline.models import Indicator, PublishedTotal, Quota, ReportTemplate, Round, WorkReport
from pipeline.report_pictures import HEIGHT, WIDTH, bar_picture
from pipeline.report_words import BLANK, SENTENCES, Figure, filled, problems
from pipeline.selectors.report_parts import chinese_number
from pipeline.selectors.report_wording import period_name
from pipeline.services.amounts import add_count
from pipeline.services.reports import make_report, save_template
from pipeline.services.targets import set_quota
from pipeline.workflows import PROGRAMMES
from tests import make
from tests.pipeline import plain, world

TODAY = date(2026, 11, 23)
NOW = "2026-11-23 10:00+08:00"
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


# Reading the document ---------------------------------------------------------------------------------------------------


def opened(report):
    with report.file.open("rb") as file:
        return Document(BytesIO(file.read()))


def said(paragraph):
    """A paragraph without its marks, and the numbers that carry one."""
    text, numbers = "", []
    for place, run_ in enumerate(paragraph.runs):
        if run_.font.superscript:
            numbers.append(paragraph.runs[place - 1].text)
        else:
            text += run_.text
    return text, numbers


def body(document):
    """Everything before the sources."""
    paragraphs = [said(paragraph) for paragraph in document.paragraphs if paragraph.text]
    end = next(place for place, (text, _numbers) in enumerate(paragraphs) if text == "数据来源")
    return paragraphs[:end]


def cells(document):
    return [said(cell.paragraphs[0]) for table in document.tables for row in table.rows for cell in row.cells]


def unmarked(text, numbers):
    """The numbers of a paragraph that carry no mark, but for its own number and the day of the report."""
    own = re.sub(r"^(\d+\.|（[一二三四五六七八九十]+）)", "", text)
    for day in ("2026年11月23日", *(number for number in numbers if "年" in number)):
        own = own.replace(day, "")
    return set(Counter(re.findall(r"\d[\d.%-]*", own)) - Counter(numbers))


def pictures(document):
    """What each picture says in words."""
    return [place.get("descr") for place in document.element.iter(qn("wp:docPr"))]


def per_cent(part, whole):
    share = (Decimal(part) / Decimal(whole) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{share.normalize():f}%"


# The independent count --------------------------------------------------------------------------------------------------

LABELS = {
    "科技型中小企业当年入库": "tech_sme.registered",
    "高新技术企业首次认定": "high_tech.first_time",
    "瞪羚企业培育入库": "gazelle.in_library",
    "重大科技成果转化": "manual.major_transformations",
    "新增国家级创新平台": "manual.national_platforms",
}
SHORT = {"科技型中小企业": "tech_sme", "高新技术企业": "high_tech", "瞪羚企业": "gazelle"}
SINCE = date(2026, 1, 1)


class Own:
    """Answers each sentence of the report from the rows."""

    def __init__(self, city):
        self.city, self.path = city, city.path
        self.matched = Counter()

    def done(self, label, path=""):
        return plain.counted(LABELS[label], SINCE, TODAY, path or self.path)

    def target(self, label, region=None):
        quotas = (
            Quota.objects.current()
            .of_regions()
            .filter(indicator__code=LABELS[label], region=region or self.city, year=2026)
        )
        return int(quotas.get(superseded_at=None).target)

    def published(self, label):
        """{city: what it was said to have}; the demonstration says it once."""
        rows = PublishedTotal.objects.filter(indicator__code=LABELS[label], year=2026, as_of__lte=TODAY)
        return {row.region_code: int(row.value) for row in rows}

    def rank(self, label, done):
        others = [value for code, value in self.published(label).items() if code != "450000"]
        return 1 + sum(value > done for value in others) if others else "（＿＿，待填）"

    def counties(self, label):
        quotas = (
            Quota.objects.current()
            .of_regions()
            .filter(indicator__code=LABELS[label], region__parent=self.city, year=2026)
        )
        return {
            quota.region.name: (self.done(label, quota.region_path), int(quota.target))
            for quota in quotas.select_related("region").order_by("region__path")
        }

    def indicator(self, label):
        done, target = self.done(label), self.target(label)
        verb = "超额完成" if done > target else "完成" if done == target else "推进"
        middle = f"，完成率{per_cent(done, target)}" + (f"，尚缺{target - done}家" if done < target else "")
        unit = "项" if label == "重大科技成果转化" else "家"
        work = "工作" if done < target else "工作任务"
        text = (
            f"{verb}{label}{work}，2026年完成{done}{unit}，年度目标{target}{unit}{middle.replace('家', unit)}，"
            f"排名全区第{self.rank(label, done)}。"
        )
        if whole := self.published(label).get("450000"):
            text += f"占全区{whole}{unit}的{per_cent(done, whole)}。"
        before = plain.counted(LABELS[label], date(2025, 1, 1), date(2025, 11, 23), self.path)
        if before is None:
            return text
        text += f"上年同期{before}{unit}"
        if before:
            text += f"，同比{'增长' if done >= before else '下降'}{per_cent(abs(done - before), before)}"
        return text + "。"

    def cultivation(self):
        number = {
            name: plain.counted(f"high_tech.{name}", SINCE, TODAY, self.path)
            for name in ("filed", "certified_in_year", "first_time", "stock", "net_growth")
        }
        library = self.done("瞪羚企业培育入库")
        return (
            f"积极开展科技企业培育工作。共组织{number['filed']}家企业申报高新技术企业认定，"
            f"{number['certified_in_year']}家通过认定，其中首次认定{number['first_time']}家；"
            f"截至2026年11月23日有效高新技术企业{number['stock']}家，比上年末净增{number['net_growth']}家。"
            f"共指导{self.done('科技型中小企业当年入库')}家企业获科技型中小企业评价入库；"
            f"{library}家企业进入瞪羚企业培育库，占全区{per_cent(library, self.published('瞪羚企业培育入库')['450000'])}。"
        )

    def conversion(self, name):
        firms = plain.funnel(SHORT[name], 2026, TODAY, self.path)
        goal = PROGRAMMES[SHORT[name]].main_line[-1].label
        arrived, lost = sum(firm.goal for firm in firms), sum(firm.lost for firm in firms)
        return (
            f"2026年发起{name}申报{len(firms)}家，已有{arrived}家走到“{goal}”，{lost}家中途流失，"
            f"{len(firms) - arrived - lost}家仍在办理。"
        )

    def gap(self, label):
        missing = {name: target - done for name, (done, target) in self.counties(label).items() if done < target}
        worst = max(missing.values())
        names = [name for name, gap in missing.items() if gap == worst]
        return (
            f"{label}还有缺口。{len(missing)}个县（市、区）尚未完成，合计尚缺{sum(missing.values())}家，"
            f"其中{'、'.join(names)}{'各' if len(names) > 1 else ''}缺{worst}家。"
        )

    def losses(self, name):
        lost = [firm for firm in plain.funnel(SHORT[name], 2026, TODAY, self.path) if firm.lost]
        reasons = Counter(firm.last.details.get("lacking") or firm.last.note for firm in lost)
        return len(lost), sorted(reasons.values())

    def standing(self, name):
        """{stage: how many} of the applications that run, of every year."""
        found, table = Counter(), PROGRAMMES[SHORT[name]]
        for year in range(2018, 2027):
            for firm in plain.funnel(SHORT[name], year, TODAY, self.path):
                if not firm.closed and not firm.goal:
                    found[str(table.stage(firm.stage).label)] += 1
        return found


def check_paragraph(own, text, numbers):
    """The sentence says what the rows say; every number of it that has a source is among those compared."""
    text = re.sub(r"^(\d+\.|（[一二三四五六七八九十]+）)", "", text)
    for label in LABELS:
        if text.startswith((f"超额完成{label}", f"完成{label}", f"推进{label}")):
            assert text == own.indicator(label)
            return "indicator"
        if text.startswith(f"{label}还有缺口"):
            assert text == own.gap(label)
            return "gap"
        if text.startswith(f"确保完成{label}目标"):
            done, target = own.done(label), own.target(label)
            unit = "项" if label == "重大科技成果转化" else "家"
            assert text == f"确保完成{label}目标。年度目标{target}{unit}，尚缺{target - done}{unit}。"
            return "plan_target"
        if text.startswith(f"{label}：") and "缺口最大" in text:
            missing = {name: target - done for name, (done, target) in own.counties(label).items()}
            worst = max(missing.values())
            names = [name for name, gap in missing.items() if gap == worst]
            lacks = "各缺" if len(names) > 1 else "尚缺"
            assert text == f"{label}：{'、'.join(names)}缺口最大，{lacks}{worst}家"
            return "bars"
    if text.startswith("积极开展"):
        assert text == own.cultivation()
        return "filed"
    if text.startswith("扎实推进"):
        assert numbers == [str(own.done("重大科技成果转化"))]
        return "transformation"
    if text.startswith("有序推进"):
        assert numbers == [str(own.done("新增国家级创新平台"))]
        return "platforms"
    for name, programme in SHORT.items():
        if text.startswith(f"2026年发起{name}申报"):
            assert text == own.conversion(name)
            return "conversion"
        if text.startswith(f"{name}申报有流失"):
            lost, reasons = own.losses(name)
            assert numbers[0] == str(lost)
            assert sorted(map(int, numbers[1:])) == reasons
            return "losses"
        if match := re.match(rf"{name}申报在“(.+)”环节用时最长，一半企业(\d+)个工作日内离开，九成企业(\d+)个", text):
            stage = next(each.code for each in PROGRAMMES[programme].stages if each.label == match[1])
            assert plain.stay_quantiles(programme, 2026, TODAY, stage) == (int(match[2]), int(match[3]))
            assert len(numbers) == 2
            return "slow"
        if match := re.match(rf"抓好{name}在办申报(\d+)件：(.+)。", text):
            standing = own.standing(name)
            assert int(match[1]) == standing.total()
            assert {part[: part.rindex(number)]: int(number) for part, number in parts(match[2])} == standing
            return "pipeline"
        if text.startswith(f"{name}申报窗口"):
            windows = Round.objects.filter(programme=programme, opens_on__lte=TODAY, last_on__gte=TODAY)
            table = PROGRAMMES[programme]
            early = {str(table.stage(code).label) for code in table.before_submission}
            waiting = sum(number for stage, number in own.standing(name).items() if stage in early)
            last = min(window.last_on for window in windows)
            assert numbers == [f"{last.year}年{last.month}月{last.day}日", str(waiting)]
            return "round"
    if text.startswith("高新技术企业到期重新认定"):
        row = plain.renewals(2026, TODAY, own.path)
        assert numbers == [str(row[name]) for name in ("due", "renewed", "pending", "lapsed")]
        return "renewals"
    if text.startswith("提前组织2027年"):
        assert numbers == [str(plain.renewals(2027, TODAY, own.path)["due"])]
        return "plan_renewal"
    assert numbers == [], text
    return ""


def parts(text):
    return [(part.removesuffix("件"), re.search(r"(\d+)件$", part)[1]) for part in text.split("、")]


@pytest.mark.whole
@time_machine.travel(NOW, tick=False)
def test_every_number_of_the_document_is_found_again_by_counting_the_rows(db, city, private_storage):
    from config.demo import city as demo

    demo.build(firms=160, years=3, seed=11, today=TODAY)
    document = opened(make_report(city, *YEAR, actor=None, today=TODAY))
    own = Own(city)

    kinds = Counter(check_paragraph(own, text, numbers) for text, numbers in body(document))
    wanted = "indicator gap plan_target filed transformation platforms conversion losses slow pipeline renewals bars"

    assert set(wanted.split()) <= set(kinds)
    assert kinds["indicator"] == 5
    county = {label: own.counties(label) for label in LABELS}
    pairs = Counter(tuple(numbers) for text, numbers in cells(document) if numbers and text == "/".join(numbers))
    expected = Counter((str(done), str(target)) for rows in county.values() for done, target in rows.values())
    assert pairs == expected + expected  # once in the table of all, once in the bars
    assert all(
        text == "/".join(numbers) if numbers else not re.search(r"\d", text) for text, numbers in cells(document)
    )
    assert all(unmarked(text, numbers) <= {"2026", "2027"} for text, numbers in body(document))
    bars = Counter(
        f"{name}：完成{done * 100 // target}%" for rows in county.values() for name, (done, target) in rows.items()
    )
    assert Counter(pictures(document)) == bars


@pytest.mark.whole
@time_machine.travel(NOW, tick=False)
def test_every_mark_has_its_source_and_every_source_a_mark(db, city, private_storage):
    from config.demo import city as demo

    demo.build(firms=60, years=1, seed=3, today=TODAY)
    document = opened(make_report(city, *YEAR, actor=None, today=TODAY))

    places = [cell.paragraphs[0] for table in document.tables for row in table.rows for cell in row.cells]
    marks = {
        run_.text.strip("[]")
        for paragraph in (*document.paragraphs, *places)
        for run_ in paragraph.runs
        if run_.font.superscript
    }
    notes = {
        match[1]: match[2]
        for paragraph in document.paragraphs
        if (match := re.match(r"\[(\d+)\] (.+)", paragraph.text))
    }

    assert marks == set(notes)
    assert all(note.startswith(("据 2026-11-23 快照：", "目标：", "公布数：")) for note in notes.values())
    named = {match[1] for note in notes.values() if (match := re.search(r"公布数：(.+)，截至 2026-10-31。$", note))}
    assert named == set(PublishedTotal.objects.values_list("source", flat=True))


# Rank and share ---------------------------------------------------------------------------------------------------------


def published(code, value, *, region="450100", as_of=date(2026, 10, 31)):
    indicator = Indicator.objects.get(code=code)
    return PublishedTotal.objects.create(
        indicator=indicator,
        year=2026,
        region_code=region,
        region_name=region,
        value=value,
        as_of=as_of,
        source="桂科通报",
    )


@time_machine.travel(NOW, tick=False)
def test_rank_and_share_come_from_what_was_published_by_then(city, county, lead, private_storage):
    indicator = Indicator.objects.get(code="manual.national_platforms")
    set_quota(indicator, city, 2026, target=Decimal(2), actor=lead, document="贵科〔2026〕7号")
    add_count(indicator, county, on=date(2026, 3, 2), value=Decimal(3), evidence="公告", actor=lead)
    published(indicator.code, 8, as_of=date(2026, 5, 31))
    published(indicator.code, 40, region="450000", as_of=date(2026, 5, 31))
    published(indicator.code, 1, as_of=date(2026, 7, 31))  # after the half year: of no use to its report

    half = body(opened(make_report(city, date(2026, 1, 1), date(2026, 6, 30), actor=None, today=TODAY)))
    year = body(opened(make_report(city, *YEAR, actor=None, today=TODAY)))

    wanted = "新增国家级创新平台工作任务"
    assert [next(numbers for text, numbers in report if wanted in text) for report in (half, year)] == [
        ["3", "2", "150%", "2", "40", "7.5%"],
        ["3", "2", "150%", "1", "40", "7.5%"],
    ]


@pytest.mark.parametrize("share", [0, 1, 99, 100, 150, 151, 700])
def test_a_bar_is_as_long_as_its_share_and_the_line_stays_where_it_is(share):
    data = bar_picture(share)
    packed = data[data.index(b"IDAT") + 4 : data.index(b"IEND") - 8]
    pixels = zlib.decompress(packed)
    rows = [pixels[start + 1 : start + 1 + WIDTH] for start in range(0, len(pixels), WIDTH + 1)]
    inside = rows[HEIGHT // 2]

    assert len(rows) == HEIGHT
    assert all(row[317:320] == bytes(3) for row in rows)  # at 100 %
    assert inside.rstrip(bytes([235, 255])).count(120) == {0: 0, 1: 3, 99: 316, 100: 317, 150: 477}.get(share, 471)
    assert rows[0].count(120) == 0


# Sentences --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("done", "verb"), [(1, "推进"), (2, "完成"), (3, "超额完成")])
@time_machine.travel(NOW, tick=False)
def test_more_than_asked_is_said_only_where_it_is_true(city, county, lead, private_storage, done, verb):
    indicator = Indicator.objects.get(code="manual.national_platforms")
    set_quota(indicator, city, 2026, target=Decimal(2), actor=lead, document="贵科〔2026〕7号")
    add_count(indicator, county, on=TODAY, value=Decimal(done), evidence="公告", actor=lead)

    texts = [text for text, _numbers in body(opened(make_report(city, *YEAR, actor=None, today=TODAY)))]

    sentence = next(text for text in texts if "新增国家级创新平台工作" in text)
    assert re.sub(r"^\d+\.", "", sentence).startswith(f"{verb}新增国家级创新平台")


@time_machine.travel(NOW, tick=False)
def test_what_nobody_knows_stays_a_marked_blank(city, private_storage):
    document = opened(make_report(city, *YEAR, actor=None, today=TODAY))

    marked = [
        run_.text
        for paragraph in document.paragraphs
        for run_ in paragraph.runs
        if run_.font.highlight_color is not None
    ]
    sentence = next(text for text, _numbers in body(document) if "重大科技成果转化20" in text)

    assert set(marked) == {"（＿＿，待填）"}
    assert sentence == "4.重大科技成果转化2026年（＿＿，待填）项，目标（＿＿，待填）项。"


@time_machine.travel(NOW, tick=False)
def test_conditions_that_firms_lack_are_named(city, county, private_storage):
    world.published()
    world.city_of_firms(county)
    chunks.work_on(world.screening(city).pk)

    texts = [text for text, _numbers in body(opened(make_report(city, *YEAR, actor=None, today=TODAY)))]

    sentence = next(text for text in texts if "条件筛查" in text)
    assert "差一项即达标的科技型中小企业候选企业1家" in sentence


@pytest.mark.parametrize(
    ("since", "until", "name"),
    [
        ((2026, 1, 1), (2026, 6, 30), "2026年上半年"),
        ((2026, 7, 1), (2026, 12, 31), "2026年下半年"),
        ((2026, 1, 1), (2026, 12, 31), "2026年"),
        ((2026, 3, 1), (2026, 4, 30), "2026年3月1日至2026年4月30日"),
    ],
)
def test_a_period_has_the_name_that_officers_use(since, until, name):
    assert period_name(date(*since), date(*until)) == name


def test_paragraphs_are_numbered_in_chinese():
    assert [chinese_number(number) for number in (1, 9, 10, 11, 20, 21)] == ["一", "九", "十", "十一", "二十", "二十一"]


def test_the_shipped_sentences_are_sound():
    assert problems({key: sentence.text for key, sentence in SENTENCES.items()}) == []


def test_every_fault_of_a_sentence_is_named_at_once():
    given = {"nonsense": "x", "intro": " ", "title": "{region.__class__}{region}{", "gap": "x"}

    assert problems(given) == [
        "没有“nonsense”这一句",
        "“开头”不能为空",
        "“标题”里没有 {region.__class__} 这个数；可以用：{region}、{period}、{as_of}、{year}、{blank}",
        "“标题”里有不成对的花括号",
        "没有“gap”这一句",
    ]


def test_a_place_is_replaced_and_never_evaluated():
    pieces = filled("{a}至{b}，{c}", {"a": Figure("1"), "b": [Figure("{a}"), Figure("2")]})

    assert pieces == [Figure("1"), Figure("至"), Figure("{a}"), Figure("2"), Figure("，"), BLANK]


# Making, keeping, taking ------------------------------------------------------------------------------------------------


@time_machine.travel(NOW, tick=False)
def test_the_command_works_after_migrate_alone_and_twice(db, tmp_path, private_storage):
    out, told = tmp_path / "report.docx", StringIO()

    for _nth in range(2):
        call_command("work_report", "--from", "2026-01-01", "--to", "2026-06-30", "--out", str(out), stdout=told)

    assert Document(str(out)).paragraphs[0].text == "贵港市科技局2026年上半年主要工作及下一步工作计划"
    assert told.getvalue().count("as of 2026-06-30") == 2
    assert WorkReport.objects.count() == 2


@pytest.mark.parametrize(
    ("since", "until", "out", "reason"),
    [
        ("2026-06-31", "2026-12-31", "r.docx", "--from '2026-06-31' is not a day"),
        ("2026-07-01", "2026-06-30", "r.docx", "起始日期 2026-07-01 晚于截止日期 2026-06-30"),
        ("2027-01-01", "2027-06-30", "r.docx", "起始日期 2027-01-01 还没有到"),
        ("2026-01-01", "2026-06-30", "none/r.docx", "there is no folder"),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_a_period_without_sense_is_refused_with_its_reason(db, tmp_path, since, until, out, reason):
    with pytest.raises(CommandError, match=re.escape(reason)):
        call_command("work_report", "--from", since, "--to", until, "--out", str(tmp_path / out))

    assert WorkReport.objects.count() == 0


@time_machine.travel(NOW, tick=False)
def test_a_report_is_made_in_the_background_and_taken_with_a_line_about_it(city, lead, private_storage):
    client = make.logged_in(lead)

    client.post(reverse("report_make"), {"period": "first", "year": 2026})
    job = Job.objects.get(kind="report.make")
    run(job.pk)
    job.refresh_from_db()
    report = WorkReport.objects.get()
    taken = client.get(reverse("report_file", args=[report.pk]))

    assert (job.state, job.done, job.result) == ("done", 3, {"report": report.pk})
    assert (report.since, report.until, report.as_of) == (date(2026, 1, 1), date(2026, 6, 30), date(2026, 6, 30))
    assert b"".join(taken.streaming_content)[:2] == b"PK"
    log = DownloadLog.objects.get()
    assert (log.actor, log.about, log.region_path) == (lead, "贵港市", city.path)


@time_machine.travel(NOW, tick=False)
def test_the_document_is_chinese_whatever_the_face(city, private_storage):
    with translation.override("en"):
        report = make_report(city, *YEAR, actor=None, today=TODAY)

    latin = [text for text, _numbers in body(opened(report)) if re.search(r"[A-Za-z]{4,}", text)]
    assert latin == []
    assert report.title.startswith("贵港市科技局")


@time_machine.travel(NOW, tick=False)
def test_reports_of_other_regions_are_not_there(city, county, other_county, officer, other_officer, private_storage):
    mine = make_report(county, *YEAR, actor=None, today=TODAY)
    client = make.logged_in(other_officer)

    assert client.get(reverse("report_file", args=[mine.pk])).status_code == 404
    assert mine.title not in client.get(reverse("reports")).content.decode()
    assert mine.title in make.logged_in(officer).get(reverse("reports")).content.decode()
    assert client.post(reverse("report_make") + f"?region={city.code}", {"period": "year"}).status_code == 404


@time_machine.travel(NOW, tick=False)
def test_a_form_without_days_keeps_what_was_typed_and_says_why(lead):
    page = make.logged_in(lead).post(reverse("report_make"), {"period": "other", "year": 2026, "since": "2026-01-01"})

    assert page.status_code == 409
    assert "请填写日期" in page.content.decode()
    assert 'value="2026-01-01"' in page.content.decode()
    assert Job.objects.count() == 0


@pytest.mark.parametrize("number", [1, 3])
@time_machine.travel(NOW, tick=False)
def test_the_list_costs_the_same_whatever_it_holds(city, lead, private_storage, django_assert_num_queries, number):
    for _nth in range(number):
        make_report(city, *YEAR, actor=lead, today=TODAY)
    client = make.logged_in(lead)
    client.get(reverse("reports"))

    with django_assert_num_queries(6):
        client.get(reverse("reports"))


# The template -----------------------------------------------------------------------------------------------------------


def posted(client, **changes):
    texts = {f"s-{key}": sentence.text for key, sentence in SENTENCES.items()}
    return client.post(reverse("report_template"), texts | {"seen": 0, "note": ""} | changes)


@time_machine.travel(NOW, tick=False)
def test_a_new_version_is_used_from_then_on_and_old_reports_stay(city, lead, private_storage):
    client = make.logged_in(lead)
    before = make_report(city, *YEAR, actor=None, today=TODAY)

    answer = posted(client, **{"s-title": "{region}{period}工作总结", "note": "按办公室意见"})
    after = make_report(city, *YEAR, actor=None, today=TODAY)

    assert answer.status_code == 302
    assert (before.title, after.title) == ("贵港市科技局2026年主要工作及下一步工作计划", "贵港市2026年工作总结")
    kept = ReportTemplate.objects.get()
    assert (kept.number, kept.note, kept.author, after.template, before.template) == (
        1,
        "按办公室意见",
        lead,
        kept,
        None,
    )


@time_machine.travel(NOW, tick=False)
def test_an_unknown_place_is_refused_and_nothing_is_kept(lead):
    page = posted(make.logged_in(lead), **{"s-title": "{settings}工作总结"})

    assert page.status_code == 409
    assert "“标题”里没有 {settings} 这个数" in page.content.decode()
    assert "{settings}工作总结" in page.content.decode()
    assert ReportTemplate.objects.count() == 0


@time_machine.travel(NOW, tick=False)
def test_a_preview_shows_the_sentences_and_keeps_nothing(lead):
    client = make.logged_in(lead)

    page = posted(client, preview="1", **{"s-title": "{region}的总结"}).content.decode()
    bad = posted(client, preview="1", **{"s-title": "{nothing}"}).content.decode()

    assert "贵港市的总结" in page
    assert "里没有 {nothing} 这个数" in bad
    assert ReportTemplate.objects.count() == 0


@time_machine.travel(NOW, tick=False)
def test_an_older_version_is_called_up_and_kept_as_a_new_one(lead):
    save_template({"title": "甲"}, note="", actor=lead, seen=0)
    save_template({"title": "乙"}, note="", actor=lead, seen=1)

    client = make.logged_in(lead)

    assert ">\n甲</textarea>" in client.get(reverse("report_template"), {"version": 1}).content.decode()
    assert ">\n乙</textarea>" in client.get(reverse("report_template")).content.decode()
    assert client.get(reverse("report_template"), {"version": "9"}).status_code == 404


def test_two_people_who_change_the_same_version_do_not_overwrite_each_other(lead):
    save_template({"title": "甲"}, note="", actor=lead, seen=0)

    with pytest.raises(ReportRefused) as refused:
        save_template({"title": "乙"}, note="", actor=lead, seen=0)

    assert refused.value.reasons == ["模板刚被他人更改，请刷新后再改"]
    assert ReportTemplate.objects.get().sentences["title"] == "甲"


@time_machine.travel(NOW, tick=False)
def test_officers_read_the_template_and_do_not_change_it(officer):
    client = make.logged_in(officer)

    assert "保存须由科长或管理员办理" in client.get(reverse("report_template")).content.decode()
    page = posted(client)

    assert page.status_code == 409
    assert "修改报告模板须由科长或管理员办理" in page.content.decode()
    assert ReportTemplate.objects.count() == 0


def test_every_region_has_a_report(db, private_storage):
    for region in Region.objects.all():
        with time_machine.travel(NOW, tick=False):
            assert make_report(region, *YEAR, actor=None, today=TODAY).region_path == region.path
