"""Absences of the authority's people, and who stands in."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.access import MANAGERS, scope_of
from crm.errors import DomainError
from crm.frame import current_region
from crm.leave_forms import LeaveForm
from crm.models import Leave, Post, User
from crm.paging import keyset
from crm.selectors.leaves import colleagues_of, writing_paths
from crm.services.leaves import end_leave, plan_leave
from crm.views.common import attempt, person, refuse, say, staff_only, typed_key


@staff_only
@require_http_methods(["GET", "POST"])
def leaves(request: HttpRequest) -> HttpResponse:
    """What is planned, one's own and that of colleagues; one more for oneself, or by a manager for `?who=`."""
    who, today = _who(request), timezone.localdate()
    deputies = colleagues_of([who], writing_paths(who))
    form = LeaveForm(request.POST or None, deputies=deputies, initial={"from_on": today, "until_on": today})
    if request.method == "POST" and attempt(form, lambda: _plan(request, who, form)):
        say(request, _("已登记休假，期间由{name}代理").format(name=form.cleaned_data["deputy"]))
        return redirect("leaves")
    known = Leave.objects.visible_to(request.user).standing().select_related("user", "deputy")
    page = keyset(known, order=("-until_on", "-pk"), after=request.GET.get("after", ""))
    context = {
        "form": form,
        "who": who,
        "people": _people(request),
        "page": page,
        "rows": [(leave, leave.until_on >= today, leave.is_on(today), _may_end(request, leave)) for leave in page.rows],
        "writes": bool(writing_paths(who)),
    }
    return render(request, "crm/leaves.html", context, status=409 if form.errors else 200)


def _plan(request: HttpRequest, who: User, form: LeaveForm) -> None:
    plan_leave(who, actor=person(request), today=timezone.localdate(), **form.cleaned_data)


def _who(request: HttpRequest) -> User:
    """Oneself, or a colleague of the regions that one manages."""
    wanted = request.GET.get("who", "")
    if not wanted or typed_key(wanted) == person(request).pk:
        return person(request)
    found = next((user for user in _people(request) if user.pk == typed_key(wanted)), None)
    if found is None:
        raise Http404
    return found


def _people(request: HttpRequest) -> list[User]:
    """Whom a manager may enter an absence for: those who write in the region that the page is about."""
    region = current_region(request)
    if region is None or not scope_of(request.user).roles_at(region.path) & set(MANAGERS):
        return []
    posts = Post.objects.filter(region__path__under=region.path, role__in=["officer", "lead"]).values("user")
    return list(User.objects.filter(is_active=True, pk__in=posts).order_by("name", "pk")[:200])


def _may_end(request: HttpRequest, leave: Leave) -> bool:
    """Whether the button is worth showing; the service decides."""
    return leave.user_id == request.user.pk or scope_of(request.user).has_role(*MANAGERS)


@staff_only
@require_POST
def leave_end(request: HttpRequest, pk: int) -> HttpResponse:
    leave = get_object_or_404(Leave.objects.visible_to(request.user).select_related("user", "deputy"), pk=pk)
    try:
        end_leave(leave, actor=person(request), today=timezone.localdate())
    except DomainError as error:
        refuse(request, error)
    else:
        say(request, _("{name}的休假已结束，提醒不再转给{deputy}").format(name=leave.user, deputy=leave.deputy))
    return redirect("leaves")
