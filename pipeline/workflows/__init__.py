"""The published workflow tables. Append a version; applications stay pinned to theirs."""

from __future__ import annotations

from pipeline.workflow import Workflow
from pipeline.workflows.gazelle import GAZELLE_1
from pipeline.workflows.high_tech import HIGH_TECH_1
from pipeline.workflows.tech_sme import TECH_SME_1

WORKFLOWS: dict[str, Workflow] = {table.code: table for table in (TECH_SME_1, HIGH_TECH_1, GAZELLE_1)}


def current_workflows() -> dict[str, Workflow]:
    """The newest version of each programme's table, in ladder order."""
    return {table.programme: table for table in WORKFLOWS.values()}


PROGRAMMES = current_workflows()

__all__ = ["PROGRAMMES", "WORKFLOWS"]
