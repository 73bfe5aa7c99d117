from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig

if TYPE_CHECKING:
    from crm.models import Firm, FirmEvent


class PipelineConfig(AppConfig):
    name = "pipeline"

    def ready(self) -> None:
        # Each registers its part of the background work.
        import pipeline.services.bench
        import pipeline.services.export_tables
        import pipeline.services.firm_acts  # noqa: F401
        from crm.signals import firm_moved
        from pipeline.signals import counting_due
        from pipeline.tasks import count_changes

        counting_due.connect(lambda sender, **kwargs: count_changes.delay(), weak=False, dispatch_uid="count_changes")
        firm_moved.connect(_follow, weak=False, dispatch_uid="follow_firm")


def _follow(sender: Any, firm: Firm, event: FirmEvent | None = None, withdrawn: bool = False, **kwargs: Any) -> None:
    from pipeline.services.following import follow_firm

    follow_firm(firm, event, withdrawn=withdrawn)
