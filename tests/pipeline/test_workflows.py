"""The tables of DOMAIN §6, written out again by hand: what may follow what."""

import pytest
from django.utils.translation import override

from pipeline.choices import Phase
from pipeline.errors import UnknownTransition
from pipeline.workflows import PROGRAMMES, WORKFLOWS

NEXT = {
    "tech_sme/1": {
        "lead": "selfeval dropped",
        "selfeval": "submitted dropped",
        "submitted": "site review withdrawn",
        "site": "review returned rejected",
        "review": "province returned rejected",
        "returned": "submitted withdrawn dropped",
        "province": "notice returned rejected",
        "notice": "registered objection",
        "objection": "registered rejected",
        "registered": "spotcheck revoked expired",
        "spotcheck": "registered revoked",
    },
    "high_tech/1": {
        "library": "diagnose dropped",
        "diagnose": "prep dropped",
        "prep": "prereview submitted dropped",
        "prereview": "prep submitted",
        "submitted": "formal withdrawn",
        "formal": "recommended returned",
        "returned": "submitted withdrawn",
        "recommended": "expert",
        "expert": "approved rejected",
        "approved": "filed rejected",
        "filed": "certified objection",
        "objection": "certified rejected",
        "certified": "change revoked expired",
        "change": "certified revoked",
    },
    "gazelle/1": {
        "candidate": "lib_apply dropped",
        "lib_apply": "lib_city withdrawn",
        "lib_city": "lib_kjt lib_returned rejected",
        "lib_kjt": "in_lib lib_returned rejected",
        "in_lib": "apply exited",
        "apply": "city_rec returned",
        "city_rec": "expert returned rejected",
        "expert": "notice rejected",
        "notice": "certified rejected",
        "certified": "recheck revoked expired",
        "recheck": "certified revoked",
        "lib_returned": "lib_apply withdrawn",
        "returned": "apply withdrawn",
    },
}
PHASES = {
    "pool": "lead library diagnose candidate in_lib",
    "preparing": "selfeval prep prereview lib_apply lib_city lib_kjt lib_returned apply",
    "review": "submitted site review province formal recommended expert approved city_rec returned",
    "notice": "notice filed objection",
    "recognised": "registered spotcheck certified change recheck",
    "closed": "rejected withdrawn dropped expired exited revoked",
}
TABLES = pytest.mark.parametrize("table", WORKFLOWS.values(), ids=list(WORKFLOWS))


@TABLES
def test_what_may_follow_what_is_the_published_table(table):
    found = {
        stage.code: {step.target for step in table.moves_from(stage.code)}
        for stage in table.stages
        if stage.phase != Phase.CLOSED
    }

    assert found == {code: set(targets.split()) for code, targets in NEXT[table.code].items()}


@TABLES
def test_every_stage_is_reached_and_no_stage_is_a_dead_end(table):
    reached, left = {table.initial}, [table.initial]
    while left:
        for step in table.moves_from(left.pop()):
            if step.target not in reached:
                reached.add(step.target)
                left.append(step.target)

    assert reached == {stage.code for stage in table.stages}
    for stage in table.stages:
        assert (stage.phase == Phase.CLOSED) is not any(True for _ in table.moves_from(stage.code))


@TABLES
def test_every_stage_has_its_phase(table):
    phases = {code: phase for phase, codes in PHASES.items() for code in codes.split()}

    assert {stage.code: stage.phase.value for stage in table.stages} == {
        stage.code: phases[stage.code] for stage in table.stages
    }


@pytest.mark.parametrize(
    ("code", "stages"),
    [
        ("tech_sme/1", "lead selfeval"),
        ("high_tech/1", "library diagnose prep prereview"),
        ("gazelle/1", "candidate"),
    ],
)
def test_what_lies_before_the_first_submission(code, stages):
    assert WORKFLOWS[code].before_submission == set(stages.split())


@TABLES
def test_every_stage_and_move_reads_in_two_languages(table):
    for text in (*((s.label, s.public_label) for s in table.stages), *((t.label, t.label) for t in table.transitions)):
        for face in text:
            with override("zh-hans"):
                chinese = str(face)
            with override("en"):
                english = str(face)
            assert chinese
            assert english.isascii(), f"{chinese} has no English"


@TABLES
def test_one_code_from_one_stage_is_one_move(table):
    pairs = [(step.code, source) for step in table.transitions for source in step.sources]

    assert len(pairs) == len(set(pairs))
    assert {"submit", "return_for_correction", "withdraw", "reject", "drop"} <= {
        step.code for step in table.transitions
    }


def test_an_unknown_move_says_what_is_lawful():
    with pytest.raises(UnknownTransition) as unknown:
        PROGRAMMES["high_tech"].transition("fly", "formal")
    with pytest.raises(UnknownTransition) as elsewhere:
        PROGRAMMES["high_tech"].transition("certify", "formal")

    assert unknown.value.reasons == ["没有“fly”这个操作；“形式审查”阶段可以：退回补正、推荐上报"]
    assert elsewhere.value.reasons == ["“形式审查”阶段不能“登记认定”；当前可以：退回补正、推荐上报"]
