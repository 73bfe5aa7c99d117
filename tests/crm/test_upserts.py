"""Rows by the thousand: what is written is what `bulk_create` would write."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from crm import upserts
from crm.models import Contact, Fact, Firm, Import, ImportRow
from crm.upserts import attributes, upsert
from tests import make

ROW = ["batch", "line", "raw", "outcome", "reasons", "places", "changes", "firm", "decision", "undone", "undo_reasons"]
FACT = ["firm_id", "year", "code", "basis", "source", "value", "evidence", "file", "entered_by_id", "entered_at"]


@pytest.fixture
def batch(county):
    return Import.objects.create(region=county, name="a.csv")


def row(batch, line, **more):
    values = dict(zip(ROW, [batch.pk, line, ["甲", 1], "created", [], [0], {}, None, "", "", []], strict=True))
    return list((values | more).values())


def test_documents_keys_and_nothing_are_kept_as_they_are(batch, firm):
    upsert(ImportRow, ROW, [row(batch, 1, firm=firm.pk, changes={"name": ["甲", None]}), row(batch, 2)], unique=ROW[:2])

    first, second = ImportRow.objects.all()
    assert (first.raw, first.places, first.changes, first.firm) == (["甲", 1], [0], {"name": ["甲", None]}, firm)
    assert (second.reasons, second.changes, second.firm) == ([], {}, None)


def test_a_known_row_is_brought_up_to_date_in_the_named_columns_alone(batch):
    upsert(ImportRow, ROW, [row(batch, 1)], unique=ROW[:2])

    upsert(ImportRow, ROW, [row(batch, 1, raw=[], outcome="updated")], unique=ROW[:2], update=["outcome"])
    upsert(ImportRow, ROW, [row(batch, 1, outcome="refused")], unique=ROW[:2])

    kept = ImportRow.objects.get()
    assert (kept.outcome, kept.raw) == ("updated", ["甲", 1])


def test_figures_days_and_instants_read_back_like_those_of_objects(firm, officer):
    now = timezone.now()
    values = [firm.pk, 2025, "rd_cny", "", "declared", Decimal("1234.5600"), "页", "", officer.pk, now]

    upsert(Fact, FACT, [values], unique=FACT[:5])
    fact = Fact.objects.get()
    upsert(Fact, FACT, attributes(FACT, [fact]), unique=FACT[:5], update=FACT[5:])

    again = Fact.objects.get()
    for kept in (fact, again):
        assert [getattr(kept, name) for name in FACT] == values
    assert not again.file


def test_keys_of_new_and_known_rows_come_back(county):
    known = make.firm("甲公司", county)
    Firm.objects.filter(pk=known.pk).update(registered_on=date(2015, 3, 1))
    known.refresh_from_db()
    names = [field.attname for field in Firm._meta.concrete_fields if not field.primary_key]
    new = Firm(credit_code=make.code(), name="乙公司", name_key="乙公司", region=county, region_path=county.path)
    new.created_at = new.updated_at = timezone.now()

    found = upsert(
        Firm,
        names,
        attributes(names, [known, new]),
        unique=["credit_code"],
        update=["name"],
        returning=["credit_code", "id"],
    )

    assert dict(found) == dict(Firm.objects.values_list("credit_code", "pk"))
    assert Firm.objects.get(pk=known.pk).registered_on == date(2015, 3, 1)


def test_more_rows_than_a_statement_takes_go_in_several(batch, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(upserts, "MOST_VALUES", len(ROW) * 2)

    with django_assert_num_queries(3):
        upsert(ImportRow, ROW, (row(batch, line) for line in range(5)), unique=ROW[:2])

    assert ImportRow.objects.count() == 5
    with django_assert_num_queries(0):
        upsert(Contact, ["firm_id", "name"], [], unique=["firm", "name"])
