"""A firm confirms the figures that are held of its last year: each becomes its own declaration."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from crm.errors import InvalidInput, RowChanged
from crm.models import Firm, User
from crm.services.facts import Declaration, declare_facts
from pipeline.selectors.confirming import held_year


@transaction.atomic
def confirm_figures(firm: Firm, *, seen: str, on: date, actor: User) -> int:
    """Declare the figures just as they were shown; returns how many. Who and when stand in each declaration.

    Raises RowChanged when a figure changed since the page was shown, InvalidInput when there is none.
    """
    held = held_year(firm, on=on)
    if not held.figures:
        raise InvalidInput(_("系统中没有贵单位 {year} 年的数据；请通过自测填报").format(year=held.year))
    if held.seen != seen:
        raise RowChanged(_("数据刚有变化，请核对新的数字后再确认"))
    declared = [
        Declaration(code=each.fact.code, value=each.fact.value, year=held.year, basis=each.fact.basis)
        for each in held.figures
        if not each.confirmed
    ]
    with translation.override(settings.LANGUAGE_CODE):  # the language of the record, whoever confirms
        declare_facts(firm, declared, actor=actor, evidence=_("核对无误"))
    return len(held.figures)
