"""The renewals work list: which titles stand on which tab, and what is said of their renewal."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from pipeline.models import Application, Recognition
from pipeline.selectors.renewals import TABS, of_tab, renewal_year, renewals
from pipeline.workdays import months_after
from tests import make
from tests.pipeline import world

TODAY = date(2026, 11, 23)
NOON = "2026-11-23 10:00+08:00"


def granted(firm, until, on=None, *, programme="high_tech", title="certificate", **given):
    on = on or date(until.year - 3, until.month, min(until.day, 28))
    place = {"region": firm.region, "region_path": firm.region_path}
    return Recognition.objects.create(
        firm=firm, programme=programme, title=title, granted_on=on, valid_until=until, **place, **given
    )


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2026, 11, 23), 3, date(2027, 2, 23)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 3, 31), -12, date(2025, 3, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_months_are_calendar_months(start, months, expected):
    assert months_after(start, months) == expected


@pytest.fixture
def titles(county):
    """One firm each; of `renewed` a newer certificate, of `revoked` an end before its time."""
    ends = {
        "today": TODAY,
        "three": date(2027, 2, 23),
        "six": date(2027, 5, 23),
        "twelve": date(2027, 11, 23),
        "later": date(2027, 11, 24),
        "yesterday": date(2026, 11, 22),
        "last_year": date(2025, 11, 23),
        "long_ago": date(2025, 11, 22),
    }
    rows = {name: granted(make.firm(name, county), until) for name, until in ends.items()}
    renewed = make.firm("renewed", county)
    granted(renewed, date(2026, 11, 30))
    rows["renewed"] = granted(renewed, date(2029, 11, 1))
    Recognition.objects.filter(pk__in=[rows["six"].pk, rows["yesterday"].pk]).update(suspended_on=date(2026, 3, 1))
    granted(make.firm("revoked", county), date(2027, 1, 1), ended_on=date(2026, 5, 1))
    granted(make.firm("library", county), date(2026, 12, 31), programme="gazelle", title="library")
    granted(make.firm("gone", county, status="deregistered"), date(2026, 12, 31))
    return rows


@pytest.mark.parametrize(
    ("tab", "names"),
    [
        ("3", {"today", "three"}),
        ("6", {"today", "three", "six"}),
        ("12", {"today", "three", "six", "twelve"}),
        ("lapsed", {"yesterday", "last_year"}),
        ("suspended", {"six"}),
        ("all", {"today", "three", "six", "twelve", "later", "yesterday", "last_year", "long_ago", "renewed"}),
    ],
)
def test_each_tab_holds_its_titles(titles, tab, names):
    found = of_tab(Recognition.objects.all(), tab, TODAY)

    assert {row.firm.name for row in found.select_related("firm")} == names
    if tab == "all":
        assert titles["renewed"] in found


@pytest.mark.parametrize(
    ("title", "until", "year"),
    [
        ("certificate", date(2026, 12, 1), 2026),
        ("certificate", date(2027, 2, 1), 2027),
        ("certificate", date(2025, 12, 1), 2026),
        ("registration", date(2026, 12, 31), 2027),
        ("registration", date(2025, 12, 31), 2026),
    ],
)
def test_the_year_in_which_a_title_is_renewed(title, until, year):
    assert renewal_year(Recognition(title=title, valid_until=until), TODAY) == year


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("stage", "pending"), [("prep", False), ("submitted", True), ("filed", True), ("certified", None), (None, None)]
)
def test_a_lapsed_title_is_pending_while_a_submitted_application_is_not_decided(firm, officer, stage, pending):
    row = granted(firm, date(2026, 11, 1))
    if stage:
        world.at(firm, stage)
        Recognition.objects.exclude(pk=row.pk).delete()

    item = renewals([row], user=officer, today=TODAY)[0]

    assert (item.lapsed, item.due, item.may_open) == (True, True, True)
    if pending is None:
        assert item.application is None
        assert not item.pending
    else:
        assert (item.application.stage, item.pending) == (stage, pending)


@time_machine.travel(NOON, tick=False)
def test_one_click_opens_the_renewal_in_its_year(client, firm, officer):
    granted(firm, date(2027, 2, 1), number="GR202445000001")
    client.force_login(officer)

    page = client.get(reverse("recognitions"), {"tab": "3"}).content.decode()
    assert "未发起" in page
    assert "发起 2027 年" in page
    answer = client.post(reverse("firm_open", args=[firm.credit_code]), {"programme": "high_tech", "year": 2027})

    application = Application.objects.get()
    assert answer["Location"] == reverse("application", args=[application.pk])
    assert application.year == 2027
    page = client.get(reverse("recognitions"), {"tab": "3"}).content.decode()
    assert "未发起" not in page
    assert "2027 · 培育入库" in page
    assert "轮到县区科技部门" in page


@time_machine.travel(NOON, tick=False)
def test_a_viewer_reads_and_opens_nothing(client, firm, viewer, other_officer):
    granted(firm, date(2027, 2, 1))
    client.force_login(viewer)
    assert "发起 2027 年" not in client.get(reverse("recognitions")).content.decode()

    client.force_login(other_officer)
    assert firm.name not in client.get(reverse("recognitions"), {"tab": "all"}).content.decode()


@time_machine.travel(NOON, tick=False)
def test_the_list_filters_by_programme_and_by_name_and_pages_by_key(client, county, officer):
    for number in range(60):
        granted(make.firm(f"证书企业{number}", county), date(2027, 1, 1 + number % 20))
    granted(make.firm("入库企业", county), date(2026, 12, 31), programme="tech_sme", title="registration")
    client.force_login(officer)

    def names(**query):
        context = client.get(reverse("recognitions"), query).context
        return [item.title.firm.name for item in context["items"]], context["page"].after

    first, mark = names(programme="high_tech")
    second, end = names(programme="high_tech", after=mark)
    assert (len(first), len(second), end) == (50, 10, "")
    assert len({*first, *second}) == 60
    assert names(q="入库")[0] == ["入库企业"]
    assert len(names(tab="all")[0]) == 50
    assert names(tab="nonsense")[0] == names(tab="12")[0]


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_any_number_of_rows(client, county, officer, rows, django_assert_num_queries):
    for number in range(rows):
        firm = make.firm(f"企业{number}", county)
        granted(firm, date(2027, 1, 1))
        world.opened(firm, officer)
    client.force_login(officer)
    client.get(reverse("recognitions"))

    with django_assert_num_queries(16):
        assert len(client.get(reverse("recognitions")).context["items"]) == rows


@time_machine.travel(NOON, tick=False)
def test_the_fragment_has_the_rows_alone(client, firm, officer):
    granted(firm, date(2027, 1, 1))
    client.force_login(officer)

    text = client.get(reverse("recognitions"), headers={"HX-Request": "true"}).content.decode()

    assert firm.name in text
    assert "<html" not in text
    assert set(TABS) == {"12", "6", "3", "lapsed", "missed", "suspended", "all"}


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("query", "numbers"),
    [({"due": 3}, ["A1"]), ({"due": 12}, ["A1", "B1"]), ({"q": "乙"}, ["B1"]), ({"due": 3, "q": "乙"}, [])],
)
def test_the_api_asks_for_what_runs_out_and_by_name(client, county, officer, query, numbers):
    granted(make.firm("甲企业", county), date(2027, 1, 1), number="A1")
    granted(make.firm("乙企业", county), date(2027, 9, 1), number="B1")
    client.force_login(officer)

    answer = client.get(reverse("api-recognition-list"), query).json()

    assert sorted(row["number"] for row in answer["results"]) == numbers
    assert client.get(reverse("api-recognition-list"), {"due": 0}).status_code == 400
