"""The sequence of fact ids (PostgreSQL) and the guards that make the journal append-only on both engines."""

from django.db import migrations

GUARDED = ("journal_run", "journal_transition", "journal_seal")


def lay(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE SEQUENCE journal_fact_id AS bigint")
        schema_editor.execute(
            "CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"
        )
    for table in GUARDED:
        guard(schema_editor, table)


def guard(schema_editor, table):
    for verb in ("UPDATE", "DELETE"):
        name = f"{table}_no_{verb.lower()}"
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION journal_refuse()"
            )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def lift(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    for table in GUARDED:
        for verb in ("update", "delete"):
            on = f" ON {table}" if postgresql else ""
            schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}{on}")
    if postgresql:
        schema_editor.execute("DROP FUNCTION journal_refuse()")
        schema_editor.execute("DROP SEQUENCE journal_fact_id")


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunPython(lay, lift)]
