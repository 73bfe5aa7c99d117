"""Files that come in parts: continued where they broke off, judged as a whole, forgotten when nobody finishes them."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from crm.errors import InvalidInput
from pipeline.errors import MaterialRefused
from pipeline.models import Document, Upload
from pipeline.services import uploads
from pipeline.services.uploads import add_part, begin_upload, clear_uploads, finish_upload
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.usefixtures("private_storage")

WHOLE = b"%PDF-1.7\n" + b"x" * 30
LICENCE = ("business_licence", 0)


@pytest.fixture
def prep(firm, firm_user):
    world.published("high_tech", "CN-2016")
    return world.at(firm, "prep")


SIZE = len(WHOLE)


def begun(application, actor, size=SIZE):
    return begin_upload(application, *LICENCE, name="执照.pdf", size=size, actor=actor)


def test_a_file_in_parts_is_the_whole_file_in_the_end(prep, firm_user, django_capture_on_commit_callbacks):
    upload = add_part(begun(prep, firm_user), WHOLE[:10], offset=0)
    upload = add_part(upload, WHOLE[10:], offset=10)

    with django_capture_on_commit_callbacks(execute=True):
        done = finish_upload(upload, actor=firm_user)

    assert done.reasons == []
    with Document.objects.get().file.open() as file:
        assert file.read() == WHOLE
    assert Upload.objects.count() == 0
    assert default_storage.listdir(f"uploads/{upload.key}")[1] == []


def test_a_part_out_of_place_is_refused_and_says_where_to_go_on(prep, firm_user):
    upload = add_part(begun(prep, firm_user), WHOLE[:10], offset=0)
    twin = Upload.objects.get()
    add_part(upload, WHOLE[10:20], offset=10)

    for offset in (0, 5, 30):
        with pytest.raises(MaterialRefused) as refused:
            add_part(Upload.objects.get(), b"x", offset=offset)
        assert refused.value.reasons == ["已收到 20 字节，请从该处继续上传"]
    with pytest.raises(MaterialRefused):
        add_part(twin, WHOLE[10:20], offset=10)
    with pytest.raises(InvalidInput):
        add_part(Upload.objects.get(), b"x" * 100, offset=20)
    with pytest.raises(MaterialRefused):
        finish_upload(Upload.objects.get(), actor=firm_user)

    assert (Upload.objects.get().received, Document.objects.count()) == (20, 0)


def test_what_could_not_be_kept_is_refused_before_it_is_sent(prep, firm_user, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_OPEN", 0)

    with pytest.raises(InvalidInput) as refused:
        begin_upload(prep, *LICENCE, name="x.exe", size=2**40, actor=firm_user)

    assert refused.value.reasons == [
        "“x.exe”的格式不适用于“营业执照”；可上传：pdf、jpg、png",
        "“x.exe”的大小应在 1 字节与 20 MB 之间",
        "未完成的上传太多，请先完成已开始的上传",
    ]


def test_what_is_no_such_file_is_refused_when_it_is_whole(prep, firm_user):
    upload = add_part(begun(prep, firm_user, size=3), b"MZ!", offset=0)

    assert finish_upload(upload, actor=firm_user).reasons == ["“执照.pdf”的内容不是 pdf 文件；请确认没有改过扩展名"]
    assert (Upload.objects.count(), Document.objects.count()) == (0, 0)


def test_the_unfinished_are_forgotten_after_two_days(prep, firm_user, django_capture_on_commit_callbacks):
    old = add_part(begun(prep, firm_user), WHOLE[:10], offset=0)
    begun(prep, firm_user)
    Upload.objects.filter(pk=old.pk).update(begun_at=timezone.now() - timedelta(days=2, seconds=1))

    with django_capture_on_commit_callbacks(execute=True):
        assert (clear_uploads(), clear_uploads()) == (1, 0)

    assert Upload.objects.count() == 1
    assert default_storage.listdir(f"uploads/{old.key}")[1] == []


def test_the_pages_speak_json_and_only_to_who_began(prep, firm_user, officer):
    client = make.logged_in(firm_user)
    begin = f"/applications/{prep.pk}/materials/business_licence/0/begin/"
    state = client.post(begin, {"name": "执照.pdf", "size": len(WHOLE)}).json()

    def put(content, offset):
        kind = "application/octet-stream"
        return client.put(state["url"], content, content_type=kind, headers={"Upload-Offset": offset})

    assert put(WHOLE[:10], "0").json()["offset"] == 10
    again = put(WHOLE[:10], "0")
    assert (again.status_code, again.json()["offset"]) == (409, 10)
    assert put(b"x", "odd").status_code == 409
    assert client.get(state["url"]).json()["offset"] == 10
    assert make.logged_in(officer).get(state["url"]).status_code == 404
    assert client.post(state["finish"]).status_code == 409
    put(WHOLE[10:], "10")
    assert client.post(state["finish"]).json() == {"kept": [Document.objects.get().pk]}
    assert client.post(begin, {"name": "x.exe", "size": 5}).status_code == 400
    assert client.post(begin, {"size": "odd"}).status_code == 400


def test_finished_twice_it_is_one_document(prep, firm_user):
    upload = add_part(begun(prep, firm_user), WHOLE, offset=0)
    again = Upload.objects.get(pk=upload.pk)

    finish_upload(upload, actor=firm_user)
    with pytest.raises(MaterialRefused) as refused:
        finish_upload(again, actor=firm_user)

    assert refused.value.reasons == ["这次上传已经完成"]
    assert Document.objects.count() == 1
