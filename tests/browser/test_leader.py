"""The leader's road: from the mail's link to the gap, to a firm, a what-if, the way back, and one sheet of paper."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone

from crm.choices import Role
from crm.models import Region
from notifications.digests import send_period
from notifications.outbox import deliver_messages
from pipeline.models import Deadline, Forecast, Indicator
from pipeline.services.metrics import compile_metrics
from pipeline.services.targets import set_quota
from pipeline.workdays import iso_week
from tests import make
from tests.browser.test_officer_and_firm import too_wide, violations
from tests.pipeline import world
from tests.pipeline.test_push_list import due, forecast_of
from tests.pipeline.test_pushing import numbers_of

pytestmark = pytest.mark.browser

CHANCES = (0.3, 0.5, 0.2)
PAGE = re.compile(rb"/Type\s*/Page\b")
PAGES = ["/targets/", "/targets/brief/", "/targets/forecast/", "/targets/whatif/", "/targets/push/"]


@pytest.fixture
def told(committed_db):
    """Two firms of 平南 and one of 桂平 in the formal check, targets of city and county, and their forecasts."""
    city, county, other = (Region.objects.get(code=code) for code in ("450800", "450821", "450881"))
    today, first_time = timezone.localdate(), Indicator.objects.get(code="high_tech.first_time")
    lead = make.person("lead", city, Role.LEAD)
    people = make.person("leader", city, Role.LEADER), make.person("officer", county, Role.OFFICER)
    for region, target in ((city, 3), (county, 2)):
        set_quota(first_time, region, today.year, target=Decimal(target), document="贵科7号", actor=lead)
    places = {"平南智造科技有限公司": county, "平南宏远机电有限公司": county, "桂平新材料有限公司": other}
    firms = [world.at(make.firm(name, place), "formal") for name, place in places.items()]
    compile_metrics()
    Deadline.objects.all().delete()
    Forecast.objects.all().delete()
    due(firms[0], min(today + timedelta(days=4), date(today.year, 12, 31)))
    listed = list(zip(firms, CHANCES, strict=True))
    for region, own, target in ((city, listed, 3), (county, listed[:2], 2)):
        row = forecast_of(region, own, target=target, masses=numbers_of([chance for _firm, chance in own]))
        row.data |= {"moved": {}, "starts": [[1, 0.5], [3, 0.2]], "classes": [0, 2, len(own) - 2]}
        row.as_of, row.probability, row.expected, row.low, row.high = today, Decimal("0.03"), Decimal(1), 0, 2
        row.save()
    send_period(iso_week(today), today=today)
    return people


def sheets(page):
    """How many sheets of A4 the page takes on paper."""
    return len(PAGE.findall(page.pdf(prefer_css_page_size=True)))


def test_a_leader_goes_from_the_mail_to_a_firm_tries_a_what_if_and_prints_one_sheet(told, sit_down):
    leader, _officer = told
    page = sit_down(leader).page
    deliver_messages()

    # The mail in the mailbox: the number, three names, one ask, and the workbook.
    page.goto("/mailbox/")
    page.get_by_role("link", name="【缺口 3】高新技术企业首次认定 0/3，完成概率 3 %").click()
    mail = page.frame_locator("iframe.mail")
    mail.get_by_text("请本周过问这 3 家").wait_for()
    assert mail.locator("ol").first.locator("li").count() == 3
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(r"缺口-贵港市-.*\.xlsx")).click()
    assert download.value.suggested_filename.endswith(".xlsx")

    # Its link opens the targets page at the same target.
    link = mail.get_by_role("link", name="查看目标").get_attribute("href")
    page.goto(link.removeprefix(settings.SITE_URL))
    sentence = "高新技术企业首次认定：目标 3，已认定 0，预计 1（0–2），完成概率 3 %，还差 3 家"
    assert page.locator(".headline").inner_text() == sentence
    assert page.locator("figcaption").first.inner_text() == "高新技术企业首次认定年底预计 1，离目标还差 2 家"
    assert (violations(page), too_wide(page), sheets(page)) == ([], [], 1)

    # From the county's gap to the firm.
    page.get_by_text("企业，按作用排序").click()
    page.get_by_role("link", name="平南智造科技有限公司").click()
    page.get_by_role("link", name="平南智造科技有限公司").first.click()
    page.wait_for_url(re.compile(r"/firms/"))
    assert "平南智造科技有限公司" in page.locator("h1").inner_text()

    # What if, and how many must still begin.
    page.goto(link.removeprefix(settings.SITE_URL))
    page.get_by_role("link", name="推演这项目标").click()
    result = page.locator("#result")
    assert "还需" in result.inner_text()
    before = result.locator("tbody tr").nth(1).inner_text()
    page.locator("input[name=pass]").first.check()
    page.wait_for_url(re.compile(r"pass="))
    page.wait_for_function(
        "before => document.querySelectorAll('#result tbody tr')[1].innerText !== before", arg=before
    )
    assert re.search(r"还需 \d+ 家在 .+ 前启动", result.inner_text())

    # The one-pager, on a phone and on paper.
    page.goto("/targets/")
    page.get_by_text("更多").click()
    page.get_by_role("link", name="一页纸").click()
    assert page.locator(".brief > .card").count() == 1
    assert page.locator(".brief .ask").inner_text().startswith("请本周过问这 3 家")
    assert sheets(page) == 1
    page.set_viewport_size({"width": 390, "height": 844})
    assert (violations(page), too_wide(page)) == ([], [])


def test_the_targets_of_a_whole_city_print_on_one_sheet_and_read_on_a_phone(committed_db, sit_down):
    city, year = Region.objects.get(code="450800"), timezone.localdate().year
    lead = make.person("lead", city, Role.LEAD)
    codes = [
        "tech_sme.registered",
        "high_tech.first_time",
        "gazelle.in_library",
        "manual.major_transformations",
        "manual.national_platforms",
    ]
    for place, code in enumerate(codes):
        counties = Region.objects.filter(parent=city) if place < 3 else []
        for region in (city, *counties):
            indicator = Indicator.objects.get(code=code)
            set_quota(indicator, region, year, target=Decimal(9), stretch=Decimal(10), document="贵科7号", actor=lead)
    compile_metrics()
    page = sit_down(lead).page

    page.goto("/targets/?indicator=high_tech.first_time")

    assert page.locator(".counties").count() == 3
    assert sheets(page) == 1
    page.set_viewport_size({"width": 390, "height": 844})
    assert (violations(page), too_wide(page)) == ([], [])
    inside = "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth).length"
    assert page.locator(".scroll:has(> .tight)").evaluate_all(inside) == 0


def test_a_county_officer_sees_the_county_alone_on_all_these_pages(told, sit_down):
    _leader, officer = told
    page = sit_down(officer).page

    for path in PAGES:
        page.goto(path)
        text = page.locator("main").inner_text()
        assert "平南" in text
        assert "桂平新材料" not in text
        assert page.request.get(f"{path}?region=450800").status == 404
    assert page.request.get("/targets/high_tech.first_time/firms/?at=450881").status == 404
