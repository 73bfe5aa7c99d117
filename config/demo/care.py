"""Visits made and planned in the demonstration city, one limit of its own, and the night's look at the firms."""

from __future__ import annotations

from datetime import date, timedelta

from config.demo.marks import mark
from crm.choices import TaskKind
from crm.models import Firm, Region, User
from crm.services.chunks import work_on
from pipeline.selectors.calendar import work_calendar
from pipeline.services.hygiene import look_at_all, set_limit
from pipeline.services.visits import plan_visits, record_visit

VISITS = (
    ("看了车间和研发台账，研发费用辅助账还没有按项目归集，已讲清口径。", "补齐上年度研发费用辅助账", TaskKind.PROMISE),
    ("负责人希望年内申报，科技人员花名册缺学历证明，约好下周补。", "报送科技人员花名册", TaskKind.PROMISE),
    ("新产线投产，产值预计增长三成，建议纳入瞪羚培育。", "核对近三年营业收入", TaskKind.TASK),
    ("企业暂无申报打算，主要困难是缺专职财务。", "联系代账机构对接", TaskKind.TASK),
)
PLANNED = 5


def make_care(staff: dict[str, User], regions: dict[str, Region], today: date) -> None:
    """Every officer of a county has visited somebody this quarter; one has a round of visits ahead."""
    city, calendar = regions["450800"], work_calendar()
    rule = set_limit(
        "high_tech.running",
        workdays=15,
        source="市局培育工作要求（演示）",
        verified=True,
        actor=staff["lead"],
        region=city,
        version=0,
    )
    mark([rule])
    for place, officer in enumerate(("pingnan", "gangbei", "chanye", "gaoxin")):
        firms = list(Firm.objects.standing().filter(officer=staff[officer]).order_by("pk")[: len(VISITS)])
        for firm, (text, title, kind) in zip(firms, VISITS[place:] + VISITS[:place], strict=False):
            on = calendar.on_or_before(today - timedelta(days=6 + 9 * place))
            steps = [(title, calendar.add(today, 4 + place), kind)]
            record_visit(firm, text=text, on=on, actor=staff[officer], today=today, follow_ups=steps)
    ahead = Firm.objects.standing().filter(officer=staff["pingnan"]).order_by("-pk")[:PLANNED]
    plan_visits(list(ahead), on=calendar.add(today, 2), actor=staff["pingnan"], today=today)
    job = look_at_all(today=today, here=True)
    work_on(job.pk)
    mark([job])
