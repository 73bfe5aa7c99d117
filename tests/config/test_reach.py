"""What the environment names must answer before anything starts; each refusal is one sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from kombu.exceptions import OperationalError

from config import reach
from config.management.commands.up import _own_host


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(reach.time, "sleep", lambda seconds: None)


def test_a_database_that_answers_is_let_in(db):
    reach._connect("default")


def test_a_database_that_refuses_is_named_without_its_password(monkeypatch):
    def refuse(alias):
        raise DatabaseError('FATAL: database "city" does not exist\nHINT: none')

    monkeypatch.setenv("DATABASE_URL", "postgres://u:pw@h/city")
    monkeypatch.setattr(reach, "_connect", refuse)

    with pytest.raises(ImproperlyConfigured) as refused:
        reach.require_databases()

    sentence = "DATABASE_URL='postgres://u:***@h/city' cannot be used: the database does not answer "
    assert str(refused.value) == sentence + '(FATAL: database "city" does not exist).'


def test_a_broker_that_is_still_starting_gets_three_tries(monkeypatch):
    tries = []

    def knock():
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("Connection refused")

    monkeypatch.setenv("BROKER_URL", "redis://h/0")
    monkeypatch.setattr(reach, "_knock", knock)

    reach.require_broker()
    assert len(tries) == 3

    monkeypatch.setattr(reach, "_knock", lambda: knock() or tries.clear() or knock())
    with pytest.raises(ImproperlyConfigured, match=r"the broker does not answer \(Connection refused\)"):
        reach.require_broker()


def test_a_scheduler_that_does_not_exist_is_named(monkeypatch):
    monkeypatch.setenv("CELERY_BEAT_SCHEDULER", "celery.beat:PersistentScheduler")
    reach.require_scheduler()

    monkeypatch.setenv("CELERY_BEAT_SCHEDULER", "nosuch.Scheduler")
    with pytest.raises(ImproperlyConfigured, match=r"CELERY_BEAT_SCHEDULER='nosuch\.Scheduler' cannot be used"):
        reach.require_scheduler()


@pytest.mark.parametrize(
    ("hosts", "asked"),
    [(["yuqi.gov.cn", "127.0.0.1"], "yuqi.gov.cn"), ([".gov.cn"], "gov.cn"), (["*"], "localhost")],
)
def test_the_supervisor_asks_its_web_server_under_a_name_that_is_let_in(settings, hosts, asked):
    settings.ALLOWED_HOSTS = hosts

    assert _own_host() == asked
