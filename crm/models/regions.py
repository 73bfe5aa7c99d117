from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import RegionKind
from crm.fields import PathField


class RegionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The regions this user's posts cover. A firm user sees none."""
        return self.filter(scope_of(user).q(path="path", firm=None))

    def within(self, region: Region):
        """The region and everything below it."""
        return self.filter(path__under=region.path)


class Region(models.Model):
    """A node of the one tree 自治区 → 市 → 县(市、区) → 功能区. `path` holds the codes from the root down."""

    code = models.CharField(_("区划代码"), max_length=12, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    short_name = models.CharField(_("简称"), max_length=20)
    kind = models.CharField(_("层级"), max_length=10, choices=RegionKind)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = PathField(unique=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        verbose_name = _("行政区划")

    def __str__(self) -> str:
        return self.name

    @property
    def is_city_or_above(self) -> bool:
        return self.kind in {RegionKind.CITY, RegionKind.PROVINCE}
