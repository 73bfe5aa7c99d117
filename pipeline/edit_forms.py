"""Forms that edit one row which others edit too: each carries what was read, so that a clash is seen field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from crm.choices import FirmStatus
from crm.conflicts import CURRENT, MINE, ORIGINAL, Clash, Reconciled, reconcile
from crm.rows import INDUSTRY
from pipeline.forms import date_field

SALT = "edit"
CHOICES = [(CURRENT, _("现在的")), (MINE, _("我填的")), (ORIGINAL, _("原来的"))]


@dataclass(frozen=True)
class ClashRow:
    """A clash as the chooser shows it: the three values as a form would show them."""

    name: str
    label: Any
    options: tuple[tuple[str, Any, str], ...]  # choice, its label, the value in words
    current: str


class EditForm(forms.Form):
    """`seen` holds, signed, the values that the person read; `choice-<field>` says what was chosen of a clash."""

    clashes: Sequence[ClashRow] = ()  # what somebody must choose before anything is written
    seen = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("修改的原因"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([*self.names, "reason"])

    @property
    def names(self) -> list[str]:
        return [name for name in self.fields if name not in ("seen", "reason")]

    @classmethod
    def of(cls, row: Any) -> EditForm:
        """The form with what the row holds now."""
        form = cls(initial=values_of(row, cls))
        form.initial["seen"] = form.sealed(row)
        return form

    def sealed(self, row: Any) -> str:
        return signing.dumps({name: self.shown(name, getattr(row, name)) for name in self.names}, salt=SALT)

    def shown(self, name: str, value: Any) -> str:
        """A value as its field shows and reads it."""
        return "" if value is None else str(self.fields[name].prepare_value(value))

    def clean_seen(self) -> dict[str, Any]:
        """What was read, as values; a seal that is broken comes from no page of ours."""
        try:
            stated = signing.loads(self.cleaned_data["seen"], salt=SALT)
            return {name: self.fields[name].to_python(stated[name]) for name in self.names}
        except (signing.BadSignature, KeyError, forms.ValidationError):
            raise forms.ValidationError(_("页面已过期，请刷新后重新填写")) from None

    def reconciled(self, row: Any) -> Reconciled:
        """The edit beside what the row holds now; what was chosen of a clash counts as typed, and as read."""
        current = {name: self.fields[name].to_python(self.shown(name, getattr(row, name))) for name in self.names}
        original, mine = dict(self.cleaned_data["seen"]), {name: self.cleaned_data[name] for name in self.names}
        for clash in reconcile(original, current, mine).clashes:
            if (choice := self._choice(clash, current)) is not None:
                mine[clash.name] = clash.chosen(choice)
                original[clash.name] = current[clash.name]
        return reconcile(original, current, mine)

    def _choice(self, clash: Clash, current: Mapping[str, Any]) -> str | None:
        """What was chosen, where the value that was chosen against is still the present one."""
        choice = self.data.get(f"choice-{clash.name}")
        beside = self.data.get(f"beside-{clash.name}")
        known = choice in (CURRENT, MINE, ORIGINAL) and beside == self.shown(clash.name, current[clash.name])
        return choice if known else None

    def rows(self, clashes: tuple[Clash, ...]) -> list[ClashRow]:
        return [
            ClashRow(
                clash.name,
                self.fields[clash.name].label,
                tuple((code, label, self.words(clash.name, clash.chosen(code))) for code, label in CHOICES),
                self.shown(clash.name, clash.current),
            )
            for clash in clashes
        ]

    def words(self, name: str, value: Any) -> str:
        """A value in words: of a list its label."""
        choices = dict(getattr(self.fields[name], "choices", ()))
        return str(choices.get(value, self.shown(name, value)))


def values_of(row: Any, form: type[EditForm]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in form.base_fields if name not in ("seen", "reason")}


class FirmEditForm(EditForm):
    name = forms.CharField(label=_("企业名称"), max_length=120)
    status = forms.ChoiceField(
        label=_("登记状态"), choices=[choice for choice in FirmStatus.choices if choice[0] != FirmStatus.MERGED]
    )
    legal_representative = forms.CharField(label=_("法定代表人"), required=False, max_length=60)
    firm_type = forms.CharField(label=_("企业类型"), required=False, max_length=60)
    registered_on = date_field(_("成立日期"))
    industry = forms.CharField(
        label=_("行业代码"), required=False, max_length=5, help_text=_("国民经济行业代码，如 C3612")
    )
    capital_amount = forms.DecimalField(
        label=_("注册资本（元）"), required=False, min_value=0, max_digits=20, decimal_places=2
    )
    capital_currency = forms.CharField(label=_("币种"), required=False, max_length=3)
    address = forms.CharField(label=_("注册地址"), required=False, max_length=200)
    business_scope = forms.CharField(
        label=_("经营范围"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def clean_business_scope(self) -> str:
        """Browsers send lines with a carriage return, which is no change."""
        return str(self.cleaned_data["business_scope"]).replace("\r\n", "\n")

    def clean_industry(self) -> str:
        code: str = self.cleaned_data["industry"]
        if code and not INDUSTRY.match(code):
            raise forms.ValidationError(_("行业代码应为一个字母加 2–4 位数字，如 C3612"))
        return code


class ContactEditForm(EditForm):
    name = forms.CharField(label=_("姓名"), max_length=60)
    title = forms.CharField(label=_("职务"), required=False, max_length=60)
    phone = forms.CharField(label=_("电话"), required=False, max_length=40)
    email = forms.EmailField(label=_("邮箱"), required=False)
