"""Who is away in the demonstration city, and work that has gone to another."""

from __future__ import annotations

from datetime import date, timedelta

from config.demo.marks import mark
from crm.models import Region, User
from crm.services.chunks import work_on
from crm.services.leaves import plan_leave
from pipeline.choices import Held
from pipeline.services.handovers import hand_over, propose, receive

NOTE = "覃塘区经办调岗：在谈的企业以下一步为准，答应过的事见清单。"


def make_absences(staff: dict[str, User], regions: dict[str, Region], today: date) -> None:
    """One officer is on leave, another will be; one has handed over, one asks to."""
    lead, city = staff["lead"], staff["officer"]
    for name, first, last in (("guiping", -2, 4), ("gangnan", 12, 16)):
        days = {"from_on": today + timedelta(days=first), "until_on": today + timedelta(days=last)}
        plan_leave(staff[name], deputy=city, actor=staff[name], today=today, note="年休假", **days)
    moved = {"region": regions["450804"], "kinds": list(Held)}
    if not staff["qintang"].firms.exists():
        return
    handover = hand_over(staff["qintang"], receiver=city, actor=lead, note=NOTE, **moved)
    assert handover.job is not None
    work_on(handover.job.pk)
    mark([handover.job])
    handover.refresh_from_db()
    receive(handover, actor=city)
    if staff["gaoxin"].firms.exists():
        propose(
            staff["gaoxin"],
            receiver=city,
            region=regions["4508GX"],
            kinds=[Held.FIRMS, Held.TASKS],
            actor=staff["gaoxin"],
            note="下月借调，请科长确认。",
        )
