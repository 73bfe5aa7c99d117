"""The benchmark on a small city: it measures, compares, and refuses real data. No time is asserted."""

import json

import pytest
from django.core.management import CommandError, call_command

from crm.models import Firm


@pytest.fixture
def scratch(db):
    call_command("benchmark", "load", "--firms", "60")


def test_it_refuses_a_database_with_real_firms(firm):
    with pytest.raises(CommandError):
        call_command("benchmark", "load", "--firms", "10")
    with pytest.raises(CommandError):
        call_command("benchmark", "run", "--only", "list")

    assert Firm.objects.count() == 1


def test_the_same_seed_loads_the_same_city(scratch):
    assert Firm.objects.count() == 60
    assert all("DEM" in code for code in Firm.objects.values_list("credit_code", flat=True))


def test_a_run_is_written_compared_and_grown(scratch, tmp_path, capsys):
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    only = "list,record,board,plan reminders,stage change"
    call_command("benchmark", "run", "--only", only, "--rounds", "1", "--json", str(first))
    figures = json.loads(first.read_text())

    assert set(figures["pages"]) == {"list", "record", "board"}
    assert (figures["pages"]["list"]["statements"], figures["pages"]["record"]["statements"]) == (10, 20)
    assert set(figures["jobs"]) == {"plan reminders", "stage change"}

    call_command("benchmark", "check", "--only", only, "--rounds", "1", "--against", str(first))
    assert "statement counts are the same" in capsys.readouterr().out

    figures["pages"]["list"]["statements"] = 3
    first.write_text(json.dumps(figures))
    with pytest.raises(CommandError, match="list: 10 statements, was 3"):
        call_command("benchmark", "check", "--only", only, "--rounds", "1", "--against", str(first))

    second.write_text(json.dumps(figures | {"firms": 600}))
    call_command("benchmark", "growth", str(first), str(second))
    assert "list             k = 0.0" in capsys.readouterr().out


def test_an_unknown_page_is_named(scratch):
    with pytest.raises(CommandError, match="names no page and no job"):
        call_command("benchmark", "run", "--only", "nonsense", "--rounds", "1")
