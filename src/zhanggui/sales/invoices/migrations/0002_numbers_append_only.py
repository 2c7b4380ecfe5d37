"""Numbers of invoices are append-only."""

from importlib import import_module

from django.db import migrations

guards = import_module("zhanggui.journal.migrations.0002_sequence_and_guards")


class Migration(migrations.Migration):
    dependencies = [("invoices", "0001_initial"), ("journal", "0002_sequence_and_guards")]
    operations = [guards.append_only("invoices_invoicenumber")]
