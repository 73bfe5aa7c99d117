"""What people type into a draft: read as they write it, refused with what is accepted, never a crash."""

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.policy import blocks, edited, load_policies, policy_from_json, policy_from_yaml, to_yaml
from pipeline.policy.typing_in import DAY, PAIR, PLAIN, SOURCES, NotUnderstood, read_typed, shown
from tests.pipeline.samples import tech_sme_policy

# What people type -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "typed", "content"),
    [
        ("ratio", "0.05", "0.05"),
        ("ratio", "5%", "0.05"),
        ("ratio", " 5 ％ ", "0.05"),
        ("ratio", "33.3333%", "0.333333"),
        ("ratio", "1", "1"),
        ("ratio", "-0.5", "-0.5"),
        ("yuan", "2亿元", "200000000"),
        ("yuan", "2 亿", "200000000"),
        ("yuan", "20000万元", "200000000"),
        ("yuan", "200,000,000", "200000000"),
        ("yuan", "200_000_000", "200000000"),
        ("yuan", "0.5亿元", "50000000"),
        ("yuan", "10.55万", "105500"),
        ("persons", "500人", "500"),
        ("points", "60.0", "60"),
        ("points", "７０ 分", "70"),
        (PLAIN, "0", "0"),
        (PAIR, "12", "12"),
        (PAIR, "7–8", ["7", "8"]),
        (PAIR, "7-8分", ["7", "8"]),
        (PAIR, "7 至 8", ["7", "8"]),
        (PAIR, "8-8", "8"),
        (DAY, "2026-01-31", "2026-01-31"),
    ],
)
def test_numbers_are_read_as_people_write_them(kind, typed, content):
    assert read_typed(kind, typed) == content


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        ("ratio", "5", "“5”大于 1，分不清是百分数还是倍数；请写成 5% 或 500%"),
        ("ratio", "5万", "看不懂“5万”：可写 0.05 或 5%"),
        ("yuan", "2亿美元", "看不懂“2亿美元”：可写 200000000、20000万元 或 2亿元"),
        ("yuan", "1,00", "看不懂“1,00”：可写 200000000、20000万元 或 2亿元"),
        ("persons", "5%", "看不懂“5%”：可写数字，例如 60"),
        ("points", "六十", "看不懂“六十”：可写数字，例如 60"),
        ("points", "1e3", "看不懂“1e3”：可写数字，例如 60"),
        ("points", "9" * 30, f"看不懂“{'9' * 30}”：可写数字，例如 60"),
        (PAIR, "7-", "看不懂“7-”：可写 12，或一段分值如 7–8"),
        (DAY, "2026-02-30", "“2026-02-30”不是日期；请写成 2026-01-31"),
        (
            SOURCES,
            "税务申报、天",
            "没有“天”这类来源；可写：逐项登记、专项审计、税务申报、统计报表、企业申报、经办人员估计",
        ),
        (
            SOURCES,
            "逐项登记、专项审计、税务申报、税务申报、统计报表、企业申报",
            "每类来源写且只写一次：缺少经办人员估计、重复税务申报",
        ),
    ],
)
def test_what_is_not_understood_says_what_is_accepted(kind, typed, says):
    with pytest.raises(NotUnderstood) as refused:
        read_typed(kind, typed)

    assert str(refused.value) == says


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_field_of_every_edition_reads_back_and_every_file_too(settings, language):
    with translation.override(language):
        for policy in load_policies(settings.POLICY_DIRS):
            entries = [entry for block in blocks(policy) for entry in block.entries]
            found = edited(policy, {entry.name: entry.shown for entry in entries})

            assert (found.changes, found.faults) == ({}, {})
            assert len({entry.name for entry in entries}) == len(entries) > 40
            assert all(read_typed(entry.kind, entry.shown) == entry.value for entry in entries if entry.shown)
            assert policy_from_yaml(to_yaml(policy.content)).digest == policy.digest


def test_every_threshold_band_and_effort_of_an_edition_has_a_field():
    names = {entry.name for block in blocks(tech_sme_policy()) for entry in block.entries}

    def leaves(value, path=()):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from leaves(inner, (*path, key))
        elif isinstance(value, list) and path[-1] not in ("points", "plus", "ratio", "levels", "codes"):
            for index, inner in enumerate(value):
                yield from leaves(inner, (*path, str(index)))
        else:
            yield path

    numbers = {"value", "from", "over", "upto", "under", "points", "max", "effort", "per", "status", "source", "since"}
    wanted = {".".join(path) for path in leaves(tech_sme_policy().content) if path[-1] in numbers}
    assert len(wanted) > 80
    assert wanted <= names


def test_the_order_of_sources_is_typed_in_either_language():
    order = ["tax", "register", "audit", "statistics", "declared", "estimate"]

    assert read_typed(SOURCES, shown(SOURCES, order)) == order
    with translation.override("en"):
        assert read_typed(SOURCES, shown(SOURCES, order)) == order
    assert read_typed(SOURCES, ",".join(order)) == order


NAMES = [entry.name for block in blocks(tech_sme_policy()) for entry in block.entries]
TYPED = st.one_of(st.text(max_size=12), st.from_regex(r"-?[0-9]{1,6}(\.[0-9]{1,3})?[%万亿元人]?", fullmatch=True))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(NAMES), TYPED, max_size=4))
def test_whatever_is_typed_is_a_policy_or_has_faults_beside_fields(typed):
    found = edited(tech_sme_policy(), typed)

    if found.faults:
        assert set(found.faults) <= set(NAMES)
        assert all(sentence for reasons in found.faults.values() for sentence in reasons)
    else:
        assert policy_from_json(found.content).digest
