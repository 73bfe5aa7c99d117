from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField


class SavedViewQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and what is shared in a region that one's own regions hold or lie in; firm users see none."""
        scope = scope_of(user)
        if not scope.is_staff:
            return self.none()
        return self.filter(models.Q(owner=user) | models.Q(shared=True) & scope.near())


class SavedView(models.Model):
    """The firm list as somebody wants to see it again: filters, order and columns, under a name.

    It names no region and holds no firms: whoever opens it sees their own. `region_path` is where it is shared.
    """

    owner = models.ForeignKey("crm.User", models.CASCADE, related_name="views")
    name = models.CharField(_("名称"), max_length=40)
    query = models.TextField(blank=True)
    shared = models.BooleanField(_("共享"), default=False)
    pinned = models.BooleanField(_("固定"), default=False)
    region_path = PathField(editable=False, blank=True, db_index=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="one_view_of_a_name"),
            models.CheckConstraint(
                condition=models.Q(shared=False) | ~models.Q(region_path=""), name="shared_view_has_region"
            ),
        ]
        verbose_name = _("视图")

    def __str__(self) -> str:
        return self.name
