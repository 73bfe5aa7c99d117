"""Documents of firms, the materials of applications, one-time notices and uploads in parts."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from crm.append_only import forbid_updates


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0007_download_log"),
        ("pipeline", "0009_clocks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ChecklistStart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("programme", models.CharField(max_length=40, unique=True, verbose_name="计划")),
                ("starts_on", models.DateField(verbose_name="材料清单生效日")),
                (
                    "set_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "材料清单生效日",
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("form", "申请表"),
                            ("registration", "营业执照"),
                            ("licence", "许可与检测文件"),
                            ("certificate", "资格证书"),
                            ("ip", "知识产权材料"),
                            ("statement", "情况说明"),
                            ("project", "项目与成果材料"),
                            ("organisation", "研发组织管理材料"),
                            ("staff", "人员材料"),
                            ("rd_report", "研发费用专项报告"),
                            ("income_report", "高新收入专项报告"),
                            ("financial", "财务会计报告"),
                            ("tax", "纳税申报表"),
                            ("undertaking", "承诺与授权"),
                            ("other", "其他证明材料"),
                        ],
                        max_length=20,
                        verbose_name="种类",
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(default=0, verbose_name="年度")),
                ("label", models.CharField(max_length=120, verbose_name="名称")),
                ("file", models.FileField(max_length=200, upload_to="documents/%Y/", verbose_name="文件")),
                ("size", models.PositiveIntegerField()),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="有效期至")),
                ("reusable", models.BooleanField(default=True)),
                (
                    "scan",
                    models.CharField(
                        choices=[
                            ("unscanned", "未扫描"),
                            ("clean", "通过"),
                            ("infected", "有毒"),
                            ("waiting", "待扫描"),
                        ],
                        default="unscanned",
                        max_length=10,
                        verbose_name="病毒扫描",
                    ),
                ),
                ("uploaded_at", models.DateTimeField(verbose_name="上传时间")),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="documents", to="crm.firm"
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "企业材料",
                "ordering": ["-uploaded_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Material",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.CharField(max_length=40)),
                ("year", models.PositiveSmallIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("missing", "未上传"),
                            ("pending", "待审"),
                            ("accepted", "已通过"),
                            ("refused", "需补正"),
                            ("expired", "已过期"),
                        ],
                        default="missing",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="说明")),
                ("decided_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="materials", to="pipeline.application"
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
            ],
            options={
                "verbose_name": "申报材料",
            },
        ),
        migrations.CreateModel(
            name="MaterialFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="pipeline.document"
                    ),
                ),
                (
                    "material",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="pipeline.material"
                    ),
                ),
            ],
            options={
                "ordering": ["added_at", "pk"],
            },
        ),
        migrations.AddField(
            model_name="material",
            name="documents",
            field=models.ManyToManyField(
                related_name="materials", through="pipeline.MaterialFile", to="pipeline.document"
            ),
        ),
        migrations.CreateModel(
            name="MaterialNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="序号")),
                ("second", models.BooleanField(default=False, verbose_name="二次告知")),
                ("items", models.JSONField()),
                ("looked_at", models.JSONField(default=list)),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="再次告知的理由")),
                ("due_on", models.DateField(verbose_name="补正截止")),
                ("returned", models.BooleanField(default=False)),
                ("at", models.DateTimeField(verbose_name="告知时间")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="pipeline.application"
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "一次性告知书",
                "ordering": ["application", "number"],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=43, unique=True)),
                ("item", models.CharField(max_length=40)),
                ("year", models.PositiveSmallIntegerField(default=0)),
                ("name", models.CharField(max_length=200)),
                ("size", models.PositiveIntegerField()),
                ("received", models.PositiveIntegerField(default=0)),
                ("parts", models.JSONField(default=list)),
                ("begun_at", models.DateTimeField()),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="pipeline.application"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["firm", "kind", "year"], name="document_of_firm"),
        ),
        migrations.AddConstraint(
            model_name="materialfile",
            constraint=models.UniqueConstraint(fields=("material", "document"), name="one_place_per_document"),
        ),
        migrations.AddConstraint(
            model_name="material",
            constraint=models.UniqueConstraint(
                fields=("application", "item", "year"), name="one_material_per_item_and_year"
            ),
        ),
        migrations.AddConstraint(
            model_name="materialnotice",
            constraint=models.UniqueConstraint(fields=("application", "number"), name="one_notice_per_number"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["begun_at"], name="upload_in_time"),
        ),
        migrations.RunPython(*forbid_updates("pipeline_materialnotice")),
    ]
