"""Saved views: kept, changed and deleted through one door, with history where others see them."""

import pytest

from crm.choices import Role
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import ChangeRecord, Post, SavedView
from crm.services.saved_views import MOST, change_view, delete_view, save_view
from notifications.models import Message
from tests import make


def names_seen(user):
    return {view.name for view in SavedView.objects.visible_to(user)}


def history():
    rows = ChangeRecord.objects.filter(object_type="crm.savedview").order_by("pk")
    return list(rows.values_list("field", "old", "new", "region_path"))


def test_a_private_view_is_its_owner_s_alone_and_has_no_history(officer, lead):
    view = save_view("  我的  盯办 ", "whose=me", owner=officer)

    assert (view.name, view.query, view.shared, view.region_path) == ("我的 盯办", "whose=me", False, "")
    assert (names_seen(officer), names_seen(lead)) == ({"我的 盯办"}, set())
    assert history() == []


def test_a_shared_view_is_seen_above_and_below_and_not_beside(
    officer, lead, viewer, admin, other_officer, firm_user, county
):
    save_view("全县", "", owner=officer, shared=True)
    save_view("全市", "", owner=lead, shared=True)

    seen = {user.username: names_seen(user) for user in (officer, lead, viewer, admin, other_officer, firm_user)}

    both = {"全县", "全市"}
    assert seen == {
        "officer": both,
        "lead": both,
        "viewer": both,
        "admin": both,
        "other_officer": {"全市"},
        "firm_user": set(),
    }
    assert history()[0] == ("shared", "", "全县", county.path)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (" ", "请填写视图名称"),
        ("长" * 41, "视图名称最多 40 个字，现有 41 个；请缩短"),
        ("旧的", "已有名为“旧的”的视图；请换一个名称，或打开它再保存"),
    ],
)
def test_a_name_is_needed_short_and_once_for_each_person(name, reason, officer, lead):
    save_view("旧的", "", owner=officer)
    other = save_view("别的", "", owner=officer)
    save_view("旧的", "", owner=lead)

    for write in (
        lambda: save_view(name, "", owner=officer),
        lambda: change_view(other, actor=officer, version=0, name=name),
    ):
        with pytest.raises(InvalidInput) as refused:
            write()
        assert refused.value.reasons == [reason]

    other.refresh_from_db()
    assert (other.name, other.version, SavedView.objects.count()) == ("别的", 0, 3)


def test_too_long_a_query_and_too_many_views_are_refused(officer, firm_user):
    with pytest.raises(InvalidInput, match="筛选条件太长"):
        save_view("长", "q" * 2001, owner=officer)
    SavedView.objects.bulk_create(SavedView(owner=officer, name=str(number)) for number in range(MOST))
    with pytest.raises(InvalidInput, match="每人最多保存 100 个视图"):
        save_view("又一个", "", owner=officer)
    with pytest.raises(NotAllowed):
        save_view("企业的", "", owner=firm_user)
    assert SavedView.objects.count() == MOST


def test_what_others_see_of_a_change_is_kept(officer, county):
    view = save_view("甲", "", owner=officer)

    assert change_view(view, actor=officer, version=0, pinned=True)
    assert change_view(view, actor=officer, version=1, shared=True)
    assert change_view(view, actor=officer, version=2, query="whose=me")
    assert not change_view(view, actor=officer, version=3, query="whose=me")
    assert change_view(view, actor=officer, version=3, shared=False)
    assert change_view(view, actor=officer, version=4, name="乙")

    assert (view.name, view.pinned, view.shared, view.region_path, view.version) == ("乙", True, False, "", 5)
    assert history() == [
        ("shared", "False", "True", county.path),
        ("query", "", "whose=me", county.path),
        ("shared", "True", "False", county.path),
    ]


def test_of_two_at_once_the_second_is_told(officer):
    first = save_view("甲", "", owner=officer)
    second = SavedView.objects.get(pk=first.pk)
    change_view(first, actor=officer, version=0, query="whose=me")

    with pytest.raises(RowChanged):
        change_view(second, actor=officer, version=0, query="status=active")
    with pytest.raises(RowChanged):
        delete_view(second, actor=officer, version=0)

    assert SavedView.objects.get().query == "whose=me"


def test_a_shared_view_is_changed_by_its_owner_alone_and_deleted_by_a_manager_too(
    officer, viewer, lead, county, django_capture_on_commit_callbacks
):
    view = save_view("甲", "whose=me", owner=officer, shared=True)
    for refused in (
        lambda: change_view(view, actor=lead, version=0, name="乙"),
        lambda: delete_view(view, actor=viewer, version=0),
    ):
        with pytest.raises(NotAllowed):
            refused()

    delete_view(view, actor=lead, version=0)

    assert SavedView.objects.count() == 0
    assert history()[-1] == ("deleted", "甲", "", county.path)
    message = Message.objects.get(recipient=officer)
    assert (message.subject, message.link, message.state, message.to) == (
        "视图“甲”已被姓名lead删除",
        "/firms/?whose=me",
        "in_app",
        "",
    )


def test_nobody_is_told_of_what_they_deleted_themselves(officer):
    delete_view(save_view("甲", "", owner=officer, shared=True), actor=officer, version=0)

    assert (SavedView.objects.count(), Message.objects.count()) == (0, 0)


def test_a_view_is_shared_in_the_widest_region_of_its_owner_s_posts(officer, city):
    Post.objects.create(user=officer, region=city, role=Role.VIEWER)

    assert save_view("甲", "", owner=officer, shared=True).region_path == city.path


def test_who_has_no_post_shares_nothing(db):
    root = make.person("root")
    root.is_superuser = True
    root.save()

    with pytest.raises(NotAllowed, match="没有岗位的账号不能共享视图"):
        save_view("甲", "", owner=root, shared=True)
    assert save_view("甲", "", owner=root).name == "甲"
