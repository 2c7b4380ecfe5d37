"""How a test changes rows behind the back of the steps: raw SQL, with the database's own guards lifted for a moment."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection, transaction

UNIQUE = re.compile(r',? CONSTRAINT "\w+" UNIQUE \([^)]*\)')
POSTGRES_GUARDS = """
    SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(conname) FROM pg_constraint
    WHERE conrelid = %s::regclass AND contype IN ('c', 'u')
    UNION ALL SELECT 'DROP INDEX ' || i.indexrelid::regclass FROM pg_index i
    WHERE i.indrelid = %s::regclass AND i.indisunique AND NOT i.indisprimary
      AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


def run(*statements: str) -> int:
    """Run SQL as somebody with a database shell would; return how many rows it changed."""
    changed = 0
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            changed += cursor.rowcount
    return changed


def is_refused(*statements: str) -> bool:
    """Tell whether the database itself refuses; nothing stays of the trial."""
    try:
        with transaction.atomic():
            run(*statements)
            if connection.vendor == "postgresql":
                run("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
    except DatabaseError:
        return True
    return False


def plant(tables: tuple[str, ...], *statements: str) -> None:
    """Change rows with the constraints of these tables dropped and their triggers off; the triggers come back."""
    for table in tables:
        drop_constraints(table)
    with triggers_off(tables):
        assert run(*statements) > 0, "nothing was planted"


def drop_constraints(table: str) -> None:
    """Take every check and every unique constraint off a table, for the rest of the test's transaction."""
    if connection.vendor == "postgresql":
        run("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")
        with connection.cursor() as cursor:
            cursor.execute(POSTGRES_GUARDS, [table, table])
            drops = [row[0] for row in cursor.fetchall()]
        run(*drops)
        return
    run("PRAGMA ignore_check_constraints = ON")
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
        text = str(cursor.fetchone()[0])
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = %s AND type IN ('index', 'trigger') AND sql IS NOT NULL",
            [table],
        )
        others = [row[0] for row in cursor.fetchall()]
    bare = UNIQUE.sub("", text).replace(" UNIQUE", "").replace(f'"{table}"', f'"{table}_bare"', 1)
    run(bare, f"INSERT INTO {table}_bare SELECT * FROM {table}", f"DROP TABLE {table}",
        f"ALTER TABLE {table}_bare RENAME TO {table}")  # fmt: skip
    run(*(other for other in others if not other.startswith("CREATE UNIQUE")))


@contextmanager
def triggers_off(tables: tuple[str, ...]) -> Iterator[None]:
    """Switch the append-only triggers off, and on again."""
    if connection.vendor == "postgresql":
        run("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")
        run(*(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables))
        yield
        run("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")
        run(*(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables))
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = [(name, sql) for name, table, sql in cursor.fetchall() if table in tables]
    run(*(f"DROP TRIGGER {name}" for name, _ in found))
    yield
    run(*(sql for _, sql in found))
