"""What each indicator counts, said where it is read: its counter, the day that decides, the region that counts it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pipeline.choices import Counter
from pipeline.models import Indicator
from pipeline.selectors.quality import QUALITY


@dataclass(frozen=True)
class Definition:
    """How one indicator counts: what, by which day, for which region, and on what evidence."""

    indicator: Indicator
    counter: str
    cutoff: str
    where: str


COUNTERS = {
    Counter.FIRST_TIME: gettext_lazy("当年认定且此前从未取得该资格的企业"),
    Counter.CERTIFIED_IN_YEAR: gettext_lazy("当年首次认定与重新认定的企业，一家企业一年只计一次"),
    Counter.REGISTERED: gettext_lazy("当年取得入库登记编号的企业，已撤销的不计"),
    Counter.IN_LIBRARY: gettext_lazy("当年列入瞪羚企业培育库的企业"),
    Counter.STOCK: gettext_lazy("当日资格有效的企业：证书未到期、未撤销、企业仍在本地"),
    Counter.NET_GROWTH: gettext_lazy("当日保有量减去上年末保有量"),
    Counter.FILED: gettext_lazy("当年提交过的申报件数，补正后再次提交不重复计"),
}


def definition(indicator: Indicator) -> Definition:
    """The definition of one indicator in the reader's language."""
    if indicator.is_manual:
        return Definition(indicator, _manual(indicator), _("录入的完成日期"), _("录入时选择的区划"))
    counter = Counter(indicator.counter)
    if counter == Counter.FILED:
        return Definition(indicator, str(COUNTERS[counter]), _("首次提交日期"), _("申报所在区划；在办时随企业迁移"))
    if counter in {Counter.STOCK, Counter.NET_GROWTH}:
        return Definition(indicator, str(COUNTERS[counter]), _("证书日期与有效期"), _("企业当日所在区划，随企业迁移"))
    return Definition(
        indicator,
        _("{what}；须有编号或公告文号").format(what=COUNTERS[counter]),
        _("认定日期（证书或公告载明）"),
        _("认定时企业所在区划"),
    )


def _manual(indicator: Indicator) -> str:
    if indicator.code == QUALITY:
        return _("已核验项目按本年规则计分之和，保留五位小数；规则未录入时按录入数")
    if not indicator.adds_up:
        return _("本区划最近一次录入且已核验的数，不向上累加")
    return _("录入且已核验的数之和，未核验的另列")
