"""From what an officer pastes to an address that a message can go to: plain functions, no database.

Only encrypted ways leave the machine: a message names firms and their dates, and the address itself is a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlsplit

from apprise import Apprise
from apprise.plugins import NotifyBase
from django.utils.translation import gettext as _

from crm.errors import InvalidInput

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
ON_THIS_MACHINE = {"json", "form", "xml"}  # the unencrypted schemes, for a gateway beside the product
PHONE = "{phone}"
A_PHONE = "13800000000"
MOBILE = re.compile(r"(86)?1[3-9]\d{9}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}")
UNSAFE = re.compile(r"[?&](verify|redirect|rto|cto|method|overflow|retry|format)=", re.IGNORECASE)


def _wecom(given: str) -> str:
    return f"wecombot://{_token(given, 'key')}"


def _dingtalk(given: str, secret: str = "") -> str:
    token = _token(given, "access_token")
    return f"dingtalk://{quote(secret, safe='')}@{token}" if secret else f"dingtalk://{token}"


def _feishu(given: str) -> str:
    return f"feishu://{_token(given)}"


def _token(given: str, name: str = "") -> str:
    """The key in a webhook address: a parameter, else the last part of the path; or the bare key."""
    if "://" not in given:
        return given
    parts = urlsplit(given)
    return dict(parse_qsl(parts.query)).get(name, "") if name else parts.path.rstrip("/").rpartition("/")[2]


SERVICES: dict[str, Callable[..., str]] = {"wecom": _wecom, "dingtalk": _dingtalk, "feishu": _feishu}


def channel_address(service: str, given: str, *, secret: str = "") -> str:
    """The address of a robot or gateway, as the library reads it.

    `service` is wecom, dingtalk, feishu, other or sms. Raises InvalidInput with every reason at once.
    """
    given, secret = given.strip(), secret.strip()
    if service in SERVICES:
        reasons = _webhook_problems(service, given, secret)
        if reasons:
            raise InvalidInput(*reasons)
        return _dingtalk(given, secret) if service == "dingtalk" else SERVICES[service](given)
    address = _plain(given)
    reasons = _problems(address, needs_phone=service == "sms")
    if reasons:
        raise InvalidInput(*reasons)
    return address


def _webhook_problems(service: str, given: str, secret: str) -> list[str]:
    reasons = []
    if "://" in given and not given.startswith("https://"):
        reasons.append(_("机器人地址须以 https:// 开头；地址本身就是密钥，不加密会被他人截取"))
    if not TOKEN.fullmatch(SERVICES[service](given)[len(service_scheme(service)) :]):
        reasons.append(_("没有找到机器人密钥；请在群机器人的设置中复制完整的 Webhook 地址"))
    if secret and not TOKEN.fullmatch(secret):
        reasons.append(_("加签密钥有误；请复制以 SEC 开头的完整密钥，或留空"))
    return reasons


def service_scheme(service: str) -> str:
    return {"wecom": "wecombot://", "dingtalk": "dingtalk://", "feishu": "feishu://"}[service]


def _plain(given: str) -> str:
    """An https address becomes a JSON post to it, its parameters kept; loopback http likewise."""
    for web, scheme in (("https://", "jsons://"), ("http://", "json://")):
        if given.startswith(web):
            base, _mark, query = given[len(web) :].partition("?")
            return f"{scheme}{base}" + ("?" + "&".join(f"-{part}" for part in query.split("&")) if query else "")
    return given


def _problems(address: str, *, needs_phone: bool) -> list[str]:
    reasons = []
    if needs_phone and PHONE not in address:
        reasons.append(_("短信网关地址中须有 {phone}，发送时换成对方的手机号"))
    if UNSAFE.search(address):
        reasons.append(_("地址中不能带 verify、redirect、method 等参数：它们会关闭证书校验或改变发送方式"))
    service = service_at(address.replace(PHONE, A_PHONE))
    if service is None:
        reasons.append(_("无法识别这个地址；请填写 https:// 开头的地址，或 Apprise 格式的地址"))
    elif not is_allowed(service, address):
        reasons.append(
            _("只能使用加密的 https 地址（本机 127.0.0.1 除外）：消息含企业信息，地址本身也是密钥，明文会被截取")
        )
    return reasons


def is_allowed(service: NotifyBase, address: str) -> bool:
    """True for a way that is encrypted, or that ends on this machine."""
    scheme = address.partition("://")[0].lower()
    secure = service.secure_protocol or ()
    if scheme in ((secure,) if isinstance(secure, str) else secure):
        return True
    return scheme in ON_THIS_MACHINE and service.host in LOOPBACK


def service_at(address: str) -> NotifyBase | None:
    """The library's sender for an address; None when it knows none."""
    service = Apprise.instantiate(address)
    if service is not None:
        service.redirects = False  # they could lead out of https
        service.request_rate_per_sec = 0  # the outbox keeps the pace; a sleep here would hold up other messages
    return service


def digits(phone: str) -> str:
    return "".join(sign for sign in phone if sign.isdecimal())


def is_mobile(phone: str) -> bool:
    """True for a number that takes text messages."""
    return bool(MOBILE.fullmatch(digits(phone)))


def masked(address: str) -> str:
    """What a page may show: the kind of service and the last four characters. dingtalk://…9f3a"""
    scheme, _mark, rest = address.partition("://")
    tail = re.sub(r"[^A-Za-z0-9]", "", rest.partition("?")[0])[-4:] if len(rest) > 12 else ""
    return f"{scheme}://…{tail}"


def scrubbed(text: str, address: str) -> str:
    """Text of the library or of a server without the parts of the address: it may go into a row."""
    for part in sorted(set(re.split(r"[/?&=@:]+", address.partition("://")[2])), key=len, reverse=True):
        if len(part) >= 6 and part != PHONE:
            text = text.replace(part, "***")
    return text
