"""Takes an import back row by row: what it made goes, what it changed is put back, where nobody was there since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import FirmStatus, ImportState, Undone
from crm.columns import Layout
from crm.headings import FACT
from crm.identifiers import name_key
from crm.judging import WRITTEN
from crm.memory import few_collections
from crm.models import ChangeRecord, Contact, Fact, Firm, FormerName, Import, ImportRow, Region, User
from crm.relations import RELATIONS, model_of
from crm.rows import parse_row
from crm.services.history import change_records
from crm.services.import_events import WrittenEvents
from crm.services.import_mappings import field_label, firm_field
from crm.services.import_passes import take_turn
from crm.services.import_writes import FIRM_FIELDS, origin
from crm.services.jobs import Cancelled
from crm.services.search import refresh_search
from crm.tables import Line

CHUNK = 250
OWN = ("crm.fact", "crm.contact", "crm.formername")
FIELDS = [name for name in FIRM_FIELDS if name not in {"name_key", "name_core", "region_path", "version", "updated_at"}]
Step = Callable[[], None]


class Since(Exception):
    """Somebody was there since; the sentence says what they did."""


@few_collections()
def revert_rows(batch: Import, *, actor: User | None, beat: Callable[[int, int], None] | None = None) -> dict[str, int]:
    """Take back every row that was written, the last one first. Returns how many were and were not taken back.

    Each chunk is one transaction in which its rows are marked, so that a killed run goes on where it stopped.
    """
    rows = batch.rows.filter(outcome__in=WRITTEN, undone=Undone.NO).order_by("-line")
    while chunk := list(rows[:CHUNK]):
        with transaction.atomic():
            take_turn()
            going_on = Import.objects.filter(pk=batch.pk).exclude(state=ImportState.DONE)
            if not going_on.update(rows_seen=chunk[-1].line):
                raise Cancelled
            _Chunk(batch, chunk, actor).undo()
        counts = undone_counts(batch)
        if beat:
            beat(sum(counts.values()), counts[Undone.REFUSED])
    return undone_counts(batch)


def undone_counts(batch: Import) -> dict[str, int]:
    found = batch.rows.exclude(undone="").order_by().values_list("undone").annotate(Count("pk"))
    return {Undone.DONE.value: 0, Undone.REFUSED.value: 0, **dict(found)}


class _Chunk:
    """Some rows of an import and everything of their firms that it may have touched, read with fixed queries."""

    def __init__(self, batch: Import, rows: list[ImportRow], actor: User | None) -> None:
        self.batch, self.rows, self.actor = batch, rows, actor
        self.layout = Layout.from_dict(batch.layout)
        ids = {row.firm_id for row in rows if row.firm_id}
        found = Firm.objects.filter(pk__in=ids).select_related("region").select_for_update(of=("self",))
        self.firms = {firm.pk: firm for firm in found}
        self.facts = {(f.firm_id, f.year, f.code, f.basis, f.source): f for f in Fact.objects.filter(firm__in=ids)}
        self.contacts = {(c.firm_id, c.name): c for c in Contact.objects.filter(firm__in=ids)}
        self.former = {(n.firm_id, n.name): n for n in FormerName.objects.filter(firm__in=ids)}
        self.regions = {region.code: region for region in Region.objects.all()}
        self.people = set(User.objects.values_list("pk", flat=True)) if self.facts else set()
        self.attached = _attached({row.firm_id for row in rows if row.outcome == "created" and row.firm_id}, batch)
        self.events = WrittenEvents(batch, ids)
        self.saved: dict[Any, Any] = {}  # rows to write, by themselves
        self.removed: dict[Any, Any] = {}
        self.moved: set[int] = set()
        self.records: list[ChangeRecord] = []

    def undo(self) -> None:
        for row in self.rows:
            row.undo_reasons = self._undo(row)
            row.undone = Undone.REFUSED if row.undo_reasons else Undone.DONE
        self._write()

    def _undo(self, row: ImportRow) -> list[str]:
        firm = self.firms.get(row.firm_id) if row.firm_id else None
        if firm is None:
            return [_("企业已不在企业库中")]
        if firm.merged_into_id:
            return [_("企业已并入另一家企业；请先撤销合并")]
        if row.outcome == "created":
            return self._remove(row, firm)
        steps, reasons = [], []
        for name, said in row.changes.items():
            try:
                steps.append(self._step(row, firm, name, said))
            except Since as since:
                reasons.append(str(since))
        if not reasons:
            for step in steps:
                step()
            self._record(row, firm, {_plain(name): (said[1], said[0]) for name, said in row.changes.items()})
        return reasons

    def _record(self, row: ImportRow, firm: Firm, changes: dict[str, tuple[Any, Any]]) -> None:
        reason = _("撤销{origin}").format(origin=origin(self.batch, row.line))
        self.records += change_records(firm, changes, actor=self.actor, reason=reason)

    def _step(self, row: ImportRow, firm: Firm, name: str, said: list[Any]) -> Step:
        """What puts one value back. Raises Since when it is no longer the one that was imported."""
        if name.startswith("contact:"):
            return self._contact(row, firm, name, said)
        if name.startswith("former:"):
            former = self.former.get((firm.pk, name.removeprefix("former:")))
            return lambda: self._drop(self.former, (firm.pk, said[1])) if former else None
        return self._fact(row, firm, name, said) if ":" in name else self._field(firm, name, said)

    def _field(self, firm: Firm, name: str, said: list[Any]) -> Step:
        now, imported = _value(firm, name), said[1] if name == "region" else _read(name, said[1])
        if now != imported:
            shown = self.regions[now].name if name == "region" and now in self.regions else now
            raise Since(_since(_label(name), shown))
        if name in {"name", "region"} and (event := self.events.newer(firm, name)):
            raise Since(_("导入之后还登记了“{event}”；请先撤销后登记的").format(event=event))

        def put_back() -> None:
            if name == "region":
                firm.region = self.regions[said[0]]
                firm.region_path = firm.region.path
                self.moved.add(firm.pk)
            else:
                setattr(firm, name, _read(name, said[0]))
            if name == "name":
                firm.name_key, firm.name_core = name_key(firm.name), said[2]
            if name in {"name", "region"}:
                self.events.take(firm, name)
            self.saved[firm] = Firm

        return put_back

    def _fact(self, row: ImportRow, firm: Firm, name: str, said: list[Any]) -> Step:
        year, code, basis, source = name.split(":")
        key = (firm.pk, int(year), code, basis, source)
        fact = self.facts.get(key)
        if fact is None or fact.value != Decimal(said[1]) or fact.evidence != origin(self.batch, row.line):
            label = f"{year} {field_label(FACT + code)}" if int(year) else field_label(FACT + code)
            raise Since(_since(label, fact.value.normalize() if fact else ""))

        def put_back() -> None:
            if len(said) == 2:
                self._drop(self.facts, key)
                return
            evidence, file, by, at = said[2]
            fact.value, fact.evidence, fact.file = Decimal(said[0]), evidence, file
            fact.entered_by_id = by if by in self.people else None
            fact.entered_at = datetime.fromisoformat(at)
            self.saved[fact] = Fact

        return put_back

    def _contact(self, row: ImportRow, firm: Firm, name: str, said: list[Any]) -> Step:
        person, part = name.removeprefix("contact:").rsplit(":", 1)
        contact = self.contacts.get((firm.pk, person))
        if contact is None or getattr(contact, part) != said[1]:
            raise Since(_since(_("联系人{name}").format(name=person), getattr(contact, part, "")))
        is_new = f"contact:{person}:name" in row.changes
        others = [n for n in ("title", "phone", "email") if f"contact:{person}:{n}" not in row.changes]
        if part == "name" and (extra := [getattr(contact, n) for n in others if getattr(contact, n)]):
            raise Since(_since(_("联系人{name}").format(name=person), "、".join(extra)))

        def put_back() -> None:
            if is_new:
                self._drop(self.contacts, (firm.pk, person))
            else:
                setattr(contact, part, said[0])
                self.saved[contact] = Contact

        return put_back

    def _drop(self, among: dict[Any, Any], key: Any) -> None:
        if (row := among.pop(key, None)) is not None:
            self.saved.pop(row, None)
            self.removed[row] = type(row)

    def _remove(self, row: ImportRow, firm: Firm) -> list[str]:
        """Remove a firm that the import made, where it still is what the import made of it."""
        reasons = [*self._edited(row, firm), *self._more(row, firm)]
        if not reasons:
            self._record(row, firm, {"firm": (f"{firm.name} {firm.credit_code}", "")})
            for among in (self.facts, self.contacts, self.former):
                for key in [key for key in among if key[0] == firm.pk]:
                    self._drop(among, key)
            self._drop(self.firms, firm.pk)
        return reasons

    def _edited(self, row: ImportRow, firm: Firm) -> list[str]:
        parsed = parse_row(Line(row.line, row.raw), self.layout, this_year=timezone.localdate().year)
        made = Firm(**(parsed.fields if parsed else {}))
        changed = [_label(name) for name in FIELDS if name != "region" and getattr(made, name) != getattr(firm, name)]
        changed += [_("所属区划")] if firm.region.code != row.changes.get("region", ["", ""])[1] else []
        changed += [_("登记状态")] if firm.status != FirmStatus.ACTIVE else []
        changed += [_("经办人员")] if firm.officer_id else []
        return [_("导入后有人修改过：{names}").format(names="、".join(changed))] if changed else []

    def _more(self, row: ImportRow, firm: Firm) -> list[str]:
        """What hangs on the firm beside what the row brought."""
        reasons = []
        for name, said in row.changes.items():
            if ":" in name:
                try:
                    self._step(row, firm, name, said)
                except Since as since:
                    reasons.append(str(since))
        facts = {f"{key[1]}:{':'.join(key[2:])}" for key in self.facts if key[0] == firm.pk}
        people = {f"contact:{key[1]}:name" for key in self.contacts if key[0] == firm.pk}
        former = {f"former:{key[1]}" for key in self.former if key[0] == firm.pk}
        own = zip(OWN, (facts, people, former), strict=True)
        more = [str(RELATIONS[label].label) for label, keys in own if keys - set(row.changes)]
        more += self.attached.get(firm.pk, [])
        return [*reasons, *([_("名下还有：{names}").format(names="、".join(more))] if more else [])]

    def _write(self) -> None:
        """Everything in a fixed number of statements; the firm's row goes last, and takes with it what is derived."""
        self._write_firms([row for row, kind in self.saved.items() if kind is Firm and row.pk in self.firms])
        for model, fields in WRITES.items():
            model._base_manager.bulk_update([r for r, kind in self.saved.items() if kind is model], fields, 200)
        for model in (Fact, Contact, FormerName, Firm):
            gone = [row.pk for row, kind in self.removed.items() if kind is model]
            model._base_manager.filter(pk__in=gone).delete() if gone else None
        refresh_search(self.firms)
        ChangeRecord.objects.bulk_create(self.records, batch_size=1000)
        ImportRow.objects.bulk_update(self.rows, ["undone", "undo_reasons"], 200)
        self.events.withdraw(self.firms, self.moved, actor=self.actor)

    def _write_firms(self, firms: list[Firm]) -> None:
        for firm in firms:
            firm.version += 1
        Firm.objects.bulk_create(firms, update_conflicts=True, unique_fields=["credit_code"], update_fields=FIRM_FIELDS)


