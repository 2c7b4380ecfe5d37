"""Stock movements are append-only, by the guard of the journal."""

from importlib import import_module

from django.db import migrations

journal_guards = import_module("zhanggui.journal.migrations.0002_sequence_and_guards")


def lay(apps, schema_editor):
    journal_guards.guard(schema_editor, "inventory_stockmovement")


def lift(apps, schema_editor):
    on = " ON inventory_stockmovement" if schema_editor.connection.vendor == "postgresql" else ""
    for verb in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER inventory_stockmovement_no_{verb}{on}")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial"), ("journal", "0002_sequence_and_guards")]
    operations = [migrations.RunPython(lay, lift)]
