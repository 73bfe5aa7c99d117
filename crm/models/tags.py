from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField


class TagQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Tags of the person's regions, and those of the regions above them; a firm user sees none."""
        return self.filter(scope_of(user).near())

    def standing(self):
        """Those that firms can still be given."""
        return self.filter(retired_at=None)


class Tag(models.Model):
    """A word officers put on firms of a region, such as 重点培育. Internal; retired, never deleted."""

    name = models.CharField(_("标签"), max_length=20)
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+", verbose_name=_("区划"))
    region_path = PathField(editable=False)
    made_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["region_path", "name"]
        constraints = [models.UniqueConstraint(fields=["region", "name"], name="one_tag_of_a_name_in_a_region")]
        verbose_name = _("标签")

    def __str__(self) -> str:
        return self.name


class FirmTag(models.Model):
    """A firm has a tag, since when and by whom."""

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="tagged")
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="tagged")
    by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "tag"], name="one_tag_once_a_firm")]
        verbose_name = _("企业标签")

    def __str__(self) -> str:
        return f"{self.firm_id}/{self.tag_id}"
