from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import ChangeRecord, Contact, Fact, Firm, FormerName, Post, Touch, User
from crm.services import people
from crm.services.facts import record_fact
from crm.services.firms import add_touch, assign_firm, create_firm, move_firm, save_contact, update_firm
from tests import make


def test_a_new_name_keeps_the_old_one(firm, officer):
    changed = update_firm(firm, changes={"name": "平南新智造有限公司"}, actor=officer, reason="更名")

    assert changed == ["name"]
    assert list(FormerName.objects.values_list("name", flat=True)) == ["平南智造科技有限公司"]
    assert Firm.objects.named_like("平南智造").get() == firm
    record = ChangeRecord.objects.get()
    assert (record.field, record.old, record.new, record.actor, record.reason) == (
        "name",
        "平南智造科技有限公司",
        "平南新智造有限公司",
        officer,
        "更名",
    )


def test_a_stale_edit_is_refused_and_loses_nothing(firm, officer):
    mine, theirs = Firm.objects.get(pk=firm.pk), Firm.objects.get(pk=firm.pk)
    update_firm(theirs, changes={"address": "新址"}, actor=officer)

    with pytest.raises(RowChanged):
        update_firm(mine, changes={"address": "旧址"}, actor=officer)

    firm.refresh_from_db()
    assert (firm.address, firm.version, ChangeRecord.objects.count()) == ("新址", 1, 1)


@pytest.mark.parametrize("who", ["viewer", "leader", "other_officer", "firm_user"])
def test_who_only_reads_changes_nothing(who, request, firm):
    person = request.getfixturevalue(who)

    with pytest.raises(NotAllowed):
        update_firm(firm, changes={"address": "x"}, actor=person)
    with pytest.raises(NotAllowed):
        add_touch(firm, kind="note", text="x", actor=person)

    assert (ChangeRecord.objects.count(), Touch.objects.count()) == (0, 0)


def test_a_code_is_taken_once(firm, county):
    with pytest.raises(InvalidInput) as refused:
        create_firm(code=firm.credit_code, name="另一家", region=county, actor=None)

    assert refused.value.reasons == [f"代码 {firm.credit_code} 的企业已在企业库中，请勿重复新增"]


def test_moving_a_firm_needs_a_post_at_both_ends(firm, officer, city_officer, other_county):
    with pytest.raises(NotAllowed):
        move_firm(firm, region=other_county, actor=officer)

    assert move_firm(firm, region=other_county, actor=city_officer)
    assert not move_firm(firm, region=other_county, actor=city_officer)

    firm.refresh_from_db()
    assert (firm.region, firm.region_path) == (other_county, other_county.path)


def test_an_officer_takes_only_firms_that_the_posts_cover(firm, city_officer, other_officer, officer):
    with pytest.raises(InvalidInput):
        assign_firm(firm, officer=other_officer, actor=city_officer)

    assert assign_firm(firm, officer=officer, actor=city_officer)
    assert Firm.objects.get().officer == officer


def test_a_touch_lists_every_reason(firm, officer):
    with pytest.raises(InvalidInput) as refused:
        add_touch(firm, kind="fax", text=" ", actor=officer, on=timezone.localdate() + timedelta(days=1))

    assert refused.value.reasons == ["请写下联系内容", "联系方式“fax”无法识别", "联系日期不能晚于今天"]
    assert Touch.objects.count() == 0


def test_a_contact_is_known_by_name(firm, officer):
    save_contact(firm, name="王五", phone="1", actor=officer)
    save_contact(firm, name="王五", email="w@example.cn", actor=officer)

    assert list(Contact.objects.values_list("name", "phone", "email")) == [("王五", "1", "w@example.cn")]


def fact(firm, actor, **changes):
    given = {"code": "rd_cny", "value": Decimal(386000), "year": 2025, "basis": "high_tech", "source": "declared"}
    return record_fact(firm, actor=actor, **(given | changes))


def test_a_figure_keeps_its_sources_side_by_side_and_replaces_its_own(firm, officer):
    fact(firm, officer)
    fact(firm, officer, source="audit", value=Decimal(400000))
    fact(firm, officer, value=Decimal(390000))

    assert sorted(Fact.objects.values_list("source", "value")) == [("audit", 400000), ("declared", 390000)]
    assert list(ChangeRecord.objects.values_list("old", "new")) == [("386000.0000", "390000")]


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"code": "nonsense"}, ["没有代码为“nonsense”的指标"]),
        ({"year": 1900}, [f"年度 1900 应在 1990 与 {date.today().year} 之间"]),
        ({"basis": "quarterly_6m"}, ["“研发费用”须注明口径：加计扣除口径、高企认定口径、会计口径"]),
        ({"value": Decimal(-1)}, ["“研发费用”不能为负数"]),
        ({"source": "rumour"}, ["来源“rumour”无法识别"]),
        ({"code": "listed"}, ["“已上市”不分年度，请不要填写年度", "“已上市”不分口径"]),
        ({"value": Decimal("NaN")}, ["“研发费用”的数值过大；请核对单位"]),
    ],
)
def test_a_wrong_figure_is_refused_with_every_reason(firm, officer, changes, reasons):
    with pytest.raises(InvalidInput) as refused:
        fact(firm, officer, **changes)

    assert refused.value.reasons == reasons
    assert Fact.objects.count() == 0


def test_a_loss_may_be_negative(firm, officer):
    assert fact(firm, officer, code="profit_cny", basis="", value=Decimal(-5)).value == -5


def test_a_firm_declares_its_own_figures_and_nothing_else(firm, other_firm, firm_user):
    fact(firm, firm_user)

    with pytest.raises(NotAllowed):
        fact(firm, firm_user, source="audit")
    with pytest.raises(NotAllowed):
        fact(other_firm, firm_user)
    assert Fact.objects.count() == 1


def test_history_is_append_only_in_the_database_too(firm, officer):
    update_firm(firm, changes={"address": "新址"}, actor=officer)

    with pytest.raises(TypeError):
        ChangeRecord.objects.update(new="x")
    with pytest.raises(TypeError):
        ChangeRecord.objects.all().delete()
    record = ChangeRecord.objects.get()
    record.new = "x"
    with pytest.raises(DatabaseError), transaction.atomic():
        record.save()
    assert ChangeRecord.objects.get().new == "新址"


def test_a_lead_manages_people_below_and_nobody_above(city, county, lead, officer):
    user = people.add_colleague(
        username="new", name="新人", email="", password="x", region=county, role="officer", actor=lead
    )
    assert Post.objects.get(user=user).region == county

    with pytest.raises(NotAllowed):
        people.add_post(user, region=city, role="admin", actor=officer)
    with pytest.raises(NotAllowed):
        people.remove_post(lead.posts.get(), actor=lead)


def test_a_taken_user_name_adds_neither_account_nor_post(county, lead, officer):
    with pytest.raises(InvalidInput):
        people.add_colleague(
            username="officer", name="新人", email="", password="x", region=county, role="officer", actor=lead
        )

    assert User.objects.filter(name="新人").count() == Post.objects.filter(user__name="新人").count() == 0


def test_a_lead_of_one_county_cannot_close_another_county_account(county, other_officer):
    lead = make.person("county_lead", county, "lead")

    with pytest.raises(NotAllowed):
        people.set_active(other_officer, active=False, actor=lead)
