"""What was said to the invented firms, what they promised, and what their officers have to do.

Drawn with a generator of its own, so that the rest of the city does not change with it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from crm.choices import TaskKind, TouchKind, TouchOutcome
from crm.models import Firm, Task, Touch
from crm.services.contact_days import refresh_contact_days

SAID = {
    TouchKind.CALL: (
        "财务答复研发辅助账本周补齐",
        "核对了职工与科技人员数，与税务口径一致",
        "说明高企申报时间安排，企业愿意申报",
    ),
    TouchKind.VISIT: ("走访生产线，新增一条自动化产线，可形成转化项目", "查看研发中心，设备台账齐全，人员名单待补"),
    TouchKind.NOTE: ("专利年费即将到期，注意提醒", "去年未报科技型中小企业，原因是财务人员离职"),
}
SHARED = "请于本月底前补交上年度审计报告和研发项目立项文件，可直接在门户上传。"
TODO = ("核对研发费用归集", "催审计报告", "约企业上门辅导", "确认科技人员名单", "提醒缴纳专利年费")
PROMISED = ("补交审计报告", "提供研发项目立项文件", "完成知识产权转让登记")


def make_talks(firms: list[Firm], *, seed: int, today: date) -> None:
    """Two in three firms with an officer were spoken with; one in four has something planned. Two bulk inserts."""
    rng = random.Random(seed * 7919 + 3)
    known = [firm for firm in firms if firm.officer_id]
    touches = [touch for firm in known if rng.random() < 0.67 for touch in _touches(firm, rng, today)]
    Touch.objects.bulk_create(touches, batch_size=2000)
    promised = {touch.firm_id: touch for touch in touches if touch.outcome}
    tasks = [task for firm in known for task in _tasks(firm, promised.get(firm.pk), rng, today)]
    Task.objects.bulk_create(tasks, batch_size=2000)
    refresh_contact_days(firm.pk for firm in known)


def _touches(firm: Firm, rng: random.Random, today: date) -> Iterator[Touch]:
    for _number in range(rng.randint(1, 3)):
        kind = rng.choices(list(SAID), weights=[5, 2, 2])[0]
        on = today - timedelta(days=rng.randint(1, 240))
        at = timezone.make_aware(datetime.combine(on, time(rng.randint(9, 17), rng.randint(0, 59))))
        spoken = kind != TouchKind.NOTE
        outcome = TouchOutcome.PROMISE if spoken and rng.random() < 0.15 else ""
        shared = spoken and rng.random() < 0.12
        text = SHARED if shared else rng.choice(SAID[kind])
        yield Touch(
            firm=firm, kind=kind, text=text, on=on, at=at, actor_id=firm.officer_id, public=shared, outcome=outcome
        )


def _tasks(firm: Firm, promise: Touch | None, rng: random.Random, today: date) -> Iterator[Task]:
    if rng.random() < 0.25:
        due_on = today + timedelta(days=rng.choice([-6, -2, 0, 0, 1, 2, 4, 9, 20]))
        yield Task(
            firm=firm, title=rng.choice(TODO), due_on=due_on, owner_id=firm.officer_id, created_by_id=firm.officer_id
        )
    if promise is not None:
        due_on = promise.on + timedelta(days=rng.choice([7, 14, 30]))
        kept = rng.random() < 0.6 and due_on < today
        yield Task(
            firm=firm,
            kind=TaskKind.PROMISE,
            title=rng.choice(PROMISED),
            due_on=due_on,
            owner_id=firm.officer_id,
            created_by_id=firm.officer_id,
            touch=promise,
            done_at=timezone.make_aware(datetime.combine(due_on, time(15))) if kept else None,
            done_by_id=firm.officer_id if kept else None,
            outcome="已收到" if kept else "",
        )
