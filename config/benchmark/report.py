"""Runs the benchmark and compares runs: statement counts exactly, times as multiples of yardsticks."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from django.db import connection
from django.template import Context, Template

from config.benchmark.jobs import jobs
from config.benchmark.measure import timed
from config.benchmark.pages import measure_page, pages
from crm.models import Firm

SLACK = 1.25  # a figure may be this much slower against its yardstick before it is called slower


def yardsticks() -> dict[str, float]:
    """What this machine can do at the moment, in milliseconds: figures of different days compare through these."""
    template = Template("{% for row in rows %}<tr><td>{{ row.0 }}</td><td>{{ row.1 }}</td></tr>{% endfor %}")
    rows = [(f"企业{number}", number) for number in range(50)]

    def loop() -> int:
        return sum(number * number for number in range(100_000))

    def keyset() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, name FROM crm_firm ORDER BY updated_at DESC, id DESC LIMIT 50")
            return cursor.fetchall()

    return {
        "python loop": round(timed(loop, 20).p50, 3),
        "template of 50 rows": round(timed(lambda: template.render(Context({"rows": rows})), 50).p50, 3),
        "one keyset page of SQL": round(timed(keyset, 50).p50, 3),
    }


def run(*, only: set[str], rounds: int) -> dict[str, Any]:
    """Every figure: pages as multiples of the template yardstick, jobs as items a second."""
    measured = yardsticks()
    unit = measured["template of 50 rows"]
    result: dict[str, Any] = {
        "database": connection.vendor,
        "firms": Firm.objects.count(),
        "yardsticks": measured,
        "pages": {},
        "jobs": {},
    }
    for page in pages():
        if not only or page.name in only:
            figures = measure_page(page, rounds)
            result["pages"][page.name] = figures | {"multiple": round(figures["p50_ms"] / unit, 2)}
    for name, job in jobs().items():
        if not only or name in only:
            result["jobs"][name] = job()
    return result


def lines(result: dict[str, Any]) -> list[str]:
    """The result as a table to read."""
    head = f"{result['firms']} firms on {result['database']}; yardsticks in ms: {result['yardsticks']}"
    table = [head, f"{'page':<16}{'p50 ms':>9}{'p95 ms':>9}{'× tpl':>8}{'SQL':>5}{'SQL ms':>8}{'bytes':>9}"]
    for name, row in result["pages"].items():
        table.append(
            f"{name:<16}{row['p50_ms']:>9}{row['p95_ms']:>9}{row['multiple']:>8}{row['statements']:>5}"
            f"{row['sql_ms']:>8}{row['bytes']:>9}"
        )
    table.append(f"{'job':<24}{'items/s':>9}{'items':>9}{'peak MiB':>10}")
    for name, row in result["jobs"].items():
        table.append(f"{name:<24}{row['per_second']:>9}{row['items']:>9}{row['peak_mib']:>10}")
    return table


def compare(now: dict[str, Any], before: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What is worse than before: (errors, warnings). More or fewer statements are errors, slower pages warnings."""
    errors, warnings = [], []
    for name, old in before["pages"].items():
        new = now["pages"].get(name)
        if new is None:
            errors.append(f"{name}: not measured any more")
            continue
        if new["statements"] != old["statements"]:
            errors.append(f"{name}: {new['statements']} statements, was {old['statements']}")
        if new["multiple"] > old["multiple"] * SLACK:
            warnings.append(f"{name}: {new['multiple']} × the yardstick, was {old['multiple']}")
    for name, old in before["jobs"].items():
        new = now["jobs"].get(name)
        if new and new["per_second"] * SLACK < old["per_second"]:
            warnings.append(f"{name}: {new['per_second']} a second, was {old['per_second']}")
    return errors, warnings


def exponent(small: dict[str, Any], large: dict[str, Any]) -> dict[str, float]:
    """The exponent k of each page's growth, ms ~ N^k."""
    ratio = math.log(large["firms"] / small["firms"])
    return {
        name: round(math.log(large["pages"][name]["p50_ms"] / row["p50_ms"]) / ratio, 3)
        for name, row in small["pages"].items()
        if name in large["pages"]
    }


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8"))
