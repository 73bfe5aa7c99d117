"""What a firm is found by: names of today and before, contact persons, the beginning of its code, its initials."""

import io
from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from crm.identifiers import name_key
from crm.models import Contact, Firm, FirmSearch, FormerName
from crm.models import firms as firm_models
from crm.search import EITHER, INITIALS, initials, marks_text, names_text, places_in_front
from crm.services import imports, jobs
from crm.services.duplicates import find_duplicates
from crm.services.firms import move_firm, save_contact, update_contact, update_firm
from crm.services.merging import merge_firms, unmerge
from crm.services.search import heal_search, refresh_search
from tests import make

PLACES = places_in_front(["贵港", "平南", "桂平"])


def found(text, *, among=None):
    return [firm.name for firm in Firm.objects.named_like(text, among=among).order_by("pk")]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("智造科技", ["zzkj"]),
        ("平南县长城", ["pnxcc", "pnxzc"]),
        ("重行", ["ch", "cx", "zh", "zx"]),
        ("重行长乐", ["chzl", "cxzl", "zhzl", "zxzl"]),  # only the first two are read in both ways
        ("a3智造", ["a3zz"]),
        ("智", []),
        ("", []),
    ],
)
def test_initials_are_the_letters_of_how_a_name_is_read(name, letters):
    assert sorted(initials(name)) == letters


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("贵港市平南县智造", ["gsspnxzz", "zz"]),
        ("平南智造", ["pnzz", "zz"]),
        ("平南县", ["pnx"]),
        ("平南米", ["pnm"]),
        ("大平南智造", ["dpnzz"]),
    ],
)
def test_the_place_in_front_is_left_out_as_well(name, marks):
    marks = [mark.replace("gss", "ggs") for mark in marks]

    assert marks_text("9145X", name, PLACES) == "".join(f"\n{mark}" for mark in ["9145x", *marks])


def test_no_places_are_in_front_of_nothing():
    assert marks_text("9145X", "平南智造", places_in_front(["", ""])) == "\n9145x\npnzz"


def test_names_stand_once_and_empty_ones_not_at_all():
    assert names_text(["甲", "", "乙", "甲"]) == "甲\n乙"


def test_the_letters_are_those_of_the_library():
    from pypinyin import Style, pinyin

    kept = INITIALS.read_text(encoding="ascii").replace("\n", "")
    signs = [chr(0x4E00 + place) for place in range(len(kept))]
    read = pinyin(signs, style=Style.NORMAL, errors=lambda _signs: ["-"])

    assert len(kept) == 0x9FFF - 0x4E00 + 1
    letters = {sign: said[0][0].replace("ê", "e") for sign, said in zip(signs, read, strict=True)}
    differ = {
        sign: (letter, letters[sign]) for sign, letter in zip(signs, kept, strict=True) if letter != letters[sign]
    }
    assert {sign for sign in differ if sign not in EITHER} == set()


@pytest.fixture
def known(firm, other_firm):
    save_contact(firm, name="周 文澜", phone="1", actor=None)
    FormerName.objects.create(firm=firm, name="平南旧厂", name_key="平南旧厂")
    refresh_search([firm.pk])
    return firm


@pytest.mark.parametrize(
    "text",
    [
        "平南智造",
        "南智造科",
        "智",
        "平南 智造",
        "（平南）智造",
        "ＰＮＺＺＫＪ",
        "pnzz",
        "zzkj",
        "PN",
        "旧厂",
        "周文澜",
        "文澜",
    ],
)
def test_a_firm_is_found_by_any_of_its_names_and_by_initials(known, text):
    assert found(text) == [known.name]


def test_a_firm_is_found_by_the_beginning_of_its_code(known):
    code = known.credit_code

    for length in range(2, 19):
        assert known.name in found(code[:length].lower()), length
    assert found(code) == [known.name]
    assert found(code[5:12]) == found("0" + code) == []


@pytest.mark.parametrize(
    "text", ["p", "南平", "智造平南", "n智", "%", "_", "'", "\\", "。", "zzz", "平南智造科技有限公司乙"]
)
def test_what_nobody_is_called_finds_nobody(known, text):
    assert found(text) == []


def test_nothing_asked_finds_everybody(known):
    assert len(found("")) == len(found("  ")) == 2


@pytest.mark.parametrize(
    "text", ["智造 周文澜", "科技　平南", "旧厂 pnzz", "平南 - 公司", "a 智造 平南 科技 有限 公司"]
)
def test_several_words_find_the_firm_that_has_them_all(known, text):
    expected = [] if text.startswith("a ") else [known.name]

    assert found(text) == expected


@pytest.mark.parametrize("text", ["智造 桂平", "平南 无此人", "- -"])
def test_a_firm_that_lacks_one_of_the_words_is_not_found(known, text):
    assert found(text) == []


