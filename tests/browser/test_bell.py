"""The bell without a reload, and the pages where one chooses what to be told."""

import pytest

from crm.choices import Role
from crm.models import Region
from notifications.models import Channel, Message, Preference
from notifications.outbox import enqueue
from tests import make
from tests.browser.test_officer_and_firm import too_wide, violations

pytestmark = pytest.mark.browser


@pytest.fixture
def lead(committed_db):
    return make.person("huang", Region.objects.get(code="450800"), Role.LEAD)


def tell(person, number):
    enqueue(key=f"k{number}:u{person.pk}", subject=f"第{number}条", body="文", kind="reminder", recipient_id=person.pk)


def test_the_bell_follows_without_a_reload(lead, sit_down):
    page = sit_down(lead).page
    asked = []
    page.on("request", lambda request: request.url.endswith("/messages/bell/") and asked.append(request.url))
    page.clock.install()
    page.goto("/deadlines/")
    title = page.title()
    assert page.locator(".bell .count").is_hidden()

    tell(lead, 1)
    page.clock.run_for(20_500)
    page.locator(".bell .count", has_text="1").wait_for()
    assert page.title() == f"(1) {title}"
    assert page.locator(".bellbox [role=status]").inner_text() == "1 条未读消息"
    assert len(asked) == 1

    # Unchanged: asked again, nothing moves. One question per twenty seconds, however long.
    with page.expect_response(lambda answer: answer.url.endswith("/bell/")) as answered:
        page.clock.run_for(20_500)
    assert answered.value.status == 304

    page.get_by_role("link", name="消息", exact=True).click()
    sheet = page.locator(".bellsheet")
    sheet.get_by_text("第1条").first.wait_for()
    assert violations(page) == []
    sheet.get_by_role("button", name="已读").click()
    page.locator(".bell .count").wait_for(state="hidden")
    assert Message.objects.get().read_at is not None
    assert page.title() == title
    page.keyboard.press("Escape")
    assert sheet.is_hidden()


def test_a_hidden_tab_and_a_lost_line_ask_little(lead, sit_down):
    person = sit_down(lead)
    page = person.page
    asked = []
    page.on("request", lambda request: request.url.endswith("/messages/bell/") and asked.append(request.url))
    page.clock.install()
    page.goto("/deadlines/")

    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.clock.run_for(120_000)
    assert asked == []

    person.context.set_offline(True)
    page.evaluate("Object.defineProperty(document, 'hidden', { value: false, configurable: true })")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    for _ in range(15):
        page.clock.run_for(20_000)
        page.wait_for_timeout(20)
    assert 2 <= len(asked) <= 6  # after 20, 40, 80, 160 … seconds instead of each twenty
    person.troubles.clear()  # what the browser says of a lost line

    person.context.set_offline(False)
    tell(lead, 1)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.locator(".bell .count", has_text="1").wait_for()


def test_without_the_script_the_bell_is_a_link(lead, chromium, live_server, sit_down):
    tell(lead, 1)
    state = sit_down(lead).context.storage_state()
    context = chromium.new_context(base_url=live_server.url, storage_state=state, java_script_enabled=False)
    page = context.new_page()

    page.goto("/deadlines/")
    page.get_by_role("link", name="消息", exact=True).click()

    assert page.url.endswith("/messages/")
    assert page.get_by_text("第1条").count() >= 1
    context.close()


def test_a_lead_adds_a_robot_and_chooses_what_to_be_told(lead, sit_down):
    page = sit_down(lead, width=390, height=844).page

    page.goto("/settings/channels/new/")
    assert [*too_wide(page), *violations(page)] == []
    page.select_option("[name=service]", "wecom")
    page.fill("[name=name]", "科技科工作群")
    page.fill("[name=address]", "http://qyapi.weixin.qq.com/send?key=x")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("alert").get_by_text("机器人地址须以 https:// 开头").wait_for()
    page.fill("[name=address]", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7a11-4bc4")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("渠道已保存").wait_for()
    assert [*too_wide(page), *violations(page)] == []
    assert Channel.objects.get().address == "wecombot://693a91f6-7a11-4bc4"
    assert "7a11" not in page.content()

    page.goto("/account/notifications/")
    assert [*too_wide(page), *violations(page)] == []
    page.get_by_label("期限提醒 邮件").uncheck()
    page.get_by_role("button", name="保存").click()
    page.get_by_text("通知设置已保存").wait_for()
    assert list(Preference.objects.values_list("kind", "way", "wanted")) == [("reminder", "mail", False)]
