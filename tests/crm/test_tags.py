"""Tags: made once a region, put on firms through one door, retired and not deleted."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.errors import InvalidInput, NotAllowed
from crm.models import ChangeRecord, FirmTag, Tag
from crm.services.tags import make_tag, rename_tag, retire_tag, tag_firm, tag_named, untag_firm
from tests import make
from tests.races import at_once


@pytest.fixture
def tag(county, officer):
    return make_tag("重点培育", region=county, actor=officer)


def history(row):
    found = ChangeRecord.objects.filter(object_type=row._meta.label_lower, object_id=str(row.pk)).order_by("pk")
    return list(found.values_list("field", "old", "new", "actor__username", "reason"))


def test_a_tag_is_made_once_a_region(tag, county, other_county, officer, other_officer):
    assert make_tag(" 重点培育 ", region=county, actor=officer) == tag
    assert make_tag("重点培育", region=other_county, actor=other_officer) != tag
    assert Tag.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "reason"), [(" ", "请填写标签名称"), ("字" * 21, "标签名称最多 20 个字，现有 21 个；请缩短")]
)
def test_a_tag_needs_a_short_name(name, reason, county, officer):
    with pytest.raises(InvalidInput) as refused:
        make_tag(name, region=county, actor=officer)

    assert (refused.value.reasons, Tag.objects.count()) == ([reason], 0)


def test_a_firm_is_tagged_and_untagged_with_history(tag, firm, officer):
    assert tag_firm(firm, tag, actor=officer, reason="年度名单")
    assert not tag_firm(firm, tag, actor=officer)
    assert untag_firm(firm, tag, actor=officer)
    assert not untag_firm(firm, tag, actor=officer)

    assert history(firm) == [("tag", "", "重点培育", "officer", "年度名单"), ("tag", "重点培育", "", "officer", "")]
    assert FirmTag.objects.count() == 0


def test_a_tag_stays_in_its_region(tag, other_firm, city_officer):
    with pytest.raises(InvalidInput) as refused:
        tag_firm(other_firm, tag, actor=city_officer)

    assert refused.value.reasons == ["标签“重点培育”只用于平南县的企业"]
    assert FirmTag.objects.count() == 0


def test_a_retired_tag_stays_on_its_firms_and_goes_on_no_other(tag, firm, county, officer):
    second = make.firm("平南第二企业", county)
    tag_firm(firm, tag, actor=officer)

    assert retire_tag(tag, actor=officer)
    assert not retire_tag(tag, actor=officer)
    tag.refresh_from_db()
    with pytest.raises(InvalidInput, match="标签“重点培育”已停用"):
        tag_firm(second, tag, actor=officer)
    assert list(FirmTag.objects.values_list("firm", flat=True)) == [firm.pk]

    again = make_tag("重点培育", region=county, actor=officer)
    assert (again, tag_firm(second, again, actor=officer)) == (tag, True)


@pytest.mark.parametrize("who", ["viewer", "leader", "other_officer", "firm_user"])
def test_who_only_reads_tags_nothing(who, request, tag, firm, county):
    person = request.getfixturevalue(who)
    attempts = (
        lambda: make_tag("新", region=county, actor=person),
        lambda: tag_firm(firm, tag, actor=person),
        lambda: untag_firm(firm, tag, actor=person),
        lambda: retire_tag(tag, actor=person),
    )

    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()

    assert (Tag.objects.count(), FirmTag.objects.count(), len(history(firm))) == (1, 0, 0)


def test_tags_of_the_region_and_those_above_it_are_seen(tag, city, officer, other_officer, city_officer, firm_user):
    wide = make_tag("上市后备", region=city, actor=city_officer)

    seen = {who.username: set(Tag.objects.visible_to(who)) for who in (officer, other_officer, city_officer, firm_user)}

    assert seen == {
        "officer": {tag, wide},
        "other_officer": {wide},
        "city_officer": {tag, wide},
        "firm_user": set(),
    }


def test_a_name_means_the_widest_tag_that_one_sees_or_a_new_one_of_ones_own(tag, city, county, officer, city_officer):
    assert tag_named("重点培育", actor=officer) == tag
    wide = make_tag("重点培育", region=city, actor=city_officer)
    assert tag_named("重点培育", actor=officer) == wide

    new = tag_named("高成长", actor=officer)

    assert (new.region, new.made_by) == (county, officer)


def test_who_writes_nowhere_makes_no_tag_by_name(viewer):
    with pytest.raises(NotAllowed):
        tag_named("重点培育", actor=viewer)

    assert Tag.objects.count() == 0


def test_two_who_tag_at_once_tag_once(committed_db, tag, firm, officer):
    results = at_once(lambda: tag_firm(firm, tag, actor=officer), lambda: tag_firm(firm, tag, actor=officer))

    assert (sorted(results), FirmTag.objects.count(), len(history(firm))) == ([False, True], 1, 1)


def test_a_tag_is_renamed_with_history_and_never_onto_another(tag, county, officer, other_officer):
    make_tag("后备", region=county, actor=officer)

    with pytest.raises(InvalidInput) as taken:
        rename_tag(tag, "后备", actor=officer)
    with pytest.raises(NotAllowed):
        rename_tag(tag, "别的", actor=other_officer)

    assert taken.value.reasons == ["平南县已有标签“后备”；请换一个名称，或直接使用它"]
    assert Tag.objects.get(pk=tag.pk).name == "重点培育"
    assert rename_tag(tag, " 重点 培养 ", actor=officer)
    assert not rename_tag(tag, "重点 培养", actor=officer)
    assert history(tag) == [
        ("name", "", "重点培育", "officer", ""),
        ("name", "重点培育", "重点 培养", "officer", ""),
    ]


def test_the_page_makes_renames_retires_and_takes_up_again(tag, firm, county, officer, other_officer, firm_user):
    tag_firm(firm, tag, actor=officer)
    page = make.logged_in(officer)

    assert page.post("/settings/tags/", {"name": "后备", "region": county.pk}).status_code == 302
    assert page.post("/settings/tags/", {"name": "", "region": county.pk}).status_code == 409
    for act, more in (("rename", {"name": "重点"}), ("retire", {}), ("restore", {}), ("retire", {})):
        assert page.post(f"/settings/tags/{tag.pk}/", {"act": act, **more}).status_code == 302
    shown = page.get("/settings/tags/").content.decode()

    tag.refresh_from_db()
    assert (tag.name, tag.retired_at is None, Tag.objects.count()) == ("重点", False, 2)
    assert ("已停用" in shown, "恢复使用" in shown) == (True, True)
    assert make.logged_in(other_officer).post(f"/settings/tags/{tag.pk}/", {"act": "restore"}).status_code == 404
    assert make.logged_in(firm_user).get("/settings/tags/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_counts_only_firms_that_its_reader_sees(number, county, other_county, city, officer, city_officer):
    for place in range(number):
        tag = make_tag(f"标签{place}", region=city, actor=city_officer)
        for where in (county, other_county):
            tag_firm(make.firm(f"甲{place}{where.code}公司", where), tag, actor=city_officer)
    page = make.logged_in(officer)
    page.get("/settings/tags/")

    with CaptureQueriesContext(connection) as seen:
        shown = page.get("/settings/tags/").context["rows"]

    assert [(tag.firms, own) for tag, own in shown] == [(1, False)] * number
    assert len(seen) == 9
