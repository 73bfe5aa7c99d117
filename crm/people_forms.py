"""Forms about who may act for a firm: they shape what was typed; services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from crm.files import ACCEPT
from crm.models import Region, User

LONGEST_ADDRESS = 150  # it becomes the user name
LETTER_HELP = _("可上传 pdf、jpg、png、docx、xlsx，不超过 20 MB")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def letter_field(label: Any) -> forms.FileField:
    """A letter of authority, perhaps."""
    widget = forms.ClearableFileInput(attrs={"accept": ACCEPT})
    return forms.FileField(label=label, required=False, help_text=LETTER_HELP, widget=widget)


class InvitationForm(forms.Form):
    name = forms.CharField(label=_("姓名"), max_length=60)
    email = forms.EmailField(label=_("邮箱"), max_length=LONGEST_ADDRESS)


class AcceptForm(forms.Form):
    """What a new person says of themselves; the address, which is the user name, stands in the invitation."""

    name = forms.CharField(label=_("姓名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.CharField(label=_("电话"), max_length=40, required=False)
    password = forms.CharField(
        label=_("设置密码"),
        help_text=_("至少 10 个字符，不能全是数字"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )
    again = forms.CharField(
        label=_("再输一次密码"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") and data.get("again") and data["password"] != data["again"]:
            self.add_error("again", _("两次输入的密码不一致"))
        elif data.get("password"):
            holder = User(username=self.email, email=self.email, name=data.get("name", ""))
            try:
                validate_password(data["password"], holder)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class MandateForm(forms.Form):
    prefix = "mandate"
    name = forms.CharField(label=_("代理人姓名"), max_length=60)
    agency = forms.CharField(label=_("代理机构"), max_length=120, required=False)
    email = forms.EmailField(label=_("代理人邮箱"), max_length=LONGEST_ADDRESS)
    starts_on = forms.DateField(label=_("起始日期"), widget=DayInput())
    ends_on = forms.DateField(label=_("截止日期"), widget=DayInput(), help_text=_("到期自动失效，可随时提前撤销"))
    authority = forms.CharField(
        label=_("授权依据"), max_length=200, required=False, help_text=_("授权书、委托合同的名称或编号")
    )
    file = letter_field(_("授权书"))


class RegisterForm(forms.Form):
    credit_code = forms.CharField(label=_("统一社会信用代码"), max_length=40, help_text=_("营业执照上的 18 位代码"))
    firm_name = forms.CharField(label=_("企业名称"), max_length=120)
    name = forms.CharField(label=_("姓名"), max_length=60)
    phone = forms.CharField(label=_("电话"), max_length=40, widget=forms.TextInput(attrs={"type": "tel"}))
    email = forms.EmailField(
        label=_("邮箱"), max_length=LONGEST_ADDRESS, help_text=_("审核结果和设置密码的链接发到这里")
    )
    note = forms.CharField(
        label=_("说明"),
        max_length=1000,
        required=False,
        help_text=_("您在贵单位的职务，或其他便于核实的信息"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    file = letter_field(_("授权书（可不传）"))


class DecideForm(forms.Form):
    """An officer's answer to a request: the region of a firm to be added, or the reason of a refusal."""

    region = forms.ModelChoiceField(
        label=_("所属区划"), queryset=Region.objects.none(), to_field_name="code", required=False
    )
    reason = forms.CharField(label=_("不通过的原因"), max_length=300, required=False)

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]
