"""From tech-SME to high-tech to gazelle, and renewals, against cases counted by hand."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from pipeline.models import Recognition
from pipeline.selectors.climb_page import climb
from pipeline.selectors.climbs import climbers, due_certificates, ladders, reached_within, renewals_of
from pipeline.services.metrics import compile_metrics
from tests import make

TODAY = date(2026, 11, 23)


def granted(firm, on, until, *, programme="high_tech", title="certificate", ended=None):
    return Recognition.objects.create(
        firm=firm,
        programme=programme,
        title=title,
        granted_on=on,
        valid_until=until,
        ended_on=ended,
        region=firm.region,
        region_path=firm.region_path,
    )


def number(firm, on, **given):
    return granted(firm, on, date(on.year, 12, 31), programme="tech_sme", title="registration", **given)


@pytest.fixture
def cohort(county, other_county):
    """Tech-SMEs of 2024: one held a certificate, three reached one in 2024, 2025 and 2026, one never, one revoked."""
    names = ("held", "same", "next", "later", "never", "revoked", "again")
    firms = {name: make.firm(name, other_county if name == "never" else county) for name in names}
    for name, firm in firms.items():
        number(firm, date(2024, 8, 1), ended=date(2025, 3, 1) if name == "revoked" else None)
    number(firms["same"], date(2024, 9, 1))
    granted(firms["held"], date(2023, 11, 1), date(2026, 10, 31))
    granted(firms["same"], date(2024, 11, 1), date(2027, 10, 31))
    granted(firms["next"], date(2025, 11, 1), date(2028, 10, 31))
    granted(firms["later"], date(2026, 11, 1), date(2029, 10, 31))
    granted(firms["again"], date(2020, 11, 1), date(2023, 10, 31))  # it had lapsed by then
    granted(firms["next"], date(2026, 7, 1), date(2027, 7, 1), programme="gazelle", title="library")
    granted(firms["never"], date(2026, 7, 1), date(2027, 7, 1), programme="gazelle", title="library")
    return firms


def test_a_cohort_by_when_it_reached_a_certificate(cohort, city, county, other_county):
    found = ladders([2024], TODAY, city.path)
    [row] = found[city.path]

    assert (row.firms, row.held, row.became, row.both) == (6, 1, 4, 1)
    cells = [(rate.hits, rate.number, rate.settled, rate.begun) for rate in row.rates(TODAY)]
    assert cells == [(1, 5, True, True), (2, 5, True, True), (3, 5, False, True), (3, 5, False, False)]
    by_county = [found[path.path][0] for path in (county, other_county)]
    assert [(each.firms, each.held, each.both) for each in by_county] == [(5, 1, 1), (1, 0, 0)]


def test_what_came_after_the_day_is_not_known_yet(cohort, city):
    [before] = ladders([2024], date(2025, 1, 31), city.path)[city.path]

    assert (before.firms, before.held, before.both) == (7, 1, 0)  # the number revoked in March counts in January
    assert [rate.hits for rate in before.rates(date(2025, 1, 31))] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("who", "within", "names"),
    [
        ("all", 0, {"held", "same", "next", "later", "never", "again"}),
        ("held", 0, {"held"}),
        ("reached", 0, {"same"}),
        ("reached", 2, {"same", "next", "later"}),
        ("never", 0, {"never", "again"}),
        ("gazelle", 0, {"next"}),
    ],
)
def test_a_cell_opens_its_firms(cohort, city, who, within, names):
    rows = reached_within(climbers([2024], TODAY, city.path), who, within)

    assert set(rows.values_list("firm__name", flat=True)) == names


def test_renewals_by_what_became_of_them(county, city):
    firms = {name: make.firm(name, county) for name in ("renewed", "late", "lapsed", "pending", "revoked")}
    for name, firm in firms.items():
        year = 2026 if name == "pending" else 2024
        ended = date(2024, 2, 1) if name == "revoked" else None
        granted(firm, date(year - 3, 11, 1), date(year, 10, 31), ended=ended)
    granted(firms["renewed"], date(2024, 12, 20), date(2027, 12, 19))
    granted(firms["late"], date(2025, 2, 1), date(2028, 1, 31))

    found = {row.year: row for row in renewals_of(city.path, [2024, 2025, 2026], TODAY)}

    assert found[2024].parts == [("renewed", 1), ("late", 1), ("pending", 0), ("lapsed", 1)]
    assert (found[2024].rate.hits, found[2024].rate.number, found[2024].settled) == (1, 3, True)
    assert found[2025].due == 0
    assert (found[2026].due, found[2026].settled) == (1, False)
    assert due_certificates([2024], TODAY, city.path).filter(outcome="late").get().firm == firms["late"]


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_the_page_shows_and_opens_the_numbers(cohort, city, lead):
    client = make.logged_in(lead)

    page = client.get(reverse("funnel_ladder"), {"year": 2024}).content.decode()
    firms = client.get(reverse("funnel_ladder_firms"), {"year": 2024, "who": "held"}).content.decode()
    due = client.get(reverse("funnel_ladder_firms"), {"due": 2026}).content.decode()

    assert "2024 年入库、当时还不是高企的 5 家中，2 家（40%）次年底前成为高企" in page
    assert "who=reached&amp;within=2" in page
    assert "held" in firms
    assert "never" not in firms
    assert "2026 年到期的高企证书" in due


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_the_page_is_the_same_from_the_snapshot_and_counted_now(cohort, city, county, other_county):
    granted(cohort["again"], date(2022, 11, 1), date(2025, 10, 31))
    asked = {"region": city, "children": [county, other_county], "year": 2024, "today": TODAY}
    counted = climb(**asked)

    compile_metrics()
    kept = climb(**asked)

    assert (counted.taken_at, kept.taken_at) == (None, timezone.now())
    assert (kept.rows, kept.counties, kept.renewals) == (counted.rows, counted.counties, counted.renewals)
    assert [row.label for row in kept.counties] == [county.short_name, other_county.short_name]
    assert any(row.due for row in kept.renewals)

    number(cohort["held"], date(2026, 8, 1))
    assert climb(**asked).rows == counted.rows, "what came since is in the next snapshot"
    assert climb(**asked, as_of=date(2026, 6, 30)).taken_at is None, "no snapshot of that day"
    assert climb(**asked | {"year": 2020}).taken_at is None, "a cohort that no snapshot has"
