from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import (  # noqa: F401  connects them
            account_mails,
            export_notices,
            handovers,
            leaves,
            receivers,
            view_notices,
        )
