"""An agent acts as the firm, under their own name, while the mandate is in force."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from crm.models import Fact, Mandate, User
from crm.services.facts import Declaration, declare_facts, record_fact
from notifications.models import Message
from notifications.people import firm_people
from pipeline.access import acting_role
from pipeline.models import Application, StageEvent
from pipeline.services.applications import move_application
from tests import make
from tests.crm.test_invitations import agent_of
from tests.pipeline import world

FOR = "代理人 王五（某某事务所） 代 平南智造科技有限公司"


@pytest.fixture
def returned(firm, firm_user, city_officer):
    application = world.at(firm, "formal")
    move_application(application, "return_for_correction", actor=city_officer, note="缺第三季度凭证")
    return application


@pytest.fixture
def agent(firm, firm_user, returned):
    return agent_of(firm, firm_user)[0]


def fresh(user):
    return User.objects.get(pk=user.pk)


def test_an_agents_move_says_for_whom_it_was_made(client, returned, agent, firm_user, city_officer):
    client.force_login(agent)
    page = client.get(f"/portal/applications/{returned.pk}/").content.decode()
    client.post(
        f"/portal/applications/{returned.pk}/move/",
        {"transition": "submit", "version": returned.version, "note": "已补"},
    )

    event = StageEvent.objects.latest("pk")
    assert f"{FOR}，每一步都会这样记录" in page
    assert (event.actor, event.acted_as, event.who, event.by_firm) == (agent, "agent", FOR, True)
    assert event.details == {
        "mandate": str(Mandate.objects.get().pk),
        "agent": "王五（某某事务所）",
        "firm": "平南智造科技有限公司",
    }
    assert FOR in client.get(f"/portal/applications/{returned.pk}/").content.decode()
    assert FOR in client.get(f"/portal/applications/{returned.pk}/receipt/").content.decode()
    client.force_login(city_officer)
    assert FOR in client.get(f"/applications/{returned.pk}/").content.decode()
    assert FOR in client.get(f"/firms/{returned.firm.credit_code}/").content.decode()
    assert Message.objects.filter(key__startswith=f"stage:{event.pk}:", to_firm=False).exists()


def test_an_agent_does_only_what_the_firm_may(returned, agent):
    allowed = {
        step.code for step in returned.workflow.moves_from("returned") if step.allows(acting_role(agent, returned))
    }

    assert allowed == {"submit", "withdraw"}


def test_figures_that_an_agent_declares_say_for_whom(firm, agent, returned):
    with translation.override("en"):  # the record keeps its language
        declare_facts(firm, [Declaration("rd_cny", Decimal(5), 2025, "high_tech")], actor=agent)

    fact = Fact.objects.get()
    assert (fact.entered_by, fact.source, fact.evidence) == (agent, "declared", FOR)


def test_mails_go_to_the_firms_people_and_to_agents_in_force(firm, firm_user, agent):
    assert [person.name for person in firm_people(firm)] == [firm_user.name, agent.name]

    Mandate.objects.update(
        ends_on=timezone.localdate() - timedelta(days=1), starts_on=timezone.localdate() - timedelta(9)
    )

    assert [person.name for person in firm_people(firm)] == [firm_user.name]


def test_what_was_told_to_an_agent_is_gone_with_the_mandate(client, returned, agent, city_officer):
    client.force_login(agent)
    client.post(
        f"/portal/applications/{returned.pk}/move/", {"transition": "submit", "version": returned.version, "note": "x"}
    )
    application = Application.objects.get(pk=returned.pk)
    move_application(application, "start_formal", actor=city_officer)
    move_application(application, "return_for_correction", actor=city_officer, note="仍缺凭证")
    told = Message.objects.get(recipient=agent, kind="stage")
    address = f"/messages/{told.pk}/open/"
    assert told.subject in client.get("/messages/").content.decode()

    Mandate.objects.update(revoked_at=timezone.now())

    assert told.subject not in client.get("/messages/").content.decode()
    assert client.post(address).status_code == 404
    for gone in ("/portal/", f"/portal/applications/{returned.pk}/", f"/portal/applications/{returned.pk}/receipt/"):
        assert client.get(gone).status_code == 404
    assert client.get(f"/api/v1/applications/{returned.pk}/").status_code == 404
    assert not Message.objects.visible_to(fresh(agent)).filter(to_firm=True).exists()


def test_an_agent_of_several_firms_switches_between_them(
    client, returned, agent, firm, other_firm, other_firm_user, django_assert_num_queries
):
    agent_of(other_firm, other_firm_user)
    client.force_login(agent)

    page = client.get("/portal/").content.decode()
    assert "您可以办理 2 家企业的事项" in page
    assert page.count("1 项待办") == 1
    assert firm.name in page
    assert other_firm.name in page
    one = client.get(f"/portal/?firm={other_firm.credit_code}").content.decode()
    assert f"代 {other_firm.name}" in one
    assert "还没有申报" in one
    assert client.get(f"/portal/?firm={make.code()}").status_code == 404
    with django_assert_num_queries(11):
        client.get("/portal/")


# The firm confirms what is held of it ---------------------------------------------------------------------------------


def test_the_firm_confirms_what_is_held_and_who_and_when_is_kept(client, firm, firm_user, officer):
    year = timezone.localdate().year - 1
    record_fact(firm, code="sales_cny", value=Decimal(5_000_000), year=year, source="tax", actor=officer)
    client.force_login(firm_user)
    assert "去核对" in client.get("/portal/").content.decode()
    page = client.get("/portal/figures/")
    seen = page.context["held"].seen

    client.post("/portal/figures/", {"firm": firm.credit_code, "seen": seen})

    own = Fact.objects.get(source="declared")
    assert (own.value, own.entered_by, own.evidence) == (Decimal(5_000_000), firm_user, "核对无误")
    assert f"{firm_user.name} 已于" in client.get("/portal/").content.decode()
    assert client.post("/portal/figures/", {"firm": firm.credit_code, "seen": seen}).status_code == 302
    assert Fact.objects.count() == 2


def test_figures_that_changed_since_are_not_confirmed(client, firm, firm_user, officer):
    year = timezone.localdate().year - 1
    record_fact(firm, code="sales_cny", value=Decimal(5), year=year, source="tax", actor=officer)
    client.force_login(firm_user)
    seen = client.get("/portal/figures/").context["held"].seen
    record_fact(firm, code="sales_cny", value=Decimal(6), year=year, source="tax", actor=officer)

    page = client.post("/portal/figures/", {"firm": firm.credit_code, "seen": seen})

    assert (page.status_code, "数据刚有变化" in page.content.decode()) == (409, True)
    assert not Fact.objects.filter(source="declared").exists()


# Steps, receipt, messages ---------------------------------------------------------------------------------------------


def test_the_receipt_can_be_kept_and_is_there_only_after_a_submission(client, returned, firm_user):
    client.force_login(firm_user)
    address = f"/portal/applications/{returned.pk}/receipt/"
    before = client.get(address).status_code
    client.post(
        f"/portal/applications/{returned.pk}/move/",
        {"transition": "submit", "version": returned.version, "note": "已补"},
    )

    page = client.get(address).content.decode()

    assert before == 404 or returned.reference in client.get(address).content.decode()
    for shown in (returned.reference, "提交成功", "现在由市科技局办理", firm_user.name, "有疑问请联系"):
        assert shown in page


def test_a_post_after_the_session_ended_leads_back_to_its_page(client, returned, firm_user):
    address = f"/portal/applications/{returned.pk}/move/"
    client.force_login(firm_user)

    assert client.get(address)["Location"] == f"/portal/applications/{returned.pk}/"


def test_the_firm_reads_what_it_was_told(client, returned, firm_user):
    client.force_login(firm_user)
    address = f"/portal/applications/{returned.pk}/messages/"

    page, part = client.get(address), client.get(address, headers={"HX-Request": "true"})

    assert "缺第三季度凭证" in page.content.decode()
    assert "<html" not in part.content.decode()
