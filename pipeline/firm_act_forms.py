"""Forms of bulk acts on firms and of exports: one for each act, with what that act needs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.choices import ExportColumns, ExportFormat
from crm.models import Region, User
from crm.services.tags import tag_named
from pipeline.selectors.firm_acts import officers_near, programme_choices, shortlists_for, tags_for
from pipeline.services import firm_acts
from pipeline.services.shortlists import start_shortlist


class ActForm(forms.Form):
    """What every act shares: why. `given` is what the service takes."""

    reason = forms.CharField(label=_("原因"), required=False, max_length=200)

    def __init__(self, *args: Any, user: User, region: Region, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.region = user, region

    def given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    def pick(self, name: str, rows: list[Any], first: Any = None) -> None:
        """Offer these rows, and keep which is which."""
        self.rows = {str(row.pk): row for row in rows}
        start = [] if first is None else [("", first)]
        self.fields[name].choices = [*start, *((key, self.label(row)) for key, row in self.rows.items())]  # type: ignore[attr-defined]

    def label(self, row: Any) -> str:
        return str(row)


class AssignActForm(ActForm):
    officer = forms.ChoiceField(label=_("经办人员"), required=False)
    field_order = ["officer"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pick("officer", officers_near(self.region), _("清空：暂时无人负责"))

    def label(self, row: User) -> str:
        return f"{row.name}（{row.username}）"

    def given(self) -> dict[str, Any]:
        return self.cleaned_data | {"officer": self.rows.get(self.cleaned_data["officer"])}


class TagActForm(ActForm):
    tag = forms.CharField(
        label=_("标签"),
        max_length=20,
        help_text=_("可选已有标签，也可写新的；新标签归您所在的区划"),
        widget=forms.TextInput(attrs={"list": "known-tags", "autocomplete": "off"}),
    )
    field_order = ["tag"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = tags_for(self.user, self.region)

    def given(self) -> dict[str, Any]:
        return self.cleaned_data | {"tag": tag_named(self.cleaned_data["tag"], actor=self.user)}


class UntagActForm(ActForm):
    tag = forms.ChoiceField(label=_("标签"))
    field_order = ["tag"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pick("tag", tags_for(self.user, self.region, standing=False))

    def given(self) -> dict[str, Any]:
        return self.cleaned_data | {"tag": self.rows[self.cleaned_data["tag"]]}


class ShortlistActForm(ActForm):
    shortlist = forms.ChoiceField(label=_("候选名单"), required=False)
    name = forms.CharField(label=_("新名单名称"), required=False, max_length=80)
    programme = forms.ChoiceField(label=_("新名单的计划"), choices=programme_choices)
    reason = None  # type: ignore[assignment]  # a list is a choice, not a change of the firm

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pick("shortlist", shortlists_for(self.user, self.region), _("新建一份名单"))

    def given(self) -> dict[str, Any]:
        chosen = self.rows.get(self.cleaned_data["shortlist"])
        new = {name: self.cleaned_data[name] for name in ("name", "programme")}
        return {"shortlist": chosen or start_shortlist(**new, region=self.region, actor=self.user)}


class OpenActForm(ActForm):
    programme = forms.ChoiceField(label=_("计划"), choices=programme_choices)
    year = forms.TypedChoiceField(label=_("年度"), coerce=int)
    reason = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this_year = timezone.localdate().year
        self.fields["year"].choices = [(year, year) for year in (this_year, this_year + 1)]  # type: ignore[attr-defined]


class RowsExportForm(ActForm):
    """Why, and in which format."""

    reason = forms.CharField(
        label=_("导出事由"), max_length=200, help_text=_("必填；与导出人、时间、行数一并留存，辖区负责人可查")
    )
    format = forms.ChoiceField(label=_("格式"), choices=ExportFormat, widget=forms.RadioSelect, initial="xlsx")


class ExportForm(RowsExportForm):
    """Of firms also how much of each."""

    columns = forms.ChoiceField(label=_("列"), choices=ExportColumns, widget=forms.RadioSelect, initial="list")
    year = forms.TypedChoiceField(label=_("数据年度"), coerce=int, required=False, empty_value="0")
    field_order = ["reason", "columns", "year", "format"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this_year = timezone.localdate().year
        self.fields["year"].choices = [(year, year) for year in range(this_year, this_year - 8, -1)]  # type: ignore[attr-defined]
        self.fields["year"].initial = this_year - 1


FORMS: dict[str, type[ActForm]] = {
    firm_acts.ASSIGN: AssignActForm,
    firm_acts.TAG: TagActForm,
    firm_acts.UNTAG: UntagActForm,
    firm_acts.SHORTLIST: ShortlistActForm,
    firm_acts.OPEN: OpenActForm,
    "export": ExportForm,
}
