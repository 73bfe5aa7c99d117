"""Forms of the official lists: they shape what was typed; services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.models import Region
from pipeline.forms import date_field
from pipeline.listing import LIST_TYPES, ListType
from pipeline.workflows import PROGRAMMES

PASTED = "pasted.txt"


def type_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The sorts of lists, grouped by programme."""
    return [
        (str(table.short_label), [(kind.code, _named(kind)) for kind in LIST_TYPES.values() if kind.programme == code])
        for code, table in PROGRAMMES.items()
    ]


def _named(kind: ListType) -> str:
    return f"{kind.table.short_label} · {kind.label}"


class ListForm(forms.Form):
    """A published list: what it is, and the file or the text."""

    type = forms.ChoiceField(label=_("名单类别"), choices=type_choices)
    name = forms.CharField(label=_("名单名称"), max_length=200)
    document = forms.CharField(label=_("文号"), max_length=120, required=False)
    published_on = date_field(_("发布日期"), required=True)
    valid_until = date_field(_("有效期至"))
    region = forms.ModelChoiceField(label=_("比对范围"), queryset=Region.objects.none(), to_field_name="code")
    file = forms.FileField(label=_("文件（xlsx、xls、csv、docx、pdf、txt）"), required=False)
    text = forms.CharField(
        label=_("或粘贴名单文字"),
        required=False,
        max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("每行一家企业；可带代码、编号和地区"),
    )

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("file")) == bool(data.get("text")) and "file" not in self.errors and "text" not in self.errors:
            self.add_error("file", _("请选择文件，或粘贴名单文字（二者取一）"))
        return data

    @property
    def given(self) -> dict[str, Any]:
        """What the service takes; the content is read only now."""
        data = self.cleaned_data
        kind: ListType = LIST_TYPES[data["type"]]
        file = data.get("file")
        content = file.read() if file else data["text"].encode()
        names = ("name", "document", "published_on", "valid_until", "region")
        return {
            "content": content,
            "file_name": file.name if file else PASTED,
            "kind": kind,
            **{name: data[name] for name in names},
        }


class ListDecisionForm(forms.Form):
    """Which firm a line means: a credit code, `none`, or nothing to leave it open."""

    choice = forms.CharField(label=_("统一社会信用代码"), required=False, max_length=40)
    code = forms.CharField(required=False, max_length=40)  # typed by hand, where no candidate fits


class LinesForm(forms.Form):
    """Which lines: those ticked, or all."""

    every = forms.BooleanField(required=False)
    line = forms.TypedMultipleChoiceField(required=False, coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = self.data.getlist("line") if hasattr(self.data, "getlist") else []
        self.fields["line"].choices = [(line, line) for line in given if line.isdecimal() and len(line) < 9]  # type: ignore[attr-defined]

    @property
    def lines(self) -> list[int] | None:
        return None if self.cleaned_data["every"] else self.cleaned_data["line"]
