"""What an import writes: one chunk of verdicts carried out in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import RowOutcome
from crm.identifiers import name_key
from crm.judging import WRITTEN, Verdict
from crm.models import ChangeRecord, Contact, Fact, Firm, FirmEvent, FormerName, Import, ImportRow
from crm.services.event_log import moved, renamed
from crm.services.history import change_records
from crm.services.search import refresh_search
from crm.signals import firm_moved
from crm.upserts import attributes, upsert

BLOCK = 1000
FIRM_FIELDS = [
    "name",
    "name_key",
    "name_core",
    "region",
    "region_path",
    "registered_on",
    "firm_type",
    "legal_representative",
    "capital_amount",
    "capital_currency",
    "industry",
    "business_scope",
    "address",
    "version",
    "updated_at",
]
FIRM_COLUMNS = ["credit_code", "created_at", "status", "region_id", *(name for name in FIRM_FIELDS if name != "region")]
FACT_KEY = ["firm_id", "year", "code", "basis", "source"]
FACT_VALUES = ["value", "evidence", "file", "entered_by_id", "entered_at"]
CONTACT_COLUMNS = ["firm_id", "name", "title", "phone", "email"]
ROW_FIELDS = ["outcome", "reasons", "places", "changes", "firm"]
KEPT_FIELDS = ["batch", "line", "raw", *ROW_FIELDS, "decision", "undone", "undo_reasons"]
UNTOUCHED: tuple[Any, ...] = ("", "", [])  # what people decide later


def origin(batch: Import, line: int) -> str:
    """The words that say where a value comes from: evidence of a figure, reason of a change."""
    return _("导入 {name} 第 {line} 行").format(name=batch.name, line=line)[:200]


def keep_rows(batch: Import, verdicts: list[Verdict], *, again: bool) -> None:
    """One row a line. `again` where the lines are kept from an earlier pass: their text is not written twice."""
    rows = (
        (
            batch.pk,
            verdict.row.line,
            [] if again else verdict.row.raw,
            verdict.outcome,
            verdict.reasons,
            verdict.places,
            verdict.changes,
            verdict.firm.pk if verdict.firm and verdict.firm.pk else verdict.other,
            *UNTOUCHED,
        )
        for verdict in verdicts
    )
    update = ROW_FIELDS if again else ["raw", *ROW_FIELDS]
    upsert(ImportRow, KEPT_FIELDS, rows, unique=["batch", "line"], update=update)


def write(verdicts: list[Verdict], batch: Import) -> None:
    """Carry out what the verdicts say."""
    wanted = [verdict for verdict in verdicts if verdict.outcome in WRITTEN]
    _write_firms(wanted)
    _write_facts(wanted, batch)
    _write_people(wanted)
    refresh_search(verdict.firm.pk for verdict in wanted if verdict.firm and _is_found_anew(verdict))
    records = [record for verdict in wanted for record in _history(verdict, batch)]
    ChangeRecord.objects.bulk_create(records, batch_size=BLOCK)
    _write_events(wanted, batch)


def _is_found_anew(verdict: Verdict) -> bool:
    changed = verdict.outcome == RowOutcome.CREATED or verdict.former_names or verdict.contact_changes
    return bool(changed or {"name", "region"} & set(verdict.firm_changes))


def _write_events(verdicts: list[Verdict], batch: Import) -> None:
    """A row with another name or county tells of an event, of the day of the import: the file says no other."""
    today, renames = timezone.localdate(), []
    for verdict in verdicts:
        firm, changes = verdict.firm, verdict.firm_changes
        assert firm is not None
        document = origin(batch, verdict.row.line)
        said: dict[str, Any] = {"on": today, "actor": batch.actor, "document": document, "batch": batch}
        if "name" in changes:
            renames.append(renamed(firm, changes["name"][0], **said))
        if "region" in changes:
            event = moved(firm, changes["region"][0], **said)
            if event is not None:
                event.save()
            firm_moved.send(sender=Firm, firm=firm, event=event)
    FirmEvent.objects.bulk_create(renames, batch_size=BLOCK)


def _write_firms(verdicts: list[Verdict]) -> None:
    touched: dict[str, Firm] = {}
    now = timezone.now()
    for verdict in verdicts:
        firm = verdict.firm
        assert firm is not None
        if verdict.firm_changes:
            firm.version += 1
            firm.region_path = firm.region.path
        if "name" in verdict.firm_changes:
            firm.name_key, firm.name_core = name_key(firm.name), ""
        if verdict.firm_changes or firm.pk is None:
            firm.updated_at = now
            touched[firm.credit_code] = firm
            firm.created_at = firm.created_at or now
    rows = attributes(FIRM_COLUMNS, touched.values())
    known = upsert(
        Firm, FIRM_COLUMNS, rows, unique=["credit_code"], update=FIRM_FIELDS, returning=["credit_code", "id"]
    )
    for code, key in known:
        firm = touched[code]
        firm.pk, firm._state.adding, firm._state.db = key, False, DEFAULT_DB_ALIAS


def _write_facts(verdicts: list[Verdict], batch: Import) -> None:
    now, facts = timezone.now(), {}
    for verdict in verdicts:
        if not verdict.fact_changes:
            continue
        assert verdict.firm is not None
        firm, evidence = verdict.firm.pk, origin(batch, verdict.row.line)
        for key, (_held, value) in verdict.fact_changes.items():
            facts[(firm, *key)] = (value, evidence, "", batch.actor_id, now)
    # A file proves the value that it came with: the new one has none.
    rows = ((*key, *values) for key, values in facts.items())
    upsert(Fact, [*FACT_KEY, *FACT_VALUES], rows, unique=FACT_KEY, update=FACT_VALUES)


def _write_people(verdicts: list[Verdict]) -> None:
    today = timezone.localdate()
    former = [
        FormerName(firm=verdict.firm, name=name, name_key=name_key(name), until_on=today)
        for verdict in verdicts
        for name in verdict.former_names
    ]
    FormerName.objects.bulk_create(former, ignore_conflicts=True)
    contacts: dict[tuple[str, str], Contact] = {}
    for verdict in verdicts:
        if verdict.contact is not None and verdict.contact_changes:
            verdict.contact.firm = verdict.firm  # type: ignore[assignment]  # it had no key when it was judged
            contacts[(verdict.row.credit_code, verdict.contact.name)] = verdict.contact
    rows = attributes(CONTACT_COLUMNS, contacts.values())
    upsert(Contact, CONTACT_COLUMNS, rows, unique=["firm", "name"], update=["phone", "email"])


def _history(verdict: Verdict, batch: Import) -> Iterator[ChangeRecord]:
    if verdict.outcome != RowOutcome.UPDATED or verdict.firm is None:
        return
    changes = dict(verdict.firm_changes)
    changes |= {
        ":".join(map(str, key)): (held and held.value, value) for key, (held, value) in verdict.fact_changes.items()
    }
    changes |= {f"contact.{name}": pair for name, pair in verdict.contact_changes.items()}
    reason = origin(batch, verdict.row.line)
    yield from change_records(verdict.firm, changes, actor=batch.actor, reason=reason)
