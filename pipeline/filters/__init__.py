"""The filters of lists, declared once and shared by pages and API. The address is their state."""

from pipeline.filters.applications import ApplicationFilter, DeadlineFilter, PendingFilter, looked_for
from pipeline.filters.common import PROGRAMME_CHOICES, ScopedFilterSet, within
from pipeline.filters.firms import FirmFilter
from pipeline.filters.results import RecognitionFilter, ScreeningFilter

__all__ = [
    "PROGRAMME_CHOICES",
    "ApplicationFilter",
    "DeadlineFilter",
    "FirmFilter",
    "PendingFilter",
    "RecognitionFilter",
    "ScopedFilterSet",
    "ScreeningFilter",
    "looked_for",
    "within",
]
