"""Drafts: copied, changed with every fault beside its field, replaced by a file, discarded, published once."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command

from crm.errors import NotAllowed, RowChanged
from crm.models import ChangeRecord
from pipeline.assessment import assess
from pipeline.errors import DraftRefused, InvalidPolicy, PolicyRefused
from pipeline.models import Assessment, PolicyDraft, PolicyEdition
from pipeline.policy import load_policies, policy_from_json, policy_of, to_yaml
from pipeline.selectors.assessments import document_of, standings
from pipeline.selectors.policies import edition_in_force, policy_for
from pipeline.services.assessments import judge_firms, keep, outcome_of
from pipeline.services.drafts import (
    change_draft,
    copy_edition,
    discard_draft,
    publish_draft,
    replace_draft,
    upload_draft,
)
from pipeline.services.policies import publish, unpublished
from tests.pipeline.samples import ON
from tests.pipeline.test_assessments import sixty

__all__ = ["sixty"]
LINE = "criteria.10.value"
TODAY = date(2026, 7, 1)


@pytest.fixture
def published(db):
    publish(unpublished(), actor=None)


@pytest.fixture
def edition(published):
    return PolicyEdition.objects.get(programme="tech_sme", code="CN-2022")


@pytest.fixture
def draft(edition, admin):
    return copy_edition(edition, actor=admin, today=TODAY)


def records(draft):
    rows = ChangeRecord.objects.filter(object_type="pipeline.policydraft", object_id=str(draft.pk)).order_by("pk")
    return list(rows.values_list("field", "old", "new", "reason"))


def refusal(call):
    with pytest.raises(DraftRefused) as refused:
        call()
    return dict(refused.value.faults)


# Copy and change ------------------------------------------------------------------------------------------------------


def test_a_copy_says_the_same_from_today_under_the_next_free_code(edition, draft, admin):
    second = copy_edition(edition, actor=admin, today=TODAY)

    assert (draft.code, second.code) == ("CN-2026", "CN-2027")
    policy = policy_from_json(draft.content)
    assert policy.criteria == policy_of(edition).criteria
    assert (policy.edition, policy.effective_from, policy.dates_status.value) == ("CN-2026", TODAY, "our_reading")
    assert records(draft) == [("edition", "", "CN-2026", "另存自 CN-2022")]


def test_a_change_is_kept_with_what_it_was(draft, admin):
    typed = {LINE: "70", "criteria.3.value": "3亿元", "score.0.steps.0.from": "0.35", "levers.0.effort": "2"}

    change_draft(draft, {**typed, "title": draft.content["title"]}, version=0, actor=admin)

    draft.refresh_from_db()
    content = draft.content
    assert content["criteria"][10]["value"] == "70"
    assert content["criteria"][3]["value"] == "300000000"
    assert content["score"][0]["steps"][0]["from"] == "0.35"
    assert content["levers"][0]["effort"] == "2"
    assert draft.version == 1
    assert sorted(records(draft)[1:]) == [
        (LINE, "60", "70", ""),
        ("criteria.3.value", "200,000,000", "3亿元", ""),
        ("levers.0.effort", "1", "2", ""),
        ("score.0.steps.0.from", "30%", "0.35", ""),
    ]


def test_every_fault_stands_beside_its_field_and_nothing_is_kept(draft, admin):
    before = dict(draft.content)

    faults = refusal(
        lambda: change_draft(
            draft, {LINE: "很多", "title_en": " ", "criteria.3.value": "2亿美元"}, version=0, actor=admin
        )
    )

    assert faults == {
        LINE: ["看不懂“很多”：可写数字，例如 60"],
        "title_en": ["请填写"],
        "criteria.3.value": ["看不懂“2亿美元”：可写 200000000、20000万元 或 2亿元"],
    }
    draft.refresh_from_db()
    assert (draft.content, draft.version, len(records(draft))) == (before, 0, 1)


def test_what_only_the_whole_edition_shows_stands_beside_a_field_too(draft, admin):
    typed = {"edition": "CN-26", "effective_to": "2020-01-01", "score.0.steps.1.from": "40%", "score.0.max": "10"}

    assert refusal(lambda: change_draft(draft, typed, version=0, actor=admin)) == {
        "edition": ["版本代码应为“CN-年份”"],
        "effective_to": ["早于施行日期"],
        "score.0.steps.0.from": ["各档应由高到低"],
        "score.0.max": ["有的档次超过本项满分 10 分"],
    }


@pytest.mark.parametrize(
    ("code", "says"),
    [("CN-2022", "已发布的版本已用 CN-2022，请换一个年份"), ("CN-2027", "另一份草稿已用 CN-2027，请换一个年份")],
)
def test_a_code_is_used_once(edition, draft, admin, code, says):
    copy_edition(edition, actor=admin, today=TODAY)

    assert refusal(lambda: change_draft(draft, {"edition": code}, version=0, actor=admin)) == {"edition": [says]}


def test_a_stale_page_is_refused_and_changes_nothing(draft, admin):
    change_draft(draft, {LINE: "65"}, version=0, actor=admin)

    for act in (
        lambda: change_draft(draft, {LINE: "70"}, version=0, actor=admin),
        lambda: discard_draft(draft, version=0, actor=admin),
        lambda: publish_draft(draft, version=0, actor=admin),
    ):
        with pytest.raises(RowChanged):
            act()

    draft.refresh_from_db()
    assert draft.content["criteria"][10]["value"] == "65"
    assert PolicyEdition.objects.filter(code="CN-2026").count() == 0


@pytest.mark.parametrize("who", ["officer", "lead", "city_officer", "leader"])
def test_only_administrators_of_the_city_write(edition, draft, who, request):
    person = request.getfixturevalue(who)

    for act in (
        lambda: copy_edition(edition, actor=person),
        lambda: upload_draft(edition, to_yaml(edition.content), name="x.yaml", actor=person),
        lambda: replace_draft(draft, to_yaml(edition.content), name="x.yaml", version=0, actor=person),
        lambda: change_draft(draft, {LINE: "70"}, version=0, actor=person),
        lambda: discard_draft(draft, version=0, actor=person),
        lambda: publish_draft(draft, version=0, actor=person),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert PolicyDraft.objects.get().version == 0


def test_an_administrator_of_a_county_does_not_write(edition, county):
    from crm.choices import Role
    from tests import make

    with pytest.raises(NotAllowed):
        copy_edition(edition, actor=make.person("county_admin", county, Role.ADMIN))


def test_discarding_leaves_a_record(draft, admin):
    discard_draft(draft, version=0, actor=admin)

    assert PolicyDraft.objects.count() == 0
    assert records(draft)[-1] == ("edition", "CN-2026", "", "丢弃草稿")


# Files ----------------------------------------------------------------------------------------------------------------


def test_a_file_becomes_a_draft_with_a_structure_of_its_own(edition, admin):
    file = to_yaml(edition.content).replace("edition: CN-2022", "edition: CN-2030")
    criterion = """criteria:
  - {code: young, label: 成立不超过十年, label_en: At most ten years old, rule: at_most, field: years, value: 10,
     source: 第九条, status: unknown}
