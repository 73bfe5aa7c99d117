"""Every address of the product: the pages of each room, accounts, the API."""

from __future__ import annotations

from allauth.account import views as account
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from config import health
from crm.api.jobs import JobViewSet
from notifications.api import MessageViewSet
from pipeline.api import (
    applications,
    assessments,
    bulk,
    firm_acts,
    firms,
    forecasts,
    funnel,
    lists,
    lookup,
    materials,
    pushing,
    targets,
)

handler400 = "config.api.bad_request"
handler404 = "config.api.not_found"

router = SimpleRouter()
router.register("firms", firms.FirmViewSet, "api-firm")
router.register("applications", applications.ApplicationViewSet, "api-application")
router.register("pending-results", applications.PendingResultViewSet, "api-pending-result")
router.register("documents", materials.DocumentViewSet, "api-document")
router.register("deadlines", applications.DeadlineViewSet, "api-deadline")
router.register("rounds", applications.RoundViewSet, "api-round")
router.register("recognitions", applications.RecognitionViewSet, "api-recognition")
router.register("official-lists", lists.OfficialListViewSet, "api-official-list")
router.register("indicators", targets.IndicatorViewSet, "api-indicator")
router.register("quotas", targets.QuotaViewSet, "api-quota")
router.register("messages", MessageViewSet, "api-message")
router.register("jobs", JobViewSet, "api-job")

api = [
    path("applications/<int:pk>/materials/", materials.MaterialsView.as_view(), name="api-application-materials"),
    path("assessments/preview/", assessments.PreviewView.as_view(), name="api-assessment-preview"),
    path("lookup/", lookup.LookupView.as_view(), name="api-lookup"),
    path("firms/bulk/", firm_acts.FirmActView.as_view(), name="api-firm-bulk"),
    path("moves/bulk/", bulk.BulkMoveView.as_view(), name="api-bulk-move"),
    path("progress/", targets.ProgressView.as_view(), name="api-progress"),
    path("forecast/", forecasts.ForecastView.as_view(), name="api-forecast"),
    path("push-list/", pushing.PushListView.as_view(), name="api-push-list"),
    path("funnel/", funnel.FunnelView.as_view(), name="api-funnel"),
    path("health/", health.health, name="health"),
    path("health/live/", health.live, name="health_live"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
    *router.urls,
]

accounts = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/<uidb36>-<key>/", account.password_reset_from_key, name="account_reset_password_from_key"),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("2fa/", include("allauth.mfa.urls")),
]

urlpatterns = [
    path("", include("pipeline.urls")),
    path("", include("notifications.urls")),
    path("", include("crm.urls")),
    path("api/v1/", include(api)),
    path("accounts/", include(accounts)),
    path("favicon.ico", login_not_required(RedirectView.as_view(url="/static/cultivar/mark.svg", permanent=True))),
]
