"""The compiled cells: what one firm gives, day by day, and that folding changes gives what counting anew gives."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import cache
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.models import Region
from pipeline.choices import TallyKind
from pipeline.counting import ONE, Held, firm_gives
from pipeline.models import CountCell, Indicator, Recognition, Tallied, Uncounted
from pipeline.selectors.counts import Period, compiled_counts
from pipeline.services import recognitions
from pipeline.services.recognition_changes import (
    record_past_title,
)
from pipeline.services.tallies import fold_counts, rebuild_counts, verify_counts
from pipeline.services.undoing import take_back
from pipeline.signals import counting_due
from tests import make
from tests.pipeline.lives import Life, at

HERE = ZoneInfo("Asia/Shanghai")
A, B = "450000/450800/450821/", "450000/450800/450881/"
DAYS = st.dates(date(2022, 1, 1), date(2026, 12, 31))


# One firm, without a database ---------------------------------------------------------------------------------------


@st.composite
def titles(draw):
    programme, title = draw(
        st.sampled_from([("tech_sme", "registration"), ("high_tech", "certificate"), ("gazelle", "library")])
    )
    granted = draw(DAYS)
    return Held(
        programme,
        title,
        granted,
        draw(st.none() | st.dates(granted, date(2028, 12, 31))),
        draw(st.none() | st.dates(granted, date(2027, 12, 31))),
        draw(st.booleans()),
        draw(st.sampled_from([A, B])),
        draw(st.sampled_from([A, B, ""])),
        tuple(sorted(draw(st.lists(st.tuples(DAYS, st.sampled_from([A, B, ""])), max_size=3)))),
    )


def unlike(rows):
    """Of one programme no two titles of the same day: the database refuses them."""
    return list({(row.programme, row.granted_on): row for row in rows}.values())


def plainly(rows, family, programme, day):
    """The place where a firm counts on a day, by the definitions of the glossary read one by one; empty for nowhere."""
    own = sorted((row for row in rows if row.programme == programme), key=lambda row: row.granted_on)
    proven = [row for row in own if row.evidenced]
    of_year = [row for row in proven if row.granted_on.year == day.year and row.granted_on <= day]
    if family == "stock":
        valid = [row for row in proven if row.title != "library" and row.valid_on(day) and row.place_on(day)]
        return valid[-1].place_on(day) if valid else ""
    if family == "first_time":
        of_year = [row for row in of_year if row.title != "library" and row == own[0]]
    if family == "registered":
        of_year = [row for row in of_year if row.title == "registration" and not (row.ended_on and row.ended_on <= day)]
    if family == "certified_in_year":
        of_year = [row for row in of_year if row.title != "library"]
    if family == "in_library":
        of_year = [row for row in of_year if row.title == "library"]
    return of_year[0].granted_at if of_year else ""


FAMILIES = ["first_time", "certified_in_year", "registered", "in_library", "stock"]


@settings(max_examples=1000, deadline=None)
@given(st.lists(titles(), max_size=5).map(unlike), DAYS, st.sampled_from(FAMILIES))
def test_what_a_firm_gives_adds_up_to_where_it_counts_on_any_day(rows, day, family):
    for programme in ("tech_sme", "high_tech", "gazelle"):
        first = date.min if family == "stock" else date(day.year, 1, 1)
        there = {A: 0, B: 0}
        for (of, subject, path, on), amount in firm_gives(rows, []).items():
            if (of, subject) == (family, programme) and first <= on <= day:
                there[path] += amount

        place = plainly(rows, family, programme, day)

        assert there == {path: ONE if path == place else 0 for path in (A, B)}


def test_what_was_filed_counts_on_its_day():
    assert firm_gives([], [("high_tech", A, date(2026, 6, 1))]) == {("filed", "high_tech", A, date(2026, 6, 1)): ONE}


# Folding ------------------------------------------------------------------------------------------------------------


def stock(region, day, known_on=None):
    indicator = Indicator.objects.get(code="high_tech.stock")
    found = compiled_counts([indicator], Period(day.year, day), known_on=known_on)
    return int(found.get((indicator.code, region.path), 0))


def granted(firm, on, **given):
    return record_past_title(
        firm, programme="high_tech", title="certificate", granted_on=on, document="x", actor=None, **given
    )


def test_a_change_is_noted_in_its_own_transaction_and_folded_once(firm, city):
    granted(firm, date(2025, 11, 1))
    assert list(Uncounted.objects.values_list("kind", "object_id").distinct()) == [("firm", firm.pk)]
    assert stock(city, date(2026, 6, 30)) == 0

    assert fold_counts() > 0
    assert fold_counts() == 0

    assert stock(city, date(2026, 6, 30)) == 1
    assert (Tallied.objects.count(), Uncounted.objects.count()) == (1, 0)


def test_what_is_folded_twice_counts_once_and_what_is_taken_back_is_gone(firm, city):
    title = granted(firm, date(2025, 11, 1))
    fold_counts()
    Uncounted.objects.create(kind=TallyKind.FIRM, object_id=firm.pk)
    fold_counts()
    assert stock(city, date(2026, 6, 30)) == 1

    take_back(title, actor=None, reason="误录")
    fold_counts()

    assert stock(city, date(2026, 6, 30)) == 0
    assert Tallied.objects.get().gave == []


def test_a_number_is_told_as_it_was_known_then_and_as_it_is_known_now(firm, county, other_county):
    with time_machine.travel(at(date(2026, 3, 2)), tick=False):
        title = granted(firm, date(2025, 11, 1))
        fold_counts()
    with time_machine.travel(at(date(2026, 8, 3)), tick=False):  # announced late: it had ended in May
        recognitions.end(Recognition.objects.filter(pk=title.pk), on=date(2026, 5, 4), reason="x")
        fold_counts()

    june = date(2026, 6, 30)
    assert (stock(county, june, known_on=june), stock(county, june)) == (1, 0)
    assert (stock(county, date(2026, 1, 1), known_on=date(2026, 3, 1)), stock(county, date(2026, 1, 1))) == (0, 1)


def test_a_hint_leaves_after_the_commit_and_not_for_every_change(firm, django_capture_on_commit_callbacks, monkeypatch):
    cache.clear()
    hints = []
    counting_due.connect(lambda **kwargs: hints.append(1), weak=False, dispatch_uid="kept")
    with django_capture_on_commit_callbacks(execute=True):
        granted(firm, date(2024, 11, 1))
        granted(firm, date(2025, 11, 1))
        assert hints == []
    counting_due.disconnect(dispatch_uid="kept")

    assert hints == [1]


def test_a_rebuild_sets_right_what_is_wrong_and_nothing_else(firm, city):
    granted(firm, date(2025, 11, 1))
    fold_counts()
    assert (rebuild_counts(), verify_counts(as_of=date(2026, 6, 30))) == (0, [])

    CountCell.objects.filter(family="stock", amount=ONE).update(amount=3 * ONE)
    assert len(verify_counts(as_of=date(2026, 6, 30))) == 3  # in county, city and region
    assert rebuild_counts() == 1

    assert verify_counts(as_of=date(2026, 6, 30)) == []
    assert rebuild_counts() == 0


def test_rows_that_came_past_the_services_are_found_and_built(firm, city):
    Recognition.objects.create(
        firm=firm,
        programme="high_tech",
        title="certificate",
        number="GR1",
        granted_on=date(2025, 11, 1),
        region=firm.region,
        region_path=firm.region_path,
    )
    assert verify_counts(as_of=date(2026, 6, 30)) != []

    rebuild_counts()

    assert verify_counts(as_of=date(2026, 6, 30)) == []
    assert stock(city, date(2026, 6, 30), known_on=date(2025, 11, 1)) == 1  # taken as known on its own day


def test_folding_costs_the_same_for_one_firm_and_for_three(county, django_assert_num_queries):
    firms = [make.firm(f"企业{number}", county) for number in range(4)]
    fold_counts()
    granted(firms[0], date(2025, 1, 1))
    with django_assert_num_queries(17):
        fold_counts()
    for firm in firms[1:]:
        granted(firm, date(2025, 1, 1))
    with django_assert_num_queries(17):
        fold_counts()


# A thousand histories -----------------------------------------------------------------------------------------------


def all_cells():
    """{cell without when it became known: amount}, where it is not nought."""
    found = {}
    for cell in CountCell.objects.all():
        key = (cell.family, cell.subject, cell.region_path, cell.on)
        found[key] = found.get(key, 0) + cell.amount
    return {key: amount for key, amount in found.items() if amount}


@pytest.mark.whole
@pytest.mark.parametrize("seed", [6, 2026])
def test_after_a_thousand_random_histories_what_was_folded_is_what_a_full_count_gives(db, seed):
    regions = list(Region.objects.filter(parent__code="450800"))
    firms = [make.firm(f"企业{number}", regions[number % len(regions)]).pk for number in range(500)]
    life = Life(firms, regions, seed, fold_counts)
    with time_machine.travel(at(life.day), tick=False) as clock:
        for _step in range(2000):
            life.day += timedelta(days=life.rng.random() < 0.6)
            clock.move_to(at(life.day))
            life.step()
        fold_counts()
        days = [date(2022, 12, 31), *(date(year, 12, 31) for year in (2023, 2024, 2025)), date(2024, 2, 29), life.day]

        assert [verify_counts(as_of=day) for day in days] == [[]] * len(days)
        folded = all_cells()
        assert rebuild_counts() == 0

        CountCell.objects.all().delete()
        Tallied.objects.all().delete()
        rebuild_counts()

    assert all_cells() == folded
    assert len(folded) > 1000
