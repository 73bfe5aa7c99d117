"""Pairs of firms that look like one are found once, with their reasons, and decided once."""

import pytest

from crm.choices import PairState
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import DuplicatePair, FormerName, Job
from crm.services.duplicates import dismiss, fill_cores, find_duplicates
from crm.services.firms import save_contact, update_firm
from crm.services.merging import merge_firms
from tests import make


@pytest.fixture
def alike(county, other_county):
    """Five firms: two of one name, one that bore it before, two of one phone, one of a similar name."""
    firms = {
        "one": make.firm("桂平市恒泰新材料有限公司", county),
        "same": make.firm("桂平市恒泰新材料有限公司", county),
        "renamed": make.firm("广西远图科技有限公司", county),
        "similar": make.firm("桂平市恒泰新材料有限责任公司", other_county),
        "phone": make.firm("平南木格农机厂", county),
    }
    FormerName.objects.create(firm=firms["renamed"], name="x", name_key=firms["phone"].name_key)
    save_contact(firms["renamed"], name="甲", phone="13900000001", actor=None)
    save_contact(firms["similar"], name="乙", phone="13900000001", actor=None)
    return firms


def reasons():
    return {(pair.first.name, pair.second.name): pair.reasons for pair in DuplicatePair.objects.all()}


def test_every_likeness_is_found_once_with_its_reasons(alike):
    new = find_duplicates()

    one, similar, renamed, phone = (alike[key].name for key in ("one", "similar", "renamed", "phone"))
    assert reasons() == {
        (one, one): ["same_name", "similar_name"],
        (one, similar): ["similar_name"],
        (renamed, phone): ["former_name"],
        (renamed, similar): ["same_phone"],
    }
    assert new == 4 + 1  # both of the same name are similar to the third
    assert find_duplicates() == 0


@pytest.mark.parametrize("rows", [1, 3])
def test_the_search_costs_the_same_whatever_it_finds(rows, county, django_assert_num_queries):
    for number in range(rows):
        for _double in range(2):
            make.firm(f"恒泰{number}新材料有限公司", county)
    fill_cores()

    with django_assert_num_queries(18):
        find_duplicates()


def test_a_new_name_is_looked_at_again(alike, lead):
    find_duplicates()
    update_firm(alike["phone"], changes={"name": "桂平恒泰新材料厂"}, actor=lead)

    assert fill_cores() == 1


def test_a_pair_that_was_decided_is_not_asked_again(alike, lead):
    find_duplicates()
    pair = DuplicatePair.objects.get(first=alike["renamed"], second=alike["phone"])

    dismiss(pair, actor=lead, note="同一幢楼")

    assert find_duplicates() == 0
    pair.refresh_from_db()
    assert (pair.state, pair.note, pair.decided_by) == (PairState.DISMISSED, "同一幢楼", lead)
    with pytest.raises(RowChanged):
        dismiss(pair, actor=lead, note="又一次")


def test_a_dismissal_needs_a_reason_and_both_counties(alike, lead, officer):
    find_duplicates()
    within, across = (DuplicatePair.objects.get(first=alike["one"], second=alike[key]) for key in ("same", "similar"))

    with pytest.raises(InvalidInput):
        dismiss(within, actor=officer, note=" ")
    with pytest.raises(NotAllowed):
        dismiss(across, actor=officer, note="不同")

    assert DuplicatePair.objects.open().count() == 5


def test_a_county_sees_only_pairs_of_its_own_firms(alike, officer, lead, firm_user):
    find_duplicates()

    assert [DuplicatePair.objects.visible_to(user).count() for user in (officer, lead, firm_user)] == [2, 5, 0]


def test_a_merged_firm_is_in_no_pair(alike, lead):
    merge_firms(alike["one"], alike["same"], actor=lead)

    find_duplicates()

    assert not DuplicatePair.objects.filter(second=alike["same"]).exists()


def test_the_queue_its_comparison_and_the_merge_work_on_pages(client, alike, lead):
    find_duplicates()
    one, same = alike["one"], alike["same"]
    client.force_login(lead)

    listed = client.get("/duplicates/").content.decode()
    page = client.get(f"/duplicates/{one.credit_code}/{same.credit_code}/").content.decode()
    merged = client.post(f"/duplicates/{one.credit_code}/{same.credit_code}/", {"reason": "重复登记"})
    after = client.get(f"/firms/{one.credit_code}/same/").content.decode()

    assert "名称相同、代码不同" in listed
    assert "确认合并" in page
    assert (merged.status_code, merged["Location"]) == (302, f"/firms/{one.credit_code}/")
    assert same.credit_code in after and "撤销（" in after


def test_a_refused_merge_says_why_on_the_page(client, alike, lead):
    one = alike["one"]
    client.force_login(lead)

    answer = client.post(f"/duplicates/{one.credit_code}/{one.credit_code}/", {"reason": "x"})

    assert answer.status_code == 409
    assert "不能把企业并入它自己" in answer.content.decode()


def test_the_search_by_hand_is_one_job_at_a_time(client, alike, lead, officer):
    client.force_login(lead)
    answers = [client.post("/duplicates/search/")["Location"] for _press in range(2)]
    client.force_login(officer)
    client.post("/duplicates/search/")

    assert len(set(answers)) == 1
    assert Job.objects.get().kind == "duplicates.find"


@pytest.mark.parametrize("rows", [1, 3])
def test_the_queue_costs_the_same_whatever_it_shows(rows, client, county, lead, django_assert_num_queries):
    for number in range(rows):
        for _double in range(2):
            make.firm(f"恒泰{number}新材料有限公司", county)
    find_duplicates()
    client.force_login(lead)
    client.get("/duplicates/")

    with django_assert_num_queries(7):
        client.get("/duplicates/")
