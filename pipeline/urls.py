"""The pages of this room."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from pipeline.views import (
    applications,
    board,
    bulk,
    calendar,
    deadlines,
    firm_entry,
    firm_gap,
    firm_holdings,
    firms,
    funnel,
    lists,
    my_day,
    portal,
    screening,
    self_check,
    shortlists,
    targets,
)


class HoldingConverter(StringConverter):
    """Which of a firm's two lists an address speaks of."""

    regex = "right|credential"


register_converter(HoldingConverter, "holding")

urlpatterns = [
    path("", my_day.my_day, name="my_day"),
    path("firms/", firms.firm_list, name="firms"),
    path("firms/<str:credit_code>/", firms.firm_page, name="firm"),
    path("firms/<str:credit_code>/touch/", firms.firm_touch, name="firm_touch"),
    path("firms/<str:credit_code>/fact/", firms.firm_fact, name="firm_fact"),
    path("firms/<str:credit_code>/contact/", firms.firm_contact, name="firm_contact"),
    path("firms/<str:credit_code>/assign/", firms.firm_assign, name="firm_assign"),
    path("firms/<str:credit_code>/region/", firms.firm_move, name="firm_move"),
    path("firms/<str:credit_code>/open/", firms.firm_open, name="firm_open"),
    path("firms/<str:credit_code>/gap/", firm_gap.firm_gap, name="firm_gap"),
    path("firms/<str:credit_code>/figures/", firm_entry.firm_figures, name="firm_figures"),
    path("firms/<str:credit_code>/figures/entry/", firm_entry.firm_entry, name="firm_entry"),
    path("firms/<str:credit_code>/holdings/", firm_holdings.firm_holdings, name="firm_holdings"),
    path("firms/<str:credit_code>/holdings/<holding:what>/", firm_holdings.firm_holding_add, name="firm_holding_add"),
    path("firms/<str:credit_code>/holdings/<holding:what>/<int:pk>/", firm_holdings.firm_holding, name="firm_holding"),
    path(
        "firms/<str:credit_code>/holdings/<holding:what>/<int:pk>/remove/",
        firm_holdings.firm_holding_remove,
        name="firm_holding_remove",
    ),
    path("board/<str:programme>/", board.board, name="board"),
    path("board/<str:programme>/<str:stage>/", board.board_lane, name="board_lane"),
    path("applications/", applications.application_list, name="applications"),
    path("applications/bulk/", bulk.bulk_move, name="bulk_move"),
    path("applications/<int:pk>/", applications.application_page, name="application"),
    path("applications/<int:pk>/move/", applications.application_move, name="application_move"),
    path("applications/<int:pk>/plan/", applications.application_plan, name="application_plan"),
    path("applications/<int:pk>/assign/", applications.application_assign, name="application_assign"),
    path("screening/", screening.screening_list, name="screenings"),
    path("screening/<str:programme>/", screening.screening_page, name="screening"),
    path("screening/<str:programme>/start/", screening.screening_start, name="screening_start"),
    path("screening/<str:programme>/status/", screening.screening_status, name="screening_status"),
    path("screening/<str:programme>/cancel/", screening.screening_cancel, name="screening_cancel"),
    path("screening/<str:programme>/save/", screening.screening_save, name="screening_save"),
    path("shortlists/", shortlists.shortlist_list, name="shortlists"),
    path("shortlists/<int:pk>/", shortlists.shortlist_page, name="shortlist"),
    path("shortlists/<int:pk>/remove/", shortlists.shortlist_remove, name="shortlist_remove"),
    path("shortlists/<int:pk>/delete/", shortlists.shortlist_delete, name="shortlist_delete"),
    path("shortlists/<int:pk>/open/", shortlists.shortlist_open, name="shortlist_open"),
    path("shortlists/<int:pk>/status/", shortlists.shortlist_status, name="shortlist_status"),
    path("shortlists/<int:pk>/cancel/", shortlists.shortlist_cancel, name="shortlist_cancel"),
    path("deadlines/", deadlines.deadline_list, name="deadlines"),
    path("targets/", targets.targets, name="targets"),
    path("targets/quota/", targets.quota_set, name="quota_set"),
    path("targets/count/", targets.count_add, name="count_add"),
    path("targets/compile/", targets.compile_now, name="compile_now"),
    path("targets/<str:code>/", targets.target_rows, name="target_rows"),
    path("funnel/", funnel.funnel, name="funnel"),
    path("imports/lists/", lists.official_lists, name="official_lists"),
    path("imports/lists/<int:pk>/", lists.official_list, name="official_list"),
    path("imports/lists/<int:pk>/confirm/", lists.official_list_confirm, name="official_list_confirm"),
    path("imports/lists/<int:pk>/undo/", lists.official_list_undo, name="official_list_undo"),
    path("imports/lists/<int:pk>/report/", lists.official_list_report, name="official_list_report"),
    path("imports/lists/<int:pk>/rows/<int:line>/", lists.official_list_decide, name="official_list_decide"),
    path("imports/lists/<int:pk>/rows/<int:line>/add/", lists.official_list_add, name="official_list_add"),
    path("settings/rounds/", calendar.rounds, name="rounds"),
    path("settings/rounds/<int:pk>/", calendar.rounds, name="round"),
    path("settings/calendar/", calendar.calendar, name="calendar"),
    path("settings/calendar/day/", calendar.workday_set, name="workday_set"),
    path("check/", self_check.check_index, name="check_index"),
    path("check/<str:programme>/", self_check.check, name="check"),
    path("portal/", portal.portal, name="portal"),
    path("portal/check/<str:programme>/", self_check.portal_check, name="portal_check"),
    path("portal/applications/<int:pk>/", portal.portal_application, name="portal_application"),
    path("portal/applications/<int:pk>/move/", portal.portal_move, name="portal_move"),
]
