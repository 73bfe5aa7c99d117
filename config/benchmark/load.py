"""Fills a scratch database with a city of any size, deterministic and through bulk_create."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice, pairwise

from django.contrib.auth.hashers import make_password
from django.core.management.base import CommandError
from django.utils import timezone

from config.benchmark.traits import add_traits
from config.demo.firms import OFFICERS, SHARES, credit_code
from crm.choices import Role
from crm.identifiers import name_key
from crm.models import Fact, Firm, Heartbeat, Membership, Post, Region, User
from crm.services.search import refresh_search
from pipeline.choices import Phase, Title
from pipeline.models import Application, Deadline, Indicator, Quota, Recognition, StageEvent
from pipeline.rungs import DEFAULTS, first_rung
from pipeline.services.recognitions import validity
from pipeline.workdays import WorkCalendar
from pipeline.workflows import PROGRAMMES

CHUNK = 2000
MARK = "benchmark"
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
TRADES = ("汽车部件", "板材", "电子", "软件", "食品", "医药", "电池", "金属", "新材料", "电动车", "工程", "水泥")
PEOPLE = {"admin": Role.ADMIN, "leader": Role.LEADER, "lead": Role.LEAD, "officer": Role.OFFICER, "viewer": Role.VIEWER}
PASSWORD = "benchmark"  # noqa: S105


def require_scratch() -> None:
    """Raise CommandError unless the database is empty or was filled by this module."""
    if Firm.objects.exists() and not Heartbeat.objects.filter(name=MARK).exists():
        raise CommandError(
            "This database holds real firms; point DATABASE_URL at a scratch database, such as "
            "sqlite:////tmp/cultivar-bench.sqlite3."
        )


def load(*, firms: int, seed: int, today: date) -> dict[str, int]:
    """A city of `firms` firms with three years of figures, applications, events and titles."""
    require_scratch()
    if Firm.objects.exists():
        raise CommandError("This scratch database is filled already; delete it to load another size.")
    Heartbeat.objects.update_or_create(name=MARK, defaults={"at": timezone.now(), "result": f"{firms} firms"})
    rng, traits = random.Random(seed), random.Random(-seed - 1)
    regions = {region.code: region for region in Region.objects.all()}
    people = _people(regions)
    made = {"firms": 0, "facts": 0, "applications": 0, "events": 0, "recognitions": 0}
    stream = _firms(firms, regions, people, rng, today)
    while chunk := list(islice(stream, CHUNK)):
        Firm.objects.bulk_create(chunk)
        refresh_search(firm.pk for firm in chunk)
        made["firms"] += len(chunk)
        made["facts"] += _facts(chunk, rng, today) + add_traits(chunk, traits)
        for name, number in _history(chunk, rng, today).items():
            made[name] += number
    _quotas(regions, today)
    boss = User.objects.get(username="boss")
    Membership.objects.create(user=boss, firm=Firm.objects.order_by("pk")[0], started_on=today)
    return made


def _people(regions: dict[str, Region]) -> dict[str, User]:
    password = make_password(PASSWORD)
    names = [*PEOPLE, *OFFICERS.values(), "boss"]
    users = [User(username=n, name=n, email=f"{n}@bench.example", password=password) for n in names]
    known = {user.username: user for user in User.objects.bulk_create(users)}
    posts = [Post(user=known[name], region=regions["450800"], role=role) for name, role in PEOPLE.items()]
    posts += [Post(user=known[name], region=regions[code], role=Role.OFFICER) for code, name in OFFICERS.items()]
    Post.objects.bulk_create(posts)
    return known


def _firms(
    count: int, regions: dict[str, Region], people: dict[str, User], rng: random.Random, today: date
) -> Iterator[Firm]:
    codes, weights = list(SHARES), list(SHARES.values())
    now = timezone.now()
    for number in range(count):
        code = rng.choices(codes, weights=weights)[0]
        word = rng.choice(SURNAMES) + rng.choice(SURNAMES)
        name = f"{regions[code].short_name}{word}{number}{rng.choice(TRADES)}有限公司"
        firm = Firm(
            credit_code=_code(number, code),
            name=name,
            name_key=name_key(name),
            region=regions[code],
            region_path=regions[code].path,
            officer=people[OFFICERS[code]],
            registered_on=today - timedelta(days=rng.randint(400, 7000)),
        )
        firm.updated_at = now - timedelta(seconds=rng.randint(0, 30_000_000))
        yield firm


def _code(number: int, division: str) -> str:
    """Like the demonstration's codes, for more than 100,000 firms: the division carries what five digits cannot."""
    block, rest = divmod(number, 100_000)
    return credit_code(rest, division if not block and division.isdecimal() else f"45{block:04d}")


