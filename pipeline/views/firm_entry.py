"""Entering what is missing, in place: exactly this figure, year and basis; and the figures of a firm, by year."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget, trigger_client_event

from crm.access import may_write
from crm.choices import Basis
from crm.errors import InvalidInput
from crm.fact_codes import FACT_CODES, FLAG_PREFIX, NO_YEAR, YES_NO, YUAN, FactCode
from crm.identifiers import Unreadable
from crm.models import Firm
from crm.rows import INDUSTRY, fact_value
from crm.services.facts import record_expert_points, record_fact
from crm.services.firms import update_firm
from crm.views.common import attempt, back, person, say, staff_only, wants_fragment
from pipeline.forms import AnswerForm, FigureForm, FoundedForm, IndustryForm, PointsForm
from pipeline.policy.tables import EXPERT_SCORES
from pipeline.selectors.firms import figures_shown
from pipeline.selectors.policies import expert_most, flag_labels
from pipeline.views.firm_gap import panel
from pipeline.views.firms import visible_firm

EXPERT_MOST = {
    "ip_quality": 16,
    "organisation": 20,
}  # 195号 三(七): technical advancement and core support; organisation
REGISTER_FORMS: dict[str, Any] = {"registered_on": FoundedForm, "industry": IndustryForm}


@staff_only
@require_GET
def firm_figures(request: HttpRequest, credit_code: str) -> HttpResponse:
    """The figures alone; a page asks for them again when one was entered elsewhere on it."""
    firm = visible_firm(request, credit_code)
    context = {"firm": firm, **figures_shown(firm), "may_write": may_write(request.user, firm.region_path)}
    template = "pipeline/firm/_figures.html" if wants_fragment(request) else "pipeline/firm/figures_page.html"
    return render(request, template, context)


class Entry:
    """One thing to enter: its name, its form, and how it is kept."""

    def __init__(self, request: HttpRequest, firm: Firm, query: Any) -> None:
        self.code, self.basis = query.get("code", ""), query.get("basis", "")
        self.programme, self.next = query.get("programme", ""), query.get("next", "")
        self.year = int(query["year"]) if query.get("year", "").isdecimal() else NO_YEAR
        self.firm, self.actor = firm, person(request)
        self.kind = self._kind()
        self.form_class, self.keep = self._way()

    def _kind(self) -> FactCode | None:
        if self.code.startswith(FLAG_PREFIX):
            name = self.code.removeprefix(FLAG_PREFIX)
            if (label := flag_labels([name]).get(name)) is None:
                raise Http404
            return FactCode(self.code, label, YES_NO, per_year=False)
        return FACT_CODES.get(self.code)

    def _way(self) -> tuple[Any, Callable[[dict[str, Any]], Any]]:
        if self.code in EXPERT_SCORES:
            return PointsForm, self._keep_points
        if self.code in REGISTER_FORMS:
            return REGISTER_FORMS[self.code], self._keep_register
        if self.kind is None or (self.basis and self.basis not in self.kind.bases):
            raise Http404
        return (AnswerForm if self.kind.unit == YES_NO else FigureForm), self._keep_figure

    @property
    def label(self) -> str:
        if self.kind is None:
            names = {"registered_on": _("成立日期"), "industry": _("行业代码")}
            return names.get(self.code) or _("专家预评·{name}").format(name=EXPERT_SCORES[self.code])
        label = str(self.kind.label)
        return _("{year} 年{label}").format(year=self.year, label=label) if self.year else label

    @property
    def hint(self) -> str:
        """How the value is counted and written."""
        if self.code in EXPERT_SCORES:
            return _("0 至 {most} 分，两端同时填写").format(most=expert_most(self.code))
        basis = str(Basis(self.basis).label) if self.basis else ""
        money = _("金额可写单位，如 380万元；只写数字时按元计。") if self.kind and self.kind.unit == YUAN else ""
        return " ".join(part for part in (basis, money) if part)

    @property
    def hidden(self) -> dict[str, Any]:
        said = {"code": self.code, "year": self.year or "", "basis": self.basis, "programme": self.programme}
        said["next"] = self.next
        return {name: value for name, value in said.items() if value}

    def _keep_figure(self, said: dict[str, Any]) -> None:
        assert self.kind is not None
        try:
            value = fact_value(self.kind, said.pop("value"), unit="元")
        except Unreadable as error:
            raise InvalidInput(str(error)) from None
        if value is None:
            raise InvalidInput(_("请填写数值"))
        record_fact(self.firm, code=self.code, year=self.year, basis=self.basis, value=value, actor=self.actor, **said)

    def _keep_points(self, said: dict[str, Any]) -> None:
        record_expert_points(self.firm, name=self.code, most=expert_most(self.code), actor=self.actor, **said)

    def _keep_register(self, said: dict[str, Any]) -> None:
        value = said["value"]
        if self.code == "industry" and not INDUSTRY.match(value := value.strip().upper()):
            raise InvalidInput(_("“{value}”不是国民经济行业代码；请写成 C3612").format(value=value))
        update_firm(self.firm, changes={self.code: value}, actor=self.actor, reason=said["reason"])


@staff_only
@require_http_methods(["GET", "POST"])
def firm_entry(request: HttpRequest, credit_code: str) -> HttpResponse:
    """GET: the field for exactly one thing. POST: keep it; htmx gets the panel judged anew."""
    firm = visible_firm(request, credit_code)
    entry = Entry(request, firm, request.POST if request.method == "POST" else request.GET)
    initial = {"source": request.GET["source"]} if "source" in request.GET else None
    form: forms.Form = entry.form_class(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and attempt(form, lambda: entry.keep(dict(form.cleaned_data))):
        return _kept(request, firm, entry)
    context = {"firm": firm, "entry": entry, "form": form, "may_write": may_write(request.user, firm.region_path)}
    template = "pipeline/firm/_entry.html" if wants_fragment(request) else "pipeline/firm/entry_page.html"
    return render(request, template, context, status=409 if form.errors else 200)


SAVED = gettext_lazy("数据已保存")


def _kept(request: HttpRequest, firm: Firm, entry: Entry) -> HttpResponse:
    state = {"programme": entry.programme} if entry.programme else {}
    if entry.next:  # asked for elsewhere, such as by a move: back there, where it no longer is missing
        say(request, str(SAVED))
        there = back(request, reverse("firm", args=[firm.credit_code]))
        return HttpResponseClientRedirect(there["Location"]) if wants_fragment(request) else there
    if not wants_fragment(request):
        say(request, str(SAVED))
        return redirect(f"{reverse('firm_gap', args=[firm.credit_code])}?{urlencode(state)}")
    response = render(request, "pipeline/firm/_gap.html", panel(request, firm, state))
    trigger_client_event(response, "figures-changed", {"text": str(SAVED)})
    return reswap(retarget(response, "#gap"), "outerHTML")
