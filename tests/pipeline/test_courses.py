"""How applications went, as arrays: kept from night to night they say what the rows say, and little is read again."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
import time_machine
from django.utils import timezone

from crm.models import Firm, Region
from crm.services.firms import move_firm
from pipeline.choices import Phase
from pipeline.models import Application, CourseBlock, Round
from pipeline.models.applications import standing_events
from pipeline.selectors import courses as reading
from pipeline.selectors.courses import COLUMNS, NEVER, Courses, courses, stage_numbers
from pipeline.services.applications import move_application, open_application
from pipeline.services.courses import keep_courses
from pipeline.services.undoing import undo_last
from tests import make
from tests.pipeline.lives import Life, at

TODAY = date(2026, 9, 30)


def plainly(programme: str) -> list[tuple]:
    """Each application as its rows say, one by one: what the arrays are held against."""
    numbers, found = stage_numbers(programme), []
    for application in Application.objects.filter(programme=programme).order_by("pk"):
        steps = []
        for event in standing_events(application.events.order_by("version")):
            number, table = numbers[event.to_stage], application.workflow
            ended = table.stage(event.to_stage).phase == Phase.CLOSED
            day = timezone.localdate(event.at).toordinal()
            steps.append((event.transition, -1 - number if ended else number, day))
        filed = [day for move, _stage, day in steps if move == "submit"]
        lost = [day for _move, stage, day in steps if stage < 0]
        opened = timezone.localdate(application.opened_at).toordinal()
        ends = (*filed, NEVER)[0], (*lost, NEVER)[0]
        rest = (application.firm_id, application.region_id, application.round_id or 0, application.edition_id or 0)
        found.append((application.pk, *rest, opened, *ends, [step[1:] for step in steps]))
    return found


def as_rows(known: Courses) -> list[tuple]:
    names = ("keys", "firms", "regions", "rounds", "editions", "opened", "filed", "lost")
    columns = [getattr(known, name).tolist() for name in names]
    moves = list(zip(known.stages.tolist(), known.days.tolist(), strict=True))
    own = [moves[first:last] for first, last in zip(known.begins[:-1], known.begins[1:], strict=True)]
    return list(zip(*columns, own, strict=True))


@pytest.fixture
def three(county):
    with time_machine.travel(at(TODAY), tick=False):
        return [open_application(make.firm(f"企业{number}", county), "high_tech", actor=None) for number in range(3)]


@pytest.mark.whole
def test_after_random_histories_what_was_kept_is_what_the_rows_say(db, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK", 16)
    monkeypatch.setattr(reading, "FEW", 3)
    regions = list(Region.objects.filter(parent__code="450800"))
    firms = [make.firm(f"企业{number}", regions[number % len(regions)]).pk for number in range(200)]
    worked = []
    life = Life(firms, regions, 6, lambda: worked.append(keep_courses()))
    with time_machine.travel(at(life.day), tick=False) as clock:
        for step in range(1000):
            life.day += timedelta(days=life.rng.random() < 0.6)
            clock.move_to(at(life.day))
            life.step()
            if step % 100 == 99:
                assert as_rows(courses("high_tech")) == plainly("high_tech")

    assert Application.objects.count() > 100
    assert CourseBlock.objects.count() > 5
    assert sum(0 < number < CourseBlock.objects.count() for number in worked) > 5  # some of the blocks, not all


def test_what_is_kept_is_what_is_read(three):
    fresh = courses("high_tech")

    assert keep_courses() == 1
    kept = courses("high_tech")

    assert all(np.array_equal(getattr(fresh, name), getattr(kept, name)) for name in COLUMNS)
    assert as_rows(kept) == plainly("high_tech")
    assert keep_courses() == 0


def test_only_what_moved_is_read_again(three, monkeypatch):
    keep_courses()
    asked = []
    read = reading._read
    monkeypatch.setattr(reading, "_read", lambda programme, wanted: asked.append(wanted) or read(programme, wanted))
    move_application(three[1], "diagnose", actor=None)

    assert as_rows(courses("high_tech")) == plainly("high_tech")
    assert asked == [{"pk__in": [three[1].pk]}]

    keep_courses()
    asked.clear()
    assert as_rows(courses("high_tech")) == plainly("high_tech")
    assert asked == []


def test_a_move_that_was_taken_back_is_gone(three, city_officer):
    with time_machine.travel(at(TODAY), tick=False):
        move_application(three[0], "diagnose", actor=city_officer)
        keep_courses()
        undo_last(three[0], actor=city_officer)

    assert keep_courses() == 1
    assert as_rows(courses("high_tech")) == plainly("high_tech")


def test_two_firms_that_change_places_are_noticed(three, county, other_county):
    move_firm(three[0].firm, region=other_county, actor=None)
    keep_courses()

    move_firm(Firm.objects.get(pk=three[0].firm_id), region=county, actor=None)
    move_firm(Firm.objects.get(pk=three[1].firm_id), region=other_county, actor=None)

    assert keep_courses() == 1
    assert courses("high_tech").regions.tolist() == [county.pk, other_county.pk, county.pk]


def test_rounds_editions_and_removals_are_noticed(three, county):
    keep_courses()
    window = dict.fromkeys(("opens_on", "closes_on", "last_on"), date(2026, 5, 1))
    batch = Round.objects.create(programme="high_tech", region=county, region_path=county.path, year=2026, **window)
    Application.objects.filter(pk=three[2].pk).update(round=batch)
    assert (keep_courses(), courses("high_tech").rounds.tolist()) == (1, [0, 0, batch.pk])

    three[0].delete()
    assert (keep_courses(), courses("high_tech").keys.tolist()) == (1, [three[1].pk, three[2].pk])

    Application.objects.all().delete()
    assert (keep_courses(), CourseBlock.objects.count()) == (0, 0)


def test_what_was_read_by_other_tables_of_stages_is_read_again(three, monkeypatch):
    keep_courses()
    numbers = stage_numbers("high_tech")
    monkeypatch.setattr(reading, "stage_numbers", lambda programme: {code: 40 - n for code, n in numbers.items()})

    assert courses("high_tech").stages.tolist() == [40 - numbers["library"]] * 3
    assert keep_courses() == 1
