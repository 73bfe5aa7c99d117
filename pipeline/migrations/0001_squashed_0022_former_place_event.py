"""Law, applications, targets and reports: the tables as they stood before the first release."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import crm.fields


class Migration(migrations.Migration):
    # an installation that has all of these needs nothing of this file
    replaces = [
        ("pipeline", "0001_initial"),
        ("pipeline", "0003_assessments"),
        ("pipeline", "0004_deadline_soonest"),
        ("pipeline", "0005_former_places"),
        ("pipeline", "0006_shortlist_openings"),
        ("pipeline", "0007_official_lists"),
        ("pipeline", "0008_pending_results"),
        ("pipeline", "0009_clocks"),
        ("pipeline", "0010_materials"),
        ("pipeline", "0011_recognition_states"),
        ("pipeline", "0012_ladders"),
        ("pipeline", "0013_forecasts"),
        ("pipeline", "0014_targets"),
        ("pipeline", "0015_indicators"),
        ("pipeline", "0016_reports"),
        ("pipeline", "0018_scenarios"),
        ("pipeline", "0019_desk"),
        ("pipeline", "0020_handovers"),
        ("pipeline", "0021_hygiene"),
        ("pipeline", "0022_former_place_event"),
    ]

    initial = True

    dependencies = [
        ("crm", "0001_squashed_0017_import_wizard"),
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
            name="Indicator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=60, unique=True, verbose_name="代码")),
                ("label", models.CharField(max_length=80, verbose_name="名称")),
                ("unit", models.CharField(max_length=10, verbose_name="单位")),
                ("programme", models.CharField(blank=True, max_length=40)),
                ("counter", models.CharField(blank=True, max_length=20)),
                ("decimals", models.PositiveSmallIntegerField(default=0)),
                ("assessed", models.BooleanField(default=False, verbose_name="承接考评")),
                ("adds_up", models.BooleanField(default=True, verbose_name="可累加")),
                ("position", models.PositiveSmallIntegerField(default=100)),
                ("active", models.BooleanField(default=True, verbose_name="启用")),
            ],
            options={
                "verbose_name": "考评指标",
                "ordering": ["position", "code"],
            },
        ),
        migrations.CreateModel(
            name="Uncounted",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("firm", "firm"), ("entry", "entry")], max_length=6)),
                ("object_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Workday",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField(unique=True, verbose_name="日期")),
                (
                    "kind",
                    models.CharField(
                        choices=[("holiday", "放假"), ("workday", "上班")], max_length=10, verbose_name="类型"
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=40, verbose_name="名称")),
                ("notice", models.CharField(blank=True, max_length=120, verbose_name="文号")),
            ],
            options={
                "verbose_name": "工作日历",
                "ordering": ["date"],
            },
        ),
        migrations.CreateModel(
            name="PolicyEdition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("programme", models.CharField(max_length=40, verbose_name="计划")),
                ("code", models.CharField(max_length=40, verbose_name="版本")),
                ("region_code", models.CharField(max_length=12, verbose_name="适用区域")),
                ("source", models.CharField(max_length=120, verbose_name="文号")),
                ("workflow", models.CharField(max_length=40, verbose_name="流程")),
                ("effective_from", models.DateField(verbose_name="施行日期")),
                ("effective_to", models.DateField(blank=True, null=True, verbose_name="失效日期")),
                ("content", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("published_at", models.DateTimeField()),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "政策版本",
                "ordering": ["programme", "-effective_from", "code"],
                "constraints": [models.UniqueConstraint(fields=("programme", "code"), name="one_edition_per_code")],
            },
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("programme", models.CharField(max_length=40, verbose_name="计划")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("year", models.PositiveSmallIntegerField(verbose_name="年度")),
                ("batch", models.PositiveSmallIntegerField(default=1, verbose_name="批次")),
                ("opens_on", models.DateField(verbose_name="开始日期")),
                ("closes_on", models.DateField(verbose_name="截止日期")),
                ("extended_to", models.DateField(blank=True, null=True, verbose_name="延长至")),
                ("last_on", models.DateField(editable=False)),
                ("notice_number", models.CharField(blank=True, max_length=120, verbose_name="通知文号")),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rounds", to="crm.region"
                    ),
                ),
            ],
            options={
                "verbose_name": "申报批次",
                "ordering": ["-year", "programme", "batch"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("programme", "region", "year", "batch"), name="one_round_per_batch"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("opens_on__lte", models.F("closes_on")),
                            models.Q(
                                ("extended_to", None), ("extended_to__gte", models.F("closes_on")), _connector="OR"
                            ),
                        ),
                        name="round_ends_after_it_begins",
                    ),
                ],
            },
        ),
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
            name="ContactRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.CharField(max_length=60, unique=True)),
                ("workdays", models.PositiveSmallIntegerField(verbose_name="工作日")),
                ("source", models.CharField(blank=True, max_length=120, verbose_name="依据")),
                ("verified", models.BooleanField(default=False, verbose_name="已核实")),
                ("version", models.PositiveIntegerField(default=1)),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "联系时限",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="CountCell",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("family", models.CharField(max_length=20)),
                ("subject", models.CharField(max_length=60)),
                ("region_path", crm.fields.PathField(max_length=120)),
                ("on", models.DateField()),
                ("known_on", models.DateField()),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["on", "family"], name="count_cell_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("family", "subject", "region_path", "on", "known_on"), name="one_count_cell"
                    )
                ],
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
                "indexes": [models.Index(fields=["firm", "kind", "year"], name="document_of_firm")],
            },
        ),
        migrations.CreateModel(
            name="HandOver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("kinds", models.JSONField(default=list)),
                ("note", models.TextField(blank=True, verbose_name="交接说明")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "待确认"),
                            ("running", "交接中"),
                            ("done", "已交接"),
                            ("declined", "未交接"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="原因")),
                ("done_at", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField(null=True, verbose_name="签收时间")),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "giver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="given",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="移交人",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.job"
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="received",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="接收人",
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
                "verbose_name": "岗位交接",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["proposed", "running"])),
                        fields=("giver", "region"),
                        name="one_open_hand_over",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("receiver", models.F("giver")), _negated=True), name="hand_over_to_another"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HygieneScore",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("on", models.DateField()),
                ("firms", models.PositiveIntegerField()),
                ("fine", models.PositiveIntegerField()),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.region"),
                ),
            ],
            options={
                "verbose_name": "台账得分",
                "indexes": [models.Index(fields=["region_path"], name="score_of_region")],
                "constraints": [models.UniqueConstraint(fields=("region", "officer"), name="one_score_per_officer")],
            },
        ),
        migrations.CreateModel(
            name="Ladder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("correction_due", "补正截止"),
                            ("notice_end", "公示结束"),
                            ("stage_term", "办理期限"),
                            ("number_expiry", "入库编号到期"),
                            ("certificate_expiry", "证书到期"),
                            ("library_expiry", "培育入库到期"),
                            ("annual_report", "年度报告"),
                            ("major_change", "重大变化报告"),
                            ("round_close", "申报截止"),
                            ("window_open", "申报开始"),
                            ("info_update", "科小信息更新"),
                            ("spot_check", "年末抽查"),
                            ("state_report", "高企名单报国家"),
                            ("library_check", "瞪羚入库复核与退出检查"),
                            ("quota_check", "月末、季末指标核对"),
                            ("follow_up", "走访跟进"),
                        ],
                        max_length=20,
                        unique=True,
                        verbose_name="类型",
                    ),
                ),
                ("own", models.BooleanField(default=True)),
                ("active", models.BooleanField(default=True, verbose_name="启用")),
                ("rungs", models.JSONField(default=list)),
                (
                    "overdue",
                    models.CharField(
                        choices=[("never", "不再提醒"), ("once", "提醒一次"), ("daily", "每个工作日提醒")],
                        default="never",
                        max_length=10,
                        verbose_name="逾期后",
                    ),
                ),
                ("overdue_roles", models.JSONField(default=list)),
                (
                    "lead_after",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="逾期几个工作日报科长"),
                ),
                (
                    "leader_after",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="逾期几个工作日报局领导"),
                ),
                ("yearly", models.CharField(blank=True, max_length=5, verbose_name="每年日期")),
                ("version", models.PositiveIntegerField(default=1)),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "提醒阶梯",
                "ordering": ["kind"],
            },
        ),
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
            name="ReportTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(unique=True, verbose_name="版本")),
                ("sentences", models.JSONField()),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("saved_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "报告模板",
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("as_of", models.DateField(verbose_name="截至")),
                ("taken_at", models.DateTimeField(verbose_name="生成时间")),
                ("data", models.JSONField()),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="snapshots", to="crm.region"
                    ),
                ),
            ],
            options={
                "verbose_name": "快照",
                "ordering": ["-as_of"],
                "constraints": [models.UniqueConstraint(fields=("region", "as_of"), name="one_snapshot_per_day")],
            },
        ),
        migrations.CreateModel(
            name="Tallied",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("firm", "firm"), ("entry", "entry")], max_length=6)),
                ("object_id", models.BigIntegerField()),
                ("gave", models.JSONField(encoder=crm.fields.CompactEncoder)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("kind", "object_id"), name="one_tally_per_object")],
            },
        ),
        migrations.CreateModel(
            name="Forecast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("year", models.PositiveSmallIntegerField(verbose_name="年度")),
                ("week", models.CharField(max_length=8)),
                ("as_of", models.DateField(verbose_name="截至")),
                ("made_at", models.DateTimeField(verbose_name="生成时间")),
                ("replayed", models.BooleanField(default=False)),
                ("done", models.DecimalField(decimal_places=2, max_digits=18, verbose_name="已完成")),
                ("target", models.DecimalField(decimal_places=6, max_digits=18, null=True, verbose_name="目标")),
                ("expected", models.DecimalField(decimal_places=2, max_digits=18, null=True, verbose_name="预计")),
                ("low", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("high", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                (
                    "probability",
                    models.DecimalField(decimal_places=4, max_digits=5, null=True, verbose_name="完成概率"),
                ),
                ("history", models.PositiveIntegerField(verbose_name="历史样本")),
                (
                    "confidence",
                    models.CharField(
                        choices=[("none", "历史太少"), ("thin", "仅供参考"), ("solid", "有历史依据")], max_length=8
                    ),
                ),
                ("outcome", models.DecimalField(decimal_places=2, max_digits=18, null=True, verbose_name="实际")),
                ("data", models.JSONField(default=dict)),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="forecasts", to="crm.region"
                    ),
                ),
                (
                    "indicator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="forecasts", to="pipeline.indicator"
                    ),
                ),
            ],
            options={
                "verbose_name": "预测",
                "ordering": ["-as_of", "indicator", "region_path"],
                "indexes": [models.Index(fields=["year", "replayed", "as_of"], name="forecast_by_year")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("region", "indicator", "year", "week", "replayed"), name="one_forecast_per_week"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Count",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("on", models.DateField(verbose_name="日期")),
                ("value", models.DecimalField(decimal_places=6, max_digits=18, verbose_name="数值")),
                ("evidence", models.CharField(max_length=200, verbose_name="依据")),
                ("verified", models.BooleanField(default=True, verbose_name="已核验")),
                (
                    "amount_class",
                    models.CharField(
                        blank=True, choices=[("A", "A 类"), ("B", "B 类")], max_length=1, verbose_name="类别"
                    ),
                ),
                (
                    "measure",
                    models.DecimalField(
                        blank=True, decimal_places=6, max_digits=18, null=True, verbose_name="计分金额"
                    ),
                ),
                ("entered_at", models.DateTimeField(auto_now_add=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("withdraw_reason", models.CharField(blank=True, max_length=200, verbose_name="撤回原因")),
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
                    "region",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.region"),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="pipeline.count",
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
                    "indicator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="counts", to="pipeline.indicator"
                    ),
                ),
            ],
            options={
                "verbose_name": "录入数",
                "ordering": ["-on", "-pk"],
                "indexes": [models.Index(fields=["indicator", "on"], name="count_by_day")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("indicator", "region", "on", "evidence", "value"),
                        name="one_standing_entry",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PublishedTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(verbose_name="年度")),
                ("region_code", models.CharField(max_length=12, verbose_name="区划代码")),
                ("region_name", models.CharField(max_length=40, verbose_name="地区")),
                ("value", models.DecimalField(decimal_places=6, max_digits=18, verbose_name="公布数")),
                ("as_of", models.DateField(verbose_name="截至")),
                ("source", models.CharField(max_length=200, verbose_name="来源")),
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
                    "indicator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="published", to="pipeline.indicator"
                    ),
                ),
            ],
            options={
                "verbose_name": "公布数",
                "ordering": ["-as_of", "region_code"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("indicator", "year", "region_code", "as_of"), name="one_published_total_per_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QualityRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(verbose_name="年度")),
                (
                    "amount_class",
                    models.CharField(choices=[("A", "A 类"), ("B", "B 类")], max_length=1, verbose_name="类别"),
                ),
                ("measure_label", models.CharField(max_length=40, verbose_name="计分依据")),
                ("coefficient", models.DecimalField(decimal_places=8, max_digits=12, verbose_name="系数")),
                (
                    "cap",
                    models.DecimalField(
                        blank=True, decimal_places=5, max_digits=12, null=True, verbose_name="单项上限"
                    ),
                ),
                ("document", models.CharField(max_length=120, verbose_name="文号")),
                ("set_at", models.DateTimeField(auto_now=True)),
                (
                    "indicator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quality_rules",
                        to="pipeline.indicator",
                    ),
                ),
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
                "verbose_name": "质量分规则",
                "ordering": ["-year", "amount_class"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("indicator", "year", "amount_class"), name="one_quality_rule_per_class"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Quota",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("year", models.PositiveSmallIntegerField(verbose_name="年度")),
                (
                    "kind",
                    models.CharField(
                        choices=[("assigned", "下达"), ("pledge", "自报")],
                        default="assigned",
                        max_length=10,
                        verbose_name="类别",
                    ),
                ),
                ("target", models.DecimalField(decimal_places=6, max_digits=18, verbose_name="目标")),
                (
                    "stretch",
                    models.DecimalField(
                        blank=True, decimal_places=6, max_digits=18, null=True, verbose_name="争取目标"
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=120, verbose_name="文号")),
                ("revision", models.PositiveSmallIntegerField(default=1)),
                ("set_at", models.DateTimeField()),
                ("superseded_at", models.DateTimeField(blank=True, null=True)),
                (
                    "indicator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="quotas", to="pipeline.indicator"
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quotas",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="quotas", to="crm.region"
                    ),
                ),
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
                "verbose_name": "考评目标",
                "ordering": ["-year", "indicator", "region_path", "revision"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("officer", None)),
                        fields=("indicator", "region", "year", "kind", "revision"),
                        name="one_quota_per_revision",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("officer", None), ("superseded_at", None)),
                        fields=("indicator", "region", "year", "kind"),
                        name="one_current_quota",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("officer", None), _negated=True),
                        fields=("indicator", "region", "officer", "year", "kind", "revision"),
                        name="one_officer_quota_per_revision",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("superseded_at", None), models.Q(("officer", None), _negated=True)),
                        fields=("indicator", "region", "officer", "year", "kind"),
                        name="one_current_officer_quota",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Scenario",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="名称")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("year", models.PositiveSmallIntegerField(verbose_name="年度")),
                ("params", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "indicator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="pipeline.indicator"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scenarios",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.region"),
                ),
            ],
            options={
                "verbose_name": "推演",
                "ordering": ["name", "pk"],
                "constraints": [models.UniqueConstraint(fields=("owner", "name"), name="one_scenario_per_name")],
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
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="assessments", to="crm.firm"
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assessments",
                        to="pipeline.policyedition",
                    ),
                ),
            ],
            options={
                "verbose_name": "条件评估",
                "indexes": [
                    models.Index(
                        fields=["edition", "region_path", "bucket", "lacking", "asking"], name="assessment_tally"
                    ),
                    models.Index(fields=["edition", "bucket", "region_path", "firm"], name="assessment_rows"),
                    models.Index(fields=["firm", "programme"], name="assessment_of_firm"),
                ],
                "constraints": [models.UniqueConstraint(fields=("firm", "edition"), name="one_assessment_per_edition")],
            },
        ),
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
            name="Application",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=24, unique=True, verbose_name="受理编号")),
                ("programme", models.CharField(max_length=40, verbose_name="计划")),
                ("workflow_code", models.CharField(max_length=40)),
                ("year", models.PositiveSmallIntegerField(verbose_name="年度")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("stage", models.CharField(max_length=20, verbose_name="阶段")),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("pool", "培育"),
                            ("preparing", "准备"),
                            ("review", "审核"),
                            ("notice", "公示"),
                            ("recognised", "认定"),
                            ("closed", "已结束"),
                        ],
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("stage_since", models.DateTimeField(verbose_name="进入阶段时间")),
                ("version", models.PositiveIntegerField(default=0)),
                ("next_action", models.CharField(blank=True, max_length=120, verbose_name="下一步")),
                ("next_action_on", models.DateField(blank=True, null=True, verbose_name="下一步日期")),
                ("opened_at", models.DateTimeField(verbose_name="发起时间")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="结束时间")),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="applications", to="crm.firm"
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="applications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.region"),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="pipeline.policyedition",
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="pipeline.round",
                    ),
                ),
            ],
            options={
                "verbose_name": "申报",
                "indexes": [
                    models.Index(fields=["programme", "year", "stage", "-stage_since", "-id"], name="application_lane"),
                    models.Index(fields=["region_path", "programme", "phase"], name="application_region"),
                    models.Index(fields=["officer", "-stage_since", "-id"], name="application_officer"),
                    models.Index(fields=["-stage_since", "-id"], name="application_newest"),
                    models.Index(fields=["programme", "opened_at"], name="application_cohort"),
                    models.Index(
                        condition=models.Q(
                            ("closed_at", None),
                            models.Q(("phase", "pool"), _negated=True),
                            models.Q(("stage", "certified"), _negated=True),
                            models.Q(("stage", "registered"), _negated=True),
                        ),
                        fields=["stage_since", "id"],
                        name="application_desk",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)),
                        fields=("firm", "programme", "year"),
                        name="one_open_application_per_year",
                    )
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
            name="HandOverRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("firms", "企业"),
                            ("applications", "在办申报"),
                            ("tasks", "待办与承诺"),
                            ("shortlists", "候选名单"),
                        ],
                        max_length=12,
                    ),
                ),
                ("object_id", models.BigIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("outcome", models.CharField(choices=[("done", "已转交"), ("refused", "未转交")], max_length=8)),
                ("reasons", models.JSONField(default=list)),
                (
                    "firm",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.firm"
                    ),
                ),
                (
                    "handover",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="pipeline.handover"
                    ),
                ),
            ],
            options={
                "verbose_name": "交接结果",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("handover", "kind", "object_id"), name="handed_over_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("since", models.DateField(verbose_name="期间起")),
                ("until", models.DateField(verbose_name="期间止")),
                ("as_of", models.DateField(verbose_name="截至")),
                ("title", models.CharField(max_length=200, verbose_name="标题")),
                ("content", models.JSONField(encoder=crm.fields.CompactEncoder)),
                ("file", models.FileField(max_length=200, upload_to="reports/%Y/", verbose_name="文件")),
                ("made_at", models.DateTimeField()),
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
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.region"),
                ),
                (
                    "template",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="pipeline.reporttemplate",
                    ),
                ),
            ],
            options={
                "verbose_name": "工作报告",
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["region_path", "-id"], name="report_of_region")],
            },
        ),
        migrations.CreateModel(
            name="StageEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("transition", models.CharField(max_length=40)),
                ("from_stage", models.CharField(blank=True, max_length=20)),
                ("to_stage", models.CharField(max_length=20)),
                ("acted_as", models.CharField(max_length=10)),
                ("note", models.TextField(blank=True)),
                ("details", models.JSONField(default=dict)),
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
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="pipeline.application"
                    ),
                ),
            ],
            options={
                "verbose_name": "阶段记录",
                "ordering": ["application", "version"],
                "indexes": [models.Index(fields=["at", "id"], name="event_in_time")],
                "constraints": [
                    models.UniqueConstraint(fields=("application", "version"), name="one_event_per_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="Lapse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("no_next", "没有下一步"),
                            ("no_contact", "长期未联系"),
                            ("stale_year", "数据过期"),
                            ("stale_stage", "停留过久"),
                        ],
                        max_length=12,
                        verbose_name="问题",
                    ),
                ),
                ("since_on", models.DateField()),
                ("seen", models.PositiveIntegerField(default=0)),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                (
                    "application",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pipeline.application",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lapses", to="crm.firm"
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.task"
                    ),
                ),
            ],
            options={
                "verbose_name": "台账问题",
                "ordering": ["since_on", "pk"],
                "indexes": [
                    models.Index(fields=["kind", "since_on", "id"], name="lapse_oldest"),
                    models.Index(fields=["officer", "kind", "since_on", "id"], name="lapse_of_officer"),
                    models.Index(fields=["region_path", "kind"], name="lapse_of_region"),
                ],
                "constraints": [models.UniqueConstraint(fields=("firm", "kind"), name="one_lapse_of_a_kind")],
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "item", "year"), name="one_material_per_item_and_year"
                    )
                ],
            },
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
                "constraints": [
                    models.UniqueConstraint(fields=("application", "number"), name="one_notice_per_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="Override",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("outcome", models.CharField(max_length=12)),
                (
                    "probability",
                    models.DecimalField(decimal_places=3, max_digits=4, null=True, verbose_name="判断概率"),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="理由")),
                ("at", models.DateTimeField()),
                ("superseded_at", models.DateTimeField(blank=True, null=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="overrides", to="pipeline.application"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "人工判断",
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("superseded_at", None)),
                        fields=("application", "outcome"),
                        name="one_current_override",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Recognition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("programme", models.CharField(max_length=40, verbose_name="计划")),
                (
                    "title",
                    models.CharField(
                        choices=[("registration", "入库登记"), ("certificate", "认定证书"), ("library", "培育入库")],
                        max_length=12,
                        verbose_name="名目",
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=40, verbose_name="编号")),
                ("document", models.CharField(blank=True, max_length=120, verbose_name="公告文号")),
                ("granted_on", models.DateField(verbose_name="认定日期")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="有效期至")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="撤销日期")),
                ("end_reason", models.CharField(blank=True, max_length=200, verbose_name="撤销原因")),
                ("end_document", models.CharField(blank=True, max_length=120, verbose_name="撤销文号")),
                ("suspended_on", models.DateField(blank=True, null=True, verbose_name="暂停日期")),
                ("suspend_reason", models.CharField(blank=True, max_length=200, verbose_name="暂停原因")),
                ("reissued_on", models.DateField(blank=True, null=True, verbose_name="换证日期")),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("moved_to", crm.fields.PathField(blank=True, editable=False, max_length=120, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "application",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="recognitions",
                        to="pipeline.application",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="recognitions", to="crm.firm"
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.region"),
                ),
            ],
            options={
                "verbose_name": "认定结果",
                "ordering": ["-granted_on", "-pk"],
                "indexes": [
                    models.Index(fields=["programme", "title", "granted_on"], name="recognition_granted"),
                    models.Index(fields=["region_path", "programme", "granted_on"], name="recognition_region"),
                    models.Index(
                        condition=models.Q(("ended_on", None)), fields=["valid_until", "id"], name="recognition_ending"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("number", ""), _negated=True),
                        fields=("programme", "title", "number"),
                        name="one_recognition_per_number",
                    ),
                    models.UniqueConstraint(
                        fields=("firm", "programme", "title", "granted_on"), name="one_recognition_per_day"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShortlistOpening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reasons", models.JSONField(default=list)),
                ("at", models.DateTimeField()),
                (
                    "application",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pipeline.application",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.firm"),
                ),
                (
                    "shortlist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="openings", to="pipeline.shortlist"
                    ),
                ),
            ],
            options={
                "verbose_name": "批量申报结果",
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("shortlist", "firm"), name="one_opening_per_firm")],
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
            options={
                "indexes": [models.Index(fields=["begun_at"], name="upload_in_time")],
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
            name="PendingResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("transition", models.CharField(max_length=40)),
                ("note", models.TextField(blank=True)),
                ("result", models.JSONField(default=dict)),
                ("reveal_on", models.DateField(blank=True, null=True, verbose_name="公布日期")),
                ("entered_at", models.DateTimeField()),
                ("refusal", models.JSONField(default=list)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pending_results",
                        to="pipeline.application",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="pipeline.stageevent",
                    ),
                ),
            ],
            options={
                "verbose_name": "待公布结果",
                "ordering": ["reveal_on", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("settled_at", None)), fields=["reveal_on", "id"], name="pending_due"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("settled_at", None)), fields=("application",), name="one_pending_result"
                    )
                ],
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
                "constraints": [
                    models.UniqueConstraint(fields=("material", "document"), name="one_place_per_document")
                ],
            },
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
        migrations.CreateModel(
            name="MajorChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("name", "更名"),
                            ("split", "分立"),
                            ("merger", "合并"),
                            ("reorganised", "重组"),
                            ("business", "经营业务变化"),
                        ],
                        max_length=12,
                        verbose_name="变化类型",
                    ),
                ),
                ("changed_on", models.DateField(verbose_name="变化日期")),
                ("what", models.CharField(max_length=200, verbose_name="变化内容")),
                ("reported_on", models.DateField(null=True, verbose_name="报告日期")),
                ("document", models.CharField(blank=True, max_length=120, verbose_name="报告凭证")),
                (
                    "recognition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="pipeline.recognition"
                    ),
                ),
            ],
            options={
                "verbose_name": "重大变化",
                "ordering": ["changed_on", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("recognition", "kind", "changed_on"), name="one_change_per_kind_and_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region_path", crm.fields.PathField(blank=True, max_length=120)),
                ("until_on", models.DateField()),
                (
                    "event",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.firmevent"
                    ),
                ),
                (
                    "recognition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_places",
                        to="pipeline.recognition",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Deadline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("correction_due", "补正截止"),
                            ("notice_end", "公示结束"),
                            ("stage_term", "办理期限"),
                            ("number_expiry", "入库编号到期"),
                            ("certificate_expiry", "证书到期"),
                            ("library_expiry", "培育入库到期"),
                            ("annual_report", "年度报告"),
                            ("major_change", "重大变化报告"),
                            ("round_close", "申报截止"),
                        ],
                        max_length=20,
                        verbose_name="类型",
                    ),
                ),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("for_firm", models.BooleanField(default=False)),
                ("starts_on", models.DateField(null=True)),
                ("length", models.PositiveSmallIntegerField(null=True)),
                ("unit", models.CharField(blank=True, max_length=10)),
                ("latest_on", models.DateField(null=True)),
                ("due_on", models.DateField(verbose_name="截止日期")),
                ("provisional", models.BooleanField(default=False, verbose_name="暂定")),
                ("next_rung_on", models.DateField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "application",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deadlines",
                        to="pipeline.application",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deadlines", to="crm.firm"
                    ),
                ),
                (
                    "recognition",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deadlines",
                        to="pipeline.recognition",
                    ),
                ),
            ],
            options={
                "verbose_name": "期限",
                "ordering": ["due_on", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at", None)), fields=["next_rung_on", "id"], name="deadline_due"
                    ),
                    models.Index(
                        condition=models.Q(("closed_at", None)), fields=["region_path", "due_on"], name="deadline_open"
                    ),
                    models.Index(
                        condition=models.Q(("closed_at", None)), fields=["due_on", "id"], name="deadline_soonest"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AnnualReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(verbose_name="填报年份")),
                ("reported_on", models.DateField(verbose_name="填报日期")),
                ("number", models.CharField(max_length=80, verbose_name="凭证编号")),
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
                    "recognition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reports", to="pipeline.recognition"
                    ),
                ),
            ],
            options={
                "verbose_name": "年度报告",
                "ordering": ["year"],
                "constraints": [models.UniqueConstraint(fields=("recognition", "year"), name="one_report_per_year")],
            },
        ),
        migrations.AddField(
            model_name="material",
            name="documents",
            field=models.ManyToManyField(
                related_name="materials", through="pipeline.MaterialFile", to="pipeline.document"
            ),
        ),
    ]
