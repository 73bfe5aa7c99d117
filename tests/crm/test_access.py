from datetime import date

import pytest
from django.contrib.auth.models import AnonymousUser

from crm.access import Scope, may_write, scope_of
from crm.choices import Role
from crm.models import Firm, Membership, Region, User
from tests import make


def names(user):
    fresh = User.objects.get(pk=user.pk)
    return set(Firm.objects.visible_to(fresh).values_list("name", flat=True))


def test_an_officer_sees_the_own_county_only(officer, other_officer, firm, other_firm):
    assert names(officer) == {firm.name}
    assert names(other_officer) == {other_firm.name}


def test_a_city_post_covers_every_county(city_officer, firm, other_firm):
    assert names(city_officer) == {firm.name, other_firm.name}


def test_a_firm_user_sees_the_own_firm_only(firm_user, firm, other_firm):
    assert names(firm_user) == {firm.name}


def test_an_ended_membership_shows_nothing(firm_user, firm):
    Membership.objects.filter(user=firm_user).update(ended_on="2026-01-01")

    assert names(firm_user) == set()


def test_nobody_and_the_inactive_see_nothing(officer, firm):
    officer.is_active = False

    assert not Firm.objects.visible_to(AnonymousUser()).exists()
    assert not Firm.objects.visible_to(officer).exists()


def test_several_posts_add_up(officer, other_county, firm, other_firm):
    officer.posts.create(region=other_county, role=Role.VIEWER)

    assert names(officer) == {firm.name, other_firm.name}
    fresh = User.objects.get(pk=officer.pk)
    assert may_write(fresh, firm.region_path)
    assert not may_write(fresh, other_firm.region_path)


@pytest.mark.parametrize(
    ("role", "writes"), [("viewer", False), ("leader", False), ("officer", True), ("lead", True), ("admin", True)]
)
def test_who_may_write(county, role, writes):
    user = make.person("somebody", county, role)

    assert may_write(user, county.path) is writes


def test_a_scope_costs_one_query_however_often_it_is_asked(officer, firm, django_assert_num_queries):
    fresh = User.objects.get(pk=officer.pk)

    with django_assert_num_queries(1):
        assert scope_of(fresh).is_staff
        assert scope_of(fresh).paths == ("450000/450800/450821/",)


@pytest.mark.parametrize("with_post", [True, False])
def test_whom_a_firm_knows_costs_a_second_query(officer, firm, django_assert_num_queries, with_post):
    user = officer if with_post else make.person("nobody")
    Membership.objects.create(user=user, firm=firm, started_on=date(2020, 1, 1))
    fresh = User.objects.get(pk=user.pk)

    with django_assert_num_queries(2):
        assert scope_of(fresh).member_ids == (firm.pk,)
        assert scope_of(fresh).is_staff is with_post


def test_a_path_inside_another_adds_nothing():
    scope = Scope(posts=(("a/b/", "officer"), ("a/", "viewer"), ("c/", "viewer")))

    assert scope.paths == ("a/", "c/")


def test_in_the_region_means_the_node_and_all_below(city, county):
    assert set(Region.objects.within(city).values_list("code", flat=True)) == {
        "450800",
        "450802",
        "450803",
        "450804",
        "450821",
        "450881",
        "4508GX",
        "4508CY",
    }
    assert list(Region.objects.within(county)) == [county]


def test_a_sibling_with_a_longer_code_is_not_inside(city, county):
    Region.objects.create(
        code="4508211", name="长", short_name="长", kind="zone", parent=city, path=f"{city.path}4508211/"
    )

    assert list(Region.objects.within(county)) == [county]
