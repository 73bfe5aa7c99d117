"""Stored forecasts for pages and programs: the newest of each target, its sentence, who is open behind it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from crm.models import Region, User
from pipeline.choices import Confidence, Counter
from pipeline.models import Application, Forecast, Override
from pipeline.selectors.histories import outcome_of

SHOWN = 100  # open applications on one page
SURE, GROWING = 0.8, 0.3  # from this probability an open application is sure, below that one it is growing
DONE_WORDS = {
    Counter.FIRST_TIME: pgettext_lazy("in a sentence", "已认定"),
    Counter.CERTIFIED_IN_YEAR: pgettext_lazy("in a sentence", "已认定"),
    Counter.REGISTERED: pgettext_lazy("in a sentence", "已入库"),
    Counter.IN_LIBRARY: pgettext_lazy("in a sentence", "已入库"),
    Counter.FILED: pgettext_lazy("in a sentence", "已申报"),
    Counter.STOCK: pgettext_lazy("in a sentence", "现有资格年底仍有效"),
    Counter.NET_GROWTH: pgettext_lazy("in a sentence", "现有资格年底净增"),
}


@dataclass(frozen=True)
class OpenRow:
    """One open application behind a forecast: its own probability, the judged one where somebody set it."""

    application: Application
    counts: float
    lost: float
    override: Override | None

    @property
    def level(self) -> str:
        """稳, 争取 or 培育, as codes."""
        return "sure" if self.counts >= SURE else "growing" if self.counts < GROWING else "reach"


def newest(rows: QuerySet[Forecast]) -> QuerySet[Forecast]:
    """Of each region and indicator the newest row of the ledger."""
    order = [F("as_of").desc(), F("pk").desc()]
    ranked = Window(RowNumber(), partition_by=[F("region"), F("indicator")], order_by=order)
    return rows.filter(replayed=False).annotate(place=ranked).filter(place=1)


def forecasts(region: Region, user: User, *, year: int) -> list[Forecast]:
    """The newest forecasts of a region's own targets, in the indicators' order. One query."""
    own = newest(Forecast.objects.visible_to(user).filter(region=region, year=year))
    return sorted(own.select_related("indicator", "region"), key=_position)


def chosen_of(rows: list[Forecast], code: str) -> Forecast | None:
    """The target asked for, else the one that will most hardly be met."""
    if code:
        return next((row for row in rows if row.indicator.code == code), None)
    return min(rows, key=lambda row: (row.probability is None, row.probability or 0), default=None)


def counties(forecast: Forecast, user: User) -> list[Forecast]:
    """The same target of the regions right below, those that will hardly meet it first. One query."""
    below = Forecast.objects.visible_to(user).filter(region__parent=forecast.region_id, year=forecast.year)
    rows = newest(below.filter(indicator=forecast.indicator_id)).select_related("indicator", "region")
    return sorted(rows, key=lambda row: (row.probability is None, row.probability or 0, row.region_path))


def open_rows(forecast: Forecast, user: User) -> list[OpenRow]:
    """The applications behind a forecast that the reader may see; what is in doubt, and so can change, first.

    Two queries.
    """
    listed = {row[0]: row for row in forecast.data.get("applications", [])}
    chosen = sorted(listed, key=lambda pk: (abs(listed[pk][1] - 0.5), pk))[:SHOWN]
    seen = Application.objects.visible_to(user).filter(pk__in=chosen).select_related("firm", "region", "officer")
    judged = Override.objects.current().filter(application__in=chosen, outcome=outcome_of(forecast.indicator))
    by_application = {row.application_id: row for row in judged.exclude(probability=None).select_related("by")}
    known = {row.pk: row for row in seen}
    return [OpenRow(known[pk], listed[pk][1], listed[pk][2], by_application.get(pk)) for pk in chosen if pk in known]


def chance_of(application: Application, outcome: str) -> tuple[float, float] | None:
    """What the newest ledger row says of one application: that it counts, that it is lost. None where none lists it.

    One query.
    """
    rows = Forecast.objects.filter(region=application.region_id, indicator__programme=application.programme)
    for row in rows.filter(replayed=False).select_related("indicator").order_by("-as_of", "indicator")[:12]:
        if outcome_of(row.indicator) == outcome:
            found = [one for one in row.data.get("applications", []) if one[0] == application.pk]
            if found:
                return found[0][1], found[0][2]
    return None


def sentence(forecast: Forecast) -> str:
    """The forecast in a sentence, with its history where that is small."""
    known = {
        "label": _(forecast.indicator.label),
        "target": whole(forecast.target),
        "word": DONE_WORDS[Counter(forecast.indicator.counter)],
        "done": whole(forecast.done),
    }
    if forecast.confidence == Confidence.NONE:
        text = _("{label}：目标 {target}，{word} {done}；历史样本 {history} 家，太少，不作预测")
        return text.format(**known, history=forecast.history)
    said = _("{label}：目标 {target}，{word} {done}，预计 {expected}（{low}–{high}），完成概率 {probability}").format(
        **known,
        expected=whole(forecast.expected),
        low=whole(forecast.low),
        high=whole(forecast.high),
        probability=chance(forecast.probability),
    )
    if forecast.confidence == Confidence.THIN:
        said += _("（历史样本 {history} 家，仅供参考）").format(history=forecast.history)
    return said


def whole(value: Decimal | float | None) -> str:
    """A number of firms without decimals."""
    return "—" if value is None else str(Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP))


def chance(value: Decimal | float | None) -> str:
    """A probability in whole per cents; what is not certain is never called 0 % or 100 %."""
    if value is None:
        return "—"
    per_cent = Decimal(str(value)) * 100
    if per_cent in (0, 100):
        return f"{per_cent:.0f} %"
    if per_cent < 1:
        return "<1 %"
    return ">99 %" if per_cent > 99 else f"{per_cent.quantize(Decimal(1), ROUND_HALF_UP)} %"


def _position(forecast: Forecast) -> tuple[int, str]:
    return forecast.indicator.position, forecast.indicator.code
