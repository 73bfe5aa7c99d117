"""The places of an edition that are changed on a page: words, dates, thresholds, points, effort; not its structure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pipeline.policy.nodes import Policy
from pipeline.policy.sentences import sentences
from pipeline.policy.sources import Path_
from pipeline.policy.tables import COUNT, FIGURES, POINTS, RATIO, YEARS
from pipeline.policy.texts import Text
from pipeline.policy.typing_in import DAY, PAIR, PLAIN, SOURCES, STATUS, TEXT, shown
from pipeline.rules import THRESHOLDS

REQUIRED: Any = object()
LABELS: dict[str, str | Promise] = {
    "title": gettext_lazy("名称"),
    "label": gettext_lazy("名称"),
    "text": gettext_lazy("说明"),
    "ask": gettext_lazy("由谁提供"),
    "edition": gettext_lazy("版本代码"),
    "region": gettext_lazy("适用区域"),
    "source": gettext_lazy("依据"),
    "effective_from": gettext_lazy("施行日期"),
    "effective_to": gettext_lazy("失效日期"),
    "dates_status": gettext_lazy("日期核实状态"),
    "precedence": gettext_lazy("数据来源次序"),
    "status": gettext_lazy("核实状态"),
    "since": gettext_lazy("自何日起"),
    "value": gettext_lazy("标准"),
    "from": gettext_lazy("起点（含）"),
    "over": gettext_lazy("起点（不含）"),
    "upto": gettext_lazy("上限（含）"),
    "under": gettext_lazy("上限（不含）"),
    "points": gettext_lazy("得分"),
    "otherwise": gettext_lazy("其余得分"),
    "max": gettext_lazy("满分"),
    "within_years": gettext_lazy("几年以内"),
    "rank_at_most": gettext_lazy("排名前几"),
    "when_zero": gettext_lazy("分母为零时按"),
    "share": gettext_lazy("计入比例"),
    "cap": gettext_lazy("所占上限"),
    "per": gettext_lazy("每多少"),
    "effort": gettext_lazy("工作量"),
}


@dataclass(frozen=True)
class Entry:
    """One place that can be changed. `row` names the step or inner condition it belongs to; `empty` is what no text
    stands for, where that is allowed."""

    path: Path_
    kind: str
    value: Any
    row: str = ""
    empty: Any = REQUIRED

    @property
    def name(self) -> str:
        return ".".join(map(str, self.path))

    @property
    def label(self) -> str:
        key = str(self.path[-1])
        if self.path == ("source",):
            return _("文号")
        plain = key.removesuffix("_en")
        return _("{label}（英文）").format(label=LABELS[plain]) if plain != key else str(LABELS[key])

    @property
    def shown(self) -> str:
        return "" if self.value == self.empty else shown(self.kind, self.value)


@dataclass(frozen=True)
class Block:
    """What belongs together on the page: one condition, one part of the score, one lever."""

    group: str
    title: str
    sentence: str
    entries: tuple[Entry, ...]


def blocks(policy: Policy) -> list[Block]:
    """Every place that can be changed, in the order in which the edition is read."""
    return list(_Walk(policy).blocks())


class _Walk:
    """Goes through a content with the units of its measures at hand."""

    def __init__(self, policy: Policy) -> None:
        self.policy, self.content = policy, policy.content
        self.units = {measure.name: measure.unit for measure in policy.measures}
        self.labels = {measure.name: str(measure.label) for measure in policy.measures}
        self.clauses = {clause.key: clause for clause in sentences(policy)}

    def unit(self, name: str) -> str:
        return self.units.get(name) or (FIGURES[name].unit if name in FIGURES else POINTS)

    def blocks(self) -> Iterator[Block]:
        yield Block(_("基本信息"), _("名称、文号、施行期"), "", tuple(self._head()))
        yield from self._listed(_("说明"), "caveats", self._caveat)
        yield from self._listed(_("条件"), "criteria", self._criterion)
        yield from self._listed(_("计分"), "score", self._part)
        yield from self._listed(_("直通车"), "routes", self._criterion)
        yield from self._listed(_("提示"), "triggers", self._criterion)
        yield from self._named(_("计算口径"), "measures", self._measure)
        yield from self._named(_("是非项"), "flags", self._flag)
        yield from self._listed(_("补差措施"), "levers", self._lever)

    def _listed(self, group: str, key: str, walk: Any) -> Iterator[Block]:
        for index, data in enumerate(_list(self.content.get(key))):
            clause = self.clauses.get(str(data.get("code") or f"lever.{data.get('fact')}"))
            title = clause.label if clause else f"{group} {index + 1}"
            yield Block(group, title, clause.text if clause else "", tuple(walk(data, (key, index))))

    def _named(self, group: str, key: str, walk: Any) -> Iterator[Block]:
        for name, data in _mapping(self.content.get(key)).items():
            clause = self.clauses.get(f"measure.{name}") if key == "measures" else None
            title = clause.label if clause else str(self.policy.flags[name].label)
            yield Block(group, title, clause.text if clause else "", tuple(walk(data, (key, name))))

    def _head(self) -> Iterator[Entry]:
        yield from _words(self.content, (), "title")
        for key in ("edition", "region", "source"):
            yield Entry((key,), TEXT, self.content[key])
        yield Entry(("effective_from",), DAY, self.content["effective_from"])
        yield Entry(("effective_to",), DAY, self.content.get("effective_to"), empty=None)
        yield Entry(("dates_status",), STATUS, self.content["dates_status"])
        yield Entry(("precedence",), SOURCES, self.content.get("precedence") or list(self.policy.precedence))

    def _caveat(self, data: Any, path: Path_) -> Iterator[Entry]:
        yield from _words(data, path, "text")

    def _flag(self, data: Any, path: Path_) -> Iterator[Entry]:
        yield from _words(data, path, "label")
        yield from _words(data, path, "ask")

    def _measure(self, data: Any, path: Path_) -> Iterator[Entry]:
        yield from _words(data, path, "label")
        for key, kind in (("when_zero", PLAIN), ("share", RATIO), ("cap", RATIO)):
            yield from _present(data, path, key, kind)

    def _lever(self, data: Any, path: Path_) -> Iterator[Entry]:
        yield Entry((*path, "per"), self.unit(data["fact"]), data["per"])
        yield Entry((*path, "effort"), PLAIN, data["effort"])

    def _criterion(self, data: Any, path: Path_, row: str = "") -> Iterator[Entry]:
        if data["rule"] in THRESHOLDS:
            yield from self._limit(data, path, row)
        for key, kind in (("within_years", YEARS), ("rank_at_most", COUNT), ("since", DAY)):
            yield from _present(data, path, key, kind, row)
        yield from _words(data, path, "label", row)
        for key, kind in (("source", TEXT), ("status", STATUS)):
            yield from _present(data, path, key, kind, row)
        for inner, child in _children(data):
            yield from self._criterion(child, (*path, *inner), _shown_text(child))

    def _limit(self, data: Any, path: Path_, row: str) -> Iterator[Entry]:
        unit = self.unit(data["field"])
        yield from _present(data, path, "value", unit, row)
        tiers = data.get("tiers")
        if not tiers:
            return
        by = self.unit(tiers["by"])
        for key in ("from", "over"):
            yield from _present(tiers, (*path, "tiers"), key, by, row)
        for index, step in enumerate(tiers["steps"]):
            here, name = (*path, "tiers", "steps", index), _row(row, index)
            for key in ("upto", "under"):
                yield from _present(step, here, key, by, name)
            yield Entry((*here, "value"), unit, step["value"], name, empty="unknown")

    def _part(self, data: Any, path: Path_) -> Iterator[Entry]:
        yield from _words(data, path, "label")
        for key, kind in (("max", POINTS), ("source", TEXT), ("status", STATUS)):
            yield from _present(data, path, key, kind)
        yield from self._item(data, path, "")

    def _item(self, data: Any, path: Path_, row: str) -> Iterator[Entry]:
        name = data.get("bands")
        row = (self.labels.get(name) or str(FIGURES[name].label)) if name else row
        for index, step in enumerate(_list(data.get("steps"))):
            here, band = (*path, "steps", index), _row(row, index)
            for key in ("from", "over"):
                yield from _present(step, here, key, self.unit(name), band)
            yield Entry((*here, "points"), PAIR, step["points"], band)
        for key in ("points", "otherwise"):
            yield from _present(data, path, key, PAIR, row)
        if "expert" in data and len(path) > 2:
            yield from _present(data, path, "max", POINTS, _("专家评定"))
        for key in ("best_of", "sum_of"):
            for index, inner in enumerate(_list(data.get(key))):
                yield from self._item(inner, (*path, key, index), _("第 {n} 项").format(n=index + 1))


def _row(row: str, index: int) -> str:
    step = _("第 {n} 档").format(n=index + 1)
    return f"{row} · {step}" if row else step


def _words(data: Any, path: Path_, key: str, row: str = "") -> Iterator[Entry]:
    """A text and its English twin."""
    for name in (key, f"{key}_en"):
        yield Entry((*path, name), TEXT, data.get(name), row)


def _present(data: Any, path: Path_, key: str, kind: str, row: str = "") -> Iterator[Entry]:
    if key in data:
        yield Entry((*path, key), kind, data[key], row)


def _children(data: Any) -> Iterator[tuple[Path_, Any]]:
    inner = data.get("of")
    if isinstance(inner, dict):
        yield ("of",), inner
    for index, child in enumerate(_list(inner)):
        yield ("of", index), child


def _shown_text(data: Any) -> str:
    return str(Text(data["label"], data["label_en"]))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
