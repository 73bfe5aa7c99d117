"""Finds pairs of firms that look like one: nightly, in few statements, each pair once for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import MANAGERS, may_write, scope_of
from crm.choices import PairReason, PairState
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import Contact, DuplicatePair, Firm, FormerName, Job, User
from crm.selectors.register import own_part
from crm.services.jobs import Progress, beat_heart, handles, start_job, unfinished
from crm.services.search import heal_search

KIND = "duplicates.find"
BATCH = 2000
GROUPS = 500  # of a kind and night: a queue that nobody can work off helps nobody
MANY = 4  # one phone at more firms than this is an accountant's
STRENGTH = {reason: len(PairReason) - place for place, reason in enumerate(PairReason)}
PHONE_DIGITS = 7
CORE_LENGTH = 3  # shorter own parts, such as 华宇, belong to many
Pairs = dict[tuple[int, int], set[str]]


def find_duplicates() -> int:
    """Fill the queue of pairs. Returns how many are new; a second run returns 0."""
    fill_cores()
    heal_search()
    pairs: Pairs = {}
    standing = Firm.objects.standing()
    _note(pairs, PairReason.SAME_NAME, _groups(standing, "name_key"))
    _note(pairs, PairReason.SIMILAR_NAME, _groups(standing, "name_core"))
    _note(pairs, PairReason.SAME_PHONE, _phones())
    for older, newer in _renamed():
        pairs.setdefault((min(older, newer), max(older, newer)), set()).add(PairReason.FORMER_NAME)
    new = _keep(pairs)
    beat_heart("find_duplicates", f"{new} new pairs")
    return new


@transaction.atomic
def search_now(actor: User) -> Job:
    """The same by hand, as a job; while one runs, that one."""
    if not scope_of(actor).has_role(*MANAGERS):
        raise NotAllowed(_("查重由科长或管理员发起；每晚也会自动查一次"))
    running = unfinished(KIND)
    return running or start_job(KIND, title=_("企业查重"), actor=actor, params={}, total=1, key=KIND)


@handles(KIND)
def _search(progress: Progress) -> dict[str, int]:
    new = find_duplicates()
    progress.beat(done=1)
    return {"pairs": new}


def fill_cores() -> int:
    """Work out the own part of the names that are new or changed, 2,000 at a time."""
    done = 0
    while batch := list(Firm.objects.filter(name_core="").exclude(name_key="").only("pk", "name_key")[:BATCH]):
        for firm in batch:
            firm.name_core = own_part(firm.name_key)
        Firm.objects.bulk_update(batch, ["name_core"])
        done += len(batch)
    return done


def _groups(firms, column: str) -> Iterator[list[int]]:
    """The keys of firms that share what the column says. Two statements."""
    named = firms.exclude(**{column: ""})
    if column == "name_core":
        named = named.annotate(letters=Length(column)).filter(letters__gte=CORE_LENGTH)
    shared = named.order_by().values(column).annotate(n=Count("pk")).filter(n__gt=1, n__lte=MANY)
    values = [row[column] for row in shared[:GROUPS]]
    found: dict[str, list[int]] = {}
    for pk, value in firms.filter(**{f"{column}__in": values}).values_list("pk", column):
        found.setdefault(value, []).append(pk)
    yield from found.values()


def _phones() -> Iterator[list[int]]:
    contacts = Contact.objects.filter(firm__merged_into=None)
    contacts = contacts.annotate(digits=Length("phone")).filter(digits__gte=PHONE_DIGITS)
    shared = contacts.order_by().values("phone").annotate(n=Count("firm", distinct=True)).filter(n__gt=1, n__lte=MANY)
    phones = [row["phone"] for row in shared[:GROUPS]]
    found: dict[str, set[int]] = {}
    for phone, firm in contacts.filter(phone__in=phones).values_list("phone", "firm"):
        found.setdefault(phone, set()).add(firm)
    yield from (sorted(firms) for firms in found.values())


def _renamed() -> list[tuple[int, int]]:
    """A firm whose name another firm bore before. One statement."""
    rows = FormerName.objects.filter(firm__merged_into=None)
    named = Firm.objects.standing().filter(name_key__in=rows.values("name_key")).values_list("pk", "name_key")
    holders: dict[str, list[int]] = {}
    for pk, key in named[: GROUPS * MANY]:
        holders.setdefault(key, []).append(pk)
    former = rows.filter(name_key__in=holders).values_list("firm", "name_key")
    return [(firm, holder) for firm, key in former for holder in holders[key] if holder != firm]


def _note(pairs: Pairs, reason: str, groups: Iterable[list[int]]) -> None:
    for firms in groups:
        for pair in combinations(sorted(firms), 2):
            pairs.setdefault(pair, set()).add(reason)


def _keep(pairs: Pairs) -> int:
    """New pairs become rows, an open one learns of new reasons; a decided one is not asked again."""
    wanted = {pair: sorted(reasons, key=lambda one: -STRENGTH[one]) for pair, reasons in pairs.items()}  # type: ignore[index]
    firsts = {first for first, _second in wanted}
    known = {(row.first_id, row.second_id): row for row in DuplicatePair.objects.filter(first__in=firsts)}
    fresh = [
        DuplicatePair(first_id=pair[0], second_id=pair[1], reasons=reasons, strength=_strength(reasons))
        for pair, reasons in wanted.items()
        if pair not in known
    ]
    before = DuplicatePair.objects.count()
    DuplicatePair.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=BATCH)
    for pair, row in known.items():
        if pair in wanted and row.state == PairState.OPEN and row.reasons != wanted[pair]:
            reasons = wanted[pair]
            DuplicatePair.objects.filter(pk=row.pk, state=PairState.OPEN).update(
                reasons=reasons, strength=_strength(reasons)
            )
    return DuplicatePair.objects.count() - before


def _strength(reasons: list[str]) -> int:
    return sum(STRENGTH[PairReason(reason)] for reason in reasons)


@transaction.atomic
def dismiss(pair: DuplicatePair, *, actor: User, note: str) -> None:
    """Two firms after all. Needs the reason; the pair is not asked again."""
    if not all(may_write(actor, firm.region_path) for firm in (pair.first, pair.second)):
        raise NotAllowed(_("当前身份只能查阅；请联系本辖区的经办人员或管理员"))
    if not note.strip():
        raise InvalidInput(_("请写明为什么不是同一家，如“分公司”或“同一代理人的电话”"))
    decided = DuplicatePair.objects.filter(pk=pair.pk, state=PairState.OPEN).update(
        state=PairState.DISMISSED, decided_at=timezone.now(), decided_by=actor, note=note.strip()[:200]
    )
    if not decided:
        raise RowChanged(_("这一对刚被他人处理，请刷新后查看"))
