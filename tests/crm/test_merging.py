"""Two rows of one firm become one, with everything attached, and two again within 30 days."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone

from crm.choices import FirmStatus, RightKind
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import (
    ChangeRecord,
    Credential,
    Fact,
    Firm,
    FormerName,
    IntellectualProperty,
    Mandate,
    Membership,
    Merge,
    Touch,
)
from crm.relations import RELATIONS, Fate, model_of
from crm.selectors.merging import merge_preview, successor_of
from crm.services.firms import save_contact, update_firm
from crm.services.invitations import invite
from crm.services.merging import merge_firms, unmerge
from crm.services.registrations import ask_for_account
from crm.services.tags import make_tag, tag_firm
from pipeline.models import Application, Document, Recognition, Shortlist
from tests import make
from tests.pipeline import world
from tests.races import at_once


def figure(firm, value, code="employees", year=2024):
    return Fact.objects.create(firm=firm, year=year, code=code, basis="", source="declared", value=value)


@pytest.fixture
def double(other_county):
    """The same firm once more, under the code that it had before, in the wrong county."""
    return make.firm("平南智造（广西）科技有限公司", other_county, address="工业大道 1 号")


@pytest.fixture
def attached(firm, double, officer, city):
    """One row and more of every kind that can belong to a firm: of the double, and the same kinds of the firm."""
    world.at(double, "formal")
    held = Recognition.objects.create(
        firm=double, programme="tech_sme", title="registration", number="2024450821A8000001",
        granted_on=date(2024, 6, 1), region=double.region, region_path=double.region_path,
    )  # fmt: skip
    figure(double, 90)
    figure(firm, 80)
    figure(double, 5, "tech_staff")
    save_contact(double, name="周文澜", phone="13900000001", actor=None)
    save_contact(firm, name="周文澜", phone="13900000002", actor=None)
    save_contact(double, name="莫清扬", phone="13900000003", actor=None)
    IntellectualProperty.objects.create(firm=double, kind=RightKind.INVENTION, number="ZL1")
    IntellectualProperty.objects.create(firm=firm, kind=RightKind.INVENTION, number="ZL1")
    Credential.objects.create(firm=double, kind="rd_institution", name="研究院")
    FormerName.objects.create(firm=double, name="老名", name_key="老名")
    Touch.objects.create(firm=double, text="电话", on=date(2026, 1, 1), actor=officer)
    make.firm_person("their", double)
    ends = timezone.localdate() + timedelta(days=30)
    Mandate.objects.create(
        firm=double, agent=make.person("agent1"), name="代理", starts_on=timezone.localdate(), ends_on=ends
    )
    invite(double, email="new@example.cn", name="新", actor=None)
    ask_for_account(code=double.credit_code, firm_name="x", name="x", phone="1", email="x@example.cn")
    Document.objects.create(
        firm=double,
        kind="registration",
        label="执照",
        file=ContentFile(b"x", "x.pdf"),
        size=1,
        uploaded_at=timezone.now(),
    )
    shortlist = Shortlist.objects.create(
        name="名单", programme="tech_sme", edition=world.published(), region=city, region_path=city.path, author=officer
    )
    shortlist.firms.add(double)
    tag_firm(double, make_tag("重点培育", region=city, actor=None), actor=None)
    return held


def of(firm, label):
    relation = RELATIONS[label]
    return set(model_of(label)._default_manager.filter(**{relation.link: firm}).values_list("pk", flat=True))


def everything_of(firm):
    """{relation: keys} of all rows that move, and the contents that can be exchanged."""
    moving = [label for label, relation in RELATIONS.items() if relation.fate != Fate.STAY]
    keys = {label: of(firm, label) for label in moving}
    contents = {
        label: sorted(model_of(label)._default_manager.filter(firm=firm).values_list("pk", *relation.contents))
        for label, relation in RELATIONS.items()
        if relation.contents
    }
    return keys, contents


def test_every_foreign_key_to_a_firm_is_known_to_the_merge():
    fields = Firm._meta.get_fields(include_hidden=True)
    links = [field for field in fields if field.auto_created and not field.concrete and not field.many_to_many]

    assert {link.related_model._meta.label_lower for link in links} == set(RELATIONS)


def test_a_merge_moves_everything_and_taking_it_back_restores_it(firm, double, attached, lead):
    before = {one: everything_of(one) for one in (firm, double)}
    fields = Firm.objects.filter(pk__in=[firm.pk, double.pk]).order_by("pk")
    stated = list(fields.values("name", "address", "region", "region_path", "status", "officer"))

    merge = merge_firms(Firm.objects.get(pk=firm.pk), Firm.objects.get(pk=double.pk), actor=lead, reason="换证")

    left = {label for label, keys in everything_of(double)[0].items() if keys}
    assert left == {"crm.fact", "crm.contact", "crm.intellectualproperty"}  # what the kept firm had already
    assert of(firm, "pipeline.application") and of(firm, "crm.membership") and of(firm, "pipeline.shortlist_firms")
    assert set(merge.moved) == {
        label for label, keys in before[double][0].items() if keys - (everything_of(double)[0][label])
    }
    double.refresh_from_db()
    firm.refresh_from_db()
    assert (double.merged_into, double.status) == (firm, FirmStatus.MERGED)
    assert firm.address == "工业大道 1 号"  # where only one says it, nothing needs choosing
    assert Application.objects.get().region_path == firm.region_path
    assert successor_of(double.credit_code) == firm
    assert set(firm.former_names.values_list("name", flat=True)) == {"老名", double.name}

    unmerge(Merge.objects.get(), actor=lead)

    assert {one: everything_of(one) for one in (firm, double)} == before
    assert list(fields.values("name", "address", "region", "region_path", "status", "officer")) == stated
    assert successor_of(double.credit_code) is None


def test_what_two_firms_say_differently_is_shown_in_words(firm, double, lead):
    for one, capital, spent in ((firm, 5_000_000, 470_900), (double, 2_005_000, 0)):
        Firm.objects.filter(pk=one.pk).update(capital_amount=capital, registered_on=date(2020, 5, 1 + one.pk % 2))
        said = {"year": 2025, "code": "rd_cny", "source": "declared", "entered_by": None}
        Fact.objects.create(firm=one, basis="high_tech", value=spent, **said)
        Fact.objects.create(firm=one, basis="accounting", value=spent + 1, **said)
    firm.refresh_from_db()
    double.refresh_from_db()

    preview = merge_preview(firm, double)

    fields = {clash.label: clash.words for clash in preview.fields}
    assert fields["注册资本"] == ("500 万", "200.5 万")
    assert all(words.startswith("2020年5月") for words in fields["成立日期"])
    assert [(clash.what, clash.words) for clash in preview.choices] == [
        ("2025 · 研发费用 · 高企认定口径（企业申报）", ("47.09 万元", "0 万元")),
        ("2025 · 研发费用 · 会计口径（企业申报）", ("47.0901 万元", "0.0001 万元")),
    ]


def test_what_two_rows_say_differently_is_chosen(firm, double, lead):
    figure(firm, 80)
    figure(double, 90)
    preview = merge_preview(firm, double)

    merge_firms(firm, double, actor=lead, take={preview.choices[0].key, "field:name"})

    firm.refresh_from_db()
    assert [(clash.kept, clash.other) for clash in preview.choices] == [(Decimal(80), Decimal(90))]
    assert Fact.objects.get(firm=firm).value == 90
    assert firm.name == "平南智造（广西）科技有限公司"
    assert list(firm.former_names.values_list("name", flat=True)) == ["平南智造科技有限公司"]
    assert ChangeRecord.objects.filter(object_id=str(firm.pk), field="name").count() == 1

    unmerge(Merge.objects.get(), actor=lead)

    firm.refresh_from_db()
    assert (firm.name, Fact.objects.get(firm=firm).value) == ("平南智造科技有限公司", Decimal(80))
    assert not firm.former_names.exists()


def test_a_value_that_somebody_changed_since_stays_when_a_merge_is_taken_back(firm, double, lead):
    merge = merge_firms(firm, double, actor=lead)
    update_firm(firm, changes={"address": "新址"}, actor=lead)

    unmerge(merge, actor=lead)

    firm.refresh_from_db()
    assert firm.address == "新址"


def test_two_running_applications_of_a_year_refuse_the_merge_and_change_nothing(firm, double, lead):
    world.at(firm, "formal")
    world.at(double, "prep")
    version = Firm.objects.get(pk=firm.pk).version

    with pytest.raises(InvalidInput) as refused:
        merge_firms(Firm.objects.get(pk=firm.pk), Firm.objects.get(pk=double.pk), actor=lead)

    assert len(refused.value.reasons) == 1
    assert "请先结束或更正其中一条" in refused.value.reasons[0]
    assert (Merge.objects.count(), Firm.objects.get(pk=firm.pk).version) == (0, version)


@pytest.mark.parametrize("who", ["officer", "viewer", "leader", "firm_user"])
def test_only_a_lead_or_administrator_of_both_counties_merges(who, firm, double, request):
    with pytest.raises(NotAllowed):
        merge_firms(firm, double, actor=request.getfixturevalue(who))

    assert not Merge.objects.exists()


def test_a_firm_is_not_merged_into_itself(firm, lead):
    with pytest.raises(InvalidInput):
        merge_firms(firm, firm, actor=lead)


def test_after_thirty_days_a_merge_stands(firm, double, lead):
    merge = merge_firms(firm, double, actor=lead)

    with time_machine.travel(timezone.now() + timedelta(days=31)), pytest.raises(InvalidInput):
        unmerge(merge, actor=lead)

    assert Firm.objects.get(pk=double.pk).merged_into == firm


def test_two_officers_merging_the_same_pair_at_once_merge_it_once(committed_db, firm, double, lead, admin):
    def by(actor):
        try:
            merge_firms(Firm.objects.get(pk=firm.pk), Firm.objects.get(pk=double.pk), actor=actor)
        except RowChanged:
            return "late"
        return "merged"

    results = at_once(lambda: by(lead), lambda: by(admin))

    assert sorted(results) == ["late", "merged"]
    assert Merge.objects.count() == 1


def test_two_merging_the_pair_both_ways_at_once_keep_one_firm(committed_db, firm, double, lead, admin):
    def by(actor, kept, other):
        try:
            merge_firms(Firm.objects.get(pk=kept.pk), Firm.objects.get(pk=other.pk), actor=actor)
        except RowChanged:
            return "late"
        return "merged"

    results = at_once(lambda: by(lead, firm, double), lambda: by(admin, double, firm))

    assert sorted(results) == ["late", "merged"]
    assert Firm.objects.standing().count() == 1


def test_a_merged_firm_is_nowhere_and_its_address_leads_on(client, firm, double, lead):
    merge_firms(firm, double, actor=lead)
    client.force_login(lead)

    listed = client.get("/firms/").content.decode()
    answer = client.get(f"/firms/{double.credit_code}/")

    assert (answer.status_code, answer["Location"]) == (302, f"/firms/{firm.credit_code}/")
    assert double.credit_code not in listed
    assert [one["credit_code"] for one in client.get("/api/v1/firms/").json()["results"]] == [firm.credit_code]


def test_the_people_of_a_merged_firm_see_the_kept_one(client, firm, double, lead):
    user = make.firm_person("their", double)
    application = world.at(double, "formal")
    merge_firms(firm, double, actor=lead)
    client.force_login(user)

    assert Membership.objects.get().firm == firm
    assert client.get(f"/portal/applications/{application.pk}/").status_code == 200
