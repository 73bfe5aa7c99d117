"""Imagined ends of a year that somebody wants to find again. They touch no data."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))


class Scenario(models.Model):
    """What was imagined of one target, as the address of the page carries it."""

    name = models.CharField(_("名称"), max_length=80)
    owner = models.ForeignKey("crm.User", models.CASCADE, related_name="scenarios")
    region = models.ForeignKey("crm.Region", models.CASCADE, related_name="+")
    region_path = PathField(editable=False)
    indicator = models.ForeignKey("pipeline.Indicator", models.CASCADE, related_name="+")
    year = models.PositiveSmallIntegerField(_("年度"))
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_scenario_per_name")]
        verbose_name = _("推演")

    def __str__(self) -> str:
        return self.name
