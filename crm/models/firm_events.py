from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import FirmEventKind, FirmStatus


class FirmEventQuerySet(models.QuerySet):
    def visible_to(self, user):
        """For people of the authority alone, of the firms of their regions."""
        return self.filter(scope_of(user).q(path="firm__region_path", firm=None))

    def standing(self):
        """Without those that were recorded by mistake and taken back."""
        return self.filter(withdrawn_at=None)

    def of_places(self):
        """Those after which the firm belongs elsewhere, or nowhere here."""
        return self.exclude(kind=FirmEventKind.RENAMED)


class FirmEvent(models.Model):
    """The firm changed its name or its place, or ended: from which day, on what evidence, who recorded it.

    `on` is the day from which it holds, whenever it was recorded: the counts follow it. A row is never changed; one
    that was wrong is withdrawn with its reason, and the firm is again what it was before. `before` and `after` are
    what people read: names, or places, also those outside our regions.
    """

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="events")
    kind = models.CharField(_("变动"), max_length=12, choices=FirmEventKind)
    on = models.DateField(_("变动日期"))
    before = models.CharField(max_length=120, blank=True)
    after = models.CharField(max_length=120, blank=True)
    region_before = models.ForeignKey("crm.Region", models.PROTECT, null=True, related_name="+")
    region_after = models.ForeignKey("crm.Region", models.PROTECT, null=True, related_name="+")
    status_before = models.CharField(max_length=12, choices=FirmStatus)
    status_after = models.CharField(max_length=12, choices=FirmStatus)
    document = models.CharField(_("依据"), max_length=200, blank=True)
    merge = models.ForeignKey("crm.Merge", models.SET_NULL, null=True, related_name="events")
    batch = models.ForeignKey("crm.Import", models.SET_NULL, null=True, related_name="events")
    actor = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    withdraw_reason = models.CharField(_("撤销原因"), max_length=200, blank=True)

    objects = FirmEventQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["firm", "-on", "-id"], name="firm_event_newest")]
        verbose_name = _("企业变动")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on}"

    @property
    def place_before(self) -> str:
        """The region path where the firm belonged until the day; empty where it was none of ours."""
        here = self.kind != FirmEventKind.MOVED_IN and self.status_before == FirmStatus.ACTIVE
        return self.region_before.path if here and self.region_before else ""

    @property
    def place_after(self) -> str:
        """The region path where it belongs from the day on; empty where it has left or ended."""
        return self.region_after.path if self.status_after == FirmStatus.ACTIVE and self.region_after else ""
