"""The demonstration's rounds, targets and entered amounts."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from config.demo.firms import SHARES
from config.demo.marks import mark
from crm.models import Region, User
from pipeline.choices import TargetKind
from pipeline.models import Count, Indicator, PublishedTotal, QualityRule, Quota, Round, RoundVersion
from pipeline.selectors.quality import PROJECTS

CITY_TARGETS = {
    "tech_sme.registered": 160,
    "high_tech.first_time": 68,
    "gazelle.in_library": 14,
    "manual.major_transformations": 52,
    "manual.national_platforms": 3,
}
LAST_YEAR = {"high_tech.first_time": Decimal(40)}  # this year's is more ambitious: whether it is met hangs by little
STRETCHED = {"high_tech.first_time": {"stretch": Decimal(72)}}
UNDIVIDED = {"high_tech.first_time": 3}  # the counties' numbers do not add up to the city's, as happens
WINDOWS = {"tech_sme": ((6, 1), (8, 31)), "high_tech": ((5, 21), (9, 5)), "gazelle": ((6, 20), (7, 24))}


def make_rounds(years: range, city: Region, today: date) -> list[Round]:
    """One window a programme and year, as recent notices set them."""
    rounds = [
        Round(
            programme=programme,
            region=city,
            region_path=city.path,
            year=year,
            batch=1,
            opens_on=date(year, *opens),
            closes_on=date(year, *closes),
            last_on=date(year, *closes),
            notice_number=f"桂科演示〔{year}〕{number}号",
        )
        for year in years
        for number, (programme, (opens, closes)) in enumerate(WINDOWS.items(), start=1)
    ]
    rounds.append(_extended(city, today))
    Round.objects.bulk_create(rounds)
    mark(rounds)
    _announce(rounds)
    return rounds


def _extended(city: Region, today: date) -> Round:
    """A second window of this year that is open now whatever the season, and was extended by two weeks."""
    return Round(
        programme="high_tech",
        region=city,
        region_path=city.path,
        year=today.year,
        batch=2,
        opens_on=today - timedelta(days=45),
        closes_on=today + timedelta(days=77),
        extended_to=today + timedelta(days=91),
        last_on=today + timedelta(days=91),
        notice_number=f"桂科演示〔{today.year}〕8号",
    )


def _announce(rounds: list[Round]) -> None:
    """What was announced of each window: its opening and, for some, the extension."""
    versions = []
    for window in rounds:
        at = timezone.make_aware(datetime.combine(window.opens_on - timedelta(days=20), time(9, 30)))
        dates = {"opens_on": window.opens_on, "closes_on": window.closes_on, "round": window}
        first = {"last_on": window.closes_on, "notice_number": window.notice_number, "at": at}
        if window.extended_to:
            first["notice_number"] = f"桂科演示〔{window.year}〕6号"
            second = {"last_on": window.last_on, "notice_number": window.notice_number, "at": at + timedelta(days=50)}
            versions.append(
                RoundVersion(**dates, **second, number=2, change="extended", extended_to=window.extended_to)
            )
        versions.append(RoundVersion(**dates, **first, number=1, change="opened"))
    RoundVersion.objects.bulk_create(versions)


def make_targets(regions: dict[str, Region], today: date, actor: User, rng: random.Random) -> None:
    """The city's targets of this and last year, and their decomposition to counties and zones."""
    indicators = {indicator.code: indicator for indicator in Indicator.objects.all()}
    city = regions["450800"]
    quotas = []
    for year, factor in ((today.year - 1, Decimal("0.9")), (today.year, Decimal(1))):
        now = timezone.make_aware(datetime.combine(date(year, 1, 12), time(10)))  # as such plans are sent out
        for code, number in CITY_TARGETS.items():
            target = (Decimal(number) * factor).quantize(Decimal(1))
            if year < today.year:
                target = LAST_YEAR.get(code, target)
            quotas.append(_quota(indicators[code], city, year, target, now, actor, **STRETCHED.get(code, {})))
            if code.startswith("manual."):
                continue
            shares = {region: int(target * share // 100) for region, share in SHARES.items()}
            shares["450881"] += int(target) - sum(shares.values()) - UNDIVIDED.get(code, 0)
            quotas += [
                _quota(indicators[code], regions[region], year, Decimal(part), now, actor)
                for region, part in shares.items()
                if part
            ]
    quotas += _pledges(indicators["high_tech.first_time"], regions, quotas, today.year, actor)
    Quota.objects.bulk_create(quotas)
    mark(quotas)
    _publish(indicators, today, actor)
    _make_counts(indicators, regions, today, actor, rng)


def _pledges(
    indicator: Indicator, regions: dict[str, Region], quotas: list[Quota], year: int, actor: User
) -> list[Quota]:
    """What the counties themselves say they will reach: here a little less, there a little more."""
    told = {quota.region.code: quota.target for quota in quotas if quota.indicator == indicator and quota.year == year}
    at = timezone.make_aware(datetime.combine(date(year, 2, 3), time(10)))
    rows = []
    for place, code in enumerate(code for code in SHARES if code in told):
        number = max(told[code] + (-1, 0, 1)[place % 3], Decimal(0))
        rows.append(_quota(indicator, regions[code], year, number, at, actor, kind=TargetKind.PLEDGE))
    return rows


# What other cities and the whole region reported, as a bulletin would have it.
PUBLISHED = {
    "high_tech.first_time": {"450000": 830, "450100": 262, "450200": 171, "450300": 118, "450900": 41, "451000": 27},
    "tech_sme.registered": {"450000": 4310, "450100": 1620, "450200": 705, "450300": 540, "450900": 214, "451000": 96},
    "gazelle.in_library": {"450000": 196, "450100": 61, "450200": 47, "450300": 30, "450900": 9, "451000": 4},
}
NAMES = {
    "450000": "广西壮族自治区",
    "450100": "南宁市",
    "450200": "柳州市",
    "450300": "桂林市",
    "450900": "玉林市",
    "451000": "百色市",
}
QUALITY = (("A", "技术交易额（万元）", "0.002"), ("B", "转化效益（万元）", "0.0005"))


def _publish(indicators: dict[str, Indicator], today: date, actor: User) -> None:
    as_of = today.replace(day=1) - timedelta(days=1) if today.month > 1 else today
    totals = [
        PublishedTotal(
            indicator=indicators[code],
            year=today.year,
            region_code=region,
            region_name=NAMES[region],
            value=Decimal(value),
            as_of=as_of,
            source=f"桂科演示通报〔{as_of.year}〕{as_of.month}期",
            entered_by=actor,
        )
        for code, values in PUBLISHED.items()
        for region, value in values.items()
    ]
    PublishedTotal.objects.bulk_create(totals)
    rules = [
        QualityRule(
            indicator=indicators[PROJECTS],
            year=today.year - 1,  # this year's is not known yet
            amount_class=name,
            measure_label=label,
            coefficient=Decimal(coefficient),
            document=f"桂科演示〔{today.year - 1}〕5号",
            set_by=actor,
        )
        for name, label, coefficient in QUALITY
    ]
    QualityRule.objects.bulk_create(rules)
    mark(totals)
    mark(rules)


def _quota(indicator: Indicator, region: Region, year: int, target: Decimal, now, actor: User, **given) -> Quota:
    document = f"贵科演示〔{year}〕7号"
    return Quota(
        indicator=indicator,
        region=region,
        region_path=region.path,
        year=year,
        target=target,
        document=document,
        set_at=now,
        set_by=actor,
        **given,
    )


def _make_counts(
    indicators: dict[str, Indicator], regions: dict[str, Region], today: date, actor: User, rng: random.Random
) -> None:
    """Entered amounts spread over the days of the year so far."""
    first = date(today.year, 1, 1)
    days = max((today - first).days, 1)
    counts = []
    for code, whole_year in (("manual.major_transformations", 60), ("manual.national_platforms", 4)):
        for number in range(round(whole_year * days / 365)):
            on = first + timedelta(days=rng.randrange(days))
            region = regions[rng.choice(list(SHARES))]
            evidence = f"桂科演示验〔{on.year}〕{number + 1}号"
            counts.append(
                Count(
                    indicator=indicators[code],
                    region=region,
                    region_path=region.path,
                    on=on,
                    value=Decimal(1),
                    evidence=evidence,
                    verified=number % 6 != 5,
                    amount_class="AB"[number % 2] if code == PROJECTS else "",
                    measure=Decimal(rng.randint(200, 90_000)) / 10 if code == PROJECTS else None,
                    entered_by=actor,
                )
            )
    Count.objects.bulk_create(counts)
    mark(counts)
