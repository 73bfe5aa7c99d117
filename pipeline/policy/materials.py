"""What an application must hold: one checklist per edition, read from `<programme>/materials/<edition>.yaml`.

A published edition is immutable and lists no papers, so the checklist lies beside it: officers may correct it when a
notice asks for another paper, and a folder of POLICY_DIRS may add items or replace one by its code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pipeline.errors import InvalidPolicy
from pipeline.material_kinds import DOCUMENT_KINDS
from pipeline.policy.sources import Source, from_file

REQUIRED, CONDITIONAL = "required", "conditional"
FORMATS = ("pdf", "jpg", "png", "xlsx", "docx")
VALIDITIES = ("application", "year", "until")
MOST_YEARS = 5
_TEXTS = ("code", "label", "label_en", "kind", "source")
_ALL = {*_TEXTS, "need", "when", "when_en", "years", "formats", "sample", "sample_en", "status", "validity"}


@dataclass(frozen=True)
class Item:
    """One thing to hand in. `years` is for how many past years; 0 where it has no year.

    `validity`: of this `application` alone, of a `year` for good, or `until` a day that is stated with the file.
    """

    code: str
    label_zh: str
    label_en: str
    kind: str
    source: str
    need: str = REQUIRED
    when_zh: str = ""
    when_en: str = ""
    years: int = 0
    formats: tuple[str, ...] = FORMATS
    sample_zh: str = ""
    sample_en: str = ""
    status: str = "unverified"
    validity: str = "application"

    @property
    def label(self) -> str:
        return self._in_language("label")

    @property
    def sample(self) -> str:
        """How a good one looks."""
        return self._in_language("sample")

    @property
    def when(self) -> str:
        """When a conditional item is asked for."""
        return self._in_language("when")

    def _in_language(self, name: str) -> str:
        english = getattr(self, f"{name}_en")
        return english if english and get_language() == "en" else getattr(self, f"{name}_zh")

    @property
    def is_required(self) -> bool:
        return self.need == REQUIRED

    @property
    def is_verified(self) -> bool:
        return self.status == "confirmed"

    @property
    def is_reusable(self) -> bool:
        return self.validity != "application"

    def years_for(self, year: int) -> list[int]:
        """The years it is asked for in an application of `year`, newest first; [0] where it has none."""
        return [year - back for back in range(1, self.years + 1)] or [0]


@dataclass(frozen=True)
class Checklist:
    """The items of one edition, in the order in which they are shown."""

    programme: str
    edition: str
    source: str
    items: tuple[Item, ...]

    def item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)


def checklist_of(programme: str, edition: str) -> Checklist | None:
    """The checklist of an edition; None where nobody has written one."""
    return _all(tuple(settings.POLICY_DIRS)).get((programme, edition))


def checklists() -> list[Checklist]:
    """Every checklist, by programme and edition. Raises InvalidPolicy with the faults of all files."""
    return sorted(_all(tuple(settings.POLICY_DIRS)).values(), key=lambda found: (found.programme, found.edition))


@lru_cache(maxsize=4)
def _all(directories: tuple[Path, ...]) -> dict[tuple[str, str], Checklist]:
    return load_checklists(directories)


def load_checklists(directories: Iterable[Path]) -> dict[tuple[str, str], Checklist]:
    """The checklists in the folders; a later folder adds to an earlier one and replaces items of the same code."""
    found: dict[tuple[str, str], Checklist] = {}
    reasons: list[str] = []
    for path in [path for folder in directories for path in sorted(Path(folder).glob("*/materials/*.yaml"))]:
        try:
            made = read_checklist(from_file(path))
        except InvalidPolicy as error:
            reasons += error.reasons
            continue
        key = (made.programme, made.edition)
        found[key] = _merged(found[key], made) if key in found else made
    if reasons:
        raise InvalidPolicy(*reasons)
    return found


def _merged(base: Checklist, added: Checklist) -> Checklist:
    items = {item.code: item for item in base.items} | {item.code: item for item in added.items}
    return Checklist(base.programme, base.edition, added.source, tuple(items.values()))


def read_checklist(source: Source) -> Checklist:
    """One file. Raises InvalidPolicy with every fault and its line."""
    data = source.data if isinstance(source.data, dict) else {}
    for name in ("programme", "edition", "source"):
        if not isinstance(data.get(name), str) or not data[name]:
            source.complain((name,), _("须填写"))
    rows = data.get("items")
    if not isinstance(rows, list) or not rows:
        source.complain(("items",), _("须列出材料"))
        rows = []
    items = [_item(source, place, row) for place, row in enumerate(rows)]
    codes = [item.code for item in items]
    for place, code in enumerate(codes):
        if code in codes[:place]:
            source.complain(("items", place, "code"), _("重复出现"))
    if reasons := source.reasons():
        raise InvalidPolicy(*reasons)
    return Checklist(data["programme"], data["edition"], data["source"], tuple(items))


def _item(source: Source, place: int, row: Any) -> Item:
    row = row if isinstance(row, dict) else {}
    path = ("items", place)
    for name in _TEXTS:
        if not isinstance(row.get(name), str) or not row[name]:
            source.complain((*path, name), _("须填写"))
    for name in set(row) - _ALL:
        source.complain((*path, name), _("不认识的字段"))
    one_of = {"kind": tuple(DOCUMENT_KINDS), "need": (REQUIRED, CONDITIONAL), "validity": VALIDITIES}
    one_of["status"] = ("confirmed", "unverified")
    for name, allowed in one_of.items():
        if row.get(name) not in allowed:
            source.complain((*path, name), _("应为 {names} 之一").format(names="、".join(allowed)))
    if (row.get("need") == CONDITIONAL) != bool(row.get("when")):
        source.complain((*path, "when"), _("有条件的材料须写明何时需要，必交的不写"))
    formats = tuple(row.get("formats") or ())
    if not formats or set(formats) - set(FORMATS):
        source.complain((*path, "formats"), _("应为 {names} 之一").format(names="、".join(FORMATS)))
    return _made(row, formats, _years(source, path, row))


def _years(source: Source, path: tuple[str | int, ...], row: dict[str, Any]) -> int:
    years = str(row.get("years") or 0)
    if years.isdecimal() and int(years) <= MOST_YEARS:
        return int(years)
    source.complain((*path, "years"), _("应为 0 至 {most} 的整数").format(most=MOST_YEARS))
    return 0


def _made(row: dict[str, Any], formats: tuple[str, ...], years: int) -> Item:
    def text(name: str) -> str:
        return str(row.get(name) or "")

    return Item(
        code=text("code"),
        label_zh=text("label"),
        label_en=text("label_en"),
        kind=text("kind"),
        source=text("source"),
        need=text("need"),
        when_zh=text("when"),
        when_en=text("when_en"),
        years=years,
        formats=formats,
        sample_zh=text("sample"),
        sample_en=text("sample_en"),
        status=text("status"),
        validity=text("validity"),
    )
