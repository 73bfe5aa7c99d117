"""The pages of the law: every edition, one in sentences, two side by side, and each as a file."""

import re

import pytest

from pipeline.models import PolicyEdition
from pipeline.policy import policy_from_yaml, policy_of
from pipeline.policy.differences import Piece, pieces_of
from pipeline.services.policies import publish, unpublished


@pytest.fixture
def published(db):
    publish(unpublished(), actor=None)


@pytest.fixture
def as_officer(client, officer, published):
    client.force_login(officer)
    return client


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def edition(code="CN-2022", programme="tech_sme"):
    return PolicyEdition.objects.get(programme=programme, code=code)


def test_the_list_shows_every_edition_with_what_is_doubtful(as_officer, django_assert_num_queries):
    with django_assert_num_queries(9):
        response = as_officer.get("/policies/")

    page = text(response)
    assert response.status_code == 200
    for row in PolicyEdition.objects.all():
        assert f"/policies/{row.programme}/{row.code}/" in response.content.decode()
        assert row.digest[:8] in page
    assert (
        "科技型中小企业评价（2022年指引收紧后） 现行 CN-2022 区域 CN 国科火字〔2022〕67号 2022-01-01 — 未定 11 2"
        in page
    )
    assert page.count("现行") == 3  # one edition of each programme holds for the county
    assert "草稿" not in page


def test_the_list_without_editions_says_what_to_do(client, officer):
    client.force_login(officer)

    assert "运行 publish_policies 命令" in text(client.get("/policies/"))


@pytest.mark.parametrize("row", [("tech_sme", "CN-2022"), ("high_tech", "CN-2016"), ("gazelle", "320000-2024")])
def test_an_edition_reads_as_sentences_with_article_and_status(as_officer, row, django_assert_num_queries):
    with django_assert_num_queries(7):
        response = as_officer.get(f"/policies/{row[0]}/{row[1]}/")

    page, policy = text(response), policy_of(edition(row[1], row[0]))
    for criterion in (*policy.criteria, *policy.routes, *policy.triggers):
        assert str(criterion.label) in page
        assert criterion.source in page
    assert "条件 全部符合才算符合" in page
    assert "待核实" in page
    assert "另存为草稿" not in page


def test_headings_stand_in_the_order_of_the_law(as_officer):
    page = as_officer.get("/policies/tech_sme/CN-2022/").content.decode()

    assert re.findall(r"<h2>(.*?)</h2>", page) == [
        "条件",
        "计分",
        "直通车",
        "提示",
        "计算口径",
        "补差措施",
        "数据来源次序",
        "口径",
    ]


def test_two_editions_stand_side_by_side_with_the_changes_in_words(as_officer):
    response = as_officer.get("/policies/tech_sme/CN-2022/compare/?with=CN-2017")

    page = text(response)
    assert "对比版本 CN-2017 → CN-2022" in page
    assert re.search(r"新增 \d+ 条、修改 \d+ 条", page)
    assert "<del>2017</del>" in response.content.decode()
    assert "<ins>2022</ins>" in response.content.decode()
    assert "条两版相同" in page


@pytest.mark.parametrize(
    "address",
    [
        "/policies/tech_sme/CN-1999/",
        "/policies/nothing/CN-2022/",
        "/policies/tech_sme/CN-2022/compare/?with=CN-2016",
        "/policies/tech_sme/CN-2022/compare/?with=CN-2022",
        "/policies/tech_sme/CN-1999/yaml/",
    ],
)
def test_what_is_not_published_is_not_found(as_officer, address):
    assert as_officer.get(address).status_code == 404


def test_a_programme_with_one_edition_has_nothing_to_compare(as_officer):
    assert "这一计划只有一个版本" in text(as_officer.get("/policies/high_tech/CN-2016/compare/"))


def test_an_edition_comes_down_as_the_file_it_was(as_officer):
    for row in PolicyEdition.objects.all():
        response = as_officer.get(f"/policies/{row.programme}/{row.code}/yaml/")

        assert response["Content-Disposition"] == f'attachment; filename="{row.code}.yaml"'
        read = policy_from_yaml(response.content.decode())
        assert (read, read.digest) == (policy_of(row), row.digest)


@pytest.mark.parametrize(
    ("before", "after", "left", "right"),
    [
        ("不低于 60 分", "不低于 70 分", ["60"], ["70"]),
        ("不超过 2 亿元", "不超过 2 亿元", [], []),
        ("30% 得 20 分", "32.5% 得 20 分", ["30%"], ["32.5%"]),
        ("甲、乙", "甲", ["、乙"], []),
    ],
)
def test_changes_are_marked_by_whole_numbers_and_words(before, after, left, right):
    was, now = pieces_of(before, after)

    assert [piece.text for piece in was if piece.changed] == left
    assert [piece.text for piece in now if piece.changed] == right
    assert "".join(piece.text for piece in was) == before
    assert "".join(piece.text for piece in now) == after
    assert all(isinstance(piece, Piece) for piece in was + now)


def test_the_english_face_reads_the_english_twins(as_officer):
    as_officer.cookies["django_language"] = "en"

    page = text(as_officer.get("/policies/tech_sme/CN-2022/"))

    assert "At most 500 employees" in page
    assert "职工总数" not in page


def test_firms_have_no_policy_pages(client, firm_user, published):
    client.force_login(firm_user)

    for address in ("/policies/", "/policies/tech_sme/CN-2022/", "/policies/bench/"):
        assert client.get(address).status_code == 404
