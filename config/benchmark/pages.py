"""The pages that are measured, each as the role that uses it most."""

from __future__ import annotations

import gc
import statistics
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from config.benchmark.measure import peak_memory, statements, timed
from crm.identifiers import name_key
from crm.models import Firm, User
from crm.search import initials
from pipeline.models import Application


@dataclass(frozen=True)
class Page:
    """One page: who asks for it, and where it is."""

    name: str
    user: str
    address: str


def pages() -> list[Page]:
    """The pages of docs/performance.md, on the rows of this database."""
    firm = Firm.objects.order_by("pk").first()
    application = Application.objects.filter(phase="review").order_by("pk").first() or Application.objects.first()
    assert firm is not None
    assert application is not None
    deep = _deep_address()
    return [
        Page("list", "officer", "/firms/"),
        Page("list filtered", "officer", "/firms/?programme=high_tech&whose=none"),
        Page("list deep", "officer", deep),
        Page("list county", "pingnan", "/firms/"),
        Page("search", "officer", f"/firms/?q={firm.name[2:5]}"),
        Page("search common", "officer", f"/firms/?q={firm.name[-4:]}"),
        Page("search common county", "pingnan", f"/firms/?q={firm.name[-4:]}"),
        Page("search code", "officer", f"/firms/?q={firm.credit_code[:15]}"),
        Page("search initials", "officer", f"/firms/?q={initials(name_key(firm.name[2:]))[0][:5]}"),
        Page("list api", "officer", "/api/v1/firms/"),
        Page("applications", "officer", "/applications/"),
        Page("record", "officer", reverse("firm", args=[firm.credit_code])),
        Page("application", "officer", reverse("application", args=[application.pk])),
        Page("board", "officer", "/board/high_tech/"),
        Page("deadlines", "officer", "/deadlines/"),
        Page("targets", "leader", "/targets/"),
        Page("outlook", "leader", "/targets/forecast/"),
        Page("push list", "leader", "/targets/push/"),
        Page("what if", "leader", "/targets/whatif/"),
        Page("funnel", "leader", "/funnel/"),
        Page("cohorts", "leader", "/funnel/cohorts/"),
        Page("ladder", "leader", "/funnel/ladder/"),
        Page("my day", "officer", "/"),
        Page("portal", "boss", "/portal/"),
    ]


def _deep_address() -> str:
    """The list far down: the mark of the 1,000th row, or of the last of fewer."""
    from crm.paging import _encode

    rows = Firm.objects.order_by("-updated_at", "-pk")
    row = rows[min(1000, rows.count() - 2)]
    return f"/firms/?after={_encode(row, ('-updated_at', '-pk'))}"


def measure_page(page: Page, rounds: int) -> dict[str, Any]:
    """p50 and p95 of a page in milliseconds, its statements, their time, and its size in bytes."""
    client = Client()
    client.force_login(User.objects.get(username=page.user))

    def ask() -> Any:
        response = client.get(page.address)
        assert response.status_code == 200, (page, response.status_code)
        return response

    size = len(ask().content)
    gc.collect()
    gc.freeze()  # as config/wsgi.py does: what is loaded once is not looked through again at each page
    timing = timed(ask, rounds)
    number, sql_ms = statements(ask)
    with peak_memory() as peak:
        ask()
    return {
        "p50_ms": round(timing.p50, 2),
        "cpu_ms": round(statistics.median(timing.processor), 2),
        "p95_ms": round(timing.p95, 2),
        "statements": number,
        "sql_ms": round(sql_ms, 2),
        "bytes": size,
        "peak_mib": round(peak.mib, 1),
    }
