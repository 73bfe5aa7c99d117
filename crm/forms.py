"""Forms of this room: they shape what was typed; services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from crm.choices import Role, RowDecision, RowOutcome
from crm.headings import Meaning, is_money, is_yearly
from crm.models import Region


class UploadForm(forms.Form):
    file = forms.FileField(label=_("文件（xlsx、xls 或 csv）"))
    region = forms.ModelChoiceField(label=_("导入到"), queryset=Region.objects.none(), to_field_name="code")

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    """What to do with a row, or with all rows of an outcome."""

    outcome = forms.ChoiceField(choices=RowOutcome, required=False)
    decision = forms.ChoiceField(choices=RowDecision, required=False)


class SheetForm(forms.Form):
    sheet = forms.CharField(max_length=100, required=False)


class ColumnsForm(forms.Form):
    """Where the heading stands, what each column holds, and under which name that is remembered."""

    header_line = forms.IntegerField(min_value=1)
    height = forms.TypedChoiceField(choices=[(1, "1"), (2, "2")], coerce=int)
    name = forms.CharField(label=_("保存为"), max_length=60, required=False)

    def __init__(self, *args: Any, columns: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        for index in range(columns):
            self.fields[f"field{index}"] = forms.CharField(required=False, max_length=60)
            self.fields[f"unit{index}"] = forms.CharField(required=False, max_length=10)
            self.fields[f"year{index}"] = forms.IntegerField(required=False, min_value=0, max_value=2100)

    def meanings(self) -> dict[int, Meaning]:
        """What is said of each column, by its place; the unit of what is no money goes."""
        given, found = self.cleaned_data, {}
        for index in range(self.columns):
            field = given[f"field{index}"]
            unit = given[f"unit{index}"] if is_money(field) else ""
            found[index] = Meaning(field, unit, (given[f"year{index}"] or 0) if is_yearly(field) else 0)
        return found


class AccountForm(forms.Form):
    name = forms.CharField(label=_("姓名"), max_length=60)
    email = forms.EmailField(label=_("邮箱"), required=False)
    phone = forms.CharField(label=_("电话"), required=False, max_length=40)
    language = forms.ChoiceField(label=_("语言"), choices=settings.LANGUAGES)


class PersonForm(forms.Form):
    """A new colleague with a first post."""

    username = forms.CharField(label=_("用户名"), max_length=60)
    name = forms.CharField(label=_("姓名"), max_length=60)
    email = forms.EmailField(label=_("邮箱"), required=False)
    role = forms.ChoiceField(label=_("角色"), choices=Role)
    region = forms.ModelChoiceField(label=_("区划"), queryset=Region.objects.none(), to_field_name="code")

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]


class PostForm(forms.Form):
    role = forms.ChoiceField(label=_("角色"), choices=Role)
    region = forms.ModelChoiceField(label=_("区划"), queryset=Region.objects.none(), to_field_name="code")

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]


class FirmAccountForm(forms.Form):
    """An account for a person of a firm."""

    username = forms.CharField(label=_("用户名"), max_length=60)
    name = forms.CharField(label=_("姓名"), max_length=60)
    email = forms.EmailField(label=_("邮箱"))
