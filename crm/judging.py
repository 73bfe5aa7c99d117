"""Says what an imported row would do to the firms we have: create, update, nothing, wait for a person, or refuse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm.choices import RowOutcome
from crm.identifiers import Unreadable, name_key
from crm.models import Contact, Fact, Firm, FormerName
from crm.placing import Gazetteer
from crm.rows import FactKey, ParsedRow

Change = tuple[Any, Any]


@dataclass
class Verdict:
    """What becomes of one row. `firm` is the row's firm, not yet saved where it is new."""

    row: ParsedRow
    outcome: RowOutcome
    reasons: list[str] = field(default_factory=list)
    firm: Firm | None = None
    firm_changes: dict[str, Change] = field(default_factory=dict)
    fact_changes: dict[FactKey, Change] = field(default_factory=dict)
    former_name: str = ""
    contact: Contact | None = None
    contact_changes: dict[str, Change] = field(default_factory=dict)

    @property
    def changes(self) -> dict[str, list[str]]:
        """The differences as text, for the preview and for a later revert."""
        shown = {name: _texts(pair) for name, pair in self.firm_changes.items()}
        shown |= {":".join(map(str, key)): _texts(pair) for key, pair in self.fact_changes.items()}
        shown |= {f"contact.{name}": _texts(pair) for name, pair in self.contact_changes.items()}
        return shown | ({"former_name": ["", self.former_name]} if self.former_name else {})


def _texts(pair: Change) -> list[str]:
    return ["" if value is None else str(value) for value in pair]


@dataclass
class Library:
    """What we already hold of the firms in one chunk of rows, read with a fixed number of queries."""

    firms: dict[str, Firm] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # name key → credit code of the firm that bears it
    facts: dict[tuple[str, FactKey], Decimal] = field(default_factory=dict)
    contacts: dict[tuple[str, str], Contact] = field(default_factory=dict)
    former: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def holding(cls, rows: Iterable[ParsedRow], *, lock: bool) -> Library:
        """Five queries, whatever the number of rows. With `lock` the firms stay ours until the transaction ends."""
        codes = {row.credit_code for row in rows if row.credit_code}
        keys = {name_key(row.fields["name"]) for row in rows if row.fields.get("name")}
        firms = Firm.objects.filter(credit_code__in=codes).select_related("region")
        found = {firm.credit_code: firm for firm in (firms.select_for_update(of=("self",)) if lock else firms)}
        ids = [firm.pk for firm in found.values()]
        code_of = {firm.pk: firm.credit_code for firm in found.values()}
        facts = Fact.objects.filter(firm__in=ids) if any(row.facts for row in rows) else Fact.objects.none()
        return cls(
            firms=found,
            names=dict(Firm.objects.filter(name_key__in=keys).values_list("name_key", "credit_code")),
            facts={
                (code_of[firm], (year, code, basis, source)): value
                for firm, year, code, basis, source, value in facts.values_list(
                    "firm", "year", "code", "basis", "source", "value"
                )
            },
            contacts={(code_of[c.firm_id], c.name): c for c in Contact.objects.filter(firm__in=ids)},
            former={(code_of[f], n) for f, n in FormerName.objects.filter(firm__in=ids).values_list("firm", "name")},
        )


