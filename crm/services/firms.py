"""Every write to a firm: its fields, its county, its officer, its contacts and what was said to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import may_write
from crm.choices import TouchKind, TouchOutcome
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.identifiers import Unreadable, credit_code, name_key
from crm.models import ChangeRecord, Contact, Firm, FormerName, Region, Task, Touch, User
from crm.services.contact_days import refresh_contact_days
from crm.services.event_log import moved, renamed
from crm.services.history import change_records, record_changes
from crm.services.search import refresh_search
from crm.signals import firm_moved

EDITABLE = (
    "name",
    "registered_on",
    "firm_type",
    "legal_representative",
    "industry",
    "business_scope",
    "address",
    "capital_amount",
    "capital_currency",
)
FOUND_BY = {"name_key", "region_path"}


def require_writer(user: User | None, path: str) -> None:
    """Raise NotAllowed unless the person may write in this region; None is the system itself."""
    if user is not None and not may_write(user, path):
        raise NotAllowed(_("当前身份只能查阅；请联系本辖区的经办人员或管理员"))


@transaction.atomic
def create_firm(*, code: str, name: str, region: Region, actor: User | None, **fields: Any) -> Firm:
    """Add a firm. Raises InvalidInput with every reason: a false credit code, no name, a code already known."""
    require_writer(actor, region.path)
    reasons = []
    try:
        code = credit_code(code)
    except Unreadable as error:
        reasons.append(str(error))
    if not name.strip():
        reasons.append(_("缺少企业名称"))
    if reasons:
        raise InvalidInput(*reasons)
    try:
        with transaction.atomic():
            firm = Firm.objects.create(
                credit_code=code, name=name, name_key=name_key(name), region=region, region_path=region.path, **fields
            )
    except IntegrityError:
        raise InvalidInput(_("代码 {code} 的企业已在企业库中，请勿重复新增").format(code=code)) from None
    refresh_search([firm.pk])
    return firm


@transaction.atomic
def update_firm(
    firm: Firm,
    *,
    changes: Mapping[str, Any],
    actor: User | None,
    reason: str = "",
    version: int | None = None,
    on: date | None = None,
) -> list[str]:
    """Change fields of a firm and keep each change. Returns the names of the fields that changed.

    A new name keeps the old one as a former name, and the day from which it is borne, today unless `on` says
    otherwise, as an event. Raises RowChanged when somebody else was first.
    """
    require_writer(actor, firm.region_path)
    if unknown := set(changes) - set(EDITABLE):
        raise InvalidInput(_("不能修改这些字段：{names}").format(names="、".join(sorted(unknown))))
    changed = {name: (getattr(firm, name), new) for name, new in changes.items() if getattr(firm, name) != new}
    if not changed:
        return []
    values = {name: new for name, (_old, new) in changed.items()}
    day = on or timezone.localdate()
    if "name" in values:
        FormerName.objects.get_or_create(
            firm=firm, name=firm.name, defaults={"name_key": firm.name_key, "until_on": day}
        )
        values |= {"name_key": name_key(values["name"]), "name_core": ""}
    save_firm(firm, values, version=version)
    record_changes(firm, changed, actor=actor, reason=reason)
    if "name" in changed:
        renamed(firm, changed["name"][0], on=day, actor=actor, document=reason).save()
    return list(changed)


def save_firm(firm: Firm, values: Mapping[str, Any], *, version: int | None = None) -> None:
    """One conditional update: it counts 1, or somebody else was first."""
    seen = firm.version if version is None else version
    stamped = {**values, "version": F("version") + 1, "updated_at": timezone.now()}
    if not Firm.objects.filter(pk=firm.pk, version=seen).update(**stamped):
        raise RowChanged(_("该企业刚被他人修改，您的改动尚未保存；请对照最新内容后再试"))
    for name, value in values.items():
        setattr(firm, name, value)
    firm.version = seen + 1
    if FOUND_BY & set(values):
        refresh_search([firm.pk])


@transaction.atomic
def move_firm(firm: Firm, *, region: Region, actor: User | None, reason: str = "", on: date | None = None) -> bool:
    """Put a firm into another county, from today or the day given. Open applications follow it (`firm_moved`); closed
    ones keep their region."""
    require_writer(actor, firm.region_path)
    require_writer(actor, region.path)
    if firm.region_id == region.pk:
        return False
    before = firm.region
    save_firm(firm, {"region": region, "region_path": region.path})
    record_changes(firm, {"region": (before, region)}, actor=actor, reason=reason)
    event = moved(firm, before, on=on or timezone.localdate(), actor=actor, document=reason)
    if event is not None:
        event.save()
    firm_moved.send(sender=Firm, firm=firm, event=event)
    return True


@transaction.atomic
def assign_firm(firm: Firm, *, officer: User | None, actor: User | None, reason: str = "") -> bool:
    """Give a firm to an officer whose posts cover it. What the former one had still to do there goes along."""
    require_writer(actor, firm.region_path)
    if officer is not None and not may_write(officer, firm.region_path):
        raise InvalidInput(_("{name} 的岗位不包含该企业所在区划，不能作为经办人员").format(name=officer))
    if firm.officer_id == (officer and officer.pk):
        return False
    before = firm.officer
    save_firm(firm, {"officer": officer})
    record_changes(firm, {"officer": (before, officer)}, actor=actor, reason=reason)
    if before is not None and officer is not None:
        _tasks_follow(firm, before, officer, actor)
    firm_moved.send(sender=Firm, firm=firm)
    return True


def _tasks_follow(firm: Firm, before: User, officer: User, actor: User | None) -> None:
    """The open tasks that the former officer had with this firm are the new one's."""
    tasks = list(Task.objects.open().filter(firm=firm, owner=before))
    if not tasks:
        return
    Task.objects.open().filter(pk__in=[task.pk for task in tasks], owner=before).update(owner=officer)
    words, reason = {"owner": (before, officer)}, _("企业改由他人经办")
    records = [change_records(task, words, actor=actor, reason=reason, path=firm.region_path) for task in tasks]
    ChangeRecord.objects.bulk_create([record for group in records for record in group])


