"""Says what an imported row would do to the firms we have: create, update, nothing, wait for a person, or refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from crm.choices import RowDecision, RowOutcome
from crm.identifiers import Unreadable, name_key
from crm.models import Contact, Fact, Firm, FormerName
from crm.placing import Gazetteer
from crm.rows import WHOLE_ROW, FactKey, ParsedRow

Change = tuple[Any, Any]


class Held(NamedTuple):
    """A figure as it stands, with all that a revert puts back."""

    value: Decimal
    evidence: str = ""
    file: str = ""
    entered_by: int | None = None
    entered_at: datetime | None = None


@dataclass
class Verdict:
    """What becomes of one row. `firm` is the row's firm, not yet saved where it is new."""

    row: ParsedRow
    outcome: RowOutcome
    reasons: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    firm: Firm | None = None
    other: int | None = None  # of a pending row: the firm that it may be
    is_decided: bool = False  # by a person, who said what a pending row is
    name_core: str = ""  # of the firm before; it goes with the name
    made_in: str = ""  # the region of a new firm, which a later row may move
    firm_changes: dict[str, Change] = field(default_factory=dict)
    fact_changes: dict[FactKey, tuple[Held | None, Decimal]] = field(default_factory=dict)
    former_names: list[str] = field(default_factory=list)
    contact: Contact | None = None
    contact_changes: dict[str, Change] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        return bool(self.firm_changes or self.fact_changes or self.former_names or self.contact_changes)

    @property
    def changes(self) -> dict[str, list[Any]]:
        """Each value before and after, as text: `name`, `2025:rd_cny:high_tech:tax`, `contact:张三:phone`, `former:甲`.

        Regions are codes. A third part holds what else a revert puts back: evidence and author of a figure that was
        replaced. A created firm has its region here; its fields are those of the row.
        """
        shown = {name: _texts(pair) for name, pair in self.firm_changes.items()}
        if "name" in shown:
            shown["name"].append(self.name_core)
        for key, (held, value) in self.fact_changes.items():
            shown[":".join(map(str, key))] = _fact_texts(held, value)
        for name in self.former_names:
            shown[f"former:{name}"] = ["", name]
        for name, pair in self.contact_changes.items():
            shown[f"contact:{self.row.contact['name']}:{name}"] = _texts(pair)
        if self.outcome == RowOutcome.CREATED:
            shown["region"] = ["", self.made_in]
        return shown


def _texts(pair: Change) -> list[Any]:
    return ["" if value is None else getattr(value, "code", None) or str(value) for value in pair]


def _fact_texts(held: Held | None, value: Decimal) -> list[Any]:
    if held is None:
        return ["", str(value)]
    at = held.entered_at.isoformat() if held.entered_at else ""
    return [str(held.value), str(value), [held.evidence, held.file, held.entered_by, at]]


