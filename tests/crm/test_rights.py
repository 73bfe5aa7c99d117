"""Rights and credentials: every reason at once, history for every change, and who may write."""

from datetime import date

import pytest

from crm.choices import CREDENTIAL_FIELDS, CredentialKind, RightKind
from crm.errors import InvalidInput, NotAllowed
from crm.models import ChangeRecord, Credential, IntellectualProperty
from crm.services.holdings import remove_credential, remove_right, save_credential, save_right


def right(firm, actor, **more):
    given = {"kind": "invention", "number": "zl 2020 1 0000001.x", "title": "一种方法", "granted_on": date(2022, 3, 1)}
    return save_right(firm, actor=actor, **(given | more))


def history(firm):
    records = ChangeRecord.objects.filter(object_type="crm.firm", object_id=str(firm.pk)).order_by("pk")
    return [(record.field, record.old, record.new) for record in records]


# Rights ---------------------------------------------------------------------------------------------------------------


def test_a_right_is_recorded_with_a_tidy_number_and_in_history(firm, officer):
    row = right(firm, officer, number="ＺＬ 2020 1 0000001.x")

    assert (row.number, row.entered_by, row.is_class_one, row.in_force) == ("ZL202010000001.X", officer, True, True)
    said = "发明专利 ZL202010000001.X · 一种方法 · 2022-03-01 · 自主研发 · 有效"
    assert history(firm) == [("right", "", said)]


@pytest.mark.parametrize("kind", RightKind.values)
def test_the_class_follows_from_the_kind(kind, firm, officer):
    second = {"utility_model", "design", "software"}

    assert right(firm, officer, kind=kind).is_class_one is (kind not in second)


def test_a_wrong_right_is_refused_with_every_reason(firm, officer):
    with pytest.raises(InvalidInput) as refused:
        right(firm, officer, kind="trademark", number=" ", granted_on=date(2090, 1, 1))

    assert refused.value.reasons == [
        "知识产权种类“trademark”无法识别",
        "请填写知识产权的编号",
        "授权日期 2090-01-01 应在过去",
    ]
    assert (IntellectualProperty.objects.count(), history(firm)) == (0, [])


def test_a_number_is_recorded_once_a_firm(firm, other_firm, officer, other_officer):
    first = right(firm, officer)

    with pytest.raises(InvalidInput) as refused:
        right(firm, officer, number="ZL202010000001.X")
    assert refused.value.reasons == ["编号 ZL202010000001.X 已经登记过，请勿重复"]

    second = right(firm, officer, number="ZL2")
    with pytest.raises(InvalidInput):
        right(firm, officer, right=second)
    right(firm, officer, right=first)  # its own number is no double
    right(other_firm, other_officer)  # a right may be owned by two
    assert IntellectualProperty.objects.count() == 3


def test_a_right_that_lapses_is_changed_in_history_and_the_same_again_is_not(firm, officer):
    row = right(firm, officer)

    right(firm, officer, right=row, in_force=False)
    right(firm, officer, right=row, in_force=False)

    assert [(old[-2:], new[-3:]) for _field, old, new in history(firm)] == [("", " 有效"[-3:]), ("有效", "已失效")]


def test_a_right_is_removed_and_told(firm, officer):
    row = right(firm, officer)
    said = row.summary

    remove_right(row, actor=officer)

    assert IntellectualProperty.objects.count() == 0
    assert history(firm)[-1] == ("right", said, "")


def test_only_writers_of_the_region_may_write(firm, officer, viewer, other_officer, firm_user):
    row = right(firm, officer)
    held = save_credential(firm, kind="chief_technology_officer", actor=officer)

    for person in (viewer, other_officer, firm_user):
        for attempt in (
            lambda who=person: right(firm, who, number="ZL9"),
            lambda who=person: right(firm, who, right=row, in_force=False),
            lambda who=person: remove_right(row, actor=who),
            lambda who=person: save_credential(firm, kind="rd_institution", actor=who),
            lambda who=person: remove_credential(held, actor=who),
        ):
            with pytest.raises(NotAllowed):
                attempt()
    assert (firm.rights.get().in_force, firm.credentials.count(), len(history(firm))) == (True, 1, 2)


# Credentials ----------------------------------------------------------------------------------------------------------

STATED = {"valid_until": date(2028, 1, 1), "rank": 2, "on": date(2024, 5, 1), "level": "provincial", "year": 2024}


def test_every_kind_says_what_it_may_state():
    assert set(CREDENTIAL_FIELDS) == set(CredentialKind.values)


@pytest.mark.parametrize("kind", CredentialKind.values)
def test_a_credential_states_what_its_kind_may_and_nothing_else(kind, firm, officer):
    fitting = {name: value for name, value in STATED.items() if name in CREDENTIAL_FIELDS[kind]}
    row = save_credential(firm, kind=kind, name="某奖", actor=officer, **fitting)
    assert {name: getattr(row, name) for name in fitting} == fitting

    with pytest.raises(InvalidInput) as refused:
        save_credential(firm, kind=kind, actor=officer, **STATED)
    assert len(refused.value.reasons) == len(STATED) - len(fitting)
    assert all("不需要填写" in reason for reason in refused.value.reasons)
    assert Credential.objects.count() == 1


def test_a_wrong_credential_is_refused_with_every_reason(firm, officer):
    with pytest.raises(InvalidInput) as refused:
        save_credential(firm, kind="science_award", actor=officer, rank=0, on=date(2090, 1, 1))
    assert refused.value.reasons == ["日期 2090-01-01 应在过去", "名次应在 1 与 10000 之间"]

    with pytest.raises(InvalidInput) as refused:
        save_credential(firm, kind="medal", actor=officer)
    assert refused.value.reasons == ["资质种类“medal”无法识别"]

    with pytest.raises(InvalidInput) as refused:
        save_credential(firm, kind="rd_institution", actor=officer, level="galactic")
    assert refused.value.reasons == ["级别“galactic”无法识别"]
    assert history(firm) == []


def test_a_credential_changes_and_goes_with_history(firm, officer):
    row = save_credential(firm, kind="standard_led", name="行业标准", actor=officer, rank=6, on=date(2024, 5, 1))
    save_credential(
        firm, kind="standard_led", name="行业标准", actor=officer, rank=5, on=date(2024, 5, 1), credential=row
    )
    remove_credential(row, actor=officer)

    six, five = (f"主导制定标准 行业标准 · 名次 {rank} · 日期 2024-05-01" for rank in (6, 5))
    assert history(firm) == [("credential", "", six), ("credential", six, five), ("credential", five, "")]
    assert Credential.objects.count() == 0
