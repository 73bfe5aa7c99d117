"""The sentences of the work report, with places for numbers: {name} and nothing else. Pure.

The document is Chinese whoever reads the page, so the sentences themselves are not translated; their names are. A
sentence that an office has written itself may use the places of its own kind and no others: they are replaced by the
values of the moment, never evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PLACE = re.compile(r"\{([^{}]*)\}")
BLANK_TEXT = "＿＿，待填"
LONGEST = 600  # characters of one sentence
COMMON = ("region", "period", "as_of", "year", "blank")
ONE = ("indicator", "unit", "done", "target", "completion", "gap", "rank", "share")


@dataclass(frozen=True)
class Sentence:
    """One sentence that may be rewritten: what it is for, how it reads by default, which places it has of its own."""

    label: str | Promise
    text: str
    places: tuple[str, ...] = ()

    @property
    def allowed(self) -> tuple[str, ...]:
        return (*self.places, *COMMON)


@dataclass(frozen=True)
class Figure:
    """A value put into a sentence. `source` says where it comes from; `known` is False for a marked blank."""

    text: str
    source: str = ""
    known: bool = True


BLANK = Figure(BLANK_TEXT, known=False)
Value = Figure | Sequence[Figure]

SENTENCES: dict[str, Sentence] = {
    "title": Sentence(gettext_lazy("标题"), "{region}科技局{period}主要工作及下一步工作计划"),
    "intro": Sentence(
        gettext_lazy("开头"),
        "{period}，{region}科技局深入贯彻落实创新驱动发展战略，突出重点，狠抓关键，扎实推进本年度部门绩效考评指标任务各项工作。"
        "现将截至{as_of}的工作完成情况总结如下：",
    ),
    "over": Sentence(
        gettext_lazy("考评指标：超额完成"),
        "超额完成{indicator}工作任务，{period}完成{done}{unit}，年度目标{target}{unit}，完成率{completion}，排名全区第{rank}。",
        ONE,
    ),
    "met": Sentence(
        gettext_lazy("考评指标：完成"),
        "完成{indicator}工作任务，{period}完成{done}{unit}，年度目标{target}{unit}，完成率{completion}，排名全区第{rank}。",
        ONE,
    ),
    "behind": Sentence(
        gettext_lazy("考评指标：未完成"),
        "推进{indicator}工作，{period}完成{done}{unit}，年度目标{target}{unit}，完成率{completion}，尚缺{gap}{unit}，排名全区第{rank}。",
        ONE,
    ),
    "no_target": Sentence(
        gettext_lazy("考评指标：未下达目标"), "{indicator}{period}{done}{unit}，目标{target}{unit}。", ONE
    ),
    "growth": Sentence(
        gettext_lazy("与上年同期相比"),
        "上年同期{before}{unit}，同比{change}{rate}。",
        ("before", "change", "rate", "unit"),
    ),
    "growth_from_none": Sentence(gettext_lazy("上年同期为零"), "上年同期{before}{unit}。", ("before", "unit")),
    "share": Sentence(gettext_lazy("占全区的份额"), "占全区{whole}{unit}的{share}。", ("whole", "share", "unit")),
    "filed": Sentence(
        gettext_lazy("重点工作：企业培育"),
        "积极开展科技企业培育工作。共组织{filed}家企业申报高新技术企业认定，{certified}家通过认定，其中首次认定{first}家；"
        "截至{as_of}有效高新技术企业{stock}家，比上年末净增{net}家。共指导{registered}家企业获科技型中小企业评价入库；"
        "{library}家企业进入瞪羚企业培育库，占全区{share}。",
        ("filed", "certified", "first", "stock", "net", "registered", "library", "share"),
    ),
    "conversion": Sentence(
        gettext_lazy("重点工作：申报转化"),
        "{year}年发起{programme}申报{opened}家，已有{arrived}家走到“{goal}”，{lost}家中途流失，{waiting}家仍在办理。",
        ("programme", "opened", "arrived", "goal", "lost", "waiting"),
    ),
    "transformation": Sentence(
        gettext_lazy("重点工作：成果转化"),
        "扎实推进重大科技成果转化工作。获核验重大科技成果转化项目{transformations}项，质量分{quality}分；"
        "技术合同登记{contracts}项，合同成交额{amount}万元；全社会研究与试验发展（R&D）经费{rd}亿元。",
        ("transformations", "quality", "contracts", "amount", "rd"),
    ),
    "platforms": Sentence(
        gettext_lazy("重点工作：创新平台"),
        "有序推进科技创新平台建设工作。新增国家级创新平台{national}家，新增市级科技创新平台{city}家，兑付引导补助经费{blank}万元。",
        ("national", "city"),
    ),
    "others": Sentence(
        gettext_lazy("重点工作：系统外工作"),
        "其他工作。选派科技特派员{blank}名，举办实用技术培训班{blank}期，与高校院所签订合作协议{blank}份，"
        "争取上级各类财政资金{blank}万元。",
    ),
    "problem_gap": Sentence(
        gettext_lazy("问题：目标缺口"),
        "{indicator}还有缺口。{count}个县（市、区）尚未完成，合计尚缺{gap}{unit}，其中{worst}缺{worst_gap}{unit}。",
        ("indicator", "unit", "count", "gap", "worst", "worst_gap"),
    ),
    "problem_loss": Sentence(
        gettext_lazy("问题：申报流失"),
        "{programme}申报有流失。{year}年发起的申报中{lost}家中途流失，主要原因：{reasons}。",
        ("programme", "lost", "reasons"),
    ),
    "problem_lack": Sentence(
        gettext_lazy("问题：条件差距"),
        "企业达标条件不足。条件筛查中差一项即达标的{programme}候选企业{count}家，不符合条件最多的是：{lacks}。",
        ("programme", "count", "lacks"),
    ),
    "problem_slow": Sentence(
        gettext_lazy("问题：办理用时"),
        "{programme}申报在“{stage}”环节用时最长，一半企业{median}个工作日内离开，九成企业{most}个工作日内离开。",
        ("programme", "stage", "median", "most"),
    ),
    "problem_renewal": Sentence(
        gettext_lazy("问题：到期未续"),
        "高新技术企业到期重新认定压力较大。{year}年到期{due}家，已重新认定{renewed}家，待重新认定{pending}家，到期未续{lapsed}家。",
        ("due", "renewed", "pending", "lapsed"),
    ),
    "problem_others": Sentence(gettext_lazy("问题：系统外问题"), "科技创新资源、创新氛围等方面：{blank}。"),
    "plan_target": Sentence(
        gettext_lazy("计划：完成目标"),
        "确保完成{indicator}目标。年度目标{target}{unit}，尚缺{gap}{unit}。",
        ("indicator", "unit", "target", "gap"),
    ),
    "plan_met": Sentence(gettext_lazy("计划：目标已完成"), "巩固已完成的考评指标，做好年度核验准备。"),
    "plan_pipeline": Sentence(
        gettext_lazy("计划：在办申报"),
        "抓好{programme}在办申报{open}件：{stages}。",
        ("programme", "open", "stages"),
    ),
    "plan_round": Sentence(
        gettext_lazy("计划：申报窗口"),
        "{programme}申报窗口{closes}截止，组织尚未提交的{waiting}家企业按期提交。",
        ("programme", "closes", "waiting"),
    ),
    "plan_renewal": Sentence(
        gettext_lazy("计划：到期复审"),
        "提前组织{next_year}年到期的{due}家高新技术企业重新认定。",
        ("next_year", "due"),
    ),
    "plan_others": Sentence(
        gettext_lazy("计划：系统外工作"),
        "其他工作：继续选派科技特派员{blank}名，培训企业首席技术官{blank}名，{blank}。",
    ),
}


def problems(sentences: Mapping[str, str]) -> list[str]:
    """Every reason why these sentences cannot be used: unknown sentences and places, empty, too long, stray braces."""
    found = []
    for key, text in sentences.items():
        sentence = SENTENCES.get(key)
        if sentence is None:
            found.append(_("没有“{key}”这一句").format(key=key))
            continue
        found += _faults(sentence, text)
    return found


def _faults(sentence: Sentence, text: str) -> Iterator[str]:
    label = sentence.label
    if not text.strip():
        yield _("“{label}”不能为空").format(label=label)
    if len(text) > LONGEST:
        yield _("“{label}”有 {count} 字，最多 {most} 字").format(label=label, count=len(text), most=LONGEST)
    for name in dict.fromkeys(PLACE.findall(text)):
        if name not in sentence.allowed:
            offered = "、".join(f"{{{place}}}" for place in sentence.allowed)
            yield _("“{label}”里没有 {place} 这个数；可以用：{offered}").format(
                label=label, place=f"{{{name}}}", offered=offered
            )
    if set(PLACE.sub("", text)) & set("{}"):
        yield _("“{label}”里有不成对的花括号").format(label=label)


def filled(text: str, values: Mapping[str, Value]) -> list[Figure]:
    """The sentence in pieces: plain text, and the values in their places; a place without a value is a blank."""
    pieces: list[Figure] = []
    for place, part in enumerate(PLACE.split(text)):
        if place % 2 == 0:
            pieces += [Figure(part)] if part else []
            continue
        value = values.get(part, BLANK)
        pieces += [value] if isinstance(value, Figure) else list(value)
    return pieces