@dataclass
class Library:
    """What we already hold of the firms in one chunk of rows, read with a fixed number of queries."""

    firms: dict[str, Firm] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # name key → credit code of the firm that bears it
    bearers: dict[str, int] = field(default_factory=dict)  # that code → the key of the firm
    facts: dict[tuple[str, FactKey], Held] = field(default_factory=dict)
    contacts: dict[tuple[str, str], Contact] = field(default_factory=dict)
    former: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def holding(cls, rows: Iterable[ParsedRow], *, lock: bool, by_name: Iterable[ParsedRow] = ()) -> Library:
        """Five queries, whatever the number of rows. With `lock` the firms stay ours until the transaction ends.

        `by_name` are rows of which a person said that they are the firm of the same name.
        """
        codes = {row.credit_code for row in rows if row.credit_code}
        keys = {name_key(row.fields["name"]) for row in rows if row.fields.get("name")}
        named = list(Firm.objects.standing().filter(name_key__in=keys).values_list("name_key", "credit_code", "pk"))
        names = {key: code for key, code, _pk in named}
        codes |= {names[key] for row in by_name if (key := name_key(row.fields.get("name", ""))) in names}
        firms = Firm.objects.filter(credit_code__in=codes).select_related("region", "merged_into")
        found = {firm.credit_code: firm for firm in (firms.select_for_update(of=("self",)) if lock else firms)}
        code_of = {firm.pk: firm.credit_code for firm in found.values()}
        facts = Fact.objects.filter(firm__in=code_of) if any(row.facts for row in rows) else Fact.objects.none()
        former = FormerName.objects.filter(firm__in=code_of).values_list("firm", "name")
        return cls(
            firms=found,
            names=names,
            bearers={code: pk for _key, code, pk in named},
            facts={
                (code_of[firm], (year, code, basis, source)): Held(*held)
                for firm, year, code, basis, source, *held in facts.values_list(
                    "firm", "year", "code", "basis", "source", "value", "evidence", "file", "entered_by", "entered_at"
                )
            },
            contacts={(code_of[c.firm_id], c.name): c for c in Contact.objects.filter(firm__in=code_of)},
            former={(code_of[firm], name) for firm, name in former},
        )

    def learn(self, verdict: Verdict, held: Callable[[int, Decimal], Held]) -> None:
        """What a row brings is known to the rows after it; `held` makes a figure of a line and a value."""
        firm, code = verdict.firm, verdict.row.credit_code
        assert firm is not None
        self.firms[code] = firm
        for name, (_old, new) in verdict.firm_changes.items():
            setattr(firm, name, new)
        for key, (_held, value) in verdict.fact_changes.items():
            self.facts[(code, key)] = held(verdict.row.line, value)
        self.former.update((code, name) for name in verdict.former_names)
        if verdict.contact is not None and verdict.contact_changes:
            for name, (_old, new) in verdict.contact_changes.items():
                setattr(verdict.contact, name, new)
            self.contacts[(code, verdict.contact.name)] = verdict.contact


