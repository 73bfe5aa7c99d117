"""Who took which file."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import crm.fields
from crm.append_only import forbid_updates


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0006_firm_people"),
    ]

    operations = [
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
        migrations.RunPython(*forbid_updates("crm_downloadlog")),
    ]
