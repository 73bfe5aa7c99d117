"""Forms of targets and entered amounts: they shape what was typed; services decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Region, User
from pipeline.choices import AmountClass, TargetKind
from pipeline.forms import date_field
from pipeline.models import Count, Indicator, Quota

NUMBER: dict[str, Any] = {"max_digits": 18, "decimal_places": 6}


def indicator_field(*, manual: bool = False) -> forms.ModelChoiceField:
    rows = Indicator.objects.filter(active=True)
    rows = rows.filter(counter="") if manual else rows
    return forms.ModelChoiceField(label=_("指标"), queryset=rows, to_field_name="code")


def region_field() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(label=_("区划"), queryset=Region.objects.none(), to_field_name="code")


class QuotaForm(forms.Form):
    indicator = indicator_field()
    region = region_field()
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    target = forms.DecimalField(label=_("目标"), min_value=Decimal(0), **NUMBER)
    document = forms.CharField(label=_("文号"), required=False, max_length=120)

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]


class CountForm(forms.Form):
    indicator = indicator_field(manual=True)
    region = region_field()
    on = date_field(_("日期"), required=True)
    value = forms.DecimalField(label=_("数值"), **NUMBER)
    evidence = forms.CharField(label=_("依据（文号或证书号）"), max_length=200)
    verified = forms.BooleanField(label=_("已核验"), required=False, initial=True)
    amount_class = forms.ChoiceField(label=_("类别"), choices=[("", "—"), *AmountClass.choices], required=False)
    measure = forms.DecimalField(label=_("计分金额"), required=False, **NUMBER)

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]
        self.fields["on"].initial = timezone.localdate()


class CorrectForm(forms.Form):
    """Another entry in the place of one, and why."""

    on = date_field(_("日期"), required=True)
    value = forms.DecimalField(label=_("数值"), **NUMBER)
    evidence = forms.CharField(label=_("依据（文号或证书号）"), max_length=200)
    verified = forms.BooleanField(label=_("已核验"), required=False)
    amount_class = forms.ChoiceField(label=_("类别"), choices=[("", "—"), *AmountClass.choices], required=False)
    measure = forms.DecimalField(label=_("计分金额"), required=False, **NUMBER)
    reason = forms.CharField(label=_("更正或撤回的原因"), max_length=200)

    @classmethod
    def of(cls, count: Count) -> CorrectForm:
        names = ("on", "value", "evidence", "verified", "amount_class", "measure")
        return cls(initial={name: _tidy(getattr(count, name)) for name in names})


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=_("更正或撤回的原因"), max_length=200)


class TableForm(forms.Form):
    file = forms.FileField(label=_("文件（xlsx、xls 或 csv）"))


class QualityForm(forms.Form):
    """How one class of projects is scored in a year."""

    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    amount_class = forms.ChoiceField(label=_("类别"), choices=AmountClass.choices)
    measure_label = forms.CharField(label=_("计分依据"), max_length=40)
    coefficient = forms.DecimalField(label=_("系数"), max_digits=12, decimal_places=8)
    cap = forms.DecimalField(label=_("单项上限"), max_digits=12, decimal_places=5, required=False)
    document = forms.CharField(label=_("文号"), max_length=120)


class PublishedForm(forms.Form):
    indicator = indicator_field()
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    region_code = forms.CharField(label=_("区划代码"), max_length=12)
    region_name = forms.CharField(label=_("地区"), max_length=40)
    value = forms.DecimalField(label=_("公布数"), **NUMBER)
    as_of = date_field(_("截至"), required=True)
    source = forms.CharField(label=_("来源"), max_length=200)


@dataclass(frozen=True)
class TargetLine:
    """One line of the table of targets: a region or an officer, with what may be set there and what stands."""

    region: Region
    officer: User | None
    told: Quota | None
    pledge: Quota | None
    may_tell: bool
    may_pledge: bool

    @property
    def key(self) -> str:
        return f"o{self.officer.pk}" if self.officer else f"r{self.region.pk}"

    @property
    def name(self) -> str:
        return str(self.officer or self.region)


class TargetTableForm(forms.Form):
    """Every number of one indicator and year at once; a field left empty stays as it is."""

    document = forms.CharField(label=_("文号"), required=False, max_length=120)

    def __init__(self, *args: Any, lines: Iterable[TargetLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(lines)
        for line in self.lines:
            told = line.told
            self._add(line, "target", _("下达目标"), told and told.target, line.may_tell)
            self._add(line, "stretch", _("争取目标"), told and told.stretch, line.may_tell)
            if line.officer is None:
                self._add(line, "pledge", _("自报"), line.pledge and line.pledge.target, line.may_pledge)

    def _add(self, line: TargetLine, what: str, label: Any, stands: Any, may_set: bool) -> None:
        name, label = f"{what}-{line.key}", f"{line.name} {label}"
        options = {"label": label, "required": False, "min_value": Decimal(0), "disabled": not may_set}
        self.fields[name] = forms.DecimalField(**options, **NUMBER)
        self.initial[name] = _tidy(stands)

    def rows(self) -> Iterator[tuple[TargetLine, Any, Any, Any]]:
        """Each line with its bound fields; None for a field it does not have."""
        for line in self.lines:
            pledge = self[f"pledge-{line.key}"] if line.officer is None else None
            yield line, self[f"target-{line.key}"], self[f"stretch-{line.key}"], pledge

    def asked(self) -> list[dict[str, Any]]:
        """What differs from what stands, as arguments of `services.targets.Asked`."""
        data, found = self.cleaned_data, []
        for line in self.lines:
            target, stretch = data[f"target-{line.key}"], data[f"stretch-{line.key}"]
            stands = (line.told and line.told.target, line.told and line.told.stretch)
            where = {"region": line.region, "officer": line.officer}
            if target is not None and (target, stretch) != stands:
                found.append(where | {"target": target, "stretch": stretch})
            pledge = data.get(f"pledge-{line.key}")
            if pledge is not None and pledge != (line.pledge and line.pledge.target):
                found.append(where | {"target": pledge, "kind": TargetKind.PLEDGE})
        return found


def _tidy(value: Any) -> Any:
    """A decimal as people write it: 45, not 45.000000."""
    if not isinstance(value, Decimal):
        return value
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
