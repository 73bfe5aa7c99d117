"""How people come to act for a firm, and how they stop."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crm.access import scope_of
from crm.errors import InvalidInput, NotAllowed
from crm.models import ChangeRecord, Firm, Invitation, Mandate, Membership, RegistrationRequest, User
from crm.services.invitations import InvitationOver, accept_as, accept_new, invite, read_token, send_again, withdraw
from crm.services.mandates import MandateOver, acting_for, grant_mandate, revoke_mandate
from crm.services.members import end_membership
from crm.services.registrations import RequestDecided, approve_request, ask_for_account, refuse_request
from notifications.models import Message
from tests import make


@pytest.fixture(autouse=True)
def nobody_asked_before():
    """What is limited is counted in the cache, which tests share."""
    cache.clear()


PASSWORD = "zhong-guo-2026-x"


def link_of(invitation):
    """The link as its mail has it."""
    message = Message.objects.filter(key__startswith=f"invitation:{invitation.pk}:").latest("pk")
    return re.search(r"/invitation/[\w-]+/", message.body).group()


def fresh(user):
    """The same person, whose scope is read again."""
    return User.objects.get(pk=user.pk)


def agent_of(firm, by, *, name="wangwu", days=30):
    """Somebody who has accepted a mandate."""
    agent = User.objects.filter(username=name).first() or make.person(name)
    today = timezone.localdate()
    mandate = grant_mandate(
        firm,
        name="王五",
        agency="某某事务所",
        email=agent.email,
        starts_on=today,
        ends_on=today + timedelta(days=days),
        actor=by,
        authority="授权书",
    )
    accept_as(mandate.invitations.get(), agent)
    return fresh(agent), mandate


# Invitations ----------------------------------------------------------------------------------------------------------


def test_an_invited_person_sets_a_password_and_belongs_to_the_firm(client, firm, officer):
    invitation = invite(firm, email="New@Example.cn", name="新人", actor=officer)
    address = link_of(invitation)

    assert client.get(address).status_code == 200
    done = client.post(address, {"name": "新人甲", "phone": "1", "password": PASSWORD, "again": PASSWORD}, follow=True)

    user = User.objects.get(username="new@example.cn")
    assert done.redirect_chain == [("/portal/", 302)]
    assert (user.name, user.email, user.check_password(PASSWORD)) == ("新人甲", "new@example.cn", True)
    assert scope_of(user).member_ids == (firm.pk,)
    assert Client().post("/accounts/login/", {"login": "new@example.cn", "password": PASSWORD}).status_code == 302


def test_the_link_is_nowhere_but_in_the_mail(firm, officer, lead, firm_user):
    invitation = invite(firm, email="new@example.cn", name="新人", actor=officer)
    token = link_of(invitation).split("/")[2]

    assert token not in str(Invitation.objects.values().get())
    assert not Message.objects.visible_to(officer).exists()
    assert not Message.objects.visible_to(lead).exists()
    assert not Message.objects.visible_to(firm_user).exists()


@pytest.mark.parametrize("wrong", [{"again": "another-word-1"}, {"password": "short", "again": "short"}, {"name": ""}])
def test_a_refused_password_changes_nothing(client, firm, officer, wrong, caplog):
    address = link_of(invite(firm, email="new@example.cn", name="新人", actor=officer))

    page = client.post(address, {"name": "新人", "password": PASSWORD, "again": PASSWORD} | wrong)

    assert page.status_code == 409
    assert address not in caplog.text  # a log would keep a key that still opens
    assert not User.objects.filter(email="new@example.cn").exists()
    assert Invitation.objects.get().state == "open"


def test_somebody_with_an_account_logs_in_and_accepts(client, firm, officer, other_firm_user):
    address = link_of(invite(firm, email=other_firm_user.email, name="熟人", actor=officer))

    assert f"/accounts/login/?next={address}" in client.get(address).content.decode()
    client.force_login(other_firm_user)
    assert client.post(address)["Location"] == "/portal/"

    assert set(scope_of(fresh(other_firm_user)).member_ids) == {firm.pk, other_firm_user.memberships.first().firm_id}


def test_another_person_is_told_so_and_gets_nothing(client, firm, officer, other_firm_user):
    address = link_of(invite(firm, email="new@example.cn", name="新人", actor=officer))
    client.force_login(other_firm_user)

    page = client.get(address).content.decode()
    assert "这份邀请发给了另一个人" in page
    assert firm.name not in page
    assert client.post(address).status_code == 409
    assert not firm.memberships.exists()


def test_a_link_is_used_once_runs_out_and_can_be_taken_back(client, firm, officer, firm_user):
    used = invite(firm, email="used@example.cn", name="甲", actor=officer)
    late = invite(firm, email="late@example.cn", name="乙", actor=officer)
    back = invite(firm, email="back@example.cn", name="丙", actor=firm_user)
    accept_new(used, name="甲", password=PASSWORD)
    Invitation.objects.filter(pk=late.pk).update(expires_at=timezone.now())
    withdraw(back, actor=officer)
    withdraw(back, actor=officer)

    answers = [client.get(link_of(each)) for each in (used, late, back)]

    assert [answer.status_code for answer in answers] == [410, 410, 410]
    titles = ["邀请已被使用", "邀请已过期", "邀请已被撤回"]
    assert [title in answer.content.decode() for title, answer in zip(titles, answers, strict=True)] == [True] * 3
    assert client.get("/invitation/no-such-link/").status_code == 404
    for each in (used, late, back):
        with pytest.raises(InvitationOver):
            accept_new(each, name="再来", password=PASSWORD) if each != used else accept_as(
                each, User.objects.get(email="used@example.cn")
            )
    assert firm.memberships.count() == 2
    with pytest.raises(InvitationOver):
        withdraw(used, actor=officer)


def test_sending_again_gives_a_new_link_and_ends_the_old_one(client, firm, officer):
    invitation = invite(firm, email="new@example.cn", name="新人", actor=officer)
    old = link_of(invitation)
    Invitation.objects.update(expires_at=timezone.now())

    send_again(invitation, actor=officer)
    twice = invite(firm, email="NEW@example.cn", name="新人", actor=officer)

    assert twice.pk == invitation.pk
    assert client.get(old).status_code == 404
    assert client.get(link_of(invitation)).status_code == 200
    assert Message.objects.count() == 3


def test_who_belongs_already_is_not_invited_and_who_may_not_does_not_invite(
    firm, firm_user, officer, viewer, other_officer
):
    with pytest.raises(InvalidInput):
        invite(firm, email=firm_user.email, name="x", actor=officer)
    for nobody in (viewer, other_officer):
        with pytest.raises(NotAllowed):
            invite(firm, email="a@example.cn", name="x", actor=nobody)
    assert Invitation.objects.count() == Message.objects.count() == 0


# Who belongs to a firm ------------------------------------------------------------------------------------------------


def test_a_firm_ends_access_but_not_the_last_one(firm, firm_user, officer):
    colleague = make.firm_person("colleague", firm)
    theirs, last = (Membership.objects.get(user=user) for user in (colleague, firm_user))

    end_membership(theirs, actor=firm_user)
    with pytest.raises(NotAllowed):
        end_membership(last, actor=firm_user)

    assert scope_of(fresh(colleague)).firm_ids == ()
    assert scope_of(fresh(firm_user)).firm_ids == (firm.pk,)
    end_membership(last, actor=officer)
    assert scope_of(fresh(firm_user)).firm_ids == ()


def test_the_page_says_who_has_access_and_who_is_told(client, firm, firm_user, django_assert_num_queries):
    invite(firm, email="new@example.cn", name="新人", actor=firm_user)
    agent, _mandate = agent_of(firm, firm_user)
    client.force_login(firm_user)

    page = client.get("/portal/people/").content.decode()

    assert f"{firm_user.name}（{firm_user.email}）、{agent.name}（{agent.email}）" in page
    for shown in ("新人", "王五（某某事务所）", "已邀请，待接受", "有效"):
        assert shown in page
    with django_assert_num_queries(11):
        client.get("/portal/people/")


def test_everything_on_the_page_is_done_there(client, firm, firm_user):
    client.force_login(firm_user)
    today = timezone.localdate()
    dates = {"mandate-starts_on": today, "mandate-ends_on": today + timedelta(days=9)}
    agent = {"mandate-name": "王五", "mandate-email": "w@example.cn", **dates}

    client.post(f"/access/firms/{firm.credit_code}/invite/", {"name": "新人", "email": "new@example.cn"})
    client.post(f"/access/firms/{firm.credit_code}/mandates/", agent)
    wrong = client.post(f"/access/firms/{firm.credit_code}/mandates/", agent | {"mandate-ends_on": "2020-01-01"})
    invited, mandate = Invitation.objects.get(mandate=None), Mandate.objects.get()
    client.post(f"/access/invitations/{invited.pk}/again/")
    client.post(f"/access/invitations/{invited.pk}/withdraw/")
    client.post(f"/access/mandates/{mandate.pk}/revoke/", {"reason": "合同终止"})
    refused = client.post(f"/access/members/{firm_user.memberships.get().pk}/end/", follow=True)

    invited.refresh_from_db()
    mandate.refresh_from_db()
    assert (invited.state, mandate.state, mandate.reason) == ("withdrawn", "revoked", "合同终止")
    assert (wrong.status_code, "截止日期早于起始日期" in wrong.content.decode()) == (409, True)
    assert "最后一个账号" in refused.content.decode()
    assert client.get(f"/access/invitations/{invited.pk}/again/")["Location"] == "/portal/people/"


# Agents ---------------------------------------------------------------------------------------------------------------


def test_a_mandate_gives_a_scope_from_its_first_to_its_last_day_in_shanghai(firm, firm_user):
    agent, mandate = agent_of(firm, firm_user)
    Mandate.objects.update(starts_on=date(2027, 3, 1), ends_on=date(2027, 3, 31))
    seen = {}
    for moment in ("2027-02-28T15:59:59Z", "2027-02-28T16:00:00Z", "2027-03-31T15:59:59Z", "2027-03-31T16:00:00Z"):
        with time_machine.travel(moment, tick=False):
            scope = scope_of(fresh(agent))
            seen[moment[5:16]] = (scope.firm_ids, scope.member_ids, scope.mandate_for(firm.pk))

    nothing, own = ((), (), None), ((firm.pk,), (), mandate.pk)
    assert list(seen.values()) == [nothing, own, own, nothing]


def test_a_mandate_counts_only_once_accepted_and_never_after_it_is_revoked(firm, firm_user, other_firm_user):
    today = timezone.localdate()
    mandate = grant_mandate(
        firm, name="王五", email=other_firm_user.email, starts_on=today, ends_on=today, actor=firm_user
    )
    assert mandate.state == "waiting"
    assert firm.pk not in scope_of(fresh(other_firm_user)).firm_ids

    accept_as(mandate.invitations.get(), other_firm_user)
    assert scope_of(fresh(other_firm_user)).mandate_for(firm.pk) == mandate.pk
    revoke_mandate(mandate, reason="不再委托", actor=firm_user)

    assert firm.pk not in scope_of(fresh(other_firm_user)).firm_ids
    with pytest.raises(MandateOver):
        revoke_mandate(mandate, reason="不再委托", actor=firm_user)


def test_a_revoked_mandate_takes_its_open_invitation_along(client, firm, firm_user):
    today = timezone.localdate()
    mandate = grant_mandate(firm, name="王五", email="w@example.cn", starts_on=today, ends_on=today, actor=firm_user)
    address = link_of(mandate.invitations.get())

    revoke_mandate(mandate, reason="不再委托", actor=firm_user)

    assert client.get(address).status_code == 410


def test_an_officer_needs_written_authority(firm, officer, firm_user):
    today = timezone.localdate()
    about = {"name": "王五", "email": "w@example.cn", "starts_on": today, "ends_on": today}

    with pytest.raises(InvalidInput):
        grant_mandate(firm, **about, actor=officer)
    with pytest.raises(InvalidInput):
        grant_mandate(firm, **about | {"ends_on": today - timedelta(days=1)}, actor=firm_user)
    assert Mandate.objects.count() == Invitation.objects.count() == 0

    assert grant_mandate(firm, **about, actor=officer, authority="授权书 2026-1").authority == "授权书 2026-1"


def test_an_agent_manages_nobody(client, firm, firm_user):
    agent, mandate = agent_of(firm, firm_user)
    client.force_login(agent)
    today = timezone.localdate()

    assert client.get(f"/portal/?firm={firm.credit_code}").status_code == 200
    assert client.get("/portal/people/").status_code == 404
    assert client.get(f"/portal/people/?firm={firm.credit_code}").status_code == 404
    assert client.post(f"/access/firms/{firm.credit_code}/invite/", {"name": "x", "email": "x@x.cn"}).status_code == 404
    assert client.post(f"/access/mandates/{mandate.pk}/revoke/", {"reason": "x"}).status_code == 404
    with pytest.raises(NotAllowed):
        invite(firm, email="x@x.cn", name="x", actor=agent)
    with pytest.raises(NotAllowed):
        grant_mandate(firm, name="x", email="x@x.cn", starts_on=today, ends_on=today, actor=agent)
    with pytest.raises(NotAllowed):
        end_membership(firm_user.memberships.get(), actor=agent)


def test_a_member_who_is_an_agent_too_is_a_member(firm, firm_user):
    colleague = make.firm_person("colleague", firm)
    today = timezone.localdate()
    mandate = grant_mandate(firm, name="x", email=colleague.email, starts_on=today, ends_on=today, actor=firm_user)
    accept_as(mandate.invitations.get(), colleague)

    scope = scope_of(fresh(colleague))

    assert (scope.firm_ids, scope.mandates, acting_for(colleague, firm)) == ((firm.pk,), (), None)


# Asking for an account ------------------------------------------------------------------------------------------------

ASKED = {
    "firm_name": "平南智造科技有限公司",
    "name": "周文澜",
    "phone": "0775-1",
    "email": "zhou@example.cn",
    "note": "",
}


def test_one_answer_whatever_is_known(client, firm, private_storage, officer, lead):
    known = client.post("/register/", ASKED | {"credit_code": firm.credit_code})
    again = client.post("/register/", ASKED | {"credit_code": firm.credit_code.lower()})
    unknown = client.post("/register/", ASKED | {"credit_code": make.code()})
    false = client.post("/register/", ASKED | {"credit_code": "91450821MA5K00000X"})

    assert known["Location"] == again["Location"] == unknown["Location"] == "/register/done/"
    assert known.content == again.content == unknown.content
    assert "已收到，审核后通知您" in client.get("/register/done/").content.decode()
    assert (false.status_code, "统一社会信用代码" in false.content.decode()) == (400, True)
    mine, citys = (list(RegistrationRequest.objects.visible_to(who)) for who in (officer, lead))
    assert [row.firm for row in mine] == [firm]
    assert [row.firm for row in citys] == [None, firm]
    assert Message.objects.filter(recipient=officer, link="/settings/registrations/").count() == 1


def test_asking_is_limited(client, firm):
    answers = [client.post("/register/", ASKED | {"credit_code": firm.credit_code}).status_code for _ in range(13)]

    assert answers == [302] * 12 + [429]


def test_an_approved_request_becomes_an_invitation_once(client, firm, officer, other_officer, viewer):
    ask_for_account(code=firm.credit_code, **ASKED)
    asked = RegistrationRequest.objects.get()

    for nobody in (viewer, other_officer):
        with pytest.raises(NotAllowed):
            approve_request(asked, actor=nobody)
    approve_request(asked, actor=officer)
    for late in (approve_request, lambda *a, **k: refuse_request(*a, reason="x", **k)):
        with pytest.raises(RequestDecided):
            late(asked, actor=officer)

    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.firm, invitation.invited_by) == ("zhou@example.cn", firm, officer)
    accept_new(read_token(link_of(invitation).split("/")[2]), name="周文澜", password=PASSWORD)
    assert scope_of(User.objects.get(email="zhou@example.cn")).member_ids == (firm.pk,)


def test_a_firm_nobody_knew_is_added_by_the_city(lead, county, client):
    code = make.code()
    ask_for_account(code=code, **ASKED | {"firm_name": "新来企业有限公司"})
    asked = RegistrationRequest.objects.get()

    with pytest.raises(InvalidInput):
        approve_request(asked, actor=lead)
    asked.refresh_from_db()
    assert (asked.state, Firm.objects.count()) == ("pending", 0)

    client.force_login(lead)
    client.post(f"/settings/registrations/{asked.pk}/", {"approve": "1", "region": county.code})

    assert Invitation.objects.get().firm == Firm.objects.get(credit_code=code, name="新来企业有限公司", region=county)


def test_a_refusal_tells_why_by_mail(client, firm, officer):
    ask_for_account(code=firm.credit_code, **ASKED)
    asked = RegistrationRequest.objects.get()
    client.force_login(officer)
    address = f"/settings/registrations/{asked.pk}/"

    client.post(address, {"refuse": "1", "reason": ""})
    client.post(address, {"refuse": "1", "reason": "请上传授权书"})

    asked.refresh_from_db()
    mail = Message.objects.get(to="zhou@example.cn")
    assert (asked.state, "请上传授权书" in mail.body, Invitation.objects.count()) == ("refused", True, 0)
    assert "请上传授权书" in client.get("/settings/registrations/").content.decode()


def test_the_letter_goes_to_the_deciding_officer_alone(
    client, firm, officer, other_officer, firm_user, private_storage
):
    letter = SimpleUploadedFile("授权书.pdf", b"%PDF-1.7")
    client.post("/register/", ASKED | {"credit_code": firm.credit_code, "file": letter})
    address = f"/settings/registrations/{RegistrationRequest.objects.get().pk}/file/"
    answers = {}
    for who in (officer, other_officer, firm_user):
        client.force_login(who)
        answers[who.username] = client.get(address).status_code

    assert answers == {"officer": 200, "other_officer": 404, "firm_user": 404}
    assert ChangeRecord.objects.filter(field="file_read", actor=officer).count() == 1


@pytest.mark.django_db
def test_an_address_somebody_merely_claims_opens_no_invitation(client, firm, other_firm, other_firm_user, officer):
    claimed = {"name": "x", "email": "boss@firm.cn", "phone": "", "language": "zh-hans"}
    client.force_login(other_firm_user)
    assert client.post("/settings/account/", claimed).status_code == 302

    invitation = invite(firm, email="boss@firm.cn", name="老板", actor=officer)

    link = link_of(invitation)
    mail = Message.objects.get(key__startswith=f"invitation:{invitation.pk}:")
    assert (mail.recipient, mail.link, mail.to) == (None, "", "boss@firm.cn")
    for address in ("/messages/", "/mailbox/", "/portal/"):
        assert link not in client.get(address).content.decode()


@pytest.mark.django_db
def test_a_superuser_sees_all_that_others_see_in_part(firm, officer, admin):
    boss = User.objects.create_superuser("root", "root@example.cn", "pw", name="根")
    invitation = invite(firm, email="a@example.cn", name="a", actor=officer)

    assert list(Invitation.objects.visible_to(boss)) == [invitation]
