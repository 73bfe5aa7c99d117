"""Tags of the demonstration city, what officers call some of its firms among themselves, and an export of some."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from config.demo.marks import mark
from crm.models import Export, Firm, FirmTag, Region, Tag, User

SHARES = {"重点培育": 0.12, "上市后备": 0.03, "外地总部": 0.05, "两新项目": 0.08}


def make_tags(firms: Sequence[Firm], city: Region, officer: User, *, seed: int) -> None:
    """The city's tags, on a share of the firms each. Its own chance, so that it moves no other part of the city."""
    rng = random.Random(seed)
    tags = [Tag(name=name, region=city, region_path=city.path, made_by=officer) for name in SHARES]
    Tag.objects.bulk_create(tags)
    mark(tags)
    rows = [
        FirmTag(firm=firm, tag=tag, by=officer)
        for tag in tags
        for firm in rng.sample(firms, round(len(firms) * SHARES[tag.name]))
    ]
    FirmTag.objects.bulk_create(rows, batch_size=2000)


def make_export(firms: Sequence[Firm], city: Region, officer: User, today: date) -> None:
    """One export of last month: its file is gone, the line that it was made stays."""
    made = timezone.make_aware(datetime.combine(today - timedelta(days=30), time(9, 40)))
    export = Export.objects.create(
        kind="firms",
        owner=officer,
        region=city,
        region_path=city.path,
        reason="报送市统计局核对企业名录",
        rows=len(firms),
        ready_at=made + timedelta(minutes=1),
        expires_at=made + timedelta(days=7),
    )
    Export.objects.filter(pk=export.pk).update(asked_at=made)
