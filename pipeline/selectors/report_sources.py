"""Where each number of a work report comes from, as its note says it. Chinese, like the report."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from crm.templatetags.show import percent
from pipeline.choices import Counter
from pipeline.report_words import BLANK, Figure
from pipeline.selectors.report_figures import Progress, ReportFigures
from pipeline.selectors.targets import plain

RULES = {
    Counter.FIRST_TIME: "首次取得该项认定的企业数，按认定时所在区划计",
    Counter.CERTIFIED_IN_YEAR: "取得该项认定的企业数，首次与重新认定合计，按认定时所在区划计",
    Counter.STOCK: "期末证书有效的企业数，按企业当日所在区划计",
    Counter.NET_GROWTH: "期末证书有效的企业数减期初前一日的企业数",
    Counter.REGISTERED: "取得入库编号的企业数，已撤销的不计，按入库时所在区划计",
    Counter.IN_LIBRARY: "进入瞪羚企业培育库的企业数，按入库时所在区划计",
    Counter.FILED: "已提交的申报数，补正后重新提交的不重复计，已撤销的办理不计",
}
ENTERED = "录入并已核验的数"


class Sources:
    """Makes the figures of one report, each with its note."""

    def __init__(self, figures: ReportFigures) -> None:
        self.figures = figures
        self.snapshot = f"据 {figures.as_of.isoformat()} 快照"

    def of(self, value: Decimal | int | None, about: str) -> Figure:
        """A number with what it counts; a marked blank where it is not known."""
        return BLANK if value is None else Figure(plain(Decimal(value)), f"{self.snapshot}：{about}")

    def day(self, value: date, about: str) -> Figure:
        return Figure(chinese_day(value), f"{self.snapshot}：{about}")

    def done(self, progress: Progress) -> Figure:
        return self._counted(progress, progress.done, self.figures.since, self.figures.as_of)

    def in_year(self, progress: Progress) -> Figure:
        return self._counted(progress, progress.in_year, self.figures.as_of.replace(month=1, day=1), self.figures.as_of)

    def last_year(self, progress: Progress) -> Figure:
        return self.of(progress.last_year, f"上年同期，{progress.indicator.label}，{_rule(progress)}")

    def target(self, progress: Progress) -> Figure:
        if progress.target is None:
            return BLANK
        document = progress.document or "未登记文号"
        return Figure(plain(progress.target), f"目标：{document}，报告生成时有效")

    def completion(self, progress: Progress) -> Figure:
        if progress.ratio is None:
            return BLANK
        return Figure(
            percent(progress.ratio), f"{self.snapshot}：{progress.indicator.label}，本年累计完成数 ÷ 年度目标"
        )

    def gap(self, progress: Progress) -> Figure:
        return self.of(progress.gap, f"{progress.indicator.label}，年度目标减本年累计完成数")

    def growth(self, progress: Progress) -> Figure:
        """How much more or less than in the same period of last year; only where there was something then."""
        before, now = progress.last_year or Decimal(0), progress.done or Decimal(0)
        return Figure(
            percent(abs(now - before) / before), f"{self.snapshot}：{progress.indicator.label}，与上年同期之比"
        )

    def rank(self, progress: Progress) -> Figure:
        place = progress.standing
        if place.rank is None or place.as_of is None:
            return BLANK
        about = f"{progress.indicator.label}，本年累计完成数与各市公布数排序，{place.of} 个市"
        return Figure(str(place.rank), f"{self.snapshot}：{about}；{_published(place.as_of, place.source)}")

    def share(self, progress: Progress) -> Figure:
        whole = progress.whole
        if whole is None or progress.standing.share is None:
            return BLANK
        about = f"{progress.indicator.label}，本年累计完成数 ÷ 全区公布数"
        return Figure(
            percent(progress.standing.share), f"{self.snapshot}：{about}；{_published(whole.as_of, whole.source)}"
        )

    def whole(self, progress: Progress) -> Figure:
        whole = progress.whole
        return BLANK if whole is None else Figure(plain(whole.value), _published(whole.as_of, whole.source))

    def _counted(self, progress: Progress, value: Decimal | None, since: date, until: date) -> Figure:
        days = f"{since.isoformat()} 至 {until.isoformat()}"
        return self.of(value, f"{days}，{progress.indicator.label}，{_rule(progress)}")


def chinese_day(day: date) -> str:
    """2026年11月26日, as an official text writes it; the notes keep the short form."""
    return f"{day.year}年{day.month}月{day.day}日"


def _published(as_of: date, source: str) -> str:
    return f"公布数：{source}，截至 {as_of.isoformat()}"


def _rule(progress: Progress) -> str:
    return RULES[Counter(progress.indicator.counter)] if progress.indicator.counter else ENTERED
