"""Whom a published line means: by credit code, by exact name, by a former name; what looks alike is for a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.identifiers import name_key
from crm.published.rows import Listed

MAX_CANDIDATES = 3


class Standing(TextChoices):
    """What a line came to. Only matched lines can be confirmed."""

    MATCHED = "matched", gettext_lazy("已匹配")
    DECIDE = "decide", gettext_lazy("待决定")
    WRONG_CODE = "wrong_code", gettext_lazy("代码有误")
    UNKNOWN = "unknown", gettext_lazy("未在库")
    DUPLICATE = "duplicate", gettext_lazy("名单内重复")
    ELSEWHERE = "elsewhere", gettext_lazy("外地企业")


@dataclass(frozen=True)
class Known:
    """A firm of ours, as far as matching needs it."""

    pk: int
    credit_code: str
    name: str
    key: str
    path: str


@dataclass(frozen=True)
class Candidate:
    """A firm that a line may mean, and why."""

    firm: Known
    why: str


@dataclass
class Match:
    standing: Standing
    firm: Known | None = None
    reasons: list[str] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)


@dataclass
class Register:
    """The firms that some lines may mean, by code, by name and by former name."""

    by_code: dict[str, Known] = field(default_factory=dict)
    by_key: dict[str, list[Known]] = field(default_factory=dict)
    by_former: dict[str, list[Known]] = field(default_factory=dict)

    def named(self, key: str) -> list[Known]:
        return self.by_key.get(key, []) if key else []

    def once_named(self, key: str) -> list[Known]:
        """Firms that had this name before and do not have it now."""
        return [firm for firm in self.by_former.get(key, []) if firm.key != key] if key else []


def match(row: Listed, register: Register) -> Match:
    """What one line means. A wrong code is never overruled by a name: it waits for a person."""
    key = name_key(row.name)
    if row.wrong:
        return Match(Standing.WRONG_CODE, None, list(row.wrong), _by_name(key, register))
    if row.code and (firm := register.by_code.get(row.code)):
        return _by_code(row, key, firm, register)
    if row.code:
        return _code_unknown(row, key, register)
    named = register.named(key) or register.once_named(key)
    if len(named) == 1:
        reasons = [] if named[0].key == key else [_former(named[0])]
        return Match(Standing.MATCHED, named[0], [_("名单没有代码，按名称匹配"), *reasons])
    if named:
        return Match(Standing.DECIDE, None, [_("同名企业不止一家")], _by_name(key, register))
    return Match(Standing.UNKNOWN)


def _by_code(row: Listed, key: str, firm: Known, register: Register) -> Match:
    others = [other for other in register.named(key) if other.pk != firm.pk]
    if others and firm.key != key:
        reason = _("代码属于“{name}”，名称却与另一家企业相同；请核对公告").format(name=firm.name)
        candidates = [Candidate(firm, _("信用代码相同")), *(Candidate(other, _("名称相同")) for other in others)]
        return Match(Standing.DECIDE, None, [reason], candidates[:MAX_CANDIDATES])
    if firm.key == key or not key:
        return Match(Standing.MATCHED, firm)
    if firm in register.once_named(key):
        return Match(Standing.MATCHED, firm, [_former(firm)])
    reason = _("代码相同而名称不同：名单为“{listed}”，库内为“{known}”；疑为更名，请核对")
    return Match(Standing.MATCHED, firm, [reason.format(listed=row.name, known=firm.name)])


def _code_unknown(row: Listed, key: str, register: Register) -> Match:
    candidates = _by_name(key, register)
    if not candidates:
        return Match(Standing.UNKNOWN)
    reason = _("名称与库内企业相同，但代码不同：名单为 {listed}，库内为 {known}")
    known = "、".join(candidate.firm.credit_code for candidate in candidates)
    return Match(Standing.DECIDE, None, [reason.format(listed=row.code, known=known)], candidates)


def _by_name(key: str, register: Register) -> list[Candidate]:
    found = [Candidate(firm, _("名称相同")) for firm in register.named(key)]
    found += [Candidate(firm, _("与曾用名相同")) for firm in register.once_named(key)]
    return found[:MAX_CANDIDATES]


def _former(firm: Known) -> str:
    return _("名单使用曾用名；现名“{name}”").format(name=firm.name)


def with_lookalikes(found: Match, alike: Iterable[tuple[Known, int]]) -> Match:
    """Add firms of a similar name, best first, to a line that names nobody we know; a person decides."""
    known = {candidate.firm.pk for candidate in found.candidates}
    added = [
        Candidate(firm, _("名称相似（{percent}%）").format(percent=score))
        for firm, score in alike
        if firm.pk not in known
    ]
    found.candidates = [*found.candidates, *added][:MAX_CANDIDATES]
    if found.candidates and found.standing == Standing.UNKNOWN:
        found.standing = Standing.DECIDE
        found.reasons.append(_("库内没有完全相同的名称，请从相似的企业中选择，或判为未在库"))
    return found


class Twice:
    """Which firms, codes and names a list has named already, and on which line."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, object], int] = {}

    def check(self, row: Listed, found: Match) -> Match:
        """A line that names a firm again is a duplicate of the first."""
        marks: list[tuple[str, object]] = []
        if found.firm:
            marks.append(("firm", found.firm.pk))
        if row.code:
            marks.append(("code", row.code))
        elif row.name and not found.firm:
            marks.append(("name", name_key(row.name)))
        first = min((self.seen[mark] for mark in marks if mark in self.seen), default=None)
        for mark in marks:
            self.seen.setdefault(mark, row.line)
        if first is None:
            return found
        return Match(Standing.DUPLICATE, None, [_("与第 {line} 行是同一家企业").format(line=first)])
