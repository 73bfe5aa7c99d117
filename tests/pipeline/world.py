"""Brings applications to a stage through the one door."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crm.models import Firm, User
from pipeline.models import Application
from pipeline.services.applications import move_application, open_application
from pipeline.workflows import PROGRAMMES


def opened(firm: Firm, officer: User | None, programme: str = "high_tech", **given: Any) -> Application:
    return open_application(firm, programme, actor=officer, **given)


def path_to(programme: str, stage: str) -> list[str]:
    """The shortest lawful road from the start to a stage, as codes of moves."""
    table = PROGRAMMES[programme]
    roads: dict[str, list[str]] = {table.initial: []}
    left = [table.initial]
    while left:
        here = left.pop(0)
        for step in table.moves_from(here):
            if step.target not in roads:
                roads[step.target] = [*roads[here], step.code]
                left.append(step.target)
    return roads[stage]


def at(
    firm: Firm,
    stage: str,
    *,
    programme: str = "high_tech",
    officer: User | None = None,
    city: User | None = None,
    when: datetime | None = None,
    **given: Any,
) -> Application:
    """An application at a stage; the moves are the system's, so that no role stands in the way."""
    application = open_application(firm, programme, actor=officer, at=when, **given)
    for code in path_to(programme, stage):
        move_application(application, code, actor=None, note="依据材料", at=when)
    return application