WRITES: dict[type[Any], list[str]] = {
    Fact: ["value", "evidence", "file", "entered_by", "entered_at"],
    Contact: ["phone", "email"],
}


def _attached(ids: set[int], batch: Import) -> dict[int, list[str]]:
    """What hangs on each firm beside figures, people and names. Neither what is derived from the firm counts nor what
    the import itself says to have happened to it."""
    found: dict[int, list[str]] = {}
    for name, relation in RELATIONS.items():
        if not ids or relation.is_derived or name in OWN:
            continue
        rows = model_of(name)._base_manager.filter(**{f"{relation.link}__in": ids})
        rows = rows.exclude(pk__in=batch.events.values("pk")) if name == "crm.firmevent" else rows
        for pk in set(rows.values_list(relation.link, flat=True)):
            found.setdefault(pk, []).append(str(relation.label))
    return found


def _value(firm: Firm, name: str) -> Any:
    return firm.region.code if name == "region" else getattr(firm, name)


def _read(name: str, text: str) -> Any:
    """A stored value as the field holds it."""
    kind = firm_field(name)
    return None if text == "" and kind.null else kind.to_python(text)


def _label(name: str) -> str:
    return str(firm_field(name).verbose_name)


def _since(label: str, now: object) -> str:
    shown = str(now) if now not in (None, "") else _("（空）")
    return _("{label}在导入后已被改为“{now}”；请核对后手工修改").format(label=label, now=shown)


def _plain(name: str) -> str:
    """The field of a change as history names it."""
    return name[:60]
