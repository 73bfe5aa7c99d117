"""Met, not met, or cannot tell: thresholds on ranges, and Kleene's logic of three answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from pipeline.rules.ranges import Number, Range


class Verdict(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


MET, NOT_MET, UNKNOWN = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN


def stated(claim: bool | None) -> Verdict:
    """The verdict of a claim that is true, false or not known."""
    if claim is None:
        return UNKNOWN
    return MET if claim else NOT_MET


def negation(verdict: Verdict) -> Verdict:
    return {MET: NOT_MET, NOT_MET: MET}.get(verdict, UNKNOWN)


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Not met as soon as one is not met, whatever is unknown; met when every one is met, also when there is none."""
    worst = MET
    for verdict in verdicts:
        if verdict is NOT_MET:
            return NOT_MET
        if verdict is UNKNOWN:
            worst = UNKNOWN
    return worst


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Met as soon as one is met, whatever is unknown; not met when every one is not met, also when there is none."""
    best = NOT_MET
    for verdict in verdicts:
        if verdict is MET:
            return MET
        if verdict is UNKNOWN:
            best = UNKNOWN
    return best


def agreed(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that holds in every case that is still possible; unknown when the cases differ."""
    found = set(verdicts)
    return found.pop() if len(found) == 1 else UNKNOWN


def at_least(value: Range, bound: Number) -> Verdict:
    if value.low is not None and value.low >= bound:
        return MET
    return NOT_MET if value.high is not None and value.high < bound else UNKNOWN


def more_than(value: Range, bound: Number) -> Verdict:
    if value.low is not None and value.low > bound:
        return MET
    return NOT_MET if value.high is not None and value.high <= bound else UNKNOWN


def at_most(value: Range, bound: Number) -> Verdict:
    return negation(more_than(value, bound))


def less_than(value: Range, bound: Number) -> Verdict:
    return negation(at_least(value, bound))


Threshold = Callable[[Range, Number], Verdict]
THRESHOLDS: dict[str, Threshold] = {
    "at_least": at_least,
    "more_than": more_than,
    "at_most": at_most,
    "less_than": less_than,
}


@dataclass(frozen=True)
class Tier:
    """One step of a ladder of thresholds: it holds up to `upper` and begins where the step before it ends.

    `upper` None has no end. A `bound` of None means that the text gives no threshold for this step: unknown.
    """

    bound: Number | None
    upper: Number | None = None
    upper_included: bool = True


@dataclass(frozen=True)
class Ladder:
    """Tiers from the lowest to the highest, and where the lowest begins; None has no beginning."""

    tiers: tuple[Tier, ...]
    start: Number | None = None
    start_included: bool = True

    def possible(self, value: Range) -> list[Tier | None]:
        """The tiers that the value may fall into; None among them when it may lie outside of the ladder."""
        found: list[Tier | None] = []
        start, included = self.start, self.start_included
        if start is not None and not _reaches(value, start, included):
            return [None]
        if start is not None and _begins_before(value, start, not included):
            found.append(None)
        for tier in self.tiers:
            above = start is None or _reaches(value, start, included)
            if above and _begins_before(value, tier.upper, tier.upper_included):
                found.append(tier)
            start, included = tier.upper, not tier.upper_included
            if start is None:
                return found
        if _reaches(value, start, included):  # type: ignore[arg-type]
            found.append(None)
        return found


def _reaches(value: Range, lower: Number, included: bool) -> bool:
    """True when some possible value lies above the lower end."""
    return value.high is None or (value.high >= lower if included else value.high > lower)


def _begins_before(value: Range, upper: Number | None, included: bool) -> bool:
    """True when some possible value lies below the upper end."""
    if upper is None or value.low is None:
        return True
    return value.low <= upper if included else value.low < upper


def by_tier(rule: Threshold, value: Range, tiers: Iterable[Tier | None]) -> Verdict:
    """The verdict against the threshold of the tier, where the tier itself may not be certain.

    Outside of every tier the condition is not met.
    """
    return agreed(_against(rule, value, tier) for tier in tiers)


def _against(rule: Threshold, value: Range, tier: Tier | None) -> Verdict:
    if tier is None:
        return NOT_MET
    return UNKNOWN if tier.bound is None else rule(value, tier.bound)
