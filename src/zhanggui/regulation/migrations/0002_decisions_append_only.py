"""Dated values and overlays are append-only, by the guard of the journal: the past of the rules never changes."""

from importlib import import_module

from django.db import migrations

journal_guards = import_module("zhanggui.journal.migrations.0002_sequence_and_guards")
TABLES = ("regulation_parameterversion", "regulation_parameteroverlay")


def lay(apps, schema_editor):
    for table in TABLES:
        journal_guards.guard(schema_editor, table)


def lift(apps, schema_editor):
    for table in TABLES:
        on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        for verb in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}{on}")


class Migration(migrations.Migration):
    dependencies = [("regulation", "0001_initial"), ("journal", "0002_sequence_and_guards")]
    operations = [migrations.RunPython(lay, lift)]
