"""One reminder ladder of the demonstration city that differs from the default."""

from __future__ import annotations

from config.demo.marks import mark
from crm.models import Region, User
from pipeline.choices import DeadlineKind, Told
from pipeline.models import Ladder
from pipeline.rungs import LadderTable, Rung
from pipeline.services.ladders import set_ladder
from pipeline.workdays import DAYS, WORKDAYS

FIRM_SIDE = (Told.FIRM.value, Told.AGENT.value)
EVERYBODY = (*FIRM_SIDE, Told.OFFICER.value)
ROUND_CLOSE = LadderTable(
    DeadlineKind.ROUND_CLOSE.value,
    (
        Rung(30, DAYS, FIRM_SIDE),
        Rung(15, DAYS, FIRM_SIDE),
        Rung(5, WORKDAYS, EVERYBODY),
        Rung(2, WORKDAYS, EVERYBODY),
        Rung(0, DAYS, (*EVERYBODY, Told.LEAD.value)),
    ),
)


def make_ladders(lead: User, city: Region) -> None:
    """The filing window in working days, and the lead told of the last day; only where nobody decided otherwise."""
    if not Ladder.objects.filter(kind=ROUND_CLOSE.kind).exists():
        mark([set_ladder(ROUND_CLOSE, actor=lead, region=city)])
