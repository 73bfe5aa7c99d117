from pathlib import Path

import pytest
from django.core.checks import Error, Warning
from django.core.exceptions import ImproperlyConfigured

from config import checks, env
from config.cache import FailOpenRedisCache


@pytest.fixture
def given(monkeypatch):
    return lambda name, value: monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("DEBUG", "perhaps", lambda: env.boolean("DEBUG", False)),
        ("DATABASE_URL", "mysql://x/y", lambda: env.database("DATABASE_URL", "")),
        ("DATABASE_URL", "postgres://u@h:5432/", lambda: env.database("DATABASE_URL", "")),
        ("DATABASE_URL", "postgres://u:pw@h:port/x", lambda: env.database("DATABASE_URL", "")),
        ("DATABASE_URL", "postgres://u:pw@[::/x", lambda: env.database("DATABASE_URL", "")),
        ("DATABASE_URL", "sqlite:///", lambda: env.database("DATABASE_URL", "")),
        ("DATABASE_URL", "sqlite:////no/such/folder/db.sqlite3", lambda: env.database("DATABASE_URL", "")),
        ("DATABASE_REPLICA_URL", "mysql://x/y", lambda: env.database("DATABASE_REPLICA_URL", "")),
        ("BROKER_URL", "kafka://x", lambda: env.broker(Path("/s"))),
        ("BROKER_URL", "redis://h:port/0", lambda: env.broker(Path("/s"))),
        ("BROKER_URL", "redis://h:6379/first", lambda: env.broker(Path("/s"))),
        ("CACHE_URL", "memcached://x", lambda: env.cache(Path("/s"))),
        ("EMAIL_URL", "ftp://x", env.email),
        ("EMAIL_URL", "smtp:///x", env.email),
        ("FILES_URL", "ftp://x", lambda: env.files(Path("/v"))),
        ("FILES_URL", "file://relative", lambda: env.files(Path("/v"))),
        ("FILES_URL", "file:///proc/none", lambda: env.files(Path("/v"))),
        ("FILES_URL", "s3://key:secret@host", lambda: env.files(Path("/v"))),
        ("VIRUS_SCANNER", "http://127.0.0.1:3310", env.virus_scanner),
        ("VIRUS_SCANNER", "clamd://127.0.0.1", env.virus_scanner),
        ("VIRUS_SCANNER", "clamd://127.0.0.1:port", env.virus_scanner),
        ("SITE_URL", "yuqi.gov.cn", env.site_url),
        ("SITE_URL", "http:///x", env.site_url),
        ("SITE_URL", "https://yuqi.gov.cn/crm?x=1", env.site_url),
        ("ALLOWED_HOSTS", "https://yuqi.gov.cn", lambda: env.hosts("ALLOWED_HOSTS", [])),
        ("ALLOWED_HOSTS", "yuqi.gov.cn:8000", lambda: env.hosts("ALLOWED_HOSTS", [])),
        ("POLICY_DIRS", "/no/such/folder", lambda: env.directories("POLICY_DIRS")),
        ("REDIS_SERVER_BIN", "/no/such/program", lambda: env.executable("REDIS_SERVER_BIN")),
        ("REDIS_SERVER_BIN", "/tmp", lambda: env.executable("REDIS_SERVER_BIN")),
        ("VAR_DIR", "/proc/none", lambda: env.var_directory(Path("/v"))),
        ("PROXY_COUNT", "two", lambda: env.whole_number("PROXY_COUNT", 0, least=0)),
        ("MESSAGE_LEASE_SECONDS", "0", lambda: env.whole_number("MESSAGE_LEASE_SECONDS", 300, least=1)),
        ("SECRET_KEY", "short", lambda: env.secret_key(Path("/v"))),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence_that_names_it(given, name, value, read):
    given(name, value)

    with pytest.raises(ImproperlyConfigured) as refused:
        read()

    assert str(refused.value).startswith(f"{name}=")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("password", ["topsecret", "u", "top@secret"])
def test_a_password_is_never_shown(given, password):
    given("DATABASE_URL", f"mysql://u:{password}@h/x")

    with pytest.raises(ImproperlyConfigured) as refused:
        env.database("DATABASE_URL", "")

    assert str(refused.value).startswith("DATABASE_URL='mysql://u:***@h/x' cannot be used: ")


