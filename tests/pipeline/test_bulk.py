"""Many moves at once: the same rules as one, an outcome for each, nothing half done."""

import pytest
from django.urls import reverse

from crm.errors import InvalidInput
from crm.models import Job
from crm.selectors.jobs import outcomes
from crm.services import chunks
from notifications.models import Message
from pipeline.errors import UnknownTransition
from pipeline.models import Application, Recognition, StageEvent
from pipeline.services.applications import move_application
from pipeline.services.bulk import offers, start_bulk_move
from tests import make
from tests.pipeline import world


@pytest.fixture
def five(county, officer):
    """Five high-tech applications at the city's formal review."""
    firms = [make.firm(f"平南第{number}新材料有限公司", county) for number in range(5)]
    return [world.at(firm, "formal", officer=officer) for firm in firms]


def rows(applications):
    return [{"id": application.pk, "version": application.version} for application in applications]


def done(job):
    chunks.run(job.pk)
    job.refresh_from_db()
    return job


def stages(applications):
    return list(
        Application.objects.filter(pk__in=[row.pk for row in applications])
        .order_by("pk")
        .values_list("stage", flat=True)
    )


def test_every_row_is_moved_with_an_event_of_its_own(five, city_officer):
    before = StageEvent.objects.count()

    job = done(start_bulk_move(rows(five), "recommend", actor=city_officer))

    assert (job.state, job.done, job.refused) == ("done", 5, 0)
    assert job.result == {"done": 5, "refused": 0, "refused_ids": []}
    assert stages(five) == ["recommended"] * 5
    moved = StageEvent.objects.order_by("-pk")[:5]
    assert {(event.transition, event.actor) for event in moved} == {("recommend", city_officer)}
    assert StageEvent.objects.count() == before + 5


def test_refused_rows_say_why_and_the_others_move(five, city_officer, lead):
    move_application(five[1], "recommend", actor=city_officer)
    chosen = rows(five)
    chosen[1]["version"] -= 1  # as it was seen before the move
    chosen[2]["version"] += 7

    job = done(start_bulk_move(chosen, "recommend", actor=city_officer))

    told = {row["id"]: row["reasons"] for row in outcomes(job).rows}
    assert (job.done, job.refused) == (3, 2)
    assert told == {
        five[0].pk: [],
        five[1].pk: ["该申请的阶段刚被他人更改，请刷新后再试"],
        five[2].pk: ["该申请的阶段刚被他人更改，请刷新后再试"],
        five[3].pk: [],
        five[4].pk: [],
    }
    assert job.result["refused_ids"] == [five[1].pk, five[2].pk]


def test_a_bulk_refusal_is_the_refusal_of_one_move(five, officer):
    job = done(start_bulk_move(rows(five), "return_for_correction", actor=officer))

    with pytest.raises(Exception) as one:
        move_application(five[0], "return_for_correction", actor=officer)
    assert [row["reasons"] for row in outcomes(job).rows] == [one.value.reasons] * 5
    assert stages(five) == ["formal"] * 5


def test_rows_outside_the_scope_are_not_told_apart_from_none(five, other_officer):
    job = done(start_bulk_move([*rows(five), {"id": 999_999, "version": 0}], "recommend", actor=other_officer))

    assert job.refused == 6
    assert {(row["firm"], *row["reasons"]) for row in outcomes(job).rows} == {("", "没有这件申报，或不在您的辖区内")}


def test_a_job_run_twice_moves_nothing_twice(five, city_officer):
    job = done(start_bulk_move(rows(five), "recommend", actor=city_officer))
    events = StageEvent.objects.count()

    done(job)

    assert StageEvent.objects.count() == events


def test_the_same_row_chosen_twice_moves_once(five, city_officer):
    job = done(start_bulk_move([*rows(five), *rows(five)], "recommend", actor=city_officer))

    assert (job.total, job.done, job.refused) == (5, 5, 0)


def test_an_empty_or_unknown_choice_starts_nothing(five, city_officer):
    with pytest.raises(InvalidInput) as empty:
        start_bulk_move([], "recommend", actor=city_officer)
    with pytest.raises(UnknownTransition):
        start_bulk_move(rows(five), "fly", actor=city_officer)

    assert empty.value.reasons == ["没有选择任何申报；请先勾选要办理的申报"]
    assert Job.objects.count() == 0


def test_a_grant_in_bulk_shares_its_document_and_keeps_own_numbers(county, officer, city_officer):
    firms = [make.firm(f"平南第{number}新材料有限公司", county) for number in range(2)]
    filed = [world.at(firm, "filed", officer=officer) for firm in firms]
    chosen = [row | {"number": f"GR20264500000{n}"} for n, row in enumerate(rows(filed))]

    job = done(start_bulk_move(chosen, "certify", actor=city_officer, document="桂科发〔2026〕1号"))

    assert (job.done, job.refused) == (2, 0)
    granted = Recognition.objects.order_by("number").values_list("number", "document")
    assert list(granted) == [("GR202645000000", "桂科发〔2026〕1号"), ("GR202645000001", "桂科发〔2026〕1号")]


def test_one_mail_a_firm_as_with_single_moves(five, firm_user, city_officer):
    before = Message.objects.count()

    done(start_bulk_move(rows(five), "return_for_correction", actor=city_officer, note="补材料"))
    in_bulk = Message.objects.count() - before
    single = world.at(make.firm("平南单件有限公司", five[0].region), "formal")
    before = Message.objects.count()
    move_application(single, "return_for_correction", actor=city_officer, note="补材料")

    assert in_bulk == 5 * (Message.objects.count() - before)


