"""What was forecast, week by week, and what people judged of single applications."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField
from pipeline.choices import Confidence


class ForecastQuerySet(models.QuerySet["Forecast"]):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))

    def ledger(self):
        """What was said at the time, without what was worked out afterwards."""
        return self.filter(replayed=False)


class Forecast(models.Model):
    """The forecast of one target, as of a day: one row a week, the last of the week stays.

    `low` and `high` are the 10 % and the 90 % point, `probability` that of meeting the target; all are empty with too
    little history. `history` is how many earlier cases stand behind it. `outcome` is what it came to, once that is
    known. A `replayed` row was made afterwards, from what was known on the day.
    """

    region = models.ForeignKey("crm.Region", models.CASCADE, related_name="forecasts")
    region_path = PathField(editable=False)
    indicator = models.ForeignKey("pipeline.Indicator", models.PROTECT, related_name="forecasts")
    year = models.PositiveSmallIntegerField(_("年度"))
    week = models.CharField(max_length=8)  # 2026-W47
    as_of = models.DateField(_("截至"))
    made_at = models.DateTimeField(_("生成时间"))
    replayed = models.BooleanField(default=False)
    done = models.DecimalField(_("已完成"), max_digits=18, decimal_places=2)
    target = models.DecimalField(_("目标"), max_digits=18, decimal_places=6, null=True)
    expected = models.DecimalField(_("预计"), max_digits=18, decimal_places=2, null=True)
    low = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    high = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    probability = models.DecimalField(_("完成概率"), max_digits=5, decimal_places=4, null=True)
    history = models.PositiveIntegerField(_("历史样本"))
    confidence = models.CharField(max_length=8, choices=Confidence)
    outcome = models.DecimalField(_("实际"), max_digits=18, decimal_places=2, null=True)
    data = models.JSONField(default=dict)

    objects = ForecastQuerySet.as_manager()

    class Meta:
        ordering = ["-as_of", "indicator", "region_path"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "indicator", "year", "week", "replayed"], name="one_forecast_per_week"
            )
        ]
        indexes = [models.Index(fields=["year", "replayed", "as_of"], name="forecast_by_year")]
        verbose_name = _("预测")

    def __str__(self) -> str:
        return f"{self.indicator} {self.region} {self.as_of}"

    @property
    def gap(self) -> Decimal | None:
        """What is expected to be missing at the cut-off; 0 where the target is expected to be met."""
        if self.target is None or self.expected is None:
            return None
        return max(self.target - self.expected, Decimal(0))

    @property
    def classes(self) -> tuple[int, int, int] | None:
        """How many open applications are sure, within reach and growing; None without a forecast."""
        found = self.data.get("classes")
        return (found[0], found[1], found[2]) if found else None

    @property
    def judged(self) -> dict[str, float] | None:
        """The forecast with the probabilities that people set; None where nobody set one."""
        return self.data.get("judged")

    @property
    def open_count(self) -> int | None:
        return self.data.get("open")

    @property
    def names_all(self) -> bool:
        """True where every open application behind it is named, not only those most in doubt."""
        return len(self.data.get("applications", ())) == self.open_count


class CourseBlock(models.Model):
    """What is known of the courses of many applications, as arrays (pipeline.selectors.courses); made from their rows
    at any time. `mark` says of which rows it was made."""

    programme = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    mark = models.CharField(max_length=40)
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["programme", "number"], name="one_course_block")]

    def __str__(self) -> str:
        return f"{self.programme} {self.number}"


class OverrideQuerySet(models.QuerySet["Override"]):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(path="application__region_path", firm=None))

    def current(self):
        return self.filter(superseded_at=None)


class Override(models.Model):
    """What somebody judges the probability of one application to be, and why; kept beside the forecast's own.

    `outcome` is what it speaks of: a title, or `submit` for the filing. An empty probability withdraws the one before.
    """

    application = models.ForeignKey("pipeline.Application", models.CASCADE, related_name="overrides")
    outcome = models.CharField(max_length=12)
    probability = models.DecimalField(_("判断概率"), max_digits=4, decimal_places=3, null=True)
    reason = models.CharField(_("理由"), max_length=300)
    by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "outcome"],
                condition=models.Q(superseded_at=None),
                name="one_current_override",
            )
        ]
        verbose_name = _("人工判断")

    def __str__(self) -> str:
        return f"{self.application} {self.probability}"
