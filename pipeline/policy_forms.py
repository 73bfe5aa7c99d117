"""The forms of the policy pages: a trial of two editions, and a file that becomes a draft."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pipeline.forms import date_field
from pipeline.models import PolicyDraft, PolicyEdition
from pipeline.policy import policy_from_json
from pipeline.workflows import PROGRAMMES

LARGEST_POLICY = 256 * 1024


class BenchForm(forms.Form):
    """Two editions or drafts of one programme and a day. `drafts` are offered to those who may write policies."""

    old = forms.ChoiceField(label=_("原版本"))
    new = forms.ChoiceField(label=_("新版本"))
    on = date_field(_("评估日期"), required=True)

    def __init__(self, *args: Any, editions: Any, drafts: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known: dict[str, PolicyEdition | PolicyDraft] = {}
        groups: dict[str, list[tuple[str, Any]]] = {}
        for row in (*editions, *drafts):
            is_draft = isinstance(row, PolicyDraft)
            reference = f"draft-{row.pk}" if is_draft else f"{row.programme}/{row.code}"
            self.known[reference] = row
            label = gettext("{code}（草稿）").format(code=row.code) if is_draft else row.code
            groups.setdefault(str(PROGRAMMES[row.programme].short_label), []).append((reference, label))
        for name in ("old", "new"):
            self.fields[name].choices = list(groups.items())  # type: ignore[attr-defined]

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if not 2000 <= on.year <= 2100:
            raise forms.ValidationError(_("请填写 2000 年至 2100 年之间的日期"))
        return on

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "old" not in data or "new" not in data:
            return data
        old, new = self.known[data["old"]], self.known[data["new"]]
        if old.programme != new.programme:
            self.add_error("new", _("两个版本应属于同一计划"))
        elif data["old"] == data["new"]:
            self.add_error("new", _("请选择两个不同的版本"))
        data["policies"] = tuple(policy_from_json(row.content) for row in (old, new))
        data["draft"] = new.pk if isinstance(new, PolicyDraft) else None
        return data


class PolicyFileForm(forms.Form):
    """A YAML file, no larger than an edition can be."""

    file = forms.FileField(label=_("YAML 文件"))

    def clean_file(self) -> tuple[str, str]:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_POLICY:
            raise forms.ValidationError(_("文件超过 256 KB，不像一个政策版本"))
        try:
            return file.name, file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("文件不是 UTF-8 文本；请另存为 UTF-8 编码的 YAML")) from None
