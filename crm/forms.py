"""Forms of this room: they shape what was typed; services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from crm.choices import Role
from crm.models import Region


class UploadForm(forms.Form):
    file = forms.FileField(label=_("文件（xlsx、xls 或 csv）"))
    region = forms.ModelChoiceField(label=_("导入到"), queryset=Region.objects.none(), to_field_name="code")

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        choices=[("create", _("作为新企业导入")), ("skip", _("不导入")), ("", _("未决定"))], required=False
    )


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
