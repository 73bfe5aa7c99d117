"""Puts the demonstration city together. The same seed on the same day makes the same city."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import islice

from django.db import transaction

from config.demo import history, papers, people, targets
from config.demo.absences import make_absences
from config.demo.care import make_care
from config.demo.channels import make_channel
from config.demo.duties import make_duties
from config.demo.events import make_events
from config.demo.firms import make_facts, make_firms
from config.demo.holdings import make_holdings
from config.demo.imports import make_imports
from config.demo.ladders import make_ladders
from config.demo.mails import make_mails
from config.demo.tags import make_export, make_tags
from config.demo.talks import make_talks
from crm.models import Firm, Region
from pipeline.selectors.calendar import work_calendar

COHORTS = (48, 50, 52)  # certificates of the three years before this one
PROPORTIONS = {"tech_sme_now": 190, "candidates": 62, "gazelles": 14, "certified_gazelles": 3}
FIRMS = 320


@transaction.atomic
def build(*, firms: int, years: int, seed: int, today: date) -> dict[str, int]:
    """Make the city. Returns how many firms, applications and people it has."""
    rng = random.Random(seed)
    regions = {region.code: region for region in Region.objects.all()}
    staff = people.make_staff(regions)
    make_ladders(staff["lead"], regions["450800"])
    known = make_firms(firms, regions, staff, rng, today)
    make_facts(known, range(today.year - years, today.year), rng, staff["officer"])
    make_holdings(known, seed=seed, today=today, actor=staff["officer"])
    make_tags(known, regions["450800"], staff["officer"], seed=seed)
    make_export(known, regions["450800"], staff["officer"], today)
    rounds = targets.make_rounds(range(today.year - years, today.year + 1), regions["450800"], today)
    runs = list(_runs(known, years, today, rng))
    shown = _showcases(known, runs, today)
    played = history.play([*runs, *shown], staff, rounds, today, rng)
    make_talks(known, seed=seed, today=today)
    history.plan_actions(played, today)
    history.tick_steps(played, today)
    papers.make_papers([run.application for run in played if run.application], staff)
    make_duties(staff["officer"], today)
    make_events(known, regions, today, staff["lead"])
    firm_people = people.make_firm_people([run.firm for run in shown[: len(people.FIRM_PEOPLE)]], today)
    people.make_agent([run.firm for run in shown], firm_people[0], today)
    people.make_requests(known, regions)
    make_care(staff, regions, today)
    make_absences(staff, regions, today)
    make_imports(known, regions["450800"], staff["officer"])
    make_mails(staff["lead"], staff["officer"])
    targets.make_targets(regions, today, staff["lead"], rng)
    make_channel(regions["450800"], staff["lead"])
    return {"firms": len(known), "applications": len(played), "people": len(staff) + len(firm_people) + 1}


def _runs(firms: list[Firm], years: int, today: date, rng: random.Random):
    """Every firm's runs: high-tech cohorts of past years and their renewal, candidates, tech-SMEs, gazelles."""
    scale = len(firms) / FIRMS
    order = firms[:]
    rng.shuffle(order)
    at = 0
    cohorts: dict[int, list[Firm]] = {}
    for back, size in zip(range(3, 0, -1), COHORTS, strict=True):
        size = round(size * scale)
        cohorts[today.year - back], at = order[at : at + size], at + size
    for year, members in cohorts.items():
        if year >= today.year - years:
            yield from (history.high_tech(firm, year, rng, first_batch=False) for firm in members)
    expiring = cohorts[today.year - 3]
    yield from (history.high_tech(f, today.year, rng, first_batch=False) for f in expiring if rng.random() < 0.8)
    candidates = order[at : at + round(PROPORTIONS["candidates"] * scale)]
    for place, firm in enumerate(candidates):
        yield history.high_tech(firm, today.year, rng, first_batch=place % 2 == 0)
    for back in range(years, -1, -1):
        wanted = round((PROPORTIONS["tech_sme_now"] - 25 * back) * scale)
        for firm in rng.sample(order, min(wanted, len(order))):
            yield history.tech_sme(firm, today.year - back, rng)
    fast = cohorts[today.year - 2][: round(PROPORTIONS["gazelles"] * scale)]
    for place, firm in enumerate(fast):
        certified = place < PROPORTIONS["certified_gazelles"]
        yield history.gazelle(firm, today.year - (1 if certified else 0), rng, certified=certified)


def _showcases(firms: list[Firm], runs: list[history.Run], today: date) -> list[history.Run]:
    """Runs whose state does not depend on the season: something to correct, to prepare, to wait for."""
    busy = {run.firm.pk for run in runs if run.programme == "high_tech"}
    free = [firm for firm in firms if firm.pk not in busy]
    calendar = work_calendar()
    workdays = (day for back in range(1, 30) if calendar.is_workday(day := today - timedelta(days=back)))
    returned_on = list(islice(workdays, 3))[-1]  # so that two or three of the five working days are left
    prepared: history.Script = [("diagnose", 8), ("prepare", 10)]
    filed: history.Script = [*prepared, ("submit", 20), ("start_formal", 2)]
    scripts: list[tuple[history.Script, int]] = [
        ([*filed, ("return_for_correction", 3)], 43),
        (prepared, 18),
        (filed, 40),
        (filed[:3], 38),
        # What officers always have under their hands, whatever the season.
        *(([], wait) for wait in (2, 3, 5, 6, 9)),
        *((prepared[:1], 8 + wait) for wait in (1, 4, 6, 11)),
        *((prepared, 18 + wait) for wait in (2, 7, 12)),
        *(([*prepared, ("request_prereview", 14)], 32 + wait) for wait in (1, 2)),
        (filed, 42),
    ]
    return [
        history.Run(firm, "high_tech", today.year, returned_on - timedelta(days=length), script)
        for firm, (script, length) in zip(free, scripts, strict=False)
    ]
