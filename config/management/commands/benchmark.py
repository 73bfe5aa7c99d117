"""The performance tables of docs/performance.md."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from config.benchmark import report
from config.benchmark.copies import LOADED, MOST_COPIES, copy_city
from config.benchmark.forecast_picture import calibration_picture
from config.benchmark.load import load, require_scratch


class Command(BaseCommand):
    help = (
        "Measure pages and jobs on a scratch database: `load` fills it, `run` measures, `check` compares with an "
        "earlier run, `growth` gives the exponents between two runs. Refuses a database with real firms. "
        "Safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        filling = actions.add_parser("load", help="fill the scratch database that DATABASE_URL names")
        filling.add_argument("--firms", type=int, default=10_000)
        filling.add_argument("--seed", type=int, default=8)
        filling.add_argument("--no-figures", action="store_true", help="copied firms come without yearly figures")
        for name, words in (("run", "measure"), ("check", "measure and compare with an earlier run")):
            measuring = actions.add_parser(name, help=words)
            measuring.add_argument("--only", default="", help="names of pages and jobs, separated by commas")
            measuring.add_argument("--rounds", type=int, default=20)
            measuring.add_argument("--json", default="", help="write the figures to this file")
            measuring.add_argument("--pictures", default="", help="draw what `forecast` found into this folder")
            if name == "check":
                measuring.add_argument("--against", required=True, help="the file of an earlier run")
                measuring.add_argument("--warn", action="store_true", help="slower is no failure: for shared machines")
        growing = actions.add_parser("growth", help="the exponents k of ms ~ N^k between two runs of different size")
        growing.add_argument("small")
        growing.add_argument("large")

    def handle(self, *args: Any, **options: Any) -> None:
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
        getattr(self, f"_{options['action']}")(**options)

    def _load(self, *, firms: int, seed: int, no_figures: bool, **options: Any) -> None:
        copies, rest = divmod(firms, max(1, min(firms, LOADED)))
        if rest or not 0 < copies <= MOST_COPIES:
            raise CommandError(f"--firms takes up to {LOADED}, or a multiple of it up to {LOADED * MOST_COPIES}.")
        call_command("migrate", verbosity=0, interactive=False)
        made = load(firms=firms // copies, seed=seed, today=timezone.localdate())
        call_command("rebuild_counts", stdout=io.StringIO())
        if copies > 1:
            copy_city(copies - 1, figures=not no_figures)
        with connection.cursor() as cursor:
            # What autovacuum does a minute later; until then PostgreSQL plans for empty tables.
            cursor.execute("ANALYZE")
        call_command("compile_metrics", verbosity=0)
        self.stdout.write(", ".join(f"{number} {what}" for what, number in made.items()) + f", {copies} times")

    def _run(self, *, only: str, rounds: int, json: str, pictures: str, **options: Any) -> None:
        result = self._measure(only, rounds, json)
        if pictures and "forecast" in result["jobs"]:
            drawn = calibration_picture(result["jobs"]["forecast"]["findings"])
            (Path(pictures) / "forecast-calibration.svg").write_text(drawn, encoding="utf-8")

    def _measure(self, only: str, rounds: int, target: str) -> dict[str, Any]:
        require_scratch()
        wanted = {name.strip() for name in only.split(",") if name.strip()}
        result = report.run(only=wanted, rounds=rounds)
        if not result["pages"] and not result["jobs"]:
            raise CommandError(f"--only {only!r} names no page and no job.")
        self.stdout.write("\n".join(report.lines(result)))
        if target:
            Path(target).write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
        return result

    def _check(self, *, only: str, rounds: int, json: str, against: str, warn: bool, **options: Any) -> None:
        before = _read(against)
        errors, slower = report.compare(self._measure(only, rounds, json), before)
        for line in slower:
            self.stdout.write(f"slower: {line}")
        if errors or (slower and not warn):
            raise CommandError(
                "\n".join(errors) or "Slower than before by more than a quarter; the lines above say where."
            )
        self.stdout.write("statement counts are the same")

    def _growth(self, *, small: str, large: str, **options: Any) -> None:
        for name, k in report.exponent(_read(small), _read(large)).items():
            self.stdout.write(f"{name:<16} k = {k}")


def _read(path: str) -> dict[str, Any]:
    try:
        return report.read(Path(path))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
