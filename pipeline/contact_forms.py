"""Forms of contact work: what was said, what is to be done. They shape what was typed; services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.choices import TouchKind
from crm.models import User
from crm.services.tasks import OUTCOME_LENGTH, TITLE_LENGTH, NextStep
from pipeline.forms import date_field

INTERNAL, SHARED = "internal", "public"
VISIBILITY = [(INTERNAL, _("内部")), (SHARED, _("企业可见"))]


class PairForm(forms.Form):
    """Pairs of a sentence and a day: one without the other is asked for."""

    pairs: tuple[tuple[str, str], ...] = ()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for sentence, day in self.pairs:
            wanted = sentence == "next_title" and "plan" in self.data
            if (data.get(day) or wanted) and not data.get(sentence) and sentence not in self.errors:
                self.add_error(sentence, _("请写明要做什么"))
            if (data.get(sentence) or wanted) and not data.get(day) and day not in self.errors:
                self.add_error(day, _("请填写到期日"))
        return data

    def step(self, sentence: str, day: str) -> NextStep | None:
        title = self.cleaned_data[sentence]
        return NextStep(title, self.cleaned_data[day]) if title else None


class TouchForm(PairForm):
    """A contact with what the firm promised in it and what is done next. `task` is the task that it was."""

    pairs = (("promise", "promise_on"), ("next_title", "next_on"))
    kind = forms.ChoiceField(label=_("方式"), choices=TouchKind, widget=forms.RadioSelect, initial=TouchKind.NOTE)
    text = forms.CharField(label=_("内容"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3, "data-key": "c"}))
    on = date_field(_("日期"))
    visibility = forms.ChoiceField(
        label=_("谁能看到"), choices=VISIBILITY, widget=forms.RadioSelect, initial=INTERNAL, required=False
    )
    promise = forms.CharField(label=_("企业承诺做什么"), required=False, max_length=TITLE_LENGTH)
    promise_on = date_field(_("承诺期限"))
    next_title = forms.CharField(label=_("下一步"), required=False, max_length=TITLE_LENGTH)
    next_on = date_field(_("到期日"))
    task = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=10**18)

    def contact(self) -> dict[str, Any]:
        """What the service takes of it, without the task."""
        data = self.cleaned_data
        return {
            "kind": data["kind"],
            "text": data["text"],
            "on": data["on"],
            "public": data["visibility"] == SHARED,
            "promise": self.step("promise", "promise_on"),
            "next": self.step("next_title", "next_on"),
        }


class TaskForm(forms.Form):
    title = forms.CharField(
        label=_("待办事项"), max_length=TITLE_LENGTH, widget=forms.TextInput(attrs={"data-key": "t"})
    )
    due_on = date_field(_("到期日"), required=True)


class DoneForm(PairForm):
    """A task is done, perhaps with what comes next."""

    pairs = (("next_title", "next_on"),)
    outcome = forms.CharField(label=_("结果"), required=False, max_length=OUTCOME_LENGTH)
    next_title = forms.CharField(label=_("下一步"), required=False, max_length=TITLE_LENGTH)
    next_on = date_field(_("到期日"))


class PutOffForm(forms.Form):
    due_on = date_field(_("推迟到"), required=True)
    reason = forms.CharField(label=_("原因"), required=False, max_length=200)


class GiveForm(forms.Form):
    owner = forms.ModelChoiceField(label=_("负责人"), queryset=User.objects.none(), empty_label=None)
    reason = forms.CharField(label=_("原因"), required=False, max_length=200)

    def __init__(self, *args: Any, officers: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["owner"]
        field.queryset = User.objects.filter(pk__in=[person.pk for person in officers])
        field.choices = [(person.pk, person.name) for person in officers]


class CancelForm(forms.Form):
    reason = forms.CharField(label=_("取消的原因"), max_length=OUTCOME_LENGTH)
