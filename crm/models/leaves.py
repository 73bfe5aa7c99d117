from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.models.people import Post


class LeaveQuerySet(models.QuerySet["Leave"]):
    def visible_to(self, user):
        """One's own absences and those in which one stands in; whoever manages a region sees its people's."""
        if scope_of(user).everything:
            return self
        mine = Q(user=user) | Q(deputy=user)
        colleagues = Post.objects.visible_to(user).values("user")
        return self.filter(mine | Q(user__in=colleagues)) if scope_of(user).is_staff else self.filter(mine)

    def standing(self):
        return self.filter(cancelled_at=None)


class Leave(models.Model):
    """Somebody of the authority is away, and who stands in. It ends by itself; `until_on` is the last day away."""

    user = models.ForeignKey("crm.User", models.CASCADE, related_name="leaves", verbose_name=_("休假人员"))
    deputy = models.ForeignKey("crm.User", models.CASCADE, related_name="deputised", verbose_name=_("代理人员"))
    from_on = models.DateField(_("开始日期"))
    until_on = models.DateField(_("结束日期"))
    note = models.CharField(_("说明"), max_length=200, blank=True)
    made_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    cancelled_at = models.DateTimeField(null=True, editable=False)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        ordering = ["-from_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(until_on__gte=models.F("from_on")), name="leave_ends_after_begin"),
            models.CheckConstraint(condition=~Q(deputy=models.F("user")), name="leave_deputy_is_another"),
        ]
        verbose_name = _("休假代理")

    def __str__(self) -> str:
        return f"{self.user} {self.from_on}–{self.until_on} {self.deputy}"

    def is_on(self, day: date) -> bool:
        return self.cancelled_at is None and self.from_on <= day <= self.until_on


class LeaveDay(models.Model):
    """One day of an absence: no person is away twice on one day, whoever plans at the same moment."""

    leave = models.ForeignKey(Leave, models.CASCADE, related_name="days")
    user = models.ForeignKey("crm.User", models.CASCADE, related_name="+")
    on = models.DateField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "on"], name="away_once_a_day")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.on}"
