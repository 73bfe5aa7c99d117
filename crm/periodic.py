"""The jobs that beat starts: what each does, when it runs in words, when next, and when it is late. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from celery.schedules import crontab
from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FREQUENT = timedelta(minutes=10)  # of a job that runs this often or more only the last good run is kept
LOOK_AHEAD_DAYS = 400
WORDS: dict[str, tuple[Promise | str, Promise | str]] = {
    "notifications.tasks.plan_reminders": (
        gettext_lazy("安排期限提醒"),
        gettext_lazy("找出今天到提醒档的期限，生成提醒；同一期限、同一档、同一人只提醒一次。"),
    ),
    "notifications.tasks.deliver_messages": (
        gettext_lazy("投递消息"),
        gettext_lazy("发送到时的邮件，核对每封的结果；没有结果的隔一段时间再发一次。"),
    ),
    "notifications.tasks.send_gap_digests": (
        gettext_lazy("每周缺口邮件"),
        gettext_lazy("每周首个工作日起发送目标缺口；每人每周一封，宁迟勿缺。"),
    ),
    "pipeline.tasks.screen_cities": (
        gettext_lazy("夜间筛查"),
        gettext_lazy("按现行政策判断各市全部企业，只重算数据有变化的企业。"),
    ),
    "pipeline.tasks.compile_metrics": (
        gettext_lazy("汇总指标"),
        gettext_lazy("统计各区划的完成数、转化和预计，存为当日快照。"),
    ),
    "pipeline.tasks.count_changes": (
        gettext_lazy("更新计数"),
        gettext_lazy("把刚发生的认定、入库和录入计入完成数，刷新当日快照。"),
    ),
    "pipeline.tasks.turn_the_day": (
        gettext_lazy("翻日历"),
        gettext_lazy("到期的资格转为过期，期限随之更新。"),
    ),
    "pipeline.tasks.reveal_due": (
        gettext_lazy("公布到期结果"),
        gettext_lazy("把到了公布日的结果办成正式环节。"),
    ),
    "pipeline.tasks.look_at_firms": (
        gettext_lazy("台账体检"),
        gettext_lazy("找出没有下一步、数据过期、长期未联系、停留过久的企业，算出各人各县的完好率。"),
    ),
    "pipeline.tasks.clear_uploads": (
        gettext_lazy("清理未完成的上传"),
        gettext_lazy("删除两天前开始、一直没有传完的文件。"),
    ),
    "pipeline.tasks.scan_waiting": (
        gettext_lazy("补扫文件"),
        gettext_lazy("查毒服务恢复后，补扫此前等待的文件。"),
    ),
    "crm.tasks.sweep_jobs": (
        gettext_lazy("接续后台任务"),
        gettext_lazy("队列丢失或中断的导入、筛查等任务，重新交给后台。"),
    ),
    "crm.tasks.beat_heart": (
        gettext_lazy("队列心跳"),
        gettext_lazy("经队列写一次时间，证明队列在动。"),
    ),
    "crm.tasks.find_duplicates": (
        gettext_lazy("企业查重"),
        gettext_lazy("找出名称、曾用名或电话像是同一家的企业，列入疑似重复。"),
    ),
    "crm.tasks.clear_exports": (
        gettext_lazy("清理导出文件"),
        gettext_lazy("导出的文件保留 7 天，到期删除；谁在何时导出了什么一直留存。"),
    ),
    "crm.tasks.thin_runs": (
        gettext_lazy("清理运行记录"),
        gettext_lazy("运行记录保留 90 天，更早的删除。"),
    ),
}


@dataclass(frozen=True)
class PeriodicJob:
    """One task of the schedule, with every entry that starts it."""

    task: str
    schedules: tuple[crontab | timedelta, ...]

    @property
    def title(self) -> str:
        return str(WORDS[self.task][0]) if self.task in WORDS else self.task

    @property
    def does(self) -> str:
        return str(WORDS[self.task][1]) if self.task in WORDS else ""

    @property
    def when(self) -> str:
        """The schedule in words, in Shanghai's hours."""
        return _("；").join(in_words(entry) for entry in self.schedules)

    @property
    def is_frequent(self) -> bool:
        """True for a job of every few minutes: its next two runs are never far apart."""
        first = self.next_run(timezone.now())
        return self.next_run(first) - first <= FREQUENT

    @property
    def lost_after(self) -> timedelta:
        """A run without an end that is older than this lost its worker."""
        return timedelta(minutes=15) if self.is_frequent else timedelta(hours=6)

    def next_run(self, after: datetime) -> datetime:
        """The first instant after `after` at which beat starts it."""
        return min(next_of(entry, after) for entry in self.schedules)


def periodic_jobs() -> dict[str, PeriodicJob]:
    """Every job of the schedule by the name of its task: in the order of their words, what has none last."""
    found: dict[str, list[crontab | timedelta]] = {name: [] for name in WORDS}
    entries: Iterable[dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE.values()
    for entry in entries:
        found.setdefault(entry["task"], []).append(entry["schedule"])
    return {task: PeriodicJob(task, tuple(entries)) for task, entries in found.items() if entries}


def next_of(entry: crontab | timedelta, after: datetime) -> datetime:
    """When a schedule entry fires next; beat's crontabs are Shanghai's hours."""
    if isinstance(entry, timedelta):
        return after + entry
    local = timezone.localtime(after)
    return next(moment for moment in _moments(entry, local) if moment > local)


def _moments(entry: Any, local: datetime) -> Iterator[datetime]:
    """The instants of a crontab from the local day on."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    for offset in range(LOOK_AHEAD_DAYS):
        day = midnight + timedelta(days=offset)
        fits = day.month in entry.month_of_year and day.day in entry.day_of_month
        if fits and day.isoweekday() % 7 in entry.day_of_week:
            for hour in sorted(hour for hour in entry.hour if offset or hour >= local.hour):
                for minute in sorted(entry.minute):
                    yield day.replace(hour=hour, minute=minute)


def in_words(entry: crontab | timedelta) -> str:
    """A schedule entry as a sentence: 每天 08:00；每天 09:05–20:05 每小时；每 10 分钟；每分钟."""
    if isinstance(entry, timedelta):
        seconds = round(entry.total_seconds())
        return _("每分钟") if seconds == 60 else _("每 {n} 秒").format(n=seconds)
    fields: Any = entry  # the sets of hours and minutes are no part of the published types
    days = _days(entry)
    hours, minutes = sorted(fields.hour), sorted(fields.minute)
    if len(hours) == 24 and len(minutes) > 1:
        step = 60 // len(minutes)
        return _("每分钟") if step == 1 else _("每 {n} 分钟").format(n=step)
    times = [f"{hour:02d}:{minute:02d}" for hour in hours for minute in minutes]
    if len(times) > 2 and all(b - a == 1 for a, b in pairwise(hours)) and len(minutes) == 1:
        return _("{days} {first}–{last} 每小时").format(days=days, first=times[0], last=times[-1])
    return f"{days} {_('、').join(times)}"


def _days(entry: Any) -> str:
    if len(entry.day_of_month) < 31:
        return _("每月 {days} 日").format(days=_("、").join(str(day) for day in sorted(entry.day_of_month)))
    if len(entry.day_of_week) < 7:
        names = (_("周日"), _("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"))
        return _("、").join(names[day] for day in sorted(entry.day_of_week))
    return _("每天")
