"""The sequence of fact ids (PostgreSQL), the queue of runs to be sealed, and the guards that keep the journal append-only."""

from django.db import migrations

GUARDED = ("journal_run", "journal_transition", "journal_seal")


def lay(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE SEQUENCE journal_fact_id AS bigint")
        schema_editor.execute(
            "CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"
        )
        schema_editor.execute(
            "CREATE FUNCTION journal_await_seal() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN INSERT INTO journal_pendingseal (run_id) VALUES (NEW.id); RETURN NULL; END $$"
        )
        schema_editor.execute(
            "CREATE TRIGGER journal_run_awaits_seal AFTER INSERT ON journal_run "
            "FOR EACH ROW EXECUTE FUNCTION journal_await_seal()"
        )
    else:
        schema_editor.execute(
            "CREATE TRIGGER journal_run_awaits_seal AFTER INSERT ON journal_run "
            "BEGIN INSERT INTO journal_pendingseal (run_id) VALUES (NEW.id); END"
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
    schema_editor.execute("DROP TRIGGER journal_run_awaits_seal" + (" ON journal_run" if postgresql else ""))
    if postgresql:
        schema_editor.execute("DROP FUNCTION journal_await_seal()")
        schema_editor.execute("DROP FUNCTION journal_refuse()")
        schema_editor.execute("DROP SEQUENCE journal_fact_id")


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunPython(lay, lift)]
