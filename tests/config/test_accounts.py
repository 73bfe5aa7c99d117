import re

import pytest
from django.test import Client


@pytest.fixture
def login(client):
    return lambda password, name="officer": client.post("/accounts/login/", {"login": name, "password": password})


def test_log_in_and_out(client, login, officer):
    assert login("pw")["Location"] == "/"
    assert client.get("/").status_code == 200

    client.post("/accounts/logout/")
    assert client.get("/")["Location"] == "/accounts/login/?next=/"


def test_a_firm_user_lands_in_the_portal(client, login, firm_user):
    login("pw", "firm_user")

    assert client.get("/")["Location"] == "/portal/"


def test_five_wrong_passwords_lock_the_account_and_nobody_else(client, login, officer, other_officer):
    for _ in range(5):
        response = login("wrong")

    assert response.status_code == 429
    assert "登录已暂停 15 分钟" in response.content.decode()
    assert login("pw").status_code == 429
    assert login("pw", "other_officer").status_code == 302


def test_a_password_that_is_too_short_is_refused_in_chinese(client, officer):
    client.force_login(officer)
    typed = {"oldpassword": "pw", "password1": "short", "password2": "short"}

    page = client.post("/accounts/password/change/", typed).content.decode()

    assert "密码太短，至少 10 个字符。" in page
    assert re.search(r"<title>错误：\s*修改密码", page)
    officer.refresh_from_db()
    assert officer.check_password("pw")


def test_the_language_is_chosen_before_logging_in(client, db):
    answer = client.post("/language/", {"language": "en", "next": "/accounts/login/"})

    assert answer["Location"] == "/accounts/login/"
    assert client.get("/accounts/login/")["Content-Language"] == "en"


def test_nobody_signs_up(client, db):
    assert client.get("/accounts/signup/").status_code == 404


def test_a_password_is_changed_by_its_owner(client, officer):
    client.force_login(officer)
    page = client.get("/accounts/password/change/")
    assert page.status_code == 200

    client.post(
        "/accounts/password/change/",
        {"oldpassword": "pw", "password1": "zhong-guo-2026-x", "password2": "zhong-guo-2026-x"},
    )

    officer.refresh_from_db()
    assert officer.check_password("zhong-guo-2026-x")


def test_a_session_ends_with_the_working_day(client, officer, settings):
    client.force_login(officer)

    assert settings.SESSION_COOKIE_AGE == 8 * 3600
    assert client.session.get_expiry_age() == 8 * 3600


def test_a_token_opens_the_api_as_its_owner_and_the_old_one_closes(client, officer, firm, other_firm):
    client.force_login(officer)
    client.post("/settings/account/token/")
    first = officer.auth_token.key
    client.post("/settings/account/token/")
    officer.refresh_from_db()
    from rest_framework.authtoken.models import Token

    second = Token.objects.get(user=officer).key
    stranger = Client()

    assert stranger.get("/api/v1/firms/", headers={"authorization": f"Token {first}"}).status_code == 403
    answer = stranger.get("/api/v1/firms/", headers={"authorization": f"Token {second}"}).json()
    assert [row["name"] for row in answer["results"]] == [firm.name]
