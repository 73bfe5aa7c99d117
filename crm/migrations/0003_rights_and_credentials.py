"""Rights and credentials one by one, the file behind a figure, and jobs that several workers share."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0002_regions_and_history"),
    ]

    operations = [
        migrations.AddField(
            model_name="fact",
            name="file",
            field=models.FileField(blank=True, max_length=200, upload_to="facts/%Y/", verbose_name="证明材料"),
        ),
        migrations.AlterField(
            model_name="fact",
            name="source",
            field=models.CharField(
                choices=[
                    ("register", "逐项登记"),
                    ("audit", "专项审计"),
                    ("tax", "税务申报"),
                    ("statistics", "统计报表"),
                    ("declared", "企业申报"),
                    ("estimate", "经办人员估计"),
                ],
                max_length=12,
                verbose_name="来源",
            ),
        ),
        migrations.CreateModel(
            name="Credential",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("science_award", "国家科学技术奖"),
                            ("rd_institution", "研发机构"),
                            ("standard_led", "主导制定标准"),
                            ("gazelle_library", "瞪羚企业培育库"),
                            ("chief_technology_officer", "首席技术官"),
                            ("high_tech_certificate", "高新技术企业证书"),
                        ],
                        max_length=30,
                        verbose_name="种类",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="名称")),
                (
                    "level",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("national", "国家级"),
                            ("ministerial", "部级"),
                            ("provincial", "省级"),
                            ("municipal", "市级"),
                            ("county", "县级"),
                        ],
                        max_length=12,
                        verbose_name="级别",
                    ),
                ),
                ("rank", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="名次")),
                ("on", models.DateField(blank=True, null=True, verbose_name="日期")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="有效期至")),
                ("year", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="年度")),
                ("entered_at", models.DateTimeField(auto_now=True)),
                (
                    "entered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="credentials", to="crm.firm"
                    ),
                ),
            ],
            options={
                "verbose_name": "资质",
                "ordering": ["kind", "-on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="IntellectualProperty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("invention", "发明专利"),
                            ("plant_variety", "植物新品种"),
                            ("crop_variety", "国家级农作物品种"),
                            ("new_drug", "国家新药"),
                            ("tcm_variety", "国家一级中药保护品种"),
                            ("ic_layout", "集成电路布图设计专有权"),
                            ("utility_model", "实用新型专利"),
                            ("design", "外观设计专利"),
                            ("software", "软件著作权"),
                        ],
                        max_length=20,
                        verbose_name="种类",
                    ),
                ),
                ("number", models.CharField(max_length=60, verbose_name="编号")),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="名称")),
                ("granted_on", models.DateField(blank=True, null=True, verbose_name="授权日期")),
                ("self_developed", models.BooleanField(default=True, verbose_name="自主研发")),
                ("in_force", models.BooleanField(default=True, verbose_name="有效")),
                ("entered_at", models.DateTimeField(auto_now=True)),
                (
                    "entered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rights", to="crm.firm"
                    ),
                ),
            ],
            options={
                "verbose_name": "知识产权",
                "ordering": ["-granted_on", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("firm", "kind", "number"), name="one_right_per_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="JobChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("params", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "排队中"),
                            ("running", "进行中"),
                            ("done", "已完成"),
                            ("failed", "失败"),
                            ("cancelled", "已取消"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("done", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("result", models.JSONField(default=dict)),
                ("error", models.TextField(blank=True)),
                ("alive_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "job",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="crm.job"),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [models.UniqueConstraint(fields=("job", "number"), name="one_chunk_per_number")],
            },
        ),
    ]
