"""What waits at a desk, and that the index of the desk answers it."""

import pytest
from django.db import connection

from pipeline.choices import Turn
from pipeline.models import Application
from pipeline.models.applications import MOVING
from pipeline.selectors.days import waiting_here
from pipeline.workflows import WORKFLOWS
from tests import make
from tests.pipeline import world


@pytest.mark.parametrize("stage", ["certified", "registered"])
def test_where_the_desk_does_not_look_it_is_nobodys_turn(stage):
    turns = {one.turn for table in WORKFLOWS.values() for one in table.stages if one.code == stage}

    assert turns == {Turn.NOBODY}


def test_what_waits_at_the_citys_desk_comes_oldest_first(firm, county, city_officer):
    older, newer = world.at(firm, "formal"), world.at(make.firm("另一企业", county), "formal")
    for stage in ("library", "expert", "certified"):  # in the pool, at another desk, and at rest
        world.at(make.firm(f"{stage}企业", county), stage)
    Application.objects.filter(pk=newer.pk).update(stage_since=newer.stage_since.replace(year=2030))

    assert list(waiting_here(Application.objects.all(), city_officer)) == [older, newer]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads a table of a few rows whole")
def test_the_index_of_the_desk_answers_what_waits_there(db, city_officer):
    rows = waiting_here(Application.objects.all(), city_officer)[:12]

    assert "application_desk" in rows.explain()
    assert "application_desk" in {index.name for index in Application._meta.indexes if index.condition == MOVING}
