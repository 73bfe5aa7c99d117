"""Titles that an official list ends: the same history and document as one that a lead revokes by hand."""

from datetime import date

import pytest

from crm.models import ChangeRecord
from pipeline.services.recognitions import record_recognition
from tests.pipeline import lists

DAY = date(2026, 11, 2)


@pytest.fixture(autouse=True)
def in_november(time_machine):
    time_machine.move_to("2026-11-25 10:00+08:00", tick=True)


def history(title):
    rows = ChangeRecord.objects.filter(object_type="pipeline.recognition", object_id=str(title.pk)).order_by("pk")
    return list(rows.values_list("field", "old", "new", "actor__username", "region_path"))


def test_a_title_ended_by_a_list_says_by_which_document_and_keeps_its_history(firm, city, lead):
    given = {"programme": "tech_sme", "title": "registration", "granted_on": date(2026, 7, 1), "number": "X"}
    title = record_recognition(firm, actor=None, **given)
    found = lists.uploaded(lists.one_line(firm), actor=lead, region=city, type="tech_sme:revoked")

    lists.confirmed(found, lead)

    title.refresh_from_db()
    assert (title.ended_on, title.end_document) == (DAY, "桂科发〔2026〕1号")
    ended = [
        ("ended_on", "", "2026-11-02", "lead", firm.region_path),
        ("end_document", "", "桂科发〔2026〕1号", "lead", firm.region_path),
    ]
    assert history(title) == ended

    lists.undone(found, lead)

    title.refresh_from_db()
    assert (title.ended_on, title.end_reason, title.end_document) == (None, "", "")
    back = [
        ("ended_on", "2026-11-02", "", "lead", firm.region_path),
        ("end_document", "桂科发〔2026〕1号", "", "lead", firm.region_path),
    ]
    assert history(title) == ended + back
