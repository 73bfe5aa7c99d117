"""The pages of this room."""

from django.urls import path

from pipeline.views import applications, board, bulk, calendar, deadlines, firms, funnel, my_day, portal, targets

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
    path("board/<str:programme>/", board.board, name="board"),
    path("board/<str:programme>/<str:stage>/", board.board_lane, name="board_lane"),
    path("applications/", applications.application_list, name="applications"),
    path("applications/bulk/", bulk.bulk_move, name="bulk_move"),
    path("applications/<int:pk>/", applications.application_page, name="application"),
    path("applications/<int:pk>/move/", applications.application_move, name="application_move"),
    path("applications/<int:pk>/plan/", applications.application_plan, name="application_plan"),
    path("applications/<int:pk>/assign/", applications.application_assign, name="application_assign"),
    path("deadlines/", deadlines.deadline_list, name="deadlines"),
    path("targets/", targets.targets, name="targets"),
    path("targets/quota/", targets.quota_set, name="quota_set"),
    path("targets/count/", targets.count_add, name="count_add"),
    path("targets/compile/", targets.compile_now, name="compile_now"),
    path("targets/<str:code>/", targets.target_rows, name="target_rows"),
    path("funnel/", funnel.funnel, name="funnel"),
    path("settings/rounds/", calendar.rounds, name="rounds"),
    path("settings/rounds/<int:pk>/", calendar.rounds, name="round"),
    path("settings/calendar/", calendar.calendar, name="calendar"),
    path("settings/calendar/day/", calendar.workday_set, name="workday_set"),
    path("portal/", portal.portal, name="portal"),
    path("portal/applications/<int:pk>/", portal.portal_application, name="portal_application"),
    path("portal/applications/<int:pk>/move/", portal.portal_move, name="portal_move"),
]
