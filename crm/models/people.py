from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import Role


class User(AbstractUser):
    """A person with an account: an officer by posts, a firm's person by memberships, sometimes both."""

    first_name = None  # type: ignore[assignment]  # a Chinese name is one field
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("姓名"), max_length=60)
    phone = models.CharField(_("电话"), max_length=40, blank=True)
    language = models.CharField(_("语言"), max_length=10, default="zh-hans")
    single_keys = models.BooleanField(_("单个按键"), default=True)  # WCAG 2.1.4: they can be switched off
    calendar_key = models.CharField(max_length=43, blank=True, editable=False)  # the secret address of the feed

    REQUIRED_FIELDS = ["name", "email"]

    class Meta(AbstractUser.Meta):
        verbose_name = _("用户")  # type: ignore[assignment]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar_key"], condition=~models.Q(calendar_key=""), name="one_person_per_calendar"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class PostQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(path="region__path", firm=None))


class Post(models.Model):
    """A person's role in a region: what they see and what they may do follow from it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="posts")
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="posts")
    role = models.CharField(_("角色"), max_length=10, choices=Role)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["region__path", "role", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "region", "role"], name="one_post_per_region_role")]
        verbose_name = _("岗位")

    def __str__(self) -> str:
        return f"{self.user} {self.region} {self.get_role_display()}"


class FirmPersonQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(path="firm__region_path"))


class Membership(models.Model):
    """A firm's own person: sees that firm's applications and may act for it until `ended_on`."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="memberships")
    started_on = models.DateField(_("开始日期"))
    ended_on = models.DateField(_("结束日期"), null=True, blank=True)

    objects = FirmPersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "firm"], condition=models.Q(ended_on=None), name="one_open_membership_per_firm"
            )
        ]
        verbose_name = _("企业账号")

    def __str__(self) -> str:
        return f"{self.user} @ {self.firm}"


class Contact(models.Model):
    """A person at a firm whom officers call or write to, with or without an account."""

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="contacts")
    name = models.CharField(_("姓名"), max_length=60)
    title = models.CharField(_("职务"), max_length=60, blank=True)
    phone = models.CharField(_("电话"), max_length=40, blank=True)
    email = models.EmailField(_("邮箱"), blank=True)

    objects = FirmPersonQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["firm", "name"], name="one_contact_per_name")]
        verbose_name = _("联系人")

    def __str__(self) -> str:
        return self.name
