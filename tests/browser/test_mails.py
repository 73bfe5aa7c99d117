"""Every mail as its reader sees it: in Chinese and English, on a desk and on a phone, and as plain text.

MAIL_PICTURES=folder keeps the pictures and the texts.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from notifications.outbox import as_mail
from tests.browser.test_officer_and_firm import too_wide, violations
from tests.mail_samples import samples, template_names

pytestmark = pytest.mark.browser

WIDTHS = {1280: 900, 390: 844}
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
MARKUP = re.compile(r"<[a-zA-Z/!]|&[a-z]+;|\{\{|\{%|None|\n\n\n| \n")


@pytest.fixture
def look(chromium):
    """`look(html, width)` opens a mail alone; whatever it asks the network for is kept in `asked` and refused."""
    pages, asked = {}, []

    def show(html: str, width: int):
        if width not in pages:
            context = chromium.new_context(viewport={"width": width, "height": WIDTHS[width]})
            context.route("**/*", lambda route: (asked.append(route.request.url), route.abort()))
            pages[width] = context.new_page()
        pages[width].set_content(html, wait_until="load")
        return pages[width]

    show.asked = asked  # type: ignore[attr-defined]
    yield show
    for page in pages.values():
        page.context.close()


def keep(page, mail, name: str) -> None:
    folder = os.environ.get("MAIL_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
        (Path(folder) / f"{name.rpartition('-')[0]}.txt").write_text(f"{mail.subject}\n\n{mail.body}", "utf-8")


def first_screen(page) -> bool:
    """The sentence and what to press are seen without scrolling."""
    places = [page.locator(name).first.bounding_box() for name in (".lede", ".button")]
    return all(place and place["y"] + place["height"] <= page.viewport_size["height"] for place in places)


def missing_in_text(page, text: str) -> list[str]:
    """Links and numbers that the HTML has and the text lacks."""
    links = page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    numbers = NUMBER.findall(page.locator("body").inner_text())
    return [wanted for wanted in [*links, *numbers] if wanted not in text]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_mail_reads_well_on_desk_phone_and_as_text(committed_db, look, language):
    made = samples(language)
    assert {name.partition("-")[0] for name in made} == template_names()

    found = {}
    for name, message in made.items():
        mail = as_mail(message)
        html = str(mail.alternatives[0][0])
        for width in WIDTHS:
            page = look(html, width)
            keep(page, mail, f"{name}-{language}-{width}")
            found[name, width] = too_wide(page)
        found[name, 390] += violations(page)
        if not first_screen(page):
            found[name, 390].append("below the first screen")
        found[name, "text"] = [*MARKUP.findall(mail.body), *missing_in_text(page, f"{mail.subject}\n{mail.body}")]
        if language == "en":
            found[name, "text"] += re.findall(r"[，。：；！？]", re.sub(r"[\u4e00-\u9fff].*", "", mail.body))

    assert {place: troubles for place, troubles in found.items() if troubles} == {}
    assert look.asked == []
