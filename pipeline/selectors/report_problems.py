"""What is difficult, from the numbers: gaps in targets, losses and their reasons, conditions, slow stages, renewals."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pipeline.choices import Bucket
from pipeline.policy import policy_of
from pipeline.report_words import Figure
from pipeline.selectors.conversion import reason_names
from pipeline.selectors.funnel import CRITERION, NOTE, Funnel
from pipeline.selectors.report_wording import Wording, each
from pipeline.selectors.screening import lacks
from pipeline.workflows import PROGRAMMES

SLOW_WORKDAYS = 10  # a stage that half of the firms leave sooner is no difficulty


def problem_sentences(words: Wording) -> Iterator[list[Figure]]:
    """One paragraph a difficulty that the numbers show, and one for those that they cannot show."""
    yield from _gaps(words)
    for programme, funnel in words.figures.funnels.items():
        yield from _losses(words, programme, funnel)
        yield from _slow(words, programme, funnel)
    yield from _conditions(words)
    yield from _renewals(words)
    yield words.say("problem_others")


def _gaps(words: Wording) -> Iterator[list[Figure]]:
    for progress in words.figures.progress.values():
        behind = [target - done for _region, done, target in progress.regions if done < target]
        if not progress.indicator.assessed or not behind:
            continue
        label = progress.indicator.label
        about = f"{label}，各县（市、区）年度目标减本年累计完成数"
        most, worst = progress.furthest_behind
        yield words.say(
            "problem_gap",
            {
                "indicator": Figure(label),
                "unit": Figure(progress.indicator.unit),
                "count": words.sources.of(len(behind), about),
                "gap": words.sources.of(sum(behind, Decimal(0)), about),
                "worst": Figure(each(worst)),
                "worst_gap": words.sources.of(most, about),
            },
        )


def _losses(words: Wording, programme: str, funnel: Funnel) -> Iterator[list[Figure]]:
    if not funnel.lost:
        return
    names = reason_names(programme, funnel.reasons)
    said = {CRITERION: lambda text: f"{names[text]}未达条件", NOTE: lambda text: f"“{text.rstrip('。')}”"}
    named = (
        (said[reason.kind](reason.text) if reason.kind in said else "未写明原因", reason.number)
        for reason in funnel.reasons
    )
    short = str(PROGRAMMES[programme].short_label)
    about = f"{funnel.year} 年发起的{short}申报，到终点之前结束的企业"
    why = f"{about}，按流失当时不符合的条件，没有评估的按办理说明"
    yield words.say(
        "problem_loss",
        {
            "programme": Figure(short),
            "lost": words.sources.of(funnel.lost, about),
            "reasons": words.listed(named, "家", why),
        },
    )


def _slow(words: Wording, programme: str, funnel: Funnel) -> Iterator[list[Figure]]:
    known = [stay for stay in funnel.stays if stay.median is not None and stay.most is not None]
    if not known:
        return
    slowest = max(known, key=lambda stay: stay.median or 0)
    if (slowest.median or 0) < SLOW_WORKDAYS:
        return
    table = PROGRAMMES[programme]
    about = f"{funnel.year} 年发起的{table.short_label}申报在该环节的停留，按工作日，仍在停留的按删失处理"
    yield words.say(
        "problem_slow",
        {
            "programme": Figure(str(table.short_label)),
            "stage": Figure(str(table.stage(slowest.stage).label)),
            "median": words.sources.of(slowest.median, about),
            "most": words.sources.of(slowest.most, about),
        },
    )


def _conditions(words: Wording) -> Iterator[list[Figure]]:
    for programme, found in words.figures.lacks.items():
        near = found.found.buckets[Bucket.LACKS_ONE]
        rows = [row for row in lacks(found.found, policy_of(found.edition)) if row.within]
        if not near or not rows:
            continue
        about = f"最近一次条件筛查，政策版本 {found.edition.code}，按报告生成时的数据"
        yield words.say(
            "problem_lack",
            {
                "programme": Figure(str(PROGRAMMES[programme].short_label)),
                "count": words.sources.of(near, about),
                "lacks": words.listed(((row.name, row.within) for row in rows[:3]), "家", about),
            },
        )


def _renewals(words: Wording) -> Iterator[list[Figure]]:
    row = words.figures.renewals[0]
    if not row.due:
        return
    about = "有效期最后一天落在该年的高企证书，按企业计，提前撤销的不计"
    names = ("renewed", "pending", "lapsed")
    numbers = {name: words.sources.of(row.number(name), about) for name in names}
    yield words.say("problem_renewal", {"due": words.sources.of(row.due, about), **numbers})
