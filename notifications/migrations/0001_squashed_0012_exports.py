"""Messages, ladders and digests: the tables as they stood before the first release."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import crm.fields
from crm.append_only import forbid_updates


class Migration(migrations.Migration):
    # an installation that has all of these needs nothing of this file
    replaces = [
        ("notifications", "0001_initial"),
        ("notifications", "0002_whose_mail"),
        ("notifications", "0003_account_mail"),
        ("notifications", "0004_telling"),
        ("notifications", "0005_snooze"),
        ("notifications", "0006_outbox"),
        ("notifications", "0007_quiet_addresses"),
        ("notifications", "0008_incidents"),
        ("notifications", "0009_narrow_indexes"),
        ("notifications", "0010_stands_for"),
        ("notifications", "0011_attachments"),
        ("notifications", "0012_exports"),
    ]

    initial = True

    dependencies = [
        ("crm", "0001_squashed_0017_import_wizard"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("pipeline", "0001_squashed_0022_former_place_event"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("content", models.BinaryField()),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Bounce",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254, unique=True)),
                ("region_path", crm.fields.PathField(blank=True, editable=False, max_length=120)),
                ("name", models.CharField(blank=True, max_length=60)),
                ("code", models.PositiveSmallIntegerField(default=0)),
                ("detail", models.CharField(blank=True, max_length=300)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("count", models.PositiveIntegerField(default=1)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "firm",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="bounces", to="crm.firm"
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "退信地址",
                "ordering": ["-last_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="名称")),
                (
                    "kind",
                    models.CharField(
                        choices=[("robot", "群机器人"), ("sms", "短信网关")], max_length=10, verbose_name="类型"
                    ),
                ),
                ("region_path", crm.fields.PathField(editable=False, max_length=120)),
                ("address", models.TextField(verbose_name="地址")),
                ("kinds", models.JSONField(default=list)),
                ("active", models.BooleanField(default=True, verbose_name="启用")),
                ("last_ok_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=300)),
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
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="channels", to="crm.region"
                    ),
                ),
            ],
            options={
                "verbose_name": "渠道",
                "ordering": ["region_path", "pk"],
                "constraints": [models.UniqueConstraint(fields=("region", "name"), name="one_channel_per_name")],
            },
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("queue", "队列不动"),
                            ("late", "任务逾期未运行"),
                            ("failed", "任务失败"),
                            ("dead_letters", "死信过多"),
                            ("channel", "渠道连续失败"),
                        ],
                        max_length=20,
                        verbose_name="类型",
                    ),
                ),
                ("about", models.CharField(blank=True, max_length=80)),
                ("detail", models.CharField(max_length=300)),
                ("opened_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("alarmed_at", models.DateTimeField(null=True)),
                ("cleared_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "verbose_name": "告警",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)), fields=("kind", "about"), name="one_open_incident"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MailTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40)),
                ("language", models.CharField(max_length=10)),
                ("version", models.PositiveIntegerField()),
                ("subject", models.CharField(max_length=150, verbose_name="主题")),
                ("body", models.TextField(verbose_name="正文")),
                ("restores", models.PositiveIntegerField(null=True)),
                ("at", models.DateTimeField()),
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
                "verbose_name": "通知模板",
                "ordering": ["-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("code", "language", "version"), name="one_text_per_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="MailTopic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True)),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="名称")),
                ("hold", models.BooleanField(default=False, verbose_name="发送前需经办人确认")),
                ("retired", models.BooleanField(default=False)),
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
                "verbose_name": "通知种类",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="MorningRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("threshold", models.PositiveSmallIntegerField(verbose_name="合并成一封")),
                ("changed_at", models.DateTimeField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="morning_rule",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("stage", "进度通知"),
                            ("reminder", "期限提醒"),
                            ("morning", "每日晨报"),
                            ("letter", "办理信函"),
                            ("gap_digest", "每周缺口"),
                            ("account", "账号与授权"),
                            ("operation", "运行告警"),
                            ("export", "导出文件"),
                        ],
                        max_length=20,
                    ),
                ),
                ("way", models.CharField(choices=[("mail", "邮件"), ("sms", "短信")], max_length=10)),
                ("wanted", models.BooleanField()),
                ("changed_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preferences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "kind", "way"), name="one_preference_per_way")],
            },
        ),
        migrations.CreateModel(
            name="QuietAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("stage", "进度通知"),
                            ("reminder", "期限提醒"),
                            ("morning", "每日晨报"),
                            ("letter", "办理信函"),
                            ("gap_digest", "每周缺口"),
                            ("account", "账号与授权"),
                            ("operation", "运行告警"),
                            ("export", "导出文件"),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("address", "kind"), name="one_quiet_row_per_address")],
            },
        ),
        migrations.CreateModel(
            name="Snooze",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_on", models.DateField()),
                ("until", models.DateField(null=True, verbose_name="推迟到")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="原因")),
                ("told_on", models.DateField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "deadline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="snoozes", to="pipeline.deadline"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="snoozes", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "推迟提醒",
                "indexes": [
                    models.Index(condition=models.Q(("told_on", None)), fields=["until"], name="snooze_to_wake")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("deadline", "user"), name="one_snooze_per_person"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until__isnull", False), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="who_stops_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(db_index=True, max_length=254)),
                ("region_path", crm.fields.PathField(blank=True, editable=False, max_length=120)),
                ("subject", models.CharField(max_length=300)),
                ("message_id", models.CharField(blank=True, max_length=200)),
                ("text", models.TextField(blank=True)),
                ("html", models.TextField(blank=True)),
                ("headers", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                (
                    "attachment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mails",
                        to="notifications.attachment",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mails",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "邮件",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=160, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("stage", "进度通知"),
                            ("reminder", "期限提醒"),
                            ("morning", "每日晨报"),
                            ("letter", "办理信函"),
                            ("gap_digest", "每周缺口"),
                            ("account", "账号与授权"),
                            ("operation", "运行告警"),
                            ("export", "导出文件"),
                        ],
                        max_length=20,
                        verbose_name="类型",
                    ),
                ),
                ("to", models.EmailField(blank=True, max_length=254, verbose_name="收件地址")),
                ("to_name", models.CharField(blank=True, max_length=60, verbose_name="收件人")),
                ("to_firm", models.BooleanField(default=False)),
                ("stands_for", models.CharField(blank=True, default="", max_length=60, verbose_name="代谁办理")),
                ("template", models.CharField(blank=True, max_length=40)),
                ("template_version", models.PositiveIntegerField(default=0)),
                ("language", models.CharField(default="zh-hans", max_length=10)),
                ("statutory", models.BooleanField(default=False)),
                ("edited_at", models.DateTimeField(blank=True, null=True)),
                ("parts", models.JSONField(default=dict)),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("region_path", crm.fields.PathField(blank=True, editable=False, max_length=120)),
                ("subject", models.CharField(max_length=200, verbose_name="主题")),
                ("body", models.TextField(verbose_name="正文")),
                ("html", models.TextField(blank=True)),
                ("link", models.CharField(blank=True, max_length=200)),
                ("urgent", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "待确认"),
                            ("held", "待汇总"),
                            ("queued", "待发送"),
                            ("leased", "已领取"),
                            ("sending", "发送中"),
                            ("sent", "已发送"),
                            ("unconfirmed", "结果未知"),
                            ("failed", "发送失败"),
                            ("given_up", "已放弃"),
                            ("expired", "已过期未发"),
                            ("recalled", "已撤回"),
                            ("superseded", "已作废"),
                            ("in_app", "仅站内"),
                        ],
                        default="queued",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("planned_for", models.DateField(editable=False, null=True)),
                ("send_after", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("lease", models.UUIDField(editable=False, null=True)),
                ("leased_until", models.DateTimeField(editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("swept", models.PositiveSmallIntegerField(default=0)),
                ("resent", models.BooleanField(default=False)),
                ("error", models.TextField(blank=True)),
                ("message_id", models.CharField(editable=False, max_length=120)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "application",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="pipeline.application",
                    ),
                ),
                (
                    "attachment",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="notifications.attachment",
                    ),
                ),
                (
                    "bundle",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="bundled",
                        to="notifications.message",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="notifications.channel",
                    ),
                ),
                (
                    "deadline",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="pipeline.deadline",
                    ),
                ),
                (
                    "edited_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="pipeline.stageevent",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="crm.firm",
                    ),
                ),
                (
                    "handled_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "消息",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "leased", "sending", "unconfirmed"])),
                        fields=["send_after", "id"],
                        name="message_to_send",
                    ),
                    models.Index(condition=models.Q(("state", "failed")), fields=["-id"], name="message_dead"),
                    models.Index(fields=["recipient", "-id"], name="message_of_person"),
                    models.Index(
                        condition=models.Q(("state", "held")),
                        fields=["planned_for", "recipient"],
                        name="message_to_gather",
                    ),
                    models.Index(
                        condition=models.Q(("planned_for__isnull", False)),
                        fields=["recipient", "planned_for"],
                        name="message_of_morning",
                    ),
                    models.Index(fields=["region_path", "-id"], name="message_of_region"),
                    models.Index(fields=["state", "-id"], name="message_in_state"),
                    models.Index(fields=["firm", "-id"], name="message_of_firm"),
                    models.Index(
                        condition=models.Q(("application__isnull", False)),
                        fields=["application"],
                        name="message_application",
                    ),
                    models.Index(condition=models.Q(("event__isnull", False)), fields=["event"], name="message_event"),
                    models.Index(
                        condition=models.Q(("deadline__isnull", False)), fields=["deadline"], name="message_deadline"
                    ),
                    models.Index(
                        condition=models.Q(("channel__isnull", False)), fields=["channel"], name="message_channel"
                    ),
                    models.Index(
                        condition=models.Q(("attachment__isnull", False)),
                        fields=["attachment"],
                        name="message_attachment",
                    ),
                    models.Index(
                        condition=models.Q(("bundle__isnull", False)), fields=["bundle"], name="message_bundle"
                    ),
                    models.Index(
                        condition=models.Q(("edited_by__isnull", False)), fields=["edited_by"], name="message_edited_by"
                    ),
                    models.Index(
                        condition=models.Q(("handled_by__isnull", False)),
                        fields=["handled_by"],
                        name="message_handled_by",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Digest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("stage", "进度通知"),
                            ("reminder", "期限提醒"),
                            ("morning", "每日晨报"),
                            ("letter", "办理信函"),
                            ("gap_digest", "每周缺口"),
                            ("account", "账号与授权"),
                            ("operation", "运行告警"),
                            ("export", "导出文件"),
                        ],
                        max_length=20,
                    ),
                ),
                ("period", models.CharField(max_length=16)),
                ("region_path", crm.fields.PathField(blank=True, editable=False, max_length=120)),
                ("snapshot_as_of", models.DateField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "已生成"), ("failed", "生成失败")],
                        default="queued",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("items", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=1)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="digests", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="notifications.message",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "recipient", "period"), name="one_digest_per_person_and_period"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("draft", "待确认"),
                            ("held", "待汇总"),
                            ("queued", "待发送"),
                            ("leased", "已领取"),
                            ("sending", "发送中"),
                            ("sent", "已发送"),
                            ("unconfirmed", "结果未知"),
                            ("failed", "发送失败"),
                            ("given_up", "已放弃"),
                            ("expired", "已过期未发"),
                            ("recalled", "已撤回"),
                            ("superseded", "已作废"),
                            ("in_app", "仅站内"),
                        ],
                        max_length=12,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=300)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="notifications.message",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["at"], name="delivery_by_time")],
            },
        ),
        migrations.RunPython(*forbid_updates("notifications_mailtemplate")),
    ]
