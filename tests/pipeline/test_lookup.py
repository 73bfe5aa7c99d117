"""The public look-up: the public stage for who knows code and number, and one answer for every miss."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from pipeline.services.applications import open_application
from tests import make
from tests.pipeline import world


@pytest.fixture(autouse=True)
def nobody_asked_before():
    cache.clear()


@pytest.fixture
def filed(firm):
    return world.at(firm, "formal")


@pytest.fixture
def misses(firm, filed, other_firm):
    """Everything that finds nothing: wrong, unreadable, somebody else's, and a lead that the firm is not told of."""
    lead = open_application(other_firm, "tech_sme", actor=None, stage="lead")
    return [
        {"credit_code": other_firm.credit_code, "reference": filed.reference},
        {"credit_code": make.code(), "reference": filed.reference},
        {"credit_code": firm.credit_code, "reference": "HT2026-999999-01"},
        {"credit_code": "不是代码", "reference": filed.reference},
        {"credit_code": firm.credit_code, "reference": "x" * 39},
        {"credit_code": other_firm.credit_code, "reference": lead.reference},
    ]


def api(given):
    return Client().post("/api/v1/lookup/", given, content_type="application/json")


def test_the_public_stage_and_nothing_else(firm, filed):
    answer = api({"credit_code": firm.credit_code.lower(), "reference": f" {filed.reference.lower()} "})

    assert answer.status_code == 200
    assert answer.json() == {
        "programme": "high_tech",
        "programme_label": "高新技术企业",
        "year": filed.year,
        "stage": "形式审查",
        "since": timezone.localdate(filed.stage_since).isoformat(),
    }


def test_every_miss_is_answered_alike(misses):
    malformed = [{}, [], {"credit_code": 5, "reference": None}, {"credit_code": ["a"], "reference": {}}]
    answers = {(answer.status_code, answer.content) for answer in map(api, [*misses, *malformed])}

    assert len(answers) == 1
    status, content = answers.pop()
    assert status == 404
    assert b'"code":"not_found"' in content


def test_a_hit_and_every_miss_cost_the_same(firm, filed, misses, django_assert_num_queries):
    for given in ({"credit_code": firm.credit_code, "reference": filed.reference}, *misses):
        with django_assert_num_queries(1):
            api(given)
        with django_assert_num_queries(1):
            Client().post("/lookup/", given)


def test_the_page_answers_without_a_log_in_a_session_or_an_index(client, firm, filed, misses):
    found = client.post("/lookup/", {"credit_code": firm.credit_code, "reference": filed.reference})
    missed = [client.post("/lookup/", {**given, "credit_code": "", "reference": ""}) for given in misses]

    page = found.content.decode()
    assert "形式审查" in page
    assert firm.name not in page
    assert set(client.cookies) <= {"csrftoken"}
    assert found["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert all("没有查到" in answer.content.decode() for answer in missed)
    assert "/lookup/" in client.get("/accounts/login/").content.decode()


def test_asking_is_limited_on_the_page_and_in_the_api(client, db):
    page = [client.post("/lookup/", {"credit_code": "x", "reference": "y"}).status_code for _ in range(21)]
    programs = [api({"credit_code": "x", "reference": "y"}).status_code for _ in range(21)]

    assert page == [200] * 20 + [429]
    assert programs == [404] * 20 + [429]
