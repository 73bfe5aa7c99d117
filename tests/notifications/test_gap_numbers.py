"""Every number of the weekly mail, its workbook and the one-pager of the demonstration city, found again in the rows."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from io import BytesIO

import pytest
import time_machine
from django.utils import timezone
from python_calamine import CalamineWorkbook

from config.demo import city as demo
from crm.models import Region, User
from notifications.digests import send_period
from notifications.models import Message
from pipeline.models import Application, Deadline, Forecast, Indicator, PolicyEdition, Quota, Snapshot
from pipeline.selectors.calendar import work_calendar
from pipeline.services.policies import publish, unpublished
from pipeline.services.tallies import rebuild_counts
from tests.pipeline import plain

pytestmark = pytest.mark.whole

TODAY = date(2026, 11, 23)
NOW = "2026-11-23 10:00+08:00"
PROGRAMMES = {"科技型中小企业": "tech_sme", "高新技术企业": "high_tech", "瞪羚企业": "gazelle"}
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def rounded(value, step="1"):
    return f"{Decimal(value).quantize(Decimal(step), ROUND_HALF_UP).normalize():f}"


def per_cent(probability):
    points = Decimal(probability) * 100
    if 0 < points < 1:
        return "<1 %"
    return ">99 %" if 99 < points < 100 else f"{rounded(points)} %"


class Rows:
    """What the rows say of a target: recognitions and entries counted one by one, the quota and the ledger row."""

    def __init__(self):
        self.codes = {one.label: one.code for one in Indicator.objects.filter(active=True)}
        self.regions = {region.name: region for region in Region.objects.all()}
        self.seen = Counter()

    def numbers(self, label, name):
        region, code = self.regions[name], self.codes[label]
        quota = Quota.objects.get(
            region=region, indicator__code=code, year=2026, kind="assigned", officer=None, superseded_at=None
        )
        done = plain.counted(code, date(2026, 1, 1), TODAY, region.path)
        ledger = Forecast.objects.filter(region=region, indicator__code=code, year=2026, replayed=False)
        return Decimal(done), quota.target, ledger.order_by("-as_of").first()

    def outlook(self, forecast):
        if forecast is None:
            return ""
        if forecast.probability is None:
            return f"，历史样本 {forecast.history} 家，太少，不作预测"
        known = (rounded(number) for number in (forecast.expected, forecast.low, forecast.high))
        words = "，预计 {}（{}–{}），完成概率 {}".format(*known, per_cent(forecast.probability))
        thin = f"（历史样本 {forecast.history} 家，仅供参考）" if forecast.history < 40 else ""
        return words + thin

    def line(self, match):
        """完成 18 / 目标 30，缺口 12，…: of a county where one is named."""
        done, target, forecast = self.numbers(match["label"], match["region"] or "贵港市")
        gap = max(target - done, Decimal(0))
        ratio = rounded(done / target * 100, "0.1")
        told = f"完成 {rounded(done)} / 目标 {rounded(target)}，缺口 {rounded(gap)}，完成率 {ratio}%"
        assert match["rest"].startswith(f"{told}{self.outlook(forecast)}")
        assert not NUMBER.search(match["rest"].removeprefix(told + self.outlook(forecast)))

    def headline(self, match):
        done, target, forecast = self.numbers(match["label"], match["region"])
        ratio = "" if forecast else f"，完成率 {rounded(done / target * 100, '0.1')}%"
        assert match["target"] == rounded(target)
        assert match["done"] == rounded(done)
        assert match["rest"].startswith(ratio or self.outlook(forecast))
        assert match["rest"].endswith(f"，还差 {rounded(target - done)} {match['unit']}。")

    def call(self, match):
        """A named firm: open, where it says it is, and its days are counted again on the calendar."""
        application = Application.objects.select_related("firm", "officer", "region").get(
            firm__name=match["firm"], pk=self.named[match["firm"]]
        )
        assert application.closed_at is None
        officer = application.officer.name if application.officer else "无人经办"
        assert match["where"] in (
            f"{application.region.short_name}，{officer}",
            application.region.short_name,
        )
        assert not NUMBER.search(match["what"].replace(application.next_action or "—", ""))
        self.days(application, match["day"])

    def days(self, application, words):
        due = list(Deadline.objects.filter(application=application, closed_at=None).values_list("due_on", flat=True))
        if words == "无期限":
            assert due == []
            return
        month, number, left = (int(one) for one in re.findall(r"\d+", words))
        day = date(2026, month, number)
        calendar = work_calendar()
        between = (TODAY + timedelta(days=ahead) for ahead in range(1, (day - TODAY).days + 1))
        assert left == sum(calendar.is_workday(one) for one in between)
        assert day in due or day < application.round.last_on  # a deadline, or the latest day to begin
        assert all(day <= one for one in due)
        self.named_days.append(day)

    def ask(self, match):
        assert int(match["n"]) == len(self.first_names)
        if match["day"]:
            assert date(2026, int(match["month"]), int(match["date"])) == min(self.named_days[: int(match["n"])])

    def foot(self, match):
        snapshot = Snapshot.objects.get(region__code="450800", as_of=TODAY)
        at = timezone.localtime(snapshot.taken_at)
        assert match["day"] == TODAY.isoformat()
        assert match["at"] == f"{at.month}月{at.day}日 {at:%H:%M}"
        assert (match["year"], match["week"]) == ("2026", str(TODAY.isocalendar()[1]))
        named = re.findall(r"[A-Z0-9]+-\d{4}", match["editions"])
        assert len(named) == 3
        assert set(named) <= set(PolicyEdition.objects.values_list("code", flat=True))

    def address(self, match):
        assert match["path"] in (
            *(f"/applications/{pk}/" for pk in self.named.values()),
            f"/targets/?region=450800&indicator={self.codes[self.worst]}",
            "/targets/brief/?region=450800",
        )

    named: dict[str, int]
    named_days: list[date]
    first_names: list[str]
    worst: str

    def read(self, text):
        """Every line of the text, each by the one pattern that knows what its numbers are."""
        self.named_days = []
        names = re.findall(r"^  \d\. (.+?)（.*\n +\S+/applications/(\d+)/", text, re.M)
        self.named = {firm: int(pk) for firm, pk in names}
        self.first_names = re.findall(r"^  \d\. (.+?)（", text.split("\n\n")[1] if "\n\n" in text else "", re.M) or (
            re.findall(r"^  \d\. (.+?)（", text.split("请")[0], re.M)
        )
        self.worst = next(label for label in sorted(self.codes, key=len, reverse=True) if label in text.split("：")[0])
        for line in text.splitlines():
            found = [
                (name, match)
                for name, pattern in PATTERNS.items()
                if (match := re.fullmatch(pattern, line)) is not None
            ]
            assert found or not NUMBER.search(line), line
            for name, match in found[:1]:
                getattr(self, name)(match)
                self.seen[name] += 1


PATTERNS = {
    "address": r"(?:查看目标：|一页纸：|\s+)http://127\.0\.0\.1:8000(?P<path>/\S+)",
    "headline": r"(?P<region>贵港市)(?P<label>[^：]+)：目标 (?P<target>[\d,]+)，已\S+ (?P<done>[\d,]+)"
    r"(?P<rest>，.+ (?P<unit>\S+)。)",
    "call": r"  \d\. (?P<firm>.+?)（(?P<where>[^）]+)） (?P<what>.+) · (?P<day>[^·]+)",
    "ask": r"请本周过问这 (?P<n>\d+) 家(?P<day>，最早一家须在 (?P<month>\d+)月(?P<date>\d+)日 周. 前办理)?。",
    "line": r"(?:[!→✓] \S+ |(?P<region>\S+) )(?P<label>[^：]+)：(?P<rest>完成 .+)",
    "foot": r"数字按 (?P<day>\S+) 快照（(?P<at>[^）]+) 统计），(?P<year>\d+) 年第 (?P<week>\d+) 周。"
    r"每人每周一封，附件为同一数字的表格。规则版本：(?P<editions>.+)。",
}


@pytest.fixture
def told(db):
    with time_machine.travel(NOW, tick=False):
        publish(unpublished(), actor=None)
        demo.build(firms=160, years=3, seed=11, today=TODAY)
        rebuild_counts()
        send_period("2026-W48", today=TODAY)
        yield Message.objects.get(recipient__username="leader", kind="gap_digest")


def test_every_number_of_mail_workbook_and_page_is_found_again_by_counting_the_rows(told, client):
    rows = Rows()

    # The text, line by line; subject and HTML say nothing else.
    rows.read(told.body)
    assert {"address", "headline", "call", "ask", "line", "foot"} <= set(rows.seen)
    targets = Quota.objects.filter(year=2026, kind="assigned", officer=None, superseded_at=None)
    assert rows.seen["line"] >= targets.filter(region__code="450800").count()
    done, target, forecast = rows.numbers(rows.worst, "贵港市")
    probability = (
        f"，完成概率 {per_cent(forecast.probability)}" if forecast and forecast.probability is not None else ""
    )
    subject = f"【缺口 {rounded(target - done)}】{rows.worst} {rounded(done)}/{rounded(target)}{probability}"
    assert told.subject.startswith(subject)
    shown = unescape(re.sub(r"<[^>]+>", " ", told.html.partition("</head>")[2]))
    assert set(NUMBER.findall(shown)) <= set(NUMBER.findall(f"{told.subject}\n{told.body}"))

    # The workbook, row by row.
    book = CalamineWorkbook.from_filelike(BytesIO(bytes(told.attachment.content)))
    lines = book.get_sheet_by_name("目标").to_python()[1:]
    assert (
        len(lines)
        == targets.filter(region__code="450800").count() + targets.filter(region__parent__code="450800").count()
    )
    for label, code, name, _light, goal, did, gap, expected, low, high, chance, history, ratio, *_rest in lines:
        done, target, forecast = rows.numbers(label, name)
        assert (code, goal, did) == (rows.regions[name].code, target, done)
        assert (gap, ratio) == (max(target - done, 0), pytest.approx(float(done / target), abs=5e-5))
        assert history == (forecast.history if forecast else "")
        if forecast and forecast.probability is not None:
            assert (expected, low, high) == tuple(map(float, (forecast.expected, forecast.low, forecast.high)))
            assert chance == per_cent(forecast.probability)
        else:
            assert (expected, low, high, chance) == ("", "", "", "—")
    for row in book.get_sheet_by_name("催办名单").to_python()[1:]:
        programme, day, left = PROGRAMMES[row[4]], row[8], row[9]
        open_now = Application.objects.filter(firm__credit_code=row[1], firm__name=row[0], closed_at=None)
        application = open_now.get(programme=programme)
        if day:
            on = date.fromisoformat(day)
            rows.days(application, f"{on.month}月{on.day}日前，剩 {left:.0f} 个工作日")

    # The one-pager: the same numbers, card by card.
    client.force_login(User.objects.get(username="leader"))
    page = client.get("/targets/brief/").content.decode()
    cards = re.findall(r'<section class="card">(.*?)</section>', page, re.S)
    assert len(cards) == targets.filter(region__code="450800").count()
    for card in cards:
        words = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", card)))
        label = next(one for one in sorted(rows.codes, key=len, reverse=True) if one in words)
        done, target, forecast = rows.numbers(label, "贵港市")
        assert f"缺口 {rounded(max(target - done, Decimal(0)))} " in words
        assert f" {rounded(done)}/{rounded(target)} " in words
        known = rows.outlook(forecast).replace("，完成概率", " 完成概率").strip("，")
        ratio = f"完成率 {rounded(done / target * 100, '0.1')}%"
        assert (known or ratio) in words
    loose = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.partition("<h1>")[2].partition("</main>")[0])))
    assert set(NUMBER.findall(loose)) <= set(NUMBER.findall(f"{told.subject}\n{told.body}"))
