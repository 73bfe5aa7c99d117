"""What one person reads in one morning mail: the sentence on top, then what to do, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.templatetags.show import due_day
from notifications.models import Message
from pipeline.choices import DeadlineKind
from pipeline.models import Deadline
from pipeline.workdays import WorkCalendar

SHOWN = 60  # lines of one mail; the rest stands in the reminder centre

CORRECT, FILE, REPORT, REVIEW, RENEW, OTHER = "correct", "file", "report", "review", "renew", "other"
TASKS = {
    DeadlineKind.CORRECTION_DUE: CORRECT,
    DeadlineKind.ROUND_CLOSE: FILE,
    DeadlineKind.ANNUAL_REPORT: REPORT,
    DeadlineKind.MAJOR_CHANGE: REPORT,
    DeadlineKind.STAGE_TERM: REVIEW,
    DeadlineKind.NOTICE_END: REVIEW,
    DeadlineKind.NUMBER_EXPIRY: RENEW,
    DeadlineKind.CERTIFICATE_EXPIRY: RENEW,
    DeadlineKind.LIBRARY_EXPIRY: RENEW,
}
# What is to be done, as an officer reads it, and as the firm does.
WORDS = {
    CORRECT: (gettext_lazy("企业要补正"), gettext_lazy("要补正")),
    FILE: (gettext_lazy("企业要提交申报"), gettext_lazy("要提交申报")),
    REPORT: (gettext_lazy("企业要填报"), gettext_lazy("要填报")),
    REVIEW: (gettext_lazy("我要审核办理"), gettext_lazy("主管部门办理中")),
    RENEW: (gettext_lazy("企业资格将到期"), gettext_lazy("资格将到期")),
    OTHER: (gettext_lazy("其他提醒"), gettext_lazy("其他提醒")),
}


@dataclass(frozen=True)
class Line:
    """One reminder of the morning, with what is left of its time on the day the mail is made."""

    message: Message
    deadline: Deadline | None
    days: int
    workdays: int

    @property
    def task(self) -> str:
        return TASKS.get(DeadlineKind(self.deadline.kind), OTHER) if self.deadline else OTHER

    @property
    def overdue(self) -> bool:
        return self.days < 0

    @property
    def left(self) -> str:
        """逾期 2 天 · 今天截止 · 剩 3 个工作日"""
        if self.deadline is None:
            return ""
        if self.overdue:
            return ngettext("逾期 {n} 天", "逾期 {n} 天", -self.days).format(n=-self.days)
        if not self.days:
            return _("今天截止")
        return ngettext("剩 {n} 个工作日", "剩 {n} 个工作日", self.workdays).format(n=self.workdays)

    @property
    def what(self) -> str:
        """平南智造 · 补正截止 11月30日 周一"""
        if self.deadline is None:
            return self.message.subject
        what = f"{self.deadline.get_kind_display()} {due_day(self.deadline.due_on)}"
        return _("代 {name} · {subject}").format(name=self.message.stands_for, subject=what) if self._is_lent else what

    @property
    def _is_lent(self) -> bool:
        return bool(self.message.stands_for)

    @property
    def name(self) -> str:
        return self.deadline.firm.name if self.deadline else ""


@dataclass(frozen=True)
class Counts:
    """How many reminders a morning holds, and of those how many are overdue, end today, or go to the authority."""

    all: int
    overdue: int
    due_today: int
    to_staff: int


@dataclass(frozen=True)
class Group:
    """The lines that ask for the same."""

    label: str
    lines: list[Line]

    @property
    def heading(self) -> str:
        return _("{label}（{n}）").format(label=self.label, n=len(self.lines))


@dataclass(frozen=True)
class MorningMail:
    """Everything of one person's morning in one mail."""

    day: date
    name: str
    lines: list[Line]  # the worst of them
    sums: Counts
    centre: str  # the address of the reminder centre

    @property
    def groups(self) -> list[Group]:
        """By what is to be done, the group with the worst line first."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            to_firm = line.message.to_firm
            found.setdefault(str(WORDS[line.task][to_firm]), []).append(line)
        return [Group(label, lines) for label, lines in found.items()]

    @property
    def left_out(self) -> int:
        return self.sums.all - len(self.lines)

    @property
    def urgent(self) -> bool:
        return bool(self.sums.overdue or self.sums.due_today)

    @property
    def counts(self) -> str:
        """今天 12 件：2 件逾期，3 件今天截止"""
        sums = self.sums
        text = ngettext("今天 {n} 件", "今天 {n} 件", sums.all).format(n=sums.all)
        parts = [
            (ngettext("{n} 件逾期", "{n} 件逾期", sums.overdue), sums.overdue),
            (ngettext("{n} 件今天截止", "{n} 件今天截止", sums.due_today), sums.due_today),
        ]
        told = [words.format(n=number) for words, number in parts if number]
        return text + _("：") + _("，").join(told) if told else text

    @property
    def subject(self) -> str:
        mark = _("【紧急】") if self.urgent else _("【期限提醒】")
        return f"{mark}{self.counts} · {due_day(self.day)}"

    @property
    def sentence(self) -> str:
        """The counts, and the worst of all by name."""
        worst = self.lines[0]
        if worst.deadline is None:
            return _("{counts}。").format(counts=self.counts)
        most = _("{firm} {what}（{left}）").format(firm=worst.name, what=worst.what, left=worst.left)
        return _("{counts}，最急：{most}。").format(counts=self.counts, most=most)


def counts_of(rows: QuerySet[Message], today: date) -> Counts:
    """One query."""
    sums = rows.aggregate(
        all=Count("pk"),
        overdue=Count("pk", filter=Q(deadline__due_on__lt=today)),
        due_today=Count("pk", filter=Q(deadline__due_on=today)),
        to_staff=Count("pk", filter=Q(to_firm=False)),
    )
    return Counts(**sums)


def worst_of(rows: QuerySet[Message]) -> QuerySet[Message]:
    """The reminders that a mail shows: what is longest overdue, then what ends soonest."""
    rows = rows.select_related("deadline__firm", "recipient").defer("body", "html")
    return rows.order_by(F("deadline__due_on").asc(nulls_last=True), "pk")[:SHOWN]


def morning_mail(
    shown: Sequence[Message], sums: Counts, *, day: date, today: date, calendar: WorkCalendar, centre: str
) -> MorningMail:
    """The mail of these reminders, which come worst first."""
    lines = [_line(message, today, calendar) for message in shown]
    return MorningMail(day, shown[0].to_name, lines, sums, centre)


def _line(message: Message, today: date, calendar: WorkCalendar) -> Line:
    deadline = message.deadline
    if deadline is None:
        return Line(message, None, 0, 0)
    return Line(message, deadline, (deadline.due_on - today).days, calendar.left(today, deadline.due_on))
