"""Settings: one's own account, the people of a region, the accounts of a firm, running jobs."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from rest_framework.authtoken.models import Token

from crm.access import MANAGERS, scope_of
from crm.errors import DomainError
from crm.forms import AccountForm, FirmAccountForm, PersonForm, PostForm
from crm.frame import current_region
from crm.models import Firm, Job, Membership, Post, Region
from crm.selectors.jobs import outcomes
from crm.services import people
from crm.services.jobs import cancel_job
from crm.services.members import end_membership
from crm.views.common import attempt, back, person, refuse, say, staff_only, wants_fragment


@require_GET
def settings_index(request: HttpRequest) -> HttpResponse:
    answers = scope_of(request.user).has_role(*MANAGERS)
    return render(request, "crm/settings.html", {"base": _base(request), "may_see_downloads": answers})


REPORT_PARTS = 4  # parts of a job whose refused rows are shown at a time


def _base(request: HttpRequest) -> str:
    return "frame.html" if scope_of(request.user).is_staff else "portal_base.html"


@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    user = person(request)
    initial = {name: getattr(user, name) for name in ("name", "email", "phone", "language")}
    form = AccountForm(request.POST or None, initial=initial)
    if request.method == "POST" and attempt(form, lambda: people.save_account(user, **form.cleaned_data)):
        say(request, _("账号信息已保存"))
        response = redirect("account")
        return _remember_language(response, form.cleaned_data["language"])
    context = {"form": form, "token": Token.objects.filter(user=user).first(), "base": _base(request)}
    return render(request, "crm/account.html", context, status=409 if form.errors else 200)


@require_POST
def token_renew(request: HttpRequest) -> HttpResponse:
    """A new token for programs; the old one stops working at once."""
    token = people.renew_token(person(request))
    say(request, _("新的接口令牌：{token}（只显示这一次）").format(token=token))
    return redirect("account")


@require_POST
def calendar_renew(request: HttpRequest) -> HttpResponse:
    """A new secret address of the calendar feed, or none; the old one stops working at once."""
    if "end" in request.POST:
        people.end_calendar(person(request))
        say(request, _("日历订阅已停用，原地址立即失效"))
    else:
        people.renew_calendar_key(person(request))
        say(request, _("已生成新的日历订阅地址，原地址立即失效"))
    return redirect("account")


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Chinese or English, kept in a cookie and in the profile."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated:
        people.choose_language(person(request), language)
    return _remember_language(back(request, "/"), language)


@require_POST
def fold_rail(request: HttpRequest) -> HttpResponse:
    """Fold the rail to its icons, or unfold it; a cookie of this browser remembers."""
    response = back(request, "/")
    response.set_cookie(
        "rail",
        "folded" if request.POST.get("rail") else "",
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _remember_language(response: HttpResponse, language: str) -> HttpResponse:
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=365 * 24 * 3600,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return response


@staff_only
@require_http_methods(["GET", "POST"])
def people_list(request: HttpRequest) -> HttpResponse:
    """Who holds which post in the reader's regions; a manager adds colleagues."""
    visible = Region.objects.visible_to(request.user)
    region = current_region(request)
    form = PersonForm(request.POST or None, visible=visible, initial={"region": region.code if region else ""})
    made: list[str] = []
    if request.method == "POST" and attempt(form, lambda: made.append(_add_person(form, request))):
        say(request, _("账号已建立，初始密码：{password}（只显示这一次）").format(password=made[0]))
        return redirect("people")
    posts = (
        Post.objects.visible_to(request.user).select_related("user", "region").order_by("region__path", "role", "pk")
    )
    context = {
        "posts": list(posts[:500]),
        "form": form,
        "post_form": PostForm(visible=visible),
        "region_options": list(visible.order_by("path")[:200]),
    }
    return render(request, "crm/people.html", context, status=409 if form.errors else 200)


def _add_person(form: PersonForm, request: HttpRequest) -> str:
    data, password = form.cleaned_data, people.new_password()
    people.add_colleague(
        username=data["username"],
        name=data["name"],
        email=data["email"],
        password=password,
        region=data["region"],
        role=data["role"],
        actor=person(request),
    )
    return password


@staff_only
@require_POST
def post_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a colleague another post."""
    post = get_object_or_404(Post.objects.visible_to(request.user), pk=pk)
    form = PostForm(request.POST, visible=Region.objects.visible_to(request.user))
    if attempt(form, lambda: people.add_post(post.user, actor=person(request), **form.cleaned_data)):
        say(request, _("岗位已增加"))
    return redirect("people")


@staff_only
@require_POST
def post_remove(request: HttpRequest, pk: int) -> HttpResponse:
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related("user", "region"), pk=pk)
    try:
        people.remove_post(post, actor=person(request))
        say(request, _("岗位已撤销"))
    except DomainError as error:
        refuse(request, error)
    return redirect("people")


@staff_only
@require_POST
def firm_account_add(request: HttpRequest, credit_code: str) -> HttpResponse:
    """An account for a person of a firm, so that the firm acts for itself."""
    firm = get_object_or_404(Firm.objects.visible_to(request.user), credit_code=credit_code)
    form = FirmAccountForm(request.POST)
    password = people.new_password()
    actor = person(request)
    if attempt(form, lambda: people.add_firm_account(firm, password=password, actor=actor, **form.cleaned_data)):
        say(request, _("企业账号已开通，初始密码：{password}（只显示这一次）").format(password=password))
    else:
        refuse(request, DomainError(*(str(reason) for reasons in form.errors.values() for reason in reasons)))
    return redirect("firm", credit_code)


@staff_only
@require_POST
def firm_account_end(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Membership.objects.visible_to(request.user).select_related("firm", "user")
    membership = get_object_or_404(rows, pk=pk, ended_on=None)
    try:
        end_membership(membership, actor=person(request))
        say(request, _("企业账号已停用"))
    except DomainError as error:
        refuse(request, error)
    return redirect("firm", membership.firm.credit_code)


@require_GET
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a background job is; htmx asks again until it is over."""
    found = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    template = "crm/_job.html" if wants_fragment(request) else "crm/job.html"
    after = request.GET.get("after", "")
    context = {"job": found, "base": _base(request)}
    if found.is_over:
        first = int(after) if after.isdecimal() else -1
        context["refused"] = outcomes(found, outcome="refused", after=first, parts=REPORT_PARTS)
    response = render(request, template, context)
    if found.is_over and wants_fragment(request):
        response["HX-Refresh"] = "true" if request.GET.get("then") == "refresh" else "false"
    return response


@require_POST
def job_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    if cancel_job(found):
        say(request, _("已取消，已完成的部分保留"))
    return redirect("job", pk)
