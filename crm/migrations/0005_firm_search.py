"""What firms are found by: a row each, and on PostgreSQL an index of its parts. Firms that are there get theirs."""

import django.db.models.deletion
from django.db import migrations, models

import crm.fields
import crm.models.search
from crm.identifiers import name_key
from crm.search import marks_text, names_text, places_in_front

BATCH = 1000
# The lengths are `crm.search.BEGINNINGS`; other ones need other functions and indexes.
FUNCTIONS = """
CREATE FUNCTION crm_name_terms(lines text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT coalesce(array_agg(DISTINCT substr(lines, place, 2)), '{}')
  FROM generate_series(1, length(lines) - 1) place
$$;
CREATE FUNCTION crm_mark_terms(lines text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT coalesce(array_agg(DISTINCT substr(mark, 1, size)), '{}')
  FROM unnest(string_to_array(lines, chr(10))) mark, unnest(ARRAY[2, 3, 4, 6, 8, 10]) size
  WHERE size <= length(mark)
$$;
CREATE INDEX firmsearch_names ON crm_firmsearch USING gin (crm_name_terms(names));
CREATE INDEX firmsearch_marks ON crm_firmsearch USING gin (crm_mark_terms(marks));
"""
GONE = """
DROP INDEX firmsearch_names;
DROP INDEX firmsearch_marks;
DROP FUNCTION crm_name_terms(text);
DROP FUNCTION crm_mark_terms(text);
"""


def index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTIONS)


def unindex(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(GONE)


def fill(apps, schema_editor):
    firms, found = apps.get_model("crm", "Firm").objects, apps.get_model("crm", "FirmSearch")
    places = places_in_front(apps.get_model("crm", "Region").objects.values_list("short_name", flat=True))
    last = 0
    while batch := list(firms.filter(pk__gt=last).order_by("pk").prefetch_related("former_names", "contacts")[:BATCH]):
        found.objects.bulk_create(
            found(
                firm=firm,
                region_path=firm.region_path,
                names=names_text(
                    [
                        firm.name_key,
                        *(former.name_key for former in firm.former_names.all()),
                        *(name_key(contact.name) for contact in firm.contacts.all()),
                    ]
                ),
                marks=marks_text(firm.credit_code, firm.name_key, places),
            )
            for firm in batch
        )
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0004_saved_views"),
    ]

    operations = [
        migrations.CreateModel(
            name="FirmSearch",
            fields=[
                (
                    "firm",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="crm.firm",
                    ),
                ),
                ("region_path", crm.fields.PathField(db_index=True, editable=False, max_length=120)),
                ("names", crm.models.search.NamesField()),
                ("marks", crm.models.search.MarksField()),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(index, unindex),
    ]
