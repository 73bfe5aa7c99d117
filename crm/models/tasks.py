from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import TaskKind

OPEN = models.Q(done_at=None, cancelled_at=None)


class TaskQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What officers plan is internal: firm users see none of it, promises included."""
        return self.filter(scope_of(user).q(path="firm__region_path", firm=None))

    def open(self):
        """Neither done nor cancelled."""
        return self.filter(OPEN)

    def overdue(self, today: date):
        """Open, and due before `today`."""
        return self.open().filter(due_on__lt=today)

    def promises(self):
        """What firms said that they would do."""
        return self.filter(kind=TaskKind.PROMISE)

    def broken(self, today: date):
        """Promises that were not kept in time and still are not."""
        return self.promises().overdue(today)


class Task(models.Model):
    """Something that is to be done with a firm, by whom and by when; or a promise of the firm that somebody watches.

    Open until `done_at` or `cancelled_at`; never both. `next_task` is what was planned when this one was done.
    """

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="tasks")
    kind = models.CharField(_("类型"), max_length=10, choices=TaskKind, default=TaskKind.TASK)
    title = models.CharField(_("待办事项"), max_length=120)
    owner = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="tasks", verbose_name=_("负责人"))
    due_on = models.DateField(_("到期日"))
    touch = models.ForeignKey("crm.Touch", models.SET_NULL, null=True, related_name="tasks")  # where it was agreed
    created_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    outcome = models.CharField(_("结果"), max_length=300, blank=True)  # of a cancelled one the reason
    next_task = models.OneToOneField("self", models.SET_NULL, null=True, related_name="previous_task")

    objects = TaskQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "due_on", "id"], condition=OPEN, name="task_of_owner"),
            models.Index(fields=["firm", "due_on", "id"], condition=OPEN, name="task_of_firm"),
            models.Index(fields=["firm", "-created_at", "-id"], name="task_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_at=None) | models.Q(cancelled_at=None), name="task_ends_once"
            )
        ]
        verbose_name = _("待办")

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.cancelled_at is None

    @property
    def is_promise(self) -> bool:
        return self.kind == TaskKind.PROMISE

    def is_overdue(self, today: date) -> bool:
        """Open and past its day; an overdue promise is a broken one."""
        return self.is_open and self.due_on < today