def test_parts_of_fifty_are_told_some_at_a_time(five, city_officer, monkeypatch):
    monkeypatch.setattr("pipeline.services.bulk.PART", 1)
    job = done(start_bulk_move(rows(five), "recommend", actor=city_officer))

    first = outcomes(job, parts=2)
    last = outcomes(job, after=3)

    assert ([row["id"] for row in first.rows], first.after) == ([five[0].pk, five[1].pk], 1)
    assert ([row["id"] for row in last.rows], last.after) == ([five[4].pk], None)
    assert outcomes(job, outcome="refused").rows == []


def test_offers_say_for_how_many_and_whom_they_mail(five, firm, officer, city_officer):
    library = world.opened(firm, officer)

    found = {offer.code: (offer.able, offer.mailed) for offer in offers([*five, library], city_officer)}

    assert found["recommend"] == (5, 0)
    assert found["return_for_correction"] == (5, 5)
    assert found["diagnose"] == (1, 0)
    assert "reject" not in found  # kept for the lead


# Pages and API --------------------------------------------------------------------------------------------------------


def test_the_api_answers_with_a_job_and_its_outcomes(client, five, city_officer):
    client.force_login(city_officer)
    body = {"transition": "recommend", "note": "", "applications": rows(five[:2])}

    answer = client.post("/api/v1/moves/bulk/", body, content_type="application/json")
    done(Job.objects.get())

    assert answer.status_code == 202
    job = client.get(f"/api/v1/jobs/{answer.json()['job']}/").json()
    assert (job["state"], job["done"], job["refused"]) == ("done", 2, 0)
    told = client.get(f"/api/v1/jobs/{answer.json()['job']}/outcomes/").json()
    assert [(row["id"], row["outcome"]) for row in told["rows"]] == [(five[0].pk, "done"), (five[1].pk, "done")]
    assert told["after"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"transition": "recommend"}, "applications"),
        ({"transition": "recommend", "applications": [{"id": 1}]}, "applications.0.version"),
        ({"transition": "recommend", "applications": [{"id": "x", "version": 0}]}, "applications.0.id"),
        ({"applications": [{"id": 1, "version": 0}]}, "transition"),
    ],
)
def test_a_malformed_bulk_move_names_the_field(client, city_officer, body, field):
    client.force_login(city_officer)

    answer = client.post("/api/v1/moves/bulk/", body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert field in answer.json()["errors"]
    assert Job.objects.count() == 0


def test_the_sheet_offers_moves_and_starts_the_job(client, five, city_officer):
    client.force_login(city_officer)
    boxes = [f"{row.pk}:{row.version}" for row in five]

    sheet = client.post(reverse("bulk_move"), {"row": boxes}).content.decode()
    started = client.post(reverse("bulk_move"), {"rows": ",".join(boxes), "transition": "recommend"})

    assert "已选 5 件" in sheet
    assert "5 件中 5 件可以" in sheet
    job = Job.objects.get()
    assert started["Location"] == f"/jobs/{job.pk}/"
    assert "已处理 5，拒绝 0" in client.get(f"/jobs/{done(job).pk}/").content.decode()


def test_the_list_has_a_box_for_each_row_and_a_button_for_all_of_them(client, five, city_officer, leader):
    client.force_login(city_officer)
    page = client.get("/applications/?stage=formal").content.decode()

    assert 'action="/applications/bulk/?stage=formal"' in page
    assert all(f'value="{row.pk}:{row.version}"' in page for row in five)

    client.force_login(leader)  # who reads and moves nothing
    assert "/applications/bulk/" not in client.get("/applications/").content.decode()


def test_a_whole_result_is_chosen_by_its_filter(client, five, firm, officer, city_officer):
    world.opened(firm, officer)
    client.force_login(city_officer)

    sheet = client.post(reverse("bulk_move") + "?stage=formal", {"everything": "1"}).content.decode()

    assert "已选 5 件" in sheet


def test_refused_rows_can_be_chosen_again_as_they_are_now(client, five, city_officer):
    chosen = rows(five)
    chosen[0]["version"] += 1
    job = done(start_bulk_move(chosen, "recommend", actor=city_officer))
    client.force_login(city_officer)

    report = client.get(f"/jobs/{job.pk}/").content.decode()
    again = client.get(reverse("bulk_move") + f"?job={job.pk}").content.decode()

    assert "该申请的阶段刚被他人更改" in report
    assert f"?job={job.pk}" in report
    assert "已选 1 件" in again
    assert f'value="{five[0].pk}:{five[0].version}"' in again


@pytest.mark.parametrize("garbage", [{}, {"row": "x"}, {"rows": "1:2:3,,"}, {"row": "1"}, {"transition": "recommend"}])
def test_a_garbled_choice_is_no_choice(client, city_officer, garbage):
    client.force_login(city_officer)

    answer = client.post(reverse("bulk_move"), garbage)

    assert "没有选择任何申报" in answer.content.decode()
    assert Job.objects.count() == 0


@pytest.mark.parametrize("number", [1, 3])
def test_the_sheet_costs_the_same_for_one_row_and_for_three(
    client, five, city_officer, django_assert_num_queries, number
):
    client.force_login(city_officer)
    boxes = [f"{row.pk}:{row.version}" for row in five[:number]]

    with django_assert_num_queries(7):
        client.post(reverse("bulk_move"), {"row": boxes})
