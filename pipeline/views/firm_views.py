"""Saved views of the firm list: kept from the list, looked after on a page of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from crm.errors import DomainError, InvalidInput
from crm.models import Firm, SavedView
from crm.services.saved_views import LONGEST_NAME, MOST, change_view, delete_view, may_delete, save_view
from crm.views.common import attempt, form_address, person, refuse, say, staff_only, typed_key
from pipeline.filters import FirmFilter
from pipeline.firm_views import address_of, canonical, views_of

ALL = MOST * 2  # views on the page: all of one's own, and as many of others


class ViewForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("视图名称"), max_length=LONGEST_NAME)
    shared = forms.BooleanField(label=gettext_lazy("与本区划的同事共享"), required=False)
    query = forms.CharField(widget=forms.HiddenInput, required=False)


@staff_only
@require_http_methods(["GET", "POST"])
def firm_views(request: HttpRequest) -> HttpResponse:
    """All views that one has; posted to, one more."""
    form = ViewForm(request.POST or None)
    made: list[SavedView] = []
    if request.method == "POST" and attempt(form, lambda: made.append(_save(request, form))):
        say(request, _("已保存视图“{name}”").format(name=made[0]))
        return redirect(reverse("firms") + address_of(made[0]))
    me, views = person(request), views_of(person(request), ALL)
    context = {
        "form": form,
        "own": [(view, address_of(view)) for view in views if view.owner_id == me.pk],
        "others": [(view, address_of(view), may_delete(view, me)) for view in views if view.owner_id != me.pk],
    }
    return render(request, "pipeline/firm_views.html", context, status=409 if form.errors else 200)


def _save(request: HttpRequest, form: ViewForm) -> SavedView:
    said = form.cleaned_data
    return save_view(said["name"], _kept(request, said["query"]), owner=person(request), shared=said["shared"])


def _kept(request: HttpRequest, text: str) -> str:
    """What a view keeps of a list's address. Raises InvalidInput where the list itself refuses it."""
    query = QueryDict(text)
    form = FirmFilter(query, queryset=Firm.objects.none(), request=request).form
    if wrong := [f"{field.label}：{' '.join(field.errors)}" for field in form if field.errors]:
        raise InvalidInput(_("筛选条件有误，请先改好再保存。{wrong}").format(wrong="；".join(wrong)))
    return canonical(query)


CHANGES: dict[str, Callable[[HttpRequest], dict[str, Any]]] = {
    "rename": lambda request: {"name": request.POST.get("name", "")},
    "replace": lambda request: {"query": _kept(request, request.POST.get("query", ""))},
    "share": lambda request: {"shared": True},
    "unshare": lambda request: {"shared": False},
    "pin": lambda request: {"pinned": True},
    "unpin": lambda request: {"pinned": False},
}


@form_address("firm_views")
@staff_only
@require_POST
def firm_view(request: HttpRequest, pk: int) -> HttpResponse:
    """One act on one view: `act` with the `version` that the person saw."""
    view = get_object_or_404(SavedView.objects.visible_to(request.user).select_related("owner"), pk=pk)
    act, version = request.POST.get("act", ""), typed_key(request.POST.get("version", ""))
    if act != "delete" and act not in CHANGES:
        raise Http404
    try:
        if act == "delete":
            delete_view(view, actor=person(request), version=version)
        else:
            change_view(view, actor=person(request), version=version, **CHANGES[act](request))
    except DomainError as error:
        refuse(request, error)
        return redirect("firm_views")
    if act == "delete":
        say(request, _("已删除视图“{name}”").format(name=view))
        return redirect("firm_views")
    say(request, _("已保存视图“{name}”").format(name=view))
    return redirect(reverse("firms") + address_of(view) if act == "replace" else reverse("firm_views"))
