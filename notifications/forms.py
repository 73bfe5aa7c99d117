"""Forms of this room: they shape what was typed; services decide."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from crm.models import Region
from notifications.copies import REPEATED
from notifications.models import Channel, ChannelKind, Digest, DigestState, MailTemplate, MessageKind

SERVICE_CHOICES = [
    ("wecom", _("企业微信群机器人")),
    ("dingtalk", _("钉钉群机器人")),
    ("feishu", _("飞书群机器人")),
    ("sms", _("短信网关")),
    ("other", _("其他（自建网关或 Apprise 地址）")),
]
KIND_WORDS = {
    MessageKind.STAGE: _("企业提交、补正、撤回"),
    MessageKind.REMINDER: _("期限当天和逾期（含公示期满）"),
    MessageKind.GAP_DIGEST: _("每周目标缺口"),
    MessageKind.OPERATION: _("系统运行告警"),
}


class ChannelForm(forms.Form):
    """One channel. The address is typed only to set or replace it; the page never shows it."""

    service = forms.ChoiceField(label=_("类型"), choices=SERVICE_CHOICES)
    name = forms.CharField(label=_("名称"), max_length=60, help_text=_("例如群的名字：科技科工作群"))
    region = forms.ModelChoiceField(
        label=_("区划"),
        queryset=Region.objects.none(),
        to_field_name="code",
        empty_label=None,
        help_text=_("转发该区划及其下级的消息"),
    )
    address = forms.CharField(
        label=_("Webhook 地址或密钥"),
        required=False,
        max_length=1000,
        strip=True,
        help_text=_(
            "机器人：粘贴群里“添加机器人”后给出的完整地址。短信网关：https 地址，用 {phone} 表示手机号的位置。"
            "地址等同密码，只允许加密的 https（本机 127.0.0.1 除外），保存后不再显示。"
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=_("钉钉加签密钥"),
        required=False,
        max_length=200,
        help_text=_("机器人安全设置选“加签”时填写；选“自定义关键词”时请用“http”作关键词"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    kinds = forms.MultipleChoiceField(
        label=_("转到群里的消息"),
        required=False,
        choices=[(kind, KIND_WORDS[kind]) for kind in REPEATED],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("同一件事每个群只发一条；短信只发给在通知设置中选择短信的人"),
    )

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = visible  # type: ignore[attr-defined]


def initial_of(channel: Channel) -> dict[str, Any]:
    """A channel as the form shows it, without its address."""
    scheme = channel.address.partition("://")[0]
    known = {"wecombot": "wecom", "dingtalk": "dingtalk", "feishu": "feishu"}
    service = "sms" if channel.kind == ChannelKind.SMS else known.get(scheme, "other")
    return {"service": service, "name": channel.name, "region": channel.region.code, "kinds": channel.kinds}


class TextForm(forms.Form):
    """Subject and body of one draft."""

    subject = forms.CharField(label=_("主题"), max_length=200, required=False)
    body = forms.CharField(label=_("正文"), required=False, widget=forms.Textarea(attrs={"rows": 14}), strip=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class WordingForm(forms.Form):
    """A version of the wording of one kind of mail."""

    subject = forms.CharField(
        label=_("主题"), max_length=MailTemplate._meta.get_field("subject").max_length, required=False
    )
    body = forms.CharField(label=_("正文"), required=False, widget=forms.Textarea(attrs={"rows": 14}), strip=False)
    seen = forms.IntegerField(widget=forms.HiddenInput)


class LetterForm(WordingForm):
    """A letter, as typed for this once."""

    batch = forms.CharField(max_length=32, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


class NameForm(forms.Form):
    name = forms.CharField(label=_("信函名称"), max_length=60, required=False)


class AddressForm(forms.Form):
    """The right address in place of one that bounces; empty where the old one works again."""

    address = forms.EmailField(label=_("正确的邮箱"), required=False)


class ContactForm(forms.Form):
    """A contact person for a firm that nobody can write to."""

    name = forms.CharField(label=_("联系人"), max_length=60)
    email = forms.EmailField(label=_("邮箱"))
    phone = forms.CharField(label=_("电话"), max_length=30, required=False)


class SnoozeForm(forms.Form):
    until = forms.DateField(label=_("推迟到"))


class StopForm(forms.Form):
    reason = forms.CharField(label=_("原因"), required=False, max_length=1000)


class ThresholdForm(forms.Form):
    threshold = forms.IntegerField(label=_("超过几件合并成一封"), min_value=0, max_value=99, required=False)


class DigestFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(
        label=_("类型"),
        choices=[(kind.value, kind.label) for kind in (MessageKind.MORNING, MessageKind.GAP_DIGEST)],
        empty_label=_("不限"),
    )
    state = django_filters.ChoiceFilter(label=_("状态"), choices=DigestState, empty_label=_("不限"))

    class Meta:
        model = Digest
        fields = ["kind", "state"]
