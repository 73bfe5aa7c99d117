"""The palette: everything by its name, from anywhere. Without a script it is a page with a search box."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.views.common import person, staff_only
from pipeline.selectors.palette import found_by

LONGEST = 60


@staff_only
@require_GET
def palette(request: HttpRequest) -> HttpResponse:
    """The box with what it finds over the page; htmx asks with a name of the target for the list alone."""
    q = request.GET.get("q", "").strip()[:LONGEST]
    acts = [(label, address) for label, address in _acts() if q in label] if q else _acts()
    context = {"q": q, "found": found_by(q, user=person(request)), "acts": acts}
    htmx = getattr(request, "htmx", None)
    template = "pipeline/palette/page.html"
    if htmx:
        template = "pipeline/palette/_found.html" if htmx.target == "palette-found" else "pipeline/palette/_box.html"
    return render(request, template, context)


def _acts() -> list[tuple[str, str]]:
    return [
        (_("导入企业"), reverse("imports")),
        (_("导入官方名单"), reverse("official_lists")),
        (_("录入指标数"), reverse("amounts")),
        (_("录入年度目标"), reverse("target_table")),
        (_("本周推动谁"), reverse("push_list")),
        (_("情景测算"), reverse("what_if")),
        (_("生成工作报告"), reverse("reports")),
        (_("查找重复企业"), reverse("duplicates")),
        (_("到期与复审"), reverse("recognitions")),
        (_("按键一览"), reverse("keys")),
        (_("我的账号"), reverse("account")),
    ]