def test_each_word_is_asked_for_once_and_only_where_nobody_is_called_so(known, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert found("平南 智造") == [known.name]
    with django_assert_num_queries(4):
        assert found("智造 周文澜") == [known.name]


@pytest.mark.parametrize("few", [0, 2000])
def test_who_may_not_see_a_firm_does_not_find_it(monkeypatch, known, officer, other_officer, few):
    monkeypatch.setattr(firm_models, "FEW", few)

    for user, names in ((officer, [known.name]), (other_officer, [])):
        rows = Firm.objects.visible_to(user).named_like("有限公司", among=user).named_like("平南")
        assert [firm.name for firm in rows] == names
        assert (known.name in make.logged_in(user).get("/firms/?q=周文澜").content.decode()) == bool(names)


def test_a_word_that_many_hold_is_found_on_the_way_through_the_list(monkeypatch, known, other_firm):
    monkeypatch.setattr(firm_models, "FEW", 1)

    assert found("有限公司") == [known.name, other_firm.name]
    assert found("平南智造") == [known.name]


def test_every_door_keeps_the_words_in_step(firm, other_firm, other_county, officer, lead):
    update_firm(firm, changes={"name": "浔江智造有限公司"}, actor=officer)
    assert found("浔江") == found("平南智造") == found("xjzz") == ["浔江智造有限公司"]
    assert found("pnzz") == []

    contact = save_contact(firm, name="莫清扬", phone="1", actor=officer)
    assert found("莫清扬") == ["浔江智造有限公司"]
    update_contact(contact, changes={"name": "莫青阳"}, seen={"name": "莫清扬"}, actor=officer)
    assert (found("莫清扬"), found("莫青阳")) == ([], ["浔江智造有限公司"])

    move_firm(firm, region=other_county, actor=lead, reason="迁址")
    assert FirmSearch.objects.get(firm=firm).region_path == other_county.path

    merge = merge_firms(other_firm, firm, actor=lead, reason="同一家")
    assert "桂平新材料有限公司" in found("浔江")
    unmerge(merge, actor=lead)
    assert found("浔江") == ["浔江智造有限公司"]


def test_an_import_brings_words_and_its_revert_takes_them_back(firm, city, city_officer):
    heads = "企业名称,统一社会信用代码,联系人,联系电话\n"
    rows = f"新厂有限公司,{make.code(7)},韦大江,0775-1\n平南新智造有限公司,{firm.credit_code},黄小河,0775-2\n"
    batch = imports.keep_file(io.BytesIO((heads + rows).encode()), name="a.csv", region=city, actor=city_officer)
    imports.apply_now(batch)

    assert found("韦大江") == found("xcyx") == ["新厂有限公司"]
    assert found("黄小河") == found("平南智造") == found("pnxzz") == ["平南新智造有限公司"]

    imports.revert(batch, actor=city_officer)
    jobs.run(batch.job.pk)

    assert found("韦大江") == found("xcyx") == found("黄小河") == found("pnxzz") == []
    assert found("平南智造") == ["平南智造科技有限公司"]


def test_the_night_writes_what_came_by_another_door(firm, county):
    FirmSearch.objects.all().delete()
    Firm.objects.create(credit_code=make.code(), name="甲", name_key="甲", region=county, region_path=county.path)
    assert found("平南") == []

    find_duplicates()

    assert found("平南") == [firm.name]
    assert heal_search() == 0


def test_an_upgrade_writes_the_words_of_all_firms(known, other_firm):
    written = list(FirmSearch.objects.order_by("pk").values())
    FirmSearch.objects.all().delete()

    import_module("crm.migrations.0005_firm_search").fill(apps, None)

    assert list(FirmSearch.objects.order_by("pk").values()) == written
    assert len(written) == 2


def test_refreshing_costs_the_same_for_one_and_many(county, django_assert_num_queries):
    rows = [make.firm(f"第{number}号公司", county).pk for number in range(3)]

    for wanted in (rows[:1], rows):
        with django_assert_num_queries(5):
            refresh_search(wanted)
    with django_assert_num_queries(0):
        refresh_search([])


@pytest.mark.parametrize("text", ["平南", "pnzz"])
def test_a_search_costs_no_more_statements_than_the_list_may(known, officer, django_assert_num_queries, text):
    client = make.logged_in(officer)
    client.get(reverse("firms"))

    with django_assert_num_queries(10):
        assert known.name in client.get(reverse("firms"), {"q": text}).content.decode()


def test_the_words_of_contacts_are_keys_like_those_of_names(known):
    assert Contact.objects.get().name == "周 文澜"
    assert name_key("周 文澜") in FirmSearch.objects.get(firm=known).names
