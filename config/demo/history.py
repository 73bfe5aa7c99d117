"""The runs of the demonstration's firms through the programmes, year by year, cut off at today.

Each run is a script of lawful moves with the days between them; what lies after today has not happened yet. So the
city looks right on any day of the year: tech-SMEs fill up from June, certificates arrive in late autumn.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from crm.models import Firm, User
from pipeline.choices import Acting, Phase, Title
from pipeline.models import Application, Recognition, Round, StageEvent, TimetableStep
from pipeline.services import deadlines
from pipeline.services.recognitions import validity
from pipeline.workflows import PROGRAMMES

Script = list[tuple[str, int | date]]  # transition, and the days after the move before or the day itself

RETURN_NOTES = [
    "研发费用辅助账缺第三季度凭证，请补齐并加盖公章。",
    "科技人员名单与社保缴纳人数不一致，请核对后重新上传。",
    "知识产权证书第 2 项权利人名称与企业名称不符，请提供变更证明。",
]
REJECT_NOTE = "研发费用占比低于规定要求，本年度不予通过。"
LACKING = {"tech_sme": "score", "high_tech": "rd_ratio"}  # the condition that the note above speaks of
DROP_NOTE = "企业本年度暂不申报，明年再联系。"


@dataclass
class Run:
    """One application to be: whose, what, from when, by which moves."""

    firm: Firm
    programme: str
    year: int
    begins: date
    script: Script
    first_stage: str = ""
    application: Application | None = None
    events: list[StageEvent] = field(default_factory=list)
    grants: list[Recognition] = field(default_factory=list)


def tech_sme(firm: Firm, year: int, rng: random.Random) -> Run:
    """Registered in one of three autumn batches, as most are; some returned once, a few rejected or dropped."""
    script: Script = [("start_selfeval", rng.randint(5, 30)), ("submit", rng.randint(10, 55))]
    fate = rng.random()
    if fate < 0.06:
        return Run(firm, "tech_sme", year, _day(year, 5, 6, rng, 40), [*script[:1], ("drop", 40)])
    script.append(("start_review", rng.randint(2, 6)))
    if fate < 0.2:
        script += [("return_for_correction", 3), ("submit", rng.randint(2, 6)), ("start_review", 3)]
    if fate > 0.96:
        script.append(("reject", 4))
    else:
        script += [("recommend", rng.randint(3, 8)), ("publish_notice", rng.randint(5, 12)), ("register", 15)]
    return Run(firm, "tech_sme", year, _day(year, 5, 6, rng, 40), script)


def high_tech(firm: Firm, year: int, rng: random.Random, *, first_batch: bool) -> Run:
    """Library in spring, submitted before the batch closes, certified in late autumn."""
    begins = _day(year, 2 if first_batch else 3, 3, rng, 45)
    fate = rng.random()
    if fate < 0.12:
        return Run(firm, "high_tech", year, begins, [("diagnose", 20), ("drop", 50)])
    script: Script = [
        ("diagnose", rng.randint(8, 25)),
        ("prepare", rng.randint(5, 15)),
        ("submit", rng.randint(50, 75) if first_batch else rng.randint(85, 120)),
        ("start_formal", rng.randint(2, 6)),
    ]
    if fate < 0.3:
        script += [("return_for_correction", 4), ("submit", rng.randint(3, 6)), ("start_formal", 2)]
    script += [("recommend", rng.randint(5, 10)), ("send_to_experts", rng.randint(8, 15))]
    # The region and the nation decide for whole batches at once.
    months = ((9, 10), (9, 20), (10, 16)) if first_batch else ((11, 6), (11, 18), (12, 8))
    if fate > 0.93:
        return Run(firm, "high_tech", year, begins, [*script, ("reject", _near(year, *months[0], rng))])
    script += [(code, _near(year, *day, rng)) for code, day in zip(("approve", "file", "certify"), months, strict=True)]
    return Run(firm, "high_tech", year, begins, script)


def _near(year: int, month: int, day: int, rng: random.Random) -> date:
    return date(year, month, day) + timedelta(days=rng.randint(0, 3))


def gazelle(firm: Firm, year: int, rng: random.Random, *, certified: bool) -> Run:
    begins = _day(year, 6, 15, rng, 15)
    script: Script = [("submit", 10), ("accept", 3), ("recommend_to_library", 9), ("admit", 30)]
    if certified:
        script += [("submit", 20), ("recommend", 8), ("send_to_experts", 10), ("publish_notice", 20), ("certify", 9)]
    return Run(firm, "gazelle", year, begins, script)


def _day(year: int, month: int, day: int, rng: random.Random, spread: int) -> date:
    return date(year, month, day) + timedelta(days=rng.randint(0, spread))


def play(
    runs: Iterable[Run], people: dict[str, User], rounds: list[Round], today: date, rng: random.Random
) -> list[Run]:
    """Write the runs as they stand today, in bulk: applications, events, recognitions, open deadlines."""
    begun = [run for run in runs if run.begins <= today]
    for run in begun:
        _play_one(run, people, rounds, today, rng)
    Application.objects.bulk_create([run.application for run in begun if run.application])
    for run in begun:
        for event in run.events:
            event.application = run.application  # type: ignore[assignment]
        for recognition in run.grants:
            recognition.application = run.application
    StageEvent.objects.bulk_create([event for run in begun for event in run.events], batch_size=2000)
    Recognition.objects.bulk_create([recognition for run in begun for recognition in run.grants], batch_size=2000)
    _open_deadlines(begun, today)
    return begun


# What officers have promised themselves, by stage.
NEXT_ACTIONS = {
    "library": "约企业谈首次诊断",
    "diagnose": "核对研发费用辅助账",
    "prep": "催交知识产权清单",
    "prereview": "预审研发费用专项审计报告",
    "submitted": "核对网上填报数据",
    "selfeval": "提醒企业完成自主评价",
}


def plan_actions(runs: Iterable[Run], today: date) -> None:
    """Give every other open application a next action within the week, the first ones today."""
    open_ones = [run.application for run in runs if run.application and run.application.stage in NEXT_ACTIONS]
    chosen = open_ones[::2]
    for place, application in enumerate(chosen):
        application.next_action = NEXT_ACTIONS[application.stage]
        application.next_action_on = today + timedelta(days=place % 4)
    Application.objects.bulk_update(chosen, ["next_action", "next_action_on"])


def _play_one(run: Run, people: dict[str, User], rounds: list[Round], today: date, rng: random.Random) -> None:
    table = PROGRAMMES[run.programme]
    stage, day = run.first_stage or table.initial, run.begins
    run.events.append(_event(run, 0, "open", "", stage, run.firm.officer, Acting.OFFICER, "", _moment(day, rng)))
    for code, gap in run.script:
        day = max(gap, day) if isinstance(gap, date) else day + timedelta(days=gap)
        if day > today:
            break
        step = table.transition(code, stage)
        actor = people["lead"] if Acting.OFFICER not in step.roles and Acting.LEAD in step.roles else people["officer"]
        actor = actor if step.city or code == "reject" else run.firm.officer or actor
        hat = Acting.PROXY if Acting.PROXY in step.roles and Acting.OFFICER not in step.roles else step.roles[0]
        run.events.append(
            _event(run, len(run.events), code, stage, step.target, actor, hat, _note(code, rng), _moment(day, rng))
        )
        stage = step.target
        if step.grants:
            run.grants.append(_recognition(run, step.grants, day))
    stage = _expired(run, stage, today)
    last = run.events[-1]
    phase = table.stage(stage).phase
    run.application = Application(
        reference=_reference(run),
        firm=run.firm,
        programme=run.programme,
        workflow_code=table.code,
        round=_round_of(run, rounds),
        year=run.year,
        region_id=run.firm.region_id,
        region_path=run.firm.region_path,
        officer=run.firm.officer,
        stage=stage,
        phase=phase,
        stage_since=last.at,
        version=last.version,
        opened_at=run.events[0].at,
        closed_at=last.at if phase == Phase.CLOSED else None,
    )


def _round_of(run: Run, rounds: list[Round]) -> Round | None:
    """The first window to close that had not closed when the run began."""
    of_year = [row for row in rounds if row.programme == run.programme and row.year == run.year]
    return min((row for row in of_year if row.last_on >= run.begins), key=lambda row: row.last_on, default=None)


def _expired(run: Run, stage: str, today: date) -> str:
    """The stage after the title has run out, as the nightly task would have noticed."""
    until = run.grants[-1].valid_until if run.grants else None
    if until is None or until >= today or stage not in {"registered", "certified"}:
        return stage
    at = timezone.make_aware(datetime.combine(until + timedelta(days=1), time(0, 10)))
    run.events.append(_event(run, len(run.events), "expire", stage, "expired", None, Acting.SYSTEM, "", at))
    return "expired"


def _reference(run: Run) -> str:
    nth = list(PROGRAMMES).index(run.programme) + 1
    return f"{PROGRAMMES[run.programme].prefix}{run.year}-{run.firm.pk:06d}-{nth:02d}"


def _event(run: Run, version: int, code: str, source: str, target: str, actor: Any, hat: str, note: str, at: datetime):
    return StageEvent(
        version=version,
        transition=code,
        from_stage=source,
        to_stage=target,
        actor=actor,
        acted_as=str(hat),
        note=note,
        details={"lacking": LACKING[run.programme]} if code == "reject" else {},
        at=at,
    )


def _moment(day: date, rng: random.Random) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(rng.randint(8, 17), rng.randint(0, 59))))


def _note(code: str, rng: random.Random) -> str:
    if code == "return_for_correction":
        return rng.choice(RETURN_NOTES)
    return {"reject": REJECT_NOTE, "drop": DROP_NOTE}.get(code, "")


def _recognition(run: Run, title: str, day: date) -> Recognition:
    return Recognition(
        firm=run.firm,
        programme=run.programme,
        title=title,
        number=_number(run, title, day),
        document=f"桂科演示〔{day.year}〕{ {'tech_sme': 11, 'high_tech': 22, 'gazelle': 33}[run.programme] }号",
        granted_on=day,
        valid_until=validity(run.programme, title, day),
        region_id=run.firm.region_id,
        region_path=run.firm.region_path,
    )


def _number(run: Run, title: str, day: date) -> str:
    if title == Title.REGISTRATION:
        division = run.firm.credit_code[2:8]
        return f"{day.year}{division}{'A' if day.month > 5 else '0'}{run.firm.pk:07d}"
    if run.programme == "high_tech":
        return f"GR{day.year}45{run.firm.pk % 10**6:06d}"
    return f"GZ{day.year}45{run.firm.pk % 10**6:06d}{'L' if title == Title.LIBRARY else 'C'}"


def _open_deadlines(runs: list[Run], today: date) -> None:
    for run in runs:
        if run.application is not None and run.application.phase not in {Phase.CLOSED, Phase.RECOGNISED}:
            _follow(run.application, run.events)
        for recognition in run.grants:
            if recognition.is_valid_on(today):
                deadlines.follow_recognition(recognition)


def _follow(application: Application, events: list[StageEvent]) -> None:
    """Open what is due now; a run that was returned is followed move by move, so that its clock stood still then."""
    returned = any(event.transition == "return_for_correction" for event in events)
    stage = application.stage
    for event in events if returned else events[-1:]:
        application.stage = event.to_stage
        deadlines.follow_stage(application, event)
    application.stage = stage


# What firms that prepare have done already, in turn.
STEPS_DONE: tuple[tuple[str, ...], ...] = (("ip", "ledger"), ("ip", "ledger", "audit"), (), ("ip",))


def tick_steps(runs: Iterable[Run], today: date) -> None:
    """Steps of the timetable that those who still prepare have finished."""
    waiting = [run.application for run in runs if run.application and run.application.stage in {"prep", "prereview"}]
    TimetableStep.objects.bulk_create(
        TimetableStep(application=application, code=code, done_on=today - timedelta(days=3), by=application.officer)
        for place, application in enumerate(waiting)
        for code in STEPS_DONE[place % len(STEPS_DONE)]
    )
