"""The work report in its official order: what was done, what is difficult, what is planned; every number a figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.report_words import BLANK, Figure, Value
from pipeline.selectors.report_figures import Progress, ReportFigures
from pipeline.selectors.report_problems import problem_sentences
from pipeline.selectors.report_sources import Sources
from pipeline.selectors.report_wording import Wording
from pipeline.selectors.targets import plain
from pipeline.workflows import PROGRAMMES

TITLE, PART, CHAPTER, PARAGRAPH, TABLE, BARS = "title", "part", "chapter", "paragraph", "table", "bars"
CHINESE_NUMBERS = "〇一二三四五六七八九"


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, a table or a table of bars. The first row of a table is its head."""

    kind: str
    pieces: list[Figure] = field(default_factory=list)
    rows: list[list[list[Figure]]] = field(default_factory=list)
    bars: list[int] = field(default_factory=list)  # how many per cent of its target are done, a row


def report_blocks(figures: ReportFigures, sentences: Mapping[str, str]) -> list[Block]:
    """The whole report, in the sentences given. No query."""
    words = Wording(figures, sentences)
    blocks = [Block(TITLE, words.say("title")), Block(PARAGRAPH, words.say("intro"))]
    blocks += [Block(PART, [Figure("一、主要工作及成绩")]), *_achievements(words)]
    blocks += [Block(PART, [Figure("二、主要问题和困难")]), *_numbered(problem_sentences(words))]
    blocks += [Block(PART, [Figure("三、下一步工作计划")]), *_numbered(_plans(words))]
    return blocks


def _numbered(paragraphs: Iterable[list[Figure]]) -> Iterator[Block]:
    for number, pieces in enumerate(paragraphs, start=1):
        yield Block(PARAGRAPH, [Figure(f"（{chinese_number(number)}）"), *pieces])


def chinese_number(number: int) -> str:
    """一, 十, 十一, 二十, 二十一, as paragraphs are numbered; up to 99."""
    tens, ones = divmod(number, 10)
    leading = "" if tens == 0 else "十" if tens == 1 else f"{CHINESE_NUMBERS[tens]}十"
    return leading + (CHINESE_NUMBERS[ones] if ones else "")


def _achievements(words: Wording) -> Iterator[Block]:
    yield Block(CHAPTER, [Figure("（一）承接自治区绩效考评工作")])
    assessed = [each for each in words.figures.progress.values() if each.indicator.assessed]
    for number, progress in enumerate(assessed, start=1):
        yield Block(PARAGRAPH, [Figure(f"{number}."), *indicator_sentence(words, progress)])
    yield from _counties(words, assessed)
    yield Block(CHAPTER, [Figure("（二）重点专项工作")])
    for number, pieces in enumerate(_special(words), start=1):
        yield Block(PARAGRAPH, [Figure(f"{number}."), *pieces])


def indicator_sentence(words: Wording, progress: Progress) -> list[Figure]:
    """One indicator in words: 超额完成 only where more was done than asked, 完成 only where it was all done."""
    sources, done, target = words.sources, progress.in_year, progress.target
    key = "no_target"
    if target is not None and done is not None:
        key = "behind" if done < target else "over" if done > target else "met"
    values: dict[str, Value] = {
        "indicator": Figure(progress.indicator.label),
        "unit": Figure(progress.indicator.unit),
        "done": sources.done(progress),
        "target": sources.target(progress),
        "completion": sources.completion(progress),
        "gap": sources.gap(progress),
        "rank": sources.rank(progress),
        "share": sources.share(progress),
    }
    return [*words.say(key, values), *_share(words, values, progress), *_growth(words, progress)]


def _share(words: Wording, values: Mapping[str, Value], progress: Progress) -> list[Figure]:
    if progress.whole is None or progress.standing.share is None:
        return []
    return words.say("share", {**values, "whole": words.sources.whole(progress)})


def _growth(words: Wording, progress: Progress) -> list[Figure]:
    if progress.done is None or progress.last_year is None:
        return []
    before = {"before": words.sources.last_year(progress), "unit": Figure(progress.indicator.unit)}
    if not progress.last_year:
        return words.say("growth_from_none", before)
    change = "增长" if progress.done >= progress.last_year else "下降"
    return words.say("growth", {**before, "change": Figure(change), "rate": words.sources.growth(progress)})


def _counties(words: Wording, assessed: list[Progress]) -> Iterator[Block]:
    """The regions below: one table of all indicators that they have targets for, and bars for each."""
    shared = [progress for progress in assessed if progress.regions]
    if not shared:
        return
    yield Block(PARAGRAPH, [Figure("各县（市、区）完成情况见下表，数为本年累计完成数/年度目标。")])
    places = list(dict.fromkeys(region.pk for progress in shared for region, _done, _target in progress.regions))
    names = {region.pk: region.name for progress in shared for region, _done, _target in progress.regions}
    rows = [[[Figure("县（市、区）")], *([Figure(progress.indicator.label)] for progress in shared)]]
    rows += [[[Figure(names[pk])], *(_cell(words, progress, pk) for progress in shared)] for pk in places]
    yield Block(TABLE, [Figure("各县（市、区）考评指标完成情况")], rows)
    for progress in shared:
        yield _bars(words, progress)


