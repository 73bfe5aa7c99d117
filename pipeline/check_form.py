"""The self-check as a form: what an edition asks, as fields that may all stay empty. Empty is unknown, never zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.choices import Source
from crm.fact_codes import COUNT, PERSONS, POINTS, YUAN, FactCode
from crm.identifiers import Unreadable
from crm.rows import fact_value
from pipeline.asking import help_for
from pipeline.assessment import Facts, parse_facts
from pipeline.assessment.case import Case
from pipeline.assessment.overlay import Asked, Change, changes, known_figure, laid_over
from pipeline.assessment.questions import (
    INDUSTRY,
    REGISTERED_ON,
    Question,
    asks_industry,
    best_holding,
    credential_questions,
    figure_questions,
    flag_questions,
)
from pipeline.errors import InvalidFacts
from pipeline.policy import Policy
from pipeline.policy.tables import CREDENTIAL_LABELS, FIGURES, LEVEL_LABELS
from pipeline.policy.words import WAN, amount_text
from pipeline.rules import Number
from pipeline.selectors.self_check import flag_label

YES, NO, WAN_YUAN = "yes", "no", "万元"
MONEY_UNITS = [(WAN_YUAN, gettext_lazy("万元")), ("元", gettext_lazy("元"))]
UNIT_WORDS = {PERSONS: gettext_lazy("人"), COUNT: gettext_lazy("项"), POINTS: gettext_lazy("分")}
DETAIL_LABELS = {
    "valid_until": gettext_lazy("有效期至"),
    "on": gettext_lazy("取得日期"),
    "rank": gettext_lazy("名次"),
    "level": gettext_lazy("级别"),
    "year": gettext_lazy("入库年度"),
}


class Group(NamedTuple):
    """Fields that belong together."""

    title: str
    fields: list[forms.BoundField]


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AmountField(forms.CharField):
    """A figure as people type it: 380万元, 1,200, 12.5 人. Yuan, or as many as it says; None when nothing was typed."""

    def __init__(self, kind: FactCode, **kwargs: Any) -> None:
        self.kind, self.unit = kind, WAN_YUAN
        attrs = {"autocomplete": "off"} | ({} if kind.unit == YUAN else {"inputmode": "decimal"})
        super().__init__(required=False, max_length=40, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if self.kind.unit != YUAN:
            text = text.rstrip("人名项件个分 ")
        if text.endswith(("%", "％")):
            raise forms.ValidationError(_("“{value}”是比例；请填数值").format(value=text))
        try:
            return fact_value(self.kind, text, unit=self.unit)
        except Unreadable as error:
            raise forms.ValidationError(str(error)) from None


class CheckForm(forms.Form):
    """`own` is what is already known of the firm: it fills the fields, and stands where nothing else is typed.

    After `is_valid()`, `facts` holds what is to be judged, and `changes()` what was typed otherwise than known.
    """

    unit = forms.ChoiceField(label=gettext_lazy("金额单位"), choices=MONEY_UNITS, initial=WAN_YUAN, required=False)
    facts: Facts

    def __init__(self, data: Mapping[str, Any] | None = None, *, policy: Policy, on: date, own: Facts | None = None):
        self.policy = policy
        known = own or Facts()
        founded = known.registered_on if data is None else _day_in(data)
        self.case = Case(policy, replace(known, registered_on=founded), on)
        self.own_day = known.registered_on
        self.asked = Asked(
            figure_questions(policy, founded, on),
            flag_questions(policy),
            credential_questions(policy),
            asks_industry(policy),
        )
        self.notes: dict[str, str] = {}
        super().__init__(data)
        self._add_fields()

    # Fields ---------------------------------------------------------------------------------------------------------

    def _add_fields(self) -> None:
        self._day(REGISTERED_ON, _("成立日期"), self.own_day)
        if self.asked.industry:
            self.fields[INDUSTRY] = forms.CharField(
                label=_("行业代码"),
                required=False,
                max_length=5,
                initial=self.case.facts.industry,
                help_text=_("国民经济行业分类代码，如 C3612；不清楚可以空着。"),
            )
        for question in self.asked.figures:
            self._figure(question)
        for question in self.asked.credentials:
            self._credential(question)
        for question in self.asked.flags:
            self._flag(question)

    def _day(self, name: str, label: str, initial: date | None) -> None:
        self.fields[name] = forms.DateField(label=label, required=False, widget=DayInput(), initial=initial)

    def _figure(self, question: Question) -> None:
        kind, known = FIGURES[question.code], known_figure(self.case, question)
        word = UNIT_WORDS.get(kind.unit)
        field = AmountField(
            kind,
            label=_("{label}（{unit}）").format(label=kind.label, unit=word) if word else str(kind.label),
            initial=None if known is None else plain(known, kind.unit),
            help_text=help_for(question.code, question.basis),
        )
        if self.is_bound and self.data.get("unit"):
            field.unit = self.data["unit"]
        self.fields[question.path] = field
        if known is not None:
            self.notes[question.path] = self._origin(question, known)

    def _origin(self, question: Question, known: Number) -> str:
        chosen = self.case.chosen(question.code, question.year)
        source = Source(chosen.source or Source.DECLARED).label if chosen else _("资产减负债")
        amount = amount_text(known, FIGURES[question.code].unit)
        return _("已有数据：{amount}（{source}）").format(amount=amount, source=source)

    def _flag(self, question: Question) -> None:
        said = self.case.flag(question.code)
        self.fields[question.path] = forms.ChoiceField(
            label=flag_label(question.code, self.policy),
            choices=[("", _("不清楚")), (YES, _("是")), (NO, _("否"))],
            required=False,
            initial="" if said is None else YES if said else NO,
            help_text=help_for(question.code, question.basis),
        )

    def _credential(self, question: Question) -> None:
        held = best_holding(self.case.facts, question.code)
        self.fields[question.path] = forms.ChoiceField(
            label=str(CREDENTIAL_LABELS[question.code]),
            choices=[(NO, _("没有")), (YES, _("有"))],
            required=False,
            initial=YES if held else NO,
        )
        for name in question.details:
            label = f"{CREDENTIAL_LABELS[question.code]} · {DETAIL_LABELS[name]}"
            self._detail(f"{question.path}.{name}", name, label, getattr(held, name, None))

    def _detail(self, path: str, name: str, label: str, initial: Any) -> None:
        if name in ("valid_until", "on"):
            self._day(path, label, initial)
        elif name == "level":
            choices = [("", _("不清楚")), *LEVEL_LABELS.items()]
            self.fields[path] = forms.ChoiceField(label=label, choices=choices, required=False, initial=initial)
        else:
            most = 2200 if name == "year" else 1000
            self.fields[path] = forms.IntegerField(
                label=label, required=False, min_value=1, max_value=most, initial=initial
            )

    def groups(self) -> Iterator[Group]:
        """The fields as a firm finds them: itself, year by year, rights, titles, yes or no."""
        titles = {"": _("基本情况"), "ip": _("知识产权"), "credentials": _("资质和荣誉"), "flags": _("是否情况")}
        found: dict[str, Group] = {}
        for name in self.fields:
            first, *rest = name.split(".")
            key = rest[0] if first == "years" else first if first in titles else ""
            title = titles.get(key) or _("{year} 年的数据").format(year=key)
            if name != "unit":
                found.setdefault(key, Group(title, [])).fields.append(self[name])
        yield from found.values()

    # Answers --------------------------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        try:
            self._typed = parse_facts(self._document(), self.policy)
        except InvalidFacts as error:
            for path, sentence in error.fields.items():
                name = path.removeprefix("facts.")
                self.add_error(name if name in self.fields else None, sentence)
        else:
            self.facts = laid_over(self.case, self._typed, self.asked)
        return self.cleaned_data

    def _document(self) -> dict[str, Any]:
        given = self.cleaned_data
        document: dict[str, Any] = {REGISTERED_ON: given.get(REGISTERED_ON)}
        document[INDUSTRY] = (given.get(INDUSTRY) or "").strip().upper()
        for question in self.asked.figures:
            _place(document, question.path, given.get(question.path))
        for question in self.asked.flags:
            _place(document, question.path, {YES: True, NO: False}.get(given.get(question.path, "")))
        held = [question for question in self.asked.credentials if given.get(question.path) == YES]
        document["credentials"] = [
            {"kind": question.code} | {name: given.get(f"{question.path}.{name}") or None for name in question.details}
            for question in held
        ]
        return document

    def changes(self) -> list[Change]:
        return changes(self.case, self._typed, self.asked)


def plain(value: Number, unit: str) -> str:
    """A figure as it is typed: money in 万元."""
    shown = Decimal(value.numerator) / value.denominator / (WAN if unit == YUAN else 1)
    return f"{shown.normalize():f}"


def _day_in(data: Mapping[str, Any]) -> date | None:
    """The day of registration that was typed: it says which years are asked."""
    try:
        return forms.DateField(required=False).clean(data.get(REGISTERED_ON))
    except forms.ValidationError:
        return None


def _place(document: dict[str, Any], path: str, value: Any) -> None:
    *way, name = path.split(".")
    for step in way:
        document = document.setdefault(step, {})
    document[name] = value
