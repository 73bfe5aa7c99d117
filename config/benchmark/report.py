"""Runs the benchmark and compares runs: statement counts exactly, times as multiples of yardsticks."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from django.db import connection
from django.template import Context, Template

from config.benchmark.compiling import compiling_jobs
from config.benchmark.counting import counting_jobs
from config.benchmark.delivering import delivering_jobs
from config.benchmark.exporting import exporting_jobs
from config.benchmark.forecasting import forecast_job
from config.benchmark.jobs import jobs
from config.benchmark.judging import judging_jobs
from config.benchmark.measure import timed
from config.benchmark.moving import moving_jobs
from config.benchmark.pages import measure_page, pages
from config.benchmark.planning import planning_jobs
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
        "bare page of 50 firms": round(timed(_bare_page, 20).p50, 3),
        "one keyset page of SQL": round(timed(keyset, 50).p50, 3),
    }


BARE_PAGE = Template(
    "<table>{% for row in rows %}<tr><td>{{ row.name }}<td>{{ row.credit_code }}<td>{{ row.region.name }}<td>"
    "{{ row.officer.name }}<td>{{ row.status }}<td>{{ row.registered_on|date }}<td>{{ row.firm_type }}<td>"
    "{{ row.industry }}<td>{{ row.updated_at|date }}<td>{{ row.version }}</tr>{% endfor %}</table>"
)


def _bare_page() -> str:
    """The limit of a list: 50 rows of 10 columns in a template, without scope, layout, session or middleware."""
    rows = Firm.objects.select_related("region", "officer").order_by("-updated_at", "-pk")[:50]
    return BARE_PAGE.render(Context({"rows": rows}))


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
    every = jobs() | judging_jobs() | moving_jobs() | counting_jobs() | planning_jobs() | delivering_jobs()
    every |= exporting_jobs() | compiling_jobs()
    for name, job in (every | {"forecast": forecast_job}).items():
        if not only or name in only:
            figures = job()
            # The cost of 1,000 items in loops of the yardstick: a ratio that other days can be held against.
            cost = 1e6 / figures["per_second"] / measured["python loop"] if figures["per_second"] else 0.0
            result["jobs"][name] = figures | {"multiple": round(cost, 2)}
    return result


def lines(result: dict[str, Any]) -> list[str]:
    """The result as a table to read."""
    head = f"{result['firms']} firms on {result['database']}; yardsticks in ms: {result['yardsticks']}"
    table = [
        head,
        f"{'page':<16}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}{'× tpl':>8}{'SQL':>5}{'SQL ms':>8}{'bytes':>9}{'MiB':>7}",
    ]
    for name, row in result["pages"].items():
        table.append(
            f"{name:<16}{row['p50_ms']:>9}{row['p95_ms']:>9}{row['cpu_ms']:>9}{row['multiple']:>8}{row['statements']:>5}"
            f"{row['sql_ms']:>8}{row['bytes']:>9}{row['peak_mib']:>7}"
        )
    table.append(f"{'job':<26}{'items/s':>9}{'/CPU s':>9}{'× loop':>9}{'items':>9}{'peak MiB':>10}{'SQL/1000':>10}")
    for name, row in result["jobs"].items():
        table.append(
            f"{name:<26}{row['per_second']:>9}{row['per_cpu_second']:>9}{row['multiple']:>9}{row['items']:>9}{row['peak_mib']:>10}"
            f"{row['statements_per_1000']:>10}{_milliseconds(row)}"
        )
        table += [f"  {what}: {found}" for what, found in row.get("findings", {}).items()]
        if "ratio" in row:
            table.append(f"{'':<26}{row['ratio']} of a plain loop by the clock, {row['cpu_ratio']} by processor time")
    return table


def _milliseconds(row: dict[str, Any]) -> str:
    """What a job that is judged as a whole took, beside its items a second."""
    return f"  {row['ms']} ms in all" if "ms" in row else ""


def compare(now: dict[str, Any], before: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What is worse than before: (other statement counts, pages and jobs slower against their yardstick)."""
    errors, slower = [], []
    for name, old in before["pages"].items():
        new = now["pages"].get(name)
        if new is None:
            errors.append(f"{name}: not measured any more")
            continue
        if new["statements"] != old["statements"]:
            errors.append(f"{name}: {new['statements']} statements, was {old['statements']}")
        if new["multiple"] > old["multiple"] * SLACK:
            slower.append(f"{name}: {new['multiple']} × the yardstick, was {old['multiple']}")
    for name, old in before["jobs"].items():
        new = now["jobs"].get(name)
        if new and new["multiple"] > old["multiple"] * SLACK:
            slower.append(f"{name}: {new['multiple']} × the yardstick, was {old['multiple']}")
    return errors, slower


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
