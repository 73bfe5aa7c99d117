"""The ways out beside mail: group robots and SMS gateways of the reader's regions."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm.access import MANAGERS, scope_of
from crm.errors import DomainError
from crm.models import Region
from crm.views.common import attempt, form_address, person, refuse, say, staff_only
from notifications.addresses import masked
from notifications.channels import save_channel, switch_channel, try_channel
from notifications.forms import KIND_WORDS, ChannelForm, initial_of
from notifications.models import Channel


def _managed(request: HttpRequest) -> QuerySet[Channel]:
    """The channels that the reader sees; for people who manage nothing the page does not exist."""
    if not scope_of(request.user).has_role(*MANAGERS):
        raise Http404
    return Channel.objects.visible_to(request.user).select_related("region", "changed_by")


@staff_only
@require_GET
def channels(request: HttpRequest) -> HttpResponse:
    """Every channel with how it fares. The address is shown by its kind and its last characters."""
    rows = [
        {"channel": row, "address": masked(row.address), "kinds": [str(KIND_WORDS[k]) for k in row.kinds]}
        for row in _managed(request)[:200]
    ]
    return render(request, "notifications/channels.html", {"rows": rows})


@staff_only
@require_http_methods(["GET", "POST"])
def channel(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The form of one channel, or of a new one."""
    visible = _managed(request)
    changing = get_object_or_404(visible, pk=pk) if pk else None
    shown = masked(changing.address) if changing else ""
    regions = Region.objects.visible_to(request.user).order_by("path")
    initial = initial_of(changing) if changing else {"kinds": ["reminder", "gap_digest"], "service": "wecom"}
    form = ChannelForm(request.POST or None, visible=regions, initial=initial)
    if request.method == "POST":
        save = lambda: save_channel(actor=person(request), channel=changing, **form.cleaned_data)  # noqa: E731
        if attempt(form, save):
            say(request, _("渠道已保存，请点“测试”确认能收到"))
            return redirect("channels")
    context = {"form": form, "changing": changing, "address": shown}
    return render(request, "notifications/channel.html", context, status=409 if form.errors else 200)


@form_address("channels")
@staff_only
def channel_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a line now, and say whether it was taken."""
    row = get_object_or_404(_managed(request), pk=pk)
    try:
        trouble = try_channel(row, actor=person(request))
    except DomainError as error:
        refuse(request, error)
        return redirect("channels")
    if trouble:
        messages.error(request, _("“{name}”没有接收测试消息：{trouble}").format(name=row.name, trouble=trouble))
    else:
        say(request, _("“{name}”已接收测试消息，请到群里或手机上确认").format(name=row.name))
    return redirect("channels")


@form_address("channels")
@staff_only
def channel_switch(request: HttpRequest, pk: int) -> HttpResponse:
    row, on = get_object_or_404(_managed(request), pk=pk), request.POST.get("on") == "1"
    try:
        switch_channel(row, on=on, actor=person(request))
        say(request, _("渠道已启用") if on else _("渠道已停用，未发出的消息已撤回"))
    except DomainError as error:
        refuse(request, error)
    return redirect("channels")
