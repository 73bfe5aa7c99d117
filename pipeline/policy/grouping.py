"""The sentences of an edition under their headings, as its page shows them."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext as _

from pipeline.policy.nodes import Policy
from pipeline.policy.sentences import Clause, sentences


class Section(NamedTuple):
    """A heading, a word on what stands under it, and the clauses."""

    title: str
    note: str
    clauses: list[Clause]


def sections(policy: Policy) -> list[Section]:
    """What the edition says under its headings; a heading without clauses is left out."""
    found = {clause.key: clause for clause in sentences(policy)}

    def of(items: tuple) -> list[Clause]:
        return [found[item.code] for item in items]

    def under(*starts: str) -> list[Clause]:
        return [clause for key, clause in found.items() if key.startswith(starts)]

    everything = [
        Section(_("条件"), _("全部符合才算符合"), of(policy.criteria)),
        Section(_("计分"), "", of(policy.parts)),
        Section(_("直通车"), _("符合其一，即可代替计分"), of(policy.routes)),
        Section(_("提示"), _("只作提醒，不影响结论"), of(policy.triggers)),
        Section(_("计算口径"), _("上文所用各数值怎样算出"), under("measure.")),
        Section(_("补差措施"), _("寻找最省力的达标办法时所用的工作量，可由管理员调整"), under("lever.")),
        Section(_("说明"), _("附在每一份评估结果之后"), under("caveat.")),
        Section(_("数据来源次序"), _("同一数据有多个来源时，排在前面的优先"), under("precedence", "data_year")),
        Section(_("口径"), "", under("basis.")),
    ]
    return [section for section in everything if section.clauses]
