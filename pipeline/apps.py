from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "pipeline"

    def ready(self) -> None:
        from crm.signals import firm_moved
        from pipeline.services.applications import follow_firm

        firm_moved.connect(lambda sender, firm, **kwargs: follow_firm(firm), weak=False, dispatch_uid="follow_firm")
