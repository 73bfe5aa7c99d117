"""The demonstration's rounds, targets and entered amounts."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from config.demo.firms import SHARES
from config.demo.marks import mark
from crm.models import Region, User
from pipeline.models import Count, Indicator, Quota, Round, RoundVersion

CITY_TARGETS = {
    "tech_sme.registered": 160,
    "high_tech.first_time": 45,
    "gazelle.in_library": 14,
    "manual.major_transformations": 52,
    "manual.national_platforms": 3,
}
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
    city, now = regions["450800"], timezone.now()
    quotas = []
    for year, factor in ((today.year - 1, Decimal("0.9")), (today.year, Decimal(1))):
        for code, number in CITY_TARGETS.items():
            target = (Decimal(number) * factor).quantize(Decimal(1))
            quotas.append(_quota(indicators[code], city, year, target, now, actor))
            if code.startswith("manual."):
                continue
            shares = {region: int(target * share // 100) for region, share in SHARES.items()}
            shares["450881"] += int(target) - sum(shares.values())
            quotas += [
                _quota(indicators[code], regions[region], year, Decimal(part), now, actor)
                for region, part in shares.items()
                if part
            ]
    Quota.objects.bulk_create(quotas)
    mark(quotas)
    _make_counts(indicators, regions, today, actor, rng)


def _quota(indicator: Indicator, region: Region, year: int, target: Decimal, now, actor: User) -> Quota:
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
                    entered_by=actor,
                )
            )
    Count.objects.bulk_create(counts)
    mark(counts)
