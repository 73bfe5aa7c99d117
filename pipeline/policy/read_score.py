"""Reads the score table of an edition: parts, and within them bands, best-ofs, sums and what experts give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from django.utils.translation import gettext as _

from pipeline.policy.fields import Fields
from pipeline.policy.nodes import Bands, BestOf, Expert, Holds, Item, Measure, Part, SumOf
from pipeline.policy.read_rules import Reading, read_credential, status
from pipeline.policy.tables import EXPERT_SCORES
from pipeline.rules import Band, Range

NO_POINTS = Range(0, 0)


def read_part(reading: Reading) -> Callable[[Fields], Part]:
    def read(fields: Fields) -> Part:
        code, label, most = reading.code(fields), fields.text("label"), fields.whole("max", least=1)
        found = Part(code, label, most, _item(reading, fields), reading.source(fields), status(fields))
        if not isinstance(found.item, SumOf) and ceiling(found.item) > most:
            fields.complain("max", _("有的档次超过本项满分 {most} 分").format(most=most))
        fields.done()
        return found

    return read


def _item(reading: Reading, fields: Fields) -> Item:
    kinds = [kind for kind in ITEMS if kind in fields]
    if len(kinds) != 1:
        fields.complain(None, _("应恰有一种计分方法：{kinds}").format(kinds="、".join(ITEMS)))
    return ITEMS[kinds[0]](reading, fields) if kinds else SumOf(())


def _whole_item(reading: Reading) -> Callable[[Fields], Item]:
    def read(fields: Fields) -> Item:
        found = _item(reading, fields)
        fields.done()
        return found

    return read


def _bands(reading: Reading, fields: Fields) -> Item:
    measure, bands = reading.measures.at(fields, "bands"), fields.each("steps", _band)
    lowers = [band.lower for band in bands]
    if any(high <= low for high, low in pairwise(lowers)):
        fields.complain("steps", _("各档应由高到低"))
    return Bands(measure, bands, fields.points("otherwise", 0))


def _band(fields: Fields) -> Band:
    included = "over" not in fields
    if not included and "from" in fields:
        fields.complain("over", _("与“{other}”只能写一个").format(other="from"))
    lower = fields.number("from" if included else "over")
    fields.read.update(("from", "over"))
    found = Band(lower, fields.points("points"), included, fields.truth("open", False))
    fields.done()
    return found


def _expert(reading: Reading, fields: Fields) -> Item:
    return Expert(fields.one_of("expert", EXPERT_SCORES), fields.whole("max", least=1))


def _holds(reading: Reading, fields: Fields) -> Item:
    return Holds(read_credential(fields, "holds"), fields.points("points"), fields.points("otherwise", 0))


def _best_of(reading: Reading, fields: Fields) -> Item:
    return BestOf(fields.each("best_of", _whole_item(reading)))


def _sum_of(reading: Reading, fields: Fields) -> Item:
    return SumOf(fields.each("sum_of", _whole_item(reading)))


ITEMS: dict[str, Callable[[Reading, Fields], Item]] = {
    "bands": _bands,
    "expert": _expert,
    "holds": _holds,
    "best_of": _best_of,
    "sum_of": _sum_of,
}


def ceiling(item: Item) -> int:
    """The most points that an item can give."""
    if isinstance(item, Bands):
        return max(int(points.high or 0) for points in (item.otherwise, *(band.points for band in item.bands)))
    if isinstance(item, Expert):
        return item.most
    if isinstance(item, Holds):
        return max(int(item.points.high or 0), int(item.otherwise.high or 0))
    found = [ceiling(inner) for inner in item.items]
    return max(found, default=0) if isinstance(item, BestOf) else sum(found)


def item_measures(item: Item) -> Iterator[Measure]:
    """The measures that an item's points depend on."""
    if isinstance(item, Bands):
        yield item.measure
    for inner in getattr(item, "items", ()):
        yield from item_measures(inner)
