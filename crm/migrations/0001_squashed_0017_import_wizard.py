"""Firms, people, imports and history: the tables as they stood before the first release."""

import django.contrib.auth.models
import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import crm.fields


class Migration(migrations.Migration):
    # an installation that has all of these needs nothing of this file
    replaces = [
        ("crm", "0001_initial"),
        ("crm", "0003_rights_and_credentials"),
        ("crm", "0004_job_keys"),
        ("crm", "0005_calendar_key"),
        ("crm", "0006_firm_people"),
        ("crm", "0007_download_log"),
        ("crm", "0008_periodic_runs"),
        ("crm", "0009_merging"),
        ("crm", "0010_tasks"),
        ("crm", "0011_tags"),
        ("crm", "0012_timeline"),
        ("crm", "0013_leaves"),
        ("crm", "0014_firm_events"),
        ("crm", "0015_single_keys"),
        ("crm", "0016_exports"),
        ("crm", "0017_import_wizard"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("result", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                ("name", models.CharField(max_length=60, verbose_name="姓名")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="电话")),
                ("language", models.CharField(default="zh-hans", max_length=10, verbose_name="语言")),
                ("single_keys", models.BooleanField(default=True, verbose_name="单个按键")),
                ("calendar_key", models.CharField(blank=True, editable=False, max_length=43)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "用户",
                "verbose_name_plural": "users",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("calendar_key", ""), _negated=True),
                        fields=("calendar_key",),
                        name="one_person_per_calendar",
                    )
                ],
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="DemoRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(max_length=60)),
                ("object_id", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("model", "object_id"), name="one_demo_mark")],
            },
        ),
        migrations.CreateModel(
            name="Region",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=12, unique=True, verbose_name="区划代码")),
                ("name", models.CharField(max_length=40, verbose_name="名称")),
                ("short_name", models.CharField(max_length=20, verbose_name="简称")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("province", "自治区、省"),
                            ("city", "市"),
                            ("county", "县(市、区)"),
                            ("zone", "功能区"),
                        ],
                        max_length=10,
                        verbose_name="层级",
                    ),
                ),
                ("path", crm.fields.PathField(max_length=120, unique=True)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="crm.region",
                    ),
                ),
            ],
            options={
                "verbose_name": "行政区划",
                "ordering": ["path"],
            },
        ),
        migrations.CreateModel(
            name="ChangeRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=40)),
                ("object_id", models.CharField(max_length=40)),
                ("region_path", crm.fields.PathField(blank=True, max_length=120)),
                ("field", models.CharField(max_length=60)),
                ("old", models.TextField(blank=True)),
                ("new", models.TextField(blank=True)),
                ("reason", models.CharField(blank=True, max_length=200)),
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
            ],
            options={
                "verbose_name": "变更记录",
                "indexes": [models.Index(fields=["object_type", "object_id", "-at"], name="change_of_object")],
            },
        ),
        migrations.CreateModel(
            name="DownloadLog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=40)),
                ("object_id", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=200, verbose_name="文件")),
                ("about", models.CharField(blank=True, max_length=200, verbose_name="企业")),
                ("region_path", crm.fields.PathField(blank=True, max_length=120)),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="下载人",
                    ),
                ),
            ],
            options={
                "verbose_name": "下载记录",
                "indexes": [
                    models.Index(fields=["object_type", "object_id", "-at"], name="download_of_object"),
                    models.Index(fields=["-at", "-id"], name="download_in_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="名称")),
                ("signature", models.CharField(db_index=True, max_length=40)),
                ("columns", models.JSONField(default=dict)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "列对应",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="类型")),
                ("key", models.CharField(blank=True, max_length=80)),
                ("title", models.CharField(max_length=120, verbose_name="任务")),
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
                        verbose_name="状态",
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("result", models.JSONField(default=dict)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("alive_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="jobs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "后台任务",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["state", "alive_at"],
                        name="job_unfinished",
                    ),
                    models.Index(
                        condition=models.Q(("key", ""), _negated=True), fields=["key", "-id"], name="job_newest_of_key"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["queued", "running"]), models.Q(("key", ""), _negated=True)),
                        fields=("key",),
                        name="one_unfinished_job_per_key",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Leave",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_on", models.DateField(verbose_name="开始日期")),
                ("until_on", models.DateField(verbose_name="结束日期")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("cancelled_at", models.DateTimeField(editable=False, null=True)),
                (
                    "deputy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deputised",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="代理人员",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="leaves",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="休假人员",
                    ),
                ),
            ],
            options={
                "verbose_name": "休假代理",
                "ordering": ["-from_on", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until_on__gte", models.F("from_on"))), name="leave_ends_after_begin"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("deputy", models.F("user")), _negated=True), name="leave_deputy_is_another"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PeriodicRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("asked", "等待开始"), ("running", "进行中"), ("ok", "成功"), ("failed", "失败")],
                        default="running",
                        max_length=10,
                        verbose_name="结果",
                    ),
                ),
                ("result", models.CharField(blank=True, max_length=200)),
                ("error", models.TextField(blank=True)),
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
                "verbose_name": "定时运行",
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["name", "-id"], name="run_newest_of_name")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("by__isnull", False), ("outcome__in", ["asked", "running"])),
                        fields=("name",),
                        name="one_asked_run_per_name",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Firm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("credit_code", models.CharField(max_length=18, unique=True, verbose_name="统一社会信用代码")),
                ("name", models.CharField(max_length=120, verbose_name="企业名称")),
                ("name_key", models.CharField(db_index=True, editable=False, max_length=120)),
                ("name_core", models.CharField(blank=True, db_index=True, editable=False, max_length=120)),
                ("region_path", crm.fields.PathField(db_index=True, editable=False, max_length=120)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "存续"),
                            ("moved_out", "迁出"),
                            ("deregistered", "注销"),
                            ("merged", "已合并"),
                        ],
                        default="active",
                        max_length=12,
                        verbose_name="登记状态",
                    ),
                ),
                ("registered_on", models.DateField(blank=True, null=True, verbose_name="成立日期")),
                ("firm_type", models.CharField(blank=True, max_length=60, verbose_name="企业类型")),
                ("legal_representative", models.CharField(blank=True, max_length=60, verbose_name="法定代表人")),
                (
                    "capital_amount",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=20, null=True, verbose_name="注册资本"
                    ),
                ),
                ("capital_currency", models.CharField(blank=True, max_length=3, verbose_name="币种")),
                ("industry", models.CharField(blank=True, max_length=5, verbose_name="行业代码")),
                ("business_scope", models.TextField(blank=True, verbose_name="经营范围")),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="注册地址")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("last_contact_on", models.DateField(editable=False, null=True, verbose_name="最近联系")),
                ("next_action_on", models.DateField(editable=False, null=True, verbose_name="下一步日期")),
                (
                    "merged_into",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absorbed",
                        to="crm.firm",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="firms",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经办人员",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="firms",
                        to="crm.region",
                        verbose_name="所属区划",
                    ),
                ),
            ],
            options={
                "verbose_name": "企业",
                "indexes": [
                    models.Index(fields=["-updated_at", "-id"], name="firm_newest"),
                    models.Index(fields=["officer", "-updated_at", "-id"], name="firm_officer_newest"),
                    models.Index(fields=["industry", "id"], name="firm_industry"),
                    models.Index(fields=["last_contact_on", "id"], name="firm_last_contact"),
                    models.Index(fields=["next_action_on", "id"], name="firm_next_action"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Post",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "查阅人员"),
                            ("officer", "经办人员"),
                            ("lead", "科长"),
                            ("leader", "局领导"),
                            ("admin", "管理员"),
                        ],
                        max_length=10,
                        verbose_name="角色",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="posts", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="posts", to="crm.region"
                    ),
                ),
            ],
            options={
                "verbose_name": "岗位",
                "ordering": ["region__path", "role", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "region", "role"), name="one_post_per_region_role")
                ],
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20, verbose_name="标签")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "verbose_name": "标签",
                "ordering": ["region_path", "name"],
                "constraints": [
                    models.UniqueConstraint(fields=("region", "name"), name="one_tag_of_a_name_in_a_region")
                ],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="文件名")),
                ("digest", models.CharField(max_length=64)),
                ("file", models.FileField(blank=True, max_length=200, upload_to="imports/%Y/")),
                ("region_path", crm.fields.PathField(max_length=120)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "已上传"),
                            ("checking", "正在预检"),
                            ("checked", "待确认"),
                            ("applying", "正在导入"),
                            ("done", "已完成"),
                            ("failed", "失败"),
                            ("cancelled", "已取消"),
                            ("reverting", "正在撤销"),
                            ("reverted", "已撤销"),
                        ],
                        default="uploaded",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("sheet", models.CharField(blank=True, max_length=100, verbose_name="工作表")),
                ("looked", models.JSONField(default=dict)),
                ("layout", models.JSONField(default=dict)),
                ("choices", models.JSONField(default=dict)),
                ("rows_seen", models.PositiveIntegerField(default=0)),
                ("skipped", models.PositiveIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("undone", models.JSONField(default=dict)),
                ("refused", models.FileField(blank=True, max_length=200, upload_to="imports/%Y/")),
                ("error", models.TextField(blank=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="imports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mapping",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="crm.importmapping",
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
                        verbose_name="导入到",
                    ),
                ),
            ],
            options={
                "verbose_name": "导入",
                "ordering": ["-pk"],
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
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("firms", "企业"), ("applications", "申报"), ("recognitions", "认定结果")],
                        max_length=20,
                        verbose_name="内容",
                    ),
                ),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("reason", models.CharField(max_length=200, verbose_name="导出事由")),
                (
                    "format",
                    models.CharField(
                        choices=[("xlsx", "Excel 表格（xlsx）"), ("csv", "文本表格（csv）")],
                        default="xlsx",
                        max_length=4,
                        verbose_name="格式",
                    ),
                ),
                (
                    "columns",
                    models.CharField(
                        choices=[("list", "列表所示各列"), ("full", "全部信息：登记、年度数据、联系人、下一步")],
                        default="list",
                        max_length=10,
                        verbose_name="列",
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(default=0, verbose_name="数据年度")),
                ("selection", models.JSONField(default=list)),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="行数")),
                ("missing", models.PositiveIntegerField(default=0)),
                ("file", models.FileField(blank=True, max_length=200, upload_to="exports/%Y/")),
                ("asked_at", models.DateTimeField(auto_now_add=True, verbose_name="时间")),
                ("ready_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="导出人",
                    ),
                ),
                (
                    "job",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="export", to="crm.job"
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
                "verbose_name": "导出",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["owner", "-id"], name="export_of_owner"),
                    models.Index(
                        condition=models.Q(("file", ""), _negated=True), fields=["expires_at"], name="export_kept"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LeaveDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(db_index=True)),
                (
                    "leave",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="days", to="crm.leave"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "on"), name="away_once_a_day")],
            },
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "year",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MinValueValidator(0)], verbose_name="年度"
                    ),
                ),
                ("code", models.CharField(max_length=40, verbose_name="指标")),
                (
                    "basis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "不分口径"),
                            ("quarterly_6m", "季平均、满6个月"),
                            ("monthly_183d", "月平均、满183天"),
                            ("super_deduction", "加计扣除口径"),
                            ("high_tech", "高企认定口径"),
                            ("accounting", "会计口径"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="口径",
                    ),
                ),
                (
                    "source",
                    models.CharField(
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
                ("value", models.DecimalField(decimal_places=4, max_digits=20, verbose_name="数值")),
                ("evidence", models.CharField(blank=True, max_length=200, verbose_name="依据")),
                ("file", models.FileField(blank=True, max_length=200, upload_to="facts/%Y/", verbose_name="证明材料")),
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
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="facts", to="crm.firm"),
                ),
            ],
            options={
                "verbose_name": "企业数据",
                "ordering": ["-year", "code", "basis", "source"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm", "year", "code", "basis", "source"), name="one_fact_per_year_code_basis_source"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DuplicatePair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reasons", models.JSONField(default=list)),
                ("strength", models.PositiveSmallIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "待处理"), ("merged", "已合并"), ("dismissed", "不是同一家")],
                        default="open",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("found_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
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
                    "first",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.firm"),
                ),
                (
                    "second",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.firm"),
                ),
            ],
            options={
                "verbose_name": "疑似重复",
                "ordering": ["-strength", "pk"],
                "indexes": [models.Index(fields=["state", "-strength", "id"], name="pair_queue")],
                "constraints": [
                    models.UniqueConstraint(fields=("first", "second"), name="one_pair_of_two_firms"),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="older_firm_first"
                    ),
                ],
            },
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
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="姓名")),
                ("title", models.CharField(blank=True, max_length=60, verbose_name="职务")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="电话")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="邮箱")),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="contacts", to="crm.firm"
                    ),
                ),
            ],
            options={
                "verbose_name": "联系人",
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("firm", "name"), name="one_contact_per_name")],
            },
        ),
        migrations.CreateModel(
            name="FormerName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="曾用名")),
                ("name_key", models.CharField(db_index=True, editable=False, max_length=120)),
                ("until_on", models.DateField(blank=True, null=True, verbose_name="更名日期")),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="former_names", to="crm.firm"
                    ),
                ),
            ],
            options={
                "verbose_name": "曾用名",
                "ordering": ["-until_on", "-pk"],
                "constraints": [models.UniqueConstraint(fields=("firm", "name"), name="one_former_name_once")],
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
            name="Mandate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="代理人姓名")),
                ("agency", models.CharField(blank=True, max_length=120, verbose_name="代理机构")),
                ("email", models.EmailField(max_length=254, verbose_name="代理人邮箱")),
                ("starts_on", models.DateField(verbose_name="起始日期")),
                ("ends_on", models.DateField(verbose_name="截止日期")),
                ("authority", models.CharField(blank=True, max_length=200, verbose_name="授权依据")),
                ("file", models.FileField(blank=True, max_length=200, upload_to="mandates/%Y/", verbose_name="授权书")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="撤销原因")),
                (
                    "agent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mandates",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mandates", to="crm.firm"
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "代理授权",
                "ordering": ["-ends_on", "-pk"],
                "indexes": [models.Index(fields=["agent", "ends_on"], name="mandate_of_agent")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("starts_on__lte", models.F("ends_on"))), name="mandate_ends_after_it_begins"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_on", models.DateField(verbose_name="开始日期")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="结束日期")),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="crm.firm"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "企业账号",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None)),
                        fields=("user", "firm"),
                        name="one_open_membership_per_firm",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RegistrationRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("credit_code", models.CharField(max_length=18, verbose_name="统一社会信用代码")),
                ("region_path", crm.fields.PathField(blank=True, editable=False, max_length=120)),
                ("firm_name", models.CharField(max_length=120, verbose_name="企业名称")),
                ("name", models.CharField(max_length=60, verbose_name="姓名")),
                ("phone", models.CharField(max_length=40, verbose_name="电话")),
                ("email", models.EmailField(max_length=254, verbose_name="邮箱")),
                ("note", models.TextField(blank=True, max_length=1000, verbose_name="说明")),
                (
                    "file",
                    models.FileField(blank=True, max_length=200, upload_to="registrations/%Y/", verbose_name="授权书"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "待审核"), ("approved", "已通过"), ("refused", "未通过")],
                        default="pending",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="不通过的原因")),
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
                    "firm",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="registration_requests",
                        to="crm.firm",
                    ),
                ),
            ],
            options={
                "verbose_name": "注册申请",
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["state", "-id"], name="registration_state")],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        models.F("credit_code"),
                        condition=models.Q(("state", "pending")),
                        name="one_pending_request_per_address",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Touch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("note", "备注"), ("call", "电话"), ("visit", "走访")],
                        default="note",
                        max_length=10,
                        verbose_name="方式",
                    ),
                ),
                ("text", models.TextField(verbose_name="内容")),
                ("on", models.DateField(verbose_name="日期")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("public", models.BooleanField(default=False, verbose_name="企业可见")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("promise", "企业作出承诺")],
                        default="",
                        max_length=10,
                        verbose_name="结果",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="touches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="touches", to="crm.firm"
                    ),
                ),
            ],
            options={
                "verbose_name": "联系记录",
                "indexes": [
                    models.Index(fields=["firm", "-on", "-id"], name="touch_newest"),
                    models.Index(fields=["firm", "-at", "-id"], name="touch_in_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FirmTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="tagged", to="crm.firm"
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="tagged", to="crm.tag"),
                ),
            ],
            options={
                "verbose_name": "企业标签",
                "constraints": [models.UniqueConstraint(fields=("firm", "tag"), name="one_tag_once_a_firm")],
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField(verbose_name="行号")),
                ("raw", models.JSONField(default=list, encoder=crm.fields.CompactEncoder)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("created", "新增"),
                            ("updated", "更新"),
                            ("unchanged", "无变化"),
                            ("pending", "重复待定"),
                            ("refused", "错误"),
                            ("skipped", "按决定不导入"),
                        ],
                        max_length=10,
                        verbose_name="结果",
                    ),
                ),
                ("reasons", models.JSONField(default=list, encoder=crm.fields.CompactEncoder)),
                ("places", models.JSONField(default=list)),
                ("changes", models.JSONField(default=dict, encoder=crm.fields.CompactEncoder)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "未决定"),
                            ("take", "导入"),
                            ("create", "作为新企业导入"),
                            ("known", "是企业库中的这家，更新它"),
                            ("skip", "不导入"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "undone",
                    models.CharField(
                        blank=True, choices=[("", "未撤销"), ("done", "已撤销"), ("refused", "未能撤销")], max_length=10
                    ),
                ),
                ("undo_reasons", models.JSONField(default=list, encoder=crm.fields.CompactEncoder)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="crm.import"
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.firm"
                    ),
                ),
            ],
            options={
                "verbose_name": "导入行",
                "ordering": ["line"],
                "indexes": [
                    models.Index(fields=["batch", "outcome", "line"], name="row_by_outcome"),
                    models.Index(
                        condition=models.Q(("undone", ""), _negated=True),
                        fields=["batch", "undone", "line"],
                        name="row_undone",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("batch", "line"), name="one_row_per_line")],
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("moved", models.JSONField(default=dict)),
                ("swapped", models.JSONField(default=list)),
                ("fields", models.JSONField(default=dict)),
                ("before", models.CharField(max_length=12)),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="原因")),
                ("at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "former_name",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.formername"
                    ),
                ),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="merges", to="crm.firm"
                    ),
                ),
                (
                    "merged",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.firm"),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "企业合并",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)), fields=("merged",), name="one_standing_merge_of_a_firm"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="邮箱")),
                ("name", models.CharField(max_length=60, verbose_name="姓名")),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("invited_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "accepted_by",
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="crm.firm"
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mandate",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="crm.mandate",
                    ),
                ),
            ],
            options={
                "verbose_name": "邀请",
                "ordering": ["-invited_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        models.F("firm"),
                        condition=models.Q(("accepted_at", None), ("mandate", None), ("withdrawn_at", None)),
                        name="one_open_invitation_per_firm",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("task", "待办"), ("promise", "企业承诺")],
                        default="task",
                        max_length=10,
                        verbose_name="类型",
                    ),
                ),
                ("title", models.CharField(max_length=120, verbose_name="待办事项")),
                ("due_on", models.DateField(verbose_name="到期日")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=300, verbose_name="结果")),
                (
                    "created_by",
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
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="tasks", to="crm.firm"),
                ),
                (
                    "next_task",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="previous_task",
                        to="crm.task",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tasks",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="负责人",
                    ),
                ),
                (
                    "touch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="tasks", to="crm.touch"
                    ),
                ),
            ],
            options={
                "verbose_name": "待办",
                "indexes": [
                    models.Index(
                        condition=models.Q(("cancelled_at", None), ("done_at", None)),
                        fields=["owner", "due_on", "id"],
                        name="task_of_owner",
                    ),
                    models.Index(
                        condition=models.Q(("cancelled_at", None), ("done_at", None)),
                        fields=["firm", "due_on", "id"],
                        name="task_of_firm",
                    ),
                    models.Index(fields=["firm", "-created_at", "-id"], name="task_newest"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("done_at", None), ("cancelled_at", None), _connector="OR"),
                        name="task_ends_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FirmEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("renamed", "更名"),
                            ("moved", "县区间迁移"),
                            ("moved_in", "迁入"),
                            ("moved_out", "迁出"),
                            ("deregistered", "注销"),
                        ],
                        max_length=12,
                        verbose_name="变动",
                    ),
                ),
                ("on", models.DateField(verbose_name="变动日期")),
                ("before", models.CharField(blank=True, max_length=120)),
                ("after", models.CharField(blank=True, max_length=120)),
                (
                    "status_before",
                    models.CharField(
                        choices=[
                            ("active", "存续"),
                            ("moved_out", "迁出"),
                            ("deregistered", "注销"),
                            ("merged", "已合并"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "status_after",
                    models.CharField(
                        choices=[
                            ("active", "存续"),
                            ("moved_out", "迁出"),
                            ("deregistered", "注销"),
                            ("merged", "已合并"),
                        ],
                        max_length=12,
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=200, verbose_name="依据")),
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdraw_reason", models.CharField(blank=True, max_length=200, verbose_name="撤销原因")),
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
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="crm.firm"
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="events", to="crm.import"
                    ),
                ),
                (
                    "merge",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="events", to="crm.merge"
                    ),
                ),
                (
                    "region_after",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.region"
                    ),
                ),
                (
                    "region_before",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.region"
                    ),
                ),
            ],
            options={
                "verbose_name": "企业变动",
                "ordering": ["-on", "-pk"],
                "indexes": [models.Index(fields=["firm", "-on", "-id"], name="firm_event_newest")],
            },
        ),
    ]
