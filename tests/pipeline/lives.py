"""Random histories through the product's own doors."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from crm.errors import DomainError
from crm.models import Firm
from crm.services.firm_events import deregister, move_in, move_out, relocate_firm, withdraw_event
from crm.services.firms import move_firm
from pipeline.models import Indicator, Recognition
from pipeline.services.amounts import add_count
from pipeline.services.applications import move_application, open_application
from pipeline.services.recognition_changes import (
    complete_recognition,
    record_past_title,
    reissue_recognition,
    revoke_recognition,
    suspend_recognition,
)
from pipeline.services.undoing import revive, take_back, undo_moves

HERE = ZoneInfo("Asia/Shanghai")


def at(day, hour=10):
    return datetime.combine(day, datetime.min.time(), HERE) + timedelta(hours=hour)


class Life:
    """Some firms that something happens to; what the rules refuse does not. `work` is done once in twenty steps."""

    def __init__(self, firms, regions, seed, work):
        self.rng = random.Random(seed)
        self.firms, self.regions = firms, regions
        self.day = date(2023, 1, 3)
        self.ended: dict[int, Recognition] = {}
        self.entries = 0
        self.work = work

    def step(self):
        firm = Firm.objects.get(pk=self.rng.choice(self.firms))
        act = self.rng.choice([self.grant] * 5 + [self.file] * 3 + [self.move] * 2 + self.others())
        try:
            act(firm)
        except DomainError:
            return
        if self.rng.random() < 0.05:
            self.work()

    def others(self):
        return [
            self.revoke,
            self.suspend,
            self.rename,
            self.leave,
            self.come,
            self.relocate,
            self.withdraw,
            self.take_back,
            self.revive,
            self.complete,
            self.enter,
        ]

    def grant(self, firm):
        programme, title = self.rng.choice(
            [
                ("tech_sme", "registration"),
                ("high_tech", "certificate"),
                ("gazelle", "library"),
                ("gazelle", "certificate"),
            ]
        )
        on = self.day - timedelta(days=self.rng.choice([0, 1, 30, 200, 400]))
        document = self.rng.choice(["桂科1号", "桂科2号", ""])
        record_past_title(firm, programme=programme, title=title, granted_on=on, document=document, actor=None)

    def file(self, firm):
        application = open_application(firm, "high_tech", actor=None)
        for code in ("diagnose", "prepare", "submit"):
            event = move_application(application, code, actor=None)
        if self.rng.random() < 0.3:
            undo_moves(application, first=event.version, last=event.version, actor=None, reason="x")

    def move(self, firm):
        move_firm(firm, region=self.rng.choice(self.regions), actor=None)

    def leave(self, firm):
        said = {"on": self.some_day(), "document": "公告", "actor": None, "today": self.day}
        if firm.status != "active":
            move_in(firm, region=self.rng.choice(self.regions), place="南宁市", **said)
        elif self.rng.random() < 0.8:
            move_out(firm, place="南宁市", **said)
        else:
            deregister(firm, **said)

    def come(self, firm):
        said = {"on": self.some_day(), "document": "公告", "actor": None, "today": self.day}
        move_in(firm, region=self.rng.choice(self.regions), place="南宁市", **said)

    def relocate(self, firm):
        said = {"on": self.some_day(), "document": "公告", "actor": None, "today": self.day}
        relocate_firm(firm, region=self.rng.choice(self.regions), **said)

    def withdraw(self, firm):
        events = list(firm.events.standing())
        if events:
            withdraw_event(self.rng.choice(events), reason="误录", actor=None)

    def some_day(self):
        return self.day - timedelta(days=self.rng.choice([0, 1, 10, 60]))

    def some(self, firm):
        rows = list(firm.recognitions.select_related("firm").order_by("pk"))
        return self.rng.choice(rows) if rows else None

    def revoke(self, firm):
        if title := self.some(firm):
            revoke_recognition(title, on=self.day, reason="x", document="x", actor=None)
            self.ended[firm.pk] = title

    def revive(self, firm):
        if title := self.ended.pop(firm.pk, None):
            revive([title], firm=firm, since=at(self.day), actor=None, reason="x")

    def suspend(self, firm):
        if title := self.some(firm):
            suspend_recognition(title, on=self.day, reason="x", actor=None)

    def rename(self, firm):
        if title := self.some(firm):
            reissue_recognition(title, on=self.day, document="x", name=f"{firm.name}改", actor=None)

    def complete(self, firm):
        if title := self.some(firm):
            complete_recognition(title, document="桂科3号", actor=None)

    def take_back(self, firm):
        if title := self.some(firm):
            take_back(title, actor=None, reason="x")
            self.ended.pop(firm.pk, None)

    def enter(self, firm):
        self.entries += 1
        add_count(
            Indicator.objects.get(code="manual.technology_contract_amount"),
            firm.region,
            on=self.day,
            value=Decimal(self.rng.randint(1, 10**7)) / 10000,
            evidence=f"凭证{self.entries}",
            verified=self.rng.random() < 0.7,
            actor=None,
        )
