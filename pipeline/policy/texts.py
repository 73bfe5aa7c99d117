"""Texts of a policy file in both languages, and how sure we are of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Status(StrEnum):
    """How sure we are of a condition's text (docs/policies.md); all but CONFIRMED are shown as 待核实."""

    CONFIRMED = "confirmed"
    FROM_MEMORY = "from_memory"
    UNKNOWN = "unknown"
    OUR_READING = "our_reading"


STATUS_LABELS = {
    Status.CONFIRMED: _("已核实"),
    Status.FROM_MEMORY: _("待核实（凭记忆）"),
    Status.UNKNOWN: _("待核实（未查到）"),
    Status.OUR_READING: _("待核实（我方理解）"),
}


@dataclass(frozen=True)
class Text:
    """A text of the policy file in both languages; str() gives the one that is active."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if speaks_english() else self.zh


def speaks_english() -> bool:
    return (get_language() or "").startswith("en")


Label = Text | Promise | str
