"""What an edition says of facts that somebody hands in (ARCHITECTURE §5): for the command, the API and the pages."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import InvalidInput
from crm.models import Region
from pipeline.assessment import Assessment, Reader, assess
from pipeline.assessment.reading import FIRST_YEAR
from pipeline.policy import Policy
from pipeline.policy.words import listed
from pipeline.selectors.policies import known_policies, policy_for, region_codes
from pipeline.workflows import PROGRAMMES

KEYS = frozenset({"programme", "edition", "region", "on", "facts"})
REGION = re.compile(r"[0-9A-Za-z_.-]{1,20}", re.ASCII)
DIVISION = re.compile(r"\d{6}", re.ASCII)  # GB/T 2260: two digits each for province, city, county


def preview(document: Any) -> Assessment:
    """The assessment that a document asks for, with the cheapest paths. Stores nothing.

    Raises InvalidFacts with every wrong field at once, by its path: `region`, `facts.years.2025.sales_cny`.
    """
    if not isinstance(document, dict):
        raise InvalidInput(_("内容应为一个 JSON 对象"))
    reader = Reader()
    given = reader.mapping(document, "", KEYS)
    on = _day(reader, given.get("on"))
    programme = _programme(reader, given.get("programme"))
    regions = _regions(reader, given.get("region"))
    policy = _policy(reader, programme, given.get("edition"), regions, on)
    reader.allow_flags_of([policy] if policy else known_policies(programme))
    facts = reader.facts(given.get("facts"), "facts")
    reader.finish()
    assert policy is not None  # else something was wrong
    return assess(policy, facts, on, paths=True)


def home_region() -> Region | None:
    """The region that is meant when none is named: the bureau's own city."""
    return Region.objects.filter(kind="city").order_by("path").first() or Region.objects.order_by("path").first()


def regions_upwards(code: str) -> list[str]:
    """The codes of a region and of all above it, nearest first; empty for one that nobody knows.

    A region stands in the tree, or some edition is made for it or for a division above it.
    """
    if not REGION.fullmatch(code):
        return []
    if region := Region.objects.filter(code=code).first():
        return region_codes(region.path)
    chain = [code]
    if DIVISION.match(code):
        chain += [division for division in (code[:6], f"{code[:4]}00", f"{code[:2]}0000") if division != code]
    known = {policy.region for programme in PROGRAMMES for policy in known_policies(programme)}
    return list(dict.fromkeys(chain)) if known & set(chain) else []


def _day(reader: Reader, raw: Any) -> date:
    today = timezone.localdate()
    found = reader.day(raw, "on") or today
    if found.year < FIRST_YEAR:
        reader.complain("on", _("日期不能早于 {year} 年").format(year=FIRST_YEAR))
        return today
    return found


def _programme(reader: Reader, raw: Any) -> str:
    if isinstance(raw, str) and raw in PROGRAMMES:
        return raw
    known = listed(PROGRAMMES)
    if raw is None:
        reader.complain("programme", _("请写明计划，应为其中之一：{known}").format(known=known))
    else:
        reader.complain(
            "programme", _("没有计划“{value}”；应为其中之一：{known}").format(value=_shown(raw), known=known)
        )
    return ""


def _regions(reader: Reader, raw: Any) -> list[str]:
    if raw is None or raw == "":
        home = home_region()
        return region_codes(home.path) if home else []
    found = regions_upwards(raw) if isinstance(raw, str) else []
    if not found:
        text = _("没有代码为“{value}”的区划；请写区划代码，如 450800，或某个政策版本的区划")
        reader.complain("region", text.format(value=_shown(raw)))
    return found


def _policy(reader: Reader, programme: str, edition: Any, regions: list[str], on: date) -> Policy | None:
    """The edition that is named, or the one in force; None where that, or what it depends on, is wrong."""
    if not programme:
        return None
    named = None if edition is None or edition == "" else _shown(edition)
    if not named and {"region", "on"} & reader.wrong.keys():
        return None
    found = policy_for(programme, edition=named, regions=regions, on=on)
    if found is None:
        known = listed(sorted(policy.edition for policy in known_policies(programme)))
        label = PROGRAMMES[programme].short_label
        text = (
            _("{label}没有版本“{value}”；现有：{known}")
            if named
            else _("{label}在 {day} 没有施行的版本；请写明版本，现有：{known}")
        )
        reader.complain("edition", text.format(label=label, value=named, day=on.isoformat(), known=known))
    return found


def _shown(raw: Any) -> str:
    return str(raw)[:40]
