"""The bar of views above the firm list: what comes with the product, what people saved, and what was changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, IntegerField, Value, When
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from crm.models import SavedView, User
from crm.views.common import typed_key
from pipeline.filters import FirmFilter
from pipeline.selectors.firm_order import NEWEST

SHOWN = 40  # saved views in the bar; the page of views has them all
KEPT = ({*FirmFilter.base_filters} - {"region"}) | {"sort", "cols"}  # what makes a view; the region is its reader's
BUILT_IN = [
    (_("全部"), ""),
    (_("我的企业"), "whose=me"),
    (_("临期"), "ending=6"),
    (_("差一项"), "gap=open%3Alacks_one"),
    (_("长期未联系"), "contact=workdays&contact_days=60"),
]


def canonical(query: QueryDict) -> str:
    """The part of an address that a view keeps, in one spelling: what is equal shows the same list."""
    said = [(name, value) for name, values in query.lists() if name in KEPT for value in values]
    said = [pair for pair in said if pair[1].strip() or pair[0] == "cols"]
    if any(name == "cols" and value for name, value in said):
        said = [pair for pair in said if pair != ("cols", "")]
    return urlencode(sorted(set(said) - {("sort", NEWEST)}))


@dataclass(frozen=True)
class Tab:
    """One view in the bar."""

    label: Any
    address: str
    current: bool
    view: SavedView | None = None


@dataclass(frozen=True)
class Bar:
    """All views that the reader has; `query` is the list as it stands, `changed` says that no view shows it so."""

    tabs: list[Tab]
    opened: SavedView | None
    query: str
    changed: bool
    more: bool


def view_bar(user: User, query: QueryDict) -> Bar:
    """One query, and a second where the opened view is beyond those that the bar shows."""
    now, asked = canonical(query), typed_key(query.get("view", ""))
    views = views_of(user, SHOWN + 1)
    opened = next((view for view in views if view.pk == asked), None)
    if asked and opened is None and len(views) > SHOWN:
        opened = SavedView.objects.visible_to(user).filter(pk=asked).first()
    tabs = [Tab(label, f"?{kept}" if kept else "", opened is None and kept == now) for label, kept in BUILT_IN]
    tabs += [Tab(view.name, address_of(view), view == opened, view) for view in views[:SHOWN]]
    changed = now != opened.query if opened else not any(tab.current for tab in tabs)
    return Bar(tabs, opened, now, changed, len(views) > SHOWN)


def views_of(user: User, most: int) -> Sequence[SavedView]:
    """One's own, the pinned ones first, then those that others share. One query."""
    mine = Case(When(owner=user, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = SavedView.objects.visible_to(user).select_related("owner").alias(others=mine)
    return list(rows.order_by("others", "-pinned", "name", "pk")[:most])


def address_of(view: SavedView) -> str:
    return f"?view={view.pk}&{view.query}" if view.query else f"?view={view.pk}"
