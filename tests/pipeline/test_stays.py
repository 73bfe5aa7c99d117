"""How long applications usually rest in a stage."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from pipeline.models import Application, StageEvent, UndoneMove
from pipeline.selectors.stays import Usual, compiled_stays, quantile, usual_stays
from pipeline.services.applications import move_application
from pipeline.services.metrics import compile_metrics
from tests import make
from tests.pipeline import world

NOW = timezone.make_aware(datetime(2026, 11, 25, 12))


@pytest.mark.parametrize(
    ("lengths", "share", "days"),
    [([7], 0.5, 7), ([1, 2, 3], 0.5, 2), ([1, 2, 3, 4], 0.5, 2), (range(1, 11), 0.9, 9), ([0, 0, 0, 90], 0.9, 90)],
)
def test_a_quantile_is_a_length_that_occurred(lengths, share, days):
    assert quantile(list(lengths), share) == days


def rested(county, days, *, ended=NOW):
    """A firm whose application rested so many days in its first stage, then moved on."""
    owner = make.firm(f"停留{days}天{ended:%Y}企业", county)
    application = world.opened(owner, None, at=ended - timedelta(days=days))
    move_application(application, "diagnose", actor=None, note="已辅导", at=ended)
    return application


@pytest.mark.django_db
def test_five_finished_stays_are_needed_and_old_ones_do_not_count(county):
    rested(county, 400, ended=NOW - timedelta(days=365 * 4))
    for days in (2, 4, 6, 8):
        rested(county, days)
    assert usual_stays(NOW.date()) == {}

    rested(county, 30)

    assert usual_stays(NOW.date()) == {"high_tech": {"library": Usual(6, 30, 5)}}
    assert usual_stays(NOW.date() - timedelta(days=1)) == {}, "what had not happened by then is unknown"


@pytest.mark.django_db
def test_the_board_says_what_is_usual_and_which_card_rests_longer(client, county, officer, firm):
    for days in (2, 4, 6, 8, 30):
        rested(county, days, ended=timezone.now())
    compile_metrics()
    waiting = world.opened(firm, officer)
    client.force_login(officer)
    assert compiled_stays("high_tech")["library"] == Usual(6, 30, 5)

    page = client.get("/board/high_tech/").content.decode()
    assert "通常 6 天，九成不超过 30 天（近三年 5 例）" in page
    assert "久于通常" not in page

    Application.objects.filter(pk=waiting.pk).update(stage_since=timezone.now() - timedelta(days=31))
    assert "久于通常" in client.get("/board/high_tech/").content.decode()


@pytest.mark.django_db
def test_a_move_that_was_taken_back_is_no_stay(county):
    for number, days in enumerate((2, 4, 6, 8, 30)):
        application = rested(county, days)
        if number == 0:
            last = application.events.order_by("version").last()
            undo = StageEvent.objects.create(
                application=application,
                version=last.version + 1,
                transition="undo",
                from_stage="diagnose",
                to_stage="library",
                acted_as="system",
                details={"undoes": [last.version]},
                at=NOW,
            )
            UndoneMove.objects.create(event=last, by=undo)
    assert usual_stays(NOW.date()) == {}
