"""Keeps and forgets scenarios; nothing else is ever written by a what-if."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.access import scope_of
from crm.errors import InvalidInput, NotAllowed
from crm.models import User
from pipeline.models import Forecast, Scenario

NAME_LENGTH = 80


@transaction.atomic
def save_scenario(forecast: Forecast, *, name: str, params: Mapping[str, Any], actor: User) -> Scenario:
    """Keep what is imagined under a name of the person's own; the same name again replaces it."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH:
        raise InvalidInput(_("请给推演起一个名称，不超过 {n} 个字").format(n=NAME_LENGTH))
    values = {
        "region": forecast.region,
        "region_path": forecast.region_path,
        "indicator": forecast.indicator,
        "year": forecast.year,
        "params": dict(params),
    }
    return Scenario.objects.update_or_create(owner=actor, name=name, defaults=values)[0]


@transaction.atomic
def forget_scenario(scenario: Scenario, *, actor: User) -> None:
    """One's own only."""
    if scenario.owner_id != actor.pk and not scope_of(actor).everything:
        raise NotAllowed(_("只能删除自己保存的推演"))
    scenario.delete()
