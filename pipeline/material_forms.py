"""Forms of the material pages: they shape what was typed; services decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from pipeline.forms import DateInput
from pipeline.selectors.materials import MaterialList
from pipeline.services.material_decisions import Decision
from pipeline.workflows import PROGRAMMES


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; none is an empty list, for the service to refuse in its own words."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        return [file for file in (data if isinstance(data, list | tuple) else [data]) if file]


class UploadForm(forms.Form):
    """The files of one item, and until when they are valid where that is asked."""

    chosen = FilesField(label=_("文件"), required=False)
    valid_until = forms.DateField(label=_("有效期至"), required=False, widget=DateInput())


class BeginForm(forms.Form):
    """A file announced before it is sent in parts."""

    name = forms.CharField(label=_("文件名"), max_length=200)
    size = forms.IntegerField(label=_("大小"), min_value=0)


class NoticeForm(forms.Form):
    reason = forms.CharField(
        label=_("再次告知的理由"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(required=False, min_value=0)


class StartForm(forms.Form):
    programme = forms.ChoiceField(choices=[(code, table.short_label) for code, table in PROGRAMMES.items()])
    starts_on = forms.DateField(label=_("材料清单生效日"), required=False, widget=DateInput())


def decisions_in(data: QueryDict, found: MaterialList) -> Iterator[Decision]:
    """What the one form says of each item; items that were left alone are not named."""
    for slot in found.slots:
        said = data.get(f"say-{slot.key}", "")
        version = data.get(f"version-{slot.key}", "")
        if said in {"accept", "refuse"}:
            yield Decision(
                item=slot.item.code,
                year=slot.year,
                accept=said == "accept",
                reasons=tuple(data.getlist(f"reason-{slot.key}")) if said == "refuse" else (),
                note=data.get(f"note-{slot.key}", "").strip() if said == "refuse" else "",
                version=int(version) if version.isdecimal() and len(version) < 10 else None,
            )
