"""The pages of this room."""

from django.urls import path

from crm.views import access, files, imports, invitations, registrations, settings

urlpatterns = [
    path("facts/<int:pk>/file/", files.fact_file, name="fact_file"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/template/", imports.import_template, name="import_template"),
    path("imports/<int:pk>/", imports.import_page, name="import"),
    path("imports/<int:pk>/confirm/", imports.import_confirm, name="import_confirm"),
    path("imports/<int:pk>/report/", imports.import_report, name="import_report"),
    path("imports/<int:pk>/rows/<int:line>/", imports.import_decide, name="import_decide"),
    path("jobs/<int:pk>/", settings.job, name="job"),
    path("jobs/<int:pk>/cancel/", settings.job_cancel, name="job_cancel"),
    path("language/", settings.choose_language, name="choose_language"),
    path("settings/", settings.settings_index, name="settings"),
    path("settings/account/", settings.account, name="account"),
    path("settings/account/token/", settings.token_renew, name="token_renew"),
    path("settings/account/calendar/", settings.calendar_renew, name="calendar_renew"),
    path("settings/downloads/", files.download_list, name="downloads"),
    path("settings/people/", settings.people_list, name="people"),
    path("settings/people/<int:pk>/posts/", settings.post_add, name="post_add"),
    path("settings/people/<int:pk>/remove/", settings.post_remove, name="post_remove"),
    path("settings/firms/<str:credit_code>/access/", access.firm_access, name="firm_access"),
    path("settings/registrations/", registrations.registrations, name="registrations"),
    path("settings/registrations/<int:pk>/", registrations.registration_decide, name="registration_decide"),
    path("settings/registrations/<int:pk>/file/", registrations.registration_file, name="registration_file"),
    path("portal/people/", access.portal_people, name="portal_people"),
    path("access/firms/<str:credit_code>/invite/", access.access_invite, name="access_invite"),
    path("access/firms/<str:credit_code>/mandates/", access.access_mandate, name="access_mandate"),
    path("access/members/<int:pk>/end/", access.access_end, name="access_end"),
    path("access/invitations/<int:pk>/again/", access.invitation_again, name="invitation_again"),
    path("access/invitations/<int:pk>/withdraw/", access.invitation_withdraw, name="invitation_withdraw"),
    path("access/mandates/<int:pk>/revoke/", access.mandate_revoke, name="mandate_revoke"),
    path("access/mandates/<int:pk>/file/", access.mandate_file, name="mandate_file"),
    path("invitation/<str:token>/", invitations.invitation, name="invitation"),
    path("register/", registrations.register, name="register"),
    path("register/done/", registrations.register_done, name="register_done"),
    path("settings/firms/<str:credit_code>/accounts/", settings.firm_account_add, name="firm_account_add"),
    path("settings/accounts/<int:pk>/end/", settings.firm_account_end, name="firm_account_end"),
]
