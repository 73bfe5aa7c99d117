"""Ladders changed at the same instant: one wins, the others are told."""

import pytest

from crm.errors import RowChanged
from crm.models import ChangeRecord, User
from pipeline.models import Ladder
from pipeline.rungs import LadderTable, Rung
from pipeline.selectors.ladders import ladder_of
from pipeline.services.ladders import set_ladder
from tests.races import at_once

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.mark.parametrize("seen", [0, 1])
def test_of_changes_at_once_exactly_one_is_kept(committed_db, lead, city, seen):
    tables = [LadderTable("annual_report", (Rung(day, roles=("officer",)),)) for day in range(5)]
    if seen:
        set_ladder(tables[0], actor=lead, region=city)

    def change(table):
        actor = User.objects.get(pk=lead.pk)
        return lambda: set_ladder(table, actor=actor, region=city, version=seen)

    results = at_once(*(change(table) for table in tables))

    won = [result for result in results if isinstance(result, Ladder)]
    assert [type(result) for result in results if result not in won] == [RowChanged] * 4
    assert (Ladder.objects.get().version, len(won)) == (seen + 1, 1)
    assert ladder_of("annual_report") in tables
    assert ChangeRecord.objects.count() == seen + 1
