"""The form of one reminder ladder: up to five rungs, whom each tells, and what follows once the date has passed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pipeline.choices import OccasionKind, Overdue, Told
from pipeline.forms import DateInput
from pipeline.rungs import NOT_FOR_FIRMS, YEARLY, LadderTable, Rung
from pipeline.services.ladders import MOST_AFTER, MOST_RUNGS, problems
from pipeline.workdays import DAYS, WORKDAYS

AHEAD, AHEAD_WORKDAYS, AFTER, AFTER_WORKDAYS, FIXED = "ahead", "ahead_workdays", "after", "after_workdays", "fixed"
WHEN = [
    (AHEAD, gettext_lazy("天前")),
    (AHEAD_WORKDAYS, gettext_lazy("个工作日前")),
    (AFTER, gettext_lazy("天后")),
    (AFTER_WORKDAYS, gettext_lazy("个工作日后")),
    (FIXED, gettext_lazy("当年的月-日")),
]
FIRST_YEAR, LAST_YEAR = 2000, 2100  # of the date that a preview is for
DAY_OF_YEAR = re.compile(r"(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])")
LONGEST = {2: 28, 4: 30, 6: 30, 9: 30, 11: 30}  # 29 February is not in every year


class RungRow(NamedTuple):
    """The three fields of one rung, for the page."""

    number: int
    value: forms.BoundField
    when: forms.BoundField
    roles: forms.BoundField


def _initial(table: LadderTable) -> dict[str, Any]:
    given: dict[str, Any] = {
        "active": table.active,
        "yearly": "{}-{}".format(*table.yearly) if table.yearly else "",
        "overdue": table.overdue,
        "overdue_roles": list(table.overdue_roles),
        "lead_after": table.lead_after,
        "leader_after": table.leader_after,
    }
    for number, rung in enumerate(table.rungs):
        value, when = _typed(rung)
        given |= {f"value{number}": value, f"when{number}": when, f"roles{number}": list(rung.roles)}
    return given


def _typed(rung: Rung) -> tuple[str, str]:
    """A rung as it is typed: 3 and 天前."""
    if rung.month_day:
        return "{}-{}".format(*rung.month_day), FIXED
    if rung.unit == WORKDAYS:
        return str(abs(rung.days or 0)), AFTER_WORKDAYS if rung.is_after else AHEAD_WORKDAYS
    return str(abs(rung.days or 0)), AFTER if rung.is_after else AHEAD


def day_of_year(text: str) -> tuple[int, int] | None:
    """`12-15` as (12, 15); None for what no year has."""
    match = DAY_OF_YEAR.fullmatch(text.strip())
    if match is None:
        return None
    month, day = int(match[1]), int(match[2])
    return (month, day) if day <= LONGEST.get(month, 31) else None


class LadderForm(forms.Form):
    """What was typed of one ladder. `on` is the date that the preview is for."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    active = forms.BooleanField(label=gettext_lazy("启用该提醒"), required=False)
    yearly = forms.CharField(
        label=gettext_lazy("每年的日期"), required=False, max_length=5, help_text=gettext_lazy("月-日，如 12-15")
    )
    overdue = forms.ChoiceField(
        label=gettext_lazy("逾期后"),
        choices=Overdue.choices,
        required=False,
        widget=forms.Select(attrs={"aria-label": gettext_lazy("逾期后")}),
    )
    overdue_roles = forms.MultipleChoiceField(
        label=gettext_lazy("逾期后提醒谁"), choices=Told.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    lead_after = forms.IntegerField(label=gettext_lazy("逾期几个工作日报科长"), required=False, min_value=1)
    leader_after = forms.IntegerField(label=gettext_lazy("逾期几个工作日报局领导"), required=False, min_value=1)
    on = forms.DateField(label=gettext_lazy("若该日截止"), required=False, widget=DateInput())

    def __init__(self, *args: Any, table: LadderTable, **kwargs: Any) -> None:
        kwargs["initial"] = _initial(table) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.kind = table.kind
        self.is_occasion = self.kind in OccasionKind.values
        told = [
            pair for pair in Told.choices if self.kind not in NOT_FOR_FIRMS or pair[0] not in (Told.FIRM, Told.AGENT)
        ]
        for number in range(MOST_RUNGS):
            self._add_rung(number, told)
        self.fields["overdue_roles"].choices = told  # type: ignore[attr-defined]
        if self.is_occasion:
            for name in ("overdue", "overdue_roles", "lead_after", "leader_after"):
                del self.fields[name]
        if table.kind not in YEARLY:
            del self.fields["yearly"]
        for name in ("lead_after", "leader_after"):
            if name in self.fields:
                self.fields[name].widget.attrs["max"] = MOST_AFTER

    def _add_rung(self, number: int, told: list) -> None:
        label = _("第 {n} 档").format(n=number + 1)
        text = forms.TextInput(attrs={"inputmode": "numeric", "size": 6, "aria-label": label})
        self.fields[f"value{number}"] = forms.CharField(label=label, required=False, max_length=6, widget=text)
        self.fields[f"when{number}"] = forms.ChoiceField(label=label, choices=WHEN, required=False)
        self.fields[f"when{number}"].widget.attrs["aria-label"] = _("{label}：何时").format(label=label)
        self.fields[f"roles{number}"] = forms.MultipleChoiceField(
            label=_("{label}：提醒谁").format(label=label),
            choices=told,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )

    def rows(self) -> Iterator[RungRow]:
        for number in range(MOST_RUNGS):
            yield RungRow(number + 1, self[f"value{number}"], self[f"when{number}"], self[f"roles{number}"])

    def clean(self) -> dict[str, Any]:
        """Every reason at once: what cannot be read, and what is wrong with the rest; a preview asks for no less."""
        data = super().clean() or {}
        for number in range(MOST_RUNGS):
            self._require_readable(number, data)
        for reason in problems(self.table(data)):
            self.add_error(None, reason)
        return data

    def clean_on(self) -> date | None:
        on: date | None = self.cleaned_data["on"]
        if on and not FIRST_YEAR <= on.year <= LAST_YEAR:
            raise forms.ValidationError(
                _("请选择 {first} 年至 {last} 年之间的日期").format(first=FIRST_YEAR, last=LAST_YEAR)
            )
        return on

    def _read(self, data: dict[str, Any], number: int) -> Rung | None:
        text, when = data.get(f"value{number}", "").strip(), data.get(f"when{number}") or AHEAD
        roles = tuple(data.get(f"roles{number}", ()))
        if not text:
            return None
        if when == FIXED:
            fixed = day_of_year(text)
            return Rung(None, DAYS, roles, fixed) if fixed else None
        if not (text.isascii() and text.isdecimal()):
            return None
        unit = WORKDAYS if when in (AHEAD_WORKDAYS, AFTER_WORKDAYS) else DAYS
        return Rung(-int(text) if when in (AFTER, AFTER_WORKDAYS) else int(text), unit, roles)

    def _require_readable(self, number: int, data: dict[str, Any]) -> None:
        text = data.get(f"value{number}", "").strip()
        if text and self._read(data, number) is None:
            fixed = data.get(f"when{number}") == FIXED
            reason = _("“{text}”不是某一天，请写成 3-1") if fixed else _("“{text}”不是天数，请填整数，当天填 0")
            self.add_error(f"value{number}", reason.format(text=text))

    def table(self, data: dict[str, Any] | None = None) -> LadderTable:
        """The ladder that was typed; rungs that cannot be read are left out."""
        data = self.cleaned_data if data is None else data
        rungs = [rung for number in range(MOST_RUNGS) if (rung := self._read(data, number))]
        return LadderTable(
            kind=self.kind,
            rungs=tuple(rungs),
            overdue=data.get("overdue") or Overdue.NEVER.value,
            overdue_roles=tuple(data.get("overdue_roles", ())),
            lead_after=data.get("lead_after"),
            leader_after=data.get("leader_after"),
            active=bool(data.get("active")),
            yearly=day_of_year(data.get("yearly", "")),
        )
