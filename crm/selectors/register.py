"""The firms that lines of a published list may mean, read in batches: three queries, or one walk over the names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest
from typing import Any

from crm.identifiers import name_key
from crm.models import Firm, FormerName
from crm.published.matching import Known, Register
from crm.published.rows import Listed

ALIKE_FROM = 75  # per cent of the name's own part, without place and legal form
WALK = 2_000
MOST_ALIKE = 3
_FORM = re.compile(r"(股份有限公司|有限责任公司|有限公司|集团公司|集团|公司|有限合伙|合伙企业|厂)+$")
_AREA = re.compile(r"^(广西壮族自治区|广西|中国)?([\u4e00-\u9fff]{2,3}市)?([\u4e00-\u9fff]{1,3}[县区])?")
FIELDS = ("pk", "credit_code", "name", "name_key", "region_path")


def register_for(rows: Iterable[Listed], path: str) -> Register:
    """The firms below a region that these lines name by code, by name or by a former name. Three queries."""
    codes = {row.code for row in rows if row.code}
    keys = {key for row in rows if (key := name_key(row.name))}
    register = Register()
    firms = Firm.objects.standing().filter(region_path__under=path)
    for firm in map(_known, firms.filter(credit_code__in=codes).values_list(*FIELDS)):
        register.by_code[firm.credit_code] = firm
    for firm in map(_known, firms.filter(name_key__in=keys).values_list(*FIELDS)):
        register.by_key.setdefault(firm.key, []).append(firm)
    former = FormerName.objects.filter(firm__merged_into=None, firm__region_path__under=path, name_key__in=keys)
    columns = [f"firm__{name}" for name in FIELDS]
    for key, *firm_values in former.order_by("firm_id").values_list("name_key", *columns).distinct():
        register.by_former.setdefault(key, []).append(_known(firm_values))
    return register


def _known(values: Any) -> Known:
    return Known(*values)


def own_part(key: str) -> str:
    """The part of a name that is the firm's own: without the place in front and the legal form behind."""
    without = _FORM.sub("", key)
    parts = (_AREA.sub("", without), without, key)
    return next((part for part in parts if len(part) >= 2), key)


def lookalikes(names: Sequence[str], path: str) -> list[list[tuple[Known, int]]]:
    """For each name the firms of a similar name, best first, with the likeness in per cent.

    One walk over the names below the region, 2,000 at a time: memory does not grow with the library.
    """
    from rapidfuzz import fuzz, process

    parts = [own_part(name_key(name)) for name in names]
    best: list[list[tuple[int, Any]]] = [[] for _name in names]
    for batch in _batches(path):
        scores = process.cdist(
            parts, [own_part(values[3]) for values in batch], scorer=fuzz.ratio, score_cutoff=ALIKE_FROM
        )
        for index, column in zip(*scores.nonzero(), strict=True):
            best[index].append((int(scores[index, column]), batch[column]))
        best = [nlargest(MOST_ALIKE, found, key=lambda pair: pair[0]) for found in best]
    return [[(_known(values), score) for score, values in found] for found in best]


def _batches(path: str) -> Iterator[list[Any]]:
    rows = Firm.objects.standing().filter(region_path__under=path).order_by().values_list(*FIELDS)
    batch: list[Any] = []
    for values in rows.iterator(chunk_size=WALK):
        batch.append(values)
        if len(batch) == WALK:
            yield batch
            batch = []
    if batch:
        yield batch
