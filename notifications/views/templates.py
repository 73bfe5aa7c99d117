"""The wording of what firms are told: read, tried on a real case, changed, put back."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.errors import DomainError
from crm.views.common import attempt, person, refuse, say, staff_only, typed_key, wants_fragment
from notifications import versions
from notifications.forms import NameForm, WordingForm
from notifications.models import MailTemplate
from notifications.samples import cases_for, shown_on
from notifications.topics import GROUPS, LETTER, LETTERS, TOPICS, Topic
from notifications.wording import Wording, held_topics, problems, topic_called
from pipeline.models import Application


@staff_only
@require_http_methods(["GET", "POST"])
def templates(request: HttpRequest) -> HttpResponse:
    """Every kind of mail to firms, by group; a letter of the bureau's own is added here."""
    form = NameForm(request.POST or None)
    made: list[Any] = []
    if request.method == "POST" and attempt(
        form, lambda: made.append(versions.add_letter(form.cleaned_data["name"], actor=person(request)))
    ):
        return redirect("outbox_template", made[0].code, settings.LANGUAGE_CODE)
    held, edited = held_topics(), _edited()
    topics = [*(topic for topic in TOPICS.values() if topic.group != LETTERS), *versions.letters()]
    groups = [
        (label, [(topic, topic.code in held, edited.get(topic.code, 0)) for topic in topics if topic.group == code])
        for code, label in GROUPS.items()
    ]
    context = {"groups": groups, "form": form, "may_change": versions.may_write_templates(request.user)}
    status = 409 if request.method == "POST" else 200
    return render(request, "notifications/templates.html", context, status=status)


def _edited() -> dict[str, int]:
    """The newest version of each kind in the language of the law. One query."""
    rows = MailTemplate.objects.filter(language=settings.LANGUAGE_CODE).order_by("version")
    return dict(rows.values_list("code", "version"))


def _topic(code: str, language: str) -> Topic:
    topic = topic_called(code)
    if topic is None or language not in versions.LANGUAGES:
        raise Http404
    return topic


@staff_only
@require_http_methods(["GET", "POST"])
def template(request: HttpRequest, code: str, language: str) -> HttpResponse:
    """One kind of mail in one language: its text, its versions, and how it looks on a real case."""
    topic = _topic(code, language)
    if request.method == "GET":
        now = versions.newest(topic, language)
        form = WordingForm(initial={"subject": now.subject, "body": now.body, "seen": now.version})
        return _page(request, topic, language, form)
    form = WordingForm(request.POST)
    if attempt(form, lambda: versions.save_wording(topic, language, actor=person(request), **form.cleaned_data)):
        say(request, _("已保存为新版本，此后生成的通知按它写"))
        return redirect("outbox_template", code, language)
    return _page(request, topic, language, form, status=409)


def _page(request: HttpRequest, topic: Topic, language: str, form: WordingForm, *, status: int = 200) -> HttpResponse:
    now = versions.newest(topic, language)
    history = list(MailTemplate.objects.filter(code=topic.code, language=language).select_related("by"))
    context = {
        "topic": topic,
        "language": language,
        "languages": settings.LANGUAGES,
        "form": form,
        "now": now,
        "history": history,
        "held": topic.code in held_topics(),
        "own": topic.code.startswith(f"{LETTER}_"),
        "may_change": versions.may_write_templates(request.user),
        "cases": cases_for(topic, person(request)),
        **_compared(request, topic, language, now),
        **_shown(request, topic, language, _typed(form, now)),
    }
    return render(request, "notifications/template.html", context, status=status)


def _typed(form: WordingForm, now: Wording) -> Wording:
    """The text as it stands in the form."""
    subject, body = form["subject"].value(), form["body"].value()
    return Wording(subject or "", (body or "").replace("\r\n", "\n"), now.version)


def _compared(request: HttpRequest, topic: Topic, language: str, now: Wording) -> dict[str, Any]:
    """An older version beside the one that holds, where the address asks for it."""
    asked = request.GET.get("version", "")
    if not asked.isdecimal() or len(asked) > 9:
        return {}
    number = int(asked)
    old = versions.version_of(topic, language, number)
    if old.version != number:
        raise Http404
    lines = versions.compared(f"{old.subject}\n\n{old.body}", f"{now.subject}\n\n{now.body}")
    return {"old": old, "lines": lines}


def _shown(request: HttpRequest, topic: Topic, language: str, wording: Wording) -> dict[str, Any]:
    asked = request.POST.get("case") or request.GET.get("case", "")
    mine = Application.objects.visible_to(request.user).select_related("firm__region", "firm__officer", "officer")
    application = mine.filter(pk=typed_key(asked)).first()
    if application is None:
        return {"case": None}
    wrong = problems(wording.subject, wording.body, topic)
    shown = None if wrong else shown_on(topic, application, wording, language=language)
    return {"case": application, "case_firm": application.firm, "shown": shown, "wrong": wrong}


@staff_only
@require_POST
def template_preview(request: HttpRequest, code: str, language: str) -> HttpResponse:
    """The text as typed on the chosen case; without htmx the whole page with it."""
    topic = _topic(code, language)
    form = WordingForm(request.POST)
    if not wants_fragment(request):
        return _page(request, topic, language, form)
    now = versions.newest(topic, language)
    context = _shown(request, topic, language, _typed(form, now))
    return render(request, "notifications/_preview.html", context)


@staff_only
@require_POST
def template_act(request: HttpRequest, code: str, language: str) -> HttpResponse:
    """Restore a version, have drafts looked at or not, give up a letter of one's own."""
    topic = _topic(code, language)
    act, there = request.POST.get("act", ""), redirect("outbox_template", code, language)
    try:
        if act == "restore":
            number, seen = typed_key(request.POST.get("version", "")), typed_key(request.POST.get("seen", ""))
            versions.restore(topic, language, number, seen=seen, actor=person(request))
            say(request, _("第 {number} 版已恢复").format(number=number))
        elif act == "hold":
            versions.set_hold(topic, hold=bool(request.POST.get("hold")), actor=person(request))
            say(request, _("已保存"))
        elif act == "retire":
            versions.retire_letter(code, actor=person(request))
            say(request, _("信函已停用，写过的不受影响"))
            there = redirect("outbox_templates")
    except DomainError as error:
        refuse(request, error)
    return there
