"""Drafts on the page: what was typed stays, faults stand beside fields, and for others drafts do not exist."""

import pytest
import time_machine

from pipeline.models import PolicyDraft, PolicyEdition
from tests.pipeline.test_bench import text
from tests.pipeline.test_drafts import LINE, draft, edition, published

__all__ = ["draft", "edition", "published"]


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client


@time_machine.travel("2026-07-01 10:00+08:00")
def test_an_administrator_copies_changes_and_publishes_on_the_page(as_admin, edition, django_assert_num_queries):
    assert "另存为草稿" in as_admin.get("/policies/tech_sme/CN-2022/").content.decode()
    response = as_admin.post("/policies/tech_sme/CN-2022/copy/")
    draft = PolicyDraft.objects.get()
    page = f"/policies/drafts/{draft.pk}/"
    assert response["Location"] == page
    with django_assert_num_queries(6):
        assert 'name="criteria.10.value" value="60"' in as_admin.get(page).content.decode()

    as_admin.post(page, {"version": 0, LINE: "70", "title": "收紧"})
    confirm = text(as_admin.get(f"{page}publish/"))
    assert "修改 3 条" in confirm
    assert "还没有对整个辖区试算过" in confirm
    assert "早于今天" not in confirm
    response = as_admin.post(f"{page}publish/", {"version": 1})

    assert response["Location"] == "/policies/tech_sme/CN-2026/"
    made = PolicyEdition.objects.get(code="CN-2026")
    assert "姓名admin" in text(as_admin.get("/policies/tech_sme/CN-2026/"))
    assert made.content["title"] == "收紧"
    assert as_admin.get(page).status_code == 404


def test_a_refused_page_keeps_what_was_typed_beside_its_fault(as_admin, draft):
    response = as_admin.post(f"/policies/drafts/{draft.pk}/", {"version": 0, LINE: "很多", "title": "新名"})

    page = response.content.decode()
    assert response.status_code == 409
    assert f'name="{LINE}" value="很多" aria-invalid="true"' in page
    assert 'name="title" value="新名"' in page
    assert page.count("看不懂“很多”：可写数字，例如 60") == 2  # in the summary and beside the field
    assert f'href="#{LINE}"' in page
    draft.refresh_from_db()
    assert draft.version == 0


@pytest.mark.parametrize("version", ["7", "", "x", "9" * 40])
def test_a_page_without_the_right_version_is_refused_and_keeps_what_was_typed(as_admin, draft, version):
    response = as_admin.post(f"/policies/drafts/{draft.pk}/", {"version": version, LINE: "70"})

    assert response.status_code == 409
    assert "草稿刚被他人更改或发布" in text(response)
    assert f'name="{LINE}" value="70"' in response.content.decode()


def test_files_go_down_and_up_on_the_pages(as_admin, draft, edition):
    from django.core.files.uploadedfile import SimpleUploadedFile as File

    file = as_admin.get(f"/policies/drafts/{draft.pk}/yaml/").content.decode()
    changed = file.replace("value: 60\n", "value: 66\n")
    page = f"/policies/drafts/{draft.pk}/upload/"
    as_admin.post(page, {"version": 0, "file": File("a.yaml", changed.encode())})
    draft.refresh_from_db()
    assert draft.content["criteria"][10]["value"] == "66"

    broken = as_admin.post(page, {"version": 1, "file": File("b.yaml", b"programme: tech_sme\nx: 1\n")}, follow=True)
    assert "b.yaml:2: x：不认识的键" in text(broken)
    assert "文件不是 UTF-8 文本" in text(as_admin.post(page, {"file": File("c.yaml", b"\xff\xfe1")}, follow=True))
    assert "文件超过 256 KB" in text(as_admin.post(page, {"file": File("d.yaml", b" " * 300_000)}, follow=True))

    new = file.replace("edition: CN-2026", "edition: CN-2031")
    response = as_admin.post("/policies/tech_sme/CN-2022/upload/", {"file": File("e.yaml", new.encode())})
    assert response["Location"] == f"/policies/drafts/{PolicyDraft.objects.get(code='CN-2031').pk}/"
    assert "CN-2031" in text(as_admin.get("/policies/"))


def test_a_discarded_draft_is_gone(as_admin, draft):
    as_admin.post(f"/policies/drafts/{draft.pk}/discard/", {"version": 0})

    assert as_admin.get(f"/policies/drafts/{draft.pk}/").status_code == 404


@pytest.mark.parametrize("who", ["officer", "lead"])
def test_for_others_drafts_do_not_exist(client, draft, who, request):
    client.force_login(request.getfixturevalue(who))
    page = f"/policies/drafts/{draft.pk}/"

    assert [client.get(f"{page}{part}").status_code for part in ("", "yaml/", "publish/")] == [404] * 3
    posts = [f"{page}{part}" for part in ("", "upload/", "discard/", "publish/")]
    posts += ["/policies/tech_sme/CN-2022/copy/", "/policies/tech_sme/CN-2022/upload/"]
    assert [client.post(address, {"version": 0}).status_code for address in posts] == [404] * 6
    assert draft.code not in text(client.get("/policies/"))
    assert PolicyDraft.objects.get().version == 0
