"""How people come to act for a firm: invited to belong to it, or mandated to act on its behalf for a time."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access import scope_of
from crm.files import shown_name


def spoken(agent: str, firm: str) -> str:
    """How an act on a mandate reads: who acts, for whom."""
    return _("代理人 {agent} 代 {firm}").format(agent=agent, firm=firm)


class GrantQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Officers by region and the firm's own people; an agent learns nothing of the others."""
        scope = scope_of(user)
        own = models.Q(firm_id__in=scope.member_ids)
        return self.filter(scope.q(path="firm__region_path", firm=None) | own)


class MandateQuerySet(GrantQuerySet):
    def in_force(self, today: date):
        """Accepted by the agent, begun, not over and not revoked."""
        return self.filter(revoked_at=None, starts_on__lte=today, ends_on__gte=today).exclude(agent=None)


class Mandate(models.Model):
    """A firm lets an agent act for it, from one day to another; `agent` is empty until the agent has accepted."""

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="mandates")
    agent = models.ForeignKey("crm.User", models.CASCADE, null=True, related_name="mandates")
    name = models.CharField(gettext_lazy("代理人姓名"), max_length=60)
    agency = models.CharField(gettext_lazy("代理机构"), max_length=120, blank=True)
    email = models.EmailField(gettext_lazy("代理人邮箱"))
    starts_on = models.DateField(gettext_lazy("起始日期"))
    ends_on = models.DateField(gettext_lazy("截止日期"))
    authority = models.CharField(gettext_lazy("授权依据"), max_length=200, blank=True)
    file = models.FileField(gettext_lazy("授权书"), upload_to="mandates/%Y/", blank=True, max_length=200)
    granted_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(gettext_lazy("撤销原因"), max_length=200, blank=True)

    objects = MandateQuerySet.as_manager()

    class Meta:
        ordering = ["-ends_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(starts_on__lte=models.F("ends_on")), name="mandate_ends_after_it_begins"
            )
        ]
        indexes = [models.Index(fields=["agent", "ends_on"], name="mandate_of_agent")]
        verbose_name = gettext_lazy("代理授权")

    def __str__(self) -> str:
        return self.who

    @property
    def who(self) -> str:
        """王五（某某事务所）."""
        return f"{self.name}（{self.agency}）" if self.agency else self.name

    @property
    def state(self) -> str:
        """revoked, over, waiting (for the agent), coming or in_force; as of today in Shanghai."""
        today = timezone.localdate()
        if self.revoked_at:
            return "revoked"
        if self.ends_on < today:
            return "over"
        if self.agent_id is None:
            return "waiting"
        return "coming" if self.starts_on > today else "in_force"

    @property
    def can_be_revoked(self) -> bool:
        return self.state not in {"revoked", "over"}

    @property
    def file_name(self) -> str:
        return shown_name(self.file)


class InvitationQuerySet(GrantQuerySet):
    def open(self):
        """Neither used nor taken back; it may have run out, and can then be sent again."""
        return self.filter(accepted_at=None, withdrawn_at=None)


class Invitation(models.Model):
    """A link by mail that lets its holder become a person of the firm, or the agent of a mandate. Used once."""

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="invitations")
    mandate = models.ForeignKey(Mandate, models.CASCADE, null=True, related_name="invitations")
    email = models.EmailField(gettext_lazy("邮箱"))
    name = models.CharField(gettext_lazy("姓名"), max_length=60)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)  # the link itself is only in the mail
    invited_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-invited_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                "firm",
                condition=models.Q(accepted_at=None, withdrawn_at=None, mandate=None),
                name="one_open_invitation_per_firm",
            )
        ]
        verbose_name = gettext_lazy("邀请")

    def __str__(self) -> str:
        return f"{self.email} @ {self.firm_id}"

    @property
    def state(self) -> str:
        """accepted, withdrawn, expired or open."""
        if self.accepted_at:
            return "accepted"
        if self.withdrawn_at:
            return "withdrawn"
        return "expired" if self.expires_at <= timezone.now() else "open"
