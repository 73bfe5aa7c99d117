"""Every move of every table through its four doors: service, API, board and bulk. Same refusals, same events."""

import html
from datetime import date

import pytest
from django.utils import timezone

from crm.choices import Role
from crm.services.chunks import work_on
from pipeline.errors import PipelineError
from pipeline.material_gate import checklist_for
from pipeline.models import (
    Application,
    ChecklistStart,
    Document,
    Material,
    MaterialFile,
    PolicyEdition,
    Recognition,
    StageEvent,
)
from pipeline.services.applications import move_application
from pipeline.services.bulk import start_bulk_move
from pipeline.workflows import WORKFLOWS
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.whole

MOVES = [(table, step, source) for table in WORKFLOWS.values() for step in table.transitions for source in step.sources]
EACH = pytest.mark.parametrize(
    ("table", "step", "source"), MOVES, ids=[f"{table.programme}:{source}:{step.code}" for table, step, source in MOVES]
)
NOTE = "依据材料"
EDITIONS = {"tech_sme": "CN-2022", "high_tech": "CN-2016", "gazelle": "450000-2022"}  # with a checklist each
NOTHING_SAID = "当前身份无权执行"


def by_service(application, code, person, note):
    try:
        move_application(application, code, actor=person, note=note)
    except PipelineError as error:
        return error.reasons
    return []


def by_api(application, code, person, note):
    given = {"transition": code, "note": note, "version": application.version}
    address = f"/api/v1/applications/{application.pk}/moves/"
    answer = make.logged_in(person).post(address, given, content_type="application/json")
    assert answer.status_code in {200, 409}
    return answer.json().get("reasons", [])


def by_board(application, code, person, note):
    given = {"transition": code, "note": note, "version": application.version}
    address = f"/applications/{application.pk}/move/"
    answer = make.logged_in(person).post(address, given, headers={"HX-Request": "true"})
    if answer.status_code == 204:
        return []
    assert answer.status_code == 409
    return [reason for reason in REASONS_SEEN if reason in html.unescape(answer.content.decode())]


def by_bulk(application, code, person, note):
    row = {"id": application.pk, "version": application.version}
    job = start_bulk_move([row], code, actor=person, note=note)
    work_on(job.pk)
    job.refresh_from_db()
    outcome = job.chunks.get().result["rows"][0]
    assert (job.done, job.refused) == ((1, 0) if outcome["outcome"] == "done" else (0, 1))
    return outcome["reasons"]


DOORS = {"service": by_service, "api": by_api, "board": by_board, "bulk": by_bulk}
REASONS_SEEN: list[str] = []  # what the service said of the same move: a page is searched for these


@pytest.fixture
def at_each_door(county, lead, viewer):
    """An application at the source for each door, of a firm that has nothing yet and no account."""
    county_lead = make.person("county_lead", county, Role.LEAD)
    for programme, code in EDITIONS.items():
        world.published(programme, code)
        ChecklistStart.objects.create(programme=programme, starts_on=date(2020, 1, 1))

    def place(table, source):
        now, stage = timezone.now(), table.stage(source)
        return {
            door: Application.objects.create(
                reference=f"X{number}",
                edition=PolicyEdition.objects.filter(programme=table.programme, code=EDITIONS[table.programme]).get(),
                firm=make.firm(f"{door}号企业", county),
                programme=table.programme,
                workflow_code=table.code,
                year=now.year,
                region=county,
                region_path=county.path,
                stage=source,
                phase=stage.phase,
                stage_since=now,
                opened_at=now,
            )
            for number, door in enumerate(DOORS)
        }

    return place, county_lead


def ask_all(applications, code, person, note):
    """What each door says, the service first: {door: reasons}."""
    said = {}
    for door, application in applications.items():
        said[door] = DOORS[door](application, code, person, note)
        REASONS_SEEN[:] = said["service"]
    return said


def furnish(application):
    """All that any move may ask of an application and its firm."""
    firm = world.with_basics(application.firm)
    for item in checklist_for(application).items:
        for year in item.years_for(application.year):
            paper = Document.objects.create(
                firm=firm, kind=item.kind, file=f"{item.code}.pdf", size=1, uploaded_at=timezone.now()
            )
            place = Material.objects.create(application=application, item=item.code, year=year)
            MaterialFile.objects.create(material=place, document=paper, added_at=timezone.now())
    Recognition.objects.create(
        firm=firm,
        programme="high_tech",
        title="certificate",
        granted_on=date(2020, 1, 1),
        valid_until=date(2099, 1, 1),
        region=firm.region,
        region_path=firm.region_path,
    )


@pytest.mark.django_db
@EACH
def test_every_door_refuses_and_moves_alike(at_each_door, viewer, lead, table, step, source):
    place, county_lead = at_each_door
    applications = place(table, source)

    # Somebody who only reads, then a county's lead: city moves are not theirs.
    for person in (viewer, county_lead):
        note = NOTE if person is viewer else ""
        if person is county_lead and not (step.city or step.note_required or step.facts or step.papers or step.guards):
            continue
        said = ask_all(applications, step.code, person, note)
        assert said["service"]
        assert said == dict.fromkeys(DOORS, said["service"])
        if person is viewer or step.city:
            assert said["service"][0].startswith(f"{NOTHING_SAID}“{step.label}”")
    assert StageEvent.objects.count() == 0
    assert set(Application.objects.values_list("stage", "version")) == {(source, 0)}

    # The city's lead, with nothing given: every need at once.
    wanting = bool(step.note_required) + bool(step.facts) + bool(step.papers) + len(step.guards)
    if wanting:
        said = ask_all(applications, step.code, lead, "")
        assert len(said["service"]) == wanting
        assert said == dict.fromkeys(DOORS, said["service"])
        assert StageEvent.objects.count() == 0

    # With all that is asked for: the same event everywhere.
    for application in applications.values():
        furnish(application)
    assert ask_all(applications, step.code, lead, NOTE) == {door: [] for door in DOORS}
    names = ["version", "transition", "from_stage", "to_stage", "actor", "acted_as", "note", "details"]
    events = list(StageEvent.objects.values(*names))
    assert len(events) == len(DOORS)
    assert all(event == events[0] for event in events)
    expected = {"transition": step.code, "from_stage": source, "to_stage": step.target, "note": NOTE, "version": 1}
    assert events[0].items() >= expected.items()
    phase = table.stage(step.target).phase
    assert set(Application.objects.values_list("stage", "phase", "version")) == {(step.target, phase, 1)}
    titles = Recognition.objects.exclude(application=None)
    assert titles.count() == (len(DOORS) if step.grants else 0)
