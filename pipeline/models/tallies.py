"""The compiled counts: cells by day, what each firm or entry gave to them, and who must be counted again."""

from __future__ import annotations

from django.db import models

from crm.fields import CompactEncoder, PathField
from pipeline.choices import TallyKind


class CountCell(models.Model):
    """By how much one number changed on a day in one place, and when we learned of it.

    A number as of a day is the sum of its cells up to that day; as known on a day, of the cells known by then. So a
    report of last June can be given again as it was, or as we know it today. `amount` is in millionths and exact.
    """

    family = models.CharField(max_length=20)
    subject = models.CharField(max_length=60)  # the programme, or the code of a manual indicator
    region_path = PathField()
    on = models.DateField()
    known_on = models.DateField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["family", "subject", "region_path", "on", "known_on"], name="one_count_cell"
            )
        ]
        indexes = [models.Index(fields=["on", "family"], name="count_cell_day")]

    def __str__(self) -> str:
        return f"{self.family} {self.subject} {self.region_path} {self.on} {self.amount}"


class Tallied(models.Model):
    """What a firm, or one entry, gave to the cells when it was last counted; what it gives now replaces it.

    Plain keys: the row outlives a firm that is removed, so that what it gave can be taken out.
    """

    kind = models.CharField(max_length=6, choices=TallyKind)
    object_id = models.BigIntegerField()
    gave = models.JSONField(encoder=CompactEncoder)  # [[family, subject, region path, day, amount], …]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="one_tally_per_object")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class Uncounted(models.Model):
    """A firm or an entry that changed since it was counted. Written in the change's own transaction, perhaps twice."""

    kind = models.CharField(max_length=6, choices=TallyKind)
    object_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
