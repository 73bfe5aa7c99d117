"""Whose a mail is: a closed network reads its mail, new passwords too, inside the product."""

import pytest
from django.core.mail import send_mail

from crm.errors import InvalidInput
from crm.models import User
from crm.services.people import create_user, save_account
from notifications.models import Mail
from notifications.outbox import deliver_messages
from pipeline.services.applications import move_application
from tests import make


@pytest.fixture(autouse=True)
def mailbox(settings):
    settings.EMAIL_BACKEND = "notifications.backends.MailboxBackend"
    settings.MESSAGE_UNDO_SECONDS = 0


def own(user):
    user = User.objects.get(pk=user.pk)  # the scope is read once per user object
    return list(Mail.objects.visible_to(user).values_list("address", flat=True))


@pytest.fixture
def returned(formal, city_officer, firm_user):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
    deliver_messages()


def test_a_mail_is_read_by_its_recipient_and_the_administrators_of_its_region(
    returned, firm_user, other_firm_user, county, other_county, admin, lead
):
    county_admin = make.person("county_admin", county, "admin")
    stranger = make.person("stranger", other_county, "admin")

    assert own(firm_user) == own(county_admin) == own(admin) == ["firm_user@example.cn"]
    assert own(other_firm_user) == own(stranger) == own(lead) == []


def test_taking_over_an_address_opens_no_mail(returned, other_firm_user, firm_user):
    User.objects.filter(pk=firm_user.pk).update(email="moved@example.cn")
    User.objects.filter(pk=other_firm_user.pk).update(email="firm_user@example.cn")

    assert own(other_firm_user) == []
    assert own(firm_user) == ["firm_user@example.cn"]


def test_a_new_password_is_read_by_the_holder_of_the_address_alone(officer, other_officer, county, admin):
    send_mail("重设密码", "x", None, ["Officer@example.cn"])

    assert own(officer) == ["Officer@example.cn"]
    assert own(other_officer) == own(make.person("county_admin", county, "admin")) == []

    User.objects.filter(pk=other_officer.pk).update(email="officer@example.cn")
    send_mail("重设密码", "x", None, ["officer@example.cn"])  # whose is it now? nobody's, until a person says so

    assert own(other_officer) == []
    assert len(own(admin)) == 2


def test_an_address_belongs_to_one_account(officer, firm_user):
    given = {"name": "x", "phone": "", "language": "en"}
    for email in ("officer@example.cn", "OFFICER@example.cn"):
        with pytest.raises(InvalidInput) as refused:
            save_account(firm_user, email=email, **given)
        assert refused.value.reasons == [f"邮箱 {email} 已被其他账号使用；请换一个"]
    with pytest.raises(InvalidInput):
        create_user(username="y", name="y", password="x", email="officer@example.cn")

    firm_user.refresh_from_db()
    assert (firm_user.email, firm_user.name) == ("firm_user@example.cn", "姓名firm_user")
    save_account(firm_user, email=firm_user.email, **given)
