"""The bar of views above the firm list, and the page on which one's views are looked after."""

import re

import pytest
from django.http import QueryDict

from crm.models import Firm, SavedView
from crm.services.saved_views import save_view
from pipeline.firm_views import BUILT_IN, canonical
from tests import make
from tests.make import logged_in

HTMX = {"HX-Request": "true"}


@pytest.fixture
def as_officer(client, officer):
    client.force_login(officer)
    return client


def bar(client, query=""):
    return client.get(f"/firms/?{query}").context["bar"]


def tabs(client, query=""):
    return [(str(tab.label), tab.current) for tab in bar(client, query).tabs]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", ""),
        ("q=&status=active&after=x&region=450821&year=2025&view=3", "status=active"),
        ("whose=me&q=a", "q=a&whose=me"),
        ("sort=-updated&cols=", "cols="),
        ("cols=&cols=tags&cols=region&sort=name", "cols=region&cols=tags&sort=name"),
        ("nonsense=1&csrfmiddlewaretoken=x", ""),
    ],
)
def test_a_view_keeps_filters_order_and_columns_in_one_spelling(query, kept):
    assert canonical(QueryDict(query)) == kept
    assert canonical(QueryDict(kept)) == kept


def test_the_product_s_own_views_are_marked_where_one_is_shown(as_officer, firm):
    names = ["全部", "我的企业", "临期", "差一项", "长期未联系"]
    for place, (_label, query) in enumerate(BUILT_IN):
        shown = bar(as_officer, query)
        assert [(str(tab.label), tab.current) for tab in shown.tabs] == [(name, name == names[place]) for name in names]
        assert not shown.changed
        assert as_officer.get(f"/firms/?{query}").context["filterset"].errors == {}


def test_saving_is_offered_when_something_was_changed(as_officer, firm):
    assert "保存为视图" not in as_officer.get("/firms/").content.decode()
    assert "保存为视图" in as_officer.get("/firms/?status=active").content.decode()
    rows = as_officer.get("/firms/?status=active", headers={"HX-Request": "true"}).content.decode()
    assert '<nav class="views" id="views" aria-label="视图" hx-swap-oob="true">' in rows


def test_a_list_is_saved_opened_changed_and_saved_over(as_officer, firm, officer):
    made = as_officer.post("/firms/views/", {"name": "存续", "query": "status=active&region=450821&after=x"})
    view = SavedView.objects.get()
    assert made["Location"] == f"/firms/?view={view.pk}&status=active"
    assert tabs(as_officer, f"view={view.pk}&status=active")[-1] == ("存续", True)

    changed = as_officer.get(f"/firms/?view={view.pk}&status=active&sort=name")
    assert "保存到“存续”" in changed.content.decode()
    over = {"act": "replace", "version": view.version, "query": changed.context["bar"].query}
    saved = as_officer.post(f"/firms/views/{view.pk}/", over)

    assert saved["Location"] == f"/firms/?view={view.pk}&sort=name&status=active"
    assert not bar(as_officer, f"view={view.pk}&sort=name&status=active").changed


def test_a_name_that_is_taken_keeps_what_was_typed(as_officer, officer):
    save_view("存续", "", owner=officer)

    page = as_officer.post("/firms/views/", {"name": "存续", "query": "whose=me"})

    assert page.status_code == 409
    text = page.content.decode()
    assert "已有名为“存续”的视图" in text
    assert 'value="存续"' in text and 'value="whose=me"' in text
    assert SavedView.objects.get().query == ""


def test_a_shared_view_shows_each_reader_their_own_firms(lead, officer, other_officer, firm, other_firm):
    view = save_view("全市存续", "status=active", owner=lead, shared=True)
    query = f"view={view.pk}&status=active"

    seen = {
        user.username: {row.name for row in logged_in(user).get(f"/firms/?{query}").context["page"].rows}
        for user in (lead, officer, other_officer)
    }

    assert seen == {
        "lead": {firm.name, other_firm.name},
        "officer": {firm.name},
        "other_officer": {other_firm.name},
    }
    assert tabs(logged_in(officer), query)[-1] == ("全市存续", True)


def test_a_view_that_one_may_not_see_is_only_an_address(as_officer, other_officer, firm):
    view = save_view("别县", "status=active", owner=other_officer, shared=True)

    shown = bar(as_officer, f"view={view.pk}&status=active")

    assert (shown.opened, len(shown.tabs), shown.changed) == (None, 5, True)
    for act in ("rename", "delete", "pin"):
        assert as_officer.post(f"/firms/views/{view.pk}/", {"act": act, "version": 0}).status_code == 404
    assert SavedView.objects.get().name == "别县"


def test_views_are_pinned_shared_renamed_and_deleted_on_their_page(as_officer, officer):
    first, second = save_view("甲", "", owner=officer), save_view("乙", "", owner=officer)

    def act(view, **given):
        view.refresh_from_db()
        return as_officer.post(f"/firms/views/{view.pk}/", {"version": view.version, **given}, follow=True)

    act(second, act="pin")
    act(second, act="rename", name="丙")
    act(second, act="share")
    assert [name for name, _current in tabs(as_officer)][5:] == ["丙", "甲"]
    assert "已共享" in as_officer.get("/firms/views/").content.decode()
    act(second, act="unshare")
    act(second, act="unpin")
    act(first, act="delete")

    assert list(SavedView.objects.values_list("name", "pinned", "shared")) == [("丙", False, False)]


def test_an_old_version_changes_nothing_and_says_so(as_officer, officer):
    view = save_view("甲", "", owner=officer)

    page = as_officer.post(f"/firms/views/{view.pk}/", {"act": "delete", "version": 7}, follow=True)

    assert "这个视图刚被更改或删除，请刷新后再看" in page.content.decode()
    assert SavedView.objects.count() == 1
    assert as_officer.post(f"/firms/views/{view.pk}/", {"act": "fly", "version": 0}).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_bar_costs_one_statement_for_any_number_of_views(
    number, as_officer, officer, county, django_assert_num_queries
):
    for place in range(number):
        save_view(f"视图{place}", f"q={place}", owner=officer, shared=True)
        make.firm(f"第{place}公司", county)
    as_officer.get("/firms/")

    with django_assert_num_queries(9):
        as_officer.get("/firms/")
    with django_assert_num_queries(6):
        as_officer.get("/firms/views/")
    assert Firm.objects.count() == number


def test_no_name_of_the_list_is_one_of_the_palette_that_opens_over_it(as_officer, firm, officer):
    save_view("甲", "", owner=officer)

    def ids(address):
        return re.findall(r'\bid="([^"]+)"', as_officer.get(address, headers=HTMX).content.decode())

    page = re.findall(r'\bid="([^"]+)"', as_officer.get("/firms/?status=active").content.decode())

    assert sorted(page) == sorted(set(page))
    assert not set(page) & set(ids("/palette/"))


def test_a_list_with_false_filters_is_not_kept(as_officer, firm, officer):
    kept = save_view("存续", "status=active", owner=officer)

    refused = as_officer.post("/firms/views/", {"name": "我的", "query": "whose=mine"})
    over = {"act": "replace", "version": kept.version, "query": "whose=mine"}
    again = as_officer.post(f"/firms/views/{kept.pk}/", over, follow=True)

    assert refused.status_code == 409
    for page in (refused, again):
        assert "筛选条件有误，请先改好再保存。经办：" in page.content.decode()
    assert [view.query for view in SavedView.objects.all()] == ["status=active"]
