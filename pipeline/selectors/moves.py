"""The moves that an application can make now: what each asks for, what stands against it, what it brings with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.fact_codes import FACT_CODES
from crm.models import User
from pipeline.access import acting_role
from pipeline.choices import Phase, Title
from pipeline.models import Application, ClockStop
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.stops import resuming_stop
from pipeline.services.deadlines import end_of
from pipeline.services.recognitions import validity
from pipeline.workdays import WorkCalendar
from pipeline.workflow import WORKDAYS, Lacking, Stage, Transition

NOTE, FACT, RESULT, PAPERS = "note", "fact", "result", "materials"
CLOCK, MAIL, COUNT, TITLE, END = "clock", "mail", "count", "title", "end"
ICONS = {CLOCK: "clock", MAIL: "mail", COUNT: "target", TITLE: "award", END: "flag"}


@dataclass(frozen=True)
class Need:
    """One thing that a move asks for: given in its own sheet (note, result), among the firm's figures (fact) or
    papers (materials)."""

    kind: str
    code: str
    label: str
    required: bool
    missing: bool
    year: int | None = None


@dataclass(frozen=True)
class Consequence:
    """One thing that a move brings with it, in words."""

    kind: str
    text: str

    @property
    def icon(self) -> str:
        return ICONS[self.kind]


@dataclass(frozen=True)
class Move:
    """One move from here, for a page or a client: what it is called and what still stands against it."""

    step: Transition
    blockers: tuple[str, ...]
    allowed: bool  # the hats fit; a person without them is not shown the gesture
    needs: tuple[Need, ...] = ()
    consequences: tuple[Consequence, ...] = ()

    @property
    def is_plain(self) -> bool:
        """True when nothing need be typed and nothing follows: one click does it, and a minute takes it back."""
        return not (self.blockers or self.consequences or any(need.required for need in self.needs))


def moves_of(
    application: Application, user: User | None, *, today: date | None = None, calendar: WorkCalendar | None = None
) -> list[Move]:
    """The moves that the table allows from here, with their blockers for this person (a note is asked for later)."""
    role, calendar = acting_role(user, application), calendar or work_calendar()
    today, held = today or timezone.localdate(), resuming_stop(application)
    found = []
    for step in application.workflow.moves_from(application.stage):
        lacking = step.lacking(application)
        blockers = step.blockers(application, role=role, note="…", lacking=lacking)
        needs = needs_of(application, step, lacking)
        follows = consequences_of(application, step, calendar=calendar, today=today, held=held)
        found.append(Move(step, tuple(blockers), step.allows(role), tuple(needs), tuple(follows)))
    return found


def warnings_of(application: Application) -> list[str]:
    """What officers should know of an open application although it stops no move now."""
    if application.phase == Phase.CLOSED:
        return []
    return [reason for guard in application.workflow.warns if (reason := guard(application))]


def needs_of(application: Application, step: Transition, lacking: Lacking) -> list[Need]:
    """What the table says that a move needs, and what of it is lacking. No query."""
    found = [Need(NOTE, "note", _("说明"), required=True, missing=True)] if step.note_required else []
    for code in step.facts:
        label = str(FACT_CODES[code].label)
        found.append(Need(FACT, code, label, required=True, missing=code in lacking.facts, year=application.facts_year))
    if lacking.papers:
        label = _("材料清单（还缺 {count} 份）").format(count=len(lacking.papers))
        found.append(Need(PAPERS, "materials", label, required=True, missing=True))
    if step.grants:
        names = {"number": _("编号"), "document": _("公告文号"), "granted_on": _("认定日期")}
        found += [Need(RESULT, code, label, required=False, missing=True) for code, label in names.items()]
    return found


def consequences_of(
    application: Application,
    step: Transition,
    *,
    calendar: WorkCalendar,
    today: date,
    held: ClockStop | None = None,
) -> list[Consequence]:
    """What a move made today would bring: clocks, a mail to the firm, what is counted, a title, an end. No query.

    `held` is the term that stands still and would run on.
    """
    target = application.workflow.stage(step.target)
    if held is not None and held.stage == step.target:
        found = [_runs_on(target, held, calendar, today)]
    else:
        found = _clocks(application, step, calendar, today)
    if target.mails_firm:
        found.append(Consequence(MAIL, _("企业将收到通知")))
    found += _counted(application, step)
    if step.grants:
        until = validity(application.programme, step.grants, today)
        title = Title(step.grants).label
        found.append(Consequence(TITLE, _("登记{title}，今天认定的有效期至 {until}").format(title=title, until=until)))
    if step.revokes:
        found.append(Consequence(TITLE, _("结束已登记的资格")))
    if target.phase == Phase.CLOSED:
        found.append(Consequence(END, _("本次申报结束")))
    return found


def _runs_on(target: Stage, held: ClockStop, calendar: WorkCalendar, today: date) -> Consequence:
    due = calendar.end(today, held.remaining, held.unit)
    words = _("{n} 个工作日") if held.unit == WORKDAYS else _("{n} 天")
    text = _("“{stage}”继续计时：还剩 {left}，至 {due}")
    return Consequence(CLOCK, text.format(stage=target.label, left=words.format(n=held.remaining), due=due))


def _clocks(application: Application, step: Transition, calendar: WorkCalendar, today: date) -> list[Consequence]:
    target, here = application.workflow.stage(step.target), application.current
    found = []
    if here.term and not here.pauses and target.pauses:
        found.append(Consequence(CLOCK, _("“{stage}”停止计时，等企业补正").format(stage=here.label)))
    if target.term is not None:
        latest = application.round.last_on if target.pauses and application.round else None
        due = end_of(target.term, today, calendar, latest=latest)
        length = target.term.length
        words = _("{n} 个工作日") if target.term.unit == WORKDAYS else _("{n} 天")
        term = "" if target.term.by else words.format(n=length)
        text = _("“{stage}”开始计时：{term}至 {due}")
        found.append(Consequence(CLOCK, text.format(stage=target.label, term=term and f"{term}，", due=due)))
    return found


def _counted(application: Application, step: Transition) -> list[Consequence]:
    """Which counters of the targets this move adds to or takes from (DOMAIN §4.4)."""
    name = application.programme_label
    if step.code == "submit" and application.stage in application.workflow.before_submission:
        return [Consequence(COUNT, _("“{programme}组织申报”加 1").format(programme=name))]
    if step.grants == Title.LIBRARY:
        return [Consequence(COUNT, _("“{programme}培育入库”加 1").format(programme=name))]
    if step.grants:
        return [Consequence(COUNT, _("“{programme}”当年认定与保有量加 1").format(programme=name))]
    if step.revokes:
        return [Consequence(COUNT, _("“{programme}”保有量减 1").format(programme=name))]
    return []
