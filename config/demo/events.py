"""What happened to firms of the demonstration city: new names, a move, one that came, two that went."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from crm.models import Firm, Region, User
from crm.services.firm_events import deregister, move_in, move_out, relocate_firm, rename_firm
from pipeline.models import Application

NEEDED = 7


def make_events(firms: list[Firm], regions: dict[str, Region], today: date, actor: User) -> None:
    """Events of firms that hold no title and run for none, so that they change no number of the city's story."""
    busy = set(Application.objects.values_list("firm_id", flat=True))
    quiet = [Firm.objects.get(pk=firm.pk) for firm in firms if firm.pk not in busy][:NEEDED]
    if len(quiet) < NEEDED:
        return
    said: dict[str, Any] = {"actor": actor, "today": today}

    def ago(days: int) -> date:
        return today - timedelta(days=days)

    for firm, days in zip(quiet[:3], (400, 120, 9), strict=True):
        old, new = ("科技", "智能科技") if "科技" in firm.name else ("有限公司", "科技有限公司")
        document = f"准予变更登记通知书（{ago(days).year}）第{days}号"
        rename_firm(firm, name=firm.name.replace(old, new), on=ago(days), document=document, **said)
    there = regions["450821"] if quiet[3].region.code != "450821" else regions["450881"]
    relocate_firm(quiet[3], region=there, on=ago(60), document="营业执照（住所变更）", **said)
    move_in(quiet[4], region=quiet[4].region, place="玉林市", on=ago(200), document="迁入登记通知书", **said)
    move_out(quiet[5], place="南宁市", on=ago(45), document="迁出登记通知书", **said)
    deregister(quiet[6], on=ago(30), document="注销登记公告", **said)
