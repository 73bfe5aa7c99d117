"""Two officers edit one firm: nothing typed is lost, and where both changed a field somebody chooses."""

import pytest

from crm.conflicts import Clash, Reconciled, reconcile
from crm.models import ChangeRecord, Contact, Firm
from crm.services.firms import update_contact, update_firm


@pytest.fixture
def as_officer(client, officer):
    client.force_login(officer)
    return client


@pytest.mark.parametrize(
    ("original", "current", "mine", "found"),
    [
        ("a", "a", "a", Reconciled({}, (), ())),
        ("a", "a", "b", Reconciled({"x": "b"}, (), ())),
        ("a", "c", "a", Reconciled({}, (), ("x",))),
        ("a", "c", "c", Reconciled({}, (), ("x",))),
        ("a", "c", "b", Reconciled({}, (Clash("x", "a", "c", "b"),), ())),
    ],
)
def test_what_becomes_of_one_field(original, current, mine, found):
    assert reconcile({"x": original}, {"x": current}, {"x": mine}) == found


def opened(client, firm):
    """What the form holds when it is opened, as the browser sends it."""
    form = client.get(f"/firms/{firm.credit_code}/edit/").context["form"]
    return {name: "" if form[name].value() is None else str(form[name].value()) for name in form.fields}


def save(client, firm, given):
    return client.post(f"/firms/{firm.credit_code}/edit/", given)


def test_an_edit_is_kept_with_its_reason(as_officer, firm, officer):
    given = opened(as_officer, firm) | {"address": "工业大道 1 号", "reason": "来函", "registered_on": "2020-05-06"}

    assert save(as_officer, firm, given).status_code == 302

    firm.refresh_from_db()
    assert (firm.address, str(firm.registered_on), firm.version) == ("工业大道 1 号", "2020-05-06", 1)
    assert {(row.field, row.actor, row.reason) for row in ChangeRecord.objects.all()} == {
        ("address", officer, "来函"), ("registered_on", officer, "来函"),
    }  # fmt: skip


def test_two_who_change_different_fields_both_keep_theirs(as_officer, firm, city_officer):
    given = opened(as_officer, firm) | {"address": "工业大道 1 号"}
    update_firm(Firm.objects.get(pk=firm.pk), changes={"firm_type": "有限责任公司"}, actor=city_officer)

    page = as_officer.post(f"/firms/{firm.credit_code}/edit/", given, follow=True).content.decode()

    firm.refresh_from_db()
    assert (firm.address, firm.firm_type) == ("工业大道 1 号", "有限责任公司")
    assert "同时他人刚改过：企业类型，均已保留" in page


@pytest.mark.parametrize(("choice", "address"), [("mine", "我的址"), ("current", "他的址"), ("original", "")])
def test_one_field_changed_by_two_is_chosen_and_nothing_else_is_lost(as_officer, firm, city_officer, choice, address):
    given = opened(as_officer, firm) | {"address": "我的址", "firm_type": "有限责任公司"}
    update_firm(Firm.objects.get(pk=firm.pk), changes={"address": "他的址"}, actor=city_officer)

    chooser = save(as_officer, firm, given)

    page = chooser.content.decode()
    assert (chooser.status_code, Firm.objects.get().address, Firm.objects.get().firm_type) == (409, "他的址", "")
    assert all(word in page for word in ("我填的", "现在的", "原来的", "我的址", "他的址", "有限责任公司"))
    answer = given | {"choice-address": choice, "beside-address": "他的址"}
    assert save(as_officer, firm, answer).status_code == 302
    firm.refresh_from_db()
    assert (firm.address, firm.firm_type) == (address, "有限责任公司")


def test_a_choice_against_a_value_that_has_changed_again_is_asked_anew(as_officer, firm, city_officer):
    given = opened(as_officer, firm) | {"address": "我的址", "choice-address": "mine", "beside-address": "他的址"}
    update_firm(Firm.objects.get(pk=firm.pk), changes={"address": "又一处"}, actor=city_officer)

    page = save(as_officer, firm, given)

    assert (page.status_code, Firm.objects.get().address) == (409, "又一处")
    assert "又一处" in page.content.decode()


def test_a_wrong_value_is_refused_with_every_reason(as_officer, firm):
    given = opened(as_officer, firm) | {"name": "", "industry": "3612X"}

    page = save(as_officer, firm, given)

    assert (page.status_code, Firm.objects.get().name) == (409, "平南智造科技有限公司")
    assert "行业代码应为一个字母加 2–4 位数字" in page.content.decode()
    assert len(page.context["form"].errors) == 2


@pytest.mark.parametrize("seal", ["", "x", "e30:1abc:xyz"])
def test_a_form_without_its_seal_is_out_of_date(as_officer, firm, seal):
    page = save(as_officer, firm, opened(as_officer, firm) | {"seen": seal, "address": "x"})

    assert (page.status_code, Firm.objects.get().address) == (409, "")


def test_who_only_reads_has_no_such_form(client, viewer, firm):
    client.force_login(viewer)

    assert client.get(f"/firms/{firm.credit_code}/edit/").status_code == 404
    assert save(client, firm, {"name": "x"}).status_code == 404
    assert Firm.objects.get().name == "平南智造科技有限公司"


def test_a_contact_changed_by_two_is_chosen(as_officer, firm, officer):
    contact = Contact.objects.create(firm=firm, name="王五", phone="1")
    address = f"/firms/{firm.credit_code}/contact/{contact.pk}/"
    form = as_officer.get(address).context["form"]
    given = {"seen": form.initial["seen"], "name": "王五", "phone": "3", "title": "财务总监", "email": ""}
    seen = {"name": "王五", "phone": "1"}
    update_contact(contact, changes={"phone": "2"}, seen=seen, actor=officer)

    chooser = as_officer.post(address, given)
    done = as_officer.post(address, given | {"choice-phone": "current", "beside-phone": "2"})

    contact.refresh_from_db()
    assert (chooser.status_code, done.status_code) == (409, 302)
    assert (contact.phone, contact.title) == ("2", "财务总监")


def test_two_contacts_of_one_name_are_refused(as_officer, firm):
    Contact.objects.create(firm=firm, name="李四")
    contact = Contact.objects.create(firm=firm, name="王五")
    address = f"/firms/{firm.credit_code}/contact/{contact.pk}/"
    seen = as_officer.get(address).context["form"].initial["seen"]

    page = as_officer.post(address, {"seen": seen, "name": "李四", "phone": "", "title": "", "email": ""})

    assert page.status_code == 409
    assert "该企业已有名为 李四 的联系人" in page.content.decode()
    assert Contact.objects.filter(name="王五").exists()