def _facts(firms: list[Firm], rng: random.Random, today: date) -> int:
    facts = []
    for firm in firms:
        sales, staff = rng.lognormvariate(16.6, 1.0), rng.lognormvariate(3.5, 0.8)
        for year in range(today.year - 3, today.year):
            sales *= rng.gauss(1.1, 0.1)
            values = {
                ("employees", "quarterly_6m"): staff,
                ("tech_staff", "quarterly_6m"): staff * rng.uniform(0.05, 0.4),
                ("sales_cny", ""): sales,
                ("rd_cny", "super_deduction"): sales * rng.uniform(0.01, 0.09),
                ("costs_cny", ""): sales * 0.9,
                ("assets_cny", ""): sales * 0.8,
            }
            facts += [
                Fact(firm=firm, year=year, code=code, basis=basis, source="declared", value=Decimal(f"{value:.2f}"))
                for (code, basis), value in values.items()
                if rng.random() > 0.05
            ]
    Fact.objects.bulk_create(facts, batch_size=5000)
    return len(facts)


def _history(firms: list[Firm], rng: random.Random, today: date) -> dict[str, int]:
    """For each firm and year perhaps a run through a programme, cut off at a random stage this year."""
    applications: list[Application] = []
    paths: list[list[tuple[str, str, str]]] = []
    for firm in firms:
        for year in range(today.year - 2, today.year + 1):
            for programme, share in (("tech_sme", 0.5), ("high_tech", 0.2), ("gazelle", 0.02)):
                if rng.random() < share:
                    path = _path(programme, rng, whole=year < today.year)
                    applications.append(_application(firm, programme, year, path, today, rng))
                    paths.append(path)
    Application.objects.bulk_create(applications, batch_size=2000)
    events = [event for item, path in zip(applications, paths, strict=True) for event in _events(item, path)]
    StageEvent.objects.bulk_create(events, batch_size=5000)
    titles = [_title(item) for item in applications if item.phase == Phase.RECOGNISED]
    Recognition.objects.bulk_create(titles, batch_size=2000)
    Deadline.objects.bulk_create([_deadline(item, today, rng) for item in applications if _waits(item, today)])
    return {"applications": len(applications), "events": len(events), "recognitions": len(titles)}


def _path(programme: str, rng: random.Random, *, whole: bool) -> list[tuple[str, str, str]]:
    """Lawful moves (from, code, to) along the main line, to the goal or a part of the way."""
    table = PROGRAMMES[programme]
    line = [stage.code for stage in table.main_line]
    steps = []
    for source, target in pairwise(line):
        step = next((s for s in table.moves_from(source) if s.target == target), None)
        if step is None:
            break
        steps.append((source, step.code, target))
    return steps if whole else steps[: rng.randint(0, len(steps))]


def _application(
    firm: Firm, programme: str, year: int, path: list[tuple[str, str, str]], today: date, rng: random.Random
) -> Application:
    table = PROGRAMMES[programme]
    stage = path[-1][2] if path else table.initial
    opened = datetime(year, 1, 2, 9, tzinfo=timezone.get_default_timezone()) + timedelta(days=rng.randint(0, 120))
    since = min(opened + timedelta(days=12 * len(path)), timezone.now())
    return Application(
        reference=f"{table.prefix}{year}-{firm.pk:06d}-{list(PROGRAMMES).index(programme) + 1:02d}",
        firm=firm,
        programme=programme,
        workflow_code=table.code,
        year=year,
        region_id=firm.region_id,
        region_path=firm.region_path,
        officer_id=firm.officer_id,
        stage=stage,
        phase=table.stage(stage).phase,
        stage_since=since,
        version=len(path),
        opened_at=opened,
    )


def _events(application: Application, path: list[tuple[str, str, str]]) -> Iterator[StageEvent]:
    first = application.workflow.initial
    yield StageEvent(
        application=application,
        version=0,
        transition="open",
        to_stage=first,
        acted_as="officer",
        at=application.opened_at,
    )
    for version, (source, code, target) in enumerate(path, start=1):
        at = application.opened_at + timedelta(days=12 * version)
        yield StageEvent(
            application=application,
            version=version,
            transition=code,
            from_stage=source,
            to_stage=target,
            acted_as="officer",
            at=at,
        )


def _title(application: Application) -> Recognition:
    title = Title.REGISTRATION if application.programme == "tech_sme" else Title.CERTIFICATE
    granted = timezone.localdate(application.stage_since)
    return Recognition(
        firm_id=application.firm_id,
        application=application,
        programme=application.programme,
        title=title,
        granted_on=granted,
        valid_until=validity(application.programme, title, granted),
        region_id=application.region_id,
        region_path=application.region_path,
    )


def _waits(application: Application, today: date) -> bool:
    return application.year == today.year and application.current.term is not None


def _deadline(application: Application, today: date, rng: random.Random) -> Deadline:
    term = application.current.term
    assert term is not None
    due = today + timedelta(days=rng.randint(0, 40))
    return Deadline(
        key=f"stage:{application.pk}:{application.version}",
        kind=term.kind,
        firm_id=application.firm_id,
        region_path=application.region_path,
        application=application,
        due_on=due,
        next_rung_on=first_rung(DEFAULTS[term.kind], due, WorkCalendar()),
    )


def _quotas(regions: dict[str, Region], today: date) -> None:
    now = timezone.now()
    Quota.objects.bulk_create(
        Quota(
            indicator=indicator,
            region=region,
            region_path=region.path,
            year=today.year,
            target=Decimal(100),
            set_at=now,
        )
        for indicator in Indicator.objects.filter(active=True)
        for region in regions.values()
    )
