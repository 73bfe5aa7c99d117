"""Keeps the arrays of how applications went (pipeline.selectors.courses), each night what changed since."""

from __future__ import annotations

from pipeline.models import CourseBlock
from pipeline.selectors.courses import block_marks, kept_mark, up_to_date
from pipeline.workflows import PROGRAMMES


def keep_courses() -> int:
    """Bring what is kept up to date. Returns how many blocks had changed. Killed half-way, it goes on from there."""
    return sum(_keep(programme) for programme in PROGRAMMES)


def _keep(programme: str) -> int:
    marks, own = block_marks(programme), CourseBlock.objects.filter(programme=programme)
    known = dict(own.values_list("number", "mark"))
    changed = [number for number, mark in sorted(marks.items()) if known.get(number) != mark]
    for number in changed:
        read = up_to_date(programme, number, marks[number], own.filter(number=number).first())
        values = {"mark": kept_mark(programme, read.mark), "data": read.encoded()}
        CourseBlock.objects.update_or_create(programme=programme, number=number, defaults=values)
    own.exclude(number__in=marks).delete()
    return len(changed)