class Judge:
    """Judges the rows of one file in order, remembering which codes it has met."""

    def __init__(self, gazetteer: Gazetteer, *, by_year: bool) -> None:
        self.gazetteer = gazetteer
        self.by_year = by_year
        self.met: dict[tuple[str, int], int] = {}

    def judge(self, row: ParsedRow, library: Library, *, decision: str = "") -> Verdict:
        """The verdict on one row; the library learns of new firms, so that a later row finds them."""
        if row.reasons:
            return Verdict(row, RowOutcome.REFUSED, row.reasons)
        if earlier := self._met_before(row):
            reason = _("与本文件第 {line} 行的代码相同；请合并为一行").format(line=earlier)
            return Verdict(row, RowOutcome.REFUSED, [reason])
        firm = library.firms.get(row.credit_code)
        verdict = self._known(row, firm, library) if firm else self._new(row, library, decision)
        if verdict.firm is not None:
            library.firms[row.credit_code] = verdict.firm
        return verdict

    def note(self, row: ParsedRow) -> None:
        """Remember a row that an earlier run has already dealt with."""
        if not row.reasons:
            self._met_before(row)

    def _met_before(self, row: ParsedRow) -> int | None:
        year = next((key[0] for key in row.facts if key[0]), 0) if self.by_year else 0
        line = self.met.setdefault((row.credit_code, year), row.line)
        return None if line == row.line else line

    def _known(self, row: ParsedRow, firm: Firm, library: Library) -> Verdict:
        if not firm.region_path.startswith(self.gazetteer.target.path):
            reason = _("该代码不在{region}的管辖范围内，不能由本次导入修改").format(region=self.gazetteer.target.name)
            return Verdict(row, RowOutcome.REFUSED, [reason])
        verdict = Verdict(row, RowOutcome.UNCHANGED, firm=firm)
        changes = {name: (getattr(firm, name), new) for name, new in row.fields.items() if getattr(firm, name) != new}
        if row.county or firm.region_pending:
            try:
                region = self._place(row)
            except Unreadable as error:
                return Verdict(row, RowOutcome.REFUSED, [str(error)])
            # Once a person has chosen a county, only a county column moves the firm again.
            if region.path != firm.region_path and (row.county or region.path != self.gazetteer.target.path):
                changes["region"] = (firm.region, region)
        verdict.firm_changes = changes
        if "name" in changes and (firm.credit_code, firm.name) not in library.former:
            verdict.former_name = firm.name
        self._attachments(verdict, library)
        return verdict

    def _new(self, row: ParsedRow, library: Library, decision: str) -> Verdict:
        reasons = [] if row.fields.get("name") else [_("企业库中没有该代码的企业，且本行缺少企业名称；请补上名称")]
        region: Any = self.gazetteer.target
        try:
            region = self._place(row)
        except Unreadable as error:
            reasons.append(str(error))
        if reasons:
            return Verdict(row, RowOutcome.REFUSED, reasons)
        key = name_key(row.fields["name"])
        other = library.names.get(key)
        if other and other != row.credit_code and decision != "create":
            reason = _("企业库中已有同名企业（代码 {code}）；请确认是否为另一家企业").format(code=other)
            return Verdict(row, RowOutcome.PENDING, [reason])
        firm = Firm(credit_code=row.credit_code, name_key=key, region=region, region_path=region.path, **row.fields)
        library.names.setdefault(key, row.credit_code)
        verdict = Verdict(row, RowOutcome.CREATED, firm=firm)
        self._attachments(verdict, library)
        verdict.outcome = RowOutcome.CREATED
        return verdict

    def _place(self, row: ParsedRow) -> Any:
        return self.gazetteer.place(
            county=row.county, city=row.city, address=row.fields.get("address", ""), credit_code=row.credit_code
        )

    def _attachments(self, verdict: Verdict, library: Library) -> None:
        """Facts, former name and contact of the row, and whether anything differs at all."""
        row, code = verdict.row, verdict.row.credit_code
        for key, value in row.facts.items():
            if (held := library.facts.get((code, key))) != value:
                verdict.fact_changes[key] = (held, value)
                library.facts[(code, key)] = value
        if row.former_name and (code, row.former_name) not in library.former:
            verdict.former_name = row.former_name
            library.former.add((code, row.former_name))
        self._contact(verdict, library)
        if verdict.firm_changes or verdict.fact_changes or verdict.former_name or verdict.contact_changes:
            verdict.outcome = RowOutcome.UPDATED

    def _contact(self, verdict: Verdict, library: Library) -> None:
        wanted = verdict.row.contact
        if not wanted:
            return
        key = (verdict.row.credit_code, wanted["name"])
        contact = library.contacts.setdefault(key, Contact(name=wanted["name"]))
        verdict.contact = contact
        for name in ("phone", "email"):
            if wanted[name] and getattr(contact, name) != wanted[name]:
                verdict.contact_changes[name] = (getattr(contact, name), wanted[name])
        if contact.pk is None and not verdict.contact_changes:
            verdict.contact_changes["name"] = ("", contact.name)
