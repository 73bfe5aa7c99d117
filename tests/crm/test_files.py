"""Evidence files: what may come in, what is refused with every reason, and how a file goes out again."""

import io
import zipfile
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm import files
from crm.errors import InvalidInput
from crm.models import ChangeRecord, DownloadLog, Fact
from crm.services.facts import record_fact

pytestmark = pytest.mark.usefixtures("private_storage")

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\0" * 32
EXE = b"MZ" + b"\0" * 200


def told(value):
    """A test is named after the file, not after its bytes."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else None


def archive(*names, content=b"x"):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            # Without the time, so that every process makes the same bytes.
            made.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def office(main, **more):
    return archive("[Content_Types].xml", "_rels/.rels", main, **more)


def upload(name, content):
    return SimpleUploadedFile(name, content)


def record(firm, actor, **more):
    given = {"code": "rd_cny", "value": Decimal(2_000_000), "year": 2025, "source": "audit", "evidence": "审计报告"}
    return record_fact(firm, actor=actor, **(given | more))


# What comes in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("审计报告.pdf", PDF),
        ("a.PNG", PNG),
        ("a.jpeg", JPG),
        ("a.jpg", JPG),
        ("表.xlsx", office("xl/workbook.xml")),
        ("文.docx", office("word/document.xml")),
    ],
    ids=told,
)
def test_files_of_known_kinds_come_in(name, content):
    assert files.file_problems(upload(name, content)) == []


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.ofd", archive("OFD.xml"), "“a.ofd”的格式不能接收；可上传：pdf、jpg、png、xlsx、docx"),
        ("a.exe", EXE, "“a.exe”的格式不能接收；可上传：pdf、jpg、png、xlsx、docx"),
        ("a", PDF, "“a”的格式不能接收；可上传：pdf、jpg、png、xlsx、docx"),
        ("a.pdf", b"", "“a.pdf”是空文件"),
        ("a.pdf", EXE, "“a.pdf”的内容不是 pdf 文件；请确认没有改过扩展名"),
        ("a.pdf", PNG, "“a.pdf”的内容不是 pdf 文件；请确认没有改过扩展名"),
        ("a.pdf", b"<html><script>", "“a.pdf”的内容不是 pdf 文件；请确认没有改过扩展名"),
        ("a.xlsx", EXE, "“a.xlsx”的内容不是 xlsx 文件，或已加密；请另存为 xlsx 后上传"),
        ("a.xlsx", office("word/document.xml"), "“a.xlsx”的内容不是 xlsx 文件，或已加密；请另存为 xlsx 后上传"),
        ("a.xlsx", archive("evil.exe"), "“a.xlsx”的内容不是 xlsx 文件，或已加密；请另存为 xlsx 后上传"),
        (
            "a.docx",
            archive("word/document.xml", "word/vbaProject.bin"),
            "“a.docx”含有宏，不能接收；请另存为不含宏的文件",
        ),
    ],
    ids=told,
)
def test_other_files_are_refused_with_the_reason(name, content, reason):
    assert files.file_problems(upload(name, content)) == [reason]


def test_a_file_is_refused_for_its_size(monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 2**20)

    assert files.file_problems(upload("a.pdf", PDF.ljust(2**20, b" "))) == []
    assert files.file_problems(upload("a.pdf", PDF.ljust(2**20 + 1, b" "))) == [
        "“a.pdf”有 1.0 MB，超过 1 MB；请压缩或拆分后上传"
    ]


def test_a_bomb_is_refused_without_being_unpacked(monkeypatch):
    bomb = office("xl/workbook.xml", content=b"\0" * 3_000_000)

    assert files.file_problems(upload("a.xlsx", bomb)) == ["“a.xlsx”解压后过大，不能接收"]

    monkeypatch.setattr(files, "MOST_ENTRIES", 2)
    assert files.file_problems(upload("a.xlsx", office("xl/workbook.xml"))) == ["“a.xlsx”解压后过大，不能接收"]


# With a figure --------------------------------------------------------------------------------------------------------


def test_a_figure_keeps_its_file_under_a_name_nobody_can_guess(firm, officer, private_storage):
    fact = record(firm, officer, file=upload("2025 审计报告.pdf", PDF))

    fact = Fact.objects.get(pk=fact.pk)
    assert fact.file_name == "2025_审计报告.pdf"
    assert len(fact.file.name.split("/")[2]) >= 16
    assert (private_storage / fact.file.name).read_bytes() == PDF


def test_a_long_name_is_cut_not_refused(firm, officer):
    fact = record(firm, officer, file=upload("审" * 200 + ".pdf", PDF))

    assert fact.file_name == "审" * 60 + ".pdf"


def test_a_wrong_file_and_a_wrong_figure_are_refused_together_and_change_nothing(firm, officer, private_storage):
    with pytest.raises(InvalidInput) as refused:
        record(firm, officer, year=2090, file=upload("a.pdf", EXE))

    assert len(refused.value.reasons) == 2
    assert "2090" in refused.value.reasons[0]
    assert refused.value.reasons[1] == "“a.pdf”的内容不是 pdf 文件；请确认没有改过扩展名"
    assert (Fact.objects.count(), list(private_storage.iterdir())) == (0, [])


def test_another_value_without_a_file_has_no_file_and_history_tells_where_the_old_one_lies(firm, officer):
    old = record(firm, officer, file=upload("a.pdf", PDF)).file.name

    assert record(firm, officer, evidence="同一份").file.name == old  # the same value keeps its proof

    fact = record(firm, officer, value=Decimal(3))
    assert (fact.file_name, Fact.objects.get().file.name) == ("", "")
    record_of_file = ChangeRecord.objects.get(field="file", new="")
    assert (record_of_file.old, record_of_file.actor) == (old, officer)


# Out again ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def proven(firm, officer):
    return record(firm, officer, file=upload("审计报告.pdf", PDF))


def test_a_reader_in_scope_gets_an_attachment_and_leaves_a_line(proven, officer):
    client = Client()
    client.force_login(officer)

    response = client.get(f"/facts/{proven.pk}/file/")

    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    line = DownloadLog.objects.get()
    assert (line.object_type, line.object_id, line.name, line.about, line.actor) == (
        "crm.fact",
        str(proven.pk),
        "审计报告.pdf",
        "平南智造科技有限公司",
        officer,
    )


def test_the_firm_itself_may_read_its_file_and_others_meet_nothing(proven, firm_user, other_officer, other_firm_user):
    statuses = []
    for person in (firm_user, other_officer, other_firm_user):
        client = Client()
        client.force_login(person)
        response = client.get(f"/facts/{proven.pk}/file/")
        list(getattr(response, "streaming_content", ()))
        statuses.append(response.status_code)

    assert statuses == [200, 404, 404]
    assert [line.actor for line in DownloadLog.objects.all()] == [firm_user]


def test_a_figure_without_a_file_and_a_lost_file_are_not_found(firm, officer, proven):
    bare = record(firm, officer, code="sales_cny")
    client = Client()
    client.force_login(officer)
    proven.file.storage.delete(proven.file.name)

    assert client.get(f"/facts/{bare.pk}/file/").status_code == 404
    assert client.get(f"/facts/{proven.pk}/file/").status_code == 404
    assert not DownloadLog.objects.exists()


def test_no_address_serves_the_storage(proven, officer):
    client = Client()
    client.force_login(officer)

    for prefix in ("", "files/", "media/", "static/"):
        assert client.get(f"/{prefix}{proven.file.name}").status_code == 404
