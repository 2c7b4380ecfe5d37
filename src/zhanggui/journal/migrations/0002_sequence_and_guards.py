"""The sequence of fact ids (PostgreSQL), the queue of runs to be sealed, and the guards of append-only tables."""

from django.db import migrations

POSTGRESQL = (
    "CREATE SEQUENCE journal_fact_id AS bigint",
    "CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$",
    "CREATE FUNCTION journal_await_seal() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN INSERT INTO journal_pendingseal (run_id) VALUES (NEW.id); RETURN NULL; END $$",
    "CREATE TRIGGER journal_run_awaits_seal AFTER INSERT ON journal_run "
    "FOR EACH ROW EXECUTE FUNCTION journal_await_seal()",
)
SQLITE = (
    "CREATE TRIGGER journal_run_awaits_seal AFTER INSERT ON journal_run "
    "BEGIN INSERT INTO journal_pendingseal (run_id) VALUES (NEW.id); END",
)


def lay(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def lift(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        schema_editor.execute("DROP TRIGGER journal_run_awaits_seal")
        return
    schema_editor.execute("DROP TRIGGER journal_run_awaits_seal ON journal_run")
    schema_editor.execute("DROP FUNCTION journal_await_seal()")
    schema_editor.execute("DROP FUNCTION journal_refuse()")
    schema_editor.execute("DROP SEQUENCE journal_fact_id")


def append_only(*tables):
    """Return the operation that makes tables refuse UPDATE and DELETE; later migrations of other apps use it too."""

    def guard(apps, schema_editor):
        postgresql = schema_editor.connection.vendor == "postgresql"
        for table in tables:
            body = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            if postgresql:
                body = "FOR EACH ROW EXECUTE FUNCTION journal_refuse()"
            for verb in ("UPDATE", "DELETE"):
                name = f"{table}_no_{verb.lower()}"
                schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {body}")

    def unguard(apps, schema_editor):
        for table in tables:
            on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
            for verb in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}{on}")

    return migrations.RunPython(guard, unguard)


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [
        migrations.RunPython(lay, lift),
        append_only("journal_run", "journal_transition", "journal_seal"),
    ]
