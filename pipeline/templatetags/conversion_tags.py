"""Parts of the pages of conversion: charts, rates with their interval, links from a number to its firms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.templatetags.show import percent
from pipeline import conversion_charts
from pipeline.selectors.climbs import LadderRow, Rate
from pipeline.selectors.cohort_stays import Stay
from pipeline.selectors.conversion import CohortRow
from pipeline.selectors.funnel import Funnel, FunnelStep
from pipeline.workflow import Workflow

register = template.Library()


@register.inclusion_tag("pipeline/charts/funnel.html")
def funnel_chart(funnel: Funnel, table: Workflow, query: str) -> dict[str, Any]:
    labels = {stage.code: str(stage.label) for stage in table.stages}
    chart = conversion_charts.funnel_chart(funnel, table)
    return {"chart": chart, "programme": table.programme, "query": query, "labels": labels}


@register.inclusion_tag("pipeline/charts/stays.html")
def stay_chart(stays: Sequence[Stay], table: Workflow) -> dict[str, Any]:
    labels = {stage.code: str(stage.label) for stage in table.stages}
    return {"chart": conversion_charts.stay_chart(stays, table), "programme": table.programme, "labels": labels}


@register.filter
def share(step: FunnelStep) -> str:
    """12/18 · 67% (47–82%): numbers first, then the share and its 90 % interval; empty for the first step."""
    if step.ratio is None:
        return ""
    return f"{step.reached}/{step.before} · {percent(step.ratio)} {_interval(step.low, step.high)}"


@register.filter
def rate(value: Rate) -> str:
    """The same for any rate; an em dash where there is nothing to divide by."""
    if value.ratio is None or value.interval is None:
        return "—"
    return f"{value.hits}/{value.number} · {percent(value.ratio)} {_interval(*value.interval)}"


def _interval(low: float | None, high: float | None) -> str:
    return _("（{low}–{high}）").format(low=f"{round((low or 0) * 100)}", high=f"{round((high or 0) * 100)}%")


@register.filter
def heat(step: FunnelStep) -> int:
    """How dark a cell of the heat table is, 0–5, by the share of the cohort."""
    return round((step.ratio or 0) * 5)


@register.simple_tag
def of_all(step: FunnelStep, firms: int) -> str:
    """The share of the whole cohort that got this far."""
    return percent(step.reached / firms) if firms else "—"


@register.simple_tag
def darkness(number: int, firms: int) -> int:
    return round(5 * number / firms) if firms else 0


@register.simple_tag
def opens(name: str, number: Any, query: str, **more: Any) -> SafeString | str:
    """A number as a link to the firms behind it; nought is no link."""
    if not number:
        return str(number)
    wanted = urlencode({key: value for key, value in more.items() if value not in ("", None)})
    address = f"{reverse(name)}?{query}{'&' if query and wanted else ''}{wanted}"
    return format_html('<a href="{}">{}</a>', address, number)


@register.filter
def cells(row: LadderRow, day: date) -> list[Rate]:
    """The cells of one cohort: reached by the end of Y, Y+1, Y+2, Y+3."""
    return row.rates(day)


@register.simple_tag
def ladder_query(row: LadderRow, query: str, county: bool) -> str:
    """The address of one row: its year, and its region where rows are counties."""
    parts = dict(parse_qsl(query)) | {"year": str(row.year)}
    return urlencode(parts | ({"region": row.region} if county else {}))


@register.simple_tag
def cohort_finding(rows: Sequence[CohortRow], table: Workflow) -> str:
    return conversion_charts.cohort_finding(rows, table)


@register.simple_tag
def ladder_finding(rows: Sequence[LadderRow], day: date) -> str:
    return conversion_charts.ladder_finding(rows, day)
