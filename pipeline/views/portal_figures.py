"""The firm looks at the figures that are held of it, and says that they are right or corrects them."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.views.common import attempt, person, say
from pipeline.selectors.confirming import held_year
from pipeline.services.confirming import confirm_figures
from pipeline.views.portal import firm_only, own_firm
from pipeline.workflows import PROGRAMMES


class ConfirmForm(forms.Form):
    seen = forms.CharField(max_length=16)


@firm_only
@require_http_methods(["GET", "HEAD", "POST"])
def portal_figures(request: HttpRequest) -> HttpResponse:
    firm, today = own_firm(request), timezone.localdate()
    form = ConfirmForm(request.POST) if request.method == "POST" else ConfirmForm()
    if form.is_bound and attempt(
        form, lambda: confirm_figures(firm, seen=form.cleaned_data["seen"], on=today, actor=person(request))
    ):
        say(request, _("已确认，谢谢。科技部门可以看到"))
        return redirect(f"{reverse('portal_figures')}?firm={firm.credit_code}")
    context = {"firm": firm, "held": held_year(firm, on=today), "form": form, "programmes": PROGRAMMES}
    return render(request, "pipeline/portal/figures.html", context, status=409 if form.errors else 200)
