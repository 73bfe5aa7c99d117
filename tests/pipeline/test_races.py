"""Two people at the same instant: one wins, the other is told, nothing is half done."""

from decimal import Decimal

import pytest

from crm.errors import RowChanged
from crm.models import User
from pipeline.errors import ApplicationRefused, StageMoved
from pipeline.models import Application, Indicator, Quota, Recognition, StageEvent
from pipeline.services.applications import move_application, open_application
from pipeline.services.targets import set_quota
from tests import make
from tests.pipeline import world
from tests.races import at_once

pytestmark = pytest.mark.usefixtures("committed_db")


def test_of_moves_at_once_exactly_one_wins(committed_db, firm, officer):
    application = world.opened(firm, officer)

    def move(transition, note):
        mine, actor = Application.objects.get(pk=application.pk), User.objects.get(pk=officer.pk)
        return lambda: move_application(mine, transition, actor=actor, note=note, version=0)

    results = at_once(*(move("diagnose", "") if n % 2 else move("drop", "重复") for n in range(6)))

    won = [result for result in results if isinstance(result, StageEvent)]
    assert len(won) == 1
    assert [type(result) for result in results if result not in won] == [StageMoved] * 5
    application.refresh_from_db()
    assert (application.version, application.stage) == (1, won[0].to_stage)
    assert StageEvent.objects.filter(application=application).count() == 2


def test_of_certifications_at_once_one_grants_the_title(committed_db, firm, city_officer):
    application = world.at(firm, "filed")

    def certify():
        move_application(Application.objects.get(pk=application.pk), "certify", actor=city_officer)

    results = at_once(certify, certify, certify)

    assert sorted(result is None for result in results) == [False, False, True]
    assert Recognition.objects.count() == 1


def test_one_number_for_two_firms_at_once_goes_to_one(committed_db, firm, other_firm, city_officer):
    ids = [world.at(each, "filed").pk for each in (firm, other_firm)]

    def certify(pk):
        mine = Application.objects.get(pk=pk)
        return lambda: move_application(mine, "certify", actor=city_officer, number="GR202645000001")

    results = at_once(*(certify(pk) for pk in ids))

    assert sorted(isinstance(result, StageEvent) for result in results) == [False, True]
    assert sorted(Application.objects.filter(pk__in=ids).values_list("stage", flat=True)) == ["certified", "filed"]


def test_of_openings_at_once_exactly_one_wins(committed_db, firm, officer):
    results = at_once(*[lambda: open_application(firm, "high_tech", actor=officer)] * 4)

    assert sorted(type(result).__name__ for result in results) == ["Application"] + ["ApplicationRefused"] * 3
    assert all(isinstance(result, Application | ApplicationRefused) for result in results)
    assert Application.objects.count() == StageEvent.objects.count() == 1


def test_of_targets_at_once_one_holds(committed_db, city):
    chief = make.person("chief", city, "lead")
    indicator = Indicator.objects.get(code="high_tech.stock")

    def set_to(target):
        return lambda: set_quota(indicator, city, 2026, target=Decimal(target), document="贵科1号", actor=chief)

    results = at_once(*(set_to(number) for number in (1, 2, 3)))

    assert all(isinstance(result, Quota | RowChanged) for result in results)
    assert Quota.objects.current().count() == 1