"""
    file = file.replace("criteria:\n", criterion, 1).replace(
        "measures:\n", "measures:\n  years: {label: 年, label_en: Years, registered: full_years}\n", 1
    )

    made = upload_draft(edition, file, name="新版.yaml", actor=admin)

    assert made.content["criteria"][0]["code"] == "young"
    assert len(policy_from_json(made.content).criteria) == 12
    assert records(made) == [("edition", "", "CN-2030", "上传 新版.yaml")]


def test_a_file_with_faults_names_each_line_and_is_not_kept(edition, admin):
    file = (
        to_yaml(edition.content).replace("value: 60\n", "value: sixty\n").replace("status: confirmed", "status: sure")
    )
    line = next(number for number, row in enumerate(file.splitlines(), 1) if "sixty" in row)

    with pytest.raises(InvalidPolicy) as refused:
        upload_draft(edition, file, name="a.yaml", actor=admin)

    assert f"a.yaml:{line}: criteria.10.value：“sixty”不是数字" in refused.value.reasons
    assert len(refused.value.reasons) == 1 + file.count("status: sure")
    assert PolicyDraft.objects.count() == 0


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "\n".join(f"{b}: &{b} [{', '.join(['*' + a] * 10)}]" for a, b in ["ab", "bc", "cd", "de", "ef", "fg", "gh"]),
        "a: &a [*a]",
        "[" * 5000,
        "programme: " + "[" * 200 + "]" * 200,
    ],
)
def test_a_file_that_blows_up_is_refused_quickly(edition, admin, bomb):
    with pytest.raises(InvalidPolicy) as refused:
        upload_draft(edition, bomb, name="b.yaml", actor=admin)

    assert len(refused.value.reasons) == 1


def test_a_file_of_another_programme_is_refused(edition, admin):
    other = PolicyEdition.objects.get(programme="high_tech")

    with pytest.raises(PolicyRefused, match="文件写的是“high_tech”，应为“tech_sme”"):
        upload_draft(edition, to_yaml(other.content), name="x.yaml", actor=admin)


def test_a_file_replaces_a_draft(draft, admin):
    file = to_yaml(draft.content).replace("value: 500\n", "value: 300\n")

    replace_draft(draft, file, name="x.yaml", version=0, actor=admin)

    draft.refresh_from_db()
    assert (draft.content["criteria"][2]["value"], draft.version) == ("300", 1)
    assert records(draft)[-1][0] == "content"


# Publish --------------------------------------------------------------------------------------------------------------


def test_publishing_makes_an_edition_once_and_leaves_the_published_ones(edition, draft, admin):
    before = dict(PolicyEdition.objects.values_list("pk", "digest"))
    change_draft(draft, {LINE: "70"}, version=0, actor=admin)

    made = publish_draft(draft, version=1, actor=admin)

    assert (made.code, made.effective_from, made.published_by) == ("CN-2026", TODAY, admin)
    assert policy_of(made).criteria[10].rule.bound == 70
    assert {pk: digest for pk, digest in PolicyEdition.objects.values_list("pk", "digest") if pk in before} == before
    assert records(draft)[-1] == ("published", "", "tech_sme CN-2026", "")
    draft.refresh_from_db()
    assert draft.published == made
    with pytest.raises(RowChanged):
        publish_draft(draft, version=draft.version, actor=admin)
    call_command("publish_policies", "--check")


def test_what_equals_a_published_edition_is_refused(edition, draft, admin):
    change_draft(
        draft,
        {"effective_from": "2022-01-01", "dates_status": edition.content["dates_status"], "title": "别名"},
        version=0,
        actor=admin,
    )

    with pytest.raises(PolicyRefused, match="内容与已发布的 CN-2022 相同"):
        publish_draft(draft, version=1, actor=admin)
    draft.refresh_from_db()
    assert (draft.published, draft.version) == (None, 1)


def test_a_code_that_was_published_meanwhile_is_refused(edition, draft, admin, settings, tmp_path):
    folder = tmp_path / "tech_sme"
    folder.mkdir()
    file = to_yaml(draft.content).replace("value: 60\n", "value: 65\n")
    (folder / "CN-2026.yaml").write_text(file, encoding="utf-8")
    publish(load_policies([tmp_path]), actor=None)

    with pytest.raises(PolicyRefused, match="tech_sme CN-2026 已发布，内容不能再改"):
        publish_draft(draft, version=0, actor=admin)
    draft.refresh_from_db()
    assert (draft.published, draft.version) == (None, 0)


def test_a_file_under_the_code_of_an_edition_from_the_page_is_refused(draft, admin, settings, tmp_path):
    change_draft(draft, {LINE: "70"}, version=0, actor=admin)
    publish_draft(draft, version=1, actor=admin)
    (tmp_path / "tech_sme").mkdir()
    settings.POLICY_DIRS = [tmp_path]

    (tmp_path / "tech_sme/CN-2026.yaml").write_text(to_yaml(draft.content), encoding="utf-8")
    with pytest.raises(CommandError, match="CN-2026 已发布，内容不能再改"):  # the draft as it was before the change
        call_command("publish_policies", "--check")

    (tmp_path / "tech_sme/CN-2026.yaml").write_text(
        to_yaml(PolicyEdition.objects.get(code="CN-2026").content), encoding="utf-8"
    )
    call_command("publish_policies", "--check")


def test_what_is_in_force_follows_and_stored_assessments_keep_their_edition(edition, draft, admin, sixty):
    keep(judge_firms(edition, [sixty], on=ON).rows)
    stored = Assessment.objects.get()
    document = document_of(stored).as_dict()
    assert standings(sixty, on=ON)[0].document.verdict.value == "met"

    change_draft(draft, {LINE: "70", "effective_from": "2026-07-01"}, version=0, actor=admin)
    made = publish_draft(draft, version=1, actor=admin)

    # The firm is judged by the new edition from its first day …
    now = standings(sixty, on=ON)[0]
    assert (now.edition, now.document.verdict.value) == (made, "not_met")
    assert edition_in_force("tech_sme", sixty.region_path, date(2026, 6, 30)) == edition
    assert policy_for("tech_sme", regions=["450800"], on=ON).edition == "CN-2026"
    # … and the stored assessment, run again from its own inputs and edition, is what it was.
    stored = Assessment.objects.get()
    assert stored.edition == edition
    again = assess(policy_of(stored.edition), stored.inputs, stored.on)
    assert again.as_dict() == document == document_of(stored).as_dict()
    assert outcome_of(again) == stored.outcome
    keep(judge_firms(made, [sixty], on=ON).rows)
    assert sorted(Assessment.objects.values_list("edition__code", "verdict")) == [
        ("CN-2022", "met"),
        ("CN-2026", "not_met"),
    ]
