"""How many will count by the cut-off: from our own history, with competing outcomes and a shared shock. No Django.

Times are numbers of working days, counted on from any day; a week is five of them. numpy is imported by the functions
that compute, so that a web worker that only reads stored forecasts does not carry it. docs/forecast.md explains the
method in plain words and says how it was tested.
"""

from pipeline.forecasting.history import FAR, WEEK, Case, History, YearSpan
from pipeline.forecasting.outlook import NONE, SOLID, THIN, Chances, Learned, Outlook, Question, forecast, learn

__all__ = [
    "FAR",
    "NONE",
    "SOLID",
    "THIN",
    "WEEK",
    "Case",
    "Chances",
    "History",
    "Learned",
    "Outlook",
    "Question",
    "YearSpan",
    "forecast",
    "learn",
]
