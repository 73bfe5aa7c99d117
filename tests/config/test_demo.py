import itertools
from collections import Counter

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import Count as CountOf
from django.utils import timezone

from crm.models import (
    Credential,
    DemoRow,
    DuplicatePair,
    Fact,
    Firm,
    Import,
    IntellectualProperty,
    Leave,
    Task,
    Touch,
    User,
)
from crm.services.people import add_membership
from pipeline.assessment import assess
from pipeline.choices import Bucket, Phase
from pipeline.models import Application, HandOver, Lapse, Quota, Recognition, Round, StageEvent
from pipeline.policy import policy_of
from pipeline.selectors.facts import facts_of
from pipeline.selectors.policies import edition_in_force
from pipeline.services.applications import move_application
from pipeline.services.policies import publish, unpublished
from pipeline.services.undoing import undo_moves
from pipeline.workflows import WORKFLOWS
from tests import make

pytestmark = pytest.mark.whole

CLEARED = (
    Application,
    Credential,
    DemoRow,
    Fact,
    HandOver,
    IntellectualProperty,
    Lapse,
    Leave,
    Quota,
    Recognition,
    Round,
    StageEvent,
    Task,
    Touch,
)
NOVEMBER = "2026-11-23 10:00+08:00"


def demo(**options):
    call_command("demo_city", verbosity=0, **options)


def picture():
    """What the city is made of, without keys."""
    return (
        sorted(Firm.objects.values_list("credit_code", "name")),
        sorted(
            StageEvent.objects.values_list(
                "application__firm__credit_code",
                "application__programme",
                "application__year",
                "version",
                "to_stage",
                "at",
            )
        ),
        sorted(Fact.objects.values_list("firm__credit_code", "year", "code", "basis", "source", "value")),
        sorted(IntellectualProperty.objects.values_list("firm__credit_code", "kind", "number", "in_force")),
        sorted(Touch.objects.values_list("firm__credit_code", "kind", "text", "on", "public", "outcome")),
        sorted(Task.objects.values_list("firm__credit_code", "kind", "title", "due_on", "owner__username", "done_at")),
        sorted(Credential.objects.values_list("firm__credit_code", "kind", "level", "rank")),
        sorted(Quota.objects.values_list("indicator__code", "region__code", "year", "target")),
    )


@pytest.mark.parametrize(
    "day", [NOVEMBER, "2026-02-18 10:00+08:00", "2026-06-10 10:00+08:00", "2027-01-01 10:00+08:00"]
)
def test_any_day_of_the_year_has_a_lawful_city(db, day):
    with time_machine.travel(day, tick=False):
        demo(firms=60)

    lawful = {
        (code, source, step.code, step.target)
        for code, table in WORKFLOWS.items()
        for step in table.transitions
        for source in step.sources
    }
    for application in Application.objects.prefetch_related("events"):
        events = list(application.events.all())
        assert [event.version for event in events] == list(range(len(events)))
        assert events[-1].to_stage == application.stage
        for before, event in itertools.pairwise(events):
            assert (application.workflow_code, before.to_stage, event.transition, event.to_stage) in lawful
        assert [event.at for event in events] == sorted(event.at for event in events)
    assert Application.objects.filter(stage="returned", firm__memberships__user__username="firm").exists()
    assert Firm.objects.count() == 60


@time_machine.travel(NOVEMBER, tick=False)
def test_the_same_seed_makes_the_same_city(db):
    demo(firms=40)
    first = picture()
    demo(clear=True)
    demo(firms=40)

    assert picture() == first


def test_imports_and_doubles_wait_for_somebody(db):
    demo(firms=10)

    assert list(Import.objects.order_by("pk").values_list("state", "counts")) == [
        ("done", {"created": 0, "updated": 8, "unchanged": 0, "pending": 0, "refused": 0}),
        ("checked", {"created": 3, "updated": 1, "unchanged": 0, "pending": 1, "refused": 3}),
    ]
    assert (Firm.objects.count(), DuplicatePair.objects.exists()) == (10, True)
    file = Import.objects.first().file
    demo(clear=True)
    assert (Import.objects.count(), file.storage.exists(file.name)) == (0, False)


@time_machine.travel(NOVEMBER, tick=False)
def test_its_proportions_and_verdicts_are_a_citys(db):
    publish(unpublished(), actor=None)
    demo()

    valid = Recognition.objects.valid_now()
    counts = Counter(valid.values_list("programme", flat=True))
    assert 150 <= counts["tech_sme"] <= 190
    assert 120 <= counts["high_tech"] <= 190
    assert counts["gazelle"] == 3
    assert Firm.objects.count() == 320
    assert Application.objects.in_progress().filter(programme="high_tech").count() >= 40
    assert {"returned", "prep", "formal", "submitted", "filed"} <= set(
        Application.objects.filter(programme="high_tech", year=2026).values_list("stage", flat=True)
    )
    assert not Application.objects.filter(phase=Phase.RECOGNISED, year__lt=2023).exists()
    _has_every_verdict_conflicts_and_estimates()


def _has_every_verdict_conflicts_and_estimates():
    firms, today = list(Firm.objects.all()), timezone.localdate()

    facts = facts_of(firms, on=today)
    buckets, clear = Counter(), Counter()
    for programme in ("tech_sme", "high_tech"):
        policy = policy_of(edition_in_force(programme, firms[0].region_path, today))
        for firm in firms:
            document = assess(policy, facts[firm.pk], today)
            buckets[document.bucket] += 1
            clear[programme] += document.verdict != "unknown"

    assert set(buckets) == set(Bucket)
    assert all(0.5 <= clear[programme] / len(firms) <= 0.7 for programme in clear)
    doubles = Fact.objects.values("firm", "year", "code", "basis").annotate(n=CountOf("pk")).filter(n__gt=1).count()
    assert 40 <= doubles <= 200
    assert 10 <= Fact.objects.filter(source="estimate").exclude(code__startswith="expert").count() <= 60
    assert IntellectualProperty.objects.filter(in_force=False).exists()
    assert len(set(Credential.objects.values_list("kind", flat=True))) >= 4


@time_machine.travel(NOVEMBER, tick=False)
def test_clear_removes_only_the_demonstration(county):
    officer = make.person("own_officer", county, "officer")
    own = make.firm("自己的企业", county)
    demo(firms=40)
    demo_user = User.objects.get(username="firm")
    add_membership(demo_user, own, actor=officer)
    application = Application.objects.filter(programme="high_tech", stage="formal")[0]
    move_application(application, "recommend", actor=None)
    undo_moves(application, first=application.version, last=application.version, actor=None, reason="x")

    demo(clear=True)

    assert list(Firm.objects.all()) == [own]
    assert list(User.objects.all()) == [officer]
    assert [model.objects.count() for model in CLEARED] == [0] * len(CLEARED)


@time_machine.travel(NOVEMBER, tick=False)
def test_a_second_run_changes_nothing(db):
    demo(firms=40)
    before = picture()

    demo(firms=40)

    assert picture() == before
