from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import RequestState
from crm.fields import PathField
from crm.files import shown_name


class RegistrationRequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Officers of the firm's region; of a firm nobody knows, the city's desk. People of firms see none."""
        scope = scope_of(user)
        if scope.everything:
            return self
        known = scope.q(path="firm__region_path", firm=None) & models.Q(firm__isnull=False)
        if scope.at_city():
            known |= scope.q(firm=None) & models.Q(firm=None)
        return self.filter(known)

    def pending(self):
        return self.filter(state=RequestState.PENDING)


class RegistrationRequest(models.Model):
    """Somebody asks for an account of a firm. An officer decides; the asker learns only the decision."""

    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    firm = models.ForeignKey("crm.Firm", models.CASCADE, null=True, blank=True, related_name="registration_requests")
    region_path = PathField(editable=False, blank=True)  # the city's desk, where the firm is not known
    firm_name = models.CharField(_("企业名称"), max_length=120)
    name = models.CharField(_("姓名"), max_length=60)
    phone = models.CharField(_("电话"), max_length=40)
    email = models.EmailField(_("邮箱"))
    note = models.TextField(_("说明"), blank=True, max_length=1000)
    file = models.FileField(_("授权书"), upload_to="registrations/%Y/", blank=True, max_length=200)
    state = models.CharField(_("状态"), max_length=10, choices=RequestState, default=RequestState.PENDING)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(_("不通过的原因"), max_length=300, blank=True)

    objects = RegistrationRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                "credit_code",
                condition=models.Q(state="pending"),
                name="one_pending_request_per_address",
            )
        ]
        indexes = [models.Index(fields=["state", "-id"], name="registration_state")]
        verbose_name = _("注册申请")

    def __str__(self) -> str:
        return f"{self.credit_code} {self.email}"

    @property
    def file_name(self) -> str:
        return shown_name(self.file)
