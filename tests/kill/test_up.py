"""`manage.py up` as its users meet it: started, doubled, stopped, killed."""

import contextlib
import json
import signal
import urllib.request

import psutil
import pytest

from tests.processes import Product, alive, database_url, free_port, wait_for

pytestmark = pytest.mark.kill


@pytest.fixture
def fresh(tmp_path):
    with database_url(tmp_path) as url:
        yield Product(tmp_path, DATABASE_URL=url)


@pytest.fixture
def product(fresh):
    """The same with its tables there already: only the first start has to make them."""
    fresh.migrate()
    return fresh


def started(product, port):
    process = product.start("manage.py", "up", "--no-demo", "--port", str(port))
    process.wait_line("Ctrl-C stops everything", seconds=180)  # a first start makes the tables
    return process


def health(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health/", timeout=5) as answer:
        return json.load(answer)


def child(process, word):
    for candidate in process.family()[1:]:
        with contextlib.suppress(psutil.NoSuchProcess):
            if word in " ".join(candidate.cmdline()) and candidate.ppid() == process.popen.pid:
                return candidate
    return None


def test_it_serves_restarts_what_dies_refuses_a_double_and_stops_without_orphans(fresh):
    product = fresh
    port = free_port()
    up = started(product, port)
    try:
        assert any("the worker is consuming" in line for line in up.lines)
        assert health(port)["queue_moves"] is True

        double = product.manage("up", "--no-demo", "--port", str(free_port()))
        assert double.returncode == 1
        sentences = [line for line in double.stderr.splitlines() if line.strip()]
        assert sentences == [f"CommandError: Cultivar is already running on {product.folder} (process {up.popen.pid})."]

        for name, word in (("web", "gunicorn"), ("worker", "worker"), ("beat", "beat"), ("redis", "redis-server")):
            child(up, word).send_signal(signal.SIGKILL)
            up.wait_line(f"{name} ended with -9; starting it again", 20)
            wait_for(lambda word=word: child(up, word), 20, f"{name} running again")

        family = up.family()
        assert up.stop(signal.SIGINT) == 0
        wait_for(lambda: not alive(family), 10, "the end of every process")
        assert up.lines[-1].endswith("| stopped")
    finally:
        up.kill_group()


def test_it_survives_kill_nine_of_itself_and_keeps_the_data(product):
    port = free_port()
    first = started(product, port)
    family = first.family()
    product.ask("from crm.models import User; User.objects.create_user('kept', name='留')")

    first.popen.send_signal(signal.SIGKILL)
    wait_for(lambda: not alive(family), 75, "the end of the orphans")

    second = started(product, port)
    try:
        assert product.ask("from crm.models import User; print(User.objects.filter(username='kept').count())") == "1"
        assert health(port)["ready"] is True
    finally:
        second.stop()
        second.kill_group()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "mysql://x", "DATABASE_URL='mysql://x' cannot be used: write sqlite:////path/to/file or"),
        ("SECRET_KEY", "short", "SECRET_KEY='…' cannot be used: use at least 32 random characters."),
        ("DEBUG", "maybe", "DEBUG='maybe' cannot be used: write 1 or 0."),
        ("DATABASE_URL", "postgres://u:pw@127.0.0.1:1/x", "DATABASE_URL='postgres://u:***@127.0.0.1:1/x' cannot be"),
        ("DATABASE_URL", "sqlite:////etc/passwd", "DATABASE_URL='sqlite:////etc/passwd' cannot be used: the database"),
        (
            "DATABASE_REPLICA_URL",
            "postgres://h:1x/x",
            "DATABASE_REPLICA_URL='postgres://h:1x/x' cannot be used: the port",
        ),
        ("BROKER_URL", "kafka://x", "BROKER_URL='kafka://x' cannot be used: write for example redis://"),
        ("BROKER_URL", "redis://127.0.0.1:1/0", "BROKER_URL='redis://127.0.0.1:1/0' cannot be used: the broker does"),
        ("CACHE_URL", "memcached://x", "CACHE_URL='memcached://x' cannot be used: write for example redis://"),
        ("EMAIL_URL", "smtp://h:port", "EMAIL_URL='smtp://h:port' cannot be used: the port is not a number"),
        ("FILES_URL", "file:///proc/none", "FILES_URL='file:///proc/none' cannot be used: the folder cannot be made"),
        ("ALLOWED_HOSTS", "https://x.cn", "ALLOWED_HOSTS='https://x.cn' cannot be used: write host names without"),
        ("SITE_URL", "x.cn", "SITE_URL='x.cn' cannot be used: write for example https://"),
        ("POLICY_DIRS", "/no/such", "POLICY_DIRS='/no/such' cannot be used: there is no such folder."),
        ("REDIS_SERVER_BIN", "/no/such", "REDIS_SERVER_BIN='/no/such' cannot be used: there is no program"),
    ],
)
def test_a_bad_value_stops_the_start_with_one_sentence(fresh, name, value, sentence):
    done = fresh.manage("up", **{name: value})

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(sentence)
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_dangerous_deployment_does_not_start(fresh):
    done = fresh.manage("up", DEBUG="1", ALLOWED_HOSTS="cultivar.example.cn")

    assert done.returncode == 1
    assert "DEBUG is on while ALLOWED_HOSTS names other machines." in done.stderr


def test_it_starts_under_another_name_than_loopback(product):
    port = free_port()
    up = product.start("manage.py", "up", "--no-demo", "--port", str(port), SITE_URL="", ALLOWED_HOSTS="yuqi.gov.cn")
    try:
        up.wait_line("Ctrl-C stops everything")
    finally:
        up.stop()
        up.kill_group()


def test_a_taken_port_is_named(product):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = product.manage("up", "--no-demo", "--port", str(port))

    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in done.stderr
