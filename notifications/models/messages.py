"""The outbox: what is to be told to whom. A mail is first a row; its unique key says what it is about."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField


class MessageState(models.TextChoices):
    DRAFT = "draft", _("待确认")
    HELD = "held", _("待汇总")
    QUEUED = "queued", _("待发送")
    LEASED = "leased", _("已领取")
    SENDING = "sending", _("发送中")
    SENT = "sent", _("已发送")
    UNCONFIRMED = "unconfirmed", _("结果未知")
    FAILED = "failed", _("发送失败")
    GIVEN_UP = "given_up", _("已放弃")
    EXPIRED = "expired", _("已过期未发")
    RECALLED = "recalled", _("已撤回")
    SUPERSEDED = "superseded", _("已作废")
    IN_APP = "in_app", _("仅站内")


NOT_TOLD = (MessageState.DRAFT, MessageState.RECALLED, MessageState.SUPERSEDED)  # nobody outside has heard of these
HELD_BACK = "bounced address"  # the error of a mail that was not tried, for its address refuses mail
WAITING = (MessageState.DRAFT, MessageState.HELD, MessageState.QUEUED)  # still ours: it can be changed or held back


class MessageKind(models.TextChoices):
    STAGE = "stage", _("进度通知")
    REMINDER = "reminder", _("期限提醒")
    MORNING = "morning", _("每日晨报")
    LETTER = "letter", _("办理信函")
    GAP_DIGEST = "gap_digest", _("每周缺口")
    ACCOUNT = "account", _("账号与授权")
    OPERATION = "operation", _("运行告警")
    EXPORT = "export", _("导出文件")


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
            told = models.Q(firm_id__in=scope.firm_ids, to_firm=True, channel=None)  # a text message only repeats
            wanted |= told & ~models.Q(state__in=NOT_TOLD)
        return self.filter(wanted)

    def told(self, user):
        """What this very person was told and may still know of; a morning mail and a text message only repeat it."""
        mine = self.filter(recipient=user, channel=None).exclude(kind=MessageKind.MORNING).exclude(state__in=NOT_TOLD)
        return mine.filter(
            models.Q(to_firm=False) | models.Q(firm=None) | models.Q(firm_id__in=scope_of(user).firm_ids)
        )


class Message(models.Model):
    """One thing told to one person, in the site and by mail where an address is known.

    With a `channel` it goes there instead of by mail; with a `bundle` that morning mail carries it.
    """

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(_("类型"), max_length=20, choices=MessageKind)
    recipient = models.ForeignKey(
        "crm.User", models.CASCADE, null=True, blank=True, related_name="messages", db_index=False
    )
    to = models.EmailField(_("收件地址"), blank=True)
    to_name = models.CharField(_("收件人"), max_length=60, blank=True)
    to_firm = models.BooleanField(default=False)
    stands_for = models.CharField(_("代谁办理"), max_length=60, blank=True, default="")  # told to a deputy
    firm = models.ForeignKey("crm.Firm", models.CASCADE, null=True, blank=True, related_name="messages", db_index=False)
    application = models.ForeignKey(
        "pipeline.Application", models.CASCADE, null=True, blank=True, related_name="messages", db_index=False
    )
    event = models.ForeignKey(
        "pipeline.StageEvent", models.CASCADE, null=True, blank=True, related_name="messages", db_index=False
    )
    deadline = models.ForeignKey(
        "pipeline.Deadline", models.SET_NULL, null=True, blank=True, related_name="messages", db_index=False
    )
    channel = models.ForeignKey(
        "notifications.Channel", models.PROTECT, null=True, blank=True, related_name="messages", db_index=False
    )
    attachment = models.ForeignKey(
        "notifications.Attachment", models.PROTECT, null=True, blank=True, related_name="messages", db_index=False
    )
    bundle = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="bundled", db_index=False)
    template = models.CharField(max_length=40, blank=True)
    template_version = models.PositiveIntegerField(default=0)  # 0: the text that comes with the product
    language = models.CharField(max_length=10, default="zh-hans")
    statutory = models.BooleanField(default=False)  # the law asks for it: nobody can unsubscribe
    edited_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    edited_at = models.DateTimeField(null=True, blank=True)
    parts = models.JSONField(default=dict)  # what text and HTML are made of, so that a draft can be edited
    handled_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    handled_at = models.DateTimeField(null=True, blank=True)  # when a person sent, recalled or discarded it
    reason = models.CharField(max_length=200, blank=True)
    region_path = PathField(editable=False, blank=True)
    subject = models.CharField(_("主题"), max_length=200)
    body = models.TextField(_("正文"))
    html = models.TextField(blank=True)
    link = models.CharField(max_length=200, blank=True)
    urgent = models.BooleanField(default=False)
    state = models.CharField(_("状态"), max_length=12, choices=MessageState, default=MessageState.QUEUED)
    planned_for = models.DateField(null=True, editable=False)  # the morning that a reminder belongs to
    send_after = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    swept = models.PositiveSmallIntegerField(default=0)  # how often in a row its worker was lost
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
            models.Index(fields=["-id"], name="message_dead", condition=models.Q(state="failed")),
            models.Index(fields=["recipient", "-id"], name="message_of_person"),
            models.Index(
                fields=["planned_for", "recipient"], name="message_to_gather", condition=models.Q(state="held")
            ),
            models.Index(
                fields=["recipient", "planned_for"],
                name="message_of_morning",
                condition=models.Q(planned_for__isnull=False),
            ),
            models.Index(fields=["region_path", "-id"], name="message_of_region"),
            models.Index(fields=["state", "-id"], name="message_in_state"),
            models.Index(fields=["firm", "-id"], name="message_of_firm"),
            # Most rows have none of these: a row changes state three times on its way, and each full index with it.
            *(
                models.Index(fields=[name], name=f"message_{name}", condition=models.Q(**{f"{name}__isnull": False}))
                for name in (
                    "application",
                    "event",
                    "deadline",
                    "channel",
                    "attachment",
                    "bundle",
                    "edited_by",
                    "handled_by",
                )
            ),
        ]
        verbose_name = _("消息")

    def __str__(self) -> str:
        return self.key

    @property
    def is_held_back(self) -> bool:
        """True where nothing was tried: the address refuses mail."""
        return self.state == MessageState.FAILED and self.error == HELD_BACK


class Delivery(models.Model):
    """One attempt to send a message, and what came of it."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="deliveries")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=MessageState)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["at"], name="delivery_by_time")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.outcome}"
