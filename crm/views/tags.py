"""The tags of one's regions: made, renamed, retired and taken up again."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.access import WRITERS, may_write, scope_of
from crm.errors import DomainError
from crm.frame import current_region
from crm.models import Firm, Region, Tag
from crm.paging import keyset
from crm.services.tags import make_tag, rename_tag, retire_tag
from crm.tag_forms import TagForm
from crm.views.common import attempt, person, refuse, say, staff_only


@staff_only
@require_http_methods(["GET", "POST"])
def tags(request: HttpRequest) -> HttpResponse:
    """Every tag that holds for the reader, with how many of the firms that the reader sees have it; one more."""
    regions = _own_regions(request)
    form = TagForm(request.POST or None, regions=regions, initial={"region": regions[0] if regions else None})
    if request.method == "POST" and attempt(form, lambda: make_tag(**form.cleaned_data, actor=person(request))):
        say(request, _("标签“{tag}”可以使用了").format(tag=form.cleaned_data["name"]))
        return redirect("tags")
    page = keyset(_counted(request), order=("region_path", "name", "pk"), after=request.GET.get("after", ""))
    context = {
        "form": form,
        "page": page,
        "rows": [(tag, may_write(request.user, tag.region_path)) for tag in page.rows],
        "writes": bool(regions),
    }
    return render(request, "crm/tags.html", context, status=409 if form.errors else 200)


def _counted(request: HttpRequest) -> QuerySet[Tag]:
    """The reader's tags with their firms. One query."""
    seen = Firm.objects.visible_to(request.user).values("pk")
    firms = Count("tagged", filter=Q(tagged__firm__in=seen))
    return Tag.objects.visible_to(request.user).select_related("region", "made_by").annotate(firms=firms)


def _own_regions(request: HttpRequest) -> list[Region]:
    """Where the person may make a tag: for who sees everything the region of the page, else those of the posts."""
    scope = scope_of(request.user)
    if scope.everything:
        region = current_region(request)
        return [region] if region else []
    paths = sorted(path for path, role in scope.posts if role in WRITERS)
    return list(Region.objects.filter(path__in=paths).order_by("path"))


@staff_only
@require_POST
def tag_change(request: HttpRequest, pk: int) -> HttpResponse:
    """`act` is rename, retire or restore."""
    tag = get_object_or_404(Tag.objects.visible_to(request.user).select_related("region"), pk=pk)
    try:
        say(request, _change(request, tag))
    except DomainError as error:
        refuse(request, error)
    return redirect("tags")


def _change(request: HttpRequest, tag: Tag) -> str:
    match request.POST.get("act"):
        case "retire":
            retire_tag(tag, actor=person(request))
            return _("标签“{tag}”已停用：已有的企业保留它，不能再给别的企业").format(tag=tag)
        case "restore":
            make_tag(tag.name, region=tag.region, actor=person(request))
            return _("标签“{tag}”可以使用了").format(tag=tag)
        case _other:
            rename_tag(tag, request.POST.get("name", ""), actor=person(request))
            return _("标签已改名为“{tag}”").format(tag=tag)
