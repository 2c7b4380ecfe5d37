"""Shipments and the lines of requests are append-only, by the guard of the journal."""

from importlib import import_module

from django.db import migrations

journal_guards = import_module("zhanggui.journal.migrations.0002_sequence_and_guards")
TABLES = ("fulfilment_shipment", "fulfilment_fulfilmentline")


def lay(apps, schema_editor):
    for table in TABLES:
        journal_guards.guard(schema_editor, table)


def lift(apps, schema_editor):
    for table in TABLES:
        on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        for verb in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}{on}")


class Migration(migrations.Migration):
    dependencies = [("fulfilment", "0001_initial"), ("journal", "0002_sequence_and_guards")]
    operations = [migrations.RunPython(lay, lift)]
