"""A real Chromium on the live server, with the four people of the tests."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, Page, sync_playwright

from crm.models import User

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--font-render-hinting=none",
    "--lang=zh-CN",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"NO CHROMIUM AT {CHROMIUM}: THE BROWSER TESTS DID NOT RUN")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Person:
    """Somebody in front of a browser of their own."""

    def __init__(self, chromium: Browser, base: str, user: User, *, width: int = 1440, height: int = 900) -> None:
        self.context = chromium.new_context(
            locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": width, "height": height}, base_url=base
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._console)
        self.page.goto("/accounts/login/")
        self.page.fill("[name=login]", user.username)
        self.page.fill("[name=password]", "pw")
        self.page.click("main button.primary")
        self.page.wait_for_url(lambda url: "/accounts/" not in url)

    def _console(self, message) -> None:
        # A refusal answers 409 on purpose; Chromium reports every such answer.
        if message.type == "error" and "409" not in message.text:
            self.troubles.append(message.text)

    def close(self) -> None:
        self.context.close()


class UnderWay:
    """How many requests the server is answering: parts of a page are still being fetched when a test ends."""

    def __init__(self) -> None:
        self.number = 0
        self.changed = threading.Condition()

    def begun(self, **_signal: object) -> None:
        self._count(1)

    def ended(self, **_signal: object) -> None:
        self._count(-1)

    def _count(self, more: int) -> None:
        with self.changed:
            self.number += more
            self.changed.notify_all()

    def wait(self) -> None:
        """Until all are answered: the tables are emptied next, and a request that reads them would lock them."""
        time.sleep(0.05)  # what has been sent may not have begun
        with self.changed:
            self.changed.wait_for(lambda: self.number <= 0, timeout=10)


@pytest.fixture
def under_way() -> Iterator[UnderWay]:
    requests = UnderWay()
    request_started.connect(requests.begun)
    request_finished.connect(requests.ended)
    yield requests
    request_started.disconnect(requests.begun)
    request_finished.disconnect(requests.ended)


@pytest.fixture
def sit_down(chromium, live_server, committed_db, settings, under_way) -> Iterator:
    """`sit_down(user)` logs somebody in; at the end nobody may have met an error in the page."""
    settings.EMAIL_BACKEND = "notifications.backends.MailboxBackend"
    settings.MESSAGE_UNDO_SECONDS = 0
    seated: list[Person] = []

    def sit(user: User, **size: int) -> Person:
        seated.append(Person(chromium, live_server.url, user, **size))
        return seated[-1]

    yield sit
    troubles = [trouble for person in seated for trouble in person.troubles]
    for person in seated:
        person.close()
    under_way.wait()
    assert troubles == []
