"""The same facts before two editions: does the verdict flip, and by which conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from pipeline.assessment.buckets import bucket_of
from pipeline.assessment.case import Case
from pipeline.assessment.document import Assessment, Line, assess
from pipeline.assessment.facts import Facts
from pipeline.assessment.judging import case_for
from pipeline.choices import Bucket
from pipeline.policy.nodes import Policy
from pipeline.rules import MET


class Reason(NamedTuple):
    """A condition whose verdict differs: its code, and what each edition says of it; "" where it is not in one."""

    code: str
    before: str
    after: str
    actual: str | None
    old_threshold: str | None
    new_threshold: str | None


@dataclass(frozen=True)
class Trial:
    """One firm before the old and the new edition: its buckets; the whole documents only for those who look."""

    cases: tuple[Case, Case]
    buckets: tuple[Bucket, Bucket]

    @property
    def flips(self) -> bool:
        """A verdict never differs without the bucket."""
        return self.buckets[0] != self.buckets[1]

    @cached_property
    def documents(self) -> tuple[Assessment, Assessment]:
        before, after = (assess(case.policy, case.facts, case.on) for case in self.cases)
        return before, after

    @property
    def reasons(self) -> list[Reason]:
        """The conditions that made the difference, in the new edition's order, dropped ones last."""
        return list(_reasons(*self.documents))


def compare(old: Policy, new: Policy, facts: Facts, on: date) -> Trial:
    """Judge the same facts by two editions on the same day, whether in force then or not."""
    before, after = case_for(old, facts, on), case_for(new, facts, on)
    return Trial((before, after), (bucket_of(before), bucket_of(after)))


def _reasons(before: Assessment, after: Assessment) -> Iterator[Reason]:
    was, now = ({line.code: line for line in document.criteria} for document in (before, after))
    for code in [*now, *(code for code in was if code not in now)]:
        old, new = was.get(code), now.get(code)
        if _verdict(old) != _verdict(new):
            seen = new or old
            yield Reason(
                code,
                old.verdict if old else "",
                new.verdict if new else "",
                seen and seen.actual,
                old and old.threshold,
                new and new.threshold,
            )


def _verdict(line: Line | None) -> str:
    """A condition that an edition does not make is as good as met."""
    return line.verdict if line else MET.value
