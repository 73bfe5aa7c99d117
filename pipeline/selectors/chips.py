"""Gap chips: how far firms are from a programme, in a few words, from what the last screening stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pipeline.choices import Bucket
from pipeline.models import Assessment, PolicyEdition
from pipeline.policy import Policy, policy_of
from pipeline.policy.nodes import Limit, Points
from pipeline.selectors.firms import FULL, Ladder
from pipeline.selectors.policies import NATION, region_codes
from pipeline.selectors.screening import lack_name

# The nearest first; of one that is out of reach or not known there is no chip.
NEAREST = (Bucket.MET, Bucket.READY, Bucket.LACKS_ONE, Bucket.LACKS_TWO, Bucket.LACKS_MORE)
# Of the edition: its content is read once in the life of a process.
OF_EDITION = tuple(f"edition__{name}" for name in ("programme", "code", "region_code", "effective_from", "digest"))
OF_ROW = ("firm_id", "region_path", "programme", "bucket", "lacking", "outcome")


@dataclass(frozen=True)
class GapChip:
    """How far one firm is from one programme."""

    programme: str
    bucket: str
    text: str


def gap_chips(
    firms: Iterable[int], *, programmes: Iterable[str], today: date | None = None
) -> dict[int, tuple[GapChip, ...]]:
    """The chips of these firms, nearest first, each by the edition in force for the firm. One query."""
    today = today or timezone.localdate()
    in_force = Q(edition__effective_from__lte=today)
    in_force &= Q(edition__effective_to=None) | Q(edition__effective_to__gte=today)
    rows = Assessment.objects.filter(in_force, firm__in=list(firms), programme__in=programmes, bucket__in=NEAREST)
    rows = rows.select_related("edition").only(*OF_ROW, *OF_EDITION)
    chosen: dict[tuple[int, str], tuple[Place, Assessment]] = {}
    for row in rows:
        key, place = (row.firm_id, row.programme), _place(row)
        if place is not None and (key not in chosen or place > chosen[key][0]):
            chosen[key] = place, row
    found: dict[int, list[Assessment]] = {}
    for _at, row in sorted(chosen.values(), key=lambda each: NEAREST.index(Bucket(each[1].bucket))):
        found.setdefault(row.firm_id, []).append(row)
    return {firm: tuple(_chip(row) for row in mine) for firm, mine in found.items()}


Place = tuple[int, date, str]


def _place(row: Assessment) -> Place | None:
    """How near to the firm its edition is, then how new; None for an edition of another region."""
    regions = [NATION, *reversed(region_codes(row.region_path))]
    edition: PolicyEdition = row.edition
    if edition.region_code not in regions:
        return None
    return regions.index(edition.region_code), edition.effective_from, edition.code


def _chip(row: Assessment) -> GapChip:
    lacking = row.lacking.split()
    text = str(Bucket(row.bucket).label)
    if lacking:
        text = ngettext("差 {n} 项", "差 {n} 项", len(lacking)).format(n=len(lacking))
        text = _("{gap} · {what}").format(gap=text, what=_most(row, policy_of(row.edition)))
    return GapChip(row.programme, row.bucket, text)


def _most(row: Assessment, policy: Policy) -> str:
    """What is lacking first, in the order of the conditions; of the score, the part that leaves most points unwon."""
    lacking = row.lacking.split()
    criterion = next((each for each in policy.criteria if each.code in lacking), None)
    if criterion is None:
        return lacking[0]
    body = criterion.rule.measure.body if isinstance(criterion.rule, Limit) else None
    if not isinstance(body, Points):
        return lack_name(policy, criterion.code)
    parts = [part for part in policy.parts if body.part in (None, part.code)]
    return str(max(parts, key=lambda part: part.most - row.outcome["score"][part.code][1]).label)


def foremost(chips: dict[int, tuple[GapChip, ...]], ladders: dict[int, Ladder]) -> dict[int, GapChip]:
    """For each firm the chip of the nearest programme of which it does not hold a valid title already."""
    held = {firm: {rung.programme for rung in ladder if rung.state == FULL} for firm, ladder in ladders.items()}
    left = {firm: [chip for chip in mine if chip.programme not in held.get(firm, ())] for firm, mine in chips.items()}
    return {firm: mine[0] for firm, mine in left.items() if mine}