def test_host_names_patterns_and_addresses_are_hosts(given):
    given("ALLOWED_HOSTS", "yuqi.gov.cn, .example.cn,10.0.0.7,[::1],*")

    assert env.hosts("ALLOWED_HOSTS", []) == ["yuqi.gov.cn", ".example.cn", "10.0.0.7", "[::1]", "*"]


def test_databases_by_url(given, tmp_path):
    given("DATABASE_URL", "postgres://u:p@db.example:5433/city")
    server = env.database("DATABASE_URL", "")
    given("DATABASE_URL", f"sqlite:///{tmp_path}/city.sqlite3")
    file = env.database("DATABASE_URL", "")

    assert (server["NAME"], server["HOST"], server["PORT"], server["USER"]) == ("city", "db.example", 5433, "u")
    assert server["OPTIONS"]["pool"]["max_size"] == 6
    assert (file["NAME"], file["OPTIONS"]["transaction_mode"]) == (f"{tmp_path}/city.sqlite3", "IMMEDIATE")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 25, False, False, "")),
        ("smtps://u:p%40x@mail.example", ("mail.example", 465, True, False, "p@x")),
        ("smtp+tls://u:p@mail.example:2525", ("mail.example", 2525, False, True, "p")),
    ],
)
def test_mail_servers_by_url(given, url, expected):
    given("EMAIL_URL", url)
    found = env.email()

    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_SSL", "EMAIL_USE_TLS", "EMAIL_HOST_PASSWORD")
    assert tuple(found[name] for name in names) == expected


def test_without_a_mail_server_nothing_leaves_the_machine(monkeypatch):
    monkeypatch.delenv("EMAIL_URL", raising=False)

    assert env.email() == {"EMAIL_BACKEND": "notifications.backends.MailboxBackend"}


def test_a_random_key_is_made_once_and_kept_private(tmp_path, monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)

    first, second = env.secret_key(tmp_path), env.secret_key(tmp_path)

    assert first == second
    assert len(first) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_socket_path_that_is_too_long_moves_to_a_short_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    deep = Path("/" + "x" * 120)

    assert env.redis_socket(Path("/var/c")) == Path("/var/c/redis/redis.sock")
    assert env.redis_socket(deep) == env.redis_socket(deep)
    assert env.redis_socket(deep).is_relative_to(tmp_path)


def ids(found):
    return [item.id for item in found]


def test_loopback_needs_no_warning(settings):
    settings.ALLOWED_HOSTS, settings.DEBUG = ["127.0.0.1", "localhost", "[::1]"], True

    assert checks.check_exposure(None) == []


def test_an_exposed_site_is_told_every_danger(settings):
    settings.ALLOWED_HOSTS, settings.DEBUG, settings.SECRET_KEY = ["yuqi.example.cn", "*"], True, "x"
    settings.SESSION_COOKIE_SECURE = False

    found = checks.check_exposure(None)

    assert ids(found) == ["cultivar.E001", "cultivar.E002", "cultivar.E003", "cultivar.W001"]
    assert [type(item) for item in found] == [Error, Error, Error, Warning]


@pytest.mark.parametrize(
    ("policy", "cache", "expected", "words"),
    [
        ("noeviction", "redis://r:6379/1", [], ""),
        ("allkeys-lru", "redis://r:6379/1", ["cultivar.E004"], "share a Redis that evicts keys (allkeys-lru)"),
        ("allkeys-lru", "redis://other:6379/1", ["cultivar.E004"], "The broker's Redis evicts keys (allkeys-lru)"),
        (None, "redis://r:6379/1", ["cultivar.W002"], "does not answer"),
    ],
)
def test_a_broker_that_forgets_is_refused(settings, monkeypatch, policy, cache, expected, words):
    settings.CELERY_BROKER_URL, settings.CACHES = "redis://r:6379/0", {"default": {"LOCATION": cache}}
    monkeypatch.setattr(checks, "_eviction_policy", lambda url: policy)

    found = checks.check_redis(None)

    assert ids(found) == expected
    assert words in "".join(item.msg for item in found)


def test_a_cache_that_is_away_answers_as_if_empty():
    cache = FailOpenRedisCache("redis://127.0.0.1:1/0", {})

    assert cache.get("k") is None
    assert cache.get("k", []) == []
    assert cache.add("k", 1) is True
    assert cache.has_key("k") is False
    assert cache.incr("k") == 1
    assert cache.get_many(["k"]) == {}
    assert cache.delete("k") is False
    cache.set("k", 1)
