"""Which papers each edition asks for, and from when on they must all be there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.errors import NotAllowed
from crm.views.common import attempt, person, say, staff_only
from pipeline.access import may_write_policies
from pipeline.material_forms import StartForm
from pipeline.models import ChecklistStart
from pipeline.policy.materials import checklists as all_checklists
from pipeline.services.materials import set_start
from pipeline.workflows import PROGRAMMES


@staff_only
@require_GET
def checklists(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, *, form: StartForm | None = None, status: int = 200) -> HttpResponse:
    starts = {row.programme: row.starts_on for row in ChecklistStart.objects.all()}
    context = {
        "programmes": [
            (code, StartForm(initial={"starts_on": starts.get(code)}, auto_id=f"{code}-%s")) for code in PROGRAMMES
        ],
        "checklists": all_checklists(),
        "manages": may_write_policies(request.user),
        "form": form,
    }
    return render(request, "pipeline/materials/checklists.html", context, status=status)


@staff_only
@require_POST
def checklist_start(request: HttpRequest) -> HttpResponse:
    """For those who keep the law as data."""
    form = StartForm(request.POST)

    def save() -> None:
        if not may_write_policies(request.user):
            raise NotAllowed(_("材料清单生效日由市级管理员设置"))
        set_start(form.cleaned_data["programme"], form.cleaned_data["starts_on"], actor=person(request))

    if not attempt(form, save):
        return _page(request, form=form, status=409)
    say(request, _("材料清单生效日已保存"))
    return redirect("checklists")