class Judge:
    """Judges the rows of one file in order, remembering which codes and new names it has met.

    `choices` says what to do with all rows of an outcome, where nobody has decided on the row.
    """

    def __init__(
        self,
        gazetteer: Gazetteer,
        *,
        by_year: bool,
        held: Callable[[int, Decimal], Held],
        choices: Mapping[str, str] | None = None,
        name_place: int = WHOLE_ROW,
    ) -> None:
        self.gazetteer = gazetteer
        self.by_year = by_year
        self.held = held
        self.choices = choices or {}
        self.name_place = name_place
        self.met: dict[tuple[str, int], int] = {}
        self.new_names: dict[int, str] = {}  # hash of the name key → code

    def judge(self, row: ParsedRow, library: Library, *, decision: str = "") -> Verdict:
        """The verdict on one row; the library learns of it, so that a later row finds it."""
        if row.reasons:
            return Verdict(row, RowOutcome.REFUSED, row.reasons, row.places)
        given = row
        if (decision or self._choice(RowOutcome.PENDING)) == RowDecision.KNOWN:
            row = self._as_known(row, library)
        if earlier := self._met_before(row):
            return _refused(row, _("与本文件第 {line} 行的代码相同；请合并为一行").format(line=earlier))
        firm = library.firms.get(row.credit_code)
        if firm is not None and firm.merged_into_id:
            return _refused(row, _gone(firm))
        verdict = self._known(row, firm, library) if firm else self._new(row, library, decision)
        wish = decision or ("" if verdict.is_decided or row is not given else self._choice(verdict.outcome))
        if wish == RowDecision.SKIP and verdict.outcome in TO_DECIDE:
            return Verdict(row, RowOutcome.SKIPPED, [str(_("按决定不导入"))], firm=firm)
        if verdict.firm is not None and verdict.outcome in WRITTEN:
            library.learn(verdict, self.held)
            self._remember(verdict)
        return verdict

    def note(self, row: ParsedRow) -> None:
        """Remember a row that an earlier run has already dealt with."""
        if not row.reasons:
            self._met_before(row)

    def _choice(self, outcome: str) -> str:
        return self.choices.get(outcome, "")

    def _as_known(self, row: ParsedRow, library: Library) -> ParsedRow:
        """The row as one of the firm that bears its name, where its own code is unknown: the code on file stays."""
        code = self._bearer(row, library)
        return replace(row, credit_code=code) if code and row.credit_code not in library.firms else row

    def _bearer(self, row: ParsedRow, library: Library) -> str:
        """The code of another firm with the name of the row; empty when there is none."""
        key = name_key(row.fields.get("name", ""))
        found = (library.names.get(key) or self.new_names.get(hash(key), "")) if key else ""
        return "" if found == row.credit_code else found

    def _remember(self, verdict: Verdict) -> None:
        if verdict.outcome == RowOutcome.CREATED and verdict.firm is not None:
            self.new_names.setdefault(hash(verdict.firm.name_key), verdict.row.credit_code)

    def _met_before(self, row: ParsedRow) -> int | None:
        year = next((key[0] for key in row.facts if key[0]), 0) if self.by_year else 0
        line = self.met.setdefault((row.credit_code, year), row.line)
        return None if line == row.line else line

    def _known(self, row: ParsedRow, firm: Firm, library: Library) -> Verdict:
        if not firm.region_path.startswith(self.gazetteer.target.path):
            reason = _("该代码不在{region}的管辖范围内，不能由本次导入修改").format(region=self.gazetteer.target.name)
            return _refused(row, reason)
        verdict = Verdict(row, RowOutcome.UNCHANGED, firm=firm, name_core=firm.name_core)
        changes = {name: (getattr(firm, name), new) for name, new in row.fields.items() if getattr(firm, name) != new}
        if row.county or firm.region_pending:
            try:
                region = self._place(row)
            except Unreadable as error:
                return _refused(row, str(error))
            # Once a person has chosen a county, only a county column moves the firm again.
            if region.path != firm.region_path and (row.county or region.path != self.gazetteer.target.path):
                changes["region"] = (firm.region, region)
        verdict.firm_changes = changes
        if "name" in changes and (firm.credit_code, firm.name) not in library.former:
            verdict.former_names.append(firm.name)
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
            return _refused(row, *reasons)
        other = self._bearer(row, library)
        if other and (decision or self._choice(RowOutcome.PENDING)) != RowDecision.CREATE:
            reason = _("企业库中已有同名企业（代码 {code}）；请确认是否为另一家企业").format(code=other)
            return Verdict(row, RowOutcome.PENDING, [reason], [self.name_place], other=library.bearers.get(other))
        key = name_key(row.fields["name"])
        firm = Firm(credit_code=row.credit_code, name_key=key, region=region, region_path=region.path, **row.fields)
        verdict = Verdict(row, RowOutcome.CREATED, firm=firm, is_decided=bool(other), made_in=region.code)
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
            held = library.facts.get((code, key))
            if held is None or held.value != value:
                verdict.fact_changes[key] = (held, value)
        former = row.former_name
        if former and former not in verdict.former_names and (code, former) not in library.former:
            verdict.former_names.append(former)
        self._contact(verdict, library)
        if verdict.differs:
            verdict.outcome = RowOutcome.UPDATED

    def _contact(self, verdict: Verdict, library: Library) -> None:
        wanted = verdict.row.contact
        if not wanted:
            return
        known = library.contacts.get((verdict.row.credit_code, wanted["name"]))
        contact = verdict.contact = known or Contact(name=wanted["name"])
        if known is None:
            verdict.contact_changes["name"] = ("", contact.name)
        for name in ("phone", "email"):
            if wanted[name] and getattr(contact, name) != wanted[name]:
                verdict.contact_changes[name] = (getattr(contact, name), wanted[name])


TO_DECIDE = {RowOutcome.CREATED, RowOutcome.UPDATED, RowOutcome.PENDING}
WRITTEN = {RowOutcome.CREATED, RowOutcome.UPDATED}


def _refused(row: ParsedRow, *reasons: str) -> Verdict:
    return Verdict(row, RowOutcome.REFUSED, list(reasons), [WHOLE_ROW] * len(reasons))


def _gone(firm: Firm) -> str:
    now = firm.merged_into
    assert now is not None
    return _("该代码的企业已并入“{name}”（{code}）；请改用这个代码").format(name=now.name, code=now.credit_code)
