from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import JobState


class JobQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A job belongs to the person who started it; administrators see all."""
        if scope_of(user).everything:
            return self
        return self.filter(actor=user) if user.is_authenticated else self.none()


class Job(models.Model):
    """One run of background work: what it is, how far it is, what came of it. The row is the truth, the task a hint."""

    kind = models.CharField(_("类型"), max_length=40)
    key = models.CharField(max_length=80, blank=True)  # what it is about: never twice unfinished at the same time
    title = models.CharField(_("任务"), max_length=120)
    params = models.JSONField(default=dict)
    state = models.CharField(_("状态"), max_length=10, choices=JobState, default=JobState.QUEUED)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    actor = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="jobs")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["state", "alive_at"], name="job_unfinished", condition=models.Q(state__in=["queued", "running"])
            ),
            models.Index(fields=["key", "-id"], name="job_newest_of_key", condition=~models.Q(key="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                name="one_unfinished_job_per_key",
                condition=models.Q(state__in=["queued", "running"]) & ~models.Q(key=""),
            )
        ]
        verbose_name = _("后台任务")

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


class JobChunk(models.Model):
    """A part of a job that a worker does on its own: several workers share a job, and a killed one loses one part."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    alive_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="one_chunk_per_number")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"


class Heartbeat(models.Model):
    """When something was last seen alive: one row per name, such as `queue` or a periodic task."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()
    result = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class DemoRow(models.Model):
    """A row that the demonstration city made, so that `demo_city --clear` removes those and only those."""

    model = models.CharField(max_length=60)
    object_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "object_id"], name="one_demo_mark")]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}"
