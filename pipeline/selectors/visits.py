"""Whom to visit, and the sheet that one takes along: what to ask, what was said and promised, whom to meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from crm.change_words import figure_words
from crm.choices import FirmStatus, TaskKind, TouchKind
from crm.fact_codes import FACT_CODES
from crm.models import Contact, Fact, Firm, Task, Touch
from pipeline.choices import Bucket
from pipeline.models import Application, Assessment
from pipeline.policy import policy_of
from pipeline.selectors.assessments import document_of
from pipeline.selectors.firms import Ladder, ladders
from pipeline.selectors.gaps import asked_for
from pipeline.workdays import WorkCalendar

QUESTIONS, TALKS = 3, 3
RECENT_DAYS = 30  # another visit within so many days is said
WORTH = (Bucket.LACKS_ONE, Bucket.LACKS_TWO, Bucket.UNKNOWN, Bucket.READY, Bucket.LACKS_MORE, Bucket.MET)
CONFIRMED = ("employees", "tech_staff", "sales_cny", "rd_cny")  # figures that a visit confirms


def worth_a_visit(
    firms: QuerySet[Firm], *, bucket: str, silence: int, today: date, calendar: WorkCalendar
) -> QuerySet[Firm]:
    """Active firms by gap (of any programme) and by working days without a call or visit; 0 and "" ask for nothing."""
    found = firms.filter(status=FirmStatus.ACTIVE)
    if bucket:
        found = found.filter(Exists(Assessment.objects.filter(firm=OuterRef("pk"), bucket=bucket)))
    if silence:
        before = calendar.back(today, silence)
        found = found.filter(Q(last_contact_on=None) | Q(last_contact_on__lt=before))
    return found


def last_visits(firms: Iterable[int], today: date) -> dict[int, Touch]:
    """The newest visit of the last month to each firm. One query."""
    since = today - timedelta(days=RECENT_DAYS)
    rows = Touch.objects.filter(firm__in=list(firms), kind=TouchKind.VISIT, on__gte=since).select_related("actor")
    return {row.firm_id: row for row in rows.order_by("on", "pk")}


@dataclass(frozen=True)
class Sheet:
    """Everything of one firm on one page."""

    firm: Firm
    ladder: Ladder
    questions: list[str]
    figures: list[tuple[str, str]]  # what is confirmed on the spot, and what is known
    talks: list[Touch]
    promises: list[Task]
    contacts: list[Contact]
    running: list[Application]
    recent: Touch | None


def sheets(firms: Sequence[Firm], today: date) -> list[Sheet]:
    """The sheets of these firms. Nine queries, whatever their number."""
    ids = [firm.pk for firm in firms]
    asked, figures, badges = questions_of(ids), figures_of(ids), ladders(firms, today=today)
    talks = _by_firm(Touch.objects.filter(firm__in=ids).select_related("actor").order_by("-on", "-pk"))
    promises = Task.objects.open().filter(firm__in=ids, kind=TaskKind.PROMISE).order_by("due_on", "pk")
    running = Application.objects.in_progress().filter(firm__in=ids).order_by("-opened_at", "pk")
    promised, running_of = _by_firm(promises), _by_firm(running)
    contacts, recent = _by_firm(Contact.objects.filter(firm__in=ids).order_by("pk")), last_visits(ids, today)
    return [
        Sheet(
            firm,
            badges[firm.pk],
            asked.get(firm.pk, [])[:QUESTIONS],
            figures.get(firm.pk, []),
            talks.get(firm.pk, [])[:TALKS],
            promised.get(firm.pk, [])[:5],
            contacts.get(firm.pk, [])[:4],
            running_of.get(firm.pk, [])[:3],
            recent.get(firm.pk),
        )
        for firm in firms
    ]


def questions_of(firms: Iterable[int]) -> dict[int, list[str]]:
    """What would close the gap, the nearest programme first: figures that are missing, then what is lacking, then the
    cheapest way. From what the last screening kept. One query.
    """
    rows = Assessment.objects.filter(firm__in=list(firms), bucket__in=WORTH[:-1]).select_related("edition")
    nearest: dict[int, Assessment] = {}
    for row in sorted(rows, key=lambda row: (WORTH.index(Bucket(row.bucket)), row.pk)):
        nearest.setdefault(row.firm_id, row)
    return {firm: _questions(row) for firm, row in nearest.items()}


def _questions(row: Assessment) -> list[str]:
    document, policy = document_of(row, paths=True), policy_of(row.edition)
    missing = [asked_for(policy, entry) for entry in document.missing]
    missing.sort(key=lambda each: each.ask != _("企业"))  # who is visited can tell these at once
    asked = [_("{figure}是多少？（{who}提供）").format(figure=each.label, who=each.ask) for each in missing]
    asked += [_("{gap}，打算怎样补上？").format(gap=gap.sentence) for gap in document.gaps]
    ways = [_("、").join(step.sentence for step in path.steps) for path in document.cheapest[:1]]
    asked += [_("最省力的办法：{way}，能否做到？").format(way=way) for way in ways if way]
    return list(dict.fromkeys(asked))


def figures_of(firms: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
    """The newest figures that a visit confirms, as (label with year, value with source). One query."""
    rows = Fact.objects.filter(firm__in=list(firms), code__in=CONFIRMED, year__gt=0).order_by("-year", "source", "pk")
    newest: dict[tuple[int, str], Fact] = {}
    for fact in rows:
        newest.setdefault((fact.firm_id, fact.code), fact)
    found: dict[int, list[tuple[str, str]]] = {}
    for firm in firms:
        found[firm] = [_figure(code, newest.get((firm, code))) for code in CONFIRMED]
    return found


def _figure(code: str, fact: Fact | None) -> tuple[str, str]:
    label = str(FACT_CODES[code].label)
    if fact is None:
        return label, ""
    value = f"{figure_words(fact.kind, str(fact.value))}（{fact.get_source_display()}）"
    return _("{year} 年{label}").format(year=fact.year, label=label), value


def _by_firm(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.firm_id, []).append(row)
    return found
