"""Official lists, their lines, and the moves that were taken back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import crm.fields


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0003_rights_and_credentials"),
        ("pipeline", "0006_shortlist_openings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OfficialList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="名单名称")),
                ("programme", models.CharField(max_length=40, verbose_name="计划")),
                (
                    "kind",
                    models.CharField(
                        choices=[("notice", "公示"), ("recognised", "认定 / 备案"), ("revoked", "撤销 / 取消")],
                        max_length=12,
                        verbose_name="类别",
                    ),
                ),
                ("stage", models.CharField(max_length=20, verbose_name="对应阶段")),
                ("document", models.CharField(blank=True, max_length=120, verbose_name="文号")),
                ("published_on", models.DateField(verbose_name="发布日期")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="有效期至")),
                ("file", models.FileField(blank=True, max_length=200, upload_to="lists/%Y/")),
                ("file_name", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("region_path", crm.fields.PathField(db_index=True, editable=False, max_length=120)),
                (
                    "state",
                    models.CharField(
                        choices=[("reading", "读取中"), ("ready", "待处理"), ("failed", "无法读取")],
                        default="reading",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("error", models.TextField(blank=True)),
                ("skipped", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.job"
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.region",
                        verbose_name="区划",
                    ),
                ),
            ],
            options={
                "verbose_name": "官方名单",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="UndoneMove",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="undone",
                        serialize=False,
                        to="pipeline.stageevent",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="undoes", to="pipeline.stageevent"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OfficialListRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField(verbose_name="行号")),
                ("raw", models.JSONField(default=dict)),
                ("name", models.CharField(blank=True, max_length=120, verbose_name="企业名称")),
                ("credit_code", models.CharField(blank=True, max_length=18, verbose_name="统一社会信用代码")),
                ("number", models.CharField(blank=True, max_length=40, verbose_name="编号")),
                ("place", models.CharField(blank=True, max_length=60, verbose_name="所属地区")),
                ("granted_on", models.DateField(blank=True, null=True, verbose_name="发证日期")),
                ("region_path", crm.fields.PathField(db_index=True, editable=False, max_length=120)),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("matched", "已匹配"),
                            ("decide", "待决定"),
                            ("wrong_code", "代码有误"),
                            ("unknown", "未在库"),
                            ("duplicate", "名单内重复"),
                            ("elsewhere", "外地企业"),
                        ],
                        max_length=12,
                        verbose_name="比对结果",
                    ),
                ),
                (
                    "offered",
                    models.CharField(
                        choices=[
                            ("matched", "已匹配"),
                            ("decide", "待决定"),
                            ("wrong_code", "代码有误"),
                            ("unknown", "未在库"),
                            ("duplicate", "名单内重复"),
                            ("elsewhere", "外地企业"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                ("candidates", models.JSONField(default=list)),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[("", "未确认"), ("done", "已处理"), ("refused", "被拒绝"), ("undone", "已撤销")],
                        default="",
                        max_length=10,
                        verbose_name="办理结果",
                    ),
                ),
                ("outcome", models.JSONField(default=list)),
                ("first_version", models.PositiveIntegerField(null=True)),
                ("last_version", models.PositiveIntegerField(null=True)),
                ("ended", models.JSONField(default=list)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "application",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="pipeline.application",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "done_by",
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="crm.firm",
                    ),
                ),
                (
                    "official_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="pipeline.officiallist"
                    ),
                ),
                (
                    "recognition",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="pipeline.recognition",
                    ),
                ),
            ],
            options={
                "verbose_name": "名单行",
                "ordering": ["line"],
                "indexes": [models.Index(fields=["official_list", "standing", "line"], name="list_row_standing")],
                "constraints": [
                    models.UniqueConstraint(fields=("official_list", "line"), name="one_list_row_per_line"),
                    models.UniqueConstraint(
                        condition=models.Q(("firm__isnull", False)),
                        fields=("official_list", "firm"),
                        name="one_list_row_per_firm",
                    ),
                ],
            },
        ),
    ]
