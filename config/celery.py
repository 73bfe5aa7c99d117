"""The Celery application. Every task is a hint: the rows it works on are the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("cultivar")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
