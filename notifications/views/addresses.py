"""The work list of addresses: firms that nobody can write to, and addresses that refuse mail."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.errors import DomainError
from crm.models import Firm
from crm.paging import capped_count, keyset
from crm.services.firms import require_writer, save_contact
from crm.views.common import attempt, person, refuse, say, staff_only
from notifications import bounces
from notifications.forms import AddressForm, ContactForm
from notifications.models import Bounce
from notifications.selectors import bounces as unsettled
from notifications.selectors import unreachable

MOST = 200  # bounces on one page, the newest; settling makes room


@staff_only
@require_GET
def addresses(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **refused: object) -> HttpResponse:
    firms = unreachable(person(request))
    number, more = capped_count(firms)
    page = keyset(firms, order=("pk",), after=request.GET.get("after", ""))
    context = {
        "page": page,
        "number": number,
        "more": more,
        "bounces": list(unsettled(person(request))[:MOST]),
        "address_form": AddressForm(),
        "contact_form": ContactForm(),
        **refused,
    }
    return render(request, "notifications/addresses.html", context, status=status)


@staff_only
@require_POST
def address_contact(request: HttpRequest, credit_code: str) -> HttpResponse:
    """A contact person, where the firm stands on the list."""
    firm = get_object_or_404(Firm.objects.visible_to(request.user), credit_code=credit_code)
    form = ContactForm(request.POST)
    if attempt(form, lambda: save_contact(firm, actor=person(request), **form.cleaned_data)):
        say(request, _("{firm} 的联系人已补上").format(firm=firm.name))
        return redirect("addresses")
    return _page(request, status=409, contact_form=form, wrong_firm=firm)


@staff_only
@require_POST
def bounce_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """The address works again or was corrected; what did not arrive is offered to be sent again."""
    bounce = get_object_or_404(Bounce.objects.visible_to(request.user).select_related("firm"), pk=pk)
    form = AddressForm(request.POST)
    wanted: list[str] = []

    def settle() -> None:
        wanted.append(form.cleaned_data["address"])
        bounces.settle(bounce, address=wanted[0], actor=person(request))

    if not attempt(form, settle):
        return _page(request, status=409, address_form=form, wrong_bounce=bounce)
    say(request, _("{address} 已处理").format(address=bounce.address))
    left = list(bounces.undelivered(bounce)[:MOST])
    if not left:
        return redirect("addresses")
    context = {"bounce": bounce, "to": wanted[0] or bounce.address, "left": left}
    return render(request, "notifications/resend.html", context)


@staff_only
@require_POST
def bounce_resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send what did not arrive, to the address that works."""
    bounce = get_object_or_404(Bounce.objects.visible_to(request.user).select_related("firm"), pk=pk)
    form = AddressForm(request.POST)
    try:
        require_writer(person(request), bounce.region_path)
        address = form.cleaned_data["address"] if form.is_valid() else ""
        count = bounces.resend(bounces.undelivered(bounce)[:MOST], to=address, actor=person(request))
        say(request, _("{count} 封已重新排队").format(count=count))
    except DomainError as error:
        refuse(request, error)
    return redirect("addresses")
