"""What editions said of firms, editions being written, and firms picked out of a screening."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import crm.fields


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0003_rights_and_credentials"),
        ("pipeline", "0002_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Shortlist",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="名称")),
                ("programme", models.CharField(max_length=40, verbose_name="计划")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="shortlists",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="pipeline.policyedition"
                    ),
                ),
                ("firms", models.ManyToManyField(related_name="shortlists", to="crm.firm")),
                (
                    "region",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.region"),
                ),
            ],
            options={
                "verbose_name": "候选名单",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Assessment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("programme", models.CharField(max_length=40, verbose_name="计划")),
                ("on", models.DateField(verbose_name="评估日期")),
                ("good_until", models.DateField()),
                (
                    "verdict",
                    models.CharField(
                        choices=[("met", "符合"), ("not_met", "不符合"), ("unknown", "待定")],
                        max_length=10,
                        verbose_name="结论",
                    ),
                ),
                (
                    "bucket",
                    models.CharField(
                        choices=[
                            ("met", "已达标"),
                            ("ready", "待专家评定"),
                            ("lacks_one", "差一项"),
                            ("lacks_two", "差两项"),
                            ("lacks_more", "差三项以上"),
                            ("unknown", "数据不全"),
                            ("impossible", "不可能"),
                        ],
                        max_length=12,
                        verbose_name="分类",
                    ),
                ),
                ("score_min", models.PositiveSmallIntegerField(null=True)),
                ("score_max", models.PositiveSmallIntegerField(null=True)),
                ("lacking", models.TextField(blank=True)),
                ("asking", models.TextField(blank=True)),
                ("estimated", models.BooleanField(default=False)),
                ("inputs", models.JSONField(encoder=crm.fields.CompactEncoder)),
                ("inputs_digest", models.CharField(max_length=32)),
                ("outcome", models.JSONField(encoder=crm.fields.CompactEncoder)),
                ("made_at", models.DateTimeField()),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assessments",
                        to="pipeline.policyedition",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="assessments", to="crm.firm"
                    ),
                ),
            ],
            options={
                "verbose_name": "条件评估",
                "indexes": [
                    models.Index(fields=["edition", "region_path", "bucket", "lacking"], name="assessment_counts"),
                    models.Index(fields=["edition", "bucket", "firm"], name="assessment_list"),
                    models.Index(fields=["firm", "programme"], name="assessment_of_firm"),
                ],
                "constraints": [models.UniqueConstraint(fields=("firm", "edition"), name="one_assessment_per_edition")],
            },
        ),
        migrations.CreateModel(
            name="PolicyDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("programme", models.CharField(max_length=40, verbose_name="计划")),
                ("code", models.CharField(max_length=40, verbose_name="版本")),
                ("content", models.JSONField()),
                ("version", models.PositiveIntegerField(default=0)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "based_on",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="drafts", to="pipeline.policyedition"
                    ),
                ),
                (
                    "published",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="pipeline.policyedition",
                    ),
                ),
            ],
            options={
                "verbose_name": "政策草稿",
                "ordering": ["-updated_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("published", None)), fields=("programme", "code"), name="one_draft_per_code"
                    )
                ],
            },
        ),
    ]
