from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "pipeline"

    def ready(self) -> None:
        import pipeline.services.bench  # noqa: F401  registers its part of the background work
        from crm.signals import firm_moved
        from pipeline.services.applications import follow_firm

        firm_moved.connect(lambda sender, firm, **kwargs: follow_firm(firm), weak=False, dispatch_uid="follow_firm")
