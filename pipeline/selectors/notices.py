"""One-time notices as they are read, and how often a second one was needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.models import Region
from pipeline.material_gate import checklist_for
from pipeline.material_kinds import REASONS
from pipeline.models import MaterialNotice


@dataclass(frozen=True)
class Line:
    """One item of a notice in the reader's language."""

    label: str
    why: tuple[str, ...]
    how: tuple[str, ...]
    note: str
    sample: str
    source: str
    verified: bool


@dataclass(frozen=True)
class Letter:
    """A notice as page, mail and Word document show it."""

    notice: MaterialNotice
    lines: tuple[Line, ...]
    law: str


def letter_of(notice: MaterialNotice) -> Letter:
    """A notice in the language of the moment. No query beside the application's edition."""
    application = notice.application
    checklist = checklist_for(application)
    law = checklist.source if checklist else ""
    return Letter(notice, tuple(_line(item) for item in notice.items), law)


def _line(item: dict[str, Any]) -> Line:
    english = get_language() == "en"
    known = [REASONS[code] for code in item["reasons"] if code in REASONS]
    label = (item["label_en"] if english else "") or item["label"]
    return Line(
        label=_("{label}（{year}）").format(label=label, year=item["year"]) if item["year"] else label,
        why=tuple(str(reason.label) for reason in known),
        how=tuple(str(reason.how) for reason in known),
        note=_("（{note}）").format(note=item["note"]) if item["note"] else "",
        sample=(item["sample_en"] if english else "") or item["sample"],
        source=item["source"],
        verified=item["verified"],
    )


@dataclass(frozen=True)
class SecondRate:
    """Of one county: how many applications were told what they lack, and how many of them were told again."""

    region: str
    applications: int
    again: int

    @property
    def ratio(self) -> float:
        return self.again / self.applications if self.applications else 0.0


def second_notice_rates(region: Region, *, year: int) -> list[SecondRate]:
    """Applications of `year` with a notice, by county, and those with a second one, the worst first. One query."""
    rows = (
        MaterialNotice.objects.filter(application__region_path__under=region.path, application__year=year)
        .values("application__region__name")
        .annotate(
            told=Count("application", distinct=True),
            again=Count("application", distinct=True, filter=Q(second=True)),
        )
        .order_by("application__region__name")
    )
    found = [SecondRate(row["application__region__name"], row["told"], row["again"]) for row in rows]
    return sorted(found, key=lambda rate: (-rate.ratio, -rate.applications))
