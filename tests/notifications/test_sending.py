"""Robots and text messages against a web server on this machine: row first, lease, send, settle."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from crm.errors import InvalidInput
from crm.models import User
from notifications.addresses import channel_address, masked
from notifications.models import Channel, Delivery, Message
from notifications.outbox import deliver_messages, enqueue
from tests.notifications.sinks import http_sink
from tests.processes import free_port


@pytest.fixture
def sink():
    with http_sink() as one:
        yield one


def channel(city, address, **given):
    fields = {"name": "办公群", "kind": "robot", "kinds": ["reminder"], "changed_at": timezone.now()}
    return Channel.objects.create(region=city, region_path=city.path, address=address, **fields | given)


def queued(to_channel, key="k1", **given):
    fields = {"subject": "【今天截止】高企 补正期限", "body": "文", "kind": "reminder", "link": "/deadlines/"}
    enqueue(key=key, channel=to_channel, state="queued", **fields | given)


def row(key="k1"):
    return Message.objects.get(key=key)


def test_a_robot_is_told_once_what_and_where(sink, city):
    robot = channel(city, sink.address())
    queued(robot)

    first, second = deliver_messages(), deliver_messages()

    assert (first.sent, second.sent) == (1, 0)
    assert sink.texts() == ["【今天截止】高企 补正期限\nhttp://127.0.0.1:8000/deadlines/"]
    assert (row().state, row().attempts) == ("sent", 1)
    robot.refresh_from_db()
    assert (robot.failures, robot.error, robot.last_ok_at is not None) == (0, "", True)


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [(500, {}, "HTTP 500"), (302, {}, "HTTP 302"), (200, {"errcode": 93000, "errmsg": "invalid"}, "93000 invalid")],
)
def test_a_refusal_waits_and_fails_in_the_end(sink, city, status, answer, said, settings):
    settings.MESSAGE_MAX_ATTEMPTS = 2
    sink.status, sink.answer = status, answer
    robot = channel(city, sink.address())
    queued(robot)

    deliver_messages()
    assert (row().state, said in row().error) == ("queued", True)
    Message.objects.update(send_after=timezone.now())
    deliver_messages()

    assert (row().state, len(sink.got)) == ("failed", 2)
    robot.refresh_from_db()
    assert (robot.failures, robot.error, robot.last_ok_at) == (2, said, None)
    assert list(Delivery.objects.values_list("outcome", flat=True)) == ["queued", "failed"]


def test_silence_is_unconfirmed_and_the_rest_waits(sink, city, monkeypatch):
    monkeypatch.setattr("apprise.url.URLBase.socket_read_timeout", 0.3)
    sink.pause = 1
    robot = channel(city, sink.address())
    queued(robot)
    queued(robot, "k2")

    delivered = deliver_messages()

    assert (row().state, row("k2").state, len(sink.got)) == ("unconfirmed", "queued", 1)
    assert (delivered.unknown, delivered.later) == (1, 1)


def test_a_dead_channel_delays_neither_mail_nor_another(sink, city):
    dead = channel(city, f"json://127.0.0.1:{free_port()}/gone-key-9876")
    alive = channel(city, sink.address(), name="另一个群")
    for number in range(3):
        queued(dead, f"dead{number}")
    queued(alive, "alive")
    enqueue(key="mail", to="a@example.cn", subject="题", body="文", kind="stage")

    delivered = deliver_messages()

    assert (delivered.sent, delivered.later, delivered.unknown) == (2, 3, 0)
    assert set(Message.objects.filter(channel=dead).values_list("state", flat=True)) == {"queued"}
    assert Message.objects.filter(channel=dead, send_after__gt=timezone.now() + timedelta(seconds=30)).count() == 3
    assert (row("alive").state, row("mail").state) == ("sent", "sent")


def test_a_slow_channel_leaves_the_rest_for_the_next_run(sink, city, settings):
    settings.CHANNEL_SECONDS = 0.2
    sink.pause = 0.3
    slow = channel(city, sink.address())
    for number in range(3):
        queued(slow, f"k{number}")

    delivered = deliver_messages()

    assert (delivered.sent, delivered.later, delivered.unknown) == (1, 2, 0)
    assert list(Message.objects.order_by("key").values_list("state", flat=True)) == ["sent", "queued", "queued"]


def test_a_channel_that_is_switched_off_sends_nothing(sink, city):
    queued(channel(city, sink.address(), active=False))

    deliver_messages()

    assert (sink.got, row().state) == ([], "queued")


def test_a_text_message_goes_to_the_number_of_its_reader(sink, city, officer):
    User.objects.filter(pk=officer.pk).update(phone="138 0000-1111")
    gateway = channel(city, sink.address("send/{phone}"), kind="sms")
    queued(gateway, recipient=officer)

    deliver_messages()

    assert [path for path, _body in sink.got] == ["/send/13800001111"]


def test_the_address_is_in_no_row_and_no_log(sink, city, caplog):
    caplog.set_level(logging.DEBUG)
    sink.status, sink.answer = 400, {}
    secret = "k5f0c2a9e77d41b8"
    robot = channel(city, sink.address(secret))
    queued(robot)
    deliver_messages()
    Channel.objects.update(address=f"json://127.0.0.1:{free_port()}/{secret}")
    Message.objects.update(send_after=timezone.now())
    deliver_messages()

    rows = [*Message.objects.values_list("error", flat=True), *Delivery.objects.values_list("detail", flat=True)]
    rows += Channel.objects.values_list("error", flat=True)
    assert secret not in "".join(rows)
    assert secret not in caplog.text


@pytest.mark.parametrize(
    ("service", "given", "secret", "address"),
    [
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7a11", "", "wecombot://693a91f6-7a11"),
        ("wecom", " 693a91f6-7a11 ", "", "wecombot://693a91f6-7a11"),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=abc123def456", "", "dingtalk://abc123def456"),
        ("dingtalk", "abc123def456", "SEC00112233", "dingtalk://SEC00112233@abc123def456"),
        ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/xxxx-yyyy", "", "feishu://xxxx-yyyy"),
        ("other", "https://gw.example.cn/send?app=7", "", "jsons://gw.example.cn/send?-app=7"),
        ("other", "jsons://gw.example.cn/a", "", "jsons://gw.example.cn/a"),
        ("other", "http://127.0.0.1:9000/a", "", "json://127.0.0.1:9000/a"),
        ("sms", "https://sms.example.cn/{phone}", "", "jsons://sms.example.cn/{phone}"),
    ],
)
def test_what_is_pasted_becomes_an_address(service, given, secret, address):
    assert channel_address(service, given, secret=secret) == address


@pytest.mark.parametrize(
    ("service", "given", "reasons"),
    [
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send", ["没有找到机器人密钥"]),
        ("wecom", "http://qyapi.weixin.qq.com/send?key=693a91f6-7a11", ["机器人地址须以 https:// 开头"]),
        ("other", "http://gw.example.cn/send", ["只能使用加密的 https 地址"]),
        ("other", "json://10.0.0.8/send", ["只能使用加密的 https 地址"]),
        ("other", "syslog://", ["只能使用加密的 https 地址"]),
        ("other", "ftp://x", ["无法识别这个地址"]),
        ("other", "jsons://gw.example.cn/?verify=no", ["地址中不能带 verify"]),
        ("sms", "http://sms.example.cn/send", ["短信网关地址中须有 {phone}", "只能使用加密的 https 地址"]),
    ],
)
def test_a_bad_address_is_refused_with_every_reason(service, given, reasons):
    with pytest.raises(InvalidInput) as refused:
        channel_address(service, given)

    assert [said[: len(reason)] for said, reason in zip(refused.value.reasons, reasons, strict=True)] == reasons


def test_a_page_shows_the_kind_of_an_address_and_its_end():
    assert masked("dingtalk://SEC00112233@abc123def9f3a") == "dingtalk://…9f3a"
    assert masked("json://x") == "json://…"
