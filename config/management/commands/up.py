"""Start the whole product on this machine."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils import timezone

from config import reach, redis_server
from config.supervisor import AlreadyRunning, Child, Supervisor, only_copy
from config.watching import Watcher
from crm.models import Firm, Heartbeat

QUIET_ROOT = "ignore:You're running the worker with superuser privileges"


class Command(BaseCommand):
    help = "Start web, worker, beat and what they need, and keep them running until Ctrl-C. Safe to run again."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="do not fill an empty database with the demo city")
        parser.add_argument("--port", type=int, default=8000, help="port of the web server (default 8000)")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")

    def handle(self, *args: Any, **options: Any) -> None:
        supervisor = Supervisor(out=sys.stdout)
        try:
            with only_copy(settings.VAR / "up.lock"):
                self._handle_signals(supervisor)
                reach.require_databases()
                reach.require_broker()
                reach.require_scheduler()
                self._serve(supervisor, **options)
        except AlreadyRunning as error:
            raise CommandError(f"Cultivar is already running on {settings.VAR} (process {error}).") from None
        except TimeoutError as error:
            raise CommandError(f"{error} did not start; its own lines above say why.") from None

    def _handle_signals(self, supervisor: Supervisor) -> None:
        def stop(number: int, frame: Any) -> None:
            supervisor.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def _serve(self, supervisor: Supervisor, *, host: str, port: int, no_demo: bool, **options: Any) -> None:
        env = self._environment(host, port)
        _require_free(host, port)
        try:
            self._start_redis(supervisor, env)
            self._prepare(supervisor, demo=not no_demo)
            self._start_processes(supervisor, env, host, port)
            if not supervisor.stopping:
                self._greet(supervisor, env["SITE_URL"])
            Watcher().start()
            supervisor.run()
        finally:
            supervisor.say("up", "stopping")
            supervisor.stop()
            supervisor.say("up", "stopped")

    def _environment(self, host: str, port: int) -> dict[str, str]:
        env = dict(
            os.environ, DJANGO_SETTINGS_MODULE="config.settings", PYTHONUNBUFFERED="1", PYTHONWARNINGS=QUIET_ROOT
        )
        if not env.get("SITE_URL"):
            env["SITE_URL"] = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104
            settings.SITE_URL = env["SITE_URL"]
        return env

    def _start_redis(self, supervisor: Supervisor, env: dict[str, str]) -> None:
        path = settings.REDIS_SOCKET
        if str(path) not in f"{settings.CELERY_BROKER_URL} {settings.CACHES['default'].get('LOCATION')}":
            return
        if redis_server.answers(path):
            # Left by a copy that was killed; it is about to stop with its parent. Two on one socket would lose data.
            deadline = time.monotonic() + 10
            while redis_server.answers(path) and time.monotonic() < deadline:
                time.sleep(0.1)
            if redis_server.answers(path):
                raise CommandError(f"A redis-server still answers on {path}; stop it and start again.")
        binary = redis_server.find_server(settings.REDIS_SERVER_BIN)
        if binary is None:
            raise CommandError(redis_server.NO_SERVER)
        child = Child(
            "redis", redis_server.command(binary, path), env, ready=lambda: redis_server.answers(path), last=True
        )
        supervisor.start(child)

    def _prepare(self, supervisor: Supervisor, *, demo: bool) -> None:
        """Bring the database up to date. Each step does nothing where nothing is to be done."""
        steps = [("migrate", {"interactive": False}), ("publish_policies", {})]
        for name, arguments in steps:
            if not supervisor.stopping:
                supervisor.say("up", name)
                call_command(name, verbosity=0, **arguments)
        if demo and not supervisor.stopping and not Firm.objects.exists():
            supervisor.say("up", "demo_city")
            call_command("demo_city", verbosity=0)
        connections.close_all()

    def _start_processes(self, supervisor: Supervisor, env: dict[str, str], host: str, port: int) -> None:
        celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config"]
        quiet = ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
        supervisor.start(Child("worker", [*celery, "worker", "--concurrency", "2", *quiet], env))
        beat = [*celery, "beat", "--pidfile=", "--loglevel", "WARNING"]
        if scheduler := os.environ.get("CELERY_BEAT_SCHEDULER"):
            beat += ["--scheduler", scheduler]
        supervisor.start(Child("beat", beat, env))
        web = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{host}:{port}", "--workers", "2"]
        web += ["--threads", "4", "--worker-class", "gthread", "--no-control-socket", "--log-level", "warning"]
        web += ["--max-requests", "2000", "--max-requests-jitter", "200"]
        supervisor.start(Child("web", web, env, ready=lambda: _answers(host, port)), timeout=60)

    def _greet(self, supervisor: Supervisor, site_url: str) -> None:
        if _worker_consumes(supervisor):
            supervisor.say("up", "the worker is consuming")
        supervisor.say("up", f"open {site_url}/")
        from config.demo.people import LOGINS, PASSWORD, demo_exists

        if demo_exists():
            for username, who in LOGINS:
                supervisor.say("up", f"log in as {username:<10} {PASSWORD}   ({who})")
        supervisor.say("up", "Ctrl-C stops everything; the data stays")


def _require_free(host: str, port: int) -> None:
    """Wait a little for a stopping copy to let go of the port; then say which port is taken."""
    deadline = time.monotonic() + 10
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    raise CommandError(
                        f"Port {port} on {host} cannot be used ({error.strerror}); choose another with --port."
                    ) from None
        time.sleep(0.2)


def _answers(host: str, port: int) -> bool:
    target = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
    headers = {"Host": _own_host()}
    request = urllib.request.Request(f"http://{target}:{port}/api/v1/health/live/", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _own_host() -> str:
    """A host name that our own ALLOWED_HOSTS lets in."""
    first = settings.ALLOWED_HOSTS[0].lstrip(".")
    return "localhost" if first == "*" else first


def _worker_consumes(supervisor: Supervisor) -> bool:
    """Send a heartbeat through the queue and see it arrive."""
    from crm.tasks import beat_heart

    asked = timezone.now()
    beat_heart.delay()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not supervisor.stopping:
        if Heartbeat.objects.filter(name="queue", at__gte=asked).exists():
            return True
        supervisor.tend()
        time.sleep(0.2)
    return False
