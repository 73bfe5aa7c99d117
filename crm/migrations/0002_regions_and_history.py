"""The region tree comes with `migrate`; history rows are protected by the database."""

import csv
from pathlib import Path

from django.db import migrations

from crm.append_only import forbid_updates

REGIONS = Path(__file__).resolve().parent.parent / "data" / "regions.csv"


def load_regions(apps, schema_editor):
    Region = apps.get_model("crm", "Region")
    known = {}
    with REGIONS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            parent = known.get(row["parent"])
            path = f"{parent.path if parent else ''}{row['code']}/"
            fields = {name: row[name] for name in ("name", "short_name", "kind")}
            known[row["code"]] = Region.objects.create(code=row["code"], parent=parent, path=path, **fields)


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_squashed_0017_import_wizard")]

    operations = [
        migrations.RunPython(load_regions, migrations.RunPython.noop, elidable=False),
        migrations.RunPython(*forbid_updates("crm_changerecord")),
        migrations.RunPython(*forbid_updates("crm_downloadlog")),
    ]
