"""The course of a year as numbers, in the units of an SVG view box. Pure: no markup, no database.

Cumulative steps up to today, the fan from there to what is expected at the cut-off, the target as a line, the last days
of the rounds as vertical marks with their names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from crm.templatetags.show import day, figure
from pipeline.selectors.briefs import BriefLine
from pipeline.selectors.course import Course
from pipeline.selectors.forecasts import whole

WIDTH, HEIGHT = 800, 250
LEFT, RIGHT, TOP, BOTTOM = 40, 640, 34, 222
HEADROOM = Decimal("1.12")
LABEL_ROOM = 96  # marks nearer than this are named on two heights
LINE = 13
VALUE_LINE = 16  # numbers at the right edge stand at least so far apart


@dataclass(frozen=True)
class Mark:
    """A round's last day."""

    x: int
    y: int
    label: str


@dataclass(frozen=True)
class Tick:
    at: int
    label: str


@dataclass(frozen=True)
class Value:
    """A number in words at the right edge."""

    y: int
    text: str


@dataclass(frozen=True)
class CourseChart:
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    steps: str
    fan: str
    expected: str
    goal: int
    value_x: int
    months: tuple[Tick, ...]
    levels: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    values: tuple[Value, ...]
    finding: str
    months_done: tuple[tuple[date, Decimal], ...]  # the table behind it: the last day of each month so far


def course_chart(found: Course, line: BriefLine) -> CourseChart:
    """The picture of one target's year."""
    plan = _Plan(found, line)
    return CourseChart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=RIGHT,
        top=TOP,
        bottom=BOTTOM,
        steps=plan.steps(),
        fan=plan.fan(),
        expected=plan.expected(),
        goal=plan.y(line.row.target),
        value_x=RIGHT + 8,
        months=tuple(Tick(plan.x(date(plan.year, month, 1)), str(month)) for month in range(1, 13)),
        levels=tuple(Tick(plan.y(level), figure(level)) for level in plan.levels()),
        marks=tuple(plan.marks()),
        values=tuple(_apart(plan.values())),
        finding=course_finding(line),
        months_done=tuple(plan.months_done()),
    )


class _Plan:
    """Where days and numbers lie."""

    def __init__(self, found: Course, line: BriefLine) -> None:
        self.found, self.line, self.year = found, line, found.period.year
        self.first, self.last = found.period.first, date(self.year, 12, 31)
        self.today = found.period.last
        told = line.forecast
        self.low, self.high = (told.low, told.high) if told and told.expected is not None else (None, None)
        tops = [line.row.target, line.row.done, self.high or Decimal(0), *(number for _on, number in found.steps)]
        lows = [Decimal(0), *(number for _on, number in found.steps)]
        self.floor, self.ceiling = min(lows), max(max(tops), Decimal(1)) * HEADROOM

    def x(self, on: date) -> int:
        share = ((on - self.first).days + 1) / ((self.last - self.first).days + 1)
        return LEFT + round((RIGHT - LEFT) * min(max(share, 0), 1))

    def y(self, number: Decimal) -> int:
        return BOTTOM - round((BOTTOM - TOP) * float((number - self.floor) / (self.ceiling - self.floor)))

    def steps(self) -> str:
        """Flat between the days, upright on them."""
        path = f"M{LEFT} {self.y(self.found.steps[0][1])}"
        for on, number in self.found.steps:
            path += f"H{self.x(on)}V{self.y(number)}"
        return f"{path}H{self.x(self.today)}"

    def fan(self) -> str:
        if self.low is None or self.high is None or self.today >= self.last:
            return ""
        here = f"M{self.x(self.today)} {self.y(self.line.row.done)}"
        return f"{here}L{RIGHT} {self.y(self.high)}V{self.y(self.low)}z"

    def expected(self) -> str:
        told = self.line.forecast
        if not self.fan() or told is None or told.expected is None:
            return ""
        return f"M{self.x(self.today)} {self.y(self.line.row.done)}L{RIGHT} {self.y(told.expected)}"

    def levels(self) -> list[Decimal]:
        top = max(self.line.row.target, self.line.row.done)
        return [Decimal(0), (top / 2).quantize(Decimal(1)), top]

    def marks(self):
        """Names alternate between two heights where they would touch."""
        before, low = -LABEL_ROOM, False
        for one in sorted(self.found.rounds, key=lambda one: one.last_on):
            if one.last_on.year != self.year:
                continue
            x = self.x(one.last_on)
            low = x - before < LABEL_ROOM and not low
            before = x
            yield Mark(x, LINE * (2 if low else 1), _("第 {n} 批 {day}").format(n=one.batch, day=day(one.last_on)))

    def values(self):
        row, told = self.line.row, self.line.forecast
        yield Value(self.y(row.target), _("目标 {n}").format(n=figure(row.target)))
        yield Value(self.y(row.done), _("已完成 {n}").format(n=figure(row.done, row.decimals)))
        if self.fan() and told is not None:
            text = _("预计 {n}（{low}–{high}）")
            words = text.format(n=whole(told.expected), low=whole(told.low), high=whole(told.high))
            yield Value(self.y(told.expected or Decimal(0)), words)

    def months_done(self):
        for month in range(2, 14):
            first = date(self.year + month // 13, (month - 1) % 12 + 1, 1)
            last = min(date.fromordinal(first.toordinal() - 1), self.today)
            yield last, self.found.by(last)
            if last == self.today:
                return


def _apart(values):
    """From the top down, none nearer to the one above than a line of text."""
    floor = TOP - VALUE_LINE
    for value in sorted(values, key=lambda one: one.y):
        floor = max(value.y, floor + VALUE_LINE)
        yield Value(floor + 4, value.text)


def course_finding(line: BriefLine) -> str:
    """What the picture shows, in one sentence: the expected number against the target, else what is still missing."""
    row, told = line.row, line.forecast
    if told is None or told.expected is None:
        if not row.gap:
            return _("{name}已完成 {done}，目标 {target}").format(
                name=row.name, done=figure(row.done, row.decimals), target=figure(row.target)
            )
        return _("{name}还差 {gap} {unit}").format(name=row.name, gap=figure(row.gap), unit=row.unit_name)
    away = Decimal(whole(told.expected)) - row.target
    known = {"name": row.name, "n": whole(told.expected), "away": figure(abs(away)), "unit": row.unit_name}
    if away < 0:
        return _("{name}年底预计 {n}，离目标还差 {away} {unit}").format(**known)
    if away > 0:
        return _("{name}年底预计 {n}，比目标多 {away} {unit}").format(**known)
    return _("{name}年底预计 {n}，正好达到目标").format(**known)
