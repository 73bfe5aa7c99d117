from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.access import NOTHING, scope_of
from crm.choices import FirmStatus, TouchKind, TouchOutcome
from crm.fields import PathField
from crm.identifiers import name_key
from crm.models.search import FirmSearch

if TYPE_CHECKING:
    from crm.models.people import User

FEW = 2000
MOST_WORDS = 5  # that are looked for one by one


class FirmQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Firms this person may know of: officers by region, firm users by membership. One that went into another
        is known by that other alone."""
        return self.standing().filter(scope_of(user).q(firm="pk"))

    def standing(self):
        """Without those that went into another firm."""
        return self.filter(merged_into=None)

    def named_like(self, text: str, *, among: User | None = None):
        """Firms by a name of today or before, a contact person, the beginning of the credit code or of the initials;
        brackets, spaces and widths do not matter. `among` says whose firms these rows are already, if anybody's.
        Where nobody is called so, each of several words is looked for by itself, and firms with all of them are found.

        Looks at once: of a word that few firms hold, the firms are named by their keys and a database needs no guess;
        one that many hold is met soon on the way through the list. One statement, and one more for each word.
        Signs alone find nobody.
        """
        key = name_key(text)
        if not key:
            return self.none() if text.strip() else self
        found = FirmSearch.objects.matching(key)
        own = found.visible_to(among) if among else found
        keys = list(own.values_list("firm_id", flat=True)[: FEW + 1])
        words = [word for word in text.split() if name_key(word)][:MOST_WORDS]
        if not keys and len(words) > 1:
            return reduce(lambda rows, word: rows.named_like(word, among=among), words, self)
        if len(keys) <= FEW:
            return self.filter(pk__in=keys)
        return self.filter(models.Exists(FirmSearch.objects.of_firm(key)))


class Firm(models.Model):
    """A company the bureau knows. `region_path` repeats the region's path, so that scope is one indexed condition."""

    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    name = models.CharField(_("企业名称"), max_length=120)
    name_key = models.CharField(max_length=120, db_index=True, editable=False)
    name_core = models.CharField(max_length=120, db_index=True, editable=False, blank=True)  # filled in the night
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="absorbed")
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="firms", verbose_name=_("所属区划"))
    region_path = PathField(db_index=True, editable=False)
    officer = models.ForeignKey(
        "crm.User", models.SET_NULL, null=True, blank=True, related_name="firms", verbose_name=_("经办人员")
    )
    status = models.CharField(_("登记状态"), max_length=12, choices=FirmStatus, default=FirmStatus.ACTIVE)
    registered_on = models.DateField(_("成立日期"), null=True, blank=True)
    firm_type = models.CharField(_("企业类型"), max_length=60, blank=True)
    legal_representative = models.CharField(_("法定代表人"), max_length=60, blank=True)
    capital_amount = models.DecimalField(_("注册资本"), max_digits=20, decimal_places=2, null=True, blank=True)
    capital_currency = models.CharField(_("币种"), max_length=3, blank=True)
    industry = models.CharField(_("行业代码"), max_length=5, blank=True)
    business_scope = models.TextField(_("经营范围"), blank=True)
    address = models.CharField(_("注册地址"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    last_contact_on = models.DateField(_("最近联系"), null=True, editable=False)  # the latest call or visit
    next_action_on = models.DateField(_("下一步日期"), null=True, editable=False)  # the earliest open task

    objects = FirmQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="firm_newest"),
            models.Index(fields=["officer", "-updated_at", "-id"], name="firm_officer_newest"),
            models.Index(fields=["industry", "id"], name="firm_industry"),
            models.Index(fields=["last_contact_on", "id"], name="firm_last_contact"),
            models.Index(fields=["next_action_on", "id"], name="firm_next_action"),
            models.Index(fields=["registered_on", "id"], name="firm_registered"),
        ]
        verbose_name = _("企业")

    def __str__(self) -> str:
        return self.name

    @property
    def region_pending(self) -> bool:
        """县区待定: nobody has said yet which county the firm belongs to."""
        return self.region.is_city_or_above


class FormerName(models.Model):
    """A name the firm had before; official lists still carry it for a while."""

    firm = models.ForeignKey(Firm, models.CASCADE, related_name="former_names")
    name = models.CharField(_("曾用名"), max_length=120)
    name_key = models.CharField(max_length=120, db_index=True, editable=False)
    until_on = models.DateField(_("更名日期"), null=True, blank=True)

    class Meta:
        ordering = ["-until_on", "-pk"]
        constraints = [models.UniqueConstraint(fields=["firm", "name"], name="one_former_name_once")]
        verbose_name = _("曾用名")

    def __str__(self) -> str:
        return self.name


class TouchQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Officers see contact work by region; a firm's people and agents see only what was written for the firm."""
        scope = scope_of(user)
        shared = models.Q(public=True, firm__in=scope.firm_ids) if scope.firm_ids else NOTHING
        return self.filter(scope.q(path="firm__region_path", firm=None) | shared)


class Touch(models.Model):
    """One contact with a firm: a note, a call or a visit. Internal unless `public`: then the firm reads it too."""

    firm = models.ForeignKey(Firm, models.CASCADE, related_name="touches")
    kind = models.CharField(_("方式"), max_length=10, choices=TouchKind, default=TouchKind.NOTE)
    text = models.TextField(_("内容"))
    on = models.DateField(_("日期"))
    at = models.DateTimeField(default=timezone.now, editable=False)  # its place among everything that happened
    public = models.BooleanField(_("企业可见"), default=False)
    outcome = models.CharField(_("结果"), max_length=10, choices=TouchOutcome, blank=True, default="")
    actor = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="touches")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TouchQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["firm", "-on", "-id"], name="touch_newest"),
            models.Index(fields=["firm", "-at", "-id"], name="touch_in_time"),
        ]
        verbose_name = _("联系记录")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on}"
