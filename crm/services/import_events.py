"""The events that an import wrote of its firms, for the one who takes the import back."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import FirmEventKind
from crm.models import Firm, FirmEvent, Import, User
from crm.signals import firm_moved


class WrittenEvents:
    """The standing events of some firms, by name and by place. Only the newest of each can be taken back."""

    def __init__(self, batch: Import, ids: Iterable[int]) -> None:
        self.batch = batch
        self.lines: dict[tuple[int, bool], list[FirmEvent]] = {}
        self.taken: list[FirmEvent] = []
        events = FirmEvent.objects.standing().filter(firm__in=ids).select_related("region_before")
        for event in events.order_by("on", "pk"):
            self.lines.setdefault((event.firm_id, event.kind == FirmEventKind.RENAMED), []).append(event)

    def newer(self, firm: Firm, name: str) -> FirmEvent | None:
        """What happened to the firm's name or county since the import, which has to be taken back before it."""
        newest, begun = self._newest(firm, name), self.batch.confirmed_at
        if newest is None or begun is None or newest.batch_id == self.batch.pk:
            return None
        return newest if newest.at > begun else None

    def take(self, firm: Firm, name: str) -> None:
        """The event behind a name or a county that is put back, if the import wrote one."""
        newest = self._newest(firm, name)
        if newest is not None and newest.batch_id == self.batch.pk and _is_of(newest, firm, name):
            self.taken.append(self.lines[(firm.pk, name == "name")].pop())

    def _newest(self, firm: Firm, name: str) -> FirmEvent | None:
        line = self.lines.get((firm.pk, name == "name"))
        return line[-1] if line else None

    def withdraw(self, firms: dict[int, Firm], moved: Iterable[int], *, actor: User | None) -> None:
        """Write what was taken; the counts follow the firms that are again where they were."""
        values = {"withdrawn_at": timezone.now(), "withdrawn_by": actor, "withdraw_reason": _("撤销导入")}
        FirmEvent.objects.standing().filter(pk__in=[event.pk for event in self.taken]).update(**values)
        moves = [event for event in self.taken if event.kind == FirmEventKind.MOVED and event.firm_id in firms]
        for event in moves:
            firm_moved.send(sender=Firm, firm=firms[event.firm_id], event=event, withdrawn=True)
        for pk in (set(moved) & set(firms)) - {event.firm_id for event in moves}:
            firm_moved.send(sender=Firm, firm=firms[pk])


def _is_of(event: FirmEvent, firm: Firm, name: str) -> bool:
    """Whether the firm, put back, is what it was before the event."""
    return event.before == firm.name if name == "name" else event.region_before_id == firm.region_id
