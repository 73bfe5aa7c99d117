"""The benchmark on a small city: it measures, compares, and refuses real data. No time is asserted."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from config.benchmark import delivering, jobs, moving, report
from config.benchmark.copies import copy_city
from crm.models import Firm, Import, Job, Region
from notifications.models import Message
from pipeline.models import Application, Indicator, StageEvent
from pipeline.selectors.counts import Period, compiled_counts
from pipeline.services.tallies import rebuild_counts, verify_counts
from tests import make

pytestmark = pytest.mark.whole


@pytest.fixture
def scratch(db):
    call_command("benchmark", "load", "--firms", "60")


def everything():
    today = timezone.localdate()
    return list(Indicator.objects.filter(active=True)), Period(today.year, today)


def test_it_refuses_a_database_with_real_firms(firm):
    with pytest.raises(CommandError):
        call_command("benchmark", "load", "--firms", "10")
    with pytest.raises(CommandError):
        call_command("benchmark", "run", "--only", "list")

    assert Firm.objects.count() == 1


def test_the_same_seed_loads_the_same_city(scratch):
    assert Firm.objects.count() == 60
    assert all("DEM" in code for code in Firm.objects.values_list("credit_code", flat=True))


def test_more_firms_are_copies_with_counts_that_hold(scratch):
    events, told = StageEvent.objects.count(), compiled_counts(*everything())

    copy_city(2, figures=True)

    assert (Firm.objects.count(), Firm.objects.values("credit_code").distinct().count()) == (180, 180)
    assert StageEvent.objects.count() == 3 * events
    assert compiled_counts(*everything()) == {key: 3 * number for key, number in told.items()}
    assert (verify_counts(), rebuild_counts()) == ([], 0)
    later = make.firm("新来的企业", Region.objects.get(code="450821"))
    assert later.pk > Firm.objects.exclude(pk=later.pk).latest("pk").pk


def test_a_size_that_is_no_multiple_is_refused_before_anything_is_loaded(db):
    with pytest.raises(CommandError, match="multiple"):
        call_command("benchmark", "load", "--firms", "15000")

    assert Firm.objects.count() == 0


def test_a_run_is_written_compared_and_grown(scratch, tmp_path, capsys):
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    only = "list,record,board,outlook,push list,what if,cohorts,ladder,weekly mail,plan reminders,stage change"
    call_command("benchmark", "run", "--only", only, "--rounds", "1", "--json", str(first))
    figures = json.loads(first.read_text())

    assert set(figures["pages"]) == {"list", "record", "board", "outlook", "push list", "what if", "cohorts", "ladder"}
    assert (figures["pages"]["list"]["statements"], figures["pages"]["record"]["statements"]) == (9, 19)
    assert set(figures["jobs"]) == {"plan reminders", "stage change", "weekly mail"}
    assert figures["jobs"]["weekly mail"]["items"] == 10  # leader, lead, the city's officer and those of seven counties

    call_command("benchmark", "check", "--warn", "--only", only, "--rounds", "1", "--against", str(first))
    assert "statement counts are the same" in capsys.readouterr().out

    figures["pages"]["list"]["statements"] = 3
    first.write_text(json.dumps(figures))
    with pytest.raises(CommandError, match="list: 9 statements, was 3"):
        call_command("benchmark", "check", "--only", only, "--rounds", "1", "--against", str(first))

    second.write_text(json.dumps(figures | {"firms": 600}))
    call_command("benchmark", "growth", str(first), str(second))
    assert "list             k = 0.0" in capsys.readouterr().out


def test_slower_than_before_by_more_than_a_quarter_fails():
    page = {"statements": 10, "multiple": 4.0}
    before = {"pages": {"list": page}, "jobs": {"deliver": {"multiple": 1.0}}}

    same = report.compare({"pages": {"list": page | {"multiple": 5.0}}, "jobs": {"deliver": {"multiple": 1.2}}}, before)
    worse = report.compare(
        {"pages": {"list": page | {"multiple": 5.1}}, "jobs": {"deliver": {"multiple": 1.3}}}, before
    )

    assert same == ([], [])
    assert worse == ([], ["list: 5.1 × the yardstick, was 4.0", "deliver: 1.3 × the yardstick, was 1.0"])


def test_an_import_is_measured_with_errors_doubles_and_known_firms_and_leaves_nothing(scratch):
    for ending in ("csv", "xlsx"):
        figures = jobs._import(200, ending, stages=(False, True))

        assert figures["items"] == 200
        assert figures["per_second"] > 0
    assert jobs._read_alone(50)["items"] == 50
    assert (Firm.objects.count(), Import.objects.count()) == (60, 0)


def test_a_bulk_move_is_measured_whole_and_leaves_nothing(scratch):
    before = Application.objects.count(), StageEvent.objects.count()

    figures = moving.bulk_move(120)

    assert figures["items"] == 120
    assert (Firm.objects.count(), Job.objects.count()) == (60, 0)
    assert (Application.objects.count(), StageEvent.objects.count()) == before


def test_a_delivery_is_measured_beside_a_plain_loop_and_leaves_nothing(scratch, monkeypatch):
    monkeypatch.setattr(delivering, "BLOCK", 20)
    before = Message.objects.count()

    figures = delivering.deliver(40)

    assert (figures["items"], Message.objects.count()) == (40, before)
    assert figures["ratio"] > 0


def test_an_unknown_page_is_named(scratch):
    with pytest.raises(CommandError, match="names no page and no job"):
        call_command("benchmark", "run", "--only", "nonsense", "--rounds", "1")
