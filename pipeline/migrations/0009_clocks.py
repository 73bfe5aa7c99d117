"""Stops of the clock, versions of filing windows, steps of the timetable; every window known so far is its version 1."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from crm.append_only import forbid_updates


def first_versions(apps, schema_editor):
    Round, Version = apps.get_model("pipeline", "Round"), apps.get_model("pipeline", "RoundVersion")
    names = ("opens_on", "closes_on", "extended_to", "last_on", "notice_number")
    Version.objects.bulk_create(
        Version(
            round=known,
            number=1,
            change="extended" if known.extended_to else "opened",
            at=timezone.now(),
            **{name: getattr(known, name) for name in names},
        )
        for known in Round.objects.all()
    )


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0008_pending_results"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClockRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("programme", models.CharField(max_length=40, unique=True, verbose_name="计划")),
                (
                    "mode",
                    models.CharField(
                        choices=[("resume", "暂停后续计"), ("restart", "重新起算")],
                        max_length=10,
                        verbose_name="补正后的办理期限",
                    ),
                ),
            ],
            options={
                "verbose_name": "计时规则",
            },
        ),
        migrations.CreateModel(
            name="ClockStop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stage", models.CharField(max_length=20)),
                ("starts_on", models.DateField()),
                ("length", models.PositiveSmallIntegerField()),
                ("unit", models.CharField(max_length=10)),
                ("stopped_on", models.DateField(verbose_name="暂停日")),
                ("stopped_version", models.PositiveIntegerField()),
                ("remaining", models.PositiveSmallIntegerField(verbose_name="余下天数")),
                ("resumed_on", models.DateField(blank=True, null=True, verbose_name="恢复日")),
                ("resumed_version", models.PositiveIntegerField(null=True)),
                (
                    "ended",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("resumed", "已续计"),
                            ("restarted", "已重新起算"),
                            ("dropped", "已转入后续环节，不再计算"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stops", to="pipeline.application"
                    ),
                ),
            ],
            options={
                "verbose_name": "计时暂停",
                "ordering": ["application", "stopped_version"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("resumed_on", None)), fields=["application"], name="clock_standing_still"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("application", "stopped_version"), name="one_stop_per_event")
                ],
            },
        ),
        migrations.CreateModel(
            name="RoundVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "change",
                    models.CharField(
                        choices=[
                            ("opened", "发布"),
                            ("extended", "延长"),
                            ("shortened", "提前截止"),
                            ("moved", "调整窗口"),
                            ("noted", "更正文号等"),
                        ],
                        max_length=10,
                    ),
                ),
                ("opens_on", models.DateField()),
                ("closes_on", models.DateField()),
                ("extended_to", models.DateField(null=True)),
                ("last_on", models.DateField()),
                ("notice_number", models.CharField(blank=True, max_length=120)),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="pipeline.round"
                    ),
                ),
            ],
            options={
                "verbose_name": "批次版本",
                "ordering": ["round", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("round", "number"), name="one_number_per_round_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="TimetableStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20)),
                ("done_on", models.DateField()),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps_done",
                        to="pipeline.application",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "倒排步骤",
                "constraints": [models.UniqueConstraint(fields=("application", "code"), name="step_done_once")],
            },
        ),
        migrations.RunPython(first_versions, migrations.RunPython.noop),
        migrations.RunPython(*forbid_updates("pipeline_roundversion")),
    ]
