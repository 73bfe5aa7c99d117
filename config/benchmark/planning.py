"""A morning on which every open deadline has a rung: how fast it is planned, and in how much memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import Any

from django.utils import timezone

from config.benchmark.jobs import measure
from config.benchmark.load import CHUNK, _code, require_scratch
from config.demo.firms import OFFICERS
from crm.identifiers import name_key
from crm.models import Contact, Firm, Region, User
from notifications.models import Digest, Message, MessageKind
from notifications.reminders import BATCH, plan_reminders
from pipeline.choices import DeadlineKind
from pipeline.models import Deadline, Recognition
from pipeline.selectors.calendar import work_calendar

SIZES = {"plan": 100_000, "plan 10000": 10_000}
FAR = 80_000_000  # numbers of firms that neither a load nor another job reaches
AHEAD = (1, 7, 15, 30, 60)  # the rungs of the annual report: each deadline stands on one of them
Result = dict[str, Any]


def planning_jobs() -> dict[str, Callable[[], Result]]:
    """Each by its name."""
    return {name: partial(plan, size) for name, size in SIZES.items()}


def plan(number: int) -> Result:
    """Plan a morning of so many open deadlines, each told to its firm's contact and its county's officer.

    Not rolled back, because a database holds in memory what it may have to undo; takes its rows away again. Items are
    messages.
    """
    require_scratch()
    today = work_calendar().on_or_after(timezone.localdate())
    others = list(Deadline.objects.open().filter(next_rung_on__lte=today))
    Deadline.objects.filter(pk__in=[row.pk for row in others]).update(next_rung_on=None)
    _fill(number, today)
    try:
        figures = measure(lambda: plan_reminders(today=today))
    finally:
        _forget(today)
        Deadline.objects.bulk_update(others, ["next_rung_on"])
    batches = -(-number // BATCH)
    return figures | {"statements_per_batch": round(figures["statements_per_1000"] * figures["items"] / 1000 / batches)}


def _fill(number: int, today: date) -> None:
    stream = _firms(number)
    while firms := list(islice(stream, CHUNK)):
        Firm.objects.bulk_create(firms)
        Contact.objects.bulk_create(
            Contact(firm=firm, name="联系人", email=f"{firm.credit_code}@bench.example") for firm in firms
        )
        held = Recognition.objects.bulk_create(_title(firm, today) for firm in firms)
        Deadline.objects.bulk_create(_deadline(row, place, today) for place, row in enumerate(held))


def _firms(number: int) -> Iterator[Firm]:
    regions = list(Region.objects.filter(code__in=OFFICERS))
    officers = {user.username: user for user in User.objects.filter(username__in=OFFICERS.values())}
    for count in range(number):
        region, name = regions[count % len(regions)], f"提醒{count}号企业有限公司"
        yield Firm(
            credit_code=_code(FAR + count, region.code),
            name=name,
            name_key=name_key(name),
            region=region,
            region_path=region.path,
            officer=officers[OFFICERS[region.code]],
        )


def _title(firm: Firm, today: date) -> Recognition:
    return Recognition(
        firm=firm,
        programme="high_tech",
        title="certificate",
        granted_on=today - timedelta(days=400),
        region=firm.region,
        region_path=firm.region_path,
    )


def _deadline(held: Recognition, place: int, today: date) -> Deadline:
    return Deadline(
        key=f"plan:{held.pk}",
        kind=DeadlineKind.ANNUAL_REPORT,
        firm=held.firm,
        recognition=held,
        for_firm=True,
        region_path=held.region_path,
        due_on=today + timedelta(days=AHEAD[place % len(AHEAD)]),
        next_rung_on=today,
    )


def _forget(today: date) -> None:
    own = Firm.objects.filter(name__startswith="提醒", name__endswith="号企业有限公司")
    Digest.objects.filter(kind=MessageKind.MORNING, period__startswith=today.isoformat()).delete()
    mornings = Message.objects.filter(planned_for=today)
    mornings._raw_delete(mornings.db)
    for model in (Deadline, Recognition, Contact):
        rows = model._default_manager.filter(firm__in=own)
        rows._raw_delete(rows.db)
    own._raw_delete(own.db)
