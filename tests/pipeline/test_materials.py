"""Papers of an application: uploaded, used again, accepted or refused, and what their lack stops."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone, translation

from crm.choices import ScanState
from crm.errors import InvalidInput, NotAllowed
from crm.models import ChangeRecord, DownloadLog
from pipeline.errors import InvalidPolicy, MaterialRefused, TransitionRefused
from pipeline.models import Application, ChecklistStart, Document, Material, MaterialFile
from pipeline.policy.materials import Item, checklist_of, checklists, load_checklists
from pipeline.selectors.materials import material_list
from pipeline.services import materials
from pipeline.services.applications import move_application
from pipeline.services.material_decisions import Decision, decide_materials
from pipeline.services.materials import reuse_document, take_off, upload_files
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.usefixtures("private_storage")

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"
LICENCE = ("business_licence", 0)
FORM = ("application_form", 0)


def pdf(name="执照.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def at(firm, stage, **given):
    """An application that is pinned to the edition with a checklist."""
    world.published("high_tech", "CN-2016")
    return world.at(firm, stage, **given)


@pytest.fixture
def prep(firm, firm_user):
    return at(world.with_basics(firm), "prep")


def listed(application, *hats):
    return material_list(Application.objects.get(pk=application.pk), hats or ("firm",))


def complete(application, actor=None):
    for slot in listed(application).slots:
        if slot.item.is_required:
            upload_files(application, slot.item.code, slot.year, [pdf()], actor=actor)


# The lists --------------------------------------------------------------------------------------------------------------


def test_every_programme_has_lists_for_editions_that_exist():
    assert [(found.programme, found.edition) for found in checklists()] == [
        ("gazelle", "450000-2021"),
        ("gazelle", "450000-2022"),
        ("high_tech", "CN-2016"),
        ("tech_sme", "CN-2017"),
        ("tech_sme", "CN-2022"),
    ]


def test_an_item_is_asked_for_each_year_that_the_list_names():
    item = checklist_of("high_tech", "CN-2016").item("financial_statements")

    assert item.years_for(2026) == [2025, 2024, 2023]
    assert checklist_of("high_tech", "CN-2016").item("business_licence").years_for(2026) == [0]


def test_a_wrong_list_is_refused_with_every_fault_and_its_line(tmp_path):
    folder = tmp_path / "high_tech" / "materials"
    folder.mkdir(parents=True)
    text = "programme: high_tech\nedition: X\nsource: 文\nitems:\n  - {code: a, label: 甲, label_en: A, kind: odd, need: required, when: 有时, years: 9, formats: [exe], source: 文, status: sure, validity: ever}\n"
    (folder / "X.yaml").write_text(text)

    with pytest.raises(InvalidPolicy) as refused:
        load_checklists([tmp_path])

    assert [reason.split("：")[0].split(": ")[1] for reason in refused.value.reasons] == [
        "items.0.kind",
        "items.0.validity",
        "items.0.status",
        "items.0.when",
        "items.0.formats",
        "items.0.years",
    ]


def test_a_bureaus_own_folder_adds_and_replaces_items(tmp_path):
    for name, items in (("a", ["one", "two"]), ("b", ["two", "three"])):
        folder = tmp_path / name / "high_tech" / "materials"
        folder.mkdir(parents=True)
        lines = [
            f"  - {{code: {code}, label: {name}{code}, label_en: x, kind: other, need: required, formats: [pdf], source: 文, status: confirmed, validity: year}}"
            for code in items
        ]
        (folder / "X.yaml").write_text(
            "programme: high_tech\nedition: X\nsource: 文\nitems:\n" + "\n".join(lines) + "\n"
        )

    found = load_checklists([tmp_path / "a", tmp_path / "b"])[("high_tech", "X")]

    assert [item.label for item in found.items] == ["aone", "btwo", "bthree"]


# Uploading --------------------------------------------------------------------------------------------------------------


def test_the_good_ones_of_several_files_stay_and_every_other_is_named(prep, firm_user):
    files = [pdf("正本.pdf"), pdf("坏.pdf", b"MZ"), pdf("副本.pdf"), pdf("表.xlsx", b"x")]

    done = upload_files(prep, *LICENCE, files, actor=firm_user)

    assert [paper.file_name for paper in done.kept] == ["正本.pdf", "副本.pdf"]
    assert done.reasons == [
        "“坏.pdf”的内容不是 pdf 文件；请确认没有改过扩展名",
        "“表.xlsx”的格式不适用于“营业执照”；可上传：pdf、jpg、png",
    ]
    material = Material.objects.get()
    assert (material.state, material.files.count()) == ("pending", 2)
    assert set(ChangeRecord.objects.filter(object_type="pipeline.material").values_list("field", "actor")) == {
        ("file", firm_user.pk),
        ("state", firm_user.pk),
    }


def test_nobody_uploads_out_of_turn_or_out_of_scope(firm, firm_user, other_officer, viewer, officer):
    application = at(firm, "formal")

    with pytest.raises(MaterialRefused) as refused:
        upload_files(application, *LICENCE, [pdf()], actor=firm_user)
    for stranger in (other_officer, viewer):
        with pytest.raises(NotAllowed):
            upload_files(application, *LICENCE, [pdf()], actor=stranger)

    assert refused.value.reasons == ["现在由市科技局办理，不能更改材料；退回补正后可以上传"]
    assert Document.objects.count() == 0
    assert upload_files(application, *LICENCE, [pdf()], actor=officer).reasons == []


def test_an_unknown_item_or_year_no_file_and_a_past_day_are_refused(prep, firm_user):
    for code, year in (("nothing", 0), ("business_licence", 2025), ("rd_report", 1999)):
        with pytest.raises(MaterialRefused):
            upload_files(prep, code, year, [pdf()], actor=firm_user)
    with pytest.raises(InvalidInput):
        upload_files(prep, *LICENCE, [], actor=firm_user)
    done = upload_files(prep, *LICENCE, [pdf()], actor=firm_user, valid_until=date(2020, 1, 1))

    assert done.reasons == ["有效期至 2020-01-01 已经过去；请上传在有效期内的材料"]
    assert Document.objects.count() == 0


def test_a_document_is_taken_off_before_it_is_judged_and_not_after(prep, firm_user, officer):
    upload_files(prep, *LICENCE, [pdf(), pdf("副本.pdf")], actor=firm_user)
    first, second = MaterialFile.objects.order_by("pk")

    take_off(first, actor=firm_user)
    assert Material.objects.get().state == "pending"
    decide_materials(prep, [Decision("business_licence", accept=True)], actor=officer)
    with pytest.raises(MaterialRefused):
        take_off(MaterialFile.objects.select_related("material").get(pk=second.pk), actor=firm_user)

    assert (MaterialFile.objects.count(), Document.objects.count()) == (1, 2)


# Used again -------------------------------------------------------------------------------------------------------------


def test_a_paper_is_offered_where_it_fits_and_used_with_one_call(prep, firm, firm_user):
    soon = timezone.localdate() + timedelta(days=30)
    paper = upload_files(prep, *LICENCE, [pdf()], actor=firm_user, valid_until=soon).kept[0]
    upload_files(prep, *FORM, [pdf()], actor=firm_user)
    other = world.opened(firm, None, "high_tech", year=prep.year + 1)

    slots = {slot.item.code: slot for slot in listed(other).slots}
    reuse_document(other, *LICENCE, paper, actor=firm_user)

    assert slots["business_licence"].offers == (paper,)
    assert slots["application_form"].offers == ()
    assert listed(other).slot(*LICENCE).state == "pending"
    assert Document.objects.count() == 2


def test_an_expired_or_foreign_paper_is_not_used_and_says_so(prep, firm_user, other_firm):
    day = timezone.localdate() - timedelta(days=1)
    said = {"kind": "registration", "label": "x", "size": 1, "uploaded_at": timezone.now(), "file": "x/旧.pdf"}
    expired = Document.objects.create(firm=prep.firm, valid_until=day, **said)
    foreign = Document.objects.create(firm=other_firm, **said)

    with pytest.raises(MaterialRefused) as first:
        reuse_document(prep, *LICENCE, expired, actor=firm_user)
    with pytest.raises(MaterialRefused) as second:
        reuse_document(prep, *LICENCE, foreign, actor=firm_user)

    assert first.value.reasons == [f"“旧.pdf”已于 {day} 过期；请上传新的材料"]
    assert second.value.reasons == ["该材料属于另一家企业"]
    assert listed(prep).slot(*LICENCE).offers == ()


def test_what_lapses_after_it_was_accepted_is_expired_and_may_be_replaced(prep, firm_user, officer):
    upload_files(prep, *LICENCE, [pdf()], actor=firm_user)
    decide_materials(prep, [Decision("business_licence", accept=True)], actor=officer)
    with pytest.raises(MaterialRefused):
        reuse_document(prep, *LICENCE, Document.objects.get(), actor=firm_user)
    Document.objects.update(valid_until=timezone.localdate() - timedelta(days=1))

    assert listed(prep).slot(*LICENCE).state == "expired"
    assert upload_files(prep, *LICENCE, [pdf("新.pdf")], actor=firm_user).reasons == []

    assert [place.document.file_name for place in MaterialFile.objects.all()] == ["新.pdf"]


# Judging ----------------------------------------------------------------------------------------------------------------


def test_many_items_are_decided_at_once_or_none_with_every_reason(prep, firm_user, officer):
    upload_files(prep, *LICENCE, [pdf()], actor=firm_user)
    upload_files(prep, *FORM, [pdf()], actor=firm_user)

    with pytest.raises(MaterialRefused) as refused:
        decide_materials(
            prep,
            [
                Decision("business_licence", accept=True),
                Decision("application_form"),
                Decision("ip_certificates", accept=True),
                Decision("application_form", reasons=("agency", "other")),
            ],
            actor=officer,
        )
    assert refused.value.reasons == [
        "“高新技术企业认定申请书”须选择需补正的原因",
        "“知识产权证书及反映技术水平的证明材料”还没有上传，不能审核",
        "“高新技术企业认定申请书”没有这些原因：agency",
        "“高新技术企业认定申请书”选择“其他”时须写明说明",
    ]
    assert set(Material.objects.values_list("state", flat=True)) == {"pending"}

    said = [Decision("business_licence", accept=True), Decision("application_form", reasons=("unstamped",))]
    decide_materials(prep, said, actor=officer)
    assert {row.item: (row.state, row.reasons, row.decided_by) for row in Material.objects.all()} == {
        "business_licence": ("accepted", [], officer),
        "application_form": ("refused", ["unstamped"], officer),
    }


def test_a_firm_and_a_stranger_decide_nothing_and_an_old_page_is_refused(prep, firm_user, other_officer, officer):
    upload_files(prep, *LICENCE, [pdf()], actor=firm_user)
    seen = Material.objects.get().version
    upload_files(prep, *LICENCE, [pdf("另一份.pdf")], actor=firm_user)

    for person in (firm_user, other_officer):
        with pytest.raises(NotAllowed):
            decide_materials(prep, [Decision("business_licence", accept=True)], actor=person)
    with pytest.raises(MaterialRefused) as refused:
        decide_materials(prep, [Decision("business_licence", accept=True, version=seen)], actor=officer)

    assert refused.value.reasons == ["“营业执照”在您打开页面后有了变化，请刷新后再审"]


def test_what_was_refused_is_replaced_by_the_next_upload(prep, firm_user, officer):
    upload_files(prep, *LICENCE, [pdf("糊.pdf")], actor=firm_user)
    decide_materials(prep, [Decision("business_licence", reasons=("illegible",))], actor=officer)
    assert listed(prep).slot(*LICENCE).state == "refused"

    upload_files(prep, *LICENCE, [pdf("清.pdf"), pdf("清2.pdf")], actor=firm_user)

    slot = listed(prep).slot(*LICENCE)
    assert (slot.state, [place.document.file_name for place in slot.files]) == ("pending", ["清.pdf", "清2.pdf"])


# What their lack stops --------------------------------------------------------------------------------------------------


def test_submission_waits_for_every_required_item_once_the_list_is_in_force(prep, firm_user, admin):
    materials.set_start("high_tech", timezone.localdate(prep.opened_at), actor=admin)

    with pytest.raises(TransitionRefused) as refused:
        move_application(prep, "submit", actor=firm_user)
    assert refused.value.reasons[0].startswith("还缺 21 份材料：高新技术企业认定申请书、营业执照、")

    complete(prep, firm_user)
    move_application(prep, "submit", actor=firm_user)
    assert prep.stage == "submitted"


def test_an_application_opened_before_the_list_was_in_force_may_be_submitted_without(prep, firm_user, admin):
    materials.set_start("high_tech", timezone.localdate(prep.opened_at) + timedelta(days=1), actor=admin)

    move_application(prep, "submit", actor=firm_user)

    assert prep.stage == "submitted"


def test_a_refused_or_expired_item_stops_it_again(prep, firm_user, officer, admin):
    complete(prep, firm_user)
    materials.set_start("high_tech", timezone.localdate(prep.opened_at), actor=admin)
    decide_materials(prep, [Decision("business_licence", reasons=("illegible",))], actor=officer)
    Document.objects.filter(kind="ip").update(valid_until=timezone.localdate() - timedelta(days=1))

    assert Application.objects.get(pk=prep.pk).missing_materials() == [
        "营业执照",
        "知识产权证书及反映技术水平的证明材料",
    ]


def test_the_day_is_set_changed_and_taken_away_with_history(admin):
    for day in (date(2026, 1, 1), date(2026, 1, 1), date(2026, 2, 1), None):
        materials.set_start("high_tech", day, actor=admin)

    assert ChecklistStart.objects.count() == 0
    records = ChangeRecord.objects.filter(object_type="pipeline.checkliststart").order_by("pk")
    assert [(row.old, row.new) for row in records] == [
        ("", "2026-01-01"),
        ("2026-01-01", "2026-02-01"),
        ("2026-02-01", ""),
    ]


# Pages ------------------------------------------------------------------------------------------------------------------


def test_the_list_is_shown_to_officer_and_firm_and_works_as_plain_forms(prep, firm, firm_user, officer):
    as_firm, as_officer = make.logged_in(firm_user), make.logged_in(officer)
    address = f"/applications/{prep.pk}/materials/"

    response = as_firm.post(f"{address}business_licence/0/", {"chosen": [pdf(), pdf("坏.pdf", b"MZ")]})
    page = as_firm.get(response["Location"].split("#")[0]).content.decode()
    assert response["Location"] == f"/portal/applications/{prep.pk}/#materials"
    assert "已上传 1 个文件：执照.pdf" in page
    assert "“坏.pdf”的内容不是 pdf 文件" in page
    assert "待审" in page and "未上传" in page

    refused = as_officer.post(f"{address}decide/", {"say-business_licence-0": "refuse"})
    assert refused.status_code == 409
    assert "“营业执照”须选择需补正的原因" in refused.content.decode()
    said = {"say-business_licence-0": "refuse", "reason-business_licence-0": ["illegible"]}
    assert as_officer.post(f"{address}decide/", said).status_code == 302
    assert "扫描件不清晰" in as_firm.get(f"/portal/applications/{prep.pk}/").content.decode()
    assert "执照.pdf" in as_firm.get("/portal/documents/").content.decode()
    assert "执照.pdf" in as_officer.get(f"/firms/{firm.credit_code}/documents/").content.decode()
    assert as_firm.post(f"{address}decide/", said).status_code == 404


def test_the_list_costs_the_same_for_one_document_and_for_three(prep, firm_user, django_assert_num_queries):
    client = make.logged_in(firm_user)
    upload_files(prep, *LICENCE, [pdf()], actor=firm_user)
    client.get(f"/portal/applications/{prep.pk}/")
    with django_assert_num_queries(20):
        client.get(f"/portal/applications/{prep.pk}/")
    for item in ("application_form", "ip_certificates", "no_accident"):
        upload_files(prep, item, 0, [pdf(), pdf("2.pdf")], actor=firm_user)
    with django_assert_num_queries(20):
        client.get(f"/portal/applications/{prep.pk}/")


def test_a_download_is_for_those_who_see_the_firm_and_leaves_a_line(prep, firm_user, officer, other_officer, lead):
    paper = upload_files(prep, *LICENCE, [pdf()], actor=firm_user).kept[0]
    address = f"/documents/{paper.pk}/file/"

    assert b"".join(make.logged_in(officer).get(address).streaming_content) == PDF
    assert make.logged_in(other_officer).get(address).status_code == 404

    line = DownloadLog.objects.get()
    assert (line.object_type, line.object_id, line.name, line.actor) == (
        "pipeline.document",
        str(paper.pk),
        "执照.pdf",
        officer,
    )
    assert "执照.pdf" in make.logged_in(lead).get("/settings/downloads/").content.decode()
    assert make.logged_in(officer).get("/settings/downloads/").status_code == 404


@pytest.mark.parametrize("scan", [ScanState.INFECTED, ScanState.WAITING])
def test_what_the_scanner_fears_stays_inside(prep, firm_user, officer, scan):
    paper = upload_files(prep, *LICENCE, [pdf()], actor=firm_user).kept[0]
    Document.objects.update(scan=scan)

    assert make.logged_in(officer).get(f"/documents/{paper.pk}/file/").status_code == 409
    assert DownloadLog.objects.count() == 0


def test_only_the_citys_administrator_sets_the_day(officer, admin):
    said = {"programme": "high_tech", "starts_on": "2026-03-01"}

    assert make.logged_in(officer).post("/settings/materials/start/", said).status_code == 409
    assert make.logged_in(admin).post("/settings/materials/start/", said).status_code == 302
    assert ChecklistStart.objects.get().starts_on == date(2026, 3, 1)
    assert "高新技术企业认定申请书" in make.logged_in(officer).get("/settings/materials/").content.decode()


# For programs -----------------------------------------------------------------------------------------------------------


def test_programs_read_the_list_and_decide(prep, firm_user, officer, other_officer):
    upload_files(prep, *LICENCE, [pdf()], actor=firm_user)
    client, address = make.logged_in(officer), f"/api/v1/applications/{prep.pk}/materials/"

    items = client.get(address).json()["items"]
    assert [(row["item"], row["state"]) for row in items[:2]] == [
        ("application_form", "missing"),
        ("business_licence", "pending"),
    ]
    wrong = client.post(address, {"decisions": [{"item": "x", "accept": True}]}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "material_refused")
    said = {"decisions": [{"item": "business_licence", "accept": True, "version": items[1]["version"]}]}
    assert client.post(address, said, content_type="application/json").json()["items"][1]["state"] == "accepted"
    assert make.logged_in(other_officer).get(address).status_code == 404
    assert [row["name"] for row in client.get("/api/v1/documents/").json()["results"]] == ["执照.pdf"]
    assert make.logged_in(other_officer).get("/api/v1/documents/").json()["results"] == []


def test_an_item_reads_in_the_readers_language():
    item = Item("a", "甲", "A", "other", "文")
    with translation.override("en"):
        assert item.label == "A"
    assert item.label == "甲"
