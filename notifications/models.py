"""The outbox: what is to be told to whom. A mail is first a row; its unique key says what it is about."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import Role
from crm.fields import PathField

CITY_DEPTH = 2  # 自治区/市/


class MessageState(models.TextChoices):
    QUEUED = "queued", _("待发送")
    LEASED = "leased", _("已领取")
    SENDING = "sending", _("发送中")
    SENT = "sent", _("已发送")
    UNCONFIRMED = "unconfirmed", _("结果未知")
    FAILED = "failed", _("发送失败")
    EXPIRED = "expired", _("已过期未发")
    IN_APP = "in_app", _("仅站内")


class MessageKind(models.TextChoices):
    STAGE = "stage", _("进度通知")
    REMINDER = "reminder", _("期限提醒")
    GAP_DIGEST = "gap_digest", _("每周缺口")
    ACCOUNT = "account", _("账号与授权")


class MessageQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own messages; officers also those of their region, firm users those sent to their firm.

        What was told to somebody for a firm is theirs only while they belong to it or act for it.
        """
        scope = scope_of(user)
        if not user.is_authenticated:
            return self.none()
        wanted = scope.q(firm=None)
        if not scope.everything:
            wanted |= models.Q(recipient=user, to_firm=False)
        if scope.firm_ids:
            wanted |= models.Q(firm_id__in=scope.firm_ids, to_firm=True)
        return self.filter(wanted)

    def told(self, user):
        """What this very person was told and may still know of."""
        mine = self.filter(recipient=user)
        return mine.filter(
            models.Q(to_firm=False) | models.Q(firm=None) | models.Q(firm_id__in=scope_of(user).firm_ids)
        )


class Message(models.Model):
    """One thing told to one person, in the site and by mail where an address is known."""

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(_("类型"), max_length=20, choices=MessageKind)
    recipient = models.ForeignKey("crm.User", models.CASCADE, null=True, blank=True, related_name="messages")
    to = models.EmailField(_("收件地址"), blank=True)
    to_name = models.CharField(_("收件人"), max_length=60, blank=True)
    to_firm = models.BooleanField(default=False)
    firm = models.ForeignKey("crm.Firm", models.CASCADE, null=True, blank=True, related_name="messages")
    application = models.ForeignKey(
        "pipeline.Application", models.CASCADE, null=True, blank=True, related_name="messages"
    )
    region_path = PathField(editable=False, blank=True)
    subject = models.CharField(_("主题"), max_length=200)
    body = models.TextField(_("正文"))
    html = models.TextField(blank=True)
    link = models.CharField(max_length=200, blank=True)
    urgent = models.BooleanField(default=False)
    state = models.CharField(_("状态"), max_length=12, choices=MessageState, default=MessageState.QUEUED)
    send_after = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    resent = models.BooleanField(default=False)  # sent a second time after silence: possibly doubled
    error = models.TextField(blank=True)
    message_id = models.CharField(max_length=120, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["send_after", "id"],
                name="message_to_send",
                condition=models.Q(state__in=["queued", "leased", "sending", "unconfirmed"]),
            ),
            models.Index(fields=["recipient", "-id"], name="message_of_person"),
            models.Index(fields=["region_path", "-id"], name="message_of_region"),
        ]
        verbose_name = _("消息")

    def __str__(self) -> str:
        return self.key


class Delivery(models.Model):
    """One attempt to send a message, and what came of it."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="deliveries")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=MessageState)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.message_id} {self.outcome}"


class Digest(models.Model):
    """The ledger of periodic mails: one row per kind, person and period, whatever restarts or doubles happen."""

    kind = models.CharField(max_length=20, choices=MessageKind)
    recipient = models.ForeignKey("crm.User", models.CASCADE, related_name="digests")
    period = models.CharField(max_length=12)  # 2026-W47
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    snapshot_as_of = models.DateField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "recipient", "period"], name="one_digest_per_person_and_period")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.recipient} {self.period}"


class MailQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Mail to oneself. The city's administrators see the whole box, a county's what went out for their county.

        Whose a mail is was settled when it was written: taking over an address later opens nothing.
        """
        scope = scope_of(user)
        if not user.is_authenticated:
            return self.none()
        managed = [path for path, role in scope.posts if role == Role.ADMIN]
        if scope.everything or any(path.count("/") <= CITY_DEPTH for path in managed):
            return self
        wanted = models.Q(recipient=user)
        for path in managed:
            wanted |= models.Q(region_path__under=path)
        return self.filter(wanted)


class Mail(models.Model):
    """A mail that did not leave the machine: where no mail server is set, `/mailbox/` shows these."""

    address = models.EmailField(db_index=True)
    recipient = models.ForeignKey("crm.User", models.CASCADE, null=True, related_name="mails")
    region_path = PathField(editable=False, blank=True)
    subject = models.CharField(max_length=300)
    message_id = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    at = models.DateTimeField()

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("邮件")

    def __str__(self) -> str:
        return self.subject