@transaction.atomic
def add_touch(
    firm: Firm,
    *,
    kind: str,
    text: str,
    actor: User,
    on: date | None = None,
    public: bool = False,
    outcome: str = "",
    today: date | None = None,
) -> Touch:
    """Keep a note, a call or a visit; internal unless `public` says that the firm reads it too."""
    require_writer(actor, firm.region_path)
    today = today or timezone.localdate()
    if reasons := _against(kind, text, on, outcome, today):
        raise InvalidInput(*reasons)
    on = on or today
    touch = Touch.objects.create(
        firm=firm,
        kind=kind,
        text=text.strip(),
        actor=actor,
        on=on,
        at=_moment(on, today),
        public=public,
        outcome=outcome,
    )
    refresh_contact_days([firm.pk])
    return touch


def _against(kind: str, text: str, on: date | None, outcome: str, today: date) -> list[str]:
    reasons = []
    if not text.strip():
        reasons.append(_("请写下联系内容"))
    if kind not in TouchKind.values:
        reasons.append(_("联系方式“{kind}”无法识别").format(kind=kind))
    if outcome not in ("", *TouchOutcome.values):
        reasons.append(_("联系结果“{outcome}”无法识别").format(outcome=outcome))
    if on and on > today:
        reasons.append(_("联系日期不能晚于今天"))
    return reasons


def _moment(on: date, today: date) -> datetime:
    """Now for what happened today; of an earlier day only the day is known, and noon stands for it."""
    return timezone.now() if on == today else timezone.make_aware(datetime.combine(on, time(12)))


@transaction.atomic
def save_contact(
    firm: Firm, *, name: str, actor: User | None, phone: str = "", email: str = "", title: str = ""
) -> Contact:
    """Add a contact person, or update the one of that name."""
    require_writer(actor, firm.region_path)
    if not name.strip():
        raise InvalidInput(_("请填写联系人姓名"))
    values = {"phone": phone.strip(), "email": email.strip(), "title": title.strip()}
    contact, created = Contact.objects.get_or_create(firm=firm, name=name.strip(), defaults=values)
    if created:
        refresh_search([firm.pk])
    changed = {} if created else {key: (getattr(contact, key), new) for key, new in values.items() if new}
    changed = {key: pair for key, pair in changed.items() if pair[0] != pair[1]}
    if changed:
        Contact.objects.filter(pk=contact.pk).update(**{key: new for key, (_old, new) in changed.items()})
        record_changes(contact, changed, actor=actor, path=firm.region_path)
    return contact


@transaction.atomic
def update_contact(
    contact: Contact, *, changes: Mapping[str, Any], seen: Mapping[str, Any], actor: User | None, reason: str = ""
) -> list[str]:
    """Change a contact person. `seen` are the values that were read: raises RowChanged when one is another by now."""
    firm = contact.firm
    require_writer(actor, firm.region_path)
    values = {name: str(value).strip() for name, value in changes.items()}
    changed = {name: (seen[name], value) for name, value in values.items() if seen[name] != value}
    if "name" in changed and not values["name"]:
        raise InvalidInput(_("请填写联系人姓名"))
    if not changed:
        return []
    try:
        with transaction.atomic():
            written = Contact.objects.filter(pk=contact.pk, **seen).update(
                **{name: new for name, (_old, new) in changed.items()}
            )
    except IntegrityError:
        raise InvalidInput(_("该企业已有名为 {name} 的联系人").format(name=values["name"])) from None
    if not written:
        raise RowChanged(_("该联系人刚被他人修改，您的改动尚未保存；请对照最新内容后再试"))
    record_changes(contact, changed, actor=actor, reason=reason, path=firm.region_path)
    if "name" in changed:
        refresh_search([firm.pk])
    return list(changed)
