"""Writing to firms: to one from its page or an application's, to many from a list or a shortlist."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.access import may_write
from crm.errors import DomainError, InvalidInput
from crm.models import Firm
from crm.views.common import attempt, person, say, staff_only, typed_key
from notifications import letters, versions
from notifications.forms import LetterForm
from notifications.people import Person, firm_people
from notifications.topics import LETTER, Topic
from notifications.wording import wording_of
from pipeline.filters import ApplicationFilter, FirmFilter
from pipeline.models import Application, Shortlist

NAMED = 20


def _topic(request: HttpRequest) -> Topic:
    """The letter that was chosen, else the product's."""
    known = {topic.code: topic for topic in versions.letters()}
    asked = request.POST.get("letter") or request.GET.get("letter", LETTER)
    return known.get(asked, known[LETTER])


def _form(request: HttpRequest, topic: Topic) -> LetterForm:
    """What was typed; after another letter was chosen, that one's wording."""
    if request.method == "POST" and request.POST.get("letter") == request.POST.get("of") and "body" in request.POST:
        return LetterForm(request.POST)
    now = wording_of(topic, "zh-hans")
    batch = request.POST.get("batch", "")
    batch = batch if batch.isalnum() and len(batch) <= 32 else letters.new_batch()
    return LetterForm(initial={"subject": now.subject, "body": now.body, "seen": now.version, "batch": batch})


def _letter(topic: Topic, form: LetterForm) -> letters.Letter:
    data = form.cleaned_data
    if not data["batch"].isalnum():
        raise InvalidInput(_("页面已过期，请重新打开"))
    return letters.letter_of(topic, subject=data["subject"], body=data["body"], version=data["seen"] or 0)


@staff_only
@require_http_methods(["GET", "POST"])
def letter_firm(request: HttpRequest, credit_code: str) -> HttpResponse:
    """写给企业: a letter about the firm as a whole."""
    mine = Firm.objects.visible_to(request.user).select_related("region", "officer")
    return _one(request, get_object_or_404(mine, credit_code=credit_code), None)


@staff_only
@require_http_methods(["GET", "POST"])
def letter_application(request: HttpRequest, pk: int) -> HttpResponse:
    """写给企业: a letter about one application, which its page and the portal keep with it."""
    mine = Application.objects.visible_to(request.user).select_related("firm__region", "firm__officer", "officer")
    application = get_object_or_404(mine, pk=pk)
    return _one(request, application.firm, application)


def _one(request: HttpRequest, firm: Firm, application: Application | None) -> HttpResponse:
    topic = _topic(request)
    form = _form(request, topic)
    act = request.POST.get("act", "")
    made: list[int] = []

    def write() -> None:
        letter, batch = _letter(topic, form), form.cleaned_data["batch"]
        said = {"actor": person(request), "batch": batch, "application": application, "draft": act != "send"}
        made.append(letters.write_letter(letter, firm, **said))

    if act in {"draft", "send"} and form.is_bound and attempt(form, write):
        text = _("信函已排队，将按时发出") if act == "send" else _("已存为草稿，在发件箱中确认后发出")
        say(request, text)
        return redirect("application", application.pk) if application else redirect("firm", firm.credit_code)
    people = firm_people(firm)
    context = {"people": people, "application": application, **_shown(topic, form, firm, people, application)}
    return _sheet(request, topic, form, firms=[firm], number=1, **context)


def _shown(
    topic: Topic, form: LetterForm, firm: Firm, people: list[Person], application: Application | None = None
) -> dict[str, Any]:
    """The letter as its first reader gets it; nothing while something typed is wrong."""
    subject, body = form["subject"].value() or "", form["body"].value() or ""
    somebody = people[0] if people else Person("nobody", "", "", is_firm=True)
    try:
        letter = letters.letter_of(topic, subject=subject, body=body, version=0)
    except DomainError as error:
        return {"shown": None, "wrong": error.reasons if form.is_bound else []}
    return {"shown": letters.compose_letter(letter, firm, somebody, application), "case_firm": firm}


@staff_only
@require_http_methods(["GET", "POST"])
def letter_many(request: HttpRequest) -> HttpResponse:
    """One letter to the firms that were ticked, that a filter finds, or that stand on a shortlist; drafts, as a job."""
    ids = _chosen(request)
    topic = _topic(request)
    form = _form(request, topic)
    started: list[Any] = []

    def start() -> None:
        letter, batch = _letter(topic, form), form.cleaned_data["batch"]
        started.append(letters.start_letters(letter, ids, actor=person(request), batch=batch))

    if request.POST.get("act") == "draft" and form.is_bound and attempt(form, start):
        return redirect("job", started[0].pk)
    mine = Firm.objects.visible_to(request.user).filter(pk__in=ids).select_related("region", "officer")
    firms = list(mine.order_by("pk")[:NAMED])
    shown = _shown(topic, form, firms[0], firm_people(firms[0])) if firms else {}
    return _sheet(request, topic, form, firms=firms, number=len(ids), ids=",".join(map(str, ids)), **shown)


def _sheet(request: HttpRequest, topic: Topic, form: LetterForm, *, firms: list[Firm], **context: Any) -> HttpResponse:
    context |= {
        "topic": topic,
        "topics": versions.letters(),
        "form": form,
        "firms": firms,
        "left": context["number"] - len(firms),
        "may_write": all(may_write(request.user, firm.region_path) for firm in firms),
    }
    status = 409 if form.is_bound and form.errors else 200
    return render(request, "notifications/letter.html", context, status=status)


def _chosen(request: HttpRequest) -> list[int]:
    """The firms meant, by key; only those that the reader may see."""
    visible = Firm.objects.visible_to(request.user)
    source = request.POST.get("from") or request.GET.get("from", "")
    if request.POST.get("firms"):
        keys = [typed_key(key) for key in request.POST["firms"].split(",")]
        found: QuerySet[Any] = visible.filter(pk__in=keys)
    elif shortlist := typed_key(request.POST.get("shortlist") or request.GET.get("shortlist", "")):
        found = visible.filter(shortlists=get_object_or_404(Shortlist.objects.visible_to(request.user), pk=shortlist))
    elif source == "applications":
        found = visible.filter(pk__in=_of_applications(request))
    elif request.POST.get("all"):
        filterset = FirmFilter(request.GET, queryset=visible, request=request)
        found = filterset.qs if filterset.is_valid() else visible.none()
    else:
        found = visible.filter(pk__in=[typed_key(key) for key in request.POST.getlist("firm")])
    return list(found.order_by("pk").values_list("pk", flat=True)[: letters.MOST + 1])


def _of_applications(request: HttpRequest) -> list[int]:
    """The firms of the applications that were ticked, or that the filter of their list finds."""
    visible = Application.objects.visible_to(request.user)
    if request.POST.get("everything"):
        filterset = ApplicationFilter(request.GET, queryset=visible, request=request)
        rows = filterset.qs if filterset.is_valid() else visible.none()
    else:
        rows = visible.filter(pk__in=[typed_key(mark.split(":")[0]) for mark in request.POST.getlist("row")])
    return list(rows.order_by().values_list("firm_id", flat=True).distinct()[: letters.MOST + 1])