def _cell(words: Wording, progress: Progress, region_id: int) -> list[Figure]:
    for region, done, target in progress.regions:
        if region.pk == region_id:
            label = progress.indicator.label
            said = words.sources.of(done, f"各县（市、区）本年累计，{label}")
            return [said, Figure("/"), Figure(plain(target), "目标：各县（市、区）分解文件，报告生成时有效")]
    return [Figure("—")]


def _bars(words: Wording, progress: Progress) -> Block:
    """One row a region, the furthest behind first; the title says what the bars show."""
    ordered = sorted(progress.regions, key=lambda row: (row[1] / row[2] if row[2] else Decimal(1), row[0].path))
    rows, bars = [], []
    for region, done, target in ordered:
        share = done / target if target else Decimal(1)
        rows.append([[Figure(region.name)], _cell(words, progress, region.pk)])
        bars.append(int(share * 100))
    most, worst = progress.furthest_behind
    label = progress.indicator.label
    title: list[Figure] = [Figure(f"{label}：各县（市、区）均已完成")]
    if worst:
        missing = words.sources.of(most, f"{label}，各县（市、区）年度目标减本年累计完成数")
        lacks = "各缺" if len(worst) > 1 else "尚缺"
        title = [Figure(f"{label}：{'、'.join(worst)}缺口最大，{lacks}"), missing, Figure(progress.indicator.unit)]
    return Block(BARS, title, rows, bars)


def _special(words: Wording) -> Iterator[list[Figure]]:
    yield words.say("filed", _cultivation(words))
    for programme, funnel in words.figures.funnels.items():
        table = PROGRAMMES[programme]
        first, last = funnel.steps[0], funnel.steps[-1]
        about = f"{words.figures.as_of.year} 年发起的{table.short_label}申报，按企业计"
        yield words.say(
            "conversion",
            {
                "programme": Figure(str(table.short_label)),
                "goal": Figure(str(table.stage(last.stage).label)),
                "opened": words.sources.of(first.reached, about),
                "arrived": words.sources.of(last.reached, about),
                "lost": words.sources.of(funnel.lost, about),
                "waiting": words.sources.of(sum(step.waiting for step in funnel.steps), about),
            },
        )
    yield words.say("transformation", {name: words.done(code) for name, code in TRANSFORMATION.items()})
    yield words.say("platforms", {name: words.done(code) for name, code in PLATFORMS.items()})
    yield words.say("others")


TRANSFORMATION = {
    "transformations": "manual.major_transformations",
    "quality": "manual.transformation_quality",
    "contracts": "manual.technology_contracts",
    "amount": "manual.technology_contract_amount",
    "rd": "manual.rd_spending",
}
PLATFORMS = {"national": "manual.national_platforms", "city": "manual.city_platforms"}
CULTIVATION = {
    "filed": "high_tech.filed",
    "certified": "high_tech.certified_in_year",
    "first": "high_tech.first_time",
    "stock": "high_tech.stock",
    "registered": "tech_sme.registered",
    "library": "gazelle.in_library",
}


def _cultivation(words: Wording) -> dict[str, Value]:
    progress, sources = words.figures.progress, words.sources
    net, library = progress.get("high_tech.net_growth"), progress.get("gazelle.in_library")
    values: dict[str, Value] = {name: words.done(code) for name, code in CULTIVATION.items()}
    values["net"] = sources.in_year(net) if net else BLANK
    return values | {"share": sources.share(library) if library else BLANK}


def _plans(words: Wording) -> Iterator[list[Figure]]:
    assessed = [each for each in words.figures.progress.values() if each.indicator.assessed and each.target is not None]
    for progress in assessed:
        if progress.gap:
            yield words.say("plan_target", _gap_values(words.sources, progress))
    if any(not progress.gap for progress in assessed):
        yield words.say("plan_met")
    for run in words.figures.runs:
        if run.number:
            table = PROGRAMMES[run.programme]
            name, about = str(table.short_label), f"在办的{table.short_label}申报"
            stages = words.listed(
                ((str(table.stage(stage).label), number) for stage, number in run.stages), "件", about
            )
            opened = words.sources.of(run.number, about)
            yield words.say("plan_pipeline", {"programme": Figure(name), "open": opened, "stages": stages})
        if run.closes_on and run.before_filing:
            yield words.say(
                "plan_round",
                {
                    "programme": Figure(str(PROGRAMMES[run.programme].short_label)),
                    "closes": words.sources.day(run.closes_on, "已公布的申报批次"),
                    "waiting": words.sources.of(run.before_filing, "在办而尚未提交的申报"),
                },
            )
    following = words.figures.renewals[1]
    if following.due:
        about = "有效期最后一天落在该年的高企证书，按企业计，提前撤销的不计"
        due = {"next_year": Figure(str(following.year)), "due": words.sources.of(following.due, about)}
        yield words.say("plan_renewal", due)
    yield words.say("plan_others")


def _gap_values(sources: Sources, progress: Progress) -> dict[str, Value]:
    return {
        "indicator": Figure(progress.indicator.label),
        "unit": Figure(progress.indicator.unit),
        "target": sources.target(progress),
        "gap": sources.gap(progress),
    }
