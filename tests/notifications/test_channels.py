"""The page of channels: who may, what is refused, what history keeps, and the test."""

import pytest

from crm.errors import InvalidInput, NotAllowed
from crm.models import ChangeRecord
from notifications.channels import save_channel, switch_channel
from notifications.models import Channel, Message
from notifications.outbox import enqueue
from tests import make
from tests.notifications.sinks import http_sink
from tests.processes import free_port

SECRET = "k5f0c2a9e77d41b8"


def given(region, **changes):
    fields = {"name": "科技科工作群", "region": region, "service": "feishu", "address": SECRET, "kinds": ["reminder"]}
    return fields | changes


def test_a_lead_adds_a_channel_and_history_does_not_know_the_address(lead, city):
    made = save_channel(actor=lead, **given(city))
    save_channel(actor=lead, channel=made, **given(city, name="新群名", address="another-key-99"))

    assert list(Channel.objects.values_list("name", "kind", "address")) == [
        ("新群名", "robot", "feishu://another-key-99")
    ]
    assert list(ChangeRecord.objects.order_by("pk").values_list("field", "old", "new")) == [
        ("address", "", "（已更换，不显示）"),
        ("name", "科技科工作群", "新群名"),
        ("address", "（不显示）", "（已更换，不显示）"),
    ]


def test_an_empty_address_keeps_the_one_it_has(lead, city):
    made = save_channel(actor=lead, **given(city))

    save_channel(actor=lead, channel=made, **given(city, address="", kinds=["reminder", "stage"]))

    row = Channel.objects.get()
    assert (row.address, row.kinds) == (f"feishu://{SECRET}", ["stage", "reminder"])


def test_every_reason_is_said_at_once_and_nothing_is_kept(lead, city):
    with pytest.raises(InvalidInput) as refused:
        save_channel(actor=lead, **given(city, name=" ", kinds=[], service="other", address="http://x.example.cn/"))

    assert [reason[:8] for reason in refused.value.reasons] == [
        "请填写名称，例如",
        "请至少选择一类要",
        "只能使用加密的 ",
    ]
    assert not Channel.objects.exists()


def test_a_name_is_taken_once_per_region(lead, city, county):
    save_channel(actor=lead, **given(city))
    save_channel(actor=lead, **given(county))
    with pytest.raises(InvalidInput):
        save_channel(actor=lead, **given(city))

    assert Channel.objects.count() == 2


def test_officers_and_people_of_other_regions_may_not(officer, other_county, lead, city):
    with pytest.raises(NotAllowed):
        save_channel(actor=officer, **given(city))
    county_admin = make.person("county_admin", other_county, "admin")
    made = save_channel(actor=lead, **given(city))
    with pytest.raises(NotAllowed):
        save_channel(actor=county_admin, channel=made, **given(other_county))

    assert make.logged_in(officer).get("/settings/channels/").status_code == 404
    assert make.logged_in(county_admin).get(f"/settings/channels/{made.pk}/").status_code == 404


def test_switching_off_recalls_what_waits(lead, city):
    made = save_channel(actor=lead, **given(city))
    enqueue(key="k", subject="题", body="文", kind="reminder", channel=made, state="queued")

    for _ in range(2):
        switch_channel(made, on=False, actor=lead)

    assert (Message.objects.get().state, Channel.objects.get().active) == ("recalled", False)
    assert list(ChangeRecord.objects.filter(field="active").values_list("old", "new")) == [("True", "False")]


def test_the_page_adds_shows_and_tests_without_showing_the_address(admin, city, settings):
    client = make.logged_in(admin)
    with http_sink() as sink:
        form = {"service": "other", "name": "办公群", "region": city.code, "kinds": ["reminder"]}
        client.post("/settings/channels/new/", form | {"address": sink.address(SECRET)})
        row = Channel.objects.get()
        good = client.post(f"/settings/channels/{row.pk}/test/", follow=True).content.decode()
        sink.status = 500
        bad = client.post(f"/settings/channels/{row.pk}/test/", follow=True).content.decode()
    page = client.get(f"/settings/channels/{row.pk}/").content.decode()

    assert sink.texts() == ["育企 Cultivar 测试消息：办公群 已接通。"] * 2
    assert "“办公群”已接收测试消息" in good
    assert "“办公群”没有接收测试消息：HTTP 500" in bad
    assert SECRET not in good + bad + page
    assert "json://…41b8" in page
    row.refresh_from_db()
    assert (row.failures, row.error) == (1, "HTTP 500")


def test_a_refused_form_keeps_what_was_typed_but_adds_nothing(admin, city):
    form = {"service": "sms", "name": "短信", "region": city.code, "address": "https://sms.example.cn/send"}

    page = make.logged_in(admin).post("/settings/channels/new/", form)

    assert (page.status_code, Channel.objects.count()) == (409, 0)
    assert "短信网关地址中须有 {phone}" in page.content.decode()


def test_nobody_at_the_address_is_said(lead, city):
    made = save_channel(actor=lead, **given(city, service="other", address=f"http://127.0.0.1:{free_port()}/{SECRET}"))

    page = make.logged_in(lead).post(f"/settings/channels/{made.pk}/test/", follow=True).content.decode()

    assert "没有接收测试消息：ConnectionError" in page
    assert SECRET not in page


def test_the_list_costs_the_same_for_any_number(lead, city, django_assert_num_queries):
    client = make.logged_in(lead)
    client.get("/settings/channels/")
    counts = []
    for number in range(3):
        save_channel(actor=lead, **given(city, name=f"群{number}"))
        if number in (0, 2):
            with django_assert_num_queries(6):
                counts.append(client.get("/settings/channels/").content.count(b"<li"))

    assert counts[1] > counts[0]
